"""Numbers of keys, and the arrays that grow with them, against a dictionary and a list."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from replay.aggregates.growing import Recent, grown
from replay.aggregates.numbers import FIRST, MISSING, UNKNOWN, KeyTable

# few places to lie: at both ends of the table, where the last run into the first
KEYS = st.integers(0, 5) | st.integers(2**64 - 5, 2**64 - 1) | st.integers(0, 2**64 - 1)
BATCHES = st.lists(st.tuples(st.booleans(), st.lists(KEYS, max_size=40)), max_size=12)


@given(BATCHES)
def test_a_key_gets_one_number_in_the_order_in_which_it_was_entered(batches):
    table, known = KeyTable(), {0: MISSING}
    for entering, keys in batches:
        if entering:
            for key in keys:
                known.setdefault(key, FIRST + len(known) - 1)
        found = (table.enter if entering else table.look_up)(np.array(keys, dtype=np.uint64))
        assert found.tolist() == [known.get(key, UNKNOWN) for key in keys]
    assert table.used == FIRST + len(known) - 1


def test_numbers_stay_when_the_table_is_made_anew():
    table, random = KeyTable(), np.random.default_rng(0)
    keys = np.unique(random.integers(1, 2**63, 3_000).astype(np.uint64) >> np.uint64(20))  # all in one part of it
    expected = np.arange(FIRST, FIRST + len(keys))
    parts = [table.enter(part) for part in np.array_split(keys, 20)]
    np.testing.assert_array_equal(np.concatenate(parts), expected)
    np.testing.assert_array_equal(table.look_up(keys), expected)
    assert not table.look_up(keys + np.uint64(2**63)).any()


@given(st.lists(st.tuples(st.integers(0, 30), st.floats(0, 1)), max_size=20))
def test_recent_numbers_reach_back_to_the_oldest_that_is_needed(steps):
    recent, every, oldest = Recent(), np.empty(0, np.int32), 0
    for n, share in steps:
        every = np.append(every, np.arange(len(every), len(every) + n, dtype=np.int32))
        found = recent.add(every[len(every) - n :], oldest)
        assert recent.first <= oldest
        np.testing.assert_array_equal(found, every[recent.first :])
        oldest += int(share * (len(every) - oldest))


def test_what_is_recent_takes_no_more_room_than_it_needs():
    recent = Recent()
    for at in range(0, 100_000, 100):
        found = recent.add(np.arange(at, at + 100, dtype=np.int32), max(0, at - 50))
        assert len(found) <= 2 * 150


@given(st.integers(0, 9), st.integers(0, 30))
def test_an_array_grows_by_rows_of_zeros(before, after):
    rows = np.ones((before, 3), dtype=np.int64)
    wider = grown(rows, after)
    assert len(wider) >= max(before, after)
    assert (wider is rows) == (after <= before)
    assert wider[:before].all()
    assert not wider[before:].any()
