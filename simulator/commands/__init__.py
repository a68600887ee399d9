"""The commands: each file says what one is asked, and does it.

What a command needs is imported when it is given: --help must not pay for the engine.
"""

from simulator.commands import check, compare, estimators, limits, listing, report, run, schema, stress

COMMANDS = (run, stress, compare, check, limits, estimators, listing, report, schema)  # in the order of --help
