"""The levels that a forecast is fitted to: every usable one of this course, trough or not."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from math import inf

from tdm.activity import NOT_FINAL
from tdm.course_history import History
from tdm.facts import Comparator, LevelReading, Moment, Route
from tdm.forecast.doses import INFUSION_DAYS
from tdm.forecast.result import Note, Remark
from tdm.forecast.timeline import Timeline
from tdm.knowledge.model import Policy
from tdm.pharmacokinetics.history import Sample
from tdm.plausibility import samplings
from tdm.source import Source
from tdm.timing import days_between, is_after, is_older

SOON_AFTER_DAYS = 1.0
"""So soon a level tells of the volume and of the infusion more than of how fast the drug is cleared."""

MOST_SAMPLES = 24
"""The newest ones of a year; more are no record of a course but of a mistake."""

BELOW = (Comparator.BELOW, Comparator.AT_MOST)
ABOVE = (Comparator.ABOVE, Comparator.AT_LEAST)


@dataclass(frozen=True, slots=True)
class UsedLevels:
    """Samples on the axis of the forecast with the days they were drawn, newest first.

    `doubtful` are those of a result that is not final or was recognised by its name, `after_infusion` those
    drawn within a day after one. `newest_unbounded`: a level newer than all of them is known only as at least
    so much. A forecast without it would speak of somebody else.
    """

    samples: tuple[Sample, ...] = ()
    drawn: tuple[Moment, ...] = ()
    doubtful: tuple[Moment, ...] = ()
    after_infusion: tuple[Moment, ...] = ()
    left_out: tuple[Note, ...] = ()
    newest_unbounded: bool = False


def read_samples(
    levels: Iterable[LevelReading],
    history: History,
    timeline: Timeline,
    policy: Policy,
    contradicting: Collection[Source | None] = (),
) -> UsedLevels:
    """The samples of this course that count, newest first.

    Left out: what is implausible or contradicts another (the decision names it), a level before the course,
    one older than the policy allows, one known only as at least so much, one drawn while the drug ran in (it
    hangs on minutes and on the line that it was drawn from), and an earlier one of the same day:
    what the models call error is for the most part the same in both, so that two would count for too much.
    The newer one counts, as it does for the decision; neither where the decision could not choose between
    them: `contradicting` are the records of those that it held against a newer one.
    """
    now = timeline.now
    used: list[tuple[Sample, Moment]] = []
    doubtful: list[Moment] = []
    soon: list[Moment] = []
    left_out: list[Note] = []
    newest_unbounded = False
    newer: tuple[float, Moment] | None = None
    found, _ = samplings(levels, now, policy)
    for sampling in found:
        drawn, reading = sampling.drawn, sampling.reading
        if sampling.conflict or is_older(drawn, now, policy.forecast_level_valid_days):
            continue
        if _before_course(drawn, history):
            continue
        at = _before_infusion(drawn, history, timeline)
        since_start = _since_infusion(at, drawn, history, timeline)
        if since_start < INFUSION_DAYS:
            left_out.append((Remark.LEVEL_DURING_INFUSION, (("day", drawn.day.isoformat()),)))
            continue
        if newer is not None and _of_one_day((at, drawn), newer, history, timeline):
            counts = bool(used) and used[-1][1] == newer[1]
            if counts and reading.source in contradicting:
                used.pop()
                doubtful = [one for one in doubtful if one != newer[1]]
                left_out.append((Remark.LEVELS_CONTRADICT, (("day", newer[1].day.isoformat()),)))
            elif counts:
                left_out.append((Remark.LEVEL_SAME_DAY, (("day", drawn.day.isoformat()),)))
            continue
        if reading.detected and reading.comparator in ABOVE:
            newest_unbounded = newest_unbounded or newer is None
            left_out.append((Remark.LEVEL_AT_LEAST, (("day", drawn.day.isoformat()),)))
            continue
        if len(used) == MOST_SAMPLES:
            left_out.append((Remark.OLDER_LEVELS, (("day", used[-1][1].day.isoformat()),)))
            break
        used.append((_sample(reading, at, policy), drawn))
        newer = at, drawn
        if reading.status in NOT_FINAL or not reading.coded:
            doubtful.append(drawn)
        if since_start < INFUSION_DAYS + SOON_AFTER_DAYS:
            soon.append(drawn)
    return UsedLevels(
        tuple([sample for sample, _ in used]),
        tuple([drawn for _, drawn in used]),
        tuple(doubtful),
        tuple([one for one in soon if one in [drawn for _, drawn in used]]),
        tuple(left_out),
        newest_unbounded,
    )


def newest_only(levels: UsedLevels, why: Remark = Remark.OLDER_LEVELS) -> UsedLevels:
    """The newest level alone, the others left out by name."""
    if len(levels.samples) <= 1:
        return levels
    day = levels.drawn[0].day.isoformat()
    left_out = (*levels.left_out, (why, (("day", day),)))
    doubtful = tuple([drawn for drawn in levels.doubtful if drawn == levels.drawn[0]])
    soon = tuple([drawn for drawn in levels.after_infusion if drawn == levels.drawn[0]])
    return UsedLevels(levels.samples[:1], levels.drawn[:1], doubtful, soon, left_out)


def all_but(levels: UsedLevels, drawn: Moment) -> UsedLevels:
    """The levels without one that its doses do not explain, which is left out by name."""
    kept = [place for place, other in enumerate(levels.drawn) if other != drawn]
    return replace(
        levels,
        samples=tuple([levels.samples[place] for place in kept]),
        drawn=tuple([levels.drawn[place] for place in kept]),
        doubtful=tuple([other for other in levels.doubtful if other != drawn]),
        after_infusion=tuple([other for other in levels.after_infusion if other != drawn]),
        left_out=(*levels.left_out, (Remark.LEVEL_FAR_OFF, (("day", drawn.day.isoformat()),))),
    )


def _sample(reading: LevelReading, at_days: float, policy: Policy) -> Sample:
    """A number, or that it was below one; "not detected" is below the highest limit that counts as such."""
    value = reading.value_ug_ml
    if value is None or not reading.detected:
        return Sample(at_days, policy.undetectable_limit_at_most_ug_ml, below=True)
    return Sample(at_days, value, below=reading.comparator in BELOW)


def _before_course(drawn: Moment, history: History) -> bool:
    start = history.start
    return start is not None and (history.start_known or history.restarted) and not is_after(drawn, start)


def _of_one_day(
    older: tuple[float, Moment], newer: tuple[float, Moment], history: History, timeline: Timeline
) -> bool:
    """Whether two samples were drawn within a day, without an infusion between them."""
    if days_between(older[1], newer[1]) >= 1:
        return False
    return not any(older[0] <= timeline.at(one.given) < newer[0] for one in history.infusions)


def _before_infusion(drawn: Moment, history: History, timeline: Timeline) -> float:
    """When the sample was drawn; on the day of an infusion just before it, unless times say otherwise."""
    at = timeline.at(drawn)
    for infusion in history.infusions:
        if infusion.given.day == drawn.day and not is_after(drawn, infusion.given):
            return min(at, timeline.at(infusion.given))
    return at


def _since_infusion(at: float, drawn: Moment, history: History, timeline: Timeline) -> float:
    """Days from the start of the last infusion before a sample; of one day only where both have a time."""
    for one in reversed(history.infusions):
        if one.route is not Route.SUBCUTANEOUS and is_after(drawn, one.given):
            return at - timeline.at(one.given)
    return inf
