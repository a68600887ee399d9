"""The chance that there is money, times how much there then is."""

from dataclasses import dataclass

from learners.base import MAIN, Correction, Floats32, Parts, Seen, Shown


@dataclass(frozen=True)
class OfHead:
    """A correction that takes a head for the model it calls main."""

    correction: Correction
    head: str

    @property
    def needs(self) -> tuple[str, ...]:
        """As the correction's, with the head in the main model's place."""
        return self._named(self.correction.needs)

    @property
    def serves_from(self) -> tuple[str, ...]:
        """As the correction's, with the head in the main model's place."""
        return self._named(self.correction.serves_from)

    def parts(self, shown: Shown, seen: Seen) -> Parts:
        """As the correction's."""
        return self.correction.parts(shown, self._told(seen))

    def serve(self, seen: Seen) -> Floats32:
        """As the correction's."""
        return self.correction.serve(self._told(seen))

    def _named(self, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(self.head if name == MAIN else name for name in names)

    def _told(self, seen: Seen) -> Seen:
        return {MAIN if name == self.head else name: says for name, says in seen.items() if name != MAIN}


@dataclass(frozen=True)
class TwoStage:
    """Serve p m: one correction serves the probability p of a conversion, the other the money m that then comes.

    p m is the expected value where m is the mean of the money given a conversion; not where it is the exponential of a
    mean logarithm.  Examples are weighed as the first says; models of the second are heads.
    """

    conversion: Correction
    amount: Correction

    @property
    def needs(self) -> tuple[str, ...]:
        """As the conversion's."""
        return self.conversion.needs

    @property
    def serves_from(self) -> tuple[str, ...]:
        """The models of both."""
        return (*self.conversion.serves_from, *self.amount.serves_from)

    def parts(self, shown: Shown, seen: Seen) -> Parts:
        """As the conversion's."""
        return self.conversion.parts(shown, seen)

    def serve(self, seen: Seen) -> Floats32:
        """Return p m."""
        return self.conversion.serve(seen) * self.amount.serve(seen)
