"""The kinds of value that stand in a scenario, each with its range and the words messages describe it with."""

import math
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from scenarios import durations, instants
from scenarios.durations import format_duration, parse_duration
from scenarios.instants import format_instant, parse_instant
from scenarios.problems import nearest, show

_DEEPEST = 8  # levels of lists and tables in a method's parameter


class Settings(BaseModel):
    """A frozen table of a scenario: unknown keys are refused, and nothing is converted on the quiet."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


@dataclass(frozen=True)
class Words:
    """How messages and the reference page speak of a value: what is expected there, and what a choice is called."""

    expected: str = ""
    noun: str = ""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Leave the words in the field's JSON Schema, where `scenarios.phrases` finds them."""
        node = handler(core)
        node.update({key: text for key, text in (("expected", self.expected), ("noun", self.noun)) if text})
        return node


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _zone(name: str) -> str:
    import zoneinfo  # noqa: PLC0415  only scenarios that name a zone pay for its tables

    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        near = nearest(name, zoneinfo.available_timezones())
        hint = f"; did you mean {near!r}?" if near else ""
        raise ValueError(f'expected a zone such as "UTC" or "America/New_York", got {show(name)}{hint}') from error
    return name


def _plain(value: Any) -> Any:
    return _copy(value, _DEEPEST)


def _copy(value: Any, depth: int) -> Any:
    finite = isinstance(value, float) and math.isfinite(value)
    if isinstance(value, str | int) or finite:
        return value
    if isinstance(value, list) and depth:
        return [_copy(item, depth - 1) for item in value]
    if isinstance(value, dict) and depth:
        return {key: _copy(item, depth - 1) for key, item in value.items()}
    what = "text, a finite number, true or false, or a list or table of them" if depth else "less nesting"
    raise ValueError(f"expected {what}, got {show(value)}")


_DURATION_SCHEMA = {"type": "string", "pattern": durations.PATTERN, "examples": ["90s", "15m", "36h", "7d"]}

Duration = Annotated[
    int,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str, when_used="json"),
    WithJsonSchema(_DURATION_SCHEMA),
    Words(expected='a duration such as "90s" or "7d"'),
]
PositiveDuration = Annotated[
    int,
    Field(gt=0),
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str, when_used="json"),
    WithJsonSchema(_DURATION_SCHEMA),
    Words(expected='a duration above "0s", such as "90s" or "7d"'),
]
Instant = Annotated[
    int,
    BeforeValidator(parse_instant),
    PlainSerializer(format_instant, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": instants.PATTERN, "examples": ["2025-01-31", "2025-01-31T18:00:00Z"]}),
    Words(expected='a day or a UTC time such as "2025-01-31" or "2025-01-31T18:00:00Z"'),
]
Slug = Annotated[
    str,
    Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$"),
    Words(expected="a name of up to 64 lower-case letters, digits and '-', such as \"late-labels\""),
]
Label = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+-]{0,99}$"),
    Words(expected="a name of up to 100 letters, digits, '_', '.', '+' and '-', such as \"wait-1h\""),
]
Column = Annotated[str, Field(min_length=1), Words(expected="the name of a column")]
Columns = Annotated[tuple[Column, ...], Field(strict=False), Words(expected="a list of column names")]
Paths = Annotated[
    tuple[Annotated[str, Field(min_length=1)], ...],
    Field(strict=False, min_length=1),
    BeforeValidator(_as_list, json_schema_input_type=str | list[str]),
    Words(expected="a path or a list of paths"),
]
Zone = Annotated[str, AfterValidator(_zone), Words(expected='a zone such as "UTC" or "America/New_York"')]
Parameter = Annotated[Any, AfterValidator(_plain)]
Share = Annotated[float, Field(ge=0, le=1)]
