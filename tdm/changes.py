"""When dose, interval or route of the course changed, from orders and from what was given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tdm.course_history import History, Infusion
from tdm.facts import Moment, Order, Route
from tdm.knowledge.model import Policy
from tdm.timing import calendar_days_between, instant, is_after


class ChangeKind(StrEnum):
    """What changed."""

    DOSE = "dose"
    INTERVAL = "interval"
    ROUTE = "route"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of the regimen. `ordered`: written in an order, else seen in what was given."""

    kind: ChangeKind
    moment: Moment
    ordered: bool


def regimen_changes(history: History, weight_kg: float | None, policy: Policy) -> tuple[Change, ...]:
    """Every change of this course in orders and in doses."""
    changes: list[Change] = []
    if len(history.orders) > 1:
        changes += changes_of_orders(history.orders, weight_kg, policy)
    if len(history.infusions) > 1:
        changes += changes_of_doses(history.infusions, weight_kg, policy)
        changes += changes_of_steps(history, policy)
    return tuple(changes)


def changes_of_orders(orders: Sequence[Order], weight_kg: float | None, policy: Policy) -> Iterator[Change]:
    """Each dated order against the latest earlier one that says something of dose, interval or route.

    An order that spells out induction has no interval to compare: the step to maintenance is no change.
    """
    dose: Order | None = None
    interval_days: float | None = None
    route = None
    for order in orders:
        if order.authored is None:
            continue
        if order.amount_mg is not None or order.amount_mg_per_kg is not None:
            if dose is not None and dose_differs(dose, order, weight_kg, policy):
                yield Change(ChangeKind.DOSE, order.authored, ordered=True)
            dose = order
        if order.interval_days is not None and not order.loading_schedule:
            if interval_days is not None and differs(
                interval_days, order.interval_days, policy.interval_change_fraction
            ):
                yield Change(ChangeKind.INTERVAL, order.authored, ordered=True)
            interval_days = order.interval_days
        if order.route is not None:
            if route is not None and order.route is not route:
                yield Change(ChangeKind.ROUTE, order.authored, ordered=True)
            route = order.route


def changes_of_doses(
    infusions: Sequence[Infusion], weight_kg: float | None, policy: Policy
) -> Iterator[Change]:
    """Each dose against the latest earlier one whose amount or route is known."""
    dose: Infusion | None = None
    route = None
    for infusion in infusions:
        if infusion.amount_mg is not None or infusion.amount_mg_per_kg is not None:
            if dose is not None and dose_differs(dose, infusion, weight_kg, policy):
                yield Change(ChangeKind.DOSE, infusion.given, ordered=False)
            dose = infusion
        if infusion.route is not None:
            if route is not None and infusion.route is not route:
                yield Change(ChangeKind.ROUTE, infusion.given, ordered=False)
            route = infusion.route


def changes_of_steps(history: History, policy: Policy) -> Iterator[Change]:
    """Interval changes seen in the days between doses.

    One step shorter than the trough window allows is a change; a longer one only when the next is as long,
    since one late infusion is a delay. The planned steps of induction are no change.
    """
    infusions = history.infusions
    planned = policy.induction_intervals_days
    first = len(planned) - 1 if history.start_known and not history.restarted else 0
    established = planned[-1] if first else None
    late = False
    for index in range(first, len(infusions) - 1):
        step = float(calendar_days_between(infusions[index].given, infusions[index + 1].given))
        if established is None:
            established = step
        fraction = step / established
        long = fraction > policy.trough_latest_fraction
        if fraction < policy.trough_earliest_fraction or (long and late):
            yield Change(ChangeKind.INTERVAL, infusions[index + 1].given, ordered=False)
            established = step
            long = False
        late = long


def dose_differs(
    one: Order | Infusion, other: Order | Infusion, weight_kg: float | None, policy: Policy
) -> bool:
    """Whether two doses differ by more than rounding to vials explains; mg/kg first, else mg.

    Where one is given in mg and the other in mg/kg, the present weight joins them; without a weight nothing
    can be said and they count as equal.
    """
    fraction = policy.dose_change_fraction
    if one.amount_mg_per_kg is not None and other.amount_mg_per_kg is not None:
        return differs(one.amount_mg_per_kg, other.amount_mg_per_kg, fraction)
    if one.amount_mg is not None and other.amount_mg is not None:
        return differs(one.amount_mg, other.amount_mg, fraction)
    if weight_kg is None:
        return False
    before, after = milligrams(one, weight_kg), milligrams(other, weight_kg)
    return before is not None and after is not None and differs(before, after, fraction)


def milligrams(dose: Order | Infusion, weight_kg: float) -> float | None:
    """The dose in mg, by way of the weight where only mg/kg is known."""
    if dose.amount_mg is not None:
        return dose.amount_mg
    return None if dose.amount_mg_per_kg is None else dose.amount_mg_per_kg * weight_kg


def differs(before: float, after: float, fraction: float) -> bool:
    """Whether `after` is apart from `before` by more than the fraction of `before`."""
    return abs(after - before) > fraction * before


def last_change(changes: Sequence[Change], history: History) -> Moment | None:
    """The latest change of the regimen; starting the course is one, where the start is known."""
    moments = [change.moment for change in changes]
    if history.start_known and history.start is not None:
        moments.append(history.start)
    if not moments:
        return None
    latest, *others = moments
    return max(moments, key=lambda moment: (instant(moment), moment.timed)) if others else latest


def is_superseded(drawn: Moment, route: Route, changes: Sequence[Change], history: History) -> bool:
    """Whether a sample no longer describes the regimen.

    Not surely drawn after a change: a change of the same day without times counts as later. A dose that was
    ordered earlier but not yet given at the sample counts as well: the sample reflects the dose before it.
    That holds for infusions only, since injections at home are not recorded when they are given.
    """
    for change in changes:
        if not is_after(drawn, change.moment):
            return True
        if change.ordered and change.kind is ChangeKind.DOSE and route is Route.INTRAVENOUS:
            before = history.before(drawn)
            if before and change.moment.day > before[-1].given.day:
                return True
    return False
