from learners.corrections import Hazard
from replay.policies import Checks
from simulator.methods.ages import ages
from simulator.methods.base import Method, Timing

AUTO, RATIO = 6, 3  # ages of the grid "auto", each this many times the one before
MOST = 24  # ages: each is an example of every click that has not converted


def hazard(timing: Timing, *, ages: str = "auto") -> Method:
    """Learn at each of several ages whether a click converts by the next, and serve 1 - (1 - h_1) ... (1 - h_K).

    Policy `Checks`, correction `Hazard`, a model with one arm for each interval of ages: logistic regressions that
    share their weights and deviate from these slowly.  No duplicates, no fake negatives, no importance weights, no
    second model.  Converges to p, under growth and decline too, and is none the worse for an outage, since every
    example is judged at its own age by the feed's watermark; labels of the first interval are known after the first
    age, and those of the last one after the attribution window.

    Its classes of model are its own, hazards that are logistic in the features: a p that is logistic in them it fits
    nearly, not exactly.  Late ages are learned from old clicks: after a sudden change of the rate it knows within the
    first age what happens early, and extrapolates to what happens late only as far as the ages share their weights.
    It reads a change of the delay as a change of the rate as far as that goes, and so is off for a while.
    See docs/hazard.md.

    Parameters
    ----------
    ages : str
        Ends of the intervals, such as "1h,1d,7d", the last one being the attribution window whatever is said; "auto" is
        six, the window and five more, each a third of the next.

    Raises
    ------
    ValueError
        If the ages are not durations above 0, or more than 24.
    """
    ends = interval_ends(timing.attribution_window, ages)
    return Method(Checks(ends), Hazard(), arms=len(ends))


def interval_ends(attribution_window: int, text: str) -> tuple[int, ...]:
    """Return the ages of a text such as "1h,1d,7d" or "auto", us, increasing, the last one the attribution window.

    Raises
    ------
    ValueError
        If they are not durations above 0, or more than 24.
    """
    if text == "auto":
        grid = {attribution_window // RATIO**step for step in range(AUTO)}
        return tuple(sorted(age for age in grid if age))
    found = ages("ages", text, attribution_window, MOST)
    if not found[0]:
        raise ValueError(f"ages: expected durations above 0, got {text!r}")
    return found
