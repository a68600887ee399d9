"""Any scikit-learn classifier with `partial_fit` and `predict_proba` as a learner."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from learners.adapters.parts import PRIOR, Weighted, inside, no_arms, no_checkpoint, no_loss, refuse_weights, weighted
from learners.base import Features, Floats32, Learner, ManyArmed
from learners.inputs import checked_slots


class SklearnLearner:
    """A scikit-learn classifier, one `partial_fit` per batch of examples, in order.

    Batches are counted from the first example that was ever learned, so calls may be cut anywhere.  A batch that is not
    full waits, and is not known to the model until it is: with ``batch=1``, the default, nothing waits, but every
    example costs a call, and many models touch all their weights in it.

    An example whose parts are both positive is two rows, the positive one first; a part of 0 is no row.  A weight is
    handed on as ``sample_weight`` where `partial_fit` has it, else it must be 1.  A model that has seen nothing
    predicts 0.5.

    Parameters
    ----------
    model : scikit-learn classifier
        With `partial_fit` and `predict_proba`, and ``shuffle=False`` where it can shuffle; used as it is, not copied.
    bits : int
        Slots become 2^bits columns of zeros and ones, sparse; a slot that stands twice in a row counts 2.
    batch : int
        Examples to one `partial_fit`, at least 1.
    transform : callable, optional
        From a pyarrow Table of the raw columns to the array or sparse matrix that the model takes, row by row; then
        slots are not used.

    Raises
    ------
    ValueError
        If the model is not of that kind, or a parameter is out of its range.
    """

    takes_negative = False

    def __init__(
        self, model: Any, bits: int = 20, batch: int = 1, transform: Callable[[Any], Any] | None = None
    ) -> None:
        _check(model, batch)
        self.name = type(model).__name__
        self.model = model
        self.bits = bits
        self.batch = batch
        self.features = "slots" if transform is None else "columns"
        self._transform = transform
        self._takes_weight = "sample_weight" in inspect.signature(model.partial_fit).parameters
        self._waiting: _Examples | None = None

    def predict(self, x: Features) -> Floats32:
        """Return probabilities of shape (n_clicks,), each in [1e-7, 1 - 1.2e-7].

        Raises
        ------
        LearnerError
            If the model predicts NaN.
        """
        if not len(x) or not hasattr(self.model, "classes_"):
            return np.full(len(x), PRIOR, dtype=np.float32)
        return inside(self.model.predict_proba(self._matrix(x))[:, 1], self.name)

    def learn(self, x: Features, positive: Floats32, negative: Floats32) -> None:
        """Learn all batches that these examples fill.

        Raises
        ------
        LearnerError
            If a part is negative or not finite, or a weight is not 1 and the model takes none; nothing is learned then.
        """
        self._rows(positive, negative)
        examples = _joined(self._waiting, _Examples(x, positive, negative))
        full = len(examples.positive) - len(examples.positive) % self.batch
        for start in range(0, full, self.batch):
            self._fit(_Examples(*(column[start : start + self.batch] for column in examples)))
        self._waiting = _rest(examples, full)

    def state(self) -> Mapping[str, NDArray[Any]]:
        """Raise LearnerError: a scikit-learn model says nothing of its state as arrays."""
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

    def _fit(self, examples: "_Examples") -> None:
        rows = self._rows(examples.positive, examples.negative)
        if len(rows.example):
            weight = {"sample_weight": rows.weight} if self._takes_weight else {}
            x = self._matrix(examples.x)[rows.example]
            self.model.partial_fit(x, rows.label.astype(np.int64), classes=np.array([0, 1]), **weight)

    def _rows(self, positive: Floats32, negative: Floats32) -> Weighted:
        rows = weighted(positive, negative, self.name)
        if not self._takes_weight:
            refuse_weights(rows, f"{self.name}.partial_fit")
        return rows

    def _matrix(self, x: Features) -> Any:
        if self._transform is not None:
            return self._transform(x)
        from scipy import sparse  # noqa: PLC0415 - only who brings a scikit-learn model waits for it

        n_rows, n_features = x.shape
        starts = np.arange(n_rows + 1) * n_features
        ones = np.ones(n_rows * n_features)
        x = checked_slots(x, self.bits)  # scipy would read past its columns without a word
        matrix = sparse.csr_matrix((ones, x.reshape(-1).astype(np.int64), starts), shape=(n_rows, 2**self.bits))
        matrix.sum_duplicates()
        return matrix


class _Examples(NamedTuple):
    """What `learn` takes, in columns."""

    x: Features
    positive: Floats32
    negative: Floats32


def _joined(first: _Examples | None, second: _Examples) -> _Examples:
    if first is None or not len(first.positive):
        return second
    if isinstance(second.x, np.ndarray):
        x = np.concatenate([first.x, second.x])
    else:
        x = pa.concat_tables([first.x, second.x])
    return _Examples(x, *(np.concatenate(pair) for pair in zip(first[1:], second[1:], strict=True)))


def _rest(examples: _Examples, start: int) -> _Examples:
    """Return the examples from `start` on, as copies, since the caller's arrays may be filled anew; Arrow's may not."""
    return _Examples(
        *(np.array(part) if isinstance(part, np.ndarray) else part for part in (c[start:] for c in examples))
    )


def _check(model: Any, batch: int) -> None:
    name = type(model).__name__
    if not (hasattr(model, "partial_fit") and hasattr(model, "predict_proba")):
        raise ValueError(
            f"expected a classifier with partial_fit and predict_proba, got {name}; "
            "SGDClassifier has both with loss='log_loss'"
        )
    if getattr(model, "shuffle", False):
        raise ValueError(f"{name} must be made with shuffle=False: examples are learned in the order they came due")
    if batch < 1:
        raise ValueError(f"batch must be at least 1, got {batch}")
    classes = np.asarray(getattr(model, "classes_", [0, 1])).tolist()
    if classes != [0, 1]:
        raise ValueError(f"{name} was fitted to classes {classes}, expected [0, 1]")
