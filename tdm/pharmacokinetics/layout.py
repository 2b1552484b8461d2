"""Cuts a history into stretches of constant covariates, each with its doses and the moments asked about."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tdm.pharmacokinetics.history import Administration, Covariates


class Train(NamedTuple):
    """Infusions of one duration, by their ends; a bolus and an injection have no duration.

    `links` holds of each the time since the one before (the first: 0) and its amount.
    """

    duration_days: float
    ends_days: list[float]
    links: list[tuple[float, float]]


class Past(NamedTuple):
    """How many doses of a train are over at a moment, and the time since the last of them."""

    doses: int
    since_days: float


class Query(NamedTuple):
    """A moment asked about: what is over of each train, and what is still running.

    `injected` counts the subcutaneous doses before it. `running` holds, of each infusion under way, the
    amount given so far and the time it has run.
    """

    at_days: float
    finished: tuple[Past, ...]
    injected: Past
    running: tuple[tuple[float, float], ...]


class Stretch(NamedTuple):
    """A stretch of constant covariates. With `carries_on` the last query is its end; the next follows.

    `plain`: infusions of one duration only, none of them under way at any of its queries.
    """

    from_days: float
    covariates: Covariates
    trains: tuple[Train, ...]
    injections: Train
    queries: tuple[Query, ...]
    carries_on: bool
    plain: bool


def stretches(
    administrations: Sequence[Administration], covariates: Sequence[Covariates], times_days: Sequence[float]
) -> tuple[Stretch, ...]:
    """The stretches up to the last moment asked about; all three sequences are in order of time.

    A dose counts for moments after its start only: a level of the same moment was drawn before it.
    """
    if not times_days:
        return ()
    last = times_days[-1]
    given = [one for one in administrations if one.at_days < last]
    given_from = given[0].at_days if given else last
    # What was true before the first dose has no bearing on the drug.
    first = max(0, bisect_right([entry.from_days for entry in covariates], given_from) - 1)
    held = [entry for entry in covariates[first:] if entry is covariates[first] or entry.from_days < last]
    found = []
    begin = min(given_from, times_days[0])
    for place, entry in enumerate(held):
        carries_on = place + 1 < len(held)
        end = held[place + 1].from_days if carries_on else last
        low = bisect_right(times_days, begin) if place else 0
        times = [*times_days[low : bisect_right(times_days, end)], *([end] if carries_on else [])]
        found.append(_stretch(entry, begin, end, given, times, carries_on=carries_on))
        begin = end
    return tuple(found)


def _stretch(
    entry: Covariates,
    begin: float,
    end: float,
    given: Iterable[Administration],
    times: Sequence[float],
    *,
    carries_on: bool,
) -> Stretch:
    """One stretch. Infusions are cut at its beginning, so that each piece runs under one set of parameters.

    Doses come in order of time; of one duration, so do their ends.
    """
    pieces: dict[float, list[tuple[float, float]]] = {}
    injections: list[tuple[float, float]] = []
    for at, amount, duration, subcutaneous in given:
        over = at + duration
        if subcutaneous:
            if begin <= at < end:
                injections.append((at, amount))
        elif begin <= at < end:
            pieces.setdefault(duration, []).append((over, amount))
        elif at < begin < over:  # under way when the stretch begins: the rest of it belongs here
            rest = over - begin
            pieces.setdefault(rest, []).append((over, amount * (rest / duration)))
    trains = tuple(_train(duration, found) for duration, found in sorted(pieces.items()))
    injected = _train(0.0, injections)
    queries = tuple(_query(at, trains, injected) for at in times)
    plain = len(trains) == 1 and not injections and not any(query.running for query in queries)
    return Stretch(begin, entry, trains, injected, queries, carries_on, plain)


def _train(duration: float, found: Sequence[tuple[float, float]]) -> Train:
    ends = [over for over, _ in found]
    gaps = [later - earlier for earlier, later in zip(ends[:1] + ends, ends, strict=False)]
    return Train(duration, ends, [(gap, amount) for gap, (_, amount) in zip(gaps, found, strict=True)])


def _past(at: float, doses: int, ends: Sequence[float]) -> Past:
    return Past(doses, at - ends[doses - 1] if doses else 0.0)


def _query(at: float, trains: Sequence[Train], injections: Train) -> Query:
    """What is over, injected and running at a moment."""
    finished, running = [], []
    for duration, ends, links in trains:
        over = bisect_right(ends, at) if duration > 0.0 else bisect_left(ends, at)
        finished.append(_past(at, over, ends))
        if duration > 0.0:
            for stop, (_, amount) in zip(ends[over:], links[over:], strict=True):
                run = duration - (stop - at)
                if run <= 0.0:
                    break
                running.append((amount * (run / duration), run))
    injected = _past(at, bisect_left(injections.ends_days, at), injections.ends_days)
    return Query(at, tuple(finished), injected, tuple(running))
