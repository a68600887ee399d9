"""Training of boosted trees by the libraries that have them: scikit-learn, and LightGBM where it is installed."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np

from learners.base import Floats
from learners.errors import LearnerError

_LEAST = 1e-6  # what counts for no money under Gamma's loss, whose gradient is finite there, though its value is not


class Settings(NamedTuple):
    """What all trainings of a learner have in common."""

    trees: int
    leaves: int
    learning_rate: float
    l2: float
    balance: bool
    seed: int


class Boosted(Protocol):
    """A trained model."""

    def predict(self, x: Floats) -> Floats:
        """Return probabilities, or money, shape (n,)."""


Make = Callable[[Settings, list[int]], tuple[Any, dict[str, Any]]]  # a model, and what else its `fit` is told
Train = Callable[[Floats, list[int], Floats, Floats, Settings], Boosted]


class _Constant(NamedTuple):
    """What is left where all examples are alike."""

    value: float

    def predict(self, x: Floats) -> Floats:
        return np.full(len(x), self.value)


class _Classifier(NamedTuple):
    """A model of labels, with positives weighed `balance` times, which multiplied the odds by so much."""

    model: Any
    balance: float

    def predict(self, x: Floats) -> Floats:
        p: Floats = self.model.predict_proba(x)[:, 1]
        return p / (p + (1 - p) * self.balance)


def labels(make: Make) -> Train:
    """Return the training of a classifier: examples with two parts are two rows."""

    def train(x: Floats, categorical: list[int], positive: Floats, negative: Floats, settings: Settings) -> Boosted:
        rows, side = np.nonzero(np.stack([positive, negative], axis=1))
        total = np.array([positive.sum(), negative.sum()])
        if not total.all():
            return _Constant(total[0] / max(total.sum(), 1.0))
        label = side == 0
        weight = np.where(label, positive[rows], negative[rows])
        balance = float(total[1] / total[0]) if settings.balance else 1.0
        model, options = make(settings, categorical)
        model.fit(x[rows], label.astype(np.int64), sample_weight=np.where(label, balance * weight, weight), **options)
        return _Classifier(model, balance)

    return train


def money(make: Make, least: float) -> Train:
    """Return the training of a regression of money, each click once; `least` is what the loss can take."""

    def train(x: Floats, categorical: list[int], positive: Floats, negative: Floats, settings: Settings) -> Boosted:
        counts = negative > 0
        value, weight = np.maximum(positive[counts] / negative[counts], least), negative[counts]
        if not len(value) or np.ptp(value) == 0:
            return _Constant(float(value[0]) if len(value) else 0.0)
        model, options = make(settings, categorical)
        model.fit(x[counts], value, sample_weight=weight, **options)
        return _Regressor(model)

    return train


class _Regressor(NamedTuple):
    model: Any

    def predict(self, x: Floats) -> Floats:
        says: Floats = self.model.predict(x)
        return says


def by_sklearn(loss: str) -> Train:
    """Return the training of histogram gradient boosting.

    Raises
    ------
    LearnerError
        If scikit-learn has no such loss.
    """
    from sklearn.ensemble import (  # noqa: PLC0415  (only who trains trees waits for it)
        HistGradientBoostingClassifier,
        HistGradientBoostingRegressor,
    )

    def options(settings: Settings, categorical: list[int]) -> dict[str, Any]:
        return {
            "max_iter": settings.trees,
            "max_leaf_nodes": settings.leaves,
            "learning_rate": settings.learning_rate,
            "l2_regularization": settings.l2,
            "categorical_features": categorical,
            "early_stopping": False,
            "random_state": settings.seed,
        }

    if loss == "logistic":
        return labels(lambda settings, columns: (HistGradientBoostingClassifier(**options(settings, columns)), {}))
    own = {"poisson": ("poisson", 0.0), "gamma": ("gamma", _LEAST), "squared": ("squared_error", -np.inf)}
    if loss not in own:
        known = "'poisson', 'gamma' and 'squared'"
        raise LearnerError(f"scikit-learn's trees learn money by {known}, got {loss!r}; 'tweedie-1.5' needs 'lightgbm'")
    regressor, (theirs, least) = HistGradientBoostingRegressor, own[loss]
    return money(lambda settings, columns: (regressor(loss=theirs, **options(settings, columns)), {}), least)


def by_lightgbm(loss: str) -> Train:
    """Return the training of LightGBM, on one thread and told to be deterministic.

    Raises
    ------
    LearnerError
        If it is not installed.
    """
    try:
        import lightgbm  # noqa: PLC0415  (an extra)
    except ImportError as error:
        raise LearnerError("library 'lightgbm' is not installed: pip install 'latelabel[lightgbm]'") from error

    def options(settings: Settings) -> dict[str, Any]:
        return {
            "n_estimators": settings.trees,
            "num_leaves": settings.leaves,
            "learning_rate": settings.learning_rate,
            "reg_lambda": settings.l2,
            "random_state": settings.seed,
            "deterministic": True,
            "force_row_wise": True,
            "n_jobs": 1,
            "verbosity": -1,
        }

    if loss == "logistic":
        return labels(lambda settings, columns: (lightgbm.LGBMClassifier(**options(settings)), _told(columns)))
    name, _, power = loss.partition("-")
    extra: dict[str, Any] = {"objective": {"squared": "regression"}.get(name, name)}
    if power:
        extra["tweedie_variance_power"] = float(power)
    least = {"squared": -np.inf, "gamma": _LEAST}.get(name, 0.0)
    regressor = lightgbm.LGBMRegressor
    return money(lambda settings, columns: (regressor(**extra, **options(settings)), _told(columns)), least)


def _told(categorical: list[int]) -> dict[str, Any]:
    return {"categorical_feature": categorical}


LIBRARIES: Mapping[str, Callable[[str], Train]] = {"sklearn": by_sklearn, "lightgbm": by_lightgbm}
