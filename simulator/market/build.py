"""Where the names of the market section become objects."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from replay.worlds.delays import DelayPart, Mixture
from scenarios import Scenario
from scenarios.market import BidderSpec, Market
from scenarios.problems import Problem, unknown_key, unknown_name
from simulator.market.bidder import Way
from simulator.market.controllers import CONTROLLERS
from simulator.market.curves import ages
from simulator.market.estimators import ESTIMATORS
from simulator.market.estimators.base import Floats
from simulator.market.knowledge import Terms
from simulator.methods import Method, Parameter, parameters

_OWN = ("label", "method", "controller", "estimator", "delays")


def market_problems(raw: Mapping[str, Any]) -> list[Problem]:
    """Return what is wrong with the bidders of a scenario: names, and parameters of controllers and estimators."""
    market = raw.get("market")
    tables = market.get("bidder") if isinstance(market, Mapping) else None
    problems: list[Problem] = []
    for number, table in enumerate(tables if isinstance(tables, list) else []):
        if isinstance(table, Mapping):
            problems += _bidder_problems(f"market.bidder[{number}]", table)
    return problems


def way_of(scenario: Scenario, spec: BidderSpec, methods: Mapping[str, Method], n_campaigns: int, terms: Terms) -> Way:
    """Return a bidder's way of bidding, fresh."""
    controller, estimator = CONTROLLERS[spec.controller], ESTIMATORS[spec.estimator]
    own = spec.parameters
    method = methods[spec.method if spec.method is not None else scenario.methods[0].label]
    controllers = [controller(**_arguments(controller, own)) for _ in range(n_campaigns)]
    return Way(method, estimator(**_arguments(estimator, own)), controllers, terms)


def terms_of(market: Market, spec: BidderSpec, attribution_window: int, start: int, end: int) -> Terms:
    """Return what a bidder takes for given."""
    given = given_delays(market, attribution_window)
    every, fixed = market.update_every, spec.delays == "given"
    return Terms(attribution_window, start, end, every, given, fixed=fixed, amount=market.amount)


def given_delays(market: Market, attribution_window: int) -> Floats | None:
    """Return the cdf that the scenario gives, at the ages of the curves, of delays inside the window."""
    if not market.delay:
        return None
    mixture = Mixture(tuple(DelayPart(**part.model_dump()) for part in market.delay))
    come = np.array([float(mixture.cdf(age, np.zeros(1))[0]) for age in ages(attribution_window).tolist()])
    cdf: Floats = come / come[-1] if come[-1] else np.ones(len(come))
    return cdf


def _bidder_problems(path: str, table: Mapping[str, Any]) -> list[Problem]:
    known: dict[str, Parameter] = {}
    problems: list[Problem] = []
    recipes: list[Callable[..., Any]] = []
    registries: Mapping[str, tuple[str, Mapping[str, Callable[..., Any]]]] = {
        "controller": ("pid", CONTROLLERS),
        "estimator": ("counted", ESTIMATORS),
    }
    for key, (default, registry) in registries.items():
        name = table.get(key, default)
        if not isinstance(name, str):
            continue  # told with the shape of the file
        if name not in registry:
            problems.append(unknown_name(f"{path}.{key}", key, name, registry))
            continue
        recipes.append(registry[name])
        known |= parameters(registry[name])
    own = {key: value for key, value in table.items() if key not in _OWN}
    if len(recipes) == 2:
        names = [*known, *_OWN]
        problems += [unknown_key(f"{path}.{key}", names) for key in own if key not in known]
    wrong = [key for key, value in own.items() if key in known and not _is_number(value)]
    problems += [Problem(f"{path}.{key}", f"expected a number, got {own[key]!r}") for key in wrong]
    if not problems:
        problems += [problem for recipe in recipes for problem in _refusals(path, recipe, own)]
    return problems


def _refusals(path: str, recipe: Callable[..., Any], own: Mapping[str, Any]) -> list[Problem]:
    try:
        recipe(**_arguments(recipe, own))
    except ValueError as error:
        key, _, message = str(error).partition(": ")
        return [Problem(f"{path}.{key}", message)]
    return []


def _arguments(recipe: Callable[..., Any], own: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(own[name]) for name in parameters(recipe) if name in own}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
