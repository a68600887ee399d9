"""What the native learners check before their compiled loops run, which check nothing."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from learners.base import Floats32
from learners.errors import LearnerError
from learners.kernels import Slots

LARGEST_PART = 1e9  # with parameters up to 1e6, no square, quotient or sum leaves float32: weights are always finite


def checked_slots(x: Slots, bits: int) -> Slots:
    """Return slots as the loops take them.

    Raises
    ------
    LearnerError
        If they are not uint32 of shape (n, n_features), or one lies outside a table of 2^bits.
    """
    if x.ndim != 2 or x.dtype != np.uint32:
        raise LearnerError(f"expected uint32 slots of shape (n, n_features), got {x.dtype} of shape {x.shape}")
    if x.size and x.max() >= 2**bits:
        raise LearnerError(f"slots must lie below 2^bits = {2**bits}, got {x.max()}")
    return compiled(x)


def checked_part(name: str, part: Floats32, n_examples: int) -> Floats32:
    """Return the positive or the negative parts of examples as the loops take them.

    Raises
    ------
    LearnerError
        If there is not one for each example, or one is not a number of size 1e9 at most.
    """
    if part.shape != (n_examples,):
        raise LearnerError(f"expected {name} parts of shape ({n_examples},), got {part.shape}")
    if len(part) and not (part.min() >= -LARGEST_PART and part.max() <= LARGEST_PART):  # nan is neither
        at = int(np.argmin(np.abs(part) <= LARGEST_PART))
        raise LearnerError(f"{name}[{at}] must be a finite number of size {LARGEST_PART:g} at most, got {part[at]}")
    return compiled(part.astype(np.float32, copy=False))


def checked_table(table: NDArray[Any], shape: tuple[int, ...]) -> Floats32:
    """Return a copy of a saved table.

    Raises
    ------
    LearnerError
        If it is not a finite float32 table of the shape.
    """
    if table.shape != shape or table.dtype != np.float32:
        raise LearnerError(
            f"expected a float32 table of shape {shape}, got {table.dtype} of shape {table.shape}: "
            "the state is of a learner with other bits or another optimizer, or with other arms"
        )
    if not np.isfinite(table).all():
        raise LearnerError("the state holds weights that are not finite")
    return np.ascontiguousarray(table).copy()


def compiled(array: NDArray[Any]) -> NDArray[Any]:
    """Return the array as the loops were compiled for, contiguous and read-only, whatever it was."""
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view
