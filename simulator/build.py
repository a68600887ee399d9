"""The one place where names become objects."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from learners import LEARNERS
from learners.base import Learner
from replay.aggregates import Aggregate
from replay.encoding import Encoding
from replay.feed import LabelFeed
from replay.log import ClickLog
from scenarios import Grid, Scenario
from scenarios.checks import attribution_window_in, methods_in
from scenarios.durations import parse_duration
from scenarios.problems import Problem, nearest, show
from scenarios.sections import Learner as LearnerSettings
from scenarios.sections import PipelineFault
from simulator.clock import Clock
from simulator.feed_faults import faults_of
from simulator.market.build import market_problems
from simulator.methods import METHODS, Method, Parameter, PluginError, Recipe, Timing, parameters
from simulator.pipeline import Fault, Pipeline

_EXPECTED: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "duration": ('a duration such as "90s" or "7d"', lambda value: isinstance(value, str)),
    "number": ("a number", lambda value: isinstance(value, int | float) and not isinstance(value, bool)),
    "integer": ("a whole number", lambda value: isinstance(value, int) and not isinstance(value, bool)),
    "text": ("text", lambda value: isinstance(value, str)),
    "flag": ("true or false", lambda value: isinstance(value, bool)),
}


def load(source: Any, overrides: Sequence[str] = ()) -> Scenario:
    """Read a scenario and check it whole, its methods too.

    Parameters
    ----------
    source : path, name of the catalogue, or mapping
    overrides : sequence of str
        Values to set on top, such as ``"clock.publish_every=15m"``.

    Raises
    ------
    ScenarioError
        With everything that is wrong.
    """
    return Scenario.load(source, overrides, checks=(method_problems, market_problems))


def load_grid(source: Any, overrides: Sequence[str] = ()) -> Grid:
    """Read a scenario with all cells of its grid, and check each whole; see `load`."""
    return Grid.load(source, overrides, checks=(method_problems, market_problems))


def method_problems(raw: Mapping[str, Any]) -> list[Problem]:
    """Return what is wrong with the methods of a scenario: names, parameters, and what they refuse."""
    timing = _timing_in(raw)
    problems = []
    for path, table in methods_in(raw):
        name = table["name"]
        if name not in METHODS:
            near = nearest(name, METHODS)
            hint = f"; did you mean {near!r}?" if near else f"; there are {', '.join(METHODS)}"
            problems.append(Problem(f"{path}.name", f"no method is called {name!r}{hint}"))
            continue
        own = {key: value for key, value in table.items() if key not in ("name", "label", "learner")}
        try:
            problems += _parameter_problems(path, METHODS[name], own, timing)
        except PluginError as error:
            problems.append(Problem(f"{path}.name", str(error)))
    return problems


def methods(scenario: Scenario) -> dict[str, Method]:
    """Return the methods of a checked scenario, by label."""
    timing = Timing(scenario.clock.attribution_window, scenario.clock.evaluate_from)
    built = {}
    for spec in scenario.methods:
        recipe = METHODS[spec.name]
        known = parameters(recipe)
        values = {key: _value(known[key], value) for key, value in spec.parameters.items()}
        built[spec.label] = recipe(timing, **values)
    return built


def learner(scenario: Scenario, learning_rate: float | None = None, label: str | None = None) -> Learner:
    """Return a fresh learner, at its own learning rate or another: the scenario's, or that of a method."""
    own = None if label is None else own_learner(scenario, label)
    settings = (own or scenario.learner).model_dump() | {"bits": scenario.learner.bits}
    if learning_rate is not None:
        settings["learning_rate"] = learning_rate
    kind = LEARNERS[settings.pop("kind")]
    takes = inspect.signature(kind).parameters
    settings["seed"] = scenario.seed
    made: Learner = kind(**{key: value for key, value in settings.items() if key in takes})
    return made


def own_learner(scenario: Scenario, label: str) -> LearnerSettings | None:
    """Return the settings of the learner that a method brings; None if it takes the scenario's."""
    return next(spec.learner for spec in scenario.methods if spec.label == label)


