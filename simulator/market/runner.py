"""From a scenario with a market to a finished run: prepare, play every bidder, measure, settle, write."""

import copy
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from learners.base import Learner
from replay.feed import deliver
from replay.log import ClickLog, Outcomes
from scenarios import Scenario, ScenarioError
from scenarios.market import BidderSpec, Market
from scenarios.problems import Problem, unknown_name
from simulator import build
from simulator.clock import Clock
from simulator.feed_faults import faults_beyond
from simulator.folder import Temporary, check_target, whole_folder, write_text
from simulator.market import build as names
from simulator.market.accounts import MarketLedger, settle
from simulator.market.auctions import Auctions, changed, expected_worth, terms_of
from simulator.market.bidder import Bidder
from simulator.market.heard import worth
from simulator.market.knowledge import News
from simulator.market.loop import play
from simulator.market.measures import Event, Rows, events_of, figures
from simulator.market.record import market_record
from simulator.market.series import Series, series_of
from simulator.marks import marks
from simulator.measure import Measures, Yardstick, evaluated, measure
from simulator.predictions import write_predictions
from simulator.preparation import prepare_log
from simulator.record import Columnar, write_metrics
from simulator.report import write_report
from simulator.results import Result
from simulator.watcher import Unwatched, Watcher


@dataclass(frozen=True)
class Stall:
    """What all bidders of a run share."""

    scenario: Scenario
    market: Market
    auctions: Auctions
    removed: Outcomes
    clock: Clock
    yardstick: Yardstick
    learner: Learner
    folder: Path
    watcher: Watcher
    events: list[Event]
    seconds: dict[str, float] = field(default_factory=dict)
    asked_to_stop: Callable[[], bool] = lambda: False


@dataclass(frozen=True)
class Played:
    """What is left of a bidder once its clicks are written."""

    bidder: Bidder
    series: Series
    rows: Rows
    measures: Measures
    ledger: MarketLedger
    seconds: float


def run_market(
    scenario: Scenario,
    *,
    log: Any = None,
    learner: Learner | None = None,
    out: str | Path | None = None,
    jobs: int = 1,
    watcher: Watcher | None = None,
    asked_to_stop: Callable[[], bool] | None = None,
) -> Result:
    """Play a scenario's bidders on its auctions, and measure them; parameters and errors are those of `run`."""
    market, watcher = scenario.market, watcher or Unwatched()
    if market is None:
        raise ScenarioError(scenario.name, [Problem("market", "expected a [market] section, got nothing")])
    prototype = learner or build.learner(scenario)
    if prototype.features != "slots":
        told = "expected a learner of encoded features in a market, got one of raw columns"
        raise ScenarioError(scenario.name, [Problem("learner", told)])
    keep = None
    if out is None:
        keep = Temporary()
        out = keep.folder / scenario.name
    out = Path(out)
    check_target(out)
    started = time.perf_counter()
    prepared = prepare_log(split_by(scenario, market.campaign), log, prototype, watcher)
    with whole_folder(out) as folder:
        stall = set_up(scenario, prepared, prototype, folder, watcher)
        stall = replace(stall, asked_to_stop=asked_to_stop or stall.asked_to_stop)
        stall.seconds["prepare"] = time.perf_counter() - started
        played = _play_all(stall, jobs)
        _write(stall, played)
    return Result(out, keep)


def split_by(scenario: Scenario, column: str) -> Scenario:
    """Return the scenario with a column among those by which its log is split."""
    segments = scenario.metrics.segments
    if column in segments:
        return scenario
    metrics = scenario.metrics.model_copy(update={"segments": (*segments, column)})
    split = scenario.model_copy(update={"metrics": metrics})
    split._folder = scenario.folder  # noqa: SLF001  (a copy of its own)
    return split


def set_up(scenario: Scenario, log: ClickLog, learner: Learner, folder: Path | None, watcher: Watcher) -> Stall:
    """Return what all bidders share.

    Raises
    ------
    ScenarioError
        If the log cannot serve as a market's.
    """
    market, settings = scenario.market, scenario.clock
    assert market is not None  # noqa: S101  (asked for only then)
    if problems := faults_beyond(scenario, log) + _values(scenario):
        raise ScenarioError(scenario.name, problems)
    segment = log.segments[market.campaign]
    unknown = [
        unknown_name(f"market.campaigns[{number}].name", f"{market.campaign} of the log", one.name, segment.values)
        for number, one in enumerate(market.campaigns)
        if one.name not in segment.values
    ]
    if unknown or not log.n_clicks:
        empty = Problem("log", "expected a log with clicks, for auctions to be held, got none")
        raise ScenarioError(scenario.name, unknown or [empty])
    first = int(log.click_time[0])
    kept, removed = changed(log, market.change, scenario.seed)
    deliveries = deliver(kept, settings.attribution_window, build.feed(scenario, kept), scratch=folder)
    news = News.of(kept, deliveries, market.value)
    brings, n = worth(kept, deliveries, market.value), len(segment.values)
    campaigns = terms_of(market, segment.values, first)
    expected = expected_worth(kept, market, segment.code, brings, n)
    shared = segment.code, campaigns, news, brings, expected
    auctions = Auctions(kept, deliveries, market, scenario.seed, *shared)
    clock = Clock.of(log, settings.publish_every, settings.publish_lag, settings.batch)
    events = events_of(market, marks(scenario, log, deliveries.watermark), campaigns, first)
    return Stall(
        scenario,
        market,
        auctions,
        removed,
        clock,
        _yardstick(scenario, first),
        learner,
        folder or Path(),
        watcher,
        events,
    )


