"""Label feeds on which anything goes wrong, for tests of what has to hold all the same."""

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from replay.faults import Among, ClockSkew, Duplicates, Loss, Outage, Reordering
from replay.feed import LabelFeed
from replay.log import NEVER, Segment

SPAN = 6_000  # us
HALVES = "half"  # a column of every other click


def halved(log):
    """Return a log with a segment of every other click."""
    codes = (np.arange(log.n_clicks) % 2).astype(np.int32)
    return replace(log, segments={HALVES: Segment(codes, ("even", "odd"))})


@st.composite
def spans(draw):
    """A beginning and an end, in tens of microseconds, so that times coincide."""
    start = draw(st.integers(0, SPAN // 10)) * 10
    return start, start + draw(st.integers(1, 150)) * 10


@st.composite
def outages(draw, among=True):
    """Outages of all clicks or of half, flushed at once or one by one."""
    gap = draw(st.sampled_from([None, None, 3, 40, 400]))
    hit = draw(st.sampled_from([None, None, Among(HALVES, "odd")])) if among else None
    start, end = draw(spans())
    return Outage(start, end, None if gap is None else 3.6e9 / gap, hit)


@st.composite
def faults(draw):
    """Several faults at once, at most one reordering."""
    start, end = draw(spans())
    shift = draw(st.sampled_from([-300, -20, 20, 300]))
    choices = [
        Loss(draw(st.sampled_from([0.1, 0.5, 1.0])), start, draw(st.sampled_from([end, NEVER]))),
        Duplicates(draw(st.sampled_from([0.3, 1.0])), draw(st.sampled_from([5, 500])), start, end),
        Reordering(draw(st.sampled_from([10, 200])), start, draw(st.sampled_from([end, NEVER]))),
        ClockSkew(shift, start, end),
    ]
    some = draw(st.lists(st.sampled_from(choices), max_size=3, unique_by=type))
    return (*some, *draw(st.lists(outages(), max_size=2)))


faulty_feeds = st.builds(
    LabelFeed,
    kind=st.sampled_from(["constant", "constant", "exponential"]),
    mean=st.sampled_from([0, 5, 130]),
    seed=st.integers(0, 5),
    faults=faults(),
)
