"""Published methods, each a documented pair: a label policy and a correction."""

from collections.abc import Mapping

from simulator.methods.base import Duration, Head, Method, Parameter, Recipe, Timing, parameters, summary
from simulator.methods.bi_defuse import bi_defuse
from simulator.methods.ddfm import ddfm
from simulator.methods.defer import defer
from simulator.methods.defer_exact import defer_exact
from simulator.methods.defuse import defuse
from simulator.methods.es_dfm import es_dfm
from simulator.methods.es_dfm_exact import es_dfm_exact
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
    "es_dfm": es_dfm,
    "es_dfm_exact": es_dfm_exact,
    "defer": defer,
    "defer_exact": defer_exact,
    "defuse": defuse,
    "bi_defuse": bi_defuse,
    "ddfm": ddfm,
}

__all__ = ["METHODS", "Duration", "Head", "Method", "Parameter", "Recipe", "Timing", "parameters", "summary"]
