"""What `latelabel limits` answers: one row a method, as text."""

import functools
import math
from collections.abc import Iterator, Mapping
from typing import Any

from scenarios.durations import HOUR, format_duration
from simulator.limits import limit
from simulator.methods import METHODS
from simulator.proof import STEP, prove, shake
from simulator.toy import Toy

LIMIT_COLUMNS = ("method", "predicted", "reached", "standard error", "away by")
OUTAGE_COLUMNS = ("method", "before", "lowest", "at", "highest", "at")
Asked = Mapping[str, Mapping[str, Any]]  # methods and the parameters they get


def title(toy: Toy, window: int, outage: int | None, seeds: int) -> str:
    """Return in words what is replayed."""
    delays = " and ".join(f"{share:g} x Exp({format_duration(mean)})" for share, mean in toy.delays)
    traffic = f"traffic x{math.exp(7 * toy.growth):.3g} per week" if toy.growth else "steady traffic"
    lines = [
        f"conversion rate {toy.rate:g}, delays {delays}, attribution window {format_duration(toy.attribution_window)}",
        f"waiting window {format_duration(window)}, {traffic}; {seeds} logs of {toy.clicks:,} clicks, {toy.days} days",
    ]
    if outage:
        lines.append(
            f"the label feed is out for {format_duration(outage)}; no closed form: it depends on how fast a method "
            f"learns, here by SGD's steps of {STEP}"
        )
    return "\n".join(lines)


def limit_rows(asked: Asked, toy: Toy, seeds: int) -> Iterator[tuple[str, ...]]:
    """Yield each method's predicted limit, what replays reach, its standard error and how many of these lie between."""
    for name, given in asked.items():
        predicted = limit(name, toy, given)
        proof = prove(functools.partial(METHODS[name], **given), toy, seeds)
        figures = (f"{predicted:.4f}", f"{proof.mean:.4f}", f"{proof.error:.4f}", f"{proof.away(predicted):+.1f}")
        yield (name, *figures)


def outage_rows(asked: Asked, toy: Toy, outage: int, seeds: int) -> Iterator[tuple[str, ...]]:
    """Yield how far an outage moves each method, and at how many hours after it began."""
    for name, given in asked.items():
        wave = shake(functools.partial(METHODS[name], **given), toy, outage, seeds)
        after = [f"+{at / HOUR:.0f} h" for at in (wave.lowest_after, wave.highest_after)]
        low = (f"{wave.lowest:.4f}", after[0]) if wave.lowest < wave.before else ("-", "")
        high = (f"{wave.highest:.4f}", after[1]) if wave.highest > wave.before else ("-", "")
        yield (name, f"{wave.before:.4f}", *low, *high)
