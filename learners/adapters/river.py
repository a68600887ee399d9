"""Any river classifier as a learner."""

import inspect
import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from learners.adapters.parts import PRIOR, inside, no_arms, no_checkpoint, no_loss, refuse_weights, weighted
from learners.base import Features, Floats32, Learner, ManyArmed


class RiverLearner:
    """A river classifier, one `learn_one` per example, in order.

    An example whose parts are both positive is two calls, the positive one first; a part of 0 is no call.  A weight is
    handed on as ``w`` where the model's `learn_one` has it (of a pipeline: its last step), else it must be 1.  A
    label that the model has not met has probability 0, which is clipped; a model that has met none predicts 0.5.
    A missing value, null or NaN, is left out of the features.

    Parameters
    ----------
    model : river classifier
        With `learn_one` and `predict_proba_one`; used as it is, not copied.
    features : str
        "columns": the raw columns, {name: value}; "slots": the encoded ones, {slot: 1.0}, a slot that stands twice in
        a row being there once.

    Raises
    ------
    ValueError
        If it is no classifier, or `features` is neither.
    """

    takes_negative = False

    def __init__(self, model: Any, features: str = "columns") -> None:
        self.name = type(model).__name__
        if not (hasattr(model, "learn_one") and hasattr(model, "predict_proba_one")):
            raise ValueError(f"expected a river classifier with learn_one and predict_proba_one, got {self.name}")
        if features not in ("columns", "slots"):
            raise ValueError(f'features must be "columns" or "slots", got {features!r}')
        self.model = model
        self.features = features
        self._takes_weight = _takes_weight(model)

    def predict(self, x: Features) -> Floats32:
        """Return probabilities of shape (n_clicks,), each in [1e-7, 1 - 1.2e-7].

        Raises
        ------
        LearnerError
            If the model predicts NaN.
        """
        answers = map(self.model.predict_proba_one, self._dicts(x))
        chances = (answer.get(True, 0.0) if answer else PRIOR for answer in answers)
        return inside(np.fromiter(chances, dtype=np.float64, count=len(x)), self.name)

    def learn(self, x: Features, positive: Floats32, negative: Floats32) -> None:
        """Call `learn_one` per example and part.

        Raises
        ------
        LearnerError
            If a part is negative or not finite, or a weight is not 1 and the model takes none; nothing is learned then.
        """
        rows = weighted(positive, negative, self.name)
        if not self._takes_weight:
            refuse_weights(rows, f"{self.name}.learn_one")
        dicts = list(self._dicts(x))
        for example, label, weight in zip(*(column.tolist() for column in rows), strict=True):
            extra = {"w": weight} if self._takes_weight else {}
            self.model.learn_one(dicts[example], label, **extra)

    def state(self) -> Mapping[str, NDArray[Any]]:
        """Raise LearnerError: a river model says nothing of its state as arrays."""
        raise no_checkpoint(self.name)

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Raise LearnerError, as `state`."""
        del state
        raise no_checkpoint(self.name)

    def with_loss(self, loss: str) -> Learner:
        """Raise LearnerError: the model is a classifier."""
        raise no_loss(self.name, loss)

    def with_arms(self, arms: int) -> ManyArmed:
        """Raise LearnerError: the model says one thing of a click."""
        del arms
        raise no_arms(self.name)

    def _dicts(self, x: Features) -> Iterable[dict[Any, Any]]:
        if self.features == "slots":
            return (dict.fromkeys(row, 1.0) for row in x.tolist())
        return ({name: value for name, value in row.items() if _known(value)} for row in x.to_pylist())


def _known(value: Any) -> bool:
    return value is not None and not (isinstance(value, float) and math.isnan(value))


def _takes_weight(model: Any) -> bool:
    while hasattr(model, "steps"):  # a pipeline takes any argument and drops what its last step does not know
        model = list(model.steps.values())[-1]
    return "w" in inspect.signature(model.learn_one).parameters
