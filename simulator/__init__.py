"""The clock: replay a log under methods, measure them, and tell."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.build import load
    from simulator.results import Result
    from simulator.runner import run

_HOMES = {"Result": "simulator.results", "load": "simulator.build", "run": "simulator.runner"}

__all__ = ["Result", "load", "run"]


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for: `latelabel --help` must not pay for the engine."""
    if name not in _HOMES:
        raise AttributeError(f"module 'simulator' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
