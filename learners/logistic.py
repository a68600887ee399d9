"""The native learner: logistic regression on hashed features, in compiled loops."""

from learners.arms import ManyArmedLogistic
from learners.base import Learner
from learners.linear import Linear
from learners.linear_value import LinearValue
from learners.ratio import RunningRatio


class Logistic(Linear):
    """Online logistic regression over slots, one step per example, in order.

    Every feature is a slot with value 1, and the bias is one more slot that stands in every row, stepped as the others
    are.  The prediction is computed anew for each example.  The walk is that of river's `LogisticRegression` with
    `optim.SGD`, `optim.AdaGrad` or `optim.FTRLProximal`, a constant feature and ``intercept_lr=0``, up to the rounding
    of float32; the `optimizers` say where that differs from the papers.

    Parameters
    ----------
    bits : int
        The table has 2^bits slots, so slots lie in [0, 2^bits); 1 to 30.
    optimizer : str
        "adagrad", "sgd" or "ftrl".
    learning_rate : float
        From 1e-9 to 1e6; FTRL's alpha.
    l1 : float
        Up to 1e6: FTRL's L1 penalty; the other optimizers have none.
    l2 : float
        Up to 1e6: L2 penalty.  With SGD and AdaGrad, ``l2 * w`` joins the gradient of the slots in the row.
    beta : float
        From 1e-9 to 1e6: how fast FTRL's learning rate falls at first; not used by the other optimizers.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    References
    ----------
    .. [1] Duchi, Hazan, Singer, "Adaptive subgradient methods for online learning and stochastic optimization", 2011.
    .. [2] McMahan et al., "Ad click prediction: a view from the trenches", 2013.
    """

    def __init__(
        self,
        bits: int = 20,
        optimizer: str = "adagrad",
        learning_rate: float = 0.05,
        l1: float = 0.0,
        l2: float = 0.0,
        beta: float = 1.0,
    ) -> None:
        super().__init__("logistic", bits, optimizer, learning_rate, l1, l2, beta)

    def with_loss(self, loss: str) -> Learner:
        """Return an untrained learner of the same settings that minimizes another loss.

        Raises
        ------
        LearnerError
            If there is no such loss.
        """
        if loss == "logistic":
            return Logistic(self.bits, self.optimizer, **self._settings)
        if loss == "ratio":
            return RunningRatio(self.features)
        return LinearValue(loss, self.bits, self.optimizer, **self._settings)

    def with_arms(self, arms: int) -> ManyArmedLogistic:
        """Return an untrained learner of the same settings that says several things of a click.

        Raises
        ------
        LearnerError
            With the optimizer "ftrl", or with more than 100 arms.
        """
        return ManyArmedLogistic(arms, self.bits, self.optimizer, self._settings["learning_rate"], self._settings["l2"])
