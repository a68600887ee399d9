"""Which line of a text file a row begins on: quoted fields may hold line breaks, and empty lines are no rows."""

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from replay.log import Ints

_BLOCK = 1 << 20  # bytes
_BOM = b"\xef\xbb\xbf"
_AT_ROW, _AT_FIELD, _PLAIN, _QUOTED, _UNQUOTING = range(5)  # where in a row the next byte stands


class Lines:
    """Finds the lines of some rows, reading the file once from its start as far as it is asked.

    Parameters
    ----------
    open_stream : callable
        Returns a stream of the file's bytes.
    delimiter : str
    quotes : bool
        Whether fields may be quoted.
    """

    def __init__(self, open_stream: Callable[[], Any], delimiter: str, *, quotes: bool) -> None:
        self._stream = open_stream()
        self._delimiter, self._quote = ord(delimiter), ord('"') if quotes else -1
        self._state = np.array([_AT_ROW, 0, 1, 0], np.int64)  # where, rows begun, line, whether the last byte was \r
        self._left = np.empty(0, np.uint8)

    def find(self, rows: Ints) -> Ints:
        """Return the lines, from 1, on which rows begin; rows are numbered from 1, ascend, and lie ahead."""
        lines = np.zeros(len(rows), np.int64)
        found = 0
        while found < len(rows):
            if not len(self._left):
                self._left = self._next()
                if not len(self._left):
                    break
            used, found = _scan(self._left, self._delimiter, self._quote, self._state, rows, lines, found)
            self._left = self._left[used:]
        return lines

    def _next(self) -> NDArray[np.uint8]:
        block = self._stream.read(_BLOCK)
        if self._state[1] == 0 and block.startswith(_BOM):
            block = block[len(_BOM) :]
        return np.frombuffer(block, np.uint8)


@numba.njit(cache=True, nogil=True)
def _scan(
    block: NDArray[np.uint8], delimiter: int, quote: int, state: Ints, rows: Ints, lines: Ints, found: int
) -> tuple[int, int]:
    """Read a block up to where the last row begins; return how far that was, and how many rows were found."""
    where, row, line, after_return = state
    used = len(block)
    for i in range(len(block)):
        byte = block[i]
        if byte == 10 and after_return:  # the second half of \r\n
            after_return = 0
            continue
        after_return = int(byte == 13)
        ends = byte in (10, 13)
        if where == _AT_ROW and not ends:
            row += 1
            where = _AT_FIELD
            if row == rows[found]:
                lines[found] = line
                found += 1
        if ends:
            line += 1
            where = _QUOTED if where == _QUOTED else _AT_ROW
        elif where == _QUOTED:
            where = _UNQUOTING if byte == quote else _QUOTED
        elif byte == delimiter:
            where = _AT_FIELD
        elif byte == quote and where in (_AT_FIELD, _UNQUOTING):  # opens a field, or is the second of two
            where = _QUOTED
        else:
            where = _PLAIN
        if found == len(rows):
            used = i + 1
            break
    state[0], state[1], state[2], state[3] = where, row, line, after_return
    return used, found
