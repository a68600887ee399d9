"""What the label feed decides: which outcomes count, and when they are known."""

import numpy as np
from hypothesis import given
from logs import WINDOW, delivered, feeds, logs, make_log

from replay.feed import LabelFeed, deliver
from replay.log import NEVER, OutcomeKind


def brute_force(log):
    label, arrival = [], []
    for row, click_time in enumerate(log.click_time):
        times = [
            t
            for r, k, t, _ in zip(*log.outcomes, strict=True)
            if r == row and k != OutcomeKind.REFUND and t - click_time <= WINDOW
        ]
        label.append(bool(times))
        arrival.append(min(times, default=NEVER))
    return label, arrival


@given(logs())
def test_labels_equal_a_loop_over_outcomes(log):
    deliveries = delivered(log)
    label, arrival = brute_force(log)
    assert deliveries.label.tolist() == label
    assert deliveries.arrival.tolist() == arrival


@given(logs(), feeds)
def test_latency_delays_what_is_known_and_never_the_label(log, feed):
    late, prompt = delivered(log, feed), delivered(log)
    np.testing.assert_array_equal(late.label, prompt.label)
    assert np.all(late.arrival >= prompt.arrival)
    np.testing.assert_array_equal(late.arrival == NEVER, ~late.label)


@given(logs(), feeds)
def test_every_outcome_is_outside_or_a_repeat_or_arrives(log, feed):
    deliveries = delivered(log, feed)
    arrives = deliveries.outcome_arrival != NEVER
    assert np.all(arrives.astype(int) + deliveries.outside + deliveries.repeat == 1)


def test_a_delay_of_exactly_the_window_counts_and_one_more_does_not():
    deliveries = delivered(make_log([0, 0], [(0, WINDOW), (1, WINDOW + 1)]))
    assert deliveries.label.tolist() == [True, False]
    assert deliveries.outside.tolist() == [False, True]


def test_the_first_conversion_counts_and_gifts_add_up():
    gift = OutcomeKind.GIFT
    deliveries = delivered(make_log([0], [(0, 5), (0, 7), (0, 8, gift, 100), (0, 9, gift, 100)]))
    assert deliveries.repeat.tolist() == [False, True, False, False]
    assert np.count_nonzero(deliveries.outcome_arrival != NEVER) == 3


def test_drawn_latencies_have_their_mean_and_depend_on_the_seed():
    log = make_log(np.zeros(20_000), [(row, 1) for row in range(20_000)])
    for kind in ("exponential", "lognormal"):
        latency = deliver(log, WINDOW, LabelFeed(kind, 5_000, seed=1)).arrival - 1
        other = deliver(log, WINDOW, LabelFeed(kind, 5_000, seed=2)).arrival - 1
        assert abs(latency.mean() / 5_000 - 1) < 4 * latency.std() / latency.mean() / np.sqrt(20_000)
        assert np.corrcoef(latency, other)[0, 1] < 0.05


def test_scratch_files_hold_the_same_columns(tmp_path):
    log = make_log(np.arange(50), [(row, row + 3) for row in range(0, 50, 2)])
    here, there = delivered(log), deliver(log, WINDOW, LabelFeed(), scratch=tmp_path)
    assert isinstance(there.arrival.base, np.memmap)
    np.testing.assert_array_equal(here.arrival, there.arrival)
    np.testing.assert_array_equal(here.label, there.label)
    np.testing.assert_array_equal(here.in_order, there.in_order)
    assert list(tmp_path.iterdir()) == []
