"""Corrections: how much an example counts, one paper each."""

from learners.corrections.defer import Defer
from learners.corrections.defer_exact import DeferExact
from learners.corrections.defuse import Defuse
from learners.corrections.dual import Dual
from learners.corrections.elapsed_time import ElapsedTime
from learners.corrections.elapsed_time_exact import ElapsedTimeExact
from learners.corrections.fake_negative_calibration import FakeNegativeCalibration
from learners.corrections.fake_negative_split import FakeNegativeSplit
from learners.corrections.fake_negative_weight import FakeNegativeWeight
from learners.corrections.plain import Plain
from learners.corrections.two_windows import OUT_WINDOW, TwoWindows

CORRECTIONS = {
    "plain": Plain,
    "fake_negative_weight": FakeNegativeWeight,
    "fake_negative_calibration": FakeNegativeCalibration,
    "elapsed_time": ElapsedTime,
    "elapsed_time_exact": ElapsedTimeExact,
    "defer": Defer,
    "defer_exact": DeferExact,
    "defuse": Defuse,
    "dual": Dual,
    "fake_negative_split": FakeNegativeSplit,
    "two_windows": TwoWindows,
}

__all__ = [
    "CORRECTIONS",
    "OUT_WINDOW",
    "Defer",
    "DeferExact",
    "Defuse",
    "Dual",
    "ElapsedTime",
    "ElapsedTimeExact",
    "FakeNegativeCalibration",
    "FakeNegativeSplit",
    "FakeNegativeWeight",
    "Plain",
    "TwoWindows",
]
