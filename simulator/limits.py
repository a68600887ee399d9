"""Where every method settles in the toy world: one closed form each, in steady, growing and shrinking traffic."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from simulator.limits_dfm import revisited, telescoped
from simulator.limits_elapsed import Masses, bi_defuse, ddfm, defer, defer_exact, defuse, elapsed_time
from simulator.limits_net import net_by, refund_rate, taken_back
from simulator.limits_once import calibrated, fsiw, ulc
from simulator.methods import METHODS, parameters
from simulator.methods.ages import ages
from simulator.methods.miss import MOST
from simulator.toy import Toy


def p(toy: Toy) -> float:
    """Return P(converts inside the attribution window): the limit of what judges clicks at one age and loses none."""
    return toy.rate * toy.converted_by(toy.attribution_window)


def net(toy: Toy) -> float:
    """Return P(converts and is not refunded, both inside the attribution window); p without refunds."""
    return p(toy) - toy.rate * taken_back(toy).within


def net_undone(toy: Toy) -> float:
    """Return the conversions that arrive for every click shown, less the refunds: the net rate in steady traffic."""
    return discounted(toy) - toy.rate * taken_back(toy).arriving


def tesla(toy: Toy, window: int, refund_window: int) -> float:
    """Return p (1 - r), each the limit of a stage; the net rate in steady traffic."""
    return corrected(toy, window) * (1 - refund_rate(toy, refund_window))


def discounted(toy: Toy) -> float:
    """Return p E[e^(-gamma d)]: the conversions that arrive for every click shown, where they lag behind the clicks."""
    return toy.rate * toy.discounted()


def duplicated(toy: Toy, window: int) -> float:
    """Return the share of positives where late conversions are shown again: p / (1 + D) in steady traffic."""
    of = Masses.of(toy, window)
    positive = of.early + of.late
    return positive / (positive + of.observed)


def undone(toy: Toy, window: int) -> float:
    """Return the positives, early and late, for every click that reaches the window's age: p in steady traffic."""
    of = Masses.of(toy, window)
    return (of.early + of.late) / of.discount


def corrected(toy: Toy, window: int) -> float:
    """Return k / (1 + F k), with k the odds of a positive in a stream that waits: p in steady traffic.

    It solves f / (1 - F f) = k, which is what the true share F of early conversions makes of those odds, whether by
    weights, when serving, or by a shift of the logit.
    """
    of = Masses.of(toy, window)
    odds = (of.early + of.late) / of.observed
    return odds / (1 + (1 - of.delayed / of.p) * odds)


def confirmed(toy: Toy) -> float:
    """Return twice the share of conversions among them, first looks and confirmed negatives: p in steady traffic."""
    of = Masses.of(toy, 0)
    return 2 * of.late / (of.late + 1 + of.confirmed)


def synthesized(toy: Toy, windows: str) -> float:
    """Return the limit of `miss`: p in steady and growing traffic, without refunds.

    The mixture can say whatever lies between the least and the most that a model of a window says, and comes as near
    as that to the share of conversions among them and negatives that are sure.
    """
    *shorter, _ = ages("windows", windows, toy.attribution_window, MOST)
    says = [net(toy), *(duplicated(toy, window) for window in shorter)]
    of = Masses.of(toy, 0)
    return float(np.clip(of.late / (of.late + of.confirmed), min(says), max(says)))


LIMITS: Mapping[str, Callable[..., float]] = {
    "oracle": net,
    "waiting_window": net_by,
    "fake_negative": lambda toy: duplicated(toy, window=0),
    "fnw": discounted,
    "fnc": discounted,
    "frozen": net,
    "pu": discounted,
    "pu_wait": undone,
    "prior_correction": corrected,
    "late_positives": duplicated,
    "calibrated_wait": calibrated,
    "mature_daily": net,
    "fnw_wait": corrected,
    "fnc_wait": corrected,
    "fnc_rn": confirmed,
    "fnw_rn": confirmed,
    "elkan_noto": lambda toy: 1.0,  # noqa: ARG005  (g is c where all clicks are alike)
    "es_dfm": elapsed_time,
    "es_dfm_exact": elapsed_time,
    "defer": defer,
    "defer_exact": defer_exact,
    "defuse": defuse,
    "bi_defuse": bi_defuse,
    "ddfm": ddfm,
    "dfm": telescoped,
    "hazard": p,
    "dfm_em": revisited,
    "nodef": p,  # to within a thousandth: as near as its kernels can draw the delays
    "ulc": ulc,
    "fsiw": fsiw,
    "gdfm": p,
    "ftp": net,
    "miss": synthesized,
    "net_pu": net_undone,
    "tesla": tesla,
}


def limit(name: str, toy: Toy, given: Mapping[str, Any]) -> float:
    """Return where a method settles, with its parameters as given or as its recipe has them.

    Parameters
    ----------
    name : str
        Of `METHODS`.
    toy : Toy
    given : mapping
        Parameters of the method; durations in us.
    """
    form = LIMITS[name]
    values = {one.name: one.default for one in parameters(METHODS[name]).values()} | dict(given)
    return form(toy, **{key: values[key] for key in inspect.signature(form).parameters if key in values})
