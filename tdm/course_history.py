"""The present course as records: what was given, by day, what was ordered, and whether its start is known."""

from __future__ import annotations

from dataclasses import dataclass

from tdm.facts import Dose, Moment, Order, Route
from tdm.source import Source
from tdm.timing import is_after


@dataclass(frozen=True, slots=True)
class Infusion:
    """All that was given on one calendar day; amounts are None where unknown or contradictory.

    `reported`: known from a statement or a dispense only, which may stand for several doses. `unclear`: the
    records of the day do not tell one amount.
    """

    given: Moment
    source: Source
    route: Route | None = None
    amount_mg: float | None = None
    amount_mg_per_kg: float | None = None
    reported: bool = False
    unclear: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """The present course. `infusions` and `orders` (no drafts) are oldest first.

    `start_known`: the first infusion of the tuple is the first of the course. `restarted`: doses of an
    earlier course precede a gap. `dispensed` are its dispenses that tell an interval, oldest first.
    """

    infusions: tuple[Infusion, ...]
    orders: tuple[Order, ...]
    start_known: bool
    restarted: bool
    dispensed: tuple[Dose, ...] = ()

    @property
    def start(self) -> Moment | None:
        """The first recorded dose of this course."""
        return self.infusions[0].given if self.infusions else None

    @property
    def last_dose(self) -> Moment | None:
        """The last recorded dose."""
        return self.infusions[-1].given if self.infusions else None

    def before(self, moment: Moment) -> tuple[Infusion, ...]:
        """Doses of earlier days, or surely earlier on the same day."""
        return tuple([one for one in self.infusions if is_after(moment, one.given)])


NOTHING_RECORDED = History((), (), start_known=False, restarted=False)
"""The history of a course without doses and orders."""
