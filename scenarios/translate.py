"""Pydantic's errors in our words: the key, what was expected there, what was found, and the nearest right name."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from scenarios.phrases import Node, expected, without_null
from scenarios.problems import NOTHING, Problem, advice, key_path, mismatch, unknown_name


class _Place(NamedTuple):
    steps: tuple[str | int, ...]  # keys and indices, without the names of kinds that pydantic puts between them
    node: Node  # the schema there
    table: Node  # the schema of the table it stands in


def translate(error: ValidationError, raw: Mapping[str, Any], model: type[BaseModel]) -> list[Problem]:
    """Return one problem for each key that is wrong.

    Parameters
    ----------
    error : ValidationError
        What came of validating `raw`.
    raw : mapping
        The tables of the file, for what was found.
    model : type
        The shape that was expected.
    """
    root = _schema(model)
    problems: dict[str, Problem] = {}
    for detail in error.errors(include_url=False):
        place = _place(detail["loc"], root)
        steps = _written(place.steps, raw)
        found = _value(raw, steps)
        if detail["type"] == "too_short" and found:  # only because entries of it are wrong, which are named themselves
            continue
        problem = _problem(detail, place._replace(steps=steps), found, root)
        problems.setdefault(problem.key, problem)
    return list(problems.values())


@cache
def _schema(model: type[BaseModel]) -> Node:
    return model.model_json_schema()


def _problem(detail: ErrorDetails, place: _Place, found: Any, root: Node) -> Problem:
    key, kind = key_path(place.steps), detail["type"]
    if kind == "extra_forbidden":
        return Problem(key, f"no such key; {advice(str(place.steps[-1]), place.table.get('properties', {}))}")
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        return _choice(f"{key}.kind", _kinds(place.node, root), found.get("kind", NOTHING))
    if kind == "value_error":
        return Problem(key, str(detail["ctx"]["error"]))
    if kind == "literal_error":
        return _choice(key, place.node, found)
    return mismatch(key, expected(place.node), found)


def _choice(key: str, node: Node, found: object) -> Problem:
    node = without_null(node)
    if isinstance(found, str):
        return unknown_name(key, node.get("noun", "choice"), found, node.get("enum", [node.get("const", "")]))
    return mismatch(key, expected(node), found)


def _kinds(node: Node, root: Node) -> Node:
    """Return the schema of the `kind` that tells the variants of a table apart."""
    variants = [_deref(variant, root)["properties"]["kind"] for variant in node["oneOf"]]
    return {"noun": variants[0].get("noun", "kind"), "enum": [variant["const"] for variant in variants]}


def _place(location: Sequence[str | int], root: Node) -> _Place:
    place = _Place((), root, root)
    for step in location:
        place = _step(place, step, root)
    return place


def _step(place: _Place, step: str | int, root: Node) -> _Place:
    node = _deref(without_null(place.node), root)
    if "discriminator" in node:  # the step names the kind, not a key
        return _Place(place.steps, {"$ref": node["discriminator"]["mapping"][step]}, place.table)
    steps = (*place.steps, step)
    if isinstance(step, int):
        return _Place(steps, node.get("items", node), node)
    return _Place(steps, node.get("properties", {}).get(step, {}), node)


def _deref(node: Node, root: Node) -> Node:
    if "$ref" not in node:
        return node
    target: Node = root["$defs"][node["$ref"].rpartition("/")[2]]
    return target


def _written(steps: tuple[str | int, ...], raw: Any) -> tuple[str | int, ...]:
    """Return where a value stands in the file: text may stand for a list of one."""
    return steps[:-1] if isinstance(_value(raw, steps[:-1]), str) else steps


def _value(raw: Any, steps: Sequence[str | int]) -> Any:
    for step in steps:
        try:
            raw = raw[step]
        except (KeyError, IndexError, TypeError):
            return NOTHING
    return raw
