"""Features to slots of a table of 2^bits weights, one value at a time: no vocabulary and no bucket edges to learn."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numba
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from replay.arrays import dictionary_codes, valid_mask
from replay.canonical import as_floats, canonical_text, coded
from replay.hashing import hash_text, hash_word, seed_of
from replay.log import Bools, Floats
from replay.slots import Slots

CROWDED = 0.1  # share of values that may share a slot before the log says so
_MANTISSA = 52  # bits of a float64's mantissa


@dataclass(frozen=True)
class Encoding:
    """How features become slots.

    A category's slot is the top bits of XXH64 of its canonical text under a seed of its field's own.  A number's is
    that of its bucket: sign, exponent and the first bits of the mantissa of its float64, so that three bits make 8
    buckets per octave and keep integers up to 16 apart.  A missing value (null or NaN) is a value like any other.

    Parameters
    ----------
    bits : int
        The table has 2^bits slots; 1 to 30.
    seed : int
        Another seed, other collisions; 0 to 2^64 - 1.
    mantissa_bits : int
        How finely numbers are cut; 0 to 52.
    """

    bits: int = 20
    seed: int = 0
    mantissa_bits: int = 3

    def __post_init__(self) -> None:
        for name, last in (("bits", 30), ("seed", 2**64 - 1), ("mantissa_bits", _MANTISSA)):
            value, first = getattr(self, name), int(name == "bits")
            if not first <= value <= last:
                raise ValueError(f"{name} must lie in [{first}, {last}], got {value}")


@numba.njit(cache=True, nogil=True)
def _look_up(codes: NDArray[np.int32], table: Slots, out: Slots) -> None:
    for i in range(len(codes)):
        out[i] = table[codes[i]]


@numba.njit(cache=True, nogil=True)
def _bucket(
    values: Floats, valid: Bools, drop: np.uint64, shift: np.uint64, seed: np.uint64, missing: np.uint32, out: Slots
) -> None:
    bits = values.view(np.uint64)
    for i in range(len(values)):
        word = bits[i] if values[i] != 0.0 else np.uint64(0)  # -0.0 is 0.0
        slot = np.uint32(hash_word(word >> drop, seed) >> shift)
        out[i] = slot if valid[i] and not np.isnan(values[i]) else missing


@numba.njit(cache=True, nogil=True)
def _interleave(columns: Slots, out: Slots) -> None:
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = columns[j, i]


@numba.njit(cache=True, nogil=True)
def _occupy(slots: Slots, occupied: NDArray[np.uint64]) -> None:
    for i in range(slots.shape[0]):
        for j in range(slots.shape[1]):
            slot = slots[i, j]
            occupied[slot >> 6] |= np.uint64(1) << np.uint64(slot & 63)


class _Field:
    """One feature's hash: its seed, and the slot of its missing value."""

    def __init__(self, name: str, encoding: Encoding) -> None:
        self.name = name
        self.seed = seed_of(name, encoding.seed)
        self.shift = np.uint64(64 - encoding.bits)
        self.missing = np.uint32(seed_of(name + "\0missing", encoding.seed) >> self.shift)


class _Category(_Field):
    """A feature whose every value has a slot of its own."""

    def __init__(self, name: str, encoding: Encoding) -> None:
        super().__init__(name, encoding)
        self._dictionary: pa.Array | None = None
        self._table: Slots = np.empty(0, dtype=np.uint32)

    def encode(self, values: pa.Array, out: Slots) -> None:
        kind = values.type
        if not (pa.types.is_dictionary(kind) or pa.types.is_primitive(kind) or pa.types.is_decimal(kind)):
            out[:] = self._slots(values)  # text is hashed faster than it is looked up
            return
        codes = coded(values, self.name)
        _look_up(dictionary_codes(codes, self.name), self._table_of(codes.dictionary), out)

    def _table_of(self, dictionary: pa.Array) -> Slots:
        # batches of one file often share their dictionary; comparing costs a fifth of hashing
        if self._dictionary is None or not dictionary.equals(self._dictionary):
            self._dictionary = dictionary
            self._table = np.append(self._slots(dictionary), self.missing)
        return self._table

    def _slots(self, values: pa.Array) -> Slots:
        text = canonical_text(values, self.name)
        slots = (hash_text(text, self.seed) >> self.shift).astype(np.uint32)
        if text.null_count:
            slots[~valid_mask(text)] = self.missing
        return slots


