"""Money at face value, whether it comes at once or bit by bit."""

from dataclasses import dataclass

import numpy as np

from learners.base import Floats32, Parts, Seen, Shown
from learners.corrections.plain import Plain
from learners.errors import LearnerError

_LOOK = 0  # the kind of an example that is a look at a click; others bring more of its money


@dataclass(frozen=True)
class Value(Plain):
    r"""Delta-gradient streaming of money: looks count (Y, 1) with the money Y known so far, later amounts A (A, 0).

    The gradient of a generalized linear model of the mean, :math:`a(s) - Y b(s)`, is affine in the value.  So it is the
    sum of what a click's looks and amounts bring, however late they come, refunds included: in steady traffic the risk
    is that of an oracle, whatever the class of the model, and without a plug-in.  Not so for losses that are not affine
    in the value, such as those of log(1 + Y), absolute errors or quantiles.

    Where a click has one look and nothing comes later this is the plain loss.
    """

    def parts(self, shown: Shown, seen: Seen) -> Parts:  # noqa: ARG002  (no plug-in)
        """Return (Y, 1) at looks and (A, 0) at later amounts."""
        return Parts(money(shown), (shown.kind == _LOOK).astype(np.float32))


def money(shown: Shown) -> Floats32:
    """Return what examples tell of money.

    Raises
    ------
    LearnerError
        If they tell of labels alone.
    """
    if shown.amount is None:
        raise LearnerError("this correction is about money, and its policy shows labels alone")
    return shown.amount
