"""Steps that take back what a fake negative has taught, and then what a refunded conversion has."""

from dataclasses import dataclass

import numpy as np

from learners.base import Parts, Seen, Shown
from learners.corrections.plain import Plain

_UNDOES = np.array([[0, 1], [1, -1], [-1, 1]], np.float32)  # (a, b) of a first look, a conversion, a refund


@dataclass(frozen=True)
class NetDeltaGradient(Plain):
    r"""Delta-gradient streaming of a label that goes from 0 to 1 and may go back to 0.

    Cross-entropy's gradient, f - y, is affine in the label, so each change of it is a step of its own:

    .. math:: (a, b) = (0, 1) \text{ at the first look}, \quad (1, -1) \text{ at the conversion},
       \quad (-1, 1) \text{ at the refund}

    Over all examples of a click that is (0, 1) for one that is refunded in the end, as if nothing had come: in steady
    traffic the oracle's risk, whatever the class of the model, and without a plug-in.  The steps at conversions and
    refunds do not vanish as f nears 1 or 0, so its variance is higher than that of `DeltaGradient`.
    """

    def parts(self, shown: Shown, seen: Seen) -> Parts:  # noqa: ARG002  (no plug-in)
        """Return (0, 1), (1, -1) or (-1, 1), by the example's kind."""
        positive, negative = _UNDOES[shown.kind].T
        return Parts(np.ascontiguousarray(positive), np.ascontiguousarray(negative))
