"""Asking memory ahead of time, inside compiled loops."""

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

AHEAD = 32  # rows: far enough for memory to answer, near enough to be still in the nearest cache


def _ask(typing_context: Any, table: Any, row: Any) -> Any:  # noqa: ARG001 - the signature is numba's
    """Compile to LLVM's prefetch of a row of a contiguous array: for writing, into the nearest cache, no waiting."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        at = arguments[1]
        if signature.args[0].ndim > 1:
            at = builder.mul(at, builder.extract_value(array.shape, 1))
        item = builder.gep(array.data, [at])
        flag = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [item.type, flag, flag, flag])
        call = builder.module.declare_intrinsic("llvm.prefetch", [item.type], kind)
        builder.call(call, [item, flag(1), flag(3), flag(1)])
        return context.get_dummy_value()

    return types.void(table, row), generate


prefetch: Any = intrinsic(_ask)
