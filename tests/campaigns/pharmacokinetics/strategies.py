"""Four ways to choose dose and interval from a trough: standard, stepwise, proportional, by forecast."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from tests.campaigns.pharmacokinetics.courses import Dose, Level, Person

STANDARD_MG_PER_KG, HIGHEST_MG_PER_KG = 5.0, 10.0
STANDARD_DAYS, SHORTEST_DAYS = 56.0, 28.0
SMALL_STEP_DAYS, LARGE_STEP_DAYS = 14.0, 28.0


class Regimen(NamedTuple):
    """A dose and an interval."""

    mg_per_kg: float
    interval_days: float


class Target(NamedTuple):
    """The protocol's row: act below, aim from, and the ceiling, µg/mL."""

    act_below: float
    aim: float
    ceiling: float


class Visit(NamedTuple):
    """What is known when an infusion is ordered; the last of `levels` has just been reported."""

    child: bool
    person: Person
    doses: tuple[Dose, ...]
    levels: tuple[Level, ...]
    regimen: Regimen
    target: Target
    at_days: float

    @property
    def level(self) -> Level:
        """The level that decides."""
        return self.levels[-1]


class Choice(NamedTuple):
    """The regimen from now on; `unsure`: no option had half the chance, and the ladder was followed."""

    regimen: Regimen
    unsure: bool = False


Strategy = Callable[[Visit], Choice]

STANDARD = Regimen(STANDARD_MG_PER_KG, STANDARD_DAYS)


def direction(visit: Visit) -> int:
    """Return 1 where the level asks for more drug, -1 for less, else 0: the same for all strategies."""
    if visit.level.below or visit.level.value_ug_ml < visit.target.act_below:
        return 1
    return -1 if visit.level.value_ug_ml > visit.target.ceiling else 0


def standard(_: Visit) -> Choice:
    """(a) 5 mg/kg every 8 weeks, whatever the level."""
    return Choice(STANDARD)


def stepwise(visit: Visit) -> Choice:
    """(b) One rung of the ladder up below `act below`, one down above the ceiling."""
    return Choice(_next_rung(visit, direction(visit)))


def _next_rung(visit: Visit, step: int) -> Regimen:
    """Return the next rung: children go by the interval first, adults by the labelled dose."""
    dose, days = visit.regimen
    if step > 0:
        by_interval = days > SHORTEST_DAYS and (visit.child or dose >= HIGHEST_MG_PER_KG)
        shorter = max(SHORTEST_DAYS, days - SMALL_STEP_DAYS)
        return Regimen(dose, shorter) if by_interval else Regimen(HIGHEST_MG_PER_KG, days)
    if step < 0:
        by_dose = dose > STANDARD_MG_PER_KG and (visit.child or days >= STANDARD_DAYS)
        longer = min(STANDARD_DAYS, days + SMALL_STEP_DAYS)
        return Regimen(STANDARD_MG_PER_KG, days) if by_dose else Regimen(dose, longer)
    return visit.regimen


def proportional(visit: Visit) -> Choice:
    """(c) Dose times target over level, the target amid aim and ceiling; past the caps by the interval."""
    if direction(visit) == 0:
        return Choice(visit.regimen)
    dose, days = visit.regimen
    wanted = dose * (visit.target.aim + visit.target.ceiling) / 2 / visit.level.value_ug_ml
    if wanted > HIGHEST_MG_PER_KG:
        days = max(SHORTEST_DAYS, days - SMALL_STEP_DAYS)
    elif wanted < STANDARD_MG_PER_KG:
        days = min(STANDARD_DAYS, days + SMALL_STEP_DAYS)
    return Choice(Regimen(min(max(wanted, STANDARD_MG_PER_KG), HIGHEST_MG_PER_KG), days))


Recommend = Callable[[Visit, Sequence[Regimen]], Regimen | None]


def by_forecast(recommend: Recommend) -> Strategy:
    """(d) The protocol's option that the forecast recommends; the ladder where it recommends none."""

    def decide(visit: Visit) -> Choice:
        step = direction(visit)
        offered = options(visit.regimen, step)
        if not offered:
            return Choice(visit.regimen)
        recommended = recommend(visit, offered)
        if recommended is not None:
            return Choice(recommended)
        return Choice(_next_rung(visit, step), unsure=True)

    return decide


def options(regimen: Regimen, step: int) -> tuple[Regimen, ...]:
    """Return the protocol's options, the smallest change first; none at the cap or at the standard."""
    dose, days = regimen
    offered: list[Regimen] = []
    if step > 0:
        if days > SHORTEST_DAYS:
            offered.append(Regimen(dose, max(SHORTEST_DAYS, days - SMALL_STEP_DAYS)))
        if days - LARGE_STEP_DAYS >= SHORTEST_DAYS:
            offered.append(Regimen(dose, days - LARGE_STEP_DAYS))
        if dose < HIGHEST_MG_PER_KG:
            offered.append(Regimen(HIGHEST_MG_PER_KG, days))
            if days > SHORTEST_DAYS:
                offered.append(Regimen(HIGHEST_MG_PER_KG, max(SHORTEST_DAYS, days - SMALL_STEP_DAYS)))
    if step < 0:
        if dose > STANDARD_MG_PER_KG:
            offered.append(Regimen(STANDARD_MG_PER_KG, days))
        if days < STANDARD_DAYS:
            offered.append(Regimen(dose, min(STANDARD_DAYS, days + SMALL_STEP_DAYS)))
    return tuple(offered)
