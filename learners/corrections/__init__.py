"""Corrections: how much an example counts, one paper each."""

from learners.corrections.fake_negative_calibration import FakeNegativeCalibration
from learners.corrections.fake_negative_weight import FakeNegativeWeight
from learners.corrections.plain import Plain

CORRECTIONS = {
    "plain": Plain,
    "fake_negative_weight": FakeNegativeWeight,
    "fake_negative_calibration": FakeNegativeCalibration,
}

__all__ = ["CORRECTIONS", "FakeNegativeCalibration", "FakeNegativeWeight", "Plain"]
