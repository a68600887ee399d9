"""The shape of [[log.change]]: what does not stay as it was in the synthetic world, with all defaults and ranges.

Times count from the start of the log.  Changes add up: factors multiply, shifts of log-odds are summed.
"""

from typing import Annotated, Literal

from pydantic import Field

from scenarios.durations import DAY, WEEK
from scenarios.fields import Column, Duration, PositiveDuration, Settings, Share, Words

_KIND = Words(noun="kind of change")
_Factor = Annotated[float, Field(gt=0, le=1_000)]
_At = Annotated[Duration, Field(description="When it begins, after the start of the log.")]
_Until = Annotated[Duration | None, Field(description="When it ends, after the start of the log. Default: never.")]
_RampEnd = Annotated[Duration, Field(description="When all of it is reached, after the start of the log; it stays.")]
_ConversionFactor = Annotated[
    _Factor | None,
    Field(
        description="Factor on every click's probability of a conversion, which stays below 1. "
        "Either this or `log_odds` must stand here."
    ),
]
_LogOdds = Annotated[
    float | None,
    Field(ge=-20, le=20, description="Shift of the log-odds of a conversion, in place of `factor`."),
]
_OfColumn = Annotated[
    Column | None,
    Field(description="Categorical feature: only clicks with one of `values` in it change. Default: all clicks."),
]
_OfValues = Annotated[
    Annotated[tuple[str, ...], Field(strict=False, min_length=1), Words(expected="a list of levels")] | None,
    Field(description='Levels of `column` whose clicks change, such as ["campaign_1", "campaign_7"].'),
]
_Of = Annotated[Column, Field(description="Categorical feature whose levels it is about.")]


class CvrStep(Settings):
    """The conversion rate is another from one moment on, for good or for a time."""

    kind: Annotated[Literal["cvr_step"], _KIND] = Field(description='"cvr_step": conversion rate, all at once.')
    at: _At
    until: _Until = None
    factor: _ConversionFactor = None
    log_odds: _LogOdds = None
    column: _OfColumn = None
    values: _OfValues = None


class CvrRamp(Settings):
    """The conversion rate goes to another level bit by bit, evenly in its logarithm (or in the log-odds)."""

    kind: Annotated[Literal["cvr_ramp"], _KIND] = Field(description='"cvr_ramp": conversion rate, bit by bit.')
    at: _At
    until: _RampEnd
    factor: _ConversionFactor = None
    log_odds: _LogOdds = None
    column: _OfColumn = None
    values: _OfValues = None


class CvrSeason(Settings):
    """The conversion rate goes up and down again and again, as a cosine of its logarithm (or of the log-odds)."""

    kind: Annotated[Literal["cvr_season"], _KIND] = Field(description='"cvr_season": conversion rate, up and down.')
    period: PositiveDuration = Field(default=DAY, description="Time from peak to peak.")
    peak: Duration = Field(default=0, description="When a peak is, after the start of the log.")
    factor: _ConversionFactor = None
    log_odds: _LogOdds = None
    column: _OfColumn = None
    values: _OfValues = None


class CvrWalk(Settings):
    """The conversion rate wanders: its log-odds make a random walk, drawn from the seed."""

    kind: Annotated[Literal["cvr_walk"], _KIND] = Field(description='"cvr_walk": conversion rate, at random.')
    per_day: float = Field(gt=0, le=10, description="Standard deviation of the log-odds after a day.")
    column: _OfColumn = None
    values: _OfValues = None


class EffectStep(Settings):
    """What a feature's levels mean for a conversion is drawn anew: good campaigns turn bad, and the other way round.

    The mean of the log-odds over all clicks stays.
    """

    kind: Annotated[Literal["effect_step"], _KIND] = Field(
        description='"effect_step": what levels mean, all at once (concept drift).'
    )
    at: _At
    until: _Until = None
    column: _Of


class DelayStep(Settings):
    """Conversions take longer, or less long, for the clicks from one moment on."""

    kind: Annotated[Literal["delay_step"], _KIND] = Field(description='"delay_step": delays, all at once.')
    at: _At
    until: _Until = None
    factor: _Factor = Field(description="Factor on every delay: 2 is slower, 0.5 faster labels.")
    column: _OfColumn = None
    values: _OfValues = None


