"""What methods pay where the model cannot represent the truth: fits to a small population, in exact expectation.

Both features of a click matter, and not independently of one another, but the model has a weight for each and none for
the two together.  The oracle's labels then lead to one best fit, and a method that asks the same of every click leads
there too.  A method that counts some clicks for more than others leads elsewhere, though it converges to p wherever the
model can tell all kinds of click apart.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from replay.log import Floats
from scenarios.durations import DAY, HOUR, MINUTE
from simulator.methods import METHODS, Method, Timing, parameters
from simulator.population import Population, settle
from simulator.toy import Toy

WINDOW = HOUR  # of every method that waits

EXACT: Mapping[str, str] = {
    "frozen": "waits for exact labels",
    "mature_daily": "waits for exact labels",
    "pu": "a conversion takes back the whole of what its first look taught",
    "net_pu": "as `pu`; a refund takes back the whole of what its conversion taught",
    "pu_wait": "a late conversion takes back the whole of what its first look taught",
    "es_dfm_exact": "a positive counts 1 and a negative the chance that it is real: a click counts (p, 1 - p)",
    "defer_exact": "the same for two looks at each click: it counts (2p, 2(1 - p))",
    "fsiw": "a label counts by the chance to be as it is, seen so early: a click counts (p, 1 - p)",
    "ulc": "what has not converted is given its chance to convert as a label: a click counts (p, 1 - p)",
}
INEXACT: Mapping[str, str] = {
    "fnw": "the prediction stands for p in the weights, and a click counts 1 - f^2",
    "fnw_rn": "the prediction stands for p in the weights",
    "fnw_wait": "the prediction stands for p in the weights",
    "fnc": "logistic in p / (1 + p), so not in p",
    "fnc_rn": "logistic in p / 2, so not in p",
    "fnc_wait": "logistic in p / (1 + D), so not in p",
    "prior_correction": "right for the stream's labels, where clicks that convert count more often",
    "es_dfm": "the factor 1 + D counts clicks with late conversions for more",
    "defuse": "the factor 1 + D, as in `es_dfm`: in steady traffic they ask the same of a click",
    "defer": "the prediction stands for p in the weights",
    "ddfm": "the second look counts a click 1 - p F(w) times, and the prediction stands for p in its label",
    "bi_defuse": "logistic in p F(w) and in D, so not in their sum",
    "gdfm": "one share of conversions by each age, whatever the click",
    "calibrated_wait": "one share of early conversions, whatever the click",
    "elkan_noto": "one constant, whatever the click, and not the right one where no click is sure to convert",
    "late_positives": "nothing is weighed: p / (1 + D)",
    "fake_negative": "nothing is weighed: p / (1 + p)",
    "waiting_window": "late conversions are lost: p F(w)",
}
OTHER_MODELS: Mapping[str, str] = {
    "oracle": "what the others are compared with",
    "dfm": "fits a model of the delay along with the rate",
    "dfm_em": "fits a model of the delay along with the rate",
    "nodef": "fits a model of the delay along with the rate",
    "hazard": "a product of logistic models, one to an age",
    "tesla": "a product of two logistic models, of conversions and of refunds",
    "miss": "mixes models of several windows by a model of which is best",
    "ftp": "mixes models of several windows by a model of which is best",
}


class Gap(NamedTuple):
    """How far a method's fit is from that to true labels."""

    poor: float  # largest difference from the oracle's fit, with a model that cannot represent p
    rich: float  # and from p itself, with one that can
    calibration: float  # mean prediction over mean p, with the former


def world(*, rich: bool = False) -> Population:
    """Return clicks of two features with two values each, and a model that is additive in them, or knows every pair.

    One value of the second feature converts late: that is where a method that counts clicks by their late conversions
    departs from the oracle.
    """
    early, late = ((0.8, HOUR // 2), (0.2, DAY)), ((0.2, HOUR // 2), (0.8, 3 * DAY))
    kinds = tuple(
        Toy(rate=rate, delays=delays, attribution_window=30 * DAY)
        for rate, delays in ((0.05, early), (0.4, late), (0.3, early), (0.2, late))
    )
    additive = np.array([[1, 0, 0], [1, 0, 1], [1, 1, 0], [1, 1, 1]], np.float64)
    ages = (6 * MINUTE, 15 * MINUTE, WINDOW, DAY, 7 * DAY, 30 * DAY)
    return Population(kinds, np.array([0.4, 0.2, 0.1, 0.3]), np.eye(4) if rich else additive, ages)


def gap(name: str) -> Gap:
    """Return how far a method's fit is from that to true labels, with its auxiliary models true."""
    poor, rich = world(), world(rich=True)
    rate = poor.outcomes()[:, :-1].sum(axis=1)
    fitted = settle(_built(name, poor), poor)
    return Gap(
        poor=_largest(fitted - settle(_built("oracle", poor), poor)),
        rich=_largest(settle(_built(name, rich), rich) - rate),
        calibration=float(poor.share @ fitted / (poor.share @ rate)),
    )


def table() -> str:
    """Return the gaps of all methods as a Markdown table, smallest first."""
    gaps = {name: gap(name) for name in (*EXACT, *INEXACT)}
    reasons = {**EXACT, **INEXACT}
    lines = ["| method | gap | gap, rich model | calibration | why |", "|---|---|---|---|---|"]
    for name, one in sorted(gaps.items(), key=lambda item: (round(item[1].poor, 4), [*reasons].index(item[0]))):
        lines.append(f"| `{name}` | {one.poor:.4f} | {one.rich:.4f} | {one.calibration:.3f} | {reasons[name]} |")
    return "\n".join(lines) + "\n"


def _built(name: str, population: Population) -> Method:
    recipe = METHODS[name]
    window = parameters(recipe).get("window")
    waits = window is not None and window.default
    timing = Timing(population.attribution_window, 2 * population.attribution_window)
    return recipe(timing, **({"window": WINDOW} if waits else {}))


def _largest(difference: Floats) -> float:
    return float(np.abs(difference).max())
