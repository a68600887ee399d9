"""What a bid controller is: how a multiplier follows from how far cost per value is off its target."""

from typing import Protocol

LEAST, MOST = 0.2, 5.0  # of a multiplier
FARTHEST = 1.5  # errors beyond this size are cut: a factor of 4.5


class Controller(Protocol):
    """Keeps the bid multiplier of one campaign."""

    def update(self, error: float, hours: float) -> float:
        """Return the multiplier from now on.

        Parameters
        ----------
        error : float
            ln(target * estimated value / cost) of the clicks looked back on: above 0 where value is cheaper than the
            target, so that bids should rise.  0 where nothing is known.
        hours : float
            Since the last update.
        """


def check_limits(least: float, most: float) -> None:
    """Raise ValueError, with a message for the user, unless 0 < least <= 1 <= most."""
    if not 0 < least <= 1:
        raise ValueError(f"least: expected a number above 0, at most 1, got {least}")
    if not most >= 1:
        raise ValueError(f"most: expected a number of at least 1, got {most}")
