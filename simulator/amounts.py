"""Whether a log has what methods for money need."""

from collections.abc import Mapping

import numpy as np

from replay.log import ClickLog
from scenarios import Scenario, ScenarioError
from scenarios.problems import Problem
from simulator.methods import Method


def check_money(scenario: Scenario, log: ClickLog, methods: Mapping[str, Method]) -> None:
    """Check that outcomes are worth something where a method predicts money.

    Raises
    ------
    ScenarioError
        If there are outcomes, and none has an amount.
    """
    asked = [label for label, method in methods.items() if method.target == "value"]
    if asked and len(log.outcomes.amount) and not np.any(log.outcomes.amount):
        told = f"expected a log with amounts for {', '.join(asked)}, which predict money; found none in it"
        raise ScenarioError(scenario.name, [Problem("method", f"{told}; name their column, such as log.amount")])
