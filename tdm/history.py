"""Reads the present course from the facts: its doses by day, its orders, and where it starts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta

from tdm.course_history import History, Infusion
from tdm.dose_records import Evidence, Joined, join
from tdm.facts import Dose, FactGroup, Moment, Order, OrderState, Route, TreatmentCourse
from tdm.issues import DataIssue, IssueCode
from tdm.knowledge.model import Policy
from tdm.source import Source
from tdm.timing import days_between, in_future, instant, is_after, is_older

NEXT_DAY = timedelta(days=1)


def read_history(
    course: TreatmentCourse, now: Moment, policy: Policy
) -> tuple[History, tuple[DataIssue, ...]]:
    """The history of the present course at `now`, with the doubts that arose."""
    issues: list[DataIssue] = []
    orders = past_orders(course.orders, now, policy)
    infusions = infusion_days(course, orders, now, policy, issues)
    first = first_of_course(infusions, orders, policy)
    current = tuple(infusions[first:])
    if first:
        gap = days_between(infusions[first - 1].given, infusions[first].given)
        parameters = (("day", current[0].given.day.isoformat()), ("weeks", f"{gap / 7:.0f}"))
        issues.append(DataIssue(IssueCode.COURSE_RESTARTED, "course", parameters, current[0].source))
    known = bool(current) and start_is_known(course, current, orders, now, policy, restarted=first > 0)
    start = current[0].given if first else None
    dispensed = dispenses(course.dispensed, start, now, policy, issues)
    return History(current, orders, start_known=known, restarted=first > 0, dispensed=dispensed), tuple(
        issues
    )


def dispenses(
    every: Iterable[Dose], start: Moment | None, now: Moment, policy: Policy, issues: list[DataIssue]
) -> tuple[Dose, ...]:
    """Dispenses since the start of a new course, oldest first, one for each day and route.

    Those of one day that tell different intervals are named and left out.
    """
    found: dict[tuple[date, Route | None], Dose] = {}
    differing = set()
    for dose in every:
        if in_future(dose.given, now, policy.future_tolerance_minutes):
            continue  # named among the doses
        if start is not None and dose.given.day < start.day:
            continue
        known = found.setdefault((dose.given.day, dose.route), dose)
        if known.interval_days != dose.interval_days:
            differing.add((dose.given.day, dose.route))
    for day, _ in sorted(differing, key=str):
        what = (("what", f"what was handed out on {day.isoformat()}"),)
        issues.append(DataIssue(IssueCode.INTERVAL_UNREADABLE, "interval", what))
    kept = [dose for place, dose in found.items() if place not in differing]
    return tuple(sorted(kept, key=lambda dose: (dose.given.day, dose.route or "")))


def infusion_days(
    course: TreatmentCourse,
    orders: tuple[Order, ...],
    now: Moment,
    policy: Policy,
    issues: list[DataIssue],
) -> list[Infusion]:
    """Doses gathered by calendar day, oldest first; doses dated in the future are named and left out.

    A statement or dispense within a week of an administration repeats it and is left out: a dispense a day
    before its infusion would otherwise read as an interval of one day. For the same reason what is charted
    on the day after a dose belongs to that dose: it went on past midnight, or was charted late.
    """
    administered: dict[date, list[Dose]] = {}
    reported: dict[date, list[Dose]] = {}
    for dose in course.doses:
        if in_future(dose.given, now, policy.future_tolerance_minutes):
            issues.append(dose_issue(IssueCode.DOSE_IN_FUTURE, dose.given, dose.source))
        else:
            (reported if dose.reported else administered).setdefault(dose.given.day, []).append(dose)
    by_day = over_midnight(administered)
    if reported:
        days = tuple(administered)
        by_day = by_day | {
            day: told
            for day, told in reported.items()
            if all(abs((day - known).days) >= policy.week_2_from_day for known in days)
        }
    if len(by_day) == len(course.doses):
        return [infusion_of(by_day[day][0]) for day in sorted(by_day)]
    alone = tuple([doses[0] for doses in by_day.values() if len(set(doses)) == 1])
    evidence = Evidence(course, orders, alone, policy)
    joined: list[DataIssue] = []
    infusions = [one_infusion(by_day[day], evidence, issues, joined) for day in sorted(by_day)]
    if joined:
        count = (("count", str(len(joined))),)
        issues.append(replace(joined[-1], parameters=joined[-1].parameters + count))
    return infusions


def over_midnight(administered: dict[date, list[Dose]]) -> dict[date, list[Dose]]:
    """Doses by the day that each infusion began, where routes do not tell two of them apart.

    More than two days in a row are no infusion; they stay what they say.
    """
    by_day = dict(administered)
    for day, doses in administered.items():
        after = administered.get(day + NEXT_DAY)
        if after is None or day - NEXT_DAY in administered or day + 2 * NEXT_DAY in administered:
            continue
        if len({dose.route for dose in (*doses, *after)} - {None}) <= 1:
            by_day[day] = doses + after
            del by_day[day + NEXT_DAY]
    return by_day


def infusion_of(dose: Dose) -> Infusion:
    """What one record says was given."""
    return Infusion(dose.given, dose.source, dose.route, dose.amount_mg, dose.amount_mg_per_kg, dose.reported)


def one_infusion(
    doses: Sequence[Dose], evidence: Evidence, issues: list[DataIssue], joined: list[DataIssue]
) -> Infusion:
    """What was given on one day; `joined` gathers what was added up, or charted over two days."""
    doses = tuple(dict.fromkeys(doses))  # one record, sent twice
    first = min(doses, key=dose_order)
    if len(doses) == 1:
        return infusion_of(first)
    amount = join(doses, evidence)
    if amount.unclear:
        issues.append(dose_issue(IssueCode.DOSE_AMOUNTS_DIFFER, first.given, first.source))
    elif amount.added or len({dose.given.day for dose in doses}) > 1:
        joined.append(joined_issue(doses, amount, first))
    routes = {dose.route for dose in doses} - {None}
    return Infusion(
        first.given,
        first.source,
        routes.pop() if len(routes) == 1 else None,
        amount.amount_mg,
        amount.amount_mg_per_kg,
        first.reported,
        amount.unclear,
    )


def joined_issue(doses: Sequence[Dose], amount: Joined, first: Dose) -> DataIssue:
    """An issue of records that were taken as one dose, with what they say and what it came to."""
    ordered = sorted(doses, key=dose_order)
    records = " + ".join(amount_text(dose.amount_mg, dose.amount_mg_per_kg) for dose in ordered)
    taken = amount_text(amount.amount_mg, amount.amount_mg_per_kg)
    said = (("day", first.given.day.isoformat()), ("records", records), ("taken", taken))
    return DataIssue(IssueCode.DOSE_RECORDS_JOINED, "dose", said, first.source)


def amount_text(mg: float | None, mg_per_kg: float | None) -> str:
    """An amount for display, in mg where it is known."""
    if mg is not None:
        return f"{mg:.4g} mg"
    return "no amount" if mg_per_kg is None else f"{mg_per_kg:.3g} mg/kg"


def dose_order(dose: Dose) -> tuple[date, bool, float, str, str]:
    """Of one day's doses the earliest with a time speaks for the day."""
    given, source = dose.given, dose.source
    return given.day, not given.timed, instant(given), source.resource_type, source.reference


