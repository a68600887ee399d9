"""The clock: replay a log under methods, measure them, and tell."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.build import load, load_grid
    from simulator.grid import GridResult, run_grid
    from simulator.results import Result
    from simulator.runner import run

_HOMES = {
    "GridResult": "simulator.grid",
    "Result": "simulator.results",
    "load": "simulator.build",
    "load_grid": "simulator.build",
    "run": "simulator.runner",
    "run_grid": "simulator.grid",
}

__all__ = ["GridResult", "Result", "load", "load_grid", "run", "run_grid"]


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for: `latelabel --help` must not pay for the engine."""
    if name not in _HOMES:
        raise AttributeError(f"module 'simulator' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
