"""The scenario's JSON Schema in words: what is expected at a key, for messages and for the reference page."""

from collections.abc import Mapping
from typing import Any

from scenarios.problems import alternatives

Node = Mapping[str, Any]


def without_null(node: Node) -> Node:
    """Return what an optional value is when it is there; TOML cannot say null."""
    options = [option for option in node.get("anyOf", ()) if option.get("type") != "null"]
    if len(options) != 1:
        return node
    return {**options[0], **{key: value for key, value in node.items() if key != "anyOf"}}


def expected(node: Node) -> str:
    """Return what should stand where a schema node applies, such as "a whole number from 1 to 10".

    Examples
    --------
    >>> expected({"type": "number", "exclusiveMinimum": 0})
    'a number above 0'
    """
    node = without_null(node)
    if "expected" in node:
        return str(node["expected"])
    choices = list(node.get("enum", [node["const"]] if "const" in node else []))
    if choices:
        return alternatives(choices)
    kind = node.get("type")
    if kind in ("integer", "number"):
        return ("a whole number" if kind == "integer" else "a number") + _range(node)
    if kind == "string":
        return "text that is not empty" if node.get("minLength") else "text"
    return "a table" if kind == "object" or "$ref" in node or "oneOf" in node else "text, a number or a list"


def _range(node: Node) -> str:
    if "minimum" in node and "maximum" in node:
        return f" from {_number(node['minimum'])} to {_number(node['maximum'])}"
    bounds = {"minimum": "of at least", "exclusiveMinimum": "above", "exclusiveMaximum": "below", "maximum": "at most"}
    parts = [f"{words} {_number(node[bound])}" for bound, words in bounds.items() if bound in node]
    return f" {' and '.join(parts)}" if parts else ""


def _number(value: float) -> str:
    return f"{int(value):_}" if value == int(value) else str(value)
