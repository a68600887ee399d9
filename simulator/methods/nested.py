"""A method named inside another one's parameter, with its own parameters behind it."""

from collections.abc import Callable
from typing import Any

from scenarios.durations import parse_duration
from simulator.methods.base import Method, Parameter, Timing, parameters


def conversion_method(timing: Timing, text: str) -> Method:
    """Return the method for conversions that text such as "waiting_window window=6h" asks for.

    Raises
    ------
    ValueError
        If there is no such method or parameter, or it is no method for conversions.
    """
    from simulator.methods import METHODS  # noqa: PLC0415  (methods that hold another are among them)

    name, *given = text.split() or [""]
    if name not in METHODS:
        raise ValueError(f"conversion: expected the name of a method for conversions, such as 'fnw', got {text!r}")
    known = parameters(METHODS[name])
    values = dict(_assigned(name, word, known) for word in given)
    method = METHODS[name](timing, **values)
    if method.target != "conversion":
        raise ValueError(f"conversion: expected a method for conversions, and {name} predicts money")
    return method


def _assigned(name: str, word: str, known: dict[str, Parameter]) -> tuple[str, Any]:
    key, _, value = word.partition("=")
    if key not in known:
        has = f"has {', '.join(known)}" if known else "has no parameters"
        raise ValueError(f"conversion: expected {name} and its parameters as key=value, got {word!r}; it {has}")
    try:
        return key, _READ[known[key].type](value)
    except (ValueError, KeyError) as error:
        raise ValueError(f"conversion: expected a {known[key].type} for {key} of {name}, got {value!r}") from error


_READ: dict[str, Callable[[str], Any]] = {
    "duration": parse_duration,
    "number": float,
    "integer": int,
    "text": str,
    "flag": {"true": True, "false": False}.__getitem__,
}
