"""What each stage of a model of money leans on: how much worse it gets when a feature's values are dealt out anew."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from learners.base import Floats32, Seen
from replay.log import Floats, Ints
from simulator.methods import PROBABILITY
from simulator.metrics.likelihood import nll
from simulator.metrics.value.clicks import Valued, received
from simulator.metrics.value.errors import gamma_deviance, poisson_deviance
from simulator.money import AMOUNT
from simulator.trainer import Trainer

_CLICKS, _GIFTS = 30_000, 20_000  # at most so many are looked at

Serve = Callable[[Seen], Floats32]
Loss = Callable[[NDArray[Any], Floats32], float]


class Sample(NamedTuple):
    """Clicks that models are asked about again, and what they brought."""

    row: Ints  # of the log, increasing
    value: Floats


def samples(clicks: Valued, first: int, seed: int) -> dict[str, Sample]:
    """Return some mature clicks, and some of those that brought money.

    Parameters
    ----------
    clicks : Valued
        The evaluated clicks.
    first : int
        The log's row of the first of them.
    seed : int
    """
    money = received(clicks, clicks.row < clicks.n_mature)
    rng = np.random.default_rng(seed)
    every = np.sort(rng.choice(clicks.n_mature, min(clicks.n_mature, _CLICKS), replace=False))
    at = np.minimum(np.searchsorted(money.row, every), max(len(money.row) - 1, 0))
    found = money.row[at] == every if len(money.row) else np.zeros(len(every), np.bool_)
    value = np.where(found, money.value[at], 0.0) if len(money.row) else np.zeros(len(every))
    gift = np.flatnonzero(money.value > 0)
    some = np.sort(rng.choice(gift, min(len(gift), _GIFTS), replace=False))
    return {"clicks": Sample(every + first, value), "gifts": Sample(money.row[some] + first, money.value[some])}


def importance(trainer: Trainer, of: Mapping[str, Sample], given: str, seed: int) -> list[dict[str, Any]]:
    """Return how much each stage's loss grows when a feature's values are permuted among the sampled clicks.

    The models are those at the end of the run.  They have learned from these clicks, so features of many values, such
    as users, look somewhat more important than they are for clicks to come.

    Parameters
    ----------
    trainer : Trainer
        At the end of a run.
    of : mapping
        See `samples`.
    given : {"click", "gift"}
        Whose money is served.
    seed : int
        Of the permutations: the same for all methods and stages.

    Returns
    -------
    list of dict
        ``stage`` ("probability", "amount" or "served"), ``loss``, its ``value``, ``clicks`` in the sample, and
        ``increase`` by feature.

    References
    ----------
    .. [1] Breiman, "Random forests", Machine Learning 2001.
    .. [2] Fisher, Rudin and Dominici, "All models are wrong, but many are useful", JMLR 2019.
    """
    looks: list[tuple[str, Serve, Sample, str, Loss]] = []
    if PROBABILITY in trainer.stages:
        serve = trainer.stages[PROBABILITY].serve
        looks.append((PROBABILITY, serve, of["clicks"], "nll", lambda value, p: nll(value > 0, p)))
    if AMOUNT in trainer.stages:
        looks.append((AMOUNT, trainer.stages[AMOUNT].serve, of["gifts"], "gamma_deviance", gamma_deviance))
    if given == "gift":
        looks.append(("served", trainer.correction.serve, of["gifts"], "gamma_deviance", gamma_deviance))
    else:
        looks.append(("served", trainer.correction.serve, of["clicks"], "poisson_deviance", poisson_deviance))
    return [_look(trainer, *look, seed) for look in looks if len(look[2].row)]


def _look(
    trainer: Trainer, stage: str, serve: Serve, sample: Sample, name: str, loss: Loss, seed: int
) -> dict[str, Any]:
    x = trainer.features(sample.row)
    base = loss(sample.value, serve(trainer.see(trainer.serves_from, x)))
    rng = np.random.default_rng(seed)
    increase = {}
    for at, feature in enumerate(x.column_names if isinstance(x, pa.Table) else trainer.log.feature_names):
        dealt = _permuted(x, at, rng.permutation(len(sample.row)))
        increase[feature] = loss(sample.value, serve(trainer.see(trainer.serves_from, dealt))) - base
    return {"stage": stage, "loss": name, "value": base, "clicks": len(sample.row), "increase": increase}


def _permuted(x: Any, at: int, order: NDArray[np.int64]) -> Any:
    if isinstance(x, pa.Table):
        return x.set_column(at, x.schema.field(at), x.column(at).take(pa.array(order)))
    dealt = np.array(x)
    dealt[:, at] = dealt[order, at]
    return dealt
