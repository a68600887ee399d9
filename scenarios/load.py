"""From a TOML file, a name of the catalogue or a mapping to a scenario; everything that is wrong is listed at once."""

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from scenarios import catalogue
from scenarios.checks import Check
from scenarios.overrides import apply_overrides
from scenarios.problems import Problem, ScenarioError, advice, alternatives, nearest, show
from scenarios.rules import broken_rules
from scenarios.translate import translate

Shape = TypeVar("Shape", bound=BaseModel)

_LARGEST = 1_000_000  # bytes of a scenario file: more is some other file
_ADVICE = {  # by how the parser's message begins
    "Invalid value (at end of document)": "a value, a quote or a bracket is missing at the end",
    "Invalid value": 'text and durations need quotes, as in publish_every = "1h"',
    "Cannot overwrite a value": "each key can stand once in a table",
    "Cannot declare": "each [table] can stand once; a list of them is written [[table]]",
    "Expected newline": 'text and durations need quotes, as in publish_every = "1h"',
    "Expected '=' after a key": 'a line is key = value, as in seed = 7; text needs quotes, as in name = "late"',
    "Unclosed": "a bracket was opened and not closed",
    "Unterminated string": "a quote was opened and not closed",
    "Illegal character": "text stands between quotes, on one line",
}


class Source(NamedTuple):
    """A scenario's tables as they were read."""

    name: str  # as messages name it
    raw: dict[str, Any]
    folder: Path  # where relative paths start
    is_file: bool


def load_as(
    shape: type[Shape],
    source: str | PathLike[str] | Mapping[str, Any],
    overrides: Sequence[str] = (),
    checks: Sequence[Check] = (),
) -> tuple[Shape, Path]:
    """Read a scenario into its shape; see `Scenario.load`.

    Returns
    -------
    tuple
        The scenario, and the folder where its relative paths start.

    Raises
    ------
    ScenarioError
        With everything that is wrong, if anything is.
    """
    file = read(source)
    problems = apply_overrides(file.raw, overrides, shape)
    return checked(shape, file, checks, problems), file.folder


def checked(shape: type[Shape], source: Source, checks: Sequence[Check], known: Sequence[Problem] = ()) -> Shape:
    """Return the tables in their shape, or raise ScenarioError with all that is wrong, what is `known` included."""
    raw, problems = source.raw, list(known)
    whole, sound, found = _validate(shape, raw)
    problems += found
    problems += broken_rules(sound, is_file=source.is_file)
    for check in checks:
        problems += check(raw)
    if whole is None or problems:
        raise ScenarioError(source.name, _in_file_order(problems, raw))
    return whole


def read(source: str | PathLike[str] | Mapping[str, Any] | Source) -> Source:
    """Return the tables of a TOML file, of a name of the catalogue, or of a mapping, which is copied."""
    if isinstance(source, Source):
        return source._replace(raw=_plain(source.raw))
    if isinstance(source, Mapping):
        return Source("scenario", _plain(source), Path.cwd(), is_file=False)
    name, path = str(source), Path(source)
    if os.path.isfile(path):  # noqa: PTH113  Path.is_file raises where a name is too long or a folder is closed
        return Source(name, _parse(name, path), path.absolute().parent, is_file=True)
    if name in catalogue.names():
        return Source(name, _parse(name, catalogue.path(name)), Path.cwd(), is_file=True)
    raise ScenarioError(name, [_absent(name, path)])


def _plain(value: Any) -> Any:
    """Return a copy of tables from Python as TOML would have given them."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _absent(name: str, path: Path) -> Problem:
    if os.path.isdir(path):  # noqa: PTH112  as above
        files = sorted(file.name for file in path.glob("*.toml"))
        hint = f"it has {alternatives(files)}" if files else "it has no .toml files"
        return Problem("scenario", f"expected a scenario file, got a folder; {hint}")
    files = sorted(file.as_posix() for file in path.parent.glob("*.toml"))
    if nearest(name, files) is not None:
        return Problem("scenario", f"no such file; {advice(name, files)}")
    hint = advice(name, catalogue.names())
    return Problem("scenario", f"no file and no scenario of the catalogue is called {show(name)}; {hint}")


def _parse(name: str, path: Path) -> dict[str, Any]:
    text = _text(name, path)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(name, [_syntax(str(error), text)]) from error
    except RecursionError as error:
        raise ScenarioError(name, [Problem("file", "expected lists and tables less deep in one another")]) from error
    except ValueError as error:  # how Python refuses to read a number of thousands of digits
        raise ScenarioError(name, [Problem("file", "expected numbers of fewer digits")]) from error


def _text(name: str, path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise ScenarioError(name, [Problem("file", f"it cannot be read: {error.strerror}")]) from error
    if len(content) > _LARGEST:
        raise ScenarioError(name, [Problem("file", f"expected at most {_LARGEST:_} bytes of TOML, got more")])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problem = Problem("file", f"expected UTF-8 text, got byte {content[error.start]:#04x} at {error.start}")
        raise ScenarioError(name, [problem]) from error


def _syntax(message: str, text: str) -> Problem:
    """Return what the TOML parser says, with its place as the key and what to do about it."""
    what, _, place = message.rpartition(" (at ")  # "line 2, column 5)" or "end of document)"
    lines = text.rstrip("\n").split("\n")
    at_end = not place.startswith("line ")
    number = len(lines) if at_end else int(place.split()[1].rstrip(","))
    where = f"line {number}, the end" if at_end else place.rstrip(")")
    quoted = lines[number - 1].strip() if number <= len(lines) else ""
    text_there = f" in {show(quoted)}" if quoted else ""
    hint = next((advice for start, advice in _ADVICE.items() if message.startswith(start)), "see https://toml.io")
    return Problem(where, f"{what[:1].lower()}{what[1:]}{text_there}; {hint}")


def _validate(shape: type[Shape], raw: Mapping[str, Any]) -> tuple[Shape | None, dict[str, Any], list[Problem]]:
    """Return the scenario if its shape is right, its sections that are right, and what is wrong with the others."""
    try:
        whole = shape.model_validate(raw)
    except ValidationError as error:
        broken = {str(detail["loc"][0]) for detail in error.errors(include_url=False)}
        return None, _sound_sections(shape, raw, broken), translate(error, raw, shape)
    return whole, dict(whole), []


def _sound_sections(shape: type[BaseModel], raw: Mapping[str, Any], broken: set[str]) -> dict[str, Any]:
    """Return what can be understood of a broken scenario, so that its other problems are found in the same go."""
    filler = {"name": "filler", "log": {"kind": "synthetic"}, "method": [{"name": "filler"}]}
    sound = {key: value for key, value in raw.items() if key not in broken}
    sections = dict(shape.model_validate({**{key: filler[key] for key in filler if key in broken}, **sound}))
    aliases = {field: info.alias or field for field, info in shape.model_fields.items()}
    return {field: value for field, value in sections.items() if aliases[field] not in broken}


def _in_file_order(problems: Sequence[Problem], raw: Mapping[str, Any]) -> list[Problem]:
    sections = list(raw)

    def rank(problem: Problem) -> int:
        section = re.split(r"[.\[]", problem.key, maxsplit=1)[0]
        return sections.index(section) if section in sections else len(sections)

    return sorted(problems, key=rank)
