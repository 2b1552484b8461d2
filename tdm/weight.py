"""The body weight that a dose per kilogram rests on."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite

from tdm.course_history import History
from tdm.facts import Moment, OrderState, Route, WeightReading
from tdm.issues import DataIssue, IssueCode
from tdm.knowledge.model import Policy
from tdm.regimen import orders_in_force
from tdm.timing import in_future, instant, is_older, same_moment

HEAVIEST_KG = 400.0


def read_weight(
    readings: Iterable[WeightReading], now: Moment, valid_days: float, policy: Policy
) -> tuple[WeightReading | None, tuple[DataIssue, ...]]:
    """The newest weight if it is recent enough for mg/kg; the lower of two of one moment that nearly agree.

    Weights that are no weight of a person, or dated in the future, are passed over. A weight far from the one
    before it is not used: one of the two may be in pounds, and which cannot be told.
    """
    usable = [
        one
        for one in readings
        if isfinite(one.kilograms)
        and 0 < one.kilograms <= HEAVIEST_KG
        and not in_future(one.measured, now, policy.future_tolerance_minutes)
    ]
    if not usable:
        return None, (DataIssue(IssueCode.WEIGHT_UNKNOWN, "weight"),)
    newest = lightest = usable[0]
    if len(usable) > 1:
        newest = max(usable, key=weight_order)
        group = [one for one in usable if same_moment(one.measured, newest.measured)]
        lightest = min(group, key=weight_order_by_mass)
        heaviest_kg = max(one.kilograms for one in group)
        if heaviest_kg > lightest.kilograms * (1 + policy.same_weight_fraction):
            return None, (weight_issue(IssueCode.WEIGHT_CONFLICT, newest),)
        earlier = [
            one
            for one in usable
            if one not in group
            and not is_older(one.measured, newest.measured, policy.weight_valid_days_adult)
        ]
        if earlier:
            before = max(earlier, key=weight_order)
            if not _alike(lightest.kilograms / before.kilograms, policy.plausible_weight_ratio):
                return None, (weight_issue(IssueCode.WEIGHT_CONTRADICTED, newest),)
    if is_older(newest.measured, now, valid_days):
        return None, (weight_issue(IssueCode.WEIGHT_OUTDATED, newest),)
    return lightest, ()


def fitting_doses(
    weight: WeightReading | None, history: History, policy: Policy
) -> tuple[WeightReading | None, tuple[DataIssue, ...]]:
    """The weight, unless the last intravenous dose in mg would then be no dose that is given.

    Compared with the mg/kg ordered for it, else with the range from the standard to the highest dose. A dose
    that does not fit a weight which its order in mg fits is the odd one: half of an infusion, or a slip.
    """
    known = last_milligrams(history)
    if weight is None or known is None:
        return weight, ()
    milligrams, per_kg = known
    ordered = ordered_for_last_dose(history)
    if fits(milligrams, per_kg, weight, policy) or (ordered and fits(ordered, per_kg, weight, policy)):
        return weight, ()
    return None, (weight_issue(IssueCode.WEIGHT_CONTRADICTED, weight),)


def fits(milligrams: float, per_kg: float | None, weight: WeightReading, policy: Policy) -> bool:
    """Whether an amount in mg is a dose at a weight: the one in mg/kg if given, else any that is given."""
    ratio = policy.plausible_weight_ratio
    dose = milligrams / weight.kilograms
    if per_kg:
        return _alike(dose / per_kg, ratio)
    return policy.standard_dose_mg_per_kg / ratio <= dose <= policy.maximum_dose_mg_per_kg * ratio


def ordered_for_last_dose(history: History) -> float | None:
    """The mg of the order that was in force at the last intravenous dose in mg.

    An order of a later day may rest on the very weight that is in question.
    """
    for dose in reversed(history.infusions):
        if dose.amount_mg and dose.route is not Route.SUBCUTANEOUS:
            orders = orders_in_force(history.orders, dose.given)
            stated = [order.amount_mg for order in orders if order.route is not Route.SUBCUTANEOUS]
            return next((amount for amount in reversed(stated) if amount), None)
    return None


def last_milligrams(history: History) -> tuple[float, float | None] | None:
    """The last intravenous dose in mg, with the mg/kg that it or its order states; else that of an order."""
    for dose in reversed(history.infusions):
        if dose.amount_mg and dose.route is not Route.SUBCUTANEOUS:
            if dose.amount_mg_per_kg:
                return dose.amount_mg, dose.amount_mg_per_kg
            stated = [one.amount_mg_per_kg for one in orders_in_force(history.orders, dose.given)]
            return dose.amount_mg, next((per_kg for per_kg in reversed(stated) if per_kg), None)
    for order in reversed(history.orders):
        if order.amount_mg and order.state is OrderState.ACTIVE and order.route is not Route.SUBCUTANEOUS:
            return order.amount_mg, order.amount_mg_per_kg
    return None


def _alike(factor: float, ratio: float) -> bool:
    return 1 / ratio <= factor <= ratio


def weight_issue(code: IssueCode, reading: WeightReading) -> DataIssue:
    """An issue of one weight, with its day."""
    return DataIssue(code, "weight", (("day", reading.measured.day.isoformat()),), reading.source)


def weight_order(reading: WeightReading) -> tuple[object, ...]:
    """A total order of weights by date; one without a time stands last of its day."""
    return (
        reading.measured.day.toordinal(),
        not reading.measured.timed,
        instant(reading.measured),
        reading.kilograms,
        reading.source.resource_type,
        reading.source.reference,
    )


def weight_order_by_mass(reading: WeightReading) -> tuple[object, ...]:
    """A total order of weights, the lightest first."""
    return (reading.kilograms, *weight_order(reading))
