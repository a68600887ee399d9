"""The shape of the other sections: learner, tuning, clock, feed, methods and metrics, with defaults and ranges."""

import re
from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    model_serializer,
)

from scenarios.durations import DAY, HOUR
from scenarios.faults import Fault
from scenarios.fields import Column, Duration, Label, Parameter, PositiveDuration, Settings, Words
from scenarios.problems import show

_Penalty = Annotated[float, Field(ge=0, le=1e6)]


class Learner(Settings):
    """What learns: a hashed linear model, one step per example, or boosted trees, retrained every so often.

    Either learns probabilities or, under methods for money, expected values.
    """

    kind: Annotated[Literal["logistic", "gbdt"], Words(noun="kind of learner")] = Field(
        default="logistic",
        description='"logistic": hashed logistic regression, in order; "gbdt": gradient boosted trees on the raw '
        "columns, retrained from nothing, for methods that show each click once.",
    )
    optimizer: Annotated[Literal["sgd", "adagrad", "ftrl"], Words(noun="optimizer")] = Field(
        default="adagrad",
        description='How a gradient becomes a step: "sgd" takes the same step size for all weights for ever, '
        '"adagrad" a smaller one for weights seen often; "ftrl" is adagrad with penalties that keep rare weights at 0.',
    )
    learning_rate: float = Field(
        default=0.05, ge=1e-9, le=100, description="Step size (alpha of ftrl). Larger adapts faster and is noisier."
    )
    bits: int = Field(
        default=20, ge=8, le=28, description="Features share a table of 2^bits weights; fewer bits, more collisions."
    )
    l1: _Penalty = Field(default=0.0, description="Pull of weights to exactly 0; ftrl alone has it.")
    l2: _Penalty = Field(default=0.0, description="Pull of weights towards 0.")
    beta: float = Field(
        default=1.0, ge=1e-9, le=1e6, description="Damping of the first steps of a weight; ftrl alone has it."
    )
    library: Annotated[Literal["sklearn", "lightgbm"], Words(noun="library")] = Field(
        default="sklearn",
        description='Whose trees: those of scikit-learn, or of LightGBM, which is an extra. "gbdt" alone has it, as '
        "all keys below.",
    )
    trees: int = Field(default=100, ge=1, le=100_000, description="How many trees.")
    leaves: int = Field(default=31, ge=2, le=100_000, description="Leaves to a tree, at most.")
    retrain_every: PositiveDuration = Field(
        default=DAY,
        description='How often it is trained, from nothing: at every round multiple since 1970, so that "1d" is every '
        "UTC midnight.",
    )
    history: PositiveDuration = Field(
        default=14 * DAY,
        description="A training sees the examples that came due in this time before it. Memory goes with their number.",
    )
    balance: bool = Field(
        default=False,
        description="Weigh positives up to as much as negatives in a training, and undo it in the odds served.",
    )


_Rate = Annotated[float, Field(ge=1e-9, le=100)]


class Tune(Settings):
    """Lets every method learn at its own best learning rate, instead of `learner.learning_rate`.

    At one rate for all, the order of methods is an accident. Each rate is tried on the clicks before
    `clock.evaluate_from`, and scored on those of them whose labels are mature by then, so that nothing from the
    evaluated time decides: by the NLL, or, of methods that predict money, by its Poisson deviance (Gamma, on gifts
    alone). A method that scores the same at all rates keeps `learner.learning_rate`.
    """

    learning_rates: Annotated[
        tuple[_Rate, ...],
        Field(strict=False, min_length=1),
        Words(expected="a list of numbers from 1e-09 to 100"),
    ] = Field(
        default=(0.01, 0.02, 0.05, 0.1, 0.2), description="What is tried; each costs a replay of the days before."
    )
    score_from: Duration | None = Field(
        default=None,
        description="Clicks are scored from this long after the log's first click. Default: half of the time to the "
        "last click that is mature at evaluate_from.",
    )


