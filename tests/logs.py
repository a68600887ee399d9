"""Small logs in memory, for tests of what comes after reading."""

from collections import Counter
from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from replay.feed import LabelFeed, deliver
from replay.log import NEVER, ClickLog, Intake, OutcomeKind, Outcomes
from replay.slots import SlotTable

BITS = 6
WINDOW = 1_000  # us: the attribution window of the tests
AMOUNTS = st.sampled_from([0, 1, 1_000_000, 3_500_000])  # millionths
DELAYS = [0, 10, 50, 100, 350, 999, 1_000, 1_001, 2_500]  # at, just inside and beyond it


def make_log(click_time, outcomes=(), slots=None, true_probability=None, observed_until=None):
    """Return a log of clicks and (row, time[, kind[, amount]]) outcomes."""
    click_time = np.asarray(click_time, dtype=np.int64)
    n = len(click_time)
    rows = sorted((o[0], o[1], o[2] if len(o) > 2 else 0, o[3] if len(o) > 3 else 0) for o in outcomes)
    row, time, kind, amount = (np.array([r[i] for r in rows], dtype=np.int64) for i in range(4))
    if slots is None:
        slots = np.stack([np.arange(n) % 5, 8 + np.arange(n) % 3], axis=1) if n else np.empty((0, 2))
    times = [int(t) for t in [*click_time[-1:], *time]]
    read = Counter(OutcomeKind(k).name.lower() for k in kind)
    money = {name: int(amount[kind == OutcomeKind[name.upper()]].sum()) for name in read}
    return ClickLog(
        click_time=click_time,
        click=np.arange(n, dtype=np.int64),
        slots=SlotTable.of(np.asarray(slots, dtype=np.uint32)),
        feature_names=tuple(f"f{j}" for j in range(np.shape(slots)[1])),
        outcomes=Outcomes(row, kind.astype(np.int8), time, amount),
        observed_until=observed_until if observed_until is not None else max(times, default=0),
        intake=Intake(clicks_read=n, outcomes_read=dict(read), money_read=money),
        fingerprint="test",
        true_probability=true_probability,
    )


@st.composite
def logs(draw, max_clicks=40, span=4_000):
    """Small logs with many ties, early, late and too late conversions, several to a click, gifts and refunds."""
    times = sorted(draw(st.lists(st.integers(0, span).map(lambda t: t - t % 50), min_size=1, max_size=max_clicks)))
    outcomes = []
    for row, time in enumerate(times):
        for kind, delay in draw(
            st.lists(st.tuples(st.sampled_from([0, 0, 0, 1, 2]), st.sampled_from(DELAYS)), max_size=2)
        ):
            outcomes.append((row, time + delay, kind, draw(AMOUNTS) * (-1 if kind == 2 else 1)))
    return make_log(times, outcomes)


@st.composite
def ended_logs(draw, max_clicks=40):
    """The same, with a time for some of the clicks after which nothing should come of them, and sometimes does."""
    log = draw(logs(max_clicks))
    after = draw(st.lists(st.sampled_from([0, 10, 100, 349, 999, 1_000, None]), min_size=40, max_size=40))
    until = [NEVER if gap is None else time + gap for time, gap in zip(log.click_time.tolist(), after, strict=False)]
    return replace(log, outcomes_until=np.array(until, np.int64))


feeds = st.sampled_from(
    [
        LabelFeed(),
        LabelFeed("constant", 130),
        LabelFeed("exponential", 200, seed=3),
        LabelFeed("lognormal", 200, seed=3),
    ]
)


def delivered(log, feed=None, *, net=False):
    """Return what a feed makes of a log under the tests' attribution window."""
    return deliver(log, WINDOW, feed or LabelFeed(), net=net)
