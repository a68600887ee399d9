"""Grids: every cell of a scenario's grid is run once, in parallel, and kept by what decides its results.

A cell's methods are played one by one, each as a run of that method alone; a *play* that several cells share is done
once.  Reading, encoding, labels and the clock are shared by all plays of a process that differ in their method alone.
"""

from simulator.grid.results import GridResult
from simulator.grid.run import GridFailedError, run_grid

__all__ = ["GridFailedError", "GridResult", "run_grid"]
