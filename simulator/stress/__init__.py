"""Stress of windows: methods over windows, from minutes to the whole attribution window, and what that says."""

from simulator.stress.plan import Request
from simulator.stress.run import StressResult, stress

__all__ = ["Request", "StressResult", "stress"]