def tuned(scenario: Scenario, label: str) -> bool:
    """Return whether a method finds its learning rate by trying: one that brings a rate keeps it."""
    own = own_learner(scenario, label)
    return scenario.tune is not None and not (own and "learning_rate" in own.model_fields_set)


def wants_columns(scenario: Scenario, shared: Learner) -> bool:
    """Return whether any method learns from raw columns; those without a learner of their own have the one given."""
    brought = (learner(scenario, label=spec.label) for spec in scenario.methods if spec.learner)
    return any(each.features == "columns" for each in (shared, *brought))


def encoding(scenario: Scenario) -> Encoding:
    """Return how features become slots."""
    return Encoding(bits=scenario.learner.bits)


def feed(scenario: Scenario, log: ClickLog) -> LabelFeed:
    """Return the label feed of a log, whose first click the times of faults are counted from."""
    told = scenario.feed
    return LabelFeed(told.kind, told.latency, told.sigma, scenario.seed, faults=faults_of(scenario, log))


def pipeline(scenario: Scenario, clock: Clock) -> Pipeline:
    """Return what goes wrong on the trainer's side of a log, in its own time."""
    settings, first = scenario.pipeline, clock.first_click
    if settings is None:
        return Pipeline()
    faults = [_fault(one, first) for one in sorted(settings.fault, key=lambda one: one.at)]
    return Pipeline(settings.capacity, settings.checkpoint_every, tuple(faults))


def _fault(fault: PipelineFault, first: int) -> Fault:
    start = first + fault.at
    end = start + fault.lasts
    rollback = None if fault.rollback_after is None else end + fault.rollback_after
    return Fault(fault.kind, start, end, fault.delivery or "exactly_once", rollback)


def aggregates(scenario: Scenario) -> tuple[Aggregate, ...]:
    """Return the as-of aggregates of the log."""
    return tuple(Aggregate(**one.model_dump()) for one in scenario.log.aggregate)


def _parameter_problems(path: str, recipe: Recipe, given: Mapping[str, Any], timing: Timing | None) -> list[Problem]:
    known, problems, values = parameters(recipe), [], {}
    for key, value in given.items():
        if key not in known:
            near = nearest(key, known)
            hint = f"; did you mean {near!r}?" if near else ""
            has = f"has {', '.join(known)}" if known else "has no parameters"
            problems.append(Problem(f"{path}.{key}", f"unknown key; {recipe.__name__} {has}{hint}"))
            continue
        try:
            values[key] = _value(known[key], value)
        except ValueError as error:
            problems.append(Problem(f"{path}.{key}", str(error)))
    missing = [key for key, one in known.items() if one.default is Parameter.required and key not in given]
    problems += [Problem(f"{path}.{key}", f"expected {_EXPECTED[known[key].type][0]}, got nothing") for key in missing]
    if not problems and timing is not None:
        problems += _refusal(path, recipe, timing, values)
    return problems


def _refusal(path: str, recipe: Recipe, timing: Timing, values: Mapping[str, Any]) -> list[Problem]:
    """Return what a recipe itself says against its values; its message opens with the parameter's name."""
    try:
        recipe(timing, **values)
    except ValueError as error:
        key, _, message = str(error).partition(": ")
        return [Problem(f"{path}.{key}", message)]
    return []


def _value(parameter: Parameter, value: Any) -> Any:
    expected, fits = _EXPECTED[parameter.type]
    if not fits(value):
        raise ValueError(f"expected {expected}, got {show(value)}")
    return parse_duration(value) if parameter.type == "duration" else value


def _timing_in(raw: Mapping[str, Any]) -> Timing | None:
    window = attribution_window_in(raw)
    clock = raw.get("clock", {})
    try:
        after = parse_duration(clock.get("evaluate_from", "0s"))
    except (ValueError, AttributeError):
        return None
    return None if window is None else Timing(window, after)
