"""What the reader of a log is told when it cannot be read: all that is wrong, at once."""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager


class LogError(ValueError):
    """A log that cannot be read.

    Parameters
    ----------
    problems : str or sequence of str
        For each thing that is wrong: where it is, what was expected, what was found and what to do.

    Examples
    --------
    >>> print(LogError(["a.csv: the file is empty", "b.csv: no column 'time'"]))
    the log has 2 problems:
      a.csv: the file is empty
      b.csv: no column 'time'
    """

    def __init__(self, problems: str | Sequence[str]) -> None:
        super().__init__(problems)  # so that it passes between processes
        self.problems = (problems,) if isinstance(problems, str) else tuple(problems)

    def __str__(self) -> str:
        if len(self.problems) == 1:
            return self.problems[0]
        return "\n  ".join([f"the log has {len(self.problems)} problems:", *self.problems])


class Problems(list[str]):
    """What has been found wrong so far, so that it can be told together.

    Examples
    --------
    >>> problems = Problems()
    >>> with problems.collected():
    ...     raise LogError("a.csv: the file is empty")
    >>> problems
    ['a.csv: the file is empty']
    """

    @contextmanager
    def collected(self) -> Iterator[None]:
        """Take in the problems of a LogError raised inside, and go on."""
        try:
            yield
        except LogError as error:
            self.extend(error.problems)

    def stop(self) -> None:
        """Raise LogError if there are any."""
        if self:
            raise LogError(self)


def suggestion(name: str, names: Iterable[str]) -> str:
    """Return "; did you mean 'x'?" for the nearest of the names, or nothing.

    Examples
    --------
    >>> suggestion("clik_time", ["cost", "click_time"])
    "; did you mean 'click_time'?"
    """
    by_lower = {known.strip().lower(): known for known in names}
    near = difflib.get_close_matches(name.strip().lower(), by_lower, n=1)
    return f"; did you mean {by_lower[near[0]]!r}?" if near else ""
