"""Losses of models of money, as parameters of methods."""

from learners.errors import LearnerError
from learners.losses import LOGISTIC, power_of


def value_loss(name: str, loss: str) -> str:
    """Return a loss that a method's parameter asks for.

    Raises
    ------
    ValueError
        If it is none of money.
    """
    try:
        if power_of(loss) != LOGISTIC:
            return loss
    except LearnerError:
        pass
    known = "'poisson', 'gamma', 'squared', or 'tweedie-1.5' with its power between 1 and 2"
    raise ValueError(f"{name}: expected {known}; got {loss!r}")
