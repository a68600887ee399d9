"""The shape of [log] for live streams: the published log of KuaiLive, and a world made up in its shape."""

from typing import Annotated, Literal

from pydantic import Field

from scenarios.aggregates import Aggregates
from scenarios.durations import DAY
from scenarios.fields import Columns, Duration, Instant, Paths, PositiveDuration, Settings, Share, Words
from scenarios.instants import parse_instant
from scenarios.logs import DelayPart

_KIND = Words(noun="kind of log")
_LogSpread = Annotated[float, Field(ge=0, le=4)]
_MINUTES_AND_HOURS = tuple(
    DelayPart.model_validate(part)
    for part in (
        {"share": 0.85, "mean": "6m", "kind": "lognormal", "shape": 1.2},
        {"share": 0.15, "mean": "4h"},
    )
)


class LivestreamRefunds(Settings):
    """Gifts that are taken back later, each whole. Labels do not know of it, money does."""

    share: Share = Field(description="Share of the gifts that are taken back.")
    mean: PositiveDuration = Field(
        default=3 * DAY, description="Mean time from gift to refund, drawn from an exponential distribution."
    )


class LivestreamLog(Settings):
    """A made-up log of live streams: the true chance of a gift and the true expected money of every click are known.

    Gifts are rare and their prices shaped as published for KuaiLive: half cost about 2, one in a hundred some 1,400 or
    more, and one viewer in a hundred gives more than half of all the money. A viewer comes back to favourite streamers,
    so that what a pair did tells what it will do; gifts that come late are larger, so that money is later than gifts.
    """

    kind: Annotated[Literal["livestream"], _KIND] = Field(description='"livestream": a log made from the seed.')
    clicks: int = Field(
        default=500_000, ge=1, le=1_000_000_000, description="Number of clicks; each opens a visit to a room."
    )
    days: float = Field(default=21.0, gt=0, le=36_500, description="Time over which the clicks are spread.")
    start: Instant = Field(default=parse_instant("2025-05-04T16:00:00Z"), description="When the log begins.")
    users: int = Field(
        default=2_500,
        ge=1,
        le=1_000_000,
        description="Number of viewers. 200 clicks each, as in KuaiLive, bring about four gifts each.",
    )
    streamers: int = Field(default=5_000, ge=1, le=1_000_000, description="Number of streamers.")
    gift_rate: float = Field(
        default=0.02, gt=0, lt=1, description="Share of clicks that bring a gift or several, however late."
    )
    extra_gifts: float = Field(default=0.3, ge=0, le=100, description="Mean number of gifts after a click's first.")
    median: float = Field(default=2.0, gt=1, le=1e6, description="About half of the gifts cost at most this.")
    spread: _LogSpread = Field(
        default=1.7,
        description="Standard deviation of the log of the price between gifts of one viewer to one streamer.",
    )
    whales: _LogSpread = Field(
        default=2.3,
        description="Standard deviation of the log of the price between viewers; it decides how much of the money "
        "comes from how few.",
    )
    largest: float = Field(default=30_000.0, ge=1, le=1e9, description="No gift costs more than this and one.")
    delay: Annotated[
        tuple[DelayPart, ...],
        Field(strict=False, min_length=1),
        Words(expected="one or more tables headed [[log.delay]]"),
    ] = Field(
        default=_MINUTES_AND_HOURS,
        description="Parts of the mixture that delays from click to gift are drawn from, early to late. Some streamers "
        "get more gifts of the last part than others. Writing one [[log.delay]] replaces the default ones.",
    )
    late_factor: float = Field(
        default=3.0, ge=0.01, le=100, description="How much larger gifts of the last part of `delay` are."
    )
    refunds: LivestreamRefunds | None = Field(
        default=None, description="Gifts that are taken back; without it, none are."
    )
    rooms_close: bool = Field(
        default=False,
        description="Whether gifts stop when the room closes; there is a new one every four hours. The log then "
        "says when each click's room closes, so that its label is sure by then. Not with refunds.",
    )
    aggregate: Aggregates = ()


class KuaiLiveLog(Settings):
    """The KuaiLive log of live streams as published: click.csv, gift.csv, and who and what they are about.

    A click is a visit to a room, its outcomes are gifts. A gift belongs to the last click of its viewer on its room
    that is not later than the gift.
    """

    kind: Annotated[Literal["kuailive"], _KIND] = Field(
        description='"kuailive": a folder with click.csv, gift.csv and, if there, room.csv, user.csv and streamer.csv.'
    )
    path: Paths = Field(description="The folder; relative to the folder of the scenario file.")
    gift_time: Annotated[Literal["session_end", "recorded"], Words(noun="time of a gift")] = Field(
        default="session_end",
        description="When a gift happened that bears the very time of its click, as most of them do, since the "
        "publisher stamps what a viewer does with the time of the visit. "
        '"session_end": when the visit ends, at the click plus watch_live_time, the latest it can have been; '
        '"recorded": at the click itself, which is earlier than anybody could know.',
    )
    categorical: Columns | None = Field(
        default=None, description="Columns to learn from by value. Default: chosen by type and name, and told."
    )
    numeric: Columns | None = Field(
        default=None, description="Columns to learn from by size. Default: chosen by type and name, and told."
    )
    outcomes_until: Annotated[Literal["room_end", "visit_end", "window"], Words(noun="end of outcomes")] = Field(
        default="room_end",
        description='When nothing can come of a click any more, so that its label is sure. "room_end": when the room '
        'closes (end_timestamp in room.csv); "visit_end": at the click plus watch_live_time; "window": never before '
        "`clock.attribution_window` is over, which it is for all at the latest.",
    )
    clock_skew: Annotated[
        Duration,
        Field(description="How far a gift may come before its viewer's click on that room and still be its own."),
    ] = 0
    max_quarantined: Annotated[
        Share,
        Field(
            description="Largest share of rows that may be refused before the run is; what is refused is counted. "
            "Of the published gifts, some in a hundred have no click."
        ),
    ] = 0.2
    aggregate: Aggregates = ()
