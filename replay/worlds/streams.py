"""Random numbers of the synthetic world: a generator for each purpose, so that no draw moves another."""

import numpy as np

# what a stream of random numbers is for
EFFECTS, DELAYS, BASE, GAPS, TIMES, CLICKS, WALKS, FEATURE_CHANGES, REFUNDS = range(9)


def stream(seed: int, *place: int) -> np.random.Generator:
    """Return the generator of a place in the world; the same whatever else is drawn, and in which order."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=place))
