"""The closed loop on the clock: auctions, then learning, then control, at every moment at which one is due."""

from collections.abc import Callable, Generator, Iterator
from typing import Any

import simpy

from simulator.clock import Clock
from simulator.market.bidder import Bidder


def play(bidder: Bidder, clock: Clock, update_every: int, tick: Callable[[int], None]) -> None:
    """Let a bidder play all auctions of its log.

    At every wake-up the auctions since the last one are held first, with the model and the multipliers as they were;
    then the model learns what has come due, if it is time to publish; then multipliers are set, if it is time for that.
    So what bids at a moment is what was known at the last publish and the last update before it.

    Parameters
    ----------
    bidder : Bidder
        Filled in place.
    clock : Clock
        Its `publish_every` is above 0.
    update_every : int
        us.
    tick : callable
        Called with the simulated time at every wake-up.
    """
    if clock.drains:
        environment = simpy.Environment(initial_time=clock.start)
        environment.run(until=environment.process(_wake(environment, bidder, clock, update_every, tick)))


def _wake(
    environment: simpy.Environment, bidder: Bidder, clock: Clock, update_every: int, tick: Callable[[int], None]
) -> Generator[simpy.Event, Any, None]:
    played = clock.start
    for moment in wake_ups(clock, update_every):
        yield environment.timeout(moment - environment.now)
        now = int(environment.now)
        bidder.play(played, now)
        played = now
        learned = now - clock.publish_lag - clock.start
        if learned > 0 and learned % clock.publish_every == 0:
            end = clock.start + learned
            bidder.learn(end - clock.publish_every, end, now)
        if (now - clock.start) % update_every == 0:
            bidder.control(now)
        tick(now)


def wake_ups(clock: Clock, update_every: int) -> Iterator[int]:
    """Yield the moments at which something is due, us UTC, until the last click has been offered and a drain ends."""
    end = clock.end + clock.publish_lag
    publish, update = clock.start + clock.publish_every + clock.publish_lag, clock.start + update_every
    while min(publish, update) <= end:
        yield min(publish, update)
        moment = min(publish, update)
        publish += clock.publish_every * (publish == moment)
        update += update_every * (update == moment)
