"""Where every method for money settles in the toy world of gifts: one closed form each."""

import inspect
import math
from collections.abc import Callable, Mapping
from typing import Any

from simulator.methods import METHODS, parameters
from simulator.toy_money import MoneyToy


def value(toy: MoneyToy) -> float:
    """Return E[Y]: the limit of what judges clicks at one age and loses no money."""
    return toy.value


def discounted(toy: MoneyToy) -> float:
    """Return the money that arrives for every click shown, where it lags behind the clicks: E[Y] in steady traffic."""
    return toy.discounted_value


def scaled(toy: MoneyToy, window: int, scaling: str) -> float:
    """Return E[Y] G over the share that it is divided by: E[Y] only where that is G, the share of the money."""
    early = toy.value * toy.value_share(window)
    share = {"none": 1.0, "value": toy.value_share(window), "count": toy.count_share(window)}
    return early / share[scaling]


def given_a_gift(toy: MoneyToy) -> float:
    """Return E[Y | Y > 0], in steady traffic or where each click brings one gift at most."""
    return toy.value / (toy.rate * toy.converted_by(toy.attribution_window))


def two_stage(toy: MoneyToy, amount: str, retransform: str) -> float:
    """Return p m, with p discounted by growth as `fnw`'s and m as `given_a_gift`, or the exponential of a logarithm.

    With no way back from the logarithm m is exp(E[log(1 + Y) | Y > 0]) - 1: below E[Y | Y > 0] by the factor
    exp(-sigma^2 / 2) of 1 + m where 1 + Y is log-normal.
    """
    rate = toy.rate * toy.discounted()
    if amount != "log1p" or retransform != "none":
        return rate * given_a_gift(toy)
    return rate * math.expm1(_only(toy).log_mean)


def log1p(toy: MoneyToy, retransform: str) -> float:
    """Return where least squares of log(1 + Y) over all clicks leads; for worlds of one gift a click.

    E[log(1 + Y)] is p mu with mu that of gifts.  Smearing is exact where all clicks are alike, whatever they bring.
    """
    gift, p = _only(toy), toy.rate * toy.converted_by(toy.attribution_window)
    mean = p * gift.log_mean
    variance = p * (gift.sigma**2 + gift.log_mean**2) - mean**2
    return {"none": math.expm1(mean), "lognormal": math.expm1(mean + variance / 2), "smearing": toy.value}[retransform]


def _only(toy: MoneyToy) -> Any:
    (gift,) = toy.gifts
    return gift


VALUE_LIMITS: Mapping[str, Callable[..., float]] = {
    "value_oracle": value,
    "value_mature": value,
    "value_delta": discounted,
    "value_wait": scaled,
    "two_stage": two_stage,
    "log1p": log1p,
    "gifts_only": given_a_gift,
}


def value_limit(name: str, toy: MoneyToy, given: Mapping[str, Any]) -> float:
    """Return where a method for money settles, with its parameters as given or as its recipe has them.

    Parameters
    ----------
    name : str
        Of `VALUE_LIMITS`.
    toy : MoneyToy
    given : mapping
        Parameters of the method; durations in us.
    """
    form = VALUE_LIMITS[name]
    values = {one.name: one.default for one in parameters(METHODS[name]).values()} | dict(given)
    return form(toy, **{key: values[key] for key in inspect.signature(form).parameters if key in values})
