"""The native learners' common part: a linear model on hashed features, in compiled loops."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from learners.base import Floats32
from learners.inputs import checked_part, checked_slots, checked_table
from learners.kernels import Slots
from learners.losses import power_of, predict
from learners.optimizers import OPTIMIZERS

LARGEST_BITS = 30
SMALLEST, LARGEST = 1e-9, 1e6  # learning_rate, beta; l1 and l2 may be 0


class Linear:
    """Online linear model over slots, one step per example, in order.

    Every feature is a slot with value 1, and the bias is one more slot that stands in every row, stepped as the others
    are.  The prediction is computed anew for each example.

    Parameters
    ----------
    loss : str
        What it minimizes, see `learners.losses`.
    bits, optimizer, learning_rate, l1, l2, beta
        As `Logistic`.

    Raises
    ------
    LearnerError
        If there is no such loss.
    ValueError
        If a parameter is out of its range.
    """

    features = "slots"
    takes_negative = True

    def __init__(
        self, loss: str, bits: int, optimizer: str, learning_rate: float, l1: float, l2: float, beta: float
    ) -> None:
        self._power = power_of(loss)
        if optimizer not in OPTIMIZERS:
            raise ValueError(f"optimizer must be one of {', '.join(OPTIMIZERS)}, got {optimizer!r}")
        if not 1 <= bits <= LARGEST_BITS:
            raise ValueError(f"bits must lie in [1, {LARGEST_BITS}], got {bits}")
        parameters = {"learning_rate": learning_rate, "l1": l1, "l2": l2, "beta": beta}
        _check_parameters(optimizer, parameters)
        self.loss = loss
        self.bits = bits
        self.optimizer = optimizer
        self._settings = parameters
        self._parameters = tuple(np.float32(parameters[name]) for name in OPTIMIZERS[optimizer].parameters)
        self._table = np.zeros((2**bits + 1, OPTIMIZERS[optimizer].columns), dtype=np.float32)

    def predict(self, x: Slots) -> Floats32:
        """Return what the model says of clicks, shape (n_clicks,); always finite.

        Raises
        ------
        LearnerError
            If a slot lies outside the table.
        """
        rows = checked_slots(x, self.bits)
        out = np.empty(len(rows), dtype=np.float32)
        predict(self._table, rows, out, self._power)
        return out

    def learn(self, x: Slots, positive: Floats32, negative: Floats32) -> None:
        """Take one step per example, of gradient ``negative * a(s) - positive * b(s)`` by the linear predictor s.

        Raises
        ------
        LearnerError
            If a slot lies outside the table, or a part is not a number of size 1e9 at most; nothing is learned then.
        """
        rows = checked_slots(x, self.bits)
        parts = checked_part("positive", positive, len(rows)), checked_part("negative", negative, len(rows))
        OPTIMIZERS[self.optimizer].learn(self._table, rows, *parts, self._power, *self._parameters)

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


def _check_parameters(optimizer: str, parameters: Mapping[str, float]) -> None:
    for name, value in parameters.items():
        least = 0.0 if name in ("l1", "l2") else SMALLEST
        if not least <= value <= LARGEST:
            raise ValueError(f"{name} must lie in [{least:g}, {LARGEST:g}], got {value}")
    if parameters["l1"] and "l1" not in OPTIMIZERS[optimizer].parameters:
        raise ValueError(f"l1 is for the optimizer 'ftrl', got {parameters['l1']} for {optimizer!r}")
    if optimizer == "sgd" and parameters["learning_rate"] * parameters["l2"] > 1:
        raise ValueError(f"learning_rate * l2 must be at most 1, or the weights grow without end, got {parameters}")
