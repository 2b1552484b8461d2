"""The doses that a forecast rests on: as recorded, and where the record is silent as assumed, by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import ceil, inf

from tdm.course_history import History, Infusion
from tdm.decision import Regimen
from tdm.facts import FactGroup, Moment, Order, Route, TreatmentCourse
from tdm.forecast.result import Absence, Note, Remark
from tdm.forecast.rhythm import rhythm_notes
from tdm.forecast.schedule import Ordered, times_before, times_from
from tdm.forecast.timeline import Step, Timeline, value_at
from tdm.knowledge.model import Policy
from tdm.options_dose import current_mg, current_mg_per_kg
from tdm.pharmacokinetics.history import Administration
from tdm.regimen import days_text, latest_amount, orders_in_force, planned_interval

INFUSION_DAYS = 2 / 24
"""Two hours: the label's infusion time. The record tells when an infusion was given, seldom for how long."""

SETTLING_DAYS = 250.0
"""Doses given so long ago have left nothing: more than nine half-lives of the slowest clearance seen."""


MOST_DOSES = 160
"""More than injections every week over the longest time that is looked at."""


@dataclass(slots=True)
class DoseReader:
    """What the doses of one course are read from. `notes` gathers what had to be assumed.

    `laid_by_level`: nothing on record tells when doses were given; they were laid so that the newest level is
    a trough, and where older levels lie among them nobody knows.
    """

    course: TreatmentCourse
    history: History
    regimen: Regimen
    weight_kg: Sequence[Step[float]]
    timeline: Timeline
    policy: Policy
    notes: list[Note] = field(default_factory=list)
    laid_by_level: bool = False


def read_doses(
    reader: DoseReader, samples_days: Sequence[float], newest_sample: Moment | None
) -> tuple[Administration, ...] | Absence:
    """The doses since long enough before the first sample, oldest first; or why they are not known.

    `samples_days` are the times of the samples, `newest_sample` the newest of them; a schedule that nobody
    recorded is laid so that this one is a trough, which is what the decision takes it for.
    """
    doses = _since(reader, samples_days, newest_sample)
    if not doses:
        return Absence.NO_DOSES  # the last one has settled long ago
    if not isinstance(doses, Absence) and len(doses) > MOST_DOSES:
        return Absence.DOSES_IMPLAUSIBLE
    return doses


def _since(
    reader: DoseReader, samples_days: Sequence[float], newest_sample: Moment | None
) -> tuple[Administration, ...] | Absence:
    earliest = _earliest(samples_days)
    if reader.regimen.route is Route.SUBCUTANEOUS:
        return _subcutaneous(reader, samples_days)
    if reader.history.infusions:
        if FactGroup.ADMINISTRATIONS in [group for group, _ in reader.course.shortfalls]:
            return Absence.DOSES_INCOMPLETE
        return _recorded(reader, earliest)
    return _presumed(reader, earliest, newest_sample)


def _earliest(samples_days: Sequence[float]) -> float:
    """The time before which doses have left nothing in any sample."""
    return min(samples_days, default=0.0) - SETTLING_DAYS


def _recorded(reader: DoseReader, earliest: float) -> tuple[Administration, ...] | Absence:
    """The infusions on record; before them, where the record begins in mid-course, those it must lack."""
    doses = _given(reader, reader.history.infusions, earliest)
    if isinstance(doses, Absence):
        return doses
    reader.notes += rhythm_notes(reader.history, reader.regimen, reader.timeline.now, reader.policy)
    first = reader.history.infusions[0].given
    if reader.history.start_known or reader.timeline.at(first) < earliest:
        return tuple(doses)
    route = reader.regimen.route
    # Not by the order in front of the clinician, which tells of what is to come.
    interval, _ = planned_interval(first, reader.history, None, reader.policy, route)
    interval = interval or reader.regimen.interval_days
    if not interval:
        return Absence.NO_REGIMEN
    reader.notes.append(
        (Remark.DOSES_BEFORE_RECORD, (("day", first.day.isoformat()), ("every", days_text(interval))))
    )
    start = doses[0]
    assumed = range(ceil((start.at_days - earliest) / interval), 0, -1)
    return (*[start._replace(at_days=start.at_days - count * interval) for count in assumed], *doses)


