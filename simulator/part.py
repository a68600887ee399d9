"""One model of a method at work."""

import copy
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from learners.base import Clipping, Correction, Floats32, Learner
from learners.corrections import Plain
from learners.kernels import HIGHEST, LOWEST
from replay.policies import LabelPolicy


@dataclass
class Part:
    """One model of a method: what it is shown, how much that counts, and what it has learned."""

    name: str
    policy: LabelPolicy
    correction: Correction
    learner: Any  # a Learner, or a ManyArmed one where `arms` is above 1
    constant: bool = False
    arms: int = 1
    start: float | None = None  # what it says before it has learned anything, see `Head`
    learned: bool = False  # whether it has

    @cached_property
    def even(self) -> bool:
        """Whether every example weighs 1, whatever it is."""
        return getattr(type(self.correction), "parts", None) is Plain.parts

    @cached_property
    def clipping(self) -> Clipping | None:
        """The correction, if it cuts weights off."""
        return self.correction if isinstance(self.correction, Clipping) else None

    def says(self, x: Any) -> Floats32:
        """Return its predictions for some features."""
        if self.start is not None and not self.learned:
            return np.full(len(x), min(max(self.start, LOWEST), HIGHEST), np.float32)
        said: Floats32 = self.learner.predict(self.own(x))
        return said

    def own(self, x: Any) -> Any:
        """Return features as it takes them: none of them where it is constant."""
        if not self.constant:
            return x
        return x.select([]) if self.learner.features == "columns" else x[:, :0]

    @property
    def scheduled(self) -> bool:
        """Whether its learner is a `Scheduled` one; looked up by name, since asking a protocol is slow."""
        return hasattr(self.learner, "reach")


def model_of(learner: Learner, loss: str, arms: int) -> Any:
    """Return a copy of an untrained learner, with the loss and as many arms as a model needs."""
    if loss != "logistic":
        return learner.with_loss(loss)
    return copy.deepcopy(learner) if arms == 1 else learner.with_arms(arms)