class Clock(Settings):
    """When things happen: what counts as a conversion, and how often the model is trained and served anew."""

    attribution_window: PositiveDuration = Field(
        default=7 * DAY,
        description="Longest delay that still counts. It fixes the true label, which is mature only this long after "
        "the click, for positives too.",
    )
    label: Annotated[Literal["conversion", "net_conversion"], Words(noun="label")] = Field(
        default="conversion",
        description='What makes a click positive: "conversion", if it converted inside the attribution window, or '
        '"net_conversion", if it also was not refunded inside it; both windows are counted from the click.',
    )
    evaluate_from: Duration = Field(
        default=0,
        description="Clicks count in the metrics from this long after the log's first click; before, models warm up.",
    )
    publish_every: Duration = Field(
        default=HOUR,
        description="How often the model learns what has arrived and is served anew. "
        '"0s" is event by event: exact, and slow.',
    )
    publish_lag: Duration = Field(
        default=0, description="Time from learning to serving: training, validation, rollout."
    )
    batch: int = Field(
        default=1024,
        ge=1,
        le=10_000_000,
        description="Examples between two looks of a correction at the current model.",
    )

    @property
    def net(self) -> bool:
        """Whether labels know refunds."""
        return self.label == "net_conversion"


class Feed(Settings):
    """How outcomes travel from where they happen to the trainer, who can only learn from what has arrived."""

    kind: Annotated[Literal["constant", "exponential", "lognormal"], Words(noun="kind of feed")] = Field(
        default="constant", description="Whether every outcome takes the same time, or a time drawn for each."
    )
    latency: Duration = Field(default=0, description="Time an outcome takes; the mean, where it is drawn.")
    sigma: float = Field(
        default=1.0,
        gt=0,
        le=10,
        description='Standard deviation of the logarithm of the latency; "lognormal" alone has it.',
    )
    fault: Annotated[tuple[Fault, ...], Field(strict=False), Words(expected="tables headed [[feed.fault]]")] = Field(
        default=(), description="What goes wrong on the way, and when."
    )


class PipelineFault(Settings):
    """Something that goes wrong on the trainer's side, for all methods alike."""

    kind: Annotated[Literal["crash", "poison", "unpublished"], Words(noun="kind of pipeline fault")] = Field(
        description='"crash": the trainer is down, and the last published models serve on; afterwards it goes on from '
        'its last checkpoint. "poison": what comes due in this time is learned with its label inverted and its amount '
        'a thousandfold. "unpublished": it learns, but the models of before serve on.',
    )
    at: Duration = Field(description="When it begins, after the log's first click.")
    lasts: Duration = Field(
        default=0, description='How long it lasts. A "crash" of "0s" is a restart between two publishes.'
    )
    delivery: Annotated[Literal["exactly_once", "at_least_once", "at_most_once"], Words(noun="delivery")] | None = (
        Field(
            default=None,
            description='What becomes of the examples between the last checkpoint and the crash; "crash" alone has it. '
            '"exactly_once" (the default): models and place in the stream go back together, and nothing is lost. '
            '"at_least_once": the place goes back, the models do not, and learn them again. "at_most_once": the models '
            "go back, the place does not, and never see them again.",
        )
    )
    rollback_after: Duration | None = Field(
        default=None,
        description='"poison" alone has it: how long after its end somebody notices, goes back to the checkpoint '
        "before and learns everything since but the poison. Without it nobody does.",
    )


class Pipeline(Settings):
    """The trainer's side of the pipeline, and what goes wrong there."""

    capacity: Annotated[int, Field(ge=1)] | None = Field(
        default=None,
        description="Most examples that can be learned in one `clock.publish_every`; what is left waits, oldest first. "
        "Without it, all of them.",
    )
    checkpoint_every: PositiveDuration = Field(
        default=6 * HOUR,
        description="How often the simulated trainer saves its models: as far as a crash takes it back.",
    )
    fault: Annotated[
        tuple[PipelineFault, ...], Field(strict=False), Words(expected="tables headed [[pipeline.fault]]")
    ] = Field(default=(), description="What goes wrong, one [[pipeline.fault]] each.")


