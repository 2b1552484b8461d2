"""The regimen in force: route, dose and interval, from orders and from what was given."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import TypeVar

from tdm.changes import dose_differs, milligrams
from tdm.course_history import History, Infusion
from tdm.decision import Regimen
from tdm.dose_records import is_in_force
from tdm.facts import Dose, Moment, Order, Route, WeightReading
from tdm.issues import DataIssue, IssueCode
from tdm.knowledge.model import Policy
from tdm.timing import calendar_days_between, days_between

Given = TypeVar("Given", Order, Infusion)

# Steps between infusions that the observed interval is taken from: the latest ones only.
OBSERVED_STEPS = 3
HALF_A_DAY = 0.5
# Outside of these a dose is no rounding and no change of weight: to be in force it is ordered or given twice.
NEAR_DOSE = (0.6, 1.6)
# Orders speak of whole days; infusions come some hours early or late.
CAP_INTERVAL_TOLERANCE_DAYS = 1.0
# A dose this close to the maximum is the maximum: mg per kg never comes out even.
CAP_DOSE_FRACTION = 0.95


def orders_in_force(orders: Sequence[Order], moment: Moment) -> list[Order]:
    """Orders in force at a moment, the latest last; `orders` are oldest first, undated ones lead."""
    if not orders:
        return []
    return [order for order in orders if is_in_force(order, moment.day)]


def ordered_interval(orders: Sequence[Order], moment: Moment, route: Route | None = None) -> float | None:
    """Interval in days of the latest order in force that names one; none of no days is one.

    With a route only of orders that may be of it: the rhythm of injections is none of infusions.
    """
    for order in reversed(orders_in_force(orders, moment)):
        if order.interval_days and may_be_of(order, route):
            return order.interval_days
    return None


def may_be_of(order: Order, route: Route | None) -> bool:
    """Whether an order may be of a route: it names no other, or none is asked for."""
    return route is None or order.route is None or order.route is route


def observed_interval(
    infusions: Sequence[Infusion], history: History, policy: Policy, route: Route | None = None
) -> float | None:
    """Median of the last steps between doses of one route, in days; the steps of induction do not count.

    The route is that of the last dose unless given. Doses known from a statement or a dispense do not count:
    a pack of pens for twelve weeks is no dose every twelve weeks.
    """
    if len(infusions) <= 1:
        return None
    skipped = 0
    if history.start_known and not history.restarted:
        skipped = len(policy.induction_intervals_days) - 1
    route = route or infusions[-1].route
    given = [
        infusion.given
        for infusion in infusions[skipped:]
        if not infusion.reported and (infusion.route is None or route is None or infusion.route is route)
    ]
    steps = [float(calendar_days_between(one, other)) for one, other in pairwise(given)]
    return median(steps[-OBSERVED_STEPS:]) if steps else None


def is_announced(history: History) -> bool:
    """Whether an order with an interval was written since the last dose: it tells of what comes next."""
    last = history.last_dose
    return last is not None and any(
        order.interval_days is not None and order.authored is not None and order.authored.day >= last.day
        for order in history.orders
    )


def recorded_interval(
    moment: Moment, history: History, policy: Policy, route: Route | None = None
) -> float | None:
    """The interval that orders and infusions tell for a moment, in days.

    The order in force, else what was observed until then, else a later order that may renew it. A later order
    that changed the interval supersedes the sample elsewhere.
    """
    interval = ordered_interval(history.orders, moment, route)
    if interval is None:
        interval = observed_interval(history.before(moment), history, policy, route)
    if interval is None:
        for order in history.orders:  # oldest first: the last one that names an interval stays
            if may_be_of(order, route):
                interval = order.interval_days or interval
    return interval


def dispense_at(moment: Moment, history: History, route: Route | None) -> Dose | None:
    """The last dispense up to a moment, else the first after it; unnamed routes fit."""
    found = None
    for dose in history.dispensed:
        if route is None or dose.route is None or dose.route is route:
            if found is not None and dose.given.day > moment.day:
                break
            found = dose
    return found


def planned_interval(
    moment: Moment, history: History, draft: Order | None, policy: Policy, route: Route | None = None
) -> tuple[float | None, bool]:
    """The interval in force at a moment, in days, and whether it is the draft's for want of another.

    What orders and infusions tell, else what was handed out, else the draft.
    """
    interval = recorded_interval(moment, history, policy, route)
    if interval is None and history.dispensed:
        dispense = dispense_at(moment, history, route or route_at(moment, history, draft, policy))
        interval = None if dispense is None else dispense.interval_days
    if interval is None and draft is not None and draft.interval_days and may_be_of(draft, route):
        return draft.interval_days, True
    return interval, False


def route_at(moment: Moment, history: History, draft: Order | None, policy: Policy) -> Route | None:
    """The route of the regimen in force at a moment.

    The last dose says so, unless an order of another route was written after it and long enough before
    the moment for injections at home to have begun. Without either, the draft.
    """
    dose = None
    for infusion in reversed(history.infusions):
        if infusion.route is not None and infusion.given.day <= moment.day:
            dose = infusion
            break
    order = None
    for written in reversed(orders_in_force(history.orders, moment)):
        if written.route is not None:
            order = written
            break
    if dose is None:
        if order is not None:
            return order.route
        return None if draft is None else draft.route
    if order is None or order.authored is None or order.authored.day <= dose.given.day:
        return dose.route
    settled = days_between(order.authored, moment) >= policy.subcutaneous_interval_days
    return order.route if settled else dose.route


def regimen_in_force(
    now: Moment,
    route: Route,
    history: History,
    draft: Order | None,
    weight: WeightReading | None,
    policy: Policy,
) -> tuple[Regimen, tuple[DataIssue, ...]]:
    """Dose and interval at the decision, with an issue where orders and doses disagree.

    Of an order and the last dose the later one is in force: an order that was written after the last dose
    announces the next one. The draft speaks only where there is nothing else.
    """
    issues: list[DataIssue] = []
    weight_kg = None if weight is None else weight.kilograms
    order = latest_amount(orders_in_force(history.orders, now), route)
    dose = latest_amount(history.infusions, route)
    source = in_force(order, dose, draft)
    if order is not None and dose is not None and dose_differs(order, dose, weight_kg, policy):
        parameters = (("ordered", dose_text(order)), ("given", dose_text(dose)))
        issues.append(DataIssue(IssueCode.DOSE_DISAGREES, "dose", parameters, dose.source))
    ordered = ordered_interval(history.orders, now, route)
    observed = observed_interval(history.infusions, history, policy, route)
    interval, _ = planned_interval(now, history, draft, policy, route)
    more_often = False
    if ordered is not None and observed is not None and not agree(ordered, observed, policy):
        parameters = (("ordered", days_text(ordered)), ("observed", days_text(observed)))
        issues.append(DataIssue(IssueCode.INTERVAL_DISAGREES, "interval", parameters))
        more_often = observed < ordered and not is_announced(history)
    if history.dispensed:
        issues += issues_of_dispense(now, route, history, policy)
    mg, per_kg = (None, None) if source is None else completed(source, route, weight_kg)
    ordered_mg, ordered_per_kg = (None, None) if order is None else completed(order, route, weight_kg)
    doubtful = source is dose and order is not None and stands_alone(history, route, order, weight_kg)
    if source is draft and history.infusions and history.infusions[-1].unclear:
        doubtful = True  # the order in front may renew that dose or change it
    found = Regimen(
        route,
        mg,
        per_kg,
        interval,
        ordered,
        observed,
        weight_kg,
        dose_doubtful=doubtful,
        interval_doubtful=more_often,
        ordered_mg=ordered_mg,
        ordered_mg_per_kg=ordered_per_kg,
    )
    return found, tuple(issues)


def stands_alone(history: History, route: Route, order: Order, weight_kg: float | None) -> bool:
    """Whether the last dose is far from its order, and no dose before it says that it is meant."""
    given = [
        amount
        for infusion in history.infusions
        if infusion.route is None or infusion.route is route
        if (amount := milligrams(infusion, weight_kg or 0.0))
    ]
    ordered = milligrams(order, weight_kg or 0.0)
    if not given or not ordered or is_near(given[-1], ordered):
        return False
    return len(given) == 1 or not is_near(given[-1], given[-2])


def is_near(dose_mg: float, other_mg: float) -> bool:
    """Whether two doses are steps of one treatment rather than a slip or a part of a dose."""
    least, most = NEAR_DOSE
    return least <= dose_mg / other_mg <= most


def issues_of_dispense(now: Moment, route: Route, history: History, policy: Policy) -> list[DataIssue]:
    """An issue where the interval is that of the last dispense, or where that disagrees with it.

    A dispense before the latest order is not held against it: that order may have changed the interval.
    """
    dispense = dispense_at(now, history, route)
    if dispense is None or dispense.interval_days is None:
        return []
    day = ("day", dispense.given.day.isoformat())
    used = recorded_interval(now, history, policy, route)
    if used is None:
        return [DataIssue(IssueCode.INTERVAL_FROM_DISPENSE, "interval", (day,), dispense.source)]
    written = [order.authored.day for order in history.orders if order.interval_days and order.authored]
    if agree(used, dispense.interval_days, policy) or (written and max(written) > dispense.given.day):
        return []
    parameters = (day, ("dispensed", days_text(dispense.interval_days)), ("used", days_text(used)))
    return [DataIssue(IssueCode.DISPENSE_DISAGREES, "interval", parameters, dispense.source)]


def in_force(order: Order | None, dose: Infusion | None, draft: Order | None) -> Order | Infusion | None:
    """The later of order and dose, else the draft."""
    if order is None or dose is None:
        return order or dose or draft
    if order.authored is None or order.authored.day <= dose.given.day:
        return dose
    return order


def latest_amount(doses: Sequence[Given], route: Route) -> Given | None:
    """The latest of orders or doses, oldest first, that says how much by a route; unnamed routes fit."""
    for dose in reversed(doses):
        if dose.amount_mg is None and dose.amount_mg_per_kg is None:
            continue
        if dose.route is None or dose.route is route:
            return dose
    return None


def agree(ordered_days: float, observed_days: float, policy: Policy) -> bool:
    """Whether infusions keep the ordered interval as closely as the trough window asks."""
    fraction = observed_days / ordered_days
    return policy.trough_earliest_fraction <= fraction <= policy.trough_latest_fraction


def completed(
    dose: Order | Infusion, route: Route, weight_kg: float | None
) -> tuple[float | None, float | None]:
    """Dose in mg and in mg/kg, completing each other by way of the weight; intravenous only."""
    mg, per_kg = dose.amount_mg, dose.amount_mg_per_kg
    if weight_kg is None or route is Route.SUBCUTANEOUS:
        return mg, per_kg
    if per_kg is None and mg is not None:
        return mg, mg / weight_kg
    if mg is None and per_kg is not None:
        return per_kg * weight_kg, per_kg
    return mg, per_kg


def draft_regimen(draft: Order, route: Route, weight: WeightReading | None) -> Regimen:
    """What the draft asks for; the course's route where the draft names none."""
    asked = draft.route or route
    weight_kg = None if weight is None else weight.kilograms
    mg, per_kg = completed(draft, asked, weight_kg)
    return Regimen(asked, mg, per_kg, draft.interval_days, draft.interval_days, None, weight_kg)


