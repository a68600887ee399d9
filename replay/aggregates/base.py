"""What an aggregate is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from replay.log import OutcomeKind

OF: Mapping[str, tuple[OutcomeKind, ...]] = MappingProxyType(
    {
        "clicks": (),
        "conversions": (OutcomeKind.CONVERSION,),
        "gifts": (OutcomeKind.GIFT,),
        "refunds": (OutcomeKind.REFUND,),
        "outcomes": tuple(OutcomeKind),
    }
)
WHAT = ("count", "sum", "mean", "time_since_last")


@dataclass(frozen=True)
class Aggregate:
    """A number known of a click's key at the moment of the click; see `as_of`.

    Parameters
    ----------
    name : str
        Of the feature.
    of : {"clicks", "conversions", "gifts", "refunds", "outcomes"}
        What is aggregated: earlier clicks of the key, or what came of them; "outcomes" are all three kinds, with what
        refunds take back counted off.
    what : {"count", "sum", "mean", "time_since_last"}
        How many, their amounts in the log's currency, amount per outcome, or seconds since the latest happened.  Clicks
        have no amounts.
    by : tuple of str
        Columns of the key; () for one key for all clicks.
    window : int, optional
        Count only what happened at most so long ago, us.
    """

    name: str
    of: str
    what: str
    by: tuple[str, ...] = ()
    window: int | None = None

    def __post_init__(self) -> None:
        if self.of not in OF or self.what not in WHAT:
            raise ValueError(f"aggregate {self.name!r}: no {self.what!r} of {self.of!r}")
        if self.of == "clicks" and self.what in ("sum", "mean"):
            raise ValueError(f"aggregate {self.name!r}: clicks have no amounts, so there is no {self.what} of them")
        if self.window is not None and (self.window <= 0 or self.what == "time_since_last"):
            raise ValueError(f"aggregate {self.name!r}: a window must be above 0, and time_since_last has none")

    @property
    def kinds(self) -> int:
        """The kinds of outcome that count, as bits."""
        return sum(1 << kind for kind in OF[self.of])


def key_columns(aggregates: Sequence[Aggregate]) -> tuple[str, ...]:
    """Return the columns that keys are made of, each once, in the order of their names."""
    return tuple(sorted({column for aggregate in aggregates for column in aggregate.by}))


def needs_feed(aggregates: Sequence[Aggregate]) -> bool:
    """Return whether any of them is about outcomes, and so hangs on when those arrive."""
    return any(aggregate.kinds for aggregate in aggregates)
