"""What a learner and a correction are."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Kinds = NDArray[np.int8]
Features = Any  # uint32 slots of shape (n, n_features), or a pyarrow Table of n rows, as `Learner.features` says


class Learner(Protocol):
    """An online model of P(conversion | click).

    `predict` works before the first `learn` and changes nothing.  The same examples in the same order always give the
    same predictions, to the last bit, however they are cut into calls.
    """

    features: str  # "slots": encoded, uint32 of shape (n, n_features); "columns": raw, a pyarrow Table
    takes_negative: bool  # whether `learn` accepts parts below zero

    def predict(self, x: Features) -> Floats32:
        """Return probabilities of shape (n_clicks,), each strictly inside (0, 1)."""

    def learn(self, x: Features, positive: Floats32, negative: Floats32) -> None:
        """Take one step per example, of gradient ``negative * f - positive * (1 - f)`` with respect to the logit.

        Parameters
        ----------
        x : features of shape (n_examples, ...)
        positive, negative : float32 arrays of shape (n_examples,)
            How much each example counts as a conversion and as a non-conversion.
        """

    def state(self) -> Mapping[str, NDArray[Any]]:
        """Return everything it has learned as named arrays; copies, so that later steps leave them alone."""

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Become the learner that returned `state`."""

    def with_loss(self, loss: str) -> "Learner":
        """Return an untrained learner of the same settings that minimizes another loss.

        Parameters
        ----------
        loss : str
            "logistic" learns a probability; the others learn a mean, and `predict` returns that: "poisson", "gamma" and
            "tweedie-1.5" (with its power) with a log link, "squared" with none.  Their gradient with respect to the
            linear predictor s is ``negative * a(s) - positive * b(s)``.  "ratio" is no loss: the sum of positive
            parts over that of negative ones, as `learners.ratio.RunningRatio`.

        Raises
        ------
        LearnerError
            If it cannot.
        """

    def with_arms(self, arms: int) -> "ManyArmed":
        """Return an untrained learner of the same settings that says several things of a click.

        Raises
        ------
        LearnerError
            If it cannot.
        """


class Scheduled(Protocol):
    """A learner that trains at set times of the simulated clock, and needs to be told the time.

    All else is as `Learner` says.  Calls may be cut anywhere: what it predicts from a moment on depends on the examples
    that came due before it alone.
    """

    retrain_every: int  # us: it trains at all multiples

    def predict(self, x: Features) -> Floats32:
        """As `Learner.predict`."""

    def learn(self, x: Features, positive: Floats32, negative: Floats32, due: Ints | None = None) -> None:
        """Take examples in, each at the moment it came due, us UTC; they do not decrease.  By default: reached last."""

    def reach(self, now: int) -> None:
        """Train where that is due by `now`, us UTC: all examples that come due before it have been given."""


class ManyArmed(Protocol):
    """A learner of several probabilities of a click, one to an arm; the examples' kind says which arm they teach."""

    features: str
    takes_negative: bool

    def predict(self, x: Features) -> Floats32:
        """Return probabilities of shape (n_clicks, arms), each strictly inside (0, 1)."""

    def learn(self, x: Features, positive: Floats32, negative: Floats32, arm: Kinds) -> None:
        """Take one step per example, as `Learner.learn`, each on its arm."""


class Shown(NamedTuple):
    """What a correction may know of the examples it weighs; columns of length n_examples."""

    label: Bools
    kind: Kinds
    elapsed: Ints  # due minus click time, us
    amount: Floats32 | None = None  # money it tells of, in the log's currency; None where labels alone are shown


class Parts(NamedTuple):
    """How much each example counts on either side; float32 columns of length n_examples.

    Of a model of value, with the gradient a(s) - Y b(s) of its loss, `negative` is how often a(s) counts and `positive`
    the money that b(s) is multiplied by: (Y, 1) is a click of known value, (A, 0) an amount that comes later.
    """

    positive: Floats32
    negative: Floats32


MAIN = "main"  # the model that is served, among those a method owns
Seen = Mapping[str, Floats32]  # what models say of the examples at hand, each float32 of shape (n_examples,)


class Correction(Protocol):
    """How much an example counts, given what the models say of it now."""

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of the models whose predictions weigh an example; what is not named is not computed."""

    @property
    def serves_from(self) -> tuple[str, ...]:
        """Names of the models whose predictions make what is served."""

    def parts(self, shown: Shown, seen: Seen) -> Parts:
        """Return the positive and negative part of each example.

        `seen` holds the models as of the start of the batch: constants to the gradient (stop-gradient).
        """

    def serve(self, seen: Seen) -> Floats32:
        """Return the probability of a conversion that is served, shape (n_clicks,), strictly inside (0, 1)."""


@runtime_checkable
class Clipping(Protocol):
    """A correction that cuts weights off at a bound, and says how often."""

    def clipped(self, shown: Shown, parts: Parts) -> int:
        """Return how many of the examples, with the parts it gave them, have a weight that stands at its bound."""
