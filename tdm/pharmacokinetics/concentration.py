"""Levels at given moments from a history: the exact solution, with its derivatives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import sub
from typing import NamedTuple

from tdm.pharmacokinetics.carrying import Amount, Amounts, add_absorption, amount_in, ended, started
from tdm.pharmacokinetics.content import Content, contents_of
from tdm.pharmacokinetics.crossing import crossed
from tdm.pharmacokinetics.disposition import System, mean_decay, mean_decay_slope, system_of
from tdm.pharmacokinetics.layout import Stretch
from tdm.pharmacokinetics.parameters import ABSORPTION, CENTRAL_VOLUME, Vector
from tdm.pharmacokinetics.superposition import decayed_both

# Of an amount exp(-FORGOTTEN) = 1e-17 is left: less than a float can tell beside any dose given since.
FORGOTTEN = 39.0


class Levels(NamedTuple):
    """Levels in µg/mL; for each random parameter their derivatives by its logarithm, as one column."""

    values: list[float]
    columns: list[list[float]]


def levels(found: Sequence[Stretch], parameters: Sequence[Vector], places: Sequence[int]) -> Levels:
    """The level at every moment asked about; one set of individual parameters for each stretch.

    Levels are never negative; before the first dose they are 0. `places` are those of the random parameters.
    """
    if len(found) == 1 and found[0].plain:
        system = system_of(parameters[0], places)
        if len(system.rates) > 1:
            return _plain(found[0], system, parameters[0], places)
    values: list[float] = []
    columns: list[list[float]] = [[] for _ in places]
    for amount, volume in _amounts(found, parameters, places):
        value = amount.value / volume
        values.append(value)
        for place, slope, column in zip(places, amount.gradient, columns, strict=True):
            column.append(slope / volume - (value if place == CENTRAL_VOLUME else 0.0))
    return Levels(values, columns)


def _amounts(
    found: Sequence[Stretch], parameters: Sequence[Vector], places: Sequence[int]
) -> Iterator[tuple[Amount, float]]:
    """The central amount at every moment asked about, and the volume it is in then."""
    carried: Amounts | None = None
    systems = [system_of(values, places) for values in parameters]
    first = _first_that_matters(found, parameters, systems)
    for stretch, values, system in zip(found[first:], parameters[first:], systems[first:], strict=True):
        volume = values[CENTRAL_VOLUME]
        if stretch.plain and len(system.rates) > 1 and (carried is None or not carried.depot.value):
            amounts, carried = crossed(stretch, system, values, places, carried)
            for amount in amounts:
                yield amount, volume
            continue
        contents = list(zip(*contents_of(stretch, system, values), strict=True))
        if len(found) == 1:
            for one in contents:
                yield central(system, one, places), volume
            continue
        start = started(carried, system, values, places)
        for query, one in zip(stretch.queries, contents, strict=True):
            since = query.at_days - stretch.from_days
            if stretch.carries_on and query is stretch.queries[-1]:
                carried = ended(start, system, one, values, places, since)
            else:
                yield amount_in(start.centre, start.depot, system, one, values, places, since), volume


def _first_that_matters(
    found: Sequence[Stretch], parameters: Sequence[Vector], systems: Sequence[System]
) -> int:
    """The first stretch of which anything is left at the first sample.

    What a stretch ends with decays in those after it at least as fast as their slow exponentials, or as a
    depot empties where that is slower.
    """
    asked = next(
        place for place, stretch in enumerate(found) if len(stretch.queries) > int(stretch.carries_on)
    )
    decay = 0.0
    for place in range(asked - 1, 0, -1):
        stretch, slowest = found[place], systems[place].rates[-1]
        if parameters[place][ABSORPTION] > 0.0:
            slowest = min(slowest, parameters[place][ABSORPTION])
        decay += slowest * (stretch.queries[-1].at_days - stretch.from_days)
        if decay > FORGOTTEN:
            return place
    return 0


def _plain(stretch: Stretch, system: System, values: Vector, places: Sequence[int]) -> Levels:
    """The common case in one go: infusions of one duration into two compartments, nothing carried."""
    (train,), volume = stretch.trains, values[CENTRAL_VOLUME]
    duration = train.duration_days
    (fast, slow), (first, second) = system.rates, system.weights
    fast_share, slow_share = mean_decay(fast * duration) / volume, mean_decay(slow * duration) / volume
    quick, long = fast_share * first, slow_share * second
    left = decayed_both(fast, slow, train, stretch.finished)
    found = [quick * here + long * late for here, _, late, _ in left]
    if not places:
        return Levels(found, [])
    fast_slope = first * duration * mean_decay_slope(fast * duration) / volume
    slow_slope = second * duration * mean_decay_slope(slow * duration) / volume
    changes = [  # by the fast rate, by the slow one, by the weight of the fast one
        (
            fast_slope * here - quick * here_aged,
            slow_slope * late - long * late_aged,
            fast_share * here - slow_share * late,
        )
        for here, here_aged, late, late_aged in left
    ]
    columns = [[a * x + b * y + c * z for x, y, z in changes] for a, b, c in system.slopes]
    if CENTRAL_VOLUME in places:
        own = places.index(CENTRAL_VOLUME)
        columns[own] = list(map(sub, columns[own], found))
    return Levels(found, columns)


def central(system: System, contents: Sequence[Content], places: Sequence[int]) -> Amount:
    """The amount in the central compartment from the doses of one stretch, and nothing before."""
    if len(contents) == 1:
        content = contents[0]
        amount = Amount(content.amount, [content.by_rate * row[0] for row in system.slopes])
        add_absorption(amount.gradient, places, content.injected, content.by_absorption)
        return amount
    fast, slow = contents
    first, second = system.weights
    by_fast, by_slow, by_weight = first * fast[1], second * slow[1], fast[0] - slow[0]
    gradient = [by_fast * row[0] + by_slow * row[1] + by_weight * row[2] for row in system.slopes]
    if fast.injected:
        add_absorption(
            gradient,
            places,
            first * fast.injected + second * slow.injected,
            first * fast.by_absorption + second * slow.by_absorption,
        )
    return Amount(first * fast[0] + second * slow[0], gradient)
