"""From the [log] section to the reader that serves it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from replay.aggregates import key_columns
from replay.errors import LogError
from replay.readers import CompleteJourneyReader, CriteoReader, KuaiLiveReader, OutcomeColumns, TableReader
from replay.readers.base import LogReader
from replay.worlds import Category, DelayPart, GiftRefunds, Gifts, LivestreamWorld, Numeric, Refunds, SyntheticWorld
from scenarios import Scenario
from simulator import build
from simulator.feed_faults import segments_kept
from simulator.world_changes import changes_of


def reader_of(scenario: Scenario, frame: Any = None, cache: Path | None = None) -> LogReader:
    """Return the reader of a scenario's log.

    Parameters
    ----------
    scenario : Scenario
    frame : dataframe, optional
        Read in place of `log.path`; any with the Arrow PyCapsule interface.
    cache : Path, optional
        Where digests of files are remembered.
    """
    return _READERS[scenario.log.kind](scenario, frame, cache)


def _synthetic(scenario: Scenario, frame: Any, cache: Path | None) -> LogReader:  # noqa: ARG001  (nothing is read)
    log: Any = scenario.log
    return SyntheticWorld(
        clicks=log.clicks,
        days=log.days,
        seed=scenario.seed,
        start=log.start,
        conversion_rate=log.conversion_rate,
        categorical=tuple(Category(**feature.model_dump()) for feature in log.categorical),
        numeric=tuple(Numeric(**feature.model_dump()) for feature in log.numeric),
        delay=tuple(DelayPart(**part.model_dump()) for part in log.delay),
        delay_by=log.delay_by,
        delay_strength=log.delay_strength,
        gifts=Gifts(**log.gifts.model_dump()) if log.gifts else None,
        refunds=Refunds(**log.refunds.model_dump()) if log.refunds else None,
        changes=changes_of(log.change, scenario.seed),
        attribution_window=scenario.clock.attribution_window,
        net=scenario.clock.net,
    )


def _livestream(scenario: Scenario, frame: Any, cache: Path | None) -> LogReader:  # noqa: ARG001  (nothing is read)
    log: Any = scenario.log
    plain = log.model_dump(exclude={"kind", "delay", "refunds", "aggregate"})
    return LivestreamWorld(
        **plain,
        seed=scenario.seed,
        delay=tuple(DelayPart(**part.model_dump()) for part in log.delay),
        refunds=GiftRefunds(**log.refunds.model_dump()) if log.refunds else None,
        attribution_window=scenario.clock.attribution_window,
        net=scenario.clock.net,
    )


def _table(scenario: Scenario, frame: Any, cache: Path | None) -> LogReader:
    log: Any = scenario.log
    outcomes = None
    if log.outcomes:
        columns = log.outcomes.model_dump(exclude={"path"})
        outcomes = OutcomeColumns(source=_located(scenario, log.outcomes.path), **columns)
    if frame is None and not log.path:
        raise LogError("log.path: expected a file, folder or glob, or a dataframe handed over from Python, got neither")
    return TableReader(
        frame if frame is not None else _located(scenario, log.path),
        click_time=log.click_time,
        conversion_time=log.conversion_time,
        amount=log.amount,
        click_id=log.click_id,
        categorical=log.categorical,
        numeric=log.numeric,
        segments=_carried(scenario),
        time_unit=log.time_unit,
        timezone=log.timezone,
        outcomes=outcomes,
        outcome_kind=log.outcome_kind,
        true_probability=log.true_probability,
        true_value=log.true_value,
        outcomes_until=log.outcomes_until,
        observed_until=log.observed_until,
        cache=cache,
    )


def _criteo(scenario: Scenario, frame: Any, cache: Path | None) -> LogReader:  # noqa: ARG001  (files alone)
    log: Any = scenario.log
    return CriteoReader(_located(scenario, log.path), origin=log.origin, segments=_carried(scenario), cache=cache)


def _kuailive(scenario: Scenario, frame: Any, cache: Path | None) -> LogReader:  # noqa: ARG001  (files alone)
    log: Any = scenario.log
    return KuaiLiveReader(
        _located(scenario, log.path),
        gift_time=log.gift_time,
        outcomes_until=log.outcomes_until,
        categorical=log.categorical,
        numeric=log.numeric,
        segments=_carried(scenario),
        cache=cache,
    )


def _complete_journey(scenario: Scenario, frame: Any, cache: Path | None) -> LogReader:  # noqa: ARG001  (as above)
    return CompleteJourneyReader(segments=_carried(scenario))


def _carried(scenario: Scenario) -> tuple[str, ...]:
    """Return the columns that are read though they need not be features: segments, and keys of aggregates."""
    return tuple(dict.fromkeys((*segments_kept(scenario), *key_columns(build.aggregates(scenario)))))


def _located(scenario: Scenario, paths: Any) -> list[str]:
    return [path if "://" in path else str(scenario.locate(path)) for path in paths]  # the reader refuses addresses


_READERS: Mapping[str, Callable[[Scenario, Any, Path | None], LogReader]] = {
    "synthetic": _synthetic,
    "livestream": _livestream,
    "table": _table,
    "criteo": _criteo,
    "kuailive": _kuailive,
    "completejourney": _complete_journey,
}
