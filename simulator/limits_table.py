"""What `latelabel limits` answers: one row a method, as text."""

import functools
import math
from collections.abc import Iterator, Mapping
from typing import Any

from scenarios.durations import HOUR, format_duration
from simulator.limits import LIMITS, limit, net, p
from simulator.methods import METHODS
from simulator.proof import STEP, prove, shake
from simulator.toy import Toy

LIMIT_COLUMNS = ("method", "predicted", "reached", "standard error", "away by")
OUTAGE_COLUMNS = ("method", "before", "lowest", "at", "highest", "at")
NO_CLOSED_FORM = "no closed form"  # of methods of other packages
NOT_REACHED = {
    "elkan_noto": "lies below 1: where all clicks are alike g / c is 1 but for noise, which is clipped on one side",
    "ftp": "lies below: noise hides which of two nearly equal windows was nearer, and the shorter keeps some trust",
    "miss": "may lie away: until negatives are sure it gives all trust to what says most, and takes it back slowly",
    "nodef": "is as near as eight kernels can draw the delays, to about a thousandth",
}
Asked = Mapping[str, Mapping[str, Any]]  # methods and the parameters they get


def title(toy: Toy, window: int, outage: int | None, seeds: int) -> str:
    """Return in words what is replayed."""
    delays = " and ".join(f"{share:g} x Exp({format_duration(mean)})" for share, mean in toy.delays)
    traffic = f"traffic x{math.exp(7 * toy.growth):.3g} per week" if toy.growth else "steady traffic"
    lines = [
        f"conversion rate {toy.rate:g}, delays {delays}, attribution window {format_duration(toy.attribution_window)}",
        *_of_refunds(toy),
        f"waiting window {format_duration(window)}, {traffic}; {seeds} logs of {toy.clicks:,} clicks, {toy.days} days",
    ]
    if outage:
        lines.append(
            f"the label feed is out for {format_duration(outage)}; no closed form: it depends on how fast a method "
            f"learns, here by SGD's steps of {STEP}"
        )
    return "\n".join(lines)


def _of_refunds(toy: Toy) -> Iterator[str]:
    if toy.refunded:
        yield (
            f"{toy.refunded:g} of the conversions are refunded, after Exp({format_duration(toy.refund_mean)}): "
            f"net rate {net(toy):.4f}, gross rate {p(toy):.4f}"
        )


def notes(asked: Asked) -> list[str]:
    """Return why some methods stay away from their limit, one sentence each."""
    return [f"{name} {NOT_REACHED[name]}" for name in asked if name in NOT_REACHED]


def limit_rows(asked: Asked, toy: Toy, seeds: int) -> Iterator[tuple[str, ...]]:
    """Yield each method's predicted limit, what replays reach, its standard error and how many of these lie between."""
    for name, given in asked.items():
        proof = prove(functools.partial(METHODS[name], **given), toy, seeds)
        predicted, away = NO_CLOSED_FORM, ""
        if name in LIMITS:
            where = limit(name, toy, given)
            predicted, away = f"{where:.4f}", f"{proof.away(where):+.1f}"
        yield (name, predicted, f"{proof.mean:.4f}", f"{proof.error:.4f}", away)


def outage_rows(asked: Asked, toy: Toy, outage: int, seeds: int) -> Iterator[tuple[str, ...]]:
    """Yield how far an outage moves each method, and at how many hours after it began."""
    for name, given in asked.items():
        wave = shake(functools.partial(METHODS[name], **given), toy, outage, seeds)
        after = [f"+{at / HOUR:.0f} h" for at in (wave.lowest_after, wave.highest_after)]
        low = (f"{wave.lowest:.4f}", after[0]) if wave.lowest < wave.before else ("-", "")
        high = (f"{wave.highest:.4f}", after[1]) if wave.highest > wave.before else ("-", "")
        yield (name, f"{wave.before:.4f}", *low, *high)
