"""Bid controllers, and bounds that do not control."""

from collections.abc import Callable, Mapping

from simulator.market.controllers.base import Controller
from simulator.market.controllers.clairvoyant import Clairvoyant, best_multiplier, clairvoyant
from simulator.market.controllers.dual import dual
from simulator.market.controllers.fixed import fixed
from simulator.market.controllers.pid import pid

CONTROLLERS: Mapping[str, Callable[..., Controller]] = {
    "pid": pid,
    "dual": dual,
    "fixed": fixed,
    "clairvoyant": clairvoyant,
}

__all__ = ["CONTROLLERS", "Clairvoyant", "Controller", "best_multiplier"]
