"""What must hold between the keys of a scenario, beyond the type and the range of each."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from scenarios.aggregates import broken_aggregates
from scenarios.change_rules import change_problems, fault_problems
from scenarios.durations import DAY, format_duration
from scenarios.livestream import LivestreamLog
from scenarios.logs import SyntheticLog, TableLog
from scenarios.market_rules import broken_market_rules
from scenarios.problems import Problem, mismatch, unknown_name
from scenarios.sections import Clock, Feed, Learner, MethodSpec, Metrics, Pipeline, PipelineFault, Tune

_OF_TREES = ("library", "trees", "leaves", "retrain_every", "history", "balance")  # keys of learner


def broken_rules(sections: Mapping[str, Any], *, is_file: bool) -> list[Problem]:
    """Return what does not hold; a rule is left out if a section that it is about is broken itself.

    Parameters
    ----------
    sections : mapping
        The sections of a scenario that are sound by themselves.
    is_file : bool
        Whether the scenario comes from a file, and not from Python, where a dataframe may be handed over.
    """
    log, clock, methods = (sections.get(key) for key in ("log", "clock", "methods"))
    feed, learner, metrics = (sections.get(key) for key in ("feed", "learner", "metrics"))
    found: list[Iterable[Problem]] = []
    if isinstance(log, SyntheticLog):
        found += [_feature_names(log), _delay(log), _delay_by(log), _gifts(log)]
        found.append(change_problems(log))
        found += [_evaluation_start(log, clock)] if clock else []
    if isinstance(log, LivestreamLog):
        found += [_delay(log), _rooms(log), _evaluation_start(log, clock) if clock else ()]
    if isinstance(log, TableLog):
        found += [_columns(log), _path(log) if is_file else ()]
    if log:
        found.append(broken_aggregates(log))
    if log and metrics:
        found.append(_segments(log, metrics))
    found += [_labels(methods)] if methods else []
    found += [_learner(learner)] if learner else []
    found += [_own_learners(methods, learner)] if methods and learner else []
    pipeline = sections.get("pipeline")
    found += [_pipeline(pipeline), _drains(pipeline, clock) if clock else ()] if pipeline else []
    found += [_in_log(pipeline, log)] if pipeline and isinstance(log, SyntheticLog) else []
    found += [_latency(feed), fault_problems(feed, log)] if feed else []
    tune = sections.get("tune")
    found += [_rates(tune), _scored(tune, clock) if clock else ()] if tune else []
    found.append(broken_market_rules(sections))
    return [problem for problems in found for problem in problems]


def _feature_names(log: SyntheticLog) -> Iterator[Problem]:
    places = [(f"log.categorical[{n}].name", feature.name) for n, feature in enumerate(log.categorical)]
    places += [(f"log.numeric[{n}].name", feature.name) for n, feature in enumerate(log.numeric)]
    return _once(places, "a name that no other feature has")


def _once(places: Sequence[tuple[str, str]], expected: str) -> Iterator[Problem]:
    """Yield a problem for every name that stands in an earlier place too, upper and lower case being the same."""
    seen: dict[str, str] = {}
    for key, name in places:
        first = seen.setdefault(name.casefold(), key)
        if first != key:
            yield Problem(key, f"expected {expected}, got {name!r}, as at {first}")


def _delay(log: SyntheticLog | LivestreamLog) -> Iterator[Problem]:
    if not sum(part.share for part in log.delay):
        yield Problem("log.delay", "expected a share above 0 in at least one part, got 0 in all")
    for number, part in enumerate(log.delay):
        if part.kind == "exponential" and part.shape != 1:
            known = 'no shape for an exponential delay (kind = "weibull" and "lognormal" have one)'
            yield mismatch(f"log.delay[{number}].shape", known, part.shape)


def _rooms(log: LivestreamLog) -> Iterator[Problem]:
    if log.rooms_close and log.refunds:
        yield Problem("log.rooms_close", "expected false beside [log.refunds], which come after rooms have closed")


def _delay_by(log: SyntheticLog) -> Iterator[Problem]:
    names = [feature.name for feature in log.categorical]
    if log.delay_by is not None and log.delay_by not in names:
        yield unknown_name("log.delay_by", "categorical feature", log.delay_by, names)
    if log.delay_by is None and log.delay_strength:
        yield mismatch("log.delay_by", "the name of a categorical feature, as delay_strength is set", None)


def _gifts(log: SyntheticLog) -> Iterator[Problem]:
    if log.gifts and log.gifts.p99 < log.gifts.median:
        yield mismatch("log.gifts.p99", f"an amount of at least the median, {log.gifts.median}", log.gifts.p99)


def _evaluation_start(log: SyntheticLog | LivestreamLog, clock: Clock) -> Iterator[Problem]:
    if clock.evaluate_from >= log.days * DAY:
        start = format_duration(clock.evaluate_from)
        yield mismatch("clock.evaluate_from", f"less than the {log.days:g} days of the log", start)


def _columns(log: TableLog) -> Iterator[Problem]:
    places = [(f"log.categorical[{n}]", name) for n, name in enumerate(log.categorical or ())]
    places += [(f"log.numeric[{n}]", name) for n, name in enumerate(log.numeric or ())]
    for number, (key, name) in enumerate(places):
        if name in (earlier for _, earlier in places[:number]):
            yield mismatch(key, "each column once, as categorical or as numeric", name)
    roles = ("conversion_time", "amount", "true_probability", "true_value", "outcomes_until")
    later = {role: getattr(log, role) for role in roles}
    for key, name in places:
        what = next((role for role, column in later.items() if column == name), None)
        if what is not None:
            yield mismatch(key, f"a column that is known at the click, which log.{what} is not", name)


def _path(log: TableLog) -> Iterator[Problem]:
    if log.path is None:
        yield mismatch("log.path", "a path or a list of paths", None)


def _segments(log: Any, metrics: Metrics) -> Iterator[Problem]:
    names: list[str] = []
    if isinstance(log, SyntheticLog):
        names = [feature.name for feature in log.categorical]
    for number, segment in enumerate(metrics.segments):
        if names and segment not in names:
            yield unknown_name(f"metrics.segments[{number}]", "feature of the log", segment, names)
        if segment in metrics.segments[:number]:
            yield mismatch(f"metrics.segments[{number}]", "each column once", segment)


def _labels(methods: Sequence[MethodSpec]) -> Iterator[Problem]:
    places = [(f"method[{number}].label", method.label) for number, method in enumerate(methods)]
    return _once(places, "a label that no other method has")


def _learner(learner: Learner, key: str = "learner") -> Iterator[Problem]:
    default = Learner()
    other, keys = ("gbdt", _OF_TREES) if learner.kind == "logistic" else ("logistic", ("optimizer",))
    told = learner.model_dump(mode="json")
    for name in keys:
        if getattr(learner, name) != getattr(default, name):
            yield mismatch(f"{key}.{name}", f'no {name}, which only kind = "{other}" has', told[name])
    for name in ("l1", "beta"):
        if learner.optimizer != "ftrl" and getattr(learner, name) != getattr(default, name):
            yield mismatch(f"{key}.{name}", f'no {name}, which only optimizer = "ftrl" has', told[name])
    if learner.history < learner.retrain_every:
        longer = f"at least {key}.retrain_every, {told['retrain_every']}"
        yield mismatch(f"{key}.history", longer, told["history"])


def _own_learners(methods: Sequence[MethodSpec], shared: Learner) -> Iterator[Problem]:
    for number, method in enumerate(methods):
        if method.learner is None:
            continue
        key = f"method[{number}].learner"
        yield from _learner(method.learner, key)
        if "bits" in method.learner.model_fields_set and method.learner.bits != shared.bits:
            yield mismatch(f"{key}.bits", f"learner.bits, {shared.bits}: methods share one table", method.learner.bits)


def _latency(feed: Feed) -> Iterator[Problem]:
    if feed.kind != "lognormal" and feed.sigma != Feed().sigma:
        yield mismatch("feed.sigma", 'no sigma, which only kind = "lognormal" has', feed.sigma)


def _rates(tune: Tune) -> Iterator[Problem]:
    for number, rate in enumerate(tune.learning_rates):
        if rate in tune.learning_rates[:number]:
            yield mismatch(f"tune.learning_rates[{number}]", "each rate once", rate)


def _scored(tune: Tune, clock: Clock) -> Iterator[Problem]:
    window, start = clock.attribution_window, clock.evaluate_from
    if start <= window:
        longer = f"more than the attribution window, {format_duration(window)}, as [tune] scores clicks mature by then"
        yield mismatch("clock.evaluate_from", longer, format_duration(start))
    elif tune.score_from is not None and tune.score_from >= start - window:
        last = f"{format_duration(start)} - {format_duration(window)}"
        less = f"less than clock.evaluate_from - attribution_window, {last}, since later clicks are not mature by then"
        yield mismatch("tune.score_from", less, format_duration(tune.score_from))


def _pipeline(pipeline: Pipeline) -> Iterator[Problem]:
    for number, fault in enumerate(pipeline.fault):
        key = f"pipeline.fault[{number}]"
        if fault.kind != "crash" and fault.delivery is not None:
            yield mismatch(f"{key}.delivery", 'no delivery, which only kind = "crash" has', fault.delivery)
        if fault.kind != "poison" and fault.rollback_after is not None:
            found = format_duration(fault.rollback_after)
            yield mismatch(f"{key}.rollback_after", 'no rollback_after, which only kind = "poison" has', found)
        if fault.kind != "crash" and not fault.lasts:
            yield mismatch(f"{key}.lasts", "a duration above 0s", "0s")
    ordered = sorted(enumerate(pipeline.fault), key=lambda one: one[1].at)
    for (first, one), (second, other) in pairwise(ordered):
        if other.at < _over(one):
            told = f"a time after pipeline.fault[{first}] is over, {format_duration(_over(one))}"
            yield mismatch(f"pipeline.fault[{second}].at", told, format_duration(other.at))


def _over(fault: PipelineFault) -> int:
    """Return when nothing of a fault is left to be done, us after the first click."""
    return fault.at + max(fault.lasts, 1) + (fault.rollback_after or 0)


def _drains(pipeline: Pipeline, clock: Clock) -> Iterator[Problem]:
    if not clock.publish_every and (pipeline.fault or pipeline.capacity is not None):
        yield mismatch("clock.publish_every", "a duration above 0s, as the pipeline has faults or a capacity", "0s")


def _in_log(pipeline: Pipeline, log: SyntheticLog) -> Iterator[Problem]:
    for number, fault in enumerate(pipeline.fault):
        if fault.at >= log.days * DAY:
            told = f"less than the {log.days:g} days of the log"
            yield mismatch(f"pipeline.fault[{number}].at", told, format_duration(fault.at))
