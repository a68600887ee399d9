"""Parts of the compiled loops: asking memory ahead of time, the logit, the probability.

No fast-math anywhere: sums are in a fixed order, and the exponential is a polynomial of plain IEEE operations, not the
system's, so that the same examples give the same bits on every machine.
"""

from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic
from numpy.typing import NDArray

Floats32 = NDArray[np.float32]
Slots = NDArray[np.uint32]

LOWEST, HIGHEST = 1e-7, 1 - 1.2e-7  # the probabilities given out; as float32 too they lie strictly inside (0, 1)
AHEAD = 8  # rows: far enough for memory to answer, near enough to be still in the nearest cache

_LOG2_E = 1.4426950408889634
_LN_2 = 0.6931471805599453
_ROUNDER = 1.5 * 2.0**52  # adding it leaves the nearest integer in a double's lowest bits
_SATURATED = 40.0  # a logit past which the clipping decides


def _ask(typing_context: Any, table: Any, row: Any) -> Any:  # noqa: ARG001 - the signature is numba's
    """Compile to LLVM's prefetch of ``table[row, 0]``: for writing, into the nearest cache, no waiting."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        item = builder.gep(array.data, [builder.mul(arguments[1], builder.extract_value(array.shape, 1))])
        flag = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [item.type, flag, flag, flag])
        call = builder.module.declare_intrinsic("llvm.prefetch", [item.type], kind)
        builder.call(call, [item, flag(1), flag(3), flag(1)])
        return context.get_dummy_value()

    return types.void(table, row), generate


_prefetch: Any = intrinsic(_ask)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def prefetch(table: Floats32, x: Slots, i: int) -> None:
    """Ask memory for the slots of the row that comes `AHEAD` rows after row i.

    A table of 2^20 slots does not fit the cache next to the processor; without this, learning takes half as long again.
    """
    ahead = min(i + AHEAD, len(x) - 1)
    for j in range(x.shape[1]):
        _prefetch(table, np.intp(x[ahead, j]))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def exponential(x: float) -> Any:
    """Return exp(x) of a double within 700 of 0.

    It is 2^k exp(r) with r within ln(2)/2 of 0, and exp(r) Taylor's polynomial of degree 8: relative error 3e-10.
    """
    rounded = np.float64(x * _LOG2_E + _ROUNDER)
    r = x - (rounded - _ROUNDER) * _LN_2
    r2 = r * r
    high = (1 / 24 + r * (1 / 120)) + r2 * ((1 / 720 + r * (1 / 5040)) + r2 * (1 / 40320))
    power = np.float64((1 + r) + r2 * (1 / 2 + r * (1 / 6)) + r2 * r2 * high)
    return np.int64(power.view(np.int64) + (rounded.view(np.int64) << 52)).view(np.float64)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def probability(logit: float) -> Any:
    """Return the sigmoid, clipped to [`LOWEST`, `HIGHEST`]."""
    x = min(max(-np.float64(logit), -_SATURATED), _SATURATED)
    return min(max(1 / (1 + exponential(x)), LOWEST), HIGHEST)
