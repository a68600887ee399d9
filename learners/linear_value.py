"""The native learner of money: a linear model of an expected value, on hashed features."""

from learners.arms import ManyArmedLogistic
from learners.errors import LearnerError
from learners.linear import Linear


class LinearValue(Linear):
    r"""Online generalized linear model of an expected amount over slots, one step per example, in order.

    A click of known value Y counts (Y, 1): its gradient is the loss's, :math:`a(s) - Y b(s)`, which is affine in the
    value.  So amounts may come one by one, as (0, 1) at the click and (A, 0) whenever money A arrives, refunds with
    A < 0: over all of them the gradient is that of the sum.

    ============  ======================================  ======================  =======================
    loss          mean                                    a(s)                    b(s)
    ============  ======================================  ======================  =======================
    poisson       exp(s)                                  exp(s)                  1
    gamma         exp(s)                                  1                       exp(-s)
    tweedie-r     exp(s)                                  exp((2 - r) s)          exp((1 - r) s)
    squared       s                                       s                       1
    ============  ======================================  ======================  =======================

    All of them converge to the mean, whatever the distribution of the money; the loss says how much a click's error
    counts beside another's: least squares by money, Gamma by shares of it, Poisson and Tweedie between them.

    The linear predictor of a logarithmic link is clipped to [-14, 14] and the prediction of least squares to what that
    allows, 1.2 million units of money to either side.  AdaGrad and FTRL divide steps by their own past size, so with a
    logarithmic link a step is at most the learning rate, and the unit of money matters little; SGD takes Gamma's steps
    alike in any unit, but Poisson's and least squares' grow with the amounts, and its rate must be small for them.

    Where amounts have heavy tails AdaGrad learns too little of the largest: a step is divided by the size of its own
    gradient too.  It lets go of that bias only as gradients add up in a slot.

    Parameters
    ----------
    loss : str
        "poisson", "gamma", "squared" or "tweedie-1.5", with its power between 1 and 2.
    bits, optimizer, learning_rate, l1, l2, beta
        As `Logistic`.

    Raises
    ------
    LearnerError
        If there is no such loss of value.
    ValueError
        If a parameter is out of its range.

    References
    ----------
    .. [1] Badanidiyuru et al., "Handling many conversions per click in modeling delayed feedback", AdKDD 2021.
    .. [2] Tweedie, "An index which distinguishes between some important exponential families", 1984.
    """

    def __init__(
        self,
        loss: str = "poisson",
        bits: int = 20,
        optimizer: str = "adagrad",
        learning_rate: float = 0.05,
        l1: float = 0.0,
        l2: float = 0.0,
        beta: float = 1.0,
    ) -> None:
        if loss == "logistic":
            raise LearnerError("the loss 'logistic' is that of the learner 'logistic', which says a probability")
        super().__init__(loss, bits, optimizer, learning_rate, l1, l2, beta)

    def with_loss(self, loss: str) -> "LinearValue":
        """Return an untrained learner of the same settings that minimizes another loss of value.

        Raises
        ------
        LearnerError
            If there is no such loss, or it is that of a probability.
        """
        return LinearValue(loss, self.bits, self.optimizer, **self._settings)

    def with_arms(self, arms: int) -> ManyArmedLogistic:
        """Raise LearnerError: it says one amount of a click."""
        raise LearnerError(f"a model of money says one thing of a click, not {arms}; use the learner 'logistic'")
