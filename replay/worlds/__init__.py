"""Synthetic logs whose true probabilities are known."""

from replay.worlds.delays import DelayPart
from replay.worlds.gifts import Gifts
from replay.worlds.giving import GiftRefunds
from replay.worlds.livestream import LivestreamWorld
from replay.worlds.synthetic import SyntheticWorld
from replay.worlds.truth import Category, Numeric

__all__ = ["Category", "DelayPart", "GiftRefunds", "Gifts", "LivestreamWorld", "Numeric", "SyntheticWorld"]
