"""The methods by what they predict, for tests that are about one of the two."""

from scenarios.durations import DAY
from simulator.methods import METHODS, Timing

_TIMING = Timing(30 * DAY, 60 * DAY)
_NEEDED = {"prior_correction": {"keep": 0.1}}
TARGET = {name: METHODS[name](_TIMING, **_NEEDED.get(name, {})).target for name in METHODS}
CONVERSION = [name for name, target in TARGET.items() if target == "conversion"]
VALUE = [name for name, target in TARGET.items() if target == "value"]
