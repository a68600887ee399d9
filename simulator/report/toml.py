"""A resolved scenario as the text of a scenario file."""

import json
import re
from collections.abc import Mapping
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def toml(tables: Mapping[str, Any]) -> str:
    r"""Return nested plain data as TOML; what is None is left out, as TOML has no word for it.

    Examples
    --------
    >>> toml({"seed": 7, "log": {"clicks": 200}, "method": [{"name": "fnw"}]})
    'seed = 7\n\n[log]\nclicks = 200\n\n[[method]]\nname = "fnw"\n'
    """
    return "\n\n".join(_blocks(tables, "")) + "\n"


def _blocks(table: Mapping[str, Any], path: str, opening: str = "") -> list[str]:
    """Return a table's own lines as one block, then the blocks of the tables in it."""
    own = [f"{_key(key)} = {_value(value)}" for key, value in table.items() if value is not None and not _nested(value)]
    lines = [opening] * bool(opening) + own
    blocks = ["\n".join(lines)] if lines else []
    for key, value in table.items():
        name = f"{path}{_key(key)}"
        if isinstance(value, Mapping):
            blocks += _blocks(value, f"{name}.", f"[{name}]")
        elif _nested(value):
            for entry in value:
                blocks += _blocks(entry, f"{name}.", f"[[{name}]]")
    return blocks


def _nested(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and all(isinstance(entry, Mapping) for entry in value)
    return isinstance(value, Mapping)


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _value(key)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(key)} = {_value(part)}" for key, part in value.items() if part is not None) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_value(part) for part in value if part is not None) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")  # TOML's escapes are JSON's
    return json.dumps(value)  # true, 3, 0.05, 1e-06: the same in TOML
