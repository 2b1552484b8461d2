"""Cuts a history into stretches of constant covariates, each with its doses and the moments asked about."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tdm.pharmacokinetics.history import Administration, Covariates


class Train(NamedTuple):
    """Infusions of one duration, by their ends; a bolus has no duration."""

    duration_days: float
    ends_days: tuple[float, ...]
    amounts_mg: tuple[float, ...]


class Query(NamedTuple):
    """A moment asked about: how many infusions of each train are over by then, and those still running.

    `absorbing` counts the subcutaneous doses before it. `running` holds, of each infusion under way, the
    amount given so far and the time it has run.
    """

    at_days: float
    finished: tuple[int, ...]
    absorbing: int
    running: tuple[tuple[float, float], ...]


class Stretch(NamedTuple):
    """A stretch of constant covariates. With `carries_on` the last query is its end; the next follows."""

    from_days: float
    covariates: Covariates
    trains: tuple[Train, ...]
    injections: Train
    queries: tuple[Query, ...]
    carries_on: bool


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
    """One stretch: infusions are cut at its ends, so that each piece runs under one set of parameters."""
    pieces: dict[float, list[tuple[float, float]]] = {}
    injections: list[tuple[float, float]] = []
    for one in given:
        if one.subcutaneous:
            if begin <= one.at_days < end:
                injections.append((one.at_days, one.amount_mg))
            continue
        over = one.at_days + one.duration_days
        if one.at_days >= end or (over <= begin and one.at_days < begin):
            continue
        if one.at_days >= begin:  # the common case keeps its duration to the last digit
            duration, amount, stop = one.duration_days, one.amount_mg, over
        else:
            duration, stop = over - begin, over
            amount = one.amount_mg * (duration / one.duration_days)
        pieces.setdefault(duration, []).append((stop, amount))
    ordered = {duration: sorted(found) for duration, found in sorted(pieces.items())}
    trains = tuple(
        Train(duration, tuple(stop for stop, _ in found), tuple(amount for _, amount in found))
        for duration, found in ordered.items()
    )
    injected = Train(0.0, tuple(at for at, _ in injections), tuple(amount for _, amount in injections))
    queries = tuple(_query(at, trains, injected) for at in times)
    return Stretch(begin, entry, trains, injected, queries, carries_on)


def _query(at: float, trains: Sequence[Train], injections: Train) -> Query:
    """What is over, being absorbed and running at a moment."""
    finished, running = [], []
    for duration, ends, amounts in trains:
        over = bisect_right(ends, at) if duration > 0.0 else bisect_left(ends, at)
        finished.append(over)
        if duration > 0.0:
            for stop, amount in zip(ends[over:], amounts[over:], strict=True):
                run = duration - (stop - at)
                if run <= 0.0:
                    break
                running.append((amount * (run / duration), run))
    return Query(at, tuple(finished), bisect_left(injections.ends_days, at), tuple(running))
