import decimal
import math
import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from replay.encoding import Crowding, Encoder, Encoding
from replay.errors import LogError
from replay.hashing import NO_ID, hash_ids, hash_text, hash_word, seed_of

FINE = Encoding(bits=30)  # so fine a table that different values have different slots in these tests
ROOT = Path(__file__).parents[1]
GOLDEN = [[938489, 135212], [608435, 68094], [587235, 659979], [871460, 263527]]


def categories(*arrays, name="f", encoding=FINE):
    """Return the slots of one categorical column in chunks."""
    encoder = Encoder(encoding, [name], [])
    return np.concatenate([encoder.encode(pa.table({name: array}))[:, 0].copy() for array in arrays]).tolist()


def numbers(*arrays, name="f", encoding=FINE):
    encoder = Encoder(encoding, [], [name])
    return np.concatenate([encoder.encode(pa.table({name: array}))[:, 0].copy() for array in arrays]).tolist()


@given(
    st.lists(st.binary(max_size=100), max_size=20),
    st.integers(0, 2**64 - 1),
    st.sampled_from([pa.binary(), pa.large_binary()]),
    st.integers(0, 3),
)
def test_hash_is_xxh64_of_every_value_of_a_slice(values, seed, kind, skipped):
    hashes = hash_text(pa.array(values, kind).slice(skipped), np.uint64(seed))
    assert hashes.tolist() == [xxhash.xxh64_intdigest(value, seed) for value in values[skipped:]]


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_hash_of_a_word_is_xxh64_of_its_bytes(word, seed):
    assert int(hash_word(np.uint64(word), np.uint64(seed))) == xxhash.xxh64_intdigest(struct.pack("<Q", word), seed)


def test_slots_are_the_top_bits_under_the_seed_of_the_field():
    seed = int(seed_of("campaign", 7))
    expected = [xxhash.xxh64_intdigest(text.encode(), seed) >> 44 for text in ("a", "ä")]
    assert categories(pa.array(["a", "ä"]), name="campaign", encoding=Encoding(bits=20, seed=7)) == expected


def test_slots_never_change():
    encoder = Encoder(Encoding(), ["c"], ["n"])
    table = pa.table({"c": ["a", "", None, "12"], "n": [0.0, 1.5, None, -1e300]})
    assert encoder.encode(table).tolist() == GOLDEN, "other slots need another store.FORMAT"


TWELVE = [
    pa.array(["12", None]),
    pa.array(["12", None], pa.large_string()),
    pa.array(["12", None]).cast(pa.string_view()),
    pa.array([b"12", None]),
    pa.array([b"12", None], pa.binary(2)),
    pa.array([12, None], pa.int8()),
    pa.array([12, None], pa.uint64()),
    pa.array([12.0, float("nan")]),
    pa.array([12.0, None], pa.float32()),
    pa.array([decimal.Decimal("12.00"), None]),
    pa.array([decimal.Decimal(12), None]),
    pa.array(["12", None]).dictionary_encode(),
    pa.array([12, None]).dictionary_encode(),
    pa.DictionaryArray.from_arrays(pa.array([1, 0], pa.int8()), pa.array([None, "12"])),
    pa.DictionaryArray.from_arrays(pa.array([0, 1], pa.uint16()), pa.array([12.0, float("nan")])),
    pa.table(pl.DataFrame({"f": pl.Series(["12", None], dtype=pl.Categorical)}))["f"].chunk(0),
    pa.table(pl.DataFrame({"f": ["12", None]}))["f"].chunk(0),
]


@pytest.mark.parametrize("array", TWELVE, ids=lambda array: str(array.type))
def test_a_category_has_one_slot_whatever_type_carries_it(array):
    assert categories(array) == categories(TWELVE[0])
    assert categories(array.slice(1)) == categories(TWELVE[0])[1:]


