"""What to run: scenario files, their shape, their defaults and their errors."""

from scenarios import catalogue
from scenarios.checks import Check, attribution_window_in, methods_in
from scenarios.durations import format_duration, parse_duration
from scenarios.grid import Cell, Grid
from scenarios.instants import format_instant, parse_instant
from scenarios.livestream import KuaiLiveLog, LivestreamLog
from scenarios.logs import CompleteJourneyLog, CriteoLog, SyntheticLog, TableLog
from scenarios.problems import Problem, ScenarioError, mismatch, unknown_key, unknown_name
from scenarios.scenario import Scenario
from scenarios.schema import schema
from scenarios.sections import Clock, Feed, GridSpec, Learner, MethodSpec, Metrics, Tune

load_scenario = Scenario.load

__all__ = [
    "Cell",
    "Check",
    "Clock",
    "CompleteJourneyLog",
    "CriteoLog",
    "Feed",
    "Grid",
    "GridSpec",
    "KuaiLiveLog",
    "Learner",
    "LivestreamLog",
    "MethodSpec",
    "Metrics",
    "Problem",
    "Scenario",
    "ScenarioError",
    "SyntheticLog",
    "TableLog",
    "Tune",
    "attribution_window_in",
    "catalogue",
    "format_duration",
    "format_instant",
    "load_scenario",
    "methods_in",
    "mismatch",
    "parse_duration",
    "parse_instant",
    "schema",
    "unknown_key",
    "unknown_name",
]
