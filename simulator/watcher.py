"""Who is told how far a run is."""

from typing import Protocol


class Watcher(Protocol):
    """Whoever wants to know how far a run is."""

    def reading(self, clicks: int) -> None:
        """Be told how many clicks have been read so far."""

    def replaying(self, methods: list[str], start: int, end: int) -> None:
        """Be told what is about to be replayed, and the simulated time it will take, us UTC."""

    def tick(self, method: str, now: int) -> None:
        """Be told how far a method has come in simulated time, us UTC."""

    def finished(self, method: str) -> None:
        """Be told that a method has been replayed and measured."""


class Unwatched:
    """A watcher that does not care."""

    def reading(self, clicks: int) -> None:
        """Ignore it."""

    def replaying(self, methods: list[str], start: int, end: int) -> None:
        """Ignore it."""

    def tick(self, method: str, now: int) -> None:
        """Ignore it."""

    def finished(self, method: str) -> None:
        """Ignore it."""
