"""Which column of a table means what."""

from dataclasses import dataclass
from typing import NamedTuple

from replay.readers.sources import Form


@dataclass(frozen=True, kw_only=True)
class TableColumns:
    """Which columns mean what, as the user names them; None leaves it to what is there."""

    click_time: str = "click_time"
    conversion_time: str | None = None
    amount: str | None = None
    click_id: str | None = None
    true_probability: str | None = None
    true_value: str | None = None
    outcomes_until: str | None = None
    categorical: tuple[str, ...] | None = None
    numeric: tuple[str, ...] | None = None
    segments: tuple[str, ...] = ()


class Layout(NamedTuple):
    """Which columns mean what, all of them there and of a usable type; None where there is no such column."""

    click_time: str
    conversion_time: str | None
    amount: str | None
    click_id: str | None
    true_probability: str | None
    true_value: str | None
    outcomes_until: str | None
    categorical: tuple[str, ...]
    numeric: tuple[str, ...]
    segments: tuple[str, ...]

    @property
    def late(self) -> set[str | None]:
        """Columns of what is not known at the click."""
        return {self.conversion_time, self.amount, self.true_probability, self.true_value, self.outcomes_until}

    @property
    def features(self) -> list[str]:
        """Feature and segment columns, each once."""
        return list(dict.fromkeys((*self.categorical, *self.numeric, *self.segments)))

    @property
    def forms(self) -> dict[str, Form]:
        """All columns to read, and how."""
        numbers = (*self.numeric, self.true_probability, self.true_value)
        plain = (self.click_time, self.conversion_time, self.amount, self.click_id, self.outcomes_until)
        forms: dict[str, Form] = dict.fromkeys((*self.categorical, *self.segments), "category")
        forms |= {name: "number" for name in numbers if name is not None}
        return forms | {name: "plain" for name in plain if name is not None}


class OutcomeLayout(NamedTuple):
    """Which columns of a second table mean what; None where there is no such column."""

    click_id: str
    time: str
    amount: str | None
    kind: str | None

    @property
    def forms(self) -> dict[str, Form]:
        """All columns to read, and how."""
        return {name: "plain" for name in self if name is not None}