TIMES = [
    pa.array(["2024-01-02", "2024-01-02 03:04:05", "2024-01-02 03:04:05.25"]),
    pa.array([1_704_153_600_000, 1_704_164_645_000, 1_704_164_645_250], pa.timestamp("ms")),
    pa.array([1_704_153_600_000_000, 1_704_164_645_000_000, 1_704_164_645_250_000], pa.timestamp("us", "Asia/Tokyo")),
    pa.array([1_704_153_600_000, 1_704_164_645_000, 1_704_164_645_250], pa.timestamp("ms")).cast(pa.timestamp("ns")),
]


@pytest.mark.parametrize("array", TIMES, ids=lambda array: str(array.type))
def test_times_are_one_category_in_any_unit_and_zone(array):
    assert categories(array) == categories(TIMES[0])


def test_dates_booleans_and_fractions_read_as_people_write_them():
    date = pa.array([19724], pa.date32())
    assert categories(date, pa.array([True]), pa.array([0.5]), pa.array([-0.0])) == categories(
        pa.array(["2024-01-02", "true", "0.5", "0"])
    )


def test_missing_is_a_value_of_its_own():
    slots = categories(pa.array([None, "", "nan", "None", "null", "missing"]))
    assert len(set(slots)) == 6
    assert categories(pa.nulls(2)) == [slots[0]] * 2


def test_fields_and_seeds_do_not_share_their_slots():
    a = categories(pa.array(["x", None]), name="a")
    b = categories(pa.array(["x", None]), name="b")
    other = categories(pa.array(["x", None]), name="a", encoding=Encoding(bits=30, seed=1))
    assert len({*a, *b, *other}) == 6


@given(st.floats(), st.integers(0, 10), st.integers(0, 2**64 - 1))
def test_a_number_is_hashed_by_sign_exponent_and_first_bits(value, mantissa_bits, seed):
    encoding = Encoding(bits=30, seed=seed, mantissa_bits=mantissa_bits)
    (slot,) = numbers(pa.array([value], pa.float64(), from_pandas=False), encoding=encoding)
    bits = struct.unpack("<Q", struct.pack("<d", value + 0.0))[0]
    expected = xxhash.xxh64_intdigest(struct.pack("<Q", bits >> (52 - mantissa_bits)), int(seed_of("f", seed))) >> 34
    (missing,) = numbers(pa.nulls(1), encoding=encoding)
    assert slot == (missing if math.isnan(value) else expected)


def test_integers_up_to_16_infinities_and_missing_stand_apart():
    values = [*range(-16, 17), 18, 20, float("inf"), -float("inf"), 1.7e308, None]
    assert len(set(numbers(pa.array(values, pa.float64())))) == len(values)


def test_numbers_within_an_eighth_of_an_octave_share_a_bucket():
    slots = numbers(pa.array([16.0, 17.99, 18.0, 1024.0, 1151.0, 1152.0]))
    assert [slots[0] == slots[1], slots[1] == slots[2], slots[3] == slots[4], slots[4] == slots[5]] == [
        True,
        False,
        True,
        False,
    ]


FIVE = [
    pa.array([5.0, None, 0.0]),
    pa.array([5.0, float("nan"), -0.0]),
    pa.array([5, None, 0], pa.int8()),
    pa.array([5, None, 0], pa.uint64()),
    pa.array([5, None, 0], pa.float16()),
    pa.array(["5", None, "-0.0"]),
    pa.array(["5", None, "0"]).cast(pa.string_view()),
    pa.array([decimal.Decimal("5.00"), None, decimal.Decimal("0.00")]),
    pa.array([5, None, 0]).dictionary_encode(),
    pa.array([9, 5, None, 0, 9]).slice(1, 3),
]


@pytest.mark.parametrize("array", FIVE, ids=lambda array: str(array.type))
def test_a_number_has_one_slot_whatever_type_carries_it(array):
    assert numbers(array) == numbers(FIVE[0])


