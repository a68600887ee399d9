"""The log as of a moment: all that a policy may ask."""

from replay.ages import Ages
from replay.amounts import Amounts
from replay.moment import LookAheadError

__all__ = ["LookAheadError", "View"]


class View(Ages, Amounts):
    """What the trainer's side knows of a log just before `now`: the clicks and arrivals before it, and nothing else."""
