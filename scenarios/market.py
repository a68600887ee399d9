"""The shape of the market section: auctions, prices, campaigns, what changes, and who bids how."""

import re
from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from scenarios.durations import DAY, HOUR
from scenarios.fields import Column, Duration, Label, Parameter, PositiveDuration, Settings, Words
from scenarios.logs import DelayPart

_Amount = Annotated[float, Field(gt=0, le=1e9)]
_Level = Annotated[float, Field(gt=0, le=1)]


class Prices(Settings):
    """The highest competing price of every auction, drawn for each from the seed and its place in the log."""

    kind: Annotated[Literal["lognormal", "power"], Words(noun="kind of prices")] = Field(
        default="lognormal",
        description='"lognormal", or "power": the chance to win grows as a power of the bid, up to a highest price.',
    )
    median: _Amount = Field(default=0.05, description="Half of the competing prices are below it.")
    sigma: float = Field(
        default=0.8, gt=0, le=5, description='Standard deviation of their logarithm; "lognormal" alone has it.'
    )
    elasticity: float = Field(
        default=1.0, gt=0, le=20, description='The power; "power" alone has it: a bid 1 % higher wins so many % more.'
    )
    typical: float = Field(
        default=0.1, gt=0, lt=1, description="True probability of a click whose price is as drawn, see `follows`."
    )
    follows: float = Field(
        default=0.0,
        ge=0,
        le=2,
        description="How much the competitors know: prices grow as this power of true probability over `typical`. "
        "For logs that know their true probabilities.",
    )


class Campaign(Settings):
    """One campaign's own terms; what is not set is as for all."""

    name: Column = Field(description="Its value in the column of campaigns.")
    target: _Amount | None = Field(default=None, description="Its cost per value.")
    budget: _Amount | None = Field(default=None, description="Most it spends in a UTC day.")
    launch: Duration = Field(default=0, description="It bids from this long after the log's first click.")


class Change(Settings):
    """Something that is otherwise before and after a moment."""

    of: Annotated[Literal["conversions", "traffic"], Words(noun="thing to change")] = Field(
        description='"conversions": the share of conversions that take place; "traffic": the share of auctions held.'
    )
    at: PositiveDuration = Field(description="When, from the log's first click on.")
    before: _Level = Field(default=1.0, description="Share that is left before; 0.5 with 1 after is a doubling.")
    after: _Level = Field(default=1.0, description="Share that is left from then on.")


class BidderSpec(Settings):
    """One way of bidding: a method's predictions, an estimator of the value so far, and a controller.

    All bidders of a scenario meet the same auctions, each with a learner, a book and controllers of its own.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Parameter]

    label: Label = Field(
        description="What it is called in the results; must be unique. Default: its controller and estimator, followed "
        "by its parameters where several are alike."
    )
    method: str | None = Field(default=None, description="Label of the method that predicts. Default: the first one.")
    controller: str = Field(default="pid", description="pid, dual, fixed or clairvoyant.")
    estimator: str = Field(
        default="counted",
        description="counted, arrived, mature, chain_ladder, predicted, posterior_fill or bornhuetter_ferguson.",
    )
    delays: Annotated[Literal["learned", "given"], Words(noun="way to know the delays")] = Field(
        default="learned",
        description='Whose cdf the estimator goes by: "learned" from what has arrived, or "given" by `market.delay`.',
    )

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What stands in its table beside the keys above, as in the file."""
        return MappingProxyType(self.__pydantic_extra__)


def with_bidder_labels(tables: Any) -> Any:
    """Return [[market.bidder]] tables with a label in each; what is malformed is left for validation to name."""
    if not isinstance(tables, list):
        return tables
    words = [_words(table) if isinstance(table, Mapping) else "" for table in tables]
    alike = Counter(words)
    return [
        {"label": _slug(word, table if alike[word] > 1 else {}), **table} if isinstance(table, Mapping) else table
        for word, table in zip(words, tables, strict=True)
    ]


def _words(table: Mapping[str, Any]) -> str:
    controller = str(table.get("controller", "pid"))
    return controller if controller in ("fixed", "clairvoyant") else f"{controller}-{table.get('estimator', 'counted')}"


def _slug(word: str, table: Mapping[str, Any]) -> str:
    own = [str(table[key]) for key in sorted(table) if key not in ("label", "controller", "estimator")]
    return re.sub(r"[^A-Za-z0-9_.+-]+", "-", "-".join([word, *own])).strip("-.")[:100] or "bidder"


Bidders = Annotated[
    tuple[BidderSpec, ...],
    Field(strict=False, min_length=1),
    BeforeValidator(with_bidder_labels),
    Words(expected="one or more tables headed [[market.bidder]]"),
]


class Market(Settings):
    """Takes the clicks of the log for auctions: each is won or not, and only what is won is paid, shown and learned.

    Bids are target * predicted value * the controller's multiplier. What each auction would have brought if won, and
    when, is fixed beforehand, so that all bidders meet the same world.
    """

    campaign: Column = Field(default="campaign", description="Column of the log whose values are the campaigns.")
    auction: Annotated[Literal["first", "second"], Words(noun="kind of auction")] = Field(
        default="second", description='What a winner pays: its bid ("first") or the highest competing price ("second").'
    )
    value: Annotated[Literal["conversions", "money"], Words(noun="value")] = Field(
        default="conversions", description="What is bought: conversions, or the money that they bring."
    )
    amount: _Amount = Field(
        default=1.0, description='What a conversion is taken to bring until that is known, where value = "money".'
    )
    target: _Amount = Field(default=1.0, description="Cost per value to steer to.")
    budget: _Amount | None = Field(
        default=None, description="Most that a campaign spends in a UTC day. None: no limit."
    )
    update_every: PositiveDuration = Field(default=HOUR, description="How often multipliers are set anew.")
    lookback: PositiveDuration = Field(
        default=2 * DAY, description="Cost per value is taken over the clicks of this stretch before now."
    )
    prices: Prices = Field(default=Prices(), description="What competitors bid.")
    campaigns: Annotated[
        tuple[Campaign, ...], Field(strict=False), Words(expected="tables headed [[market.campaigns]]")
    ] = Field(default=(), description="Campaigns with terms of their own.")
    change: Annotated[tuple[Change, ...], Field(strict=False), Words(expected="tables headed [[market.change]]")] = (
        Field(default=(), description="What changes in the world.")
    )
    delay: Annotated[tuple[DelayPart, ...], Field(strict=False), Words(expected="tables headed [[market.delay]]")] = (
        Field(
            default=(),
            description="Parts of the mixture of delays that bidders take for given, or start from where they learn. "
            "Without it they begin with a cdf that rises evenly over the logarithm of the age.",
        )
    )
    bidder: Bidders = Field(description="Ways of bidding.")
