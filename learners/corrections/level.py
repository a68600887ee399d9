"""The level of a model of money: what was received over what it said."""

from dataclasses import dataclass

from learners.base import Correction, Floats32, Parts, Seen, Shown

LEVEL = "level"  # the model of the ratio


@dataclass(frozen=True)
class Levelled:
    """Serve what another correction serves, times the ratio of money received to money it said; learn as it does."""

    correction: Correction

    @property
    def needs(self) -> tuple[str, ...]:
        """As the correction's."""
        return self.correction.needs

    @property
    def serves_from(self) -> tuple[str, ...]:
        """The correction's, and the ratio."""
        return (*self.correction.serves_from, LEVEL)

    def parts(self, shown: Shown, seen: Seen) -> Parts:
        """As the correction's."""
        return self.correction.parts(shown, seen)

    def serve(self, seen: Seen) -> Floats32:
        """Return what is served, levelled."""
        return self.correction.serve(seen) * seen[LEVEL]


@dataclass(frozen=True)
class Level:
    """What `Levelled` needs: money received, and money said for it at each look, before it was learned."""

    correction: Correction

    @property
    def needs(self) -> tuple[str, ...]:
        """What the correction serves from."""
        return self.correction.serves_from

    @property
    def serves_from(self) -> tuple[str, ...]:
        """The ratio."""
        return (LEVEL,)

    def parts(self, shown: Shown, seen: Seen) -> Parts:
        """Return (Y, v) at looks and (A, 0) at later amounts."""
        received = self.correction.parts(shown, seen)
        return Parts(received.positive, received.negative * self.correction.serve(seen))

    def serve(self, seen: Seen) -> Floats32:
        """Serve the ratio."""
        return seen[LEVEL]
