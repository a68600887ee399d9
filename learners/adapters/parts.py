"""Positive and negative parts for models that only take (label, weight of at least 0)."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from learners.base import Bools, Floats32
from learners.errors import LearnerError

LOWEST, HIGHEST = np.float32(1e-7), np.float32(1 - 1.2e-7)  # as the native learner's
PRIOR = 0.5  # what a model predicts that has seen nothing, as the native learner


class Weighted(NamedTuple):
    """Labelled, weighted rows; columns of length n_rows, weights above 0."""

    example: NDArray[np.intp]  # which example
    label: Bools
    weight: Floats32


def weighted(positive: Floats32, negative: Floats32, model: str) -> Weighted:
    """Return the examples as labelled rows, in order; one with two parts is given twice, its positive part first.

    Raises
    ------
    LearnerError
        If a part is negative, NaN or infinite.
    """
    parts = np.stack([positive, negative], axis=1).astype(np.float32)
    sound = np.isfinite(parts) & (parts >= 0)
    if not sound.all():
        at, which = np.argwhere(~sound)[0].tolist()
        raise LearnerError(
            f"{model} takes weights of at least 0, but example {at} has {parts[at, which]} as its "
            f"{('positive', 'negative')[which]} part; methods that take back what they taught, such as 'pu', "
            "need the learner 'logistic'"
        )
    example, side = np.nonzero(parts)
    return Weighted(example, side == 0, parts[example, side])


def refuse_weights(rows: Weighted, call: str) -> None:
    """Raise LearnerError unless every row has weight 1, for a model whose `call` takes no weight."""
    heavy = rows.weight != 1
    if heavy.any():
        at = int(np.argmax(heavy))
        raise LearnerError(
            f"{call} takes no weight, but example {rows.example[at]} has weight {rows.weight[at]}; "
            "use a model that takes weights, or a method whose weights are 0 or 1"
        )


def inside(probability: NDArray[np.float64], model: str) -> Floats32:
    """Return probabilities as float32, clipped to strictly inside (0, 1).

    Raises
    ------
    LearnerError
        If one is NaN.
    """
    unknown = np.isnan(probability)
    if unknown.any():
        raise LearnerError(f"{model} predicts NaN for click {int(np.argmax(unknown))} of {len(probability)}")
    return np.clip(probability.astype(np.float32), LOWEST, HIGHEST)


def no_checkpoint(model: str) -> LearnerError:
    """Return the error that says why the model cannot be saved."""
    return LearnerError(
        f"{model} cannot be checkpointed: it says nothing of its state as arrays; copy.deepcopy copies it"
    )


def no_arms(model: str) -> LearnerError:
    """Return the error that says why the model cannot say several things of a click."""
    return LearnerError(
        f"{model} says one thing of a click; methods whose models say several, such as 'hazard', need the learner "
        "'logistic'"
    )


def no_loss(model: str, loss: str) -> LearnerError:
    """Return the error that says why the model cannot minimize another loss."""
    return LearnerError(
        f"{model} is a classifier and cannot learn the loss {loss!r}; methods that predict money, such as "
        "'value_delta', need the learner 'logistic' or 'gbdt'"
    )
