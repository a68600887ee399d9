"""Published methods, each a documented pair: a label policy and a correction."""

from collections.abc import Mapping

from simulator.methods.base import Duration, Head, Method, Parameter, Recipe, Timing, parameters, summary
from simulator.methods.fake_negative import fake_negative
from simulator.methods.fnc import fnc
from simulator.methods.fnw import fnw
from simulator.methods.frozen import frozen
from simulator.methods.oracle import oracle
from simulator.methods.waiting_window import waiting_window

METHODS: Mapping[str, Recipe] = {
    "oracle": oracle,
    "waiting_window": waiting_window,
    "fake_negative": fake_negative,
    "fnw": fnw,
    "fnc": fnc,
    "frozen": frozen,
}

__all__ = ["METHODS", "Duration", "Head", "Method", "Parameter", "Recipe", "Timing", "parameters", "summary"]
