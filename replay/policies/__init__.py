"""Label policies: which example is shown, when, and with which label."""

from replay.policies.base import Examples, LabelPolicy, merge, no_examples
from replay.policies.behind import Behind
from replay.policies.both import Both
from replay.policies.checks import Checks
from replay.policies.mature import Mature
from replay.policies.mature_daily import MatureDaily
from replay.policies.mature_refunds import MatureRefunds
from replay.policies.negative_first import NegativeFirst
from replay.policies.negative_then_late import NegativeThenLate
from replay.policies.net_first import NetFirst
from replay.policies.oracle import Oracle
from replay.policies.positives import Positives
from replay.policies.real_negatives import RealNegatives
from replay.policies.refund_looks import RefundLooks
from replay.policies.reveals import Reveals
from replay.policies.revisits import Revisits
from replay.policies.ripening import Ripening
from replay.policies.sampled_negatives import SampledNegatives
from replay.policies.since import Since
from replay.policies.twice import Twice
from replay.policies.until import Until
from replay.policies.value_ages import ValueAges
from replay.policies.value_delta import ValueDelta
from replay.policies.value_first_gift import ValueFirstGift
from replay.policies.value_mature import ValueMature
from replay.policies.value_oracle import ValueOracle
from replay.policies.value_wait import ValueWait
from replay.policies.wait import Wait
from replay.policies.wait_then_late import WaitThenLate

POLICIES = {
    "oracle": Oracle,
    "wait": Wait,
    "wait_then_late": WaitThenLate,
    "negative_first": NegativeFirst,
    "net_first": NetFirst,
    "refund_looks": RefundLooks,
    "mature": Mature,
    "mature_daily": MatureDaily,
    "mature_refunds": MatureRefunds,
    "real_negatives": RealNegatives,
    "sampled_negatives": SampledNegatives,
    "positives": Positives,
    "negative_then_late": NegativeThenLate,
    "twice": Twice,
    "checks": Checks,
    "revisits": Revisits,
    "both": Both,
    "behind": Behind,
    "reveals": Reveals,
    "ripening": Ripening,
    "since": Since,
    "value_ages": ValueAges,
    "value_delta": ValueDelta,
    "value_first_gift": ValueFirstGift,
    "value_mature": ValueMature,
    "value_oracle": ValueOracle,
    "value_wait": ValueWait,
}

__all__ = [
    "POLICIES",
    "Behind",
    "Both",
    "Checks",
    "Examples",
    "LabelPolicy",
    "Mature",
    "MatureDaily",
    "MatureRefunds",
    "NegativeFirst",
    "NegativeThenLate",
    "NetFirst",
    "Oracle",
    "Positives",
    "RealNegatives",
    "RefundLooks",
    "Reveals",
    "Revisits",
    "Ripening",
    "SampledNegatives",
    "Since",
    "Twice",
    "Until",
    "ValueAges",
    "ValueDelta",
    "ValueFirstGift",
    "ValueMature",
    "ValueOracle",
    "ValueWait",
    "Wait",
    "WaitThenLate",
    "merge",
    "no_examples",
]
