from learners.base import Correction
from learners.corrections import LEVEL, Level, Levelled, OfHead, TwoStage, Value
from replay.policies import ValueFirstGift, ValueMature
from simulator.methods.base import PROBABILITY, Head, Method, Timing
from simulator.methods.losses import value_loss
from simulator.methods.nested import conversion_method
from simulator.methods.retransform import retransformed

_AMOUNT = "amount"


def two_stage(
    timing: Timing,
    *,
    conversion: str = "fnw",
    amount: str = "gamma",
    mature: bool = False,
    retransform: str = "smearing",
    level: bool = True,
) -> Method:
    """Learn the chance of a gift by one method, what a gift is worth by another model, and serve their product p m.

    `conversion` is any method for conversions, with its parameters behind it if need be: "waiting_window window=6h".
    `amount` is the loss of m, a model of E[Y | Y > 0]: "gamma", "poisson", "tweedie-1.5" or "squared", shown each click
    at its first gift and then every further amount by delta-gradient (`ValueFirstGift`), or once, when `mature`.
    "log1p" is least squares of log(1 + Y) of mature clicks with a `retransform` of "smearing", "lognormal" or "none":
    with none m is E[log], so to speak, and p m is no expected value.  Converges to p m, which is E[Y] where both are
    right.  With `level`, the default, m is multiplied by a running ratio of money received to money predicted for
    clicks with gifts; not so that of "log1p", which has its way back.

    Raises
    ------
    ValueError
        If one of them does not exist, or the method is none for conversions.
    """
    first = conversion_method(timing, conversion)
    heads, second = _amounts(timing, amount, mature, retransform)
    if level and amount != "log1p":
        ratio = Head(heads[_AMOUNT].policy, Level(second), constant=True, loss="ratio")
        heads, second = {**heads, LEVEL: ratio}, Levelled(second)
    return Method(
        first.policy,
        TwoStage(first.correction, second),
        {**first.heads, **heads},
        arms=first.arms,
        stop_after=first.stop_after,
        target="value",
        stages={PROBABILITY: first.correction, "amount": second},
    )


def _amounts(timing: Timing, amount: str, mature: bool, retransform: str) -> tuple[dict[str, Head], Correction]:
    """Return the heads of the amount, and what serves it."""
    ripe = ValueMature(timing.attribution_window, "converted")
    if amount != "log1p":
        head = Head(ripe if mature else ValueFirstGift(), Value(), loss=value_loss("amount", amount))
        return {_AMOUNT: head}, OfHead(Value(), _AMOUNT)
    correction, spread = retransformed(retransform, ripe)
    own = {
        name: Head(ripe, OfHead(head.correction, _AMOUNT), head.constant, loss=head.loss)
        for name, head in spread.items()
    }
    return {**own, _AMOUNT: Head(ripe, correction, loss="squared")}, OfHead(correction, _AMOUNT)