def past_orders(orders: Iterable[Order], now: Moment, policy: Policy) -> tuple[Order, ...]:
    """Orders other than drafts, oldest first; undated ones lead. An order of the future is no fact yet."""
    written = [
        order
        for order in orders
        if order.state is not OrderState.DRAFT
        and (order.authored is None or not in_future(order.authored, now, policy.future_tolerance_minutes))
    ]
    if len(written) > 1:
        written.sort(key=order_order)
    return tuple(written)


def order_order(order: Order) -> tuple[object, ...]:
    """A total order of orders by date, then by what they say; an active order comes last of its moment."""
    return (
        -1.0 if order.authored is None else instant(order.authored),
        order.state is OrderState.ACTIVE,
        order.source.reference,
        order.source.resource_type,
        order.state,
        order.route or "",
        order.amount_mg or 0.0,
        order.amount_mg_per_kg or 0.0,
        order.interval_days or 0.0,
        order.loading_schedule,
        0.0 if order.ended is None else instant(order.ended),
        order.label,
    )


def first_of_course(infusions: Sequence[Infusion], orders: Sequence[Order], policy: Policy) -> int:
    """Index of the first dose after the last gap that started a new course; 0 without one.

    Injections at home leave no administrations, so a gap beside a subcutaneous dose or with a subcutaneous
    order written in it is no gap.
    """
    for index in range(len(infusions) - 1, 0, -1):
        before, after = infusions[index - 1], infusions[index]
        if not is_older(before.given, after.given, policy.new_course_gap_days):
            continue
        if before.route is Route.SUBCUTANEOUS or after.route is Route.SUBCUTANEOUS:
            continue
        if not any(
            order.route is Route.SUBCUTANEOUS
            and order.authored is not None
            and before.given.day <= order.authored.day <= after.given.day
            for order in orders
        ):
            return index
    return 0


def start_is_known(
    course: TreatmentCourse,
    infusions: Sequence[Infusion],
    orders: Iterable[Order],
    now: Moment,
    policy: Policy,
    *,
    restarted: bool,
) -> bool:
    """Whether the first recorded dose can be taken for the first of the course.

    Not where administrations are missing or cut off. Not where the record begins in mid-course: the first
    step is too long for an induction, a level was drawn before the first recorded dose, or infliximab was
    ordered long before it.
    """
    if FactGroup.ADMINISTRATIONS in [group for group, _ in course.shortfalls]:
        return False
    if restarted:
        return True
    start = infusions[0].given
    second = infusions[1].given if len(infusions) > 1 else now
    longest = policy.induction_intervals_days[1] * policy.trough_latest_fraction
    if days_between(start, second) > longest:
        return False
    if not all(level.drawn is None or is_after(level.drawn, start) for level in course.levels):
        return False
    return not ordered_long_before(infusions, orders, policy)


def ordered_long_before(infusions: Sequence[Infusion], orders: Iterable[Order], policy: Policy) -> bool:
    """Whether an order was written so long before the first recorded dose that others must have gone before.

    A first step of two weeks is that of an induction, which may have waited for its start for some months.
    An order that ended before a gap belongs to an earlier course.
    """
    start = infusions[0].given
    longest = policy.starting_order_days
    first_step = policy.induction_intervals_days[0] * policy.trough_latest_fraction
    if len(infusions) > 1 and days_between(start, infusions[1].given) <= first_step:
        longest = policy.maintenance_presumed_order_days
    return any(
        order.authored is not None
        and is_older(order.authored, start, longest)
        and (order.ended is None or not is_older(order.ended, start, policy.new_course_gap_days))
        for order in orders
    )


def dose_issue(code: IssueCode, given: Moment, source: Source) -> DataIssue:
    """An issue of one dose, with its day."""
    return DataIssue(code, "dose", (("day", given.day.isoformat()),), source)
