"""The ways back from the logarithm of money, with the auxiliary models they need."""

from learners.base import Correction
from learners.corrections import SPREAD, LogNormalValue, LogValue, SmearedValue, Smearing, SquaredResidual
from replay.policies import LabelPolicy
from simulator.methods.base import Head


def retransformed(retransform: str, policy: LabelPolicy) -> tuple[Correction, dict[str, Head]]:
    """Return the correction of a model of log(1 + Y) and the head that measures its residuals.

    Parameters
    ----------
    retransform : str
        "none", "lognormal" or "smearing".
    policy : LabelPolicy
        The model's own: residuals are those of the examples that it is about to learn.

    Raises
    ------
    ValueError
        If there is no such way back.
    """
    if retransform == "none":
        return LogValue(), {}
    if retransform == "lognormal":
        return LogNormalValue(), {SPREAD: Head(policy, SquaredResidual(), constant=True, loss="gamma")}
    if retransform == "smearing":
        return SmearedValue(), {SPREAD: Head(policy, Smearing(), constant=True, loss="gamma")}
    raise ValueError(f"retransform: expected 'none', 'lognormal' or 'smearing', got {retransform!r}")
