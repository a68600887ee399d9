"""Estimators of the value that clicks will have brought, from what is known of them early."""

from collections.abc import Callable, Mapping

from simulator.market.estimators.arrived import arrived
from simulator.market.estimators.base import Estimator, Known
from simulator.market.estimators.bornhuetter_ferguson import bornhuetter_ferguson
from simulator.market.estimators.chain_ladder import chain_ladder
from simulator.market.estimators.counted import counted
from simulator.market.estimators.mature import mature
from simulator.market.estimators.posterior_fill import posterior_fill
from simulator.market.estimators.predicted import predicted

ESTIMATORS: Mapping[str, Callable[..., Estimator]] = {
    "counted": counted,
    "arrived": arrived,
    "mature": mature,
    "chain_ladder": chain_ladder,
    "predicted": predicted,
    "posterior_fill": posterior_fill,
    "bornhuetter_ferguson": bornhuetter_ferguson,
}

__all__ = ["ESTIMATORS", "Estimator", "Known"]
