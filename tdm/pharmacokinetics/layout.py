"""Cuts a history into stretches of constant covariates, each with its doses and the moments asked about."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from operator import itemgetter, sub
from typing import NamedTuple

from tdm.pharmacokinetics.history import Administration, Covariates


class Train(NamedTuple):
    """Infusions of one duration, in order; a bolus and an injection have none.

    `links` holds of each the time since the end of the one before (the first: 0) and its amount.
    """

    duration_days: float
    begins_days: Sequence[float]
    ends_days: Sequence[float]
    links: Sequence[tuple[float, float]]


NO_TRAIN = Train(0.0, (), (), ())


class Past(NamedTuple):
    """How many doses of a train are over at a moment, and the time since the last of them."""

    doses: int
    since_days: float


NO_PAST = Past(0, 0.0)


class Query(NamedTuple):
    """A moment asked about: what is over of each train, and what is still running.

    `injected` counts the subcutaneous doses before it. `running` holds, of each infusion under way, the
    amount given so far and the time it has run.
    """

    at_days: float
    finished: list[Past]
    injected: Past
    running: list[tuple[float, float]]


class Stretch(NamedTuple):
    """A stretch of constant covariates. With `carries_on` the last query is its end; the next follows.

    `plain`: infusions of one duration only, none of them under way at any query; `finished` is then what is
    over at each query.
    """

    from_days: float
    covariates: Covariates
    trains: list[Train]
    injections: Train
    queries: list[Query]
    carries_on: bool
    plain: bool
    finished: list[Past]


_DURATION = itemgetter(Administration._fields.index("duration_days"))


def stretches(
    administrations: Sequence[Administration], covariates: Sequence[Covariates], times_days: Sequence[float]
) -> tuple[Stretch, ...]:
    """The stretches up to the last moment asked about; all three sequences are in order of time.

    A dose counts for moments after its start only: a level of the same moment was drawn before it.
    """
    if not times_days:
        return ()
    last = times_days[-1]
    given = administrations[: bisect_left(administrations, (last,))]
    given_from = given[0].at_days if given else last
    # What was true before the first dose has no bearing on the drug.
    first = max(0, bisect_right([entry.from_days for entry in covariates], given_from) - 1)
    held = [entry for entry in covariates[first:] if entry is covariates[first] or entry.from_days < last]
    longest = max(map(_DURATION, given), default=0.0)
    found = []
    begin = min(given_from, times_days[0])
    for place, entry in enumerate(held):
        carries_on = place + 1 < len(held)
        end = held[place + 1].from_days if carries_on else last
        low = bisect_right(times_days, begin) if place else 0
        times = [*times_days[low : bisect_right(times_days, end)], *([end] if carries_on else [])]
        near = given[bisect_left(given, (begin - longest,)) : bisect_left(given, (end,))]
        trains, injections = _sorted_out(near, begin)
        queries = [_query(at, trains, injections) for at in times]
        plain = len(trains) == 1 and not injections.links and not any(query.running for query in queries)
        over = [query.finished[0] for query in queries] if plain else []
        found.append(Stretch(begin, entry, trains, injections, queries, carries_on, plain, over))
        begin = end
    return tuple(found)


def _sorted_out(given: Sequence[Administration], begin: float) -> tuple[list[Train], Train]:
    """The doses of a stretch by duration, and the injections; of an infusion that is under way, the rest.

    Doses come in order of time; of one duration, so do their ends.
    """
    if given and given[0].at_days >= begin:
        days, amounts, durations, subcutaneous = zip(*given, strict=True)
        duration = durations[0]
        # the common case, and the quick one
        if durations.count(duration) == len(durations) and not any(subcutaneous):
            return [_train(duration, days, [at + duration for at in days], amounts)], NO_TRAIN
    pieces: dict[float, list[tuple[float, float, float]]] = {}
    injections: list[tuple[float, float, float]] = []
    for at, amount, takes, under_the_skin in given:
        over = at + takes
        if under_the_skin:
            if at >= begin:
                injections.append((at, at, amount))
        elif at >= begin:
            pieces.setdefault(takes, []).append((at, over, amount))
        elif over > begin:
            rest = over - begin
            pieces.setdefault(rest, []).append((begin, over, amount * (rest / takes)))
    trains = [_train(lasting, *zip(*found, strict=True)) for lasting, found in sorted(pieces.items())]
    return trains or [NO_TRAIN], _train(0.0, *zip(*injections, strict=True)) if injections else NO_TRAIN


def _train(
    duration: float, begins: Sequence[float], ends: Sequence[float], amounts: Sequence[float]
) -> Train:
    gaps = [0.0, *map(sub, ends[1:], ends)]
    return Train(duration, begins, ends, list(zip(gaps, amounts, strict=True)))


def _past(at: float, doses: int, ends: Sequence[float]) -> Past:
    return Past(doses, at - ends[doses - 1] if doses else 0.0)


def _query(at: float, trains: Sequence[Train], injections: Train) -> Query:
    """What is over, injected and running at a moment."""
    finished, running = [], []
    for duration, begins, ends, links in trains:
        over = bisect_right(ends, at) if duration > 0.0 else bisect_left(ends, at)
        finished.append(_past(at, over, ends))
        while over < len(ends) and begins[over] < at:
            run = at - begins[over]
            running.append((links[over][1] * (run / duration), run))
            over += 1
    injected = NO_PAST
    if injections.links:
        injected = _past(at, bisect_left(injections.ends_days, at), injections.ends_days)
    return Query(at, finished, injected, running)
