"""Synthetic logs whose true probabilities are known."""

from replay.worlds.changes import Change, Drift, NewLevels, OtherEffects, OtherFrequencies, Where
from replay.worlds.courses import Growth, Ramp, Step, Walk, Wave
from replay.worlds.delays import DelayPart
from replay.worlds.gifts import Gifts
from replay.worlds.giving import GiftRefunds
from replay.worlds.livestream import LivestreamWorld
from replay.worlds.refunds import Refunds
from replay.worlds.synthetic import SyntheticWorld
from replay.worlds.truth import Category, Numeric

__all__ = [
    "Category",
    "Change",
    "DelayPart",
    "Drift",
    "GiftRefunds",
    "Gifts",
    "Growth",
    "LivestreamWorld",
    "NewLevels",
    "Numeric",
    "OtherEffects",
    "OtherFrequencies",
    "Ramp",
    "Refunds",
    "Step",
    "SyntheticWorld",
    "Walk",
    "Wave",
    "Where",
]
