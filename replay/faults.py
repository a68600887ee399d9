"""What can go wrong between an outcome and the trainer; times are in us UTC, from `start` to just before `end`."""

from dataclasses import dataclass

from replay.log import NEVER


@dataclass(frozen=True)
class Among:
    """The clicks whose outcomes are hit: those with one value in a column that the log keeps as a segment."""

    column: str
    value: str


@dataclass(frozen=True)
class Outage:
    """What is due in it is held back to its end.

    Then the backlog comes at once, or drains at a rate, first come, first served, whatever comes meanwhile behind it;
    it is over when nothing waits.

    Parameters
    ----------
    start, end : int
    per_hour : float, optional
        Outcomes an hour; None for all at once.
    among : Among, optional
        The clicks that are hit; None for all.
    """

    start: int
    end: int
    per_hour: float | None = None
    among: Among | None = None


@dataclass(frozen=True)
class Loss:
    """A share of what happens in it never arrives."""

    share: float
    start: int = 0
    end: int = NEVER


@dataclass(frozen=True)
class Duplicates:
    """A share of what happens in it is delivered again, an exponential time of mean `later` after it arrived."""

    share: float
    later: int
    start: int = 0
    end: int = NEVER


@dataclass(frozen=True)
class Reordering:
    """What happens in it takes longer by an exponential time of mean `mean`."""

    mean: int
    start: int = 0
    end: int = NEVER


@dataclass(frozen=True)
class ClockSkew:
    """What happens in it carries a time that is off by `shift`, but not before its click."""

    shift: int
    start: int = 0
    end: int = NEVER


Fault = Outage | Loss | Duplicates | Reordering | ClockSkew
