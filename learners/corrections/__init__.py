"""Corrections: how much an example counts, one paper each."""

from learners.corrections.calibrated_wait import CalibratedWait
from learners.corrections.cascade import Cascade, NotRefunded
from learners.corrections.defer import Defer
from learners.corrections.defer_exact import DeferExact
from learners.corrections.defuse import Defuse
from learners.corrections.delta_gradient import DeltaGradient
from learners.corrections.dual import Dual
from learners.corrections.elapsed_time import ElapsedTime
from learners.corrections.elapsed_time_exact import ElapsedTimeExact
from learners.corrections.fake_negative_calibration import FakeNegativeCalibration
from learners.corrections.fake_negative_split import FakeNegativeSplit
from learners.corrections.fake_negative_weight import FakeNegativeWeight
from learners.corrections.feedback_shift import FeedbackShift
from learners.corrections.follow_prophet import FollowProphet, Preference
from learners.corrections.hazard import HAZARD, ByHazard, Hazard
from learners.corrections.label_correction import LabelCorrection
from learners.corrections.level import LEVEL, Level, Levelled
from learners.corrections.log_value import SPREAD, LogNormalValue, LogValue, SmearedValue, Smearing, SquaredResidual
from learners.corrections.net_delta_gradient import NetDeltaGradient
from learners.corrections.plain import Plain
from learners.corrections.positive_unlabelled import Echo, Rescale
from learners.corrections.prior_correction import PriorCorrection
from learners.corrections.real_negative_calibration import RealNegativeCalibration
from learners.corrections.real_negative_weight import RealNegativeWeight
from learners.corrections.revealed import Revealed
from learners.corrections.scaled_value import EARLY, CountShare, ScaledValue, ValueShare
from learners.corrections.soft_converted import SoftConverted, SoftConvertedDelay
from learners.corrections.synthesis import Synthesis
from learners.corrections.telescoped import Telescoped, TelescopedDelay
from learners.corrections.two_stage import OfHead, TwoStage
from learners.corrections.two_windows import OUT_WINDOW, TwoWindows
from learners.corrections.value import Value
from learners.corrections.waiting_negative_calibration import WaitingNegativeCalibration
from learners.corrections.waiting_negative_weight import WaitingNegativeWeight

CORRECTIONS = {
    "calibrated_wait": CalibratedWait,
    "cascade": Cascade,
    "delta_gradient": DeltaGradient,
    "net_delta_gradient": NetDeltaGradient,
    "prior_correction": PriorCorrection,
    "real_negative_calibration": RealNegativeCalibration,
    "real_negative_weight": RealNegativeWeight,
    "waiting_negative_calibration": WaitingNegativeCalibration,
    "waiting_negative_weight": WaitingNegativeWeight,
    "rescale": Rescale,
    "echo": Echo,
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
    "label_correction": LabelCorrection,
    "feedback_shift": FeedbackShift,
    "revealed": Revealed,
    "follow_prophet": FollowProphet,
    "preference": Preference,
    "synthesis": Synthesis,
    "telescoped": Telescoped,
    "hazard": Hazard,
    "telescoped_delay": TelescopedDelay,
    "soft_converted": SoftConverted,
    "soft_converted_delay": SoftConvertedDelay,
}

VALUE_CORRECTIONS = {  # those of models of money
    "value": Value,
    "log_value": LogValue,
    "log_normal_value": LogNormalValue,
    "smeared_value": SmearedValue,
    "squared_residual": SquaredResidual,
    "smearing": Smearing,
    "scaled_value": ScaledValue,
    "value_share": ValueShare,
    "count_share": CountShare,
}

__all__ = [
    "CORRECTIONS",
    "EARLY",
    "HAZARD",
    "LEVEL",
    "OUT_WINDOW",
    "SPREAD",
    "VALUE_CORRECTIONS",
    "ByHazard",
    "CalibratedWait",
    "Cascade",
    "CountShare",
    "Defer",
    "DeferExact",
    "Defuse",
    "DeltaGradient",
    "Dual",
    "Echo",
    "ElapsedTime",
    "ElapsedTimeExact",
    "FakeNegativeCalibration",
    "FakeNegativeSplit",
    "FakeNegativeWeight",
    "FeedbackShift",
    "FollowProphet",
    "Hazard",
    "LabelCorrection",
    "Level",
    "Levelled",
    "LogNormalValue",
    "LogValue",
    "NetDeltaGradient",
    "NotRefunded",
    "OfHead",
    "Plain",
    "Preference",
    "PriorCorrection",
    "RealNegativeCalibration",
    "RealNegativeWeight",
    "Rescale",
    "Revealed",
    "ScaledValue",
    "SmearedValue",
    "Smearing",
    "SoftConverted",
    "SoftConvertedDelay",
    "SquaredResidual",
    "Synthesis",
    "Telescoped",
    "TelescopedDelay",
    "TwoStage",
    "TwoWindows",
    "Value",
    "ValueShare",
    "WaitingNegativeCalibration",
    "WaitingNegativeWeight",
]
