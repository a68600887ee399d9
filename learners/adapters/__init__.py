"""Models of other libraries as learners."""

from learners.adapters.river import RiverLearner
from learners.adapters.sklearn import SklearnLearner

__all__ = ["RiverLearner", "SklearnLearner"]
