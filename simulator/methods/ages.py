"""Lists of durations in a method's parameters."""

from scenarios.durations import parse_duration


def ages(name: str, text: str, longest: int, most: int) -> tuple[int, ...]:
    """Return ages from text such as "1h,1d,7d", increasing, each once; those not below `longest` become it.

    Parameters
    ----------
    name : str
        Of the parameter, for messages.
    text : str
        Durations with commas between them.
    longest : int
        The attribution window, us; always the last age.
    most : int
        How many ages there may be.

    Raises
    ------
    ValueError
        If the text holds something else, or too many ages.
    """
    try:
        found = {parse_duration(part) for part in text.split(",")}
    except ValueError as error:
        raise ValueError(f'{name}: expected durations such as "1h,1d,7d": {error}') from error
    kept = (*sorted(age for age in found if age < longest), longest)
    if len(kept) > most:
        raise ValueError(f"{name}: expected at most {most}, the attribution window among them, got {len(kept)}")
    return kept
