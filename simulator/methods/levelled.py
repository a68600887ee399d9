"""A running ratio of money received to money predicted, on top of a method for money."""

from dataclasses import replace

from learners.corrections import LEVEL, Level, Levelled
from simulator.methods.base import Head, Method


def levelled(method: Method) -> Method:
    """Return a method whose predictions are multiplied by money received over money they said.

    AdaGrad learns too little of rare large amounts, and what it says is too low by the same share for all clicks, more
    or less.  The ratio is that of the examples of the method itself, so it looks at nothing else.
    """
    ratio = Head(method.policy, Level(method.correction), constant=True, loss="ratio")
    return replace(method, correction=Levelled(method.correction), heads={**method.heads, LEVEL: ratio})