def _given(
    reader: DoseReader, infusions: Iterable[Infusion], earliest: float
) -> list[Administration] | Absence:
    doses: list[Administration] = []
    unknown = reported = 0
    for infusion in infusions:
        at = reader.timeline.at(infusion.given)
        if at < earliest:
            continue
        route = infusion.route or reader.regimen.route
        amount = stated_mg(infusion, route, value_at(reader.weight_kg, at), reader.policy)
        if amount is None:
            unknown += 1
            amount = usual_mg(infusion.given, at, route, reader)
        if amount is None:
            return Absence.NO_DOSES
        reported += infusion.reported
        subcutaneous = route is Route.SUBCUTANEOUS
        doses.append(Administration(at, amount, 0.0 if subcutaneous else INFUSION_DAYS, subcutaneous))
    if unknown:
        reader.notes.append((Remark.DOSE_AMOUNTS, (("count", str(unknown)),)))
    if reported:
        reader.notes.append((Remark.DOSES_REPORTED, (("count", str(reported)),)))
    return doses


def stated_mg(infusion: Infusion, route: Route, weight_kg: float, policy: Policy) -> float | None:
    """The amount of a recorded dose in mg; None where it is unknown or no dose that is given."""
    amount = infusion.amount_mg
    if amount is None and infusion.amount_mg_per_kg is not None:
        amount = infusion.amount_mg_per_kg * weight_kg
    if amount is None or route is Route.SUBCUTANEOUS:
        return amount
    lowest = policy.standard_dose_mg_per_kg / policy.plausible_weight_ratio
    highest = policy.maximum_dose_mg_per_kg * policy.plausible_weight_ratio
    return amount if lowest <= amount / weight_kg <= highest else None


def usual_mg(given: Moment, at_days: float, route: Route, reader: DoseReader) -> float | None:
    """The amount of the order in force on a day, else that of the regimen, at the weight of that day.

    Of an order that has ended the record seldom says when: where no other was in force, the last one written
    by then was.
    Of a dose by another route than the course has now, without an order: the standard one of that route.
    """
    regimen, policy, weight_kg = reader.regimen, reader.policy, value_at(reader.weight_kg, at_days)
    order = latest_amount(orders_in_force(reader.history.orders, given), route)
    order = order or latest_amount(_written_by(reader.history.orders, given), route)
    if order is not None and order.amount_mg_per_kg is not None:
        return order.amount_mg_per_kg * weight_kg
    if order is not None:
        return order.amount_mg
    if route is not regimen.route:
        intravenous = route is Route.INTRAVENOUS
        return (
            policy.standard_dose_mg_per_kg * weight_kg
            if intravenous
            else policy.subcutaneous_standard_dose_mg
        )
    if route is Route.SUBCUTANEOUS:
        return regimen.dose_mg
    per_kg = current_mg_per_kg(regimen)
    return None if per_kg is None else per_kg * weight_kg


def _written_by(orders: Iterable[Order], day: Moment) -> list[Order]:
    return [one for one in orders if one.authored is not None and one.authored.day <= day.day]


def _presumed(
    reader: DoseReader, earliest: float, newest_sample: Moment | None
) -> tuple[Administration, ...] | Absence:
    """The schedule of an order old enough to be in maintenance, where no infusion is on record."""
    now, policy = reader.timeline.now, reader.policy
    orders = [one for one in orders_in_force(reader.history.orders, now) if one.interval_days]
    if not orders or not _is_old(orders[0], now, policy):
        return Absence.NO_DOSES
    amount = usual_mg(now, 0.0, Route.INTRAVENOUS, reader)
    if not amount:
        return Absence.NO_DOSES
    intervals = [
        Step(-inf if one.authored is None else reader.timeline.at(one.authored), one.interval_days or 0.0)
        for one in orders
    ]
    reader.notes.append((Remark.SCHEDULE_PRESUMED, (("every", days_text(intervals[-1].value)),)))
    end = 0.0 if newest_sample is None else reader.timeline.at(newest_sample)
    before = times_before(intervals, earliest - intervals[0].value, end)
    doses: list[Administration] = []
    for at in (*before, *times_from(intervals, end, 0.0)):
        # Before the first order in force nothing else is known than what that one says.
        ordered_on = reader.timeline.moment(max(at, intervals[0].from_days))
        mg = usual_mg(ordered_on, at, Route.INTRAVENOUS, reader) or amount
        doses.append(Administration(at, mg, INFUSION_DAYS))
    return tuple(doses)


