"""Playing what is missing of a grid, and putting cells together as their plays end."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Protocol

from simulator.grid.assemble import assemble
from simulator.grid.plan import Plan, Planned
from simulator.grid.pool import each
from simulator.grid.store import Store, is_whole
from simulator.grid.work import Place, play_one, told


class GridWatcher(Protocol):
    """Whoever wants to know how far a grid is."""

    def preparing(self, done: int, logs: int) -> None:
        """Be told how many of the grid's distinct logs are prepared."""

    def playing(self, cells: int, of_cells: int, plays: int, of_plays: int) -> None:
        """Be told how many cells are done, and how many of the plays that were missing."""


def play_missing(plan: Plan, place: Place, jobs: int | None, watcher: GridWatcher | None) -> dict[str, str]:
    """Play what is not there yet, put cells together as soon as they can be, and return why cells failed, by key.

    Raises
    ------
    KeyboardInterrupt
        With what was done, if the user stops it.
    """
    store = Store(place.out)
    cells = {one.key: one for one in plan.cells}
    missing = [one for key, one in cells.items() if not is_whole(store.cell(key))]
    needed = {key for one in missing for key in one.plays.values()}
    plays = [play for play in plan.plays if play.key in needed and not is_whole(store.play(play.key))]
    waiting = Waiting(missing, [play.key for play in plays])
    failures: dict[str, str] = {}
    done = len(cells) - len(missing) + _finish(waiting.ready(), store, failures)
    try:
        for count, (play, failure) in enumerate(each(play_one, plays, place, jobs), 1):
            if failure:
                failures |= dict.fromkeys(waiting.lost(play.key), failure.why)
            else:
                done += _finish(waiting.ended(play.key), store, failures)
            if watcher:
                watcher.playing(done, len(cells), count, len(plays))
    except KeyboardInterrupt as stop:
        message = f"stopped; {done} of {len(cells)} cells are done, and the same command goes on from there"
        raise KeyboardInterrupt(message) from stop
    return failures


def _finish(cells: Sequence[Planned], store: Store, failures: dict[str, str]) -> int:
    """Put cells together and return how many could be."""
    for one in cells:
        try:
            assemble(one, store)
        except (OSError, ValueError) as error:
            failures[one.key] = told(error)
    return sum(one.key not in failures for one in cells)


class Waiting:
    """Cells that wait for plays.

    Parameters
    ----------
    cells : sequence of Planned
    plays : iterable of str
        Digests of the plays that are not there yet.
    """

    def __init__(self, cells: Sequence[Planned], plays: Iterable[str]) -> None:
        missing = set(plays)
        self._cells = {one.key: one for one in cells}
        self._left = {one.key: missing & set(one.plays.values()) for one in cells}
        self._of: dict[str, list[str]] = defaultdict(list)
        for key, left in self._left.items():
            for play in left:
                self._of[play].append(key)

    def ready(self) -> list[Planned]:
        """Return the cells that wait for nothing."""
        return [one for key, one in self._cells.items() if not self._left[key]]

    def ended(self, play: str) -> list[Planned]:
        """Return the cells that waited for this play alone."""
        for key in self._of[play]:
            self._left[key].remove(play)
        return [self._cells[key] for key in self._of[play] if not self._left[key]]

    def lost(self, play: str) -> list[str]:
        """Return the digests of the cells that cannot be put together, since this play failed."""
        return list(self._of[play])
