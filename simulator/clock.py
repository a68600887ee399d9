"""The clock of a run: when the trainer wakes up, and how long it goes on."""

from dataclasses import dataclass

from replay.log import ClickLog


@dataclass(frozen=True)
class Clock:
    """When what has been learned is published, and when it serves; all times in us.

    Drain k learns what came due in [start + k P, start + (k + 1) P), in order, and publishes at the end of it; from a
    lag after that moment the model serves, until the next one does.
    """

    start: int  # us UTC, not after the first click
    last_click: int  # us UTC
    publish_every: int  # 0: event by event
    publish_lag: int = 0
    batch: int = 1024  # examples between two refreshes of what corrections see of the model
    first_click: int = 0  # us UTC

    @classmethod
    def of(cls, log: ClickLog, publish_every: int, publish_lag: int = 0, batch: int = 1024) -> "Clock":
        """Return the clock for a log: drains fall on round multiples of `publish_every` since the epoch."""
        first, last = (int(log.click_time[0]), int(log.click_time[-1])) if log.n_clicks else (0, -1)
        start = first - first % publish_every if publish_every else first
        return cls(start, last, publish_every, publish_lag, batch, first)

    @property
    def drains(self) -> int:
        """Number of drains until the last click has been served; 0 if event by event."""
        if not self.publish_every or self.last_click < self.start:
            return 0
        return max(1, -(-(self.last_click + 1 - self.start - self.publish_lag) // self.publish_every))

    @property
    def end(self) -> int:
        """The moment up to which the trainer's side listens, exclusive; what arrives later is pending, us UTC."""
        if not self.publish_every:
            return self.last_click + 1
        return self.start + self.drains * self.publish_every
