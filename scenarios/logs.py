"""The shape of [log]: where the clicks come from, with all defaults and ranges."""

from typing import Annotated, Literal

from pydantic import Field

from scenarios.durations import HOUR, MINUTE
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

LogKind = Words(noun="kind of log")
Effect = Annotated[float, Field(ge=0, le=10)]


class CategoricalFeature(Settings):
    """A feature of named levels in the synthetic world."""

    name: Column = Field(description="What the column is called.")
    values: int = Field(
        ge=1, le=10_000_000, description="How many levels it can take: 5 devices, 2,000 sites, 100,000 users."
    )
    zipf: float = Field(
        1.1,
        ge=0,
        le=5,
        description="How unequal the levels are: level k is drawn in proportion to k^-zipf. "
        "0 makes all equally frequent; around 1 a few levels have most of the clicks and a long tail the rest.",
    )
    effect: Effect = Field(
        0.5,
        description="How much the level matters: the standard deviation of its shift of the conversion's log-odds. "
        "0 makes the feature noise.",
    )


class NumericFeature(Settings):
    """A standard normal feature in the synthetic world."""

    name: Column = Field(description="What the column is called.")
    effect: Effect = Field(
        0.3, description="Shift of the conversion's log-odds per standard deviation of the feature; 0 makes it noise."
    )


class DelayPart(Settings):
    """One part of the mixture that delays from click to conversion are drawn from."""

    share: float = Field(
        ge=0,
        description="Weight of this part; weights need not add up to 1, only their proportions count.",
    )
    mean: PositiveDuration = Field(description="Mean delay of this part.")
    kind: Annotated[Literal["exponential", "weibull", "lognormal"], Words(noun="kind of delay")] = Field(
        "exponential", description="Family of the distribution."
    )
    shape: float = Field(
        1.0,
        gt=0,
        le=20,
        description='Shape of the family, at the same mean: k of "weibull" (below 1 most conversions come early and a '
        'few very late; 1 is exponential), the standard deviation of the logarithm of "lognormal". '
        '"exponential" has none.',
    )


class Gifts(Settings):
    """Amounts that come with conversions in the synthetic world: lognormal, so a few are very large."""

    share: Share = Field(1.0, description="Share of conversions that bring an amount.")
    median: float = Field(10.0, gt=0, le=1e9, description="Half of the amounts are below this.")
    p99: float = Field(
        500.0, gt=0, le=1e9, description="99 % of the amounts are below this; its ratio to the median is the tail."
    )


class SyntheticLog(Settings):
    """A made-up log of a world whose true conversion probability is known for every click.

    It is the place to learn what a method does to calibration, since every figure has its reference. Features are
    drawn from their levels; each level shifts the log-odds of a conversion; delays are drawn from a mixture.
    """

    kind: Annotated[Literal["synthetic"], LogKind] = Field(description='"synthetic": a log made from the seed.')
    clicks: int = Field(200_000, ge=1, le=1_000_000_000, description="Number of clicks.")
    days: float = Field(30.0, gt=0, le=36_500, description="Time over which the clicks are spread.")
    start: Instant = Field(parse_instant("2025-01-01"), description="When the log begins.")
    conversion_rate: float = Field(0.1, gt=0, lt=1, description="Share of clicks that convert, however late.")
    categorical: Annotated[
        tuple[CategoricalFeature, ...], Field(strict=False), Words(expected="a list of [[log.categorical]] tables")
    ] = Field(
        (
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
        tuple[NumericFeature, ...], Field(strict=False), Words(expected="a list of [[log.numeric]] tables")
    ] = Field(
        (NumericFeature(name="recency", effect=0.3), NumericFeature(name="price", effect=0.2)),
        description="Numeric features. Writing one [[log.numeric]] replaces all the default ones.",
    )
    delay: Annotated[
        tuple[DelayPart, ...], Field(strict=False, min_length=1), Words(expected="one [[log.delay]] table or more")
    ] = Field(
        (DelayPart(share=0.5, mean=30 * MINUTE), DelayPart(share=0.5, mean=48 * HOUR)),
        description="Parts of the mixture that delays are drawn from, fast to slow. "
        "Writing one [[log.delay]] replaces the default ones.",
    )
    delay_by: Column | None = Field(
        None,
        description="Categorical feature whose levels are fast or slow: each shifts the log-odds of the last part of "
        "`delay` against the others. Without it, delays do not depend on the features.",
    )
    delay_strength: Effect = Field(0.0, description="Standard deviation of that shift from level to level.")
    gifts: Gifts | None = Field(None, description="Amounts that conversions bring; without it, none do.")
