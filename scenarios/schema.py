"""The JSON Schema of scenario files, for editors that complete and check TOML."""

from typing import Any

from pydantic import BaseModel

from scenarios import durations, instants
from scenarios.phrases import without_null
from scenarios.scenario import Scenario

_TEXT = {durations.PATTERN: durations.format_duration, instants.PATTERN: instants.format_instant}
_OURS = ("expected", "noun")  # words for messages


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a scenario file, every key described.

    Examples
    --------
    >>> schema()["properties"]["clock"]["$ref"]
    '#/$defs/Clock'
    """
    cleaned = _clean(described(Scenario))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A latelabel scenario", **cleaned}


def described(model: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON Schema of a model as messages and the reference page use it: as TOML sees it, with our words."""
    return {key: _as_toml(value) for key, value in model.model_json_schema().items() if key != "title"}


def _as_toml(node: Any) -> Any:
    """Return a node without null, which TOML cannot say, without titles, and with defaults as one writes them."""
    if isinstance(node, list):
        return [_as_toml(item) for item in node]
    if not isinstance(node, dict):
        return node
    node = {key: _as_toml(value) for key, value in without_null(node).items()}
    if isinstance(node.get("title"), str):
        del node["title"]
    if node.get("pattern") in _TEXT and isinstance(node.get("default"), int):
        node["default"] = _TEXT[node["pattern"]](node["default"])
    return node


def _clean(node: Any) -> Any:
    if isinstance(node, list):
        return [_clean(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {key: _clean(value) for key, value in node.items() if key not in _OURS or not isinstance(value, str)}
    if kept.get("default", kept) is None:
        del kept["default"]
    return kept
