"""Synthetic logs whose true probabilities are known."""

from replay.worlds.delays import DelayPart
from replay.worlds.gifts import Gifts
from replay.worlds.synthetic import SyntheticWorld
from replay.worlds.truth import Category, Numeric

__all__ = ["Category", "DelayPart", "Gifts", "Numeric", "SyntheticWorld"]
