"""The native learner: logistic regression on hashed features, in compiled loops."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from learners.arms import ManyArmedLogistic
from learners.base import Floats32
from learners.inputs import checked_part, checked_slots, checked_table
from learners.kernels import Slots, predict
from learners.optimizers import OPTIMIZERS

LARGEST_BITS = 30
SMALLEST, LARGEST = 1e-9, 1e6  # learning_rate, beta; l1 and l2 may be 0


class Logistic:
    """Online logistic regression over slots, one step per example, in order.

    Every feature is a slot with value 1, and the bias is one more slot that stands in every row, stepped as the others
    are.  The prediction is computed anew for each example.  The walk is that of river's `LogisticRegression` with
    `optim.SGD`, `optim.AdaGrad` or `optim.FTRLProximal`, a constant feature and ``intercept_lr=0``, up to the rounding
    of float32; the `optimizers` say where that differs from the papers.

    Parameters
    ----------
    bits : int
        The table has 2^bits slots, so slots lie in [0, 2^bits); 1 to 30.
    optimizer : str
        "adagrad", "sgd" or "ftrl".
    learning_rate : float
        From 1e-9 to 1e6; FTRL's alpha.
    l1 : float
        Up to 1e6: FTRL's L1 penalty; the other optimizers have none.
    l2 : float
        Up to 1e6: L2 penalty.  With SGD and AdaGrad, ``l2 * w`` joins the gradient of the slots in the row.
    beta : float
        From 1e-9 to 1e6: how fast FTRL's learning rate falls at first; not used by the other optimizers.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    References
    ----------
    .. [1] Duchi, Hazan, Singer, "Adaptive subgradient methods for online learning and stochastic optimization", 2011.
    .. [2] McMahan et al., "Ad click prediction: a view from the trenches", 2013.
    """

    features = "slots"
    takes_negative = True

    def __init__(
        self,
        bits: int = 20,
        optimizer: str = "adagrad",
        learning_rate: float = 0.05,
        l1: float = 0.0,
        l2: float = 0.0,
        beta: float = 1.0,
    ) -> None:
        if optimizer not in OPTIMIZERS:
            raise ValueError(f"optimizer must be one of {', '.join(OPTIMIZERS)}, got {optimizer!r}")
        if not 1 <= bits <= LARGEST_BITS:
            raise ValueError(f"bits must lie in [1, {LARGEST_BITS}], got {bits}")
        parameters = {"learning_rate": learning_rate, "l1": l1, "l2": l2, "beta": beta}
        _check_parameters(optimizer, parameters)
        self.bits = bits
        self.optimizer = optimizer
        self._learning_rate, self._l2 = learning_rate, l2
        self._parameters = tuple(np.float32(parameters[name]) for name in OPTIMIZERS[optimizer].parameters)
        self._table = np.zeros((2**bits + 1, OPTIMIZERS[optimizer].columns), dtype=np.float32)

    def predict(self, x: Slots) -> Floats32:
        """Return probabilities of shape (n_clicks,), each in [1e-7, 1 - 1.2e-7].

        Raises
        ------
        LearnerError
            If a slot lies outside the table.
        """
        rows = checked_slots(x, self.bits)
        out = np.empty(len(rows), dtype=np.float32)
        predict(self._table, rows, out)
        return out

    def learn(self, x: Slots, positive: Floats32, negative: Floats32) -> None:
        """Take one step per example, of gradient ``negative * f - positive * (1 - f)`` with respect to the logit.

        Raises
        ------
        LearnerError
            If a slot lies outside the table, or a part is not a number of size 1e9 at most; nothing is learned then.
        """
        rows = checked_slots(x, self.bits)
        parts = checked_part("positive", positive, len(rows)), checked_part("negative", negative, len(rows))
        OPTIMIZERS[self.optimizer].learn(self._table, rows, *parts, *self._parameters)

    def state(self) -> Mapping[str, NDArray[Any]]:
        """Return a copy of the table: per slot the weight and what the optimizer keeps with it, the bias last."""
        return {"table": self._table.copy()}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Become the learner that returned `state`.

        Raises
        ------
        LearnerError
            If it is not the state of a learner with these bits and this optimizer, or is not finite.
        """
        self._table = checked_table(state["table"], self._table.shape)

    def with_arms(self, arms: int) -> ManyArmedLogistic:
        """Return an untrained learner of the same settings that says several things of a click.

        Raises
        ------
        LearnerError
            With the optimizer "ftrl", or with more than 100 arms.
        """
        return ManyArmedLogistic(arms, self.bits, self.optimizer, self._learning_rate, self._l2)


def _check_parameters(optimizer: str, parameters: Mapping[str, float]) -> None:
    for name, value in parameters.items():
        least = 0.0 if name in ("l1", "l2") else SMALLEST
        if not least <= value <= LARGEST:
            raise ValueError(f"{name} must lie in [{least:g}, {LARGEST:g}], got {value}")
    if parameters["l1"] and "l1" not in OPTIMIZERS[optimizer].parameters:
        raise ValueError(f"l1 is for the optimizer 'ftrl', got {parameters['l1']} for {optimizer!r}")
    if optimizer == "sgd" and parameters["learning_rate"] * parameters["l2"] > 1:
        raise ValueError(f"learning_rate * l2 must be at most 1, or the weights grow without end, got {parameters}")
