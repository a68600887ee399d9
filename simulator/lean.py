"""A quick start for the command line: what takes long to load and is never used is left out."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_BLAS = "scipy.linalg.cython_blas"


@contextmanager
def quick_start() -> Iterator[None]:
    """Import and set up without looking for garbage; none of what is made here ever becomes any."""
    gc.disable()
    try:
        _spare_scipy()
        yield
    finally:
        gc.freeze()
        gc.enable()


def _spare_scipy() -> None:
    """Let numba's arrays load without scipy.linalg.

    They only ask whether its linear algebra is there, and a tenth of a short run went into that.  It is, since other
    dependencies need scipy; and what uses it, in a plug-in say, still loads it then.
    """
    if _BLAS in sys.modules:
        return
    modules: dict[str, Any] = sys.modules
    modules[_BLAS] = None  # an import of it then says at once that it is not there
    try:
        from numba.np import arraymath  # noqa: PLC0415  (the point is when)
    finally:
        del modules[_BLAS]
    if hasattr(arraymath, "_HAVE_BLAS"):
        arraymath._HAVE_BLAS = True  # noqa: SLF001  (as it would have found)
