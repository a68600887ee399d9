"""Published methods, each a documented pair: a label policy and a correction; and those of installed packages.

Their target is a conversion's probability, or money: that of the latter is "value".
"""

from collections.abc import Mapping

from simulator.methods.base import PROBABILITY, Duration, Head, Method, Parameter, Recipe, Timing, parameters, summary
from simulator.methods.bi_defuse import bi_defuse
from simulator.methods.calibrated_wait import calibrated_wait
from simulator.methods.ddfm import ddfm
from simulator.methods.defer import defer
from simulator.methods.defer_exact import defer_exact
from simulator.methods.defuse import defuse
from simulator.methods.dfm import dfm
from simulator.methods.dfm_em import dfm_em
from simulator.methods.elkan_noto import elkan_noto
from simulator.methods.es_dfm import es_dfm
from simulator.methods.es_dfm_exact import es_dfm_exact
from simulator.methods.fake_negative import fake_negative
from simulator.methods.fnc import fnc
from simulator.methods.fnc_rn import fnc_rn
from simulator.methods.fnc_wait import fnc_wait
from simulator.methods.fnw import fnw
from simulator.methods.fnw_rn import fnw_rn
from simulator.methods.fnw_wait import fnw_wait
from simulator.methods.frozen import frozen
from simulator.methods.fsiw import fsiw
from simulator.methods.ftp import ftp
from simulator.methods.gdfm import gdfm
from simulator.methods.gifts_only import gifts_only
from simulator.methods.hazard import hazard
from simulator.methods.late_positives import late_positives
from simulator.methods.log1p import log1p
from simulator.methods.mature_daily import mature_daily
from simulator.methods.miss import miss
from simulator.methods.net_pu import net_pu
from simulator.methods.nodef import nodef
from simulator.methods.oracle import oracle
from simulator.methods.plugins import Methods, PluginError, origin
from simulator.methods.prior_correction import prior_correction
from simulator.methods.pu import pu
from simulator.methods.pu_wait import pu_wait
from simulator.methods.tesla import tesla
from simulator.methods.two_stage import two_stage
from simulator.methods.ulc import ulc
from simulator.methods.value_delta import value_delta
from simulator.methods.value_mature import value_mature
from simulator.methods.value_oracle import value_oracle
from simulator.methods.value_wait import value_wait
from simulator.methods.waiting_window import waiting_window

_OURS: Mapping[str, Recipe] = {
    "oracle": oracle,
    "waiting_window": waiting_window,
    "fake_negative": fake_negative,
    "fnw": fnw,
    "fnc": fnc,
    "frozen": frozen,
    "pu": pu,
    "pu_wait": pu_wait,
    "prior_correction": prior_correction,
    "late_positives": late_positives,
    "calibrated_wait": calibrated_wait,
    "mature_daily": mature_daily,
    "fnw_wait": fnw_wait,
    "fnc_wait": fnc_wait,
    "fnc_rn": fnc_rn,
    "fnw_rn": fnw_rn,
    "elkan_noto": elkan_noto,
    "es_dfm": es_dfm,
    "es_dfm_exact": es_dfm_exact,
    "defer": defer,
    "defer_exact": defer_exact,
    "defuse": defuse,
    "bi_defuse": bi_defuse,
    "ddfm": ddfm,
    "ulc": ulc,
    "fsiw": fsiw,
    "gdfm": gdfm,
    "ftp": ftp,
    "dfm": dfm,
    "hazard": hazard,
    "dfm_em": dfm_em,
    "nodef": nodef,
    "miss": miss,
    "net_pu": net_pu,
    "tesla": tesla,
    "value_oracle": value_oracle,
    "value_mature": value_mature,
    "value_delta": value_delta,
    "value_wait": value_wait,
    "two_stage": two_stage,
    "log1p": log1p,
    "gifts_only": gifts_only,
}

METHODS: Mapping[str, Recipe] = Methods(_OURS)

__all__ = [
    "METHODS",
    "PROBABILITY",
    "Duration",
    "Head",
    "Method",
    "Parameter",
    "PluginError",
    "Recipe",
    "Timing",
    "origin",
    "parameters",
    "summary",
]