class MethodSpec(Settings):
    """A way of coping with late labels, with its own parameters; the methods page describes them.

    All methods of a scenario are played on the same log and the same clock, each with a learner of its own.
    """

    model_config = ConfigDict(extra="allow", json_schema_extra=lambda schema: schema.update(required=["name"]))
    __pydantic_extra__: dict[str, Parameter]

    name: str = Field(description="Which method, such as oracle, waiting_window or fnw.")
    label: Label = Field(
        description="What it is called in the results; must be unique. Default: the name, followed by the parameters "
        "where a scenario has several of one name, such as waiting_window-1h."
    )
    learner: Learner | None = Field(
        default=None,
        description="What learns under this method, [method.learner], in the place of [learner]. A rate that stands in "
        "it is kept where there is [tune]; `bits` are always those of [learner].",
    )

    @model_serializer(mode="wrap")
    def _as_written(self, handler: SerializerFunctionWrapHandler, info: SerializationInfo) -> dict[str, Any]:
        """Leave out a learner that is not there, and of one that is what was left to its defaults."""
        plain: dict[str, Any] = handler(self)
        del plain["learner"]
        if self.learner is not None:
            plain["learner"] = self.learner.model_dump(mode=info.mode, exclude_unset=True)
        return plain

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What stands in its table beside name, label and learner, as in the file."""
        return MappingProxyType(self.__pydantic_extra__)


def with_labels(tables: Any) -> Any:
    """Return [[method]] tables with a label in each; what is malformed is left for validation to name."""
    if not isinstance(tables, list):
        return tables
    names = Counter(str(table.get("name")) for table in tables if isinstance(table, Mapping))
    return [{"label": _label(table, names), **table} if isinstance(table, Mapping) else table for table in tables]


def _label(table: Mapping[str, Any], names: Counter[str]) -> str:
    name = str(table.get("name"))
    parameters = sorted(set(table) - {"name", "label"}) if names[name] > 1 else []
    words = [name, *(_word(table[key]) for key in parameters)]
    parts = [re.sub(r"[^A-Za-z0-9_.+]+", "-", word).strip("-.") for word in words]
    return "-".join(part for part in parts if part).lstrip("-_.+")[:100] or "method"


def _word(value: Any) -> str:
    if isinstance(value, Mapping):
        return str(value.get("kind", ""))
    if isinstance(value, list):
        return "+".join(show(item).strip("'") for item in value)
    return show(value).strip("'")


Methods = Annotated[
    tuple[MethodSpec, ...],
    Field(strict=False, min_length=1),
    BeforeValidator(with_labels),
    Words(expected="one or more tables headed [[method]]"),
]


class Metrics(Settings):
    """What is measured, over time, from one recorded prediction per click."""

    window: PositiveDuration = Field(
        default=DAY, description="Length of the windows of click time that results are given for."
    )
    segments: Annotated[tuple[Column, ...], Field(strict=False), Words(expected="a list of column names")] = Field(
        default=(), description="Columns to give results by as well, each value apart."
    )
    max_segments: int = Field(
        default=50,
        ge=1,
        le=10_000,
        description="At most so many values per column, those with most clicks; the rest are one.",
    )
    bins: int = Field(
        default=10, ge=2, le=1_000, description="Bins of the calibration error and the reliability diagram."
    )
    binning: Annotated[Literal["equal_count", "equal_width"], Words(noun="binning")] = Field(
        default="equal_count",
        description="Bins with the same number of clicks, or of the same width. Predictions crowd near 0, so "
        '"equal_count" says more.',
    )
    bootstrap: int = Field(
        default=200,
        ge=0,
        le=100_000,
        description="Resamples, over days, behind the intervals of overall results; 0 for none.",
    )
    drift_delta: float = Field(
        default=0.002,
        gt=0,
        lt=1,
        description="Risk of a false drift alarm (delta of ADWIN): smaller rings later and surer.",
    )


class GridSpec(Settings):
    """Values to try: each key is that of a value, as in --set, with a list; every combination is a cell.

    A cell is a scenario like any other, with one value of each list on top of the file's, and has the same results as
    when it is run alone. `latelabel run` runs all cells that have not been run yet.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Parameter]


NO_GRID = GridSpec.model_validate({})
