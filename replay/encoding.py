"""Features to slots of a table of 2^bits weights, one value at a time: no vocabulary and no bucket edges to learn."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from replay.arrays import dictionary_codes, fixed_width, same_values, valid_mask
from replay.buckets import MANTISSA, Buckets
from replay.canonical import as_floats, canonical_text, coded
from replay.hashing import hash_text, seed_of
from replay.log import Bools
from replay.slots import Slots

CROWDED = 0.1  # share of values that may share a slot before the log says so
_SMALL = 1024  # whole numbers below it have their slots ready


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
        for name, last in (("bits", 30), ("seed", 2**64 - 1), ("mantissa_bits", MANTISSA)):
            value, first = getattr(self, name), int(name == "bits")
            if not first <= value <= last:
                raise ValueError(f"{name} must lie in [{first}, {last}], got {value}")


Bits = NDArray[np.uint64]


@numba.njit(cache=True, nogil=True)
def _look_up(codes: NDArray[np.int32], table: Slots, used: Bools, out: Slots) -> None:
    for i in range(len(codes)):
        out[i] = table[codes[i]]
        used[codes[i]] = True


@numba.njit(cache=True, nogil=True)
def _small_codes(values: NDArray[np.integer[Any]], valid: Bools, beyond: int, codes: NDArray[np.int32]) -> bool:
    """Write values as codes, `beyond` where they are missing; return whether all of them lie in [0, beyond)."""
    outside = False
    for i in range(len(values)):
        value = np.int64(values[i])
        outside |= valid[i] & ((value < 0) | (value >= beyond))
        codes[i] = value if valid[i] else beyond
    return not outside


@numba.njit(cache=True, nogil=True)
def _occupy(slots: Slots, occupied: Bits) -> None:
    for i in range(len(slots)):
        occupied[slots[i] >> 6] |= np.uint64(1) << np.uint64(slots[i] & 63)


class _Field:
    """One feature's hash: its seed, the slot of its missing value, and a table of slots that are worked out already."""

    def __init__(self, name: str, encoding: Encoding, occupied: Bits) -> None:
        self.name = name
        self.seed = seed_of(name, encoding.seed)
        self.shift = np.uint64(64 - encoding.bits)
        self.missing = np.uint32(seed_of(name + "\0missing", encoding.seed) >> self.shift)
        self._occupied = occupied
        self._set_table(np.empty(0, np.uint32))

    def settle(self) -> None:
        """Mark the slots as occupied that were looked up since this was last asked."""
        _occupy(self._table[self._used], self._occupied)

    def _set_table(self, table: Slots) -> None:
        self._table, self._used = table, np.zeros(len(table), np.bool_)

    def _look_up(self, codes: NDArray[np.int32], out: Slots) -> None:
        _look_up(codes, self._table, self._used, out)


class _Category(_Field):
    """A feature whose every value has a slot of its own."""

    _dictionary: pa.Array | None = None

    def encode(self, values: pa.Array, out: Slots) -> None:
        kind = values.type
        if not (pa.types.is_dictionary(kind) or pa.types.is_primitive(kind) or pa.types.is_decimal(kind)):
            out[:] = self._slots(values)  # text is hashed faster than it is looked up
            _occupy(out, self._occupied)
            return
        codes = coded(values, self.name)
        self._turn_to(codes.dictionary)
        self._look_up(dictionary_codes(codes, self.name), out)

    def _turn_to(self, dictionary: pa.Array) -> None:
        # batches of one file often share their dictionary; comparing costs a fifth of hashing
        if self._dictionary is None or not same_values(dictionary, self._dictionary):
            self.settle()
            self._dictionary = dictionary
            self._set_table(np.append(self._slots(dictionary), self.missing))

    def _slots(self, values: pa.Array) -> Slots:
        text = canonical_text(values, self.name)
        slots = (hash_text(text, self.seed) >> self.shift).astype(np.uint32)
        if text.null_count:
            slots[~valid_mask(text)] = self.missing
        return slots


class _Number(_Field):
    """A feature whose values are cut into buckets, finer near zero."""

    def __init__(self, name: str, encoding: Encoding, occupied: Bits) -> None:
        super().__init__(name, encoding, occupied)
        self._buckets = Buckets(name, encoding.bits, encoding.seed, encoding.mantissa_bits)
        small = np.empty(_SMALL, np.uint32)
        self._buckets.write(np.arange(_SMALL, dtype=np.float64), np.ones(_SMALL, np.bool_), small)
        self._set_table(np.append(small, self.missing))

    def encode(self, values: pa.Array, out: Slots) -> None:
        if pa.types.is_integer(values.type):  # small ones, as counts are, have their slots ready
            codes = np.empty(len(values), np.int32)
            if _small_codes(fixed_width(values), valid_mask(values), _SMALL, codes):
                self._look_up(codes, out)
                return
        self._buckets.write(*as_floats(values, self.name), out)
        _occupy(out, self._occupied)


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
        self._occupied = np.zeros(max(1, 2**encoding.bits >> 6), dtype=np.uint64)
        kinds = [(_Category, name) for name in categorical] + [(_Number, name) for name in numeric]
        self._fields = [kind(name, encoding, self._occupied) for kind, name in kinds]
        self._columns = np.empty((len(self._fields), 0), dtype=np.uint32)

    def encode(self, features: pa.Table) -> Slots:
        """Return the slots of some rows, shape (n, n_features); a row's depend on nothing but the row.

        The next call overwrites them.

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
        return self._columns[:, :n].T

    def crowding(self) -> "Crowding":
        """Return how crowded the table is after all that was encoded."""
        for field in self._fields:
            field.settle()
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