def _values(scenario: Scenario) -> list[Problem]:
    """Return which methods predict money where conversions are bought."""
    methods = build.methods(scenario)
    return [
        Problem(f"method[{number}].name", f'expected a method of conversions, or value = "money", got {spec.name!r}')
        for number, spec in enumerate(scenario.methods)
        if methods[spec.label].target == "value" and scenario.market and scenario.market.value != "money"
    ]


def bidder_of(stall: Stall, spec: BidderSpec, scratch: Path | None) -> Bidder:
    """Return a bidder that has done nothing yet."""
    clock, auctions, settings = stall.clock, stall.auctions, stall.scenario.clock
    terms = names.terms_of(stall.market, spec, settings.attribution_window, clock.start, clock.last_click)
    methods = build.methods(stall.scenario)
    way = names.way_of(stall.scenario, spec, methods, len(auctions.campaigns.names), terms)
    return Bidder(auctions, way, copy.deepcopy(stall.learner), settings.batch, scratch)


def _yardstick(scenario: Scenario, first: int) -> Yardstick:
    settings, metrics = scenario.clock, scenario.metrics
    return Yardstick(
        attribution_window=settings.attribution_window,
        evaluate_from=first + settings.evaluate_from,
        window=metrics.window,
        bins=metrics.bins,
        binning=metrics.binning.removeprefix("equal_"),
        max_segments=metrics.max_segments,
        replicates=metrics.bootstrap,
        drift_delta=metrics.drift_delta,
        seed=scenario.seed,
    )


def _play_all(stall: Stall, jobs: int) -> dict[str, Played]:
    bidders = stall.market.bidder
    labels = [spec.label for spec in bidders]
    stall.watcher.replaying(labels, stall.clock.start, stall.clock.end)
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        return dict(
            zip([spec.label for spec in bidders], pool.map(lambda spec: _play(stall, spec), bidders), strict=True)
        )


def _play(stall: Stall, spec: BidderSpec) -> Played:
    bidder = bidder_of(stall, spec, stall.folder)
    started = time.perf_counter()

    def tick(now: int) -> None:
        if stall.asked_to_stop():
            raise KeyboardInterrupt
        stall.watcher.tick(spec.label, now)

    play(bidder, stall.clock, stall.market.update_every, tick)
    seconds = time.perf_counter() - started
    series, market, yardstick = series_of(bidder), stall.market, stall.yardstick
    campaigns = stall.auctions.campaigns
    rows = figures(series, campaigns, market.campaign, stall.events, yardstick.window, yardstick.evaluate_from)
    whole, window = bidder.won.whole(), yardstick.attribution_window
    deliveries, prediction = bidder.won.deliveries(), bidder.prediction[: bidder.won.n]
    measures = measure(evaluated(whole, deliveries, prediction, yardstick), stall.clock, yardstick)
    write_predictions(stall.folder / "predictions" / f"method={spec.label}", whole, deliveries, window, prediction)
    ledger = settle(bidder, stall.auctions, stall.removed, stall.clock.end, spec.label)
    stall.watcher.finished(spec.label)
    return Played(bidder, series, rows, measures, ledger, seconds)


def _write(stall: Stall, played: dict[str, Played]) -> None:
    _compare(stall, played)
    tables: dict[str, list[Columnar]] = {label: [one.rows, one.measures.metrics] for label, one in played.items()}
    write_metrics(stall.folder / "metrics.parquet", tables)
    write_text(stall.folder / "run.json", market_record(stall, played))
    write_report(stall.folder)


def _compare(stall: Stall, played: dict[str, Played]) -> None:
    """Add to every bidder's figures what it lost to the clairvoyant, if there is one."""
    best = next((spec.label for spec in stall.market.bidder if spec.controller == "clairvoyant"), None)
    if best is not None:
        bound = played[best].series.since(stall.yardstick.evaluate_from)
        for one in played.values():
            one.rows.add_regret(one.series.since(stall.yardstick.evaluate_from), bound, stall.auctions.campaigns.target)
