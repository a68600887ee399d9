"""A learner in plain NumPy, so that the engine's tests do not lean on the compiled ones."""

import numpy as np

from learners.losses import power_of
from learners.ratio import RunningRatio


class PlainLogistic:
    """Stochastic gradient descent on slots, one step per example, in float64."""

    features = "slots"
    takes_negative = True

    def __init__(self, bits=6, learning_rate=0.3):
        self.weights = np.zeros((1 << bits) + 1)
        self.bits = bits
        self.learning_rate = learning_rate

    def predict(self, x):
        logit = np.clip(self.weights[x].sum(axis=1) + self.weights[-1], -12, 12)
        return (1 / (1 + np.exp(-logit))).astype(np.float32)

    def learn(self, x, positive, negative):
        for slots, a, b in zip(x, positive, negative, strict=True):
            f = float(self.predict(slots[None])[0])
            step = self.learning_rate * (float(b) * f - float(a) * (1 - f))
            for slot in slots:
                self.weights[slot] -= step
            self.weights[-1] -= step

    def state(self):
        return {"weights": self.weights.copy()}

    def restore(self, state):
        self.weights = state["weights"].copy()

    def with_loss(self, loss):
        if loss == "ratio":
            return RunningRatio(self.features)
        return PlainValue(power_of(loss), self.bits, self.learning_rate)

    def with_arms(self, arms):
        return PlainArms([type(self)(self.bits, self.learning_rate) for _ in range(arms)])


class PlainValue(PlainLogistic):
    """The same, of a generalized linear model of money."""

    def __init__(self, power, bits, learning_rate):
        super().__init__(bits, 0.1 * learning_rate)
        self.power = power

    def predict(self, x):
        s = self.predictor(x)
        return (s if self.power == 0 else np.exp(s)).astype(np.float32)

    def predictor(self, x):
        return np.clip(self.weights[x].sum(axis=1) + self.weights[-1], -3, 3)

    def learn(self, x, positive, negative):
        for slots, money, looks in zip(x, positive, negative, strict=True):
            s = float(self.predictor(slots[None])[0])
            a, b = (s, 1.0) if self.power == 0 else (np.exp((2 - self.power) * s), np.exp((1 - self.power) * s))
            step = self.learning_rate * (float(looks) * a - float(money) * b)
            for slot in slots:
                self.weights[slot] -= step
            self.weights[-1] -= step


class PlainArms:
    """Several plain learners side by side, one to an arm."""

    features = "slots"
    takes_negative = True

    def __init__(self, learners):
        self.learners = learners

    def predict(self, x):
        return np.stack([learner.predict(x) for learner in self.learners], axis=1)

    def learn(self, x, positive, negative, arm):
        for i, k in enumerate(arm):
            one = slice(i, i + 1)
            self.learners[k].learn(x[one], positive[one], negative[one])
