"""What is wrong with a scenario: one problem, all of them as an error, and the words they are told in."""

import datetime as dt
import difflib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

NOTHING = object()  # what stands where a key is missing
_LONGEST = 60  # characters of a value that are shown


class Problem(NamedTuple):
    """One thing that is wrong, and where."""

    key: str  # path of the key, such as "method[0].window"
    message: str  # what was expected, what was found, and the nearest right name


class ScenarioError(ValueError):
    """A scenario that cannot be run, with everything that is wrong with it.

    Parameters
    ----------
    source : str
        The file, as the user named it.
    problems : sequence of Problem
        In the order in which their keys stand in the file.
    """

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        super().__init__(source, tuple(problems))  # both, so that it can be pickled
        self.source = source
        self.problems = tuple(problems)

    def __str__(self) -> str:
        lines = [f"  {problem.key}: {problem.message}" for problem in self.problems]
        source = self.source if self.source.isprintable() else repr(self.source)
        return "\n".join([f"{source}: {len(self.problems)} problem(s)", *lines])


def mismatch(key: str, expected: str, found: object) -> Problem:
    """Return the problem of a value that is not what was expected; `NOTHING` stands for a missing one.

    Examples
    --------
    >>> mismatch("clock.batch", "a whole number of at least 1", 0).message
    'expected a whole number of at least 1, got 0'
    """
    return Problem(key, f"expected {expected}, got {show(found)}")


def unknown_name(key: str, noun: str, found: object, known: Iterable[str]) -> Problem:
    """Return the problem of a name that nothing has; the nearest right one is offered.

    Examples
    --------
    >>> unknown_name("learner.optimizer", "optimizer", "ftrll", ["sgd", "adagrad", "ftrl"]).message
    "no optimizer is called 'ftrll'; did you mean 'ftrl'?"
    """
    return Problem(key, f"no {noun} is called {show(found)}; {advice(found, known)}")


def unknown_key(key: str, known: Iterable[str]) -> Problem:
    """Return the problem of a key that its table does not have; `key` is the whole path.

    Examples
    --------
    >>> unknown_key("clock.publish_ever", ["publish_every", "batch"]).message
    "no such key; did you mean 'publish_every'?"
    """
    return Problem(key, f"no such key; {advice(key.rpartition('.')[2], known)}")


def advice(found: object, known: Iterable[str]) -> str:
    """Return which right name is nearest to what was found, or all of them, in their order, if none is near."""
    names = list(dict.fromkeys(known))
    near = nearest(str(found), names)
    if near is not None:
        return f"did you mean {near!r}?"
    return f"expected {alternatives(names)}" if names else "nothing can stand here"


def nearest(found: str, known: Iterable[str]) -> str | None:
    """Return the known name that looks most like what was found, or None if none does.

    Examples
    --------
    >>> nearest("quikstart", ["quickstart", "real-log"])
    'quickstart'
    """
    names = {name.casefold(): name for name in sorted(set(known), reverse=True)}
    close = difflib.get_close_matches(found[:200].casefold(), names, n=1, cutoff=0.6)
    return names[close[0]] if close else None


def alternatives(names: Sequence[str]) -> str:
    """Return names as a choice in prose: ``'a', 'b' or 'c'``."""
    quoted = [repr(name) for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"


def key_path(steps: Iterable[str | int]) -> str:
    """Return the path of a key as it is written in messages and overrides.

    Examples
    --------
    >>> key_path(["method", 0, "window"])
    'method[0].window'
    """
    path = ""
    for step in steps:
        if isinstance(step, int):
            path += f"[{step}]"
            continue
        bare = re.fullmatch(r"[A-Za-z0-9_-]{1,80}", step)
        path += ("." if path else "") + (step if bare else json.dumps(step[:80]))
    return path


def show(value: object) -> str:
    """Return a value as it is quoted in a message: short, on one line, and as TOML would call it."""
    if value is NOTHING or value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return _show_rest(value)


def _show_rest(value: Any) -> str:
    if isinstance(value, list | tuple):
        if len(value) > 8 or any(isinstance(item, Mapping | list | tuple) for item in value):
            return f"a list of {len(value)}"
        text = f"[{', '.join(show(item) for item in value)}]"
        return text if len(text) <= _LONGEST else f"a list of {len(value)}"
    if isinstance(value, str) and len(value) > _LONGEST:
        return f"{value[:_LONGEST]!r}..."
    if isinstance(value, str | float):
        return repr(value)
    if isinstance(value, int):
        return str(value) if abs(value) < 10**_LONGEST else f"a number of more than {_LONGEST} digits"
    return f"an object of type {type(value).__name__}"
