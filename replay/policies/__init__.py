"""Label policies: which example is shown, when, and with which label."""

from replay.policies.base import Examples, LabelPolicy, merge, no_examples
from replay.policies.negative_first import NegativeFirst
from replay.policies.oracle import Oracle
from replay.policies.until import Until
from replay.policies.wait import Wait

POLICIES = {"oracle": Oracle, "wait": Wait, "negative_first": NegativeFirst}

__all__ = [
    "POLICIES",
    "Examples",
    "LabelPolicy",
    "NegativeFirst",
    "Oracle",
    "Until",
    "Wait",
    "merge",
    "no_examples",
]
