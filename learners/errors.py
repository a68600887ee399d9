"""What a learner says when it cannot go on."""


class LearnerError(ValueError):
    """An example that a learner cannot take, or a model that no longer gives finite answers."""
