"""The scenario reference, docs/scenario-reference.md, written from the shape: ``python -m scenarios.reference``."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scenarios.phrases import Node, expected
from scenarios.scenario import Scenario
from scenarios.schema import described

_INTRODUCTION = """\
# Scenario reference

A scenario is a TOML file that says what to run: a log, a learner, some methods, a clock, and what is measured. This
page lists every key. It is written from the code, by `python -m scenarios.reference`; `latelabel schema` gives the same
as a JSON Schema, for editors that complete and check TOML.

```toml
name = "late"
seed = 7

[log]
kind = "table"
path = "clicks/*.parquet"       # relative to the folder of this file
click_time = "click_time"
conversion_time = "conversion_time"
categorical = ["campaign", "site"]

[clock]
attribution_window = "7d"
evaluate_from = "10d"

[[method]]
name = "oracle"

[[method]]
name = "waiting_window"
window = "1h"
```

- **Durations** are text: a number and one of `us`, `ms`, `s`, `m`, `h`, `d`, `w`, as in `"90s"`, `"1.5h"`, `"7d"`.
- **Moments** are days or UTC times, as in `"2025-01-31"` or `"2025-01-31T18:00:00Z"`, with or without quotes.
- **Relative paths** start at the folder of the scenario file; without a file, at the working directory.
- **Nothing is converted on the quiet**: `"5"` is not 5, `true` is not 1, an unknown key is an error. All problems of a
  file are listed at once.
- **Overrides** on the command line, `--set key.path=value`, count as if they stood in the file:
  `--set clock.publish_every=15m`, `--set method[0].window=1h`, and `--set waiting_window.window=1h` for every method of
  that name.
- The **catalogue** has ready scenarios, which `latelabel list` shows; a name stands wherever a file can.
"""

_LABELS = """\
All other keys are the method's own parameters, checked when the scenario is run: `window = "1h"` of `waiting_window`,
for one. The label names the method in results and in their folders, so no two may be the same, not even by case.
"""

_AXES = """\
```toml
[grid]
"waiting_window.window" = ["15m", "1h", "6h"]    # of every method of that name
"method[2].window" = ["1h", "1d"]                # of the third method
"clock.publish_every" = ["15m", "1h", "6h"]
seed = [1, 2, 3]
```
"""
_OPEN = {"method": [_LABELS], "grid": [_AXES]}  # what is to be said of tables whose keys are not all known here


def reference_page() -> str:
    """Return the page in Markdown."""
    root = described(Scenario)
    parts = [_INTRODUCTION, "## Top level\n", *_keys(root)]
    for name, node in root["properties"].items():
        parts += _section(name, node, root, level=2)
    return "\n".join(parts).rstrip("\n") + "\n"


def _section(path: str, node: Node, root: Node, level: int) -> Iterator[str]:
    """Yield the Markdown of a table and of all tables in it; nothing for a key that is no table."""
    heading, many = "#" * level, node.get("type") == "array"
    if "oneOf" in node:
        yield f"{heading} `[{path}]`\n\n{node['description']} Its `kind` decides which keys it has.\n"
        for variant in node["oneOf"]:
            kind = _deref(variant, root)["properties"]["kind"]["const"]
            yield from _table(path, f'`[{path}]` of kind `"{kind}"`', variant, root, level + 1)
    elif "$ref" in node:
        yield from _table(path, f"`[{path}]`", node, root, level)
    elif many and "$ref" in node["items"]:
        yield from _table(path, f"`[[{path}]]`", node["items"], root, level)
        yield from _default_tables(path, node.get("default", []))
    elif many and "oneOf" in node["items"]:
        yield f"{heading} `[[{path}]]`\n\n{node['description']} Its `kind` decides which keys it has.\n"
        for variant in node["items"]["oneOf"]:
            kind = _deref(variant, root)["properties"]["kind"]["const"]
            yield from _table(path, f'`[[{path}]]` of kind `"{kind}"`', variant, root, level + 1)


def _table(path: str, title: str, node: Node, root: Node, level: int) -> Iterator[str]:
    table = _deref(node, root)
    yield f"{'#' * level} {title}\n\n{_paragraphs(table['description'])}\n"
    yield from _keys(table) if table["properties"] else ()
    yield from _OPEN.get(path, ())
    for name, child in table["properties"].items():
        yield from _section(f"{path}.{name}", child, root, level + 1)


def _keys(table: Node) -> Iterator[str]:
    yield "| key | expected | default | meaning |\n|---|---|---|---|"
    for name, node in table["properties"].items():
        default = _default(node, required=name in table.get("required", ()))
        yield f"| `{name}` | {_cell(_expected(node))} | {default} | {_cell(node['description'])} |"
    yield ""


def _expected(node: Node) -> str:
    choices = node.get("enum", [node["const"]] if "const" in node else [])
    if choices:
        return " or ".join(f"`{_toml(choice)}`" for choice in choices)
    items = node.get("items", ())
    return "a list of tables" if "$ref" in items or "oneOf" in items else expected(node)


def _default(node: Node, *, required: bool) -> str:
    if required or "default" not in node:
        return "required" if required else "see there"
    value = node["default"]
    if value is None:
        return "none"
    return "below" if _is_table(value) else f"`{_toml(value)}`"


def _default_tables(path: str, tables: list[Node]) -> Iterator[str]:
    if tables:
        lines = [", ".join(f"{key} = {_toml(value)}" for key, value in table.items()) for table in tables]
        items = "\n".join(f"    {{ {line} }}," for line in lines)
        key = path.rpartition(".")[2]
        yield f"Default:\n\n```toml\n{key} = [\n{items}\n]\n```\n"


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(item, dict) for item in value))


def _toml(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)  # the same in TOML, for text, numbers, truth values and lists


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def _deref(node: Node, root: Node) -> Node:
    target: Node = root["$defs"][node["$ref"].rpartition("/")[2]]
    return target


if __name__ == "__main__":
    Path("docs/scenario-reference.md").write_text(reference_page(), encoding="utf-8")
