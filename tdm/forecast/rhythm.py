"""How regularly infusions were given: what a reader of a forecast is told of gaps and of another rhythm."""

from __future__ import annotations

from itertools import pairwise

from tdm.course_history import History
from tdm.decision import Regimen
from tdm.facts import Moment
from tdm.forecast.result import Note, Remark
from tdm.knowledge.model import Policy
from tdm.regimen import agree, days_text, ordered_interval
from tdm.timing import calendar_days_between

A_WEEK_DAYS = 7


def rhythm_notes(history: History, regimen: Regimen, now: Moment, policy: Policy) -> list[Note]:
    """What is noted of the steps between infusions; no dose is invented for any of them."""
    return [*_other_rhythm(regimen, policy), *_gaps(history, regimen, now, policy)]


def _other_rhythm(regimen: Regimen, policy: Policy) -> list[Note]:
    """A note where infusions came in another rhythm than the order's, which the forecast goes by from now.

    A week apart is worth a word, though such a sample still counts as a trough.
    """
    ordered, observed = regimen.ordered_interval_days, regimen.observed_interval_days
    if ordered is None or observed is None:
        return []
    if agree(ordered, observed, policy) and abs(ordered - observed) < A_WEEK_DAYS:
        return []
    values = (("ordered", days_text(ordered)), ("observed", days_text(observed)))
    return [(Remark.INTERVAL_AS_ORDERED, values)]


def _gaps(history: History, regimen: Regimen, now: Moment, policy: Policy) -> list[Note]:
    """A note on each step that is nearer to two intervals of the order then, or more, and stands alone.

    Where the step before or after is as long, that is how infusions were given: before an interval was
    shortened, or more rarely than ordered.
    """
    if not regimen.interval_days:
        return []
    latest = policy.trough_latest_fraction
    shortest = min(
        [regimen.interval_days, *[one.interval_days for one in history.orders if one.interval_days]]
    )
    moments = [infusion.given for infusion in history.infusions]
    days = [calendar_days_between(one, other) for one, other in pairwise((*moments, now))]
    notes: list[Note] = []
    for place, step in enumerate(days):
        if step <= shortest * latest:
            continue
        beside = (*days[max(place - 1, 0) : place], *days[place + 1 : place + 2])
        if any(step <= length * latest for length in beside):
            continue
        before = moments[place]
        interval = ordered_interval(history.orders, before) or regimen.interval_days
        if round(step / interval) > 1:
            notes.append((Remark.GAP, (("day", before.day.isoformat()), ("weeks", f"{step / 7:.0f}"))))
    return notes