def _is_old(order: Order, now: Moment, policy: Policy) -> bool:
    """Whether an order is old enough for maintenance to be presumed; one without a date is."""
    authored = order.authored
    return authored is None or (now.day - authored.day).days > policy.maintenance_presumed_order_days


def _subcutaneous(reader: DoseReader, samples_days: Sequence[float]) -> tuple[Administration, ...] | Absence:
    """Doses as recorded; injections that no record of administrations tells of as they were ordered.

    Those given at home are on no record. A statement or dispense stands for several and is no single dose.
    Where in its interval a level was drawn is told by an injection on record, or by the order that began the
    injections after doses of another route. Where neither is known the newest level is taken as drawn at the
    end of an interval, which is what the decision takes it for.
    """
    earliest = _earliest(samples_days)
    recorded = _given(reader, [one for one in reader.history.infusions if not one.reported], earliest)
    if isinstance(recorded, Absence):
        return recorded
    periods = _periods(reader)
    if not periods:
        return Absence.NO_DOSES
    injected = [dose for dose in recorded if dose.subcutaneous]
    infused = len(injected) < len(recorded)
    # Without infusions before them nobody knows what the injections followed: they are taken to have settled.
    began = periods[0].from_days
    since = max(earliest, began) if infused else earliest
    if injected and injected[0].at_days <= began:
        # Before any order that is known the first injection on record tells what was given.
        first = Ordered(injected[0].amount_mg, periods[0].value.interval_days)
        periods.insert(0, Step(-inf, first))
    intervals = [Step(one.from_days, one.value.interval_days) for one in periods]
    times: list[float] = []
    if infused and began >= earliest:
        times += times_from(intervals, began, injected[0].at_days if injected else 0.0)
        from_order = bool(times)
    else:
        from_order = False
        reader.laid_by_level = bool(samples_days) and not injected
        known = injected[0].at_days if injected else max(samples_days, default=0.0)
        times += times_before(intervals, since, known)
        times += [] if injected else times_from(intervals, known, 0.0)
    if injected:
        last = injected[-1].at_days
        times += times_from(intervals, last + value_at(intervals, last), 0.0)
    ordered = _injections(periods, times)
    if ordered:
        every = days_text(periods[-1].value.interval_days)
        reader.notes.append((Remark.INJECTIONS_AS_ORDERED, (("count", str(len(ordered))), ("every", every))))
        if from_order:
            reader.notes.append((Remark.INJECTIONS_FROM, (("day", reader.timeline.day(began).isoformat()),)))
    return tuple(sorted([*recorded, *ordered]))


def _injections(periods: Sequence[Step[Ordered]], times: Iterable[float]) -> list[Administration]:
    return [Administration(at, value_at(periods, at).amount_mg, 0.0, subcutaneous=True) for at in times]


def _periods(reader: DoseReader) -> list[Step[Ordered]]:
    """Amount in mg and interval in days of the injections, from each order on; oldest first."""
    usual = reader.policy.subcutaneous_interval_days
    regimen_mg, regimen_days = current_mg(reader.regimen), reader.regimen.interval_days or usual
    periods = [
        Step(reader.timeline.at(order.authored), Ordered(amount, order.interval_days or regimen_days))
        for order in reader.history.orders
        if order.route is Route.SUBCUTANEOUS
        and order.authored is not None
        and (amount := order.amount_mg or regimen_mg)
    ]
    if periods or not regimen_mg:
        return periods
    given = [one.given for one in reader.history.infusions if one.route is not Route.INTRAVENOUS]
    start = reader.timeline.at(given[0]) if given else -inf
    return [Step(start, Ordered(regimen_mg, regimen_days))]
