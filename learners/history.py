"""Examples that a batch learner keeps for its next training."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from learners.base import Bools, Features, Floats, Floats32, Ints


class Examples(NamedTuple):
    """Examples in columns of length n_examples."""

    x: Features  # a pyarrow Table
    positive: Floats
    negative: Floats
    due: Ints  # us UTC

    def part(self, start: int, stop: int) -> "Examples":
        """Return some of them, in order."""
        cut = slice(start, stop)
        return Examples(self.x.slice(start, stop - start), self.positive[cut], self.negative[cut], self.due[cut])

    def where(self, chosen: Bools) -> "Examples":
        """Return those chosen."""
        if chosen.all():
            return self
        x = self.x.filter(pa.array(chosen))
        return Examples(x, self.positive[chosen], self.negative[chosen], self.due[chosen])

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return them as arrays; the columns as the bytes of an Arrow stream."""
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, self.x.schema) as stream:
            stream.write_table(self.x)
        columns = np.frombuffer(sink.getvalue(), np.uint8)
        return {"columns": columns, "positive": self.positive, "negative": self.negative, "due": self.due}

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]]) -> "Examples":
        """Return what became these arrays."""
        x = pa.ipc.open_stream(pa.py_buffer(np.ascontiguousarray(arrays["columns"]))).read_all()
        return cls(x, *(np.array(arrays[name]) for name in ("positive", "negative", "due")))


def told(x: Features, positive: Floats32, negative: Floats32, due: Ints) -> Examples:
    """Return the examples that say something, apart from the caller's arrays."""
    examples = Examples(x, positive.astype(np.float64), negative.astype(np.float64), np.array(due))
    return examples.where((positive != 0) | (negative != 0))


def joined(some: Sequence[Examples]) -> Examples:
    """Return them all in one piece."""
    x = pa.concat_tables([each.x for each in some]).combine_chunks()
    return Examples(x, *(np.concatenate([each[column] for each in some]) for column in (1, 2, 3)))