@given(
    st.lists(st.tuples(st.sampled_from(["a", "b", "", None]), st.floats() | st.none()), max_size=30),
    st.lists(st.integers(0, 30), max_size=3),
    st.booleans(),
)
def test_a_row_is_encoded_alone(rows, cuts, dictionary):
    names, values = pa.array([row[0] for row in rows], pa.string()), pa.array([row[1] for row in rows], pa.float64())
    table = pa.table({"n": values, "c": names})
    whole = Encoder(Encoding(), ["c"], ["n"]).encode(table)
    ends = sorted({min(cut, len(rows)) for cut in cuts} | {len(rows)})
    pieces = [table.slice(start, end - start) for start, end in zip([0, *ends], ends, strict=False)]
    if dictionary:
        pieces = [piece.set_column(1, "c", piece["c"].dictionary_encode()) for piece in pieces]
    encoder = Encoder(Encoding(), ["c"], ["n"])
    assert np.array_equal(np.concatenate([encoder.encode(piece).copy() for piece in pieces]), whole)
    if not dictionary:
        assert np.array_equal(Encoder(Encoding(), ["c"], ["n"]).encode(pa.concat_tables(pieces)), whole)


def test_another_dictionary_of_the_same_size_is_not_taken_for_the_last():
    first, second = pa.array(["a", "b"]).dictionary_encode(), pa.array(["b", "a"]).dictionary_encode()
    assert categories(first, second, first) == categories(pa.array(["a", "b", "b", "a", "a", "b"]))


def test_the_hash_seed_of_python_does_not_matter():
    code = (
        "import pyarrow as pa; from replay.encoding import Encoder, Encoding;"
        "print(Encoder(Encoding(), ['c'], ['n']).encode(pa.table({'c': ['a', None], 'n': [1.0, 2.0]})).tolist())"
    )
    outputs = {
        subprocess.run(  # noqa: S603  our own words
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1")
    }
    assert len(outputs) == 1


def test_ids_agree_across_types_and_missing_ones_are_none():
    ids = hash_ids(pa.array(["7", None, ""]))
    assert hash_ids(pa.array([7, None])).tolist() == ids[:2].tolist()
    assert ids[1] == NO_ID
    assert ids[2] != NO_ID


@pytest.mark.parametrize(
    ("array", "numeric", "message"),
    [
        (
            pa.array([[1]]),
            False,
            "column 'f' holds list<item: int64>; a category, an id or a segment must be one plain",
        ),
        (pa.array(["x"]), True, "column 'f' holds string, expected numbers: Failed to parse string: 'x'"),
        (pa.array([0], pa.timestamp("s")), True, r"column 'f' holds timestamp\[s\], expected numbers"),
        (
            pa.DictionaryArray.from_arrays(pa.array([0, 7], pa.int32()), pa.array(["a"]), safe=False),
            False,
            "column 'f' holds a code outside its dictionary: its file is damaged",
        ),
    ],
)
def test_what_cannot_be_encoded_is_named(array, numeric, message):
    with pytest.raises(LogError, match=message):
        (numbers if numeric else categories)(array)


@pytest.mark.parametrize("field", [{"bits": 0}, {"bits": 31}, {"seed": -1}, {"mantissa_bits": 53}])
def test_an_impossible_encoding_is_refused(field):
    with pytest.raises(ValueError, match="must lie in"):
        Encoding(**field)


@pytest.mark.parametrize("count", [10, 3_000, 60_000, 200_000])
def test_the_number_of_values_is_estimated_from_the_slots_taken(count):
    encoder = Encoder(Encoding(bits=16), ["c"], [])
    encoder.encode(pa.table({"c": pa.array(np.arange(count))}))
    crowding = encoder.crowding()
    assert crowding.values == pytest.approx(count, rel=0.02)
    assert (crowding.note() is None) == (count < 6_900)


def test_crowding_says_how_many_bits_are_enough():
    crowding = Crowding(bits=10, occupied=512)
    assert crowding.values == pytest.approx(1024 * np.log(2))
    assert crowding.sharing == pytest.approx(0.5, abs=1e-3)
    assert crowding.note() == (
        "about 710 feature values share 1,024 slots, 50% of them with another value; "
        "bits = 13 instead of 10 would keep 90% apart"
    )
    assert Crowding(13, 512).sharing < 0.1
    assert Crowding(bits=4, occupied=16).values > 16
