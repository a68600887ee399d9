"""XXH64 over Arrow buffers: the one hash behind slots and click ids, the same on every machine and in every process."""

import numba
import numpy as np
import pyarrow as pa
import xxhash
from numpy.typing import NDArray

from replay.arrays import valid_mask
from replay.canonical import canonical_text

Hashes = NDArray[np.uint64]
Bytes = NDArray[np.uint8]

NO_ID = 0  # hash of a missing click id; an id that hashes to 0 is given 1

_P1 = np.uint64(0x9E3779B185EBCA87)  # the five primes of XXH64, https://xxhash.com
_P2 = np.uint64(0xC2B2AE3D27D4EB4F)
_P3 = np.uint64(0x165667B19E3779F9)
_P4 = np.uint64(0x85EBCA77C2B2AE63)
_P5 = np.uint64(0x27D4EB2F165667C5)


@numba.njit(cache=True, nogil=True)
def _rotate(x: np.uint64, by: int) -> np.uint64:
    return (x << np.uint64(by)) | (x >> np.uint64(64 - by))


@numba.njit(cache=True, nogil=True)
def mix(lane: np.uint64, word: np.uint64) -> np.uint64:
    """Return a hash in the making after one more word; for use inside compiled loops."""
    return _rotate(lane + word * _P2, 31) * _P1


@numba.njit(cache=True, nogil=True)
def _finish(h: np.uint64) -> np.uint64:
    h = (h ^ (h >> np.uint64(33))) * _P2
    h = (h ^ (h >> np.uint64(29))) * _P3
    return h ^ (h >> np.uint64(32))


@numba.njit(cache=True, nogil=True)
def _word(data: Bytes, at: int, size: int) -> np.uint64:
    # assembled byte by byte, hence the same on any byte order; compilers make one load of it
    word = np.uint64(0)
    for i in range(size):
        word |= np.uint64(data[at + i]) << np.uint64(8 * i)
    return word


@numba.njit(cache=True, nogil=True)
def _xxh64(data: Bytes, at: int, end: int, seed: np.uint64) -> np.uint64:
    size = np.uint64(end - at)
    h = seed + _P5
    if end - at >= 32:
        a, b, c, d = seed + _P1 + _P2, seed + _P2, seed, seed - _P1
        while at + 32 <= end:
            a = mix(a, _word(data, at, 8))
            b = mix(b, _word(data, at + 8, 8))
            c = mix(c, _word(data, at + 16, 8))
            d = mix(d, _word(data, at + 24, 8))
            at += 32
        h = _rotate(a, 1) + _rotate(b, 7) + _rotate(c, 12) + _rotate(d, 18)
        for lane in (a, b, c, d):
            h = (h ^ mix(np.uint64(0), lane)) * _P1 + _P4
    h += size
    while at + 8 <= end:
        h = _rotate(h ^ mix(np.uint64(0), _word(data, at, 8)), 27) * _P1 + _P4
        at += 8
    if at + 4 <= end:
        h = _rotate(h ^ (_word(data, at, 4) * _P1), 23) * _P2 + _P3
        at += 4
    while at < end:
        h = _rotate(h ^ (np.uint64(data[at]) * _P5), 11) * _P1
        at += 1
    return _finish(h)


@numba.njit(cache=True, nogil=True)
def _hash_spans(offsets: NDArray[np.int64], data: Bytes, seed: np.uint64, out: Hashes) -> None:
    for i in range(len(out)):
        out[i] = _xxh64(data, offsets[i], offsets[i + 1], seed)


@numba.njit(cache=True, nogil=True)
def hash_word(word: np.uint64, seed: np.uint64) -> np.uint64:
    """Return XXH64 of the eight little-endian bytes of `word`; for use inside compiled loops."""
    h = seed + _P5 + np.uint64(8)
    return _finish(_rotate(h ^ mix(np.uint64(0), word), 27) * _P1 + _P4)


def seed_of(name: str, seed: int) -> np.uint64:
    """Return the seed under which values of a field are hashed, so that fields do not collide in step."""
    return np.uint64(xxhash.xxh64_intdigest(name.encode(), seed))


def hash_text(values: pa.Array, seed: np.uint64) -> Hashes:
    """Return XXH64 of the bytes of every value, shape (len(values),); what stands for nulls means nothing.

    Parameters
    ----------
    values : pyarrow.Array of (large) string or binary
        May be a slice.
    seed : uint64
    """
    out = np.empty(len(values), dtype=np.uint64)
    if len(values):
        _, offsets, data = values.buffers()
        width = np.int64 if pa.types.is_large_string(values.type) or pa.types.is_large_binary(values.type) else np.int32
        first = values.offset
        spans = np.frombuffer(offsets, dtype=width)[first : first + len(values) + 1].astype(np.int64)
        _hash_spans(spans, np.frombuffer(data if data is not None else b"", dtype=np.uint8), seed, out)
    return out


def hash_ids(values: pa.Array, column: str = "click_id") -> Hashes:
    """Return a 64-bit hash of every id's canonical text, `NO_ID` where it is missing.

    Ids are compared by hash alone: among n of them two different ones meet with probability n^2 / 2^65, which is one
    in 370,000 for ten million.
    """
    text = canonical_text(values, column)
    hashes = np.maximum(hash_text(text, np.uint64(0)), np.uint64(1))
    if text.null_count:
        hashes[~valid_mask(text)] = NO_ID
    return hashes
