"""What a grid asks for: its cells, the plays that they are made of, and the names under which both are kept."""

import importlib.metadata
import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from replay.store import digest
from scenarios import Cell, Scenario
from simulator.late import FILE as LATE
from simulator.record import FORMAT

_FILES = ("run.json", "metrics.parquet", LATE, "predictions")  # what a play leaves; one that left less is another


class Play(NamedTuple):
    """One method of a scenario, played alone."""

    key: str  # digest of all that decides its results
    scenario: Scenario  # with that method alone, labelled with its name
    fingerprint: str  # of the prepared log


class Planned(NamedTuple):
    """A cell, and the plays that it is made of."""

    key: str
    cell: Cell
    fingerprint: str  # of the prepared log
    plays: Mapping[str, str]  # label of the method -> key of its play


class Plan(NamedTuple):
    """Everything that a grid asks for; plays that share a stage follow one another."""

    cells: Sequence[Planned]  # in the order of the grid; two may be the same scenario, under one key
    plays: Sequence[Play]


def plan(cells: Sequence[Cell], fingerprints: Sequence[str]) -> Plan:
    """Return what cells are made of, each play once.

    Parameters
    ----------
    cells : sequence of Cell
    fingerprints : sequence of str
        Of each cell's log.
    """
    plays: dict[str, Play] = {}
    planned = []
    for cell, fingerprint in zip(cells, fingerprints, strict=True):
        own = [_alone(cell.scenario, number, fingerprint) for number in range(len(cell.scenario.methods))]
        plays |= {play.key: play for play in own}
        labels = [spec.label for spec in cell.scenario.methods]
        parts = {label: play.key for label, play in zip(labels, own, strict=True)}
        planned.append(Planned(_key(cell.scenario, fingerprint), cell, fingerprint, parts))
    families: dict[str, list[Play]] = {}
    for play in plays.values():
        families.setdefault(family(play.scenario), []).append(play)
    return Plan(planned, [play for together in families.values() for play in together])


def family(scenario: Scenario) -> str:
    """Return a text that is the same for scenarios that differ in their names and methods alone: they share a stage."""
    own = ("name", "title", "description", "method", "grid")
    return json.dumps({key: value for key, value in scenario.resolved().items() if key not in own}, sort_keys=True)


def _alone(scenario: Scenario, number: int, fingerprint: str) -> Play:
    spec = scenario.methods[number]
    alone = scenario.with_methods(spec.model_copy(update={"label": spec.name}))
    return Play(_key(alone, fingerprint), alone, fingerprint)


def _key(scenario: Scenario, fingerprint: str) -> str:
    return digest([importlib.metadata.version("latelabel"), FORMAT, _FILES, scenario.hash(), fingerprint])