def is_at_cap(regimen: Regimen, policy: Policy) -> bool:
    """Whether no stronger regimen is allowed: highest dose at the shortest interval.

    Subcutaneous: the doubled dose, or as much per week in another rhythm. Where a number is unknown, the
    cap is not shown to be reached.
    """
    interval = regimen.interval_days
    if regimen.route is Route.SUBCUTANEOUS:
        if regimen.dose_mg is None:
            return False
        per_day = regimen.dose_mg / (interval or policy.subcutaneous_interval_days)
        return per_day >= (
            policy.subcutaneous_doubled_dose_mg / policy.subcutaneous_interval_days * CAP_DOSE_FRACTION
        )
    if interval is None or regimen.dose_mg_per_kg is None:
        return False
    return (
        interval <= policy.minimum_interval_days + CAP_INTERVAL_TOLERANCE_DAYS
        and regimen.dose_mg_per_kg >= policy.maximum_dose_mg_per_kg * CAP_DOSE_FRACTION
    )


def dose_text(dose: Order | Infusion) -> str:
    """A dose for display: "5 mg/kg", "350 mg", or both."""
    parts = []
    if dose.amount_mg_per_kg is not None:
        parts.append(f"{dose.amount_mg_per_kg:.3g} mg/kg")
    if dose.amount_mg is not None:
        parts.append(f"{dose.amount_mg:.4g} mg")
    return " = ".join(parts)


def days_text(days: float) -> str:
    """An interval for display: whole weeks as weeks, else days."""
    weeks = round(days / 7)
    if weeks and abs(days - weeks * 7) < HALF_A_DAY:
        return "1 week" if weeks == 1 else f"{weeks} weeks"
    return f"{days:.0f} days"
