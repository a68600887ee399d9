"""The shape of [[feed.fault]]: what goes wrong between outcomes and the trainer, with all defaults and ranges.

Times count from the log's first click.  Faults work on synthetic and on replayed logs alike.
"""

from typing import Annotated, Literal

from pydantic import Field

from scenarios.fields import Column, Duration, PositiveDuration, Settings, Words

_KIND = Words(noun="kind of fault")
_From = Annotated[Duration, Field(description="When it begins, after the log's first click.")]
_Until = Annotated[Duration | None, Field(description="When it ends, after the log's first click. Default: never.")]
_Part = Annotated[float, Field(gt=0, le=1)]


class Outage(Settings):
    """The feed is silent for a time; what is due then comes once it is over, at once or one after the other.

    With `column` and `value` only outcomes of clicks with that value are held back. The feed's watermark stands still
    all the same, as long as anything is missing: complete means complete.
    """

    kind: Annotated[Literal["outage"], _KIND] = Field(description='"outage": nothing comes for a time.')
    at: Duration = Field(description="When it begins, after the log's first click.")
    until: Duration = Field(description="When it ends, after the log's first click.")
    flush_per_hour: float | None = Field(
        default=None,
        gt=0,
        le=1e9,
        description="Outcomes an hour at which the backlog drains afterwards, first come, first served, until there is "
        "none. Default: all at once.",
    )
    column: Column | None = Field(default=None, description="Column by which clicks are hit. Default: all are.")
    value: str | None = Field(default=None, description="Its value, as text, in the clicks that are hit.")


class Loss(Settings):
    """Some outcomes never arrive. The watermark does not know: it goes on."""

    kind: Annotated[Literal["loss"], _KIND] = Field(description='"loss": outcomes that never arrive.')
    share: _Part = Field(description="Share of the outcomes that is lost, each by its own draw.")
    at: _From = 0
    until: _Until = None


class Duplicates(Settings):
    """Some outcomes are delivered twice. Each is applied once; the second is counted and dropped."""

    kind: Annotated[Literal["duplicates"], _KIND] = Field(description='"duplicates": outcomes that arrive twice.')
    share: _Part = Field(description="Share of the outcomes that come again, each by its own draw.")
    later: PositiveDuration = Field(
        default=60_000_000, description="Mean time after which they come again, drawn from an exponential distribution."
    )
    at: _From = 0
    until: _Until = None


class Reordering(Settings):
    """Outcomes take an extra time drawn for each, so that later ones overtake earlier ones."""

    kind: Annotated[Literal["reordering"], _KIND] = Field(description='"reordering": outcomes overtake each other.')
    latency: PositiveDuration = Field(description="Mean of the extra time, which is exponential.")
    at: _From = 0
    until: _Until = None


class ClockSkew(Settings):
    """Outcomes carry a wrong time. They arrive when they would, but the attribution window is judged by what they say.

    A time before the click counts as that of the click. The watermark knows nothing of it.
    """

    kind: Annotated[Literal["clock_skew"], _KIND] = Field(description='"clock_skew": outcomes with a wrong time.')
    ahead: PositiveDuration | None = Field(
        default=None, description="How much later than it was. Either this or `behind` must stand here."
    )
    behind: PositiveDuration | None = Field(default=None, description="How much earlier than it was.")
    at: _From = 0
    until: _Until = None


Fault = Annotated[Outage | Loss | Duplicates | Reordering | ClockSkew, Field(discriminator="kind")]
