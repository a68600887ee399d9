"""The shape of [[log.aggregate]]: numbers known of a click's key at the click, and what must hold between them."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from scenarios.fields import Column, Columns, PositiveDuration, Settings, Words
from scenarios.problems import Problem, mismatch, unknown_name

_LATE = ("conversion_time", "amount", "true_probability")  # columns of what is not known at the click, by role


class Aggregate(Settings):
    """A further numeric feature: what is known at the click of the clicks that share its key.

    It counts earlier clicks, or outcomes that had arrived before the click, whether or not they came within the
    attribution window. What happens or arrives at the very instant of the click does not count.
    """

    name: Column = Field(description="What the feature is called.")
    of: Annotated[
        Literal["clicks", "conversions", "gifts", "refunds", "outcomes"], Words(noun="thing to aggregate")
    ] = Field(
        description='What is aggregated: "clicks", or what came of them: "conversions", "gifts", "refunds", or all '
        'three as "outcomes", with what refunds take back counted off.'
    )
    what: Annotated[Literal["count", "sum", "mean", "time_since_last"], Words(noun="aggregate")] = Field(
        description='"count": how many; "sum": their amounts; "mean": amount per outcome; "time_since_last": seconds '
        "since the latest happened. Counts and sums are 0 where nothing is known, the others missing."
    )
    by: Columns = Field(
        description="Columns of the key, features or not; [] for one key for all clicks. Where one of them is missing, "
        "so is the aggregate."
    )
    window: PositiveDuration | None = Field(
        default=None, description="Only what happened at most this long before the click. Default: everything."
    )


Aggregates = Annotated[
    tuple[Aggregate, ...],
    Field(
        strict=False,
        description="Further features: counts, sums, means and times since, by any key, as known at the click.",
    ),
    Words(expected="tables headed [[log.aggregate]]"),
]


def broken_aggregates(log: Any) -> Iterator[Problem]:
    """Yield what does not hold for the aggregates of a log of any kind."""
    places = _features(log)
    features = [name for _, name in places]
    for number, one in enumerate(log.aggregate):
        key = f"log.aggregate[{number}]"
        yield from _name(key, one, places)
        yield from _by(key, one.by, log, features)
        if one.of == "clicks" and one.what in ("sum", "mean"):
            yield mismatch(f"{key}.what", '"count" or "time_since_last", as clicks have no amounts', one.what)
        if one.what == "time_since_last" and one.window is not None:
            yield Problem(f"{key}.window", 'expected no window, which what = "time_since_last" has no use for')
        places.append((f"{key}.name", one.name))


def _features(log: Any) -> list[tuple[str, str]]:
    """Return the features that the scenario names, each with the key that does."""
    lists = [(kind, getattr(log, kind, None) or ()) for kind in ("categorical", "numeric")]
    return [
        (f"log.{kind}[{number}]", getattr(feature, "name", feature))
        for kind, features in lists
        for number, feature in enumerate(features)
    ]


def _name(key: str, one: Aggregate, places: Sequence[tuple[str, str]]) -> Iterator[Problem]:
    first = next((place for place, name in places if name.casefold() == one.name.casefold()), None)
    if first is not None:
        yield Problem(f"{key}.name", f"expected a name that no other feature has, got {one.name!r}, as at {first}")


def _by(key: str, columns: Sequence[str], log: Any, features: Sequence[str]) -> Iterator[Problem]:
    late = {getattr(log, role, None) or role: role for role in _LATE}
    for number, column in enumerate(columns):
        path = f"{key}.by[{number}]"
        if column in columns[:number]:
            yield mismatch(path, "each column once", column)
        elif log.kind == "synthetic" and column not in features:
            yield unknown_name(path, "feature of the log", column, features)
        elif log.kind != "synthetic" and column in late:
            yield mismatch(path, f"a column that is known at the click, which {late[column]} is not", column)
