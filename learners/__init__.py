"""Who learns: online models of P(conversion | click), by the name a scenario gives them."""

from learners.adapters import RiverLearner, SklearnLearner
from learners.base import Correction, Learner, Parts, Shown
from learners.errors import LearnerError
from learners.logistic import Logistic

LEARNERS = {
    "logistic": Logistic,
    "river": RiverLearner,
    "sklearn": SklearnLearner,
}

__all__ = [
    "LEARNERS",
    "Correction",
    "Learner",
    "LearnerError",
    "Logistic",
    "Parts",
    "RiverLearner",
    "Shown",
    "SklearnLearner",
]
