"""Exact expectations, not draws: where a method settles on clicks that its model may be too poor to tell apart."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np

from learners.base import MAIN, Correction, Seen, Shown
from replay.feed import LabelFeed, deliver
from replay.log import NEVER, ClickLog, Floats, Intake, Ints, Outcomes
from replay.policies import Examples, LabelPolicy
from replay.slots import SlotTable
from replay.view import View
from scenarios.durations import DAY
from simulator.methods import Method
from simulator.toy import Toy

_ROUNDS = 2_000
_SETTLED = 1e-10  # largest change of a logit in a round
_LONGEST_STEP = 2.0  # of a logit, so that Newton's steps do not run away
_CERTAIN = 16.0  # a logit past which learners clip


@dataclass(frozen=True)
class Population:
    """Clicks of a few kinds, and what a linear model knows of them.

    Parameters
    ----------
    kinds : tuple of Toy
        How clicks of each kind convert; one attribution window for all.
    share : float array of shape (n_kinds,)
        How many of the clicks are of each kind; adds up to 1.
    design : float array of shape (n_kinds, n_coefficients)
        What the model knows: its logit is ``design @ coefficients``.  With fewer columns than rows it cannot represent
        every set of probabilities.
    ages : tuple of int
        Every age at which a policy looks at a click, us, increasing, the attribution window last: conversions between
        two of them are taken for one at the later one, which is all the same to policies, but not to growing traffic.
    """

    kinds: tuple[Toy, ...]
    share: Floats
    design: Floats
    ages: tuple[int, ...]

    @property
    def attribution_window(self) -> int:
        """Longest delay that counts, us."""
        return self.ages[-1]

    def outcomes(self) -> Floats:
        """Return P(converts in the k-th interval of ages; never), shape (n_kinds, len(ages) + 1)."""
        by_age = np.array([[0.0, *(kind.rate * kind.converted_by(age) for age in self.ages)] for kind in self.kinds])
        return np.append(np.diff(by_age), 1 - by_age[:, -1:], axis=1)


def shown(policy: LabelPolicy, ages: tuple[int, ...]) -> Examples:
    """Return what a policy shows of one click for each outcome, long after the first click of all.

    `row` is the outcome, as `Population.outcomes`, `due` the age at which it is shown.
    """
    n, window = len(ages), ages[-1]
    at = (window // DAY + 2) * DAY  # policies may do otherwise while no click is mature, and act once a day
    log = ClickLog(
        click_time=np.array([0, *[at] * (n + 1)]),
        click=np.arange(n + 2),
        slots=SlotTable.of(np.zeros((n + 2, 1), np.uint32)),
        feature_names=("constant",),
        outcomes=Outcomes(1 + np.arange(n), np.zeros(n, np.int8), at + np.array(ages), np.zeros(n, np.int64)),
        observed_until=NEVER,
        intake=Intake(),
        fingerprint="population",
    )
    end = at + 2 * (window + DAY)
    view = View(log, deliver(log, window, LabelFeed()), now=end, future=policy.looks_ahead)
    examples = policy.due(view, at, end)
    examples = examples.part(examples.row > 0)
    return examples._replace(row=examples.row - 1, due=examples.due - at)


@dataclass
class _Model:
    """One model of a method on its way: what it is shown, how much of that there is, and what it says."""

    correction: Correction
    examples: Shown
    mass: Floats  # shape (n_kinds, n_examples)
    design: Floats
    logit: Floats  # shape (n_kinds,)

    @property
    def says(self) -> Floats:
        says: Floats = 1 / (1 + np.exp(-self.logit))
        return says

    def step(self, seen: Mapping[str, Floats]) -> float:
        """Take Newton's step down the expected loss, weights held still, and return the largest change of a logit."""
        n_kinds, n_examples = self.mass.shape
        label, kind, elapsed = self.examples[:3]
        every = Shown(np.tile(label, n_kinds), np.tile(kind, n_kinds), np.tile(elapsed, n_kinds))
        # in double precision, or differences between methods would drown in rounding
        told = cast("Seen", {name: np.repeat(seen[name], n_examples) for name in self.correction.needs})
        parts = self.correction.parts(every, told)
        positive, negative = ((part.reshape(self.mass.shape) * self.mass).sum(axis=1) for part in parts)
        f = self.says
        gradient = self.design.T @ (negative * f - positive * (1 - f))
        curvature = self.design.T @ (((positive + negative) * f * (1 - f))[:, None] * self.design)
        change = self.design @ np.linalg.solve(curvature, gradient)
        change *= min(1.0, _LONGEST_STEP / max(float(np.abs(change).max()), _SETTLED))
        before, self.logit = self.logit, np.clip(self.logit - change, -_CERTAIN, _CERTAIN)
        return float(np.abs(self.logit - before).max())


def settle(method: Method, population: Population) -> Floats:
    """Return the probability that a method serves for each kind of click once its expected gradient is zero.

    The policies and corrections are the method's own.  Models that serve are of the population's design; auxiliary
    models that only weigh are true: they tell every kind apart.

    Returns
    -------
    float array of shape (n_kinds,)

    Raises
    ------
    ValueError
        If a model has arms, or the models do not settle.
    """
    parts = {name: (head.policy, head.correction, head.constant) for name, head in method.heads.items()}
    parts[MAIN] = (method.policy, method.correction, False)
    if method.arms > 1 or any(head.arms > 1 for head in method.heads.values()):
        raise ValueError("a model with arms is of a class of its own")
    models = {}
    for name, (policy, correction, constant) in parts.items():
        serves = name in (MAIN, *method.correction.serves_from)
        models[name] = _model(population, policy, correction, _design(population, serves, constant))
    for _ in range(_ROUNDS):
        change = max(model.step({name: each.says for name, each in models.items()}) for model in models.values())
        if change < _SETTLED:
            says = cast("Seen", {name: model.says for name, model in models.items()})
            return np.asarray(method.correction.serve(says), np.float64)
    raise ValueError(f"the models do not settle: after {_ROUNDS} rounds a logit still moves by {change:g}")


def _design(population: Population, serves: bool, constant: bool) -> Floats:
    n_kinds = len(population.kinds)
    if constant:
        return np.ones((n_kinds, 1))
    return population.design if serves else np.eye(n_kinds)


def _model(population: Population, policy: LabelPolicy, correction: Correction, design: Floats) -> _Model:
    examples = shown(policy, population.ages)
    elapsed: Ints = examples.due  # every click is at 0
    growth = np.array([kind.growth for kind in population.kinds]) / DAY
    mass = population.share[:, None] * population.outcomes()[:, examples.row] * np.exp(-np.outer(growth, elapsed))
    return _Model(correction, Shown(examples.label, examples.kind, elapsed), mass, design, np.zeros(len(mass)))