class _Number(_Field):
    """A feature whose values are cut into buckets, finer near zero."""

    def __init__(self, name: str, encoding: Encoding) -> None:
        super().__init__(name, encoding)
        self._drop = np.uint64(_MANTISSA - encoding.mantissa_bits)

    def encode(self, values: pa.Array, out: Slots) -> None:
        floats, valid = as_floats(values, self.name)
        _bucket(floats, valid, self._drop, self.shift, self.seed, self.missing, out)


class Encoder:
    """Encodes batches of one log, and watches how crowded the table gets.

    Parameters
    ----------
    encoding : Encoding
    categorical, numeric : sequence of str
        Feature columns; slots are in this order, categorical before numeric.
    """

    def __init__(self, encoding: Encoding, categorical: Sequence[str], numeric: Sequence[str]) -> None:
        self._encoding = encoding
        self._fields = [_Category(name, encoding) for name in categorical] + [
            _Number(name, encoding) for name in numeric
        ]
        self._columns = np.empty((len(self._fields), 0), dtype=np.uint32)
        self._occupied = np.zeros(max(1, 2**encoding.bits >> 6), dtype=np.uint64)

    def encode(self, features: pa.Table) -> Slots:
        """Return the slots of some rows, shape (n, n_features); a row's depend on nothing but the row.

        Raises
        ------
        LogError
            If a column holds what can be neither a category nor a number.
        """
        n = features.num_rows
        if self._columns.shape[1] < n:
            self._columns = np.empty((len(self._fields), n), dtype=np.uint32)
        for field, column in zip(self._fields, self._columns, strict=True):
            at = 0
            for chunk in features.column(field.name).chunks:
                if not len(chunk):
                    continue
                field.encode(chunk, column[at : at + len(chunk)])
                at += len(chunk)
        slots = np.empty((n, len(self._fields)), dtype=np.uint32)
        _interleave(self._columns, slots)
        _occupy(slots, self._occupied)
        return slots

    def crowding(self) -> "Crowding":
        """Return how crowded the table is after all that was encoded."""
        return Crowding(self._encoding.bits, int(np.bitwise_count(self._occupied).sum()))


@dataclass(frozen=True)
class Crowding:
    """How many values there are to a slot, from how many slots are taken."""

    bits: int
    occupied: int  # slots taken by at least one value

    @property
    def values(self) -> float:
        """Estimated number of distinct (field, value) pairs.

        Linear counting [1]_; at least so many once every slot is taken.

        References
        ----------
        .. [1] Whang, Vander-Zanden, Taylor, "A linear-time probabilistic counting algorithm", 1990.
        """
        slots = float(2**self.bits)
        free = max(slots - self.occupied, 0.5)
        return slots * math.log(slots / free)

    @property
    def sharing(self) -> float:
        """Expected share of values whose slot is some other value's too."""
        return -math.expm1(-max(self.values - 1.0, 0.0) / float(2**self.bits))

    def summary(self) -> dict[str, float]:
        """Return the figures, for the log's description."""
        return {
            "slots": 2**self.bits,
            "occupied": self.occupied,
            "distinct_values": round(self.values),
            "sharing": round(self.sharing, 4),
        }

    def note(self) -> str | None:
        """Return what the user should know, if the table is crowded."""
        if self.sharing <= CROWDED:
            return None
        enough = math.ceil(math.log2(self.values / -math.log1p(-CROWDED)))
        return (
            f"about {self.values:,.0f} feature values share {2**self.bits:,} slots, {self.sharing:.0%} of them with "
            f"another value; bits = {enough} instead of {self.bits} would keep 90% apart"
        )
