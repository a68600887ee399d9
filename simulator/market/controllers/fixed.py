"""A fixed multiplier: no control at all."""

from dataclasses import dataclass

from simulator.market.controllers.base import Controller


@dataclass
class Fixed:
    """Bids the same multiple of what a click is worth, whatever comes: what control must be better than."""

    multiplier: float

    def update(self, error: float, hours: float) -> float:  # noqa: ARG002  (it listens to nothing)
        """Return the multiplier."""
        return self.multiplier


def fixed(*, multiplier: float = 1.0) -> Controller:
    """Bid one multiple of the predicted value for ever.

    Parameters
    ----------
    multiplier : float

    Raises
    ------
    ValueError
        If it is not above 0.
    """
    if not multiplier > 0:
        raise ValueError(f"multiplier: expected a number above 0, got {multiplier}")
    return Fixed(multiplier)
