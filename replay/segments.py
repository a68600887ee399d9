"""Columns that results are split by: a small integer per click, and the names."""

import numba
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from replay.arrays import as_arrow, dictionary_codes
from replay.arrow_files import Spool, chunks
from replay.canonical import canonical_text, coded, readable
from replay.errors import LogError

MISSING = "(missing)"
MOST = 100_000  # distinct values: beyond it, a table of results by segment helps nobody

Codes = NDArray[np.int32]


@numba.njit(cache=True, nogil=True)
def _renumber(codes: Codes, number: Codes, used: int, out: Codes) -> int:
    for i in range(len(codes)):
        if number[codes[i]] < 0:
            number[codes[i]] = used
            used += 1
        out[i] = number[codes[i]]
    return used


class SegmentCoder:
    """Codes one column, numbering its values as they are first read.

    Parameters
    ----------
    name : str
        The column.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._code: dict[str, int] = {}

    def encode(self, column: pa.ChunkedArray) -> Codes:
        """Return the codes of some rows, shape (len(column),).

        Raises
        ------
        LogError
            If the column has more than 100,000 distinct values.
        """
        parts = [self._encode(chunk) for chunk in column.chunks if len(chunk)]
        return np.concatenate(parts) if parts else np.empty(0, dtype=np.int32)

    def _encode(self, values: pa.Array) -> Codes:
        codes = coded(values, self._name)
        missing = len(codes.dictionary)
        used, where = np.unique(dictionary_codes(codes, self._name), return_inverse=True)
        text = readable(canonical_text(codes.dictionary, self._name).take(as_arrow(used[used < missing])))
        names = [MISSING if name is None else name for name in text] + [MISSING] * int(missing in used[-1:])
        numbers = np.array([self._code.setdefault(name, len(self._code)) for name in names], dtype=np.int32)
        if len(self._code) > MOST:
            raise LogError(
                f"segment {self._name!r} has more than {MOST:,} distinct values; segments are for columns of few values"
            )
        return numbers[where]

    def renumber(self, codes: Codes, into: Spool) -> tuple[str, ...]:
        """Write codes by first appearance in `codes` instead, and return the values in that order."""
        number = np.full(len(self._code), -1, dtype=np.int32)
        used = 0
        for piece in chunks(len(codes)):
            out = np.empty(piece.stop - piece.start, dtype=np.int32)
            used = _renumber(codes[piece], number, used, out)
            into.append(out)
        names = np.array(list(self._code), dtype=object)
        return tuple(names[np.argsort(number)[len(number) - used :]])
