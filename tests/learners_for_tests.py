"""A learner in plain NumPy, so that the engine's tests do not lean on the compiled ones."""

import numpy as np


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

    def with_arms(self, arms):
        return PlainArms([type(self)(self.bits, self.learning_rate) for _ in range(arms)])


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
