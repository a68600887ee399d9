"""Who learns: online models of P(conversion | click), by the name a scenario gives them."""

from learners.adapters import RiverLearner, SklearnLearner
from learners.base import Correction, Learner, Parts, Shown
from learners.errors import LearnerError
from learners.gbdt import GradientBoosting
from learners.logistic import Logistic

LEARNERS = {
    "gbdt": GradientBoosting,
    "logistic": Logistic,
    "river": RiverLearner,
    "sklearn": SklearnLearner,
}

__all__ = [
    "LEARNERS",
    "Correction",
    "GradientBoosting",
    "Learner",
    "LearnerError",
    "Logistic",
    "Parts",
    "RiverLearner",
    "Shown",
    "SklearnLearner",
]
