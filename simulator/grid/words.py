"""How a grid's values are told."""

import json
from collections.abc import Mapping
from typing import Any


def value_text(value: Any) -> str:
    """Return an axis' value as people read it: text as it is, the rest as TOML has it.

    Examples
    --------
    >>> value_text("1h"), value_text(True), value_text([1, 2])
    ('1h', 'true', '[1, 2]')
    """
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def cell_text(values: Mapping[str, Any]) -> str:
    """Return a cell's values on one line.

    Examples
    --------
    >>> cell_text({"clock.publish_every": "1h", "seed": 3})
    'clock.publish_every = 1h, seed = 3'
    """
    return ", ".join(f"{axis} = {value_text(value)}" for axis, value in values.items())
