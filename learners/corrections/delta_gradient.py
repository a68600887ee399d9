"""A step that takes back what a fake negative has taught."""

from dataclasses import dataclass

import numpy as np

from learners.base import Parts, Seen, Shown
from learners.corrections.plain import Plain

_CONVERSION = 1  # the kind of a conversion that was shown as a negative before


@dataclass(frozen=True)
class DeltaGradient(Plain):
    r"""Delta-gradient streaming; on the stream of `NegativeFirst` it is Twitter's PU loss.

    Cross-entropy's gradient, f - y, is affine in the label: when a label turns from 0 to 1 after its click was
    shown, the difference of the gradients, -1, is all that is missing:

    .. math:: (a, b) = (y,\; 1 - y) \text{ at the first look}, \quad (1, -1) \text{ at the conversion}

    Over both examples the gradient is f - 1, as if the label had never been late, so in steady traffic this is the
    oracle's risk, whatever the class of the model, and without a plug-in.  But the steps at conversions do not vanish
    as f goes to 1 (the loss is unbounded below), so its variance is high.

    References
    ----------
    .. [1] Ktena et al., "Addressing delayed feedback for continuous training with neural networks in CTR prediction",
       RecSys 2019.
    .. [2] du Plessis, Niu, Sugiyama, "Convex formulation for learning from positive and unlabeled data", ICML 2015.
    """

    def parts(self, shown: Shown, seen: Seen) -> Parts:  # noqa: ARG002  (no plug-in)
        """Return (y, 1 - y) at first looks and (1, -1) at conversions that were shown as negatives."""
        positive = shown.label.astype(np.float32)
        undone = np.where(shown.kind == _CONVERSION, np.float32(-1), np.float32(0))
        return Parts(positive, np.float32(1) - positive + undone)
