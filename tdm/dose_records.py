"""What several records of one dose come to: copies of one amount, parts of a sum, or nothing certain.

A dose is charted once for each bag, vial, pen or line at some sites, and sent twice under two ids by some
systems. Both look alike; what was ordered, given on other days, or fits the weight tells them apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from math import fsum, isfinite

from tdm.facts import Dose, Order, OrderState, Route, TreatmentCourse
from tdm.knowledge.model import Policy


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known beside the records of one dose. `alone`: doses of which there is one record only."""

    course: TreatmentCourse
    orders: tuple[Order, ...]
    alone: tuple[Dose, ...]
    policy: Policy


@dataclass(frozen=True, slots=True)
class Joined:
    """The amount of one dose. `unclear`: its records do not tell one. `added`: it is the sum of its parts."""

    amount_mg: float | None = None
    amount_mg_per_kg: float | None = None
    unclear: bool = False
    added: bool = False


def is_in_force(order: Order, day: date) -> bool:
    """Whether an order is in force on a day.

    Undated active orders are; a stopped order counts until its end, and not at all where the end is not
    recorded.
    """
    if order.authored is not None and order.authored.day > day:
        return False
    return order.state is OrderState.ACTIVE if order.ended is None else order.ended.day > day


def join(doses: Sequence[Dose], evidence: Evidence) -> Joined:
    """Return the amount that the records of one dose, at least two, come to.

    Reports (statements, dispenses) are never parts: two that tell the same repeat each other.
    """
    milligrams = {dose.amount_mg for dose in doses} - {None}
    per_kilogram = {dose.amount_mg_per_kg for dose in doses} - {None}
    alike = len(milligrams) <= 1 and len(per_kilogram) <= 1
    mg = milligrams.pop() if len(milligrams) == 1 else None
    per_kg = per_kilogram.pop() if len(per_kilogram) == 1 else None
    as_told = Joined(mg, per_kg, unclear=not alike)
    routes = {dose.route for dose in doses} - {None}
    if len(routes) > 1 or any(dose.reported for dose in doses):
        return as_told
    records = _records(doses)
    if records is None or len(records) == 1:
        return as_told if records else Joined(unclear=True)
    doses = records
    per_kilogram_only = all(dose.amount_mg is None for dose in doses)
    amounts = [dose.amount_mg_per_kg if per_kilogram_only else dose.amount_mg for dose in doses]
    told = [amount for amount in amounts if amount is not None]
    silent = sum(dose.amount_mg is None and dose.amount_mg_per_kg is None for dose in doses)
    if not told or (alike and len(told) + silent < len(doses)):
        return as_told  # nothing told, or milligrams in one record and milligrams per kilogram in another
    route = next(iter(routes), None)
    amount = _Question(doses, told, silent > 0, per_kilogram_only, route, evidence).amount()
    if amount is None:
        return Joined(unclear=True)
    if amount in told:
        return as_told  # of amounts that differ, one that is as ordered does not say what the other was
    return Joined(None, amount, added=True) if per_kilogram_only else Joined(amount, added=True)


def _records(doses: Sequence[Dose]) -> list[Dose] | None:
    """Return one dose of each record that has an id; None where two versions of one tell different amounts.

    A record that was corrected may have arrived both as it was and as it is: versions are no parts.
    """
    kept: dict[str, Dose] = {}
    without_id: list[Dose] = []
    for dose in sorted(doses, key=lambda one: one.given.at):
        reference = dose.source.reference
        if "/" not in reference:
            without_id.append(dose)
            continue
        known = kept.setdefault(reference, dose)
        if (known.amount_mg, known.amount_mg_per_kg) != (dose.amount_mg, dose.amount_mg_per_kg):
            return None
    return [*kept.values(), *without_id]