class DelayRamp(Settings):
    """Conversions take longer and longer, or less and less long; by the time of the click."""

    kind: Annotated[Literal["delay_ramp"], _KIND] = Field(description='"delay_ramp": delays, bit by bit.')
    at: _At
    until: _RampEnd
    factor: _Factor = Field(description="Factor on every delay, once all is reached.")
    column: _OfColumn = None
    values: _OfValues = None


class TrafficGrowth(Settings):
    """Clicks per unit of time grow or shrink by the same factor again and again; their total stays `log.clicks`."""

    kind: Annotated[Literal["traffic_growth"], _KIND] = Field(
        description='"traffic_growth": ever more clicks, or ever fewer.'
    )
    factor: _Factor = Field(description="Factor on clicks per unit of time in each `every`: 2 doubles, 0.5 halves.")
    every: PositiveDuration = Field(default=WEEK, description="Time in which that happens.")
    at: Annotated[Duration, Field(description="When it begins, after the start of the log.")] = 0
    until: Annotated[
        Duration | None, Field(description="When traffic has grown enough, and stays. Default: never.")
    ] = None


class TrafficStep(Settings):
    """Clicks per unit of time are more or fewer from one moment on; their total stays `log.clicks`."""

    kind: Annotated[Literal["traffic_step"], _KIND] = Field(
        description='"traffic_step": more clicks, or fewer, all at once.'
    )
    at: _At
    until: _Until = None
    factor: _Factor = Field(description="Factor on clicks per unit of time.")


class TrafficCycle(Settings):
    """Clicks per unit of time go up and down with the hour of the day, or the day of the week."""

    kind: Annotated[Literal["traffic_cycle"], _KIND] = Field(description='"traffic_cycle": busy and quiet hours.')
    period: PositiveDuration = Field(default=DAY, description='"1d" for hours of the day, "7d" for days of the week.')
    peak: Duration = Field(default=0, description="When a peak is, after the start of the log.")
    factor: Annotated[float, Field(ge=1, le=1_000)] = Field(
        description="Clicks per unit of time at the peak over the usual; at the trough they are as many times fewer."
    )


class Promotion(Settings):
    """For a limited time there are more clicks, and they convert better."""

    kind: Annotated[Literal["promotion"], _KIND] = Field(description='"promotion": a spike of clicks and conversions.')
    at: _At
    until: Duration = Field(description="When it ends, after the start of the log.")
    traffic: _Factor = Field(description="Factor on clicks per unit of time.")
    factor: _Factor = Field(description="Factor on every click's probability of a conversion.")


class NewLevels(Settings):
    """From one moment on, a share of the clicks has a level that was never seen: new campaigns are launched."""

    kind: Annotated[Literal["new_levels"], _KIND] = Field(description='"new_levels": levels that nobody has seen.')
    at: _At
    column: _Of
    values: int = Field(
        ge=1, le=1_000_000, description="How many new levels; they are numbered on after those the feature has."
    )
    share: Share = Field(description="Share of the clicks from then on that have one of them.")
    log_odds: float = Field(
        default=0.0, ge=-20, le=20, description="Shift of their log-odds of a conversion, beside each one's own effect."
    )
    delay_factor: _Factor = Field(default=1.0, description="Factor on their delays: above 1, a new slow segment.")


class CovariateShift(Settings):
    """Levels change places in frequency: what was common becomes rare. What they mean for a conversion stays."""

    kind: Annotated[Literal["covariate_shift"], _KIND] = Field(
        description='"covariate_shift": other clicks come, which convert as ever.'
    )
    at: _At
    until: Annotated[
        Duration | None, Field(description="When all of it is reached, after the start of the log. Default: at once.")
    ] = None
    column: _Of
    share: Share = Field(default=1.0, description="Share of the clicks whose level is drawn by the other frequencies.")


Change = Annotated[
    CvrStep
    | CvrRamp
    | CvrSeason
    | CvrWalk
    | EffectStep
    | DelayStep
    | DelayRamp
    | TrafficGrowth
    | TrafficStep
    | TrafficCycle
    | Promotion
    | NewLevels
    | CovariateShift,
    Field(discriminator="kind"),
]
