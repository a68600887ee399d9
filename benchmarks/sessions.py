"""What it brings to know when sessions end: how old labels are when they are learned, and how well methods do then.

    python -m benchmarks.sessions                     a table, on the livestream world whose rooms close
    python -m benchmarks.sessions --svg ages.svg      and a picture of the ages
    python -m benchmarks.sessions --speed             what the column costs policies that wait, as a ratio

Every method is replayed twice on one log, which says when each click's room closes or does not.
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from replay.feed import deliver
from replay.log import NEVER, ClickLog
from replay.policies import Examples, Wait
from replay.view import View
from scenarios import Scenario
from simulator import build
from simulator.clock import Clock
from simulator.engine import replay
from simulator.methods import Method
from simulator.runner import prepare_log
from simulator.trainer import Trainer
from simulator.watcher import Unwatched

HOUR, DAY = 3_600_000_000, 86_400_000_000  # us
METHODS = [
    {"name": "oracle"},
    {"name": "mature_daily"},
    {"name": "waiting_window", "window": "1d"},
    {"name": "waiting_window", "window": "6h"},
    {"name": "waiting_window", "window": "1h"},
    {"name": "calibrated_wait", "window": "1h"},
    {"name": "defer", "window": "1h"},
    {"name": "fnc_rn"},
    {"name": "fnw"},
]


class Found(NamedTuple):
    """How a method did."""

    label: str
    age: float  # hours from the click to its last look without a conversion, on average
    nll: float  # against the true probability, in nats per click


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clicks", type=int, default=200_000)
    parser.add_argument("--svg", type=Path)
    parser.add_argument("--speed", action="store_true")
    options = parser.parse_args()
    log = {"kind": "livestream", "clicks": options.clicks, "users": max(1, options.clicks // 200), "rooms_close": True}
    clock = {"attribution_window": "1d", "evaluate_from": "9d", "publish_every": "15m"}
    own = {"log": log, "clock": clock, "learner": {"bits": 18, "learning_rate": 0.1}, "method": METHODS}
    scenario = build.load({"name": "sessions", "seed": 7, **own})
    known = prepare_log(scenario, None, build.learner(scenario), Unwatched())
    for line in speed(known) if options.speed else table(scenario, known, options.svg):
        print(line)


def table(scenario: Scenario, known: ClickLog, svg: Path | None) -> Iterator[str]:
    yield "| method | age of a sure negative, hours: known ends | not known | NLL: known ends | not known |"
    yield "|---|---:|---:|---:|---:|"
    rows = []
    for label, method in build.methods(scenario).items():
        one, other = (done(scenario, log, label, method) for log in (known, replace(known, outcomes_until=None)))
        rows.append((one, other))
        yield f"| `{label}` | {one.age:.1f} | {other.age:.1f} | {one.nll:.5f} | {other.nll:.5f} |"
    if svg:
        svg.write_text(picture(rows), encoding="utf-8")


def done(scenario: Scenario, log: ClickLog, label: str, method: Method) -> Found:
    """Replay a method, and return how old its negatives were and how well it predicted."""
    deliveries = deliver(log, scenario.clock.attribution_window, build.feed(scenario, log))
    prediction, shown = np.zeros(log.n_clicks, np.float32), np.zeros(log.n_clicks, np.bool_)
    clock = Clock.of(log, scenario.clock.publish_every, 0, scenario.clock.batch)
    replay(
        Trainer(log, deliveries, method, build.learner(scenario), clock.batch, prediction, shown), clock, lambda _: None
    )
    view = View(log, deliveries, now=NEVER, future=True)
    examples = method.policy.due(view, clock.start, clock.end)
    last = np.full(log.n_clicks, -1)
    np.maximum.at(last, examples.row[~examples.label], examples.due[~examples.label])
    rows = np.flatnonzero((deliveries.arrival == NEVER) & (last >= 0))
    rows = rows[log.click_time[rows] < clock.end - 2 * DAY]  # looks at the last ones lie beyond the log
    truth = log.true_probability
    if truth is None:
        raise SystemExit("expected a made-up log, whose truth is known")
    start = int(np.searchsorted(log.click_time, int(log.click_time[0]) + scenario.clock.evaluate_from))
    p, f = truth[start:].astype(np.float64), prediction[start:].astype(np.float64)
    nll = -float(np.mean(p * np.log(f) + (1 - p) * np.log1p(-f)))
    return Found(label, float((last[rows] - log.click_time[rows]).mean()) / HOUR, nll)


def speed(known: ClickLog) -> Iterator[str]:
    """Time a policy alone, drain by drain, against the way it was written before there were ends."""
    plain = replace(known, outcomes_until=None)
    policy = Wait(6 * HOUR)

    def before(view: View, start: int, end: int) -> Examples:
        rows = view.clicks(start - policy.window, end - policy.window)
        due = view.click_time(rows) + policy.window
        return Examples(rows, due, view.known(rows, by=due), np.zeros(len(rows), np.int8))

    def seconds(log: ClickLog, due: Any) -> float:
        deliveries, clock = deliver(log, DAY, build.LabelFeed()), Clock.of(log, HOUR // 4)
        edges = clock.start + np.arange(clock.drains + 1) * clock.publish_every
        due(View(log, deliveries, now=NEVER), clock.start, clock.start + 1)  # orders the ends, once
        started = time.process_time()
        for start, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            due(View(log, deliveries, now=end), start, end)
        return time.process_time() - started

    base = min(seconds(plain, before) for _ in range(7))
    for name, log in (("without the column", plain), ("with it", known)):
        ratio = min(seconds(log, policy.due) for _ in range(7)) / base
        yield f"waiting_window's policy {name}: {ratio:.2f} of the time before"


def picture(rows: list[tuple[Found, Found]]) -> str:
    """Return bars of the ages, two for a method."""
    high, left, scale = 22, 170, 13.0
    parts = []
    for number, (one, other) in enumerate(rows):
        y = 40 + number * high
        parts.append(f'<text x="{left - 8}" y="{y + 12}" text-anchor="end">{one.label}</text>')
        for found, shift, colour in ((other, 0, "#b9c4d0"), (one, 8, "#1f5fa8")):
            wide = max(found.age * scale, 1)
            parts.append(f'<rect x="{left}" y="{y + shift}" width="{wide:.1f}" height="7" fill="{colour}"/>')
        parts.append(
            f'<text x="{left + other.age * scale + 6:.1f}" y="{y + 12}">{one.age:.1f} / {other.age:.1f} h</text>'
        )
    head = "Hours from a click to the look that confirms it as a negative: ends known (blue), not known (grey)"
    size = f'width="760" height="{50 + high * len(rows)}"'
    style = 'font-family="sans-serif" font-size="12" fill="#222"'
    ground = '<rect width="100%" height="100%" fill="white"/>'
    body = f'{ground}<text x="10" y="22">{head}</text>{"".join(parts)}'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>{body}</svg>\n'


if __name__ == "__main__":
    main()