@dataclass(frozen=True, slots=True)
class _Question:
    """Which amount the records of one dose stand for; all amounts are in one unit.

    `told` are those of the records, in their order. `silent`: there are records without an amount.
    """

    doses: Sequence[Dose]
    told: Sequence[float]
    silent: bool
    per_kilogram: bool
    route: Route | None
    evidence: Evidence

    def amount(self) -> float | None:
        """Return one of the amounts told, a sum of them, or None where that cannot be told.

        What was ordered for the day decides where it can, unless only another is a dose at that weight.
        Else all that speaks has to say the same: other orders, the doses of other days, what is given at that
        weight, the order in front of the clinician. That one alone never makes a sum: it may be the one that
        doubles the dose.
        """
        day = self._day
        ordered = self._amounts([order for order in self.evidence.orders if is_in_force(order, day)])
        chosen, plausible = self._fitting(ordered[-1:]), self._plausible()
        if chosen is not None:
            return chosen if plausible in (chosen, None) else None
        others = self._amounts(self.evidence.orders)
        alone = self._amounts(self.evidence.alone)
        firm = {self._fitting(others), self._fitting(alone), plausible} - {None}
        draft = self.evidence.course.draft
        asked = self._fitting([] if draft is None else self._amounts([draft]))
        said = firm if asked is None else firm | {asked}
        if len(said) == 1 and (firm or asked in self.told):
            return said.pop()
        if said or len(set(self.told)) > 1:
            return None
        if self.silent:
            return None if others or alone or self._weight_kg() is not None else self.told[0]
        copies = len({dose.given for dose in self.doses}) == 1
        return self.told[0] if copies else None

    @property
    def _day(self) -> date:
        return min(dose.given.day for dose in self.doses)

    def _candidates(self) -> set[float]:
        """Return what the records may stand for; of those that differ in their id only, one counts or all."""
        distinct = {(dose.given, dose.amount_mg, dose.amount_mg_per_kg) for dose in self.doses}
        parts = [per_kg if self.per_kilogram else mg for _, mg, per_kg in distinct]
        return {*self.told, fsum(self.told), fsum(part for part in parts if part is not None)}

    def _fitting(self, references: Sequence[float]) -> float | None:
        """Return the one candidate that is one of some amounts, but for rounding; None where several are."""
        most = self.evidence.policy.dose_change_fraction
        return self._one(
            [
                one
                for one in self._candidates()
                if any(abs(one - other) <= most * other for other in references)
            ]
        )

    def _plausible(self) -> float | None:
        """Return the one candidate that is from the standard to the highest dose at the weight of the day."""
        weight_kg, policy = self._weight_kg(), self.evidence.policy
        if weight_kg is None or self.route is Route.SUBCUTANEOUS:
            return None
        share = 1.0 if self.per_kilogram else 1 / weight_kg
        lowest = policy.standard_dose_mg_per_kg * (1 - policy.dose_change_fraction)
        highest = policy.maximum_dose_mg_per_kg * (1 + policy.dose_change_fraction)
        return self._one([one for one in self._candidates() if lowest <= one * share <= highest])

    def _one(self, candidates: Sequence[float]) -> float | None:
        """Return the only candidate."""
        return candidates[0] if len(candidates) == 1 else None

    def _amounts(self, given: Iterable[Order | Dose]) -> list[float]:
        """Return the amounts of orders or doses by a route that may be this one, in the unit asked for."""
        return [
            amount
            for one in given
            if one.route is None or self.route is None or one.route is self.route
            if (amount := self._in_unit(one)) is not None
        ]

    def _in_unit(self, one: Order | Dose) -> float | None:
        stated, other = one.amount_mg, one.amount_mg_per_kg
        if self.per_kilogram:
            stated, other = other, stated
        if stated is not None or other is None:
            return stated
        weight_kg = self._weight_kg()
        if weight_kg is None:
            return None
        return other / weight_kg if self.per_kilogram else other * weight_kg

    def _weight_kg(self) -> float | None:
        """Return the weight measured nearest to the day; the lowest of those that are equally near."""
        day = self._day
        near = [
            (abs((one.measured.day - day).days), one.kilograms)
            for one in self.evidence.course.weights
            if isfinite(one.kilograms) and one.kilograms > 0
        ]
        return min(near)[1] if near else None
