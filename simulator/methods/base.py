"""What a method is, and how its parameters are read from its signature."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Protocol, get_args, get_type_hints

from learners.base import Correction, Floats32, Seen
from replay.policies import LabelPolicy

PROBABILITY = "probability"  # the stage of a method for money that says the chance of a conversion

Duration = Annotated[int, "duration"]  # us; "90s" or "7d" in a scenario


@dataclass(frozen=True)
class Head:
    """An auxiliary model: again a policy and a correction, so that it only ever sees what had arrived."""

    policy: LabelPolicy
    correction: Correction
    constant: bool = False  # whether it learns one probability for all clicks, without features
    arms: int = 1  # predictions of shape (n, arms), learned by the example's kind, where above 1
    loss: str = "logistic"  # what its learner minimizes, see `Learner.with_loss`
    start: float | None = None  # what it says before it has learned anything; by default its learner decides


class Stage(Protocol):
    """One part of what is served, such as the probability of a gift in a model of its expected value."""

    @property
    def serves_from(self) -> tuple[str, ...]:
        """Names of the models whose predictions make it."""

    def serve(self, seen: Seen) -> Floats32:
        """Return it, shape (n_clicks,)."""


@dataclass(frozen=True)
class Method:
    """A published way of coping with late labels: what is shown, and how much it counts.

    In every drain the heads learn first, in the order in which they stand here, then the model that is served.
    """

    policy: LabelPolicy
    correction: Correction
    heads: Mapping[str, Head] = field(default_factory=dict)
    arms: int = 1  # of the served model, see `Head`
    loss: str = "logistic"  # of the served model, see `Head`
    stop_after: int | None = None  # us after the log's first click: nothing is learned from then on
    target: Literal["conversion", "value"] = "conversion"  # what is served: a probability, or expected money
    given: Literal["click", "gift"] = "click"  # whose money is served: any click's, or that of one that brings some
    stages: Mapping[str, Stage] = field(default_factory=dict)  # what else is recorded of each click, by name


@dataclass(frozen=True)
class Timing:
    """The durations of a scenario that a method may depend on, us."""

    attribution_window: int
    evaluate_after: int  # from the log's first click


Recipe = Callable[..., Method]  # (timing, *, parameters) -> Method; raises ValueError with a message for the user


@dataclass(frozen=True)
class Parameter:
    """One parameter of a method, as its recipe's signature gives it."""

    name: str
    type: str  # "duration", "number", "integer", "text", "flag"
    default: Any  # `required` if there is none

    required = inspect.Parameter.empty


_TYPES: Mapping[Any, str] = {int: "integer", float: "number", str: "text", bool: "flag"}


def parameters(recipe: Callable[..., Any]) -> dict[str, Parameter]:
    """Return the parameters of a method by name: the keyword-only arguments of its recipe.

    Raises
    ------
    TypeError
        If an argument has no annotation of a known type: int, float, str, bool or `Duration`.
    """
    hints = get_type_hints(recipe, include_extras=True)
    found = {}
    for argument in inspect.signature(recipe).parameters.values():
        if argument.kind is not argument.KEYWORD_ONLY:
            continue
        found[argument.name] = Parameter(argument.name, _type_name(recipe, argument.name, hints), argument.default)
    return found


def _type_name(recipe: Callable[..., Any], name: str, hints: Mapping[str, Any]) -> str:
    options = [hint for hint in _alternatives(hints.get(name)) if hint is not type(None)]
    if len(options) == 1:
        if options[0] == Duration:
            return "duration"
        if options[0] in _TYPES:
            return _TYPES[options[0]]
    known = "int, float, str, bool or Duration (or one of them or None)"
    raise TypeError(f"{recipe.__name__}: parameter {name} must be annotated with {known}, got {hints.get(name)}")


def _alternatives(hint: Any) -> tuple[Any, ...]:
    return (hint,) if hint == Duration or not get_args(hint) else get_args(hint)


def summary(recipe: Callable[..., Any]) -> str:
    """Return the first line of a recipe's docstring."""
    return (inspect.getdoc(recipe) or "").partition("\n")[0]
