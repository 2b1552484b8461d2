"""Simulated courses for the recovery study: doses, one to three noisy levels, and the next true trough."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from tests.campaigns.pharmacokinetics.bodies import INFUSION_DAYS, Bodies
from tests.campaigns.pharmacokinetics.patients import Patients, Population, draw
from tests.campaigns.pharmacokinetics.published import Published, individual, measured

Array = np.ndarray

QUANTIFICATION_LIMIT = 0.5  # µg/mL, of the simulated assay
DOSE_MG_PER_KG = 5.0
SUBCUTANEOUS_MG = 120.0
INDUCTION_DAYS = (0.0, 14.0, 42.0)
WEEK_14 = 98.0
SETTLED_AFTER_DAYS = 700.0
MIDWAY_SHARE = 0.25  # of the levels are not troughs
MIDWAY = (0.4, 0.7)  # where in the interval those are drawn


class Dose(NamedTuple):
    """One dose as given; an injection passes at once, an infusion takes two hours."""

    at_days: float
    amount_mg: float
    subcutaneous: bool


class Level(NamedTuple):
    """One reported level; `below`: only known to be under the value, the assay's limit."""

    at_days: float
    value_ug_ml: float
    below: bool


class Person(NamedTuple):
    """The covariates of one patient."""

    weight_kg: float
    albumin_g_dl: float
    ati_positive: bool
    immunomodulator: bool
    male: bool


class Settled(NamedTuple):
    """A stronger regimen, and the true trough it leads to once it has settled."""

    amount_mg: float
    interval_days: float
    trough_ug_ml: float


class Case(NamedTuple):
    """What a forecast is given, and the truth: the trough after one dose more, and that of an option."""

    person: Person
    doses: tuple[Dose, ...]
    levels: tuple[Level, ...]
    next_dose: Dose
    next_interval_days: float
    next_trough_ug_ml: float
    option: Settled


@dataclass(frozen=True)
class Schedule:
    """When doses are given, and after how many of them the forecast is asked for."""

    days: tuple[float, ...]
    subcutaneous: tuple[bool, ...]
    given: tuple[int, int]  # fewest and most doses before the one to be forecast
    levels_apart: int  # doses from one level to the next
    option_days: float  # the interval of the option: 5 mg/kg every 6 weeks, or the doubled injection


def intravenous() -> Schedule:
    """Weeks 0, 2, 6, 14, then every 8; asked after the fourth to the eighth infusion."""
    days = (*INDUCTION_DAYS, *(WEEK_14 + 56.0 * number for number in range(7)))
    return Schedule(days, (False,) * len(days), (4, 8), 1, 42.0)


def subcutaneous() -> Schedule:
    """Infusions in weeks 0 and 2, 120 mg every 2 weeks from week 6; asked after 6 to 14 injections."""
    days = (0.0, 14.0, *(42.0 + 14.0 * number for number in range(16)))
    return Schedule(days, (False, False, *(True,) * 16), (8, 16), 2, 14.0)


def person(who: Patients, index: int) -> Person:
    """Return one of many patients."""
    return Person(
        float(who.weight_kg[index]),
        float(who.albumin_g_dl[index]),
        bool(who.ati_positive[index]),
        bool(who.immunomodulator[index]),
        bool(who.male[index]),
    )


def reported(at_days: float, value_ug_ml: float) -> Level:
    """Return a level as the laboratory reports it."""
    below = bool(value_ug_ml < QUANTIFICATION_LIMIT)
    return Level(float(at_days), QUANTIFICATION_LIMIT if below else float(value_ug_ml), below)


def occasion_factors(
    model: Published, count: int, doses: int, random: np.random.Generator, *, by_phase: bool
) -> Array:
    """Return what clearance is multiplied by in each dosing interval.

    An occasion is one dosing interval; `by_phase`: induction is one occasion and all of maintenance another.
    """
    deviates = random.normal(0.0, np.sqrt(model.occasion_variance), (count, doses))
    if by_phase:
        induction = len(INDUCTION_DAYS)
        deviates[:, :induction] = deviates[:, :1]
        deviates[:, induction:] = deviates[:, induction : induction + 1]
    return np.exp(deviates)


def cases(
    model: Published,
    population: Population,
    schedule: Schedule,
    count: int,
    random: np.random.Generator,
    *,
    by_phase: bool = False,
) -> list[Case]:
    """Simulate `count` courses; the first has one level, the second two, the third three, and so on."""
    who = draw(population, count, random)
    parameters = individual(model, who, random)
    bodies = Bodies(parameters)
    total = len(schedule.days) - 1
    factors = occasion_factors(model, count, total, random, by_phase=by_phase)
    midway = random.uniform(*MIDWAY, (count, total))
    drawn_midway = random.random((count, total)) < MIDWAY_SHARE
    deviates = random.normal(size=(2, count, total))
    infusion_mg = np.floor(DOSE_MG_PER_KG * who.weight_kg)
    doses = [np.full(count, SUBCUTANEOUS_MG) if under else infusion_mg for under in schedule.subcutaneous]

    troughs, levels, times = (np.zeros((count, total)) for _ in range(3))
    for number in range(total):
        interval = schedule.days[number + 1] - schedule.days[number]
        spent = _give(bodies, doses[number], factors[:, number], under=schedule.subcutaneous[number])
        until = midway[:, number] * interval
        bodies.advance(until - spent, factors[:, number])
        at_midway = bodies.level
        bodies.advance(interval - until, factors[:, number])
        troughs[:, number] = bodies.level
        level = np.where(drawn_midway[:, number], at_midway, troughs[:, number])
        levels[:, number] = measured(model, level, (deviates[0, :, number], deviates[1, :, number]))
        times[:, number] = schedule.days[number] + np.where(drawn_midway[:, number], until, interval)

    under = schedule.subcutaneous[-1]
    option_mg = 2 * doses[-1] if under else doses[-1]
    settled = _settled(model, Bodies(parameters), option_mg, schedule.option_days, random, under=under)
    options = [
        Settled(float(amount), schedule.option_days, float(trough))
        for amount, trough in zip(option_mg, settled, strict=True)
    ]
    given = random.integers(schedule.given[0], schedule.given[1], count, endpoint=True)
    return [
        Case(
            person=person(who, index),
            option=options[index],
            **_cut(schedule, index, int(given[index]), doses, times, levels, troughs),
        )
        for index in range(count)
    ]


def _settled(
    model: Published,
    bodies: Bodies,
    amount_mg: Array,
    days: float,
    random: np.random.Generator,
    *,
    under: bool,
) -> Array:
    """Return the last trough of enough doses to settle, each in an interval of its own clearance."""
    number = int(np.ceil(SETTLED_AFTER_DAYS / days))
    factors = occasion_factors(model, len(amount_mg), number, random, by_phase=False)
    for factor in factors.T:
        spent = _give(bodies, amount_mg, factor, under=under)
        bodies.advance(np.full(len(amount_mg), days - spent), factor)
    return bodies.level


def _give(bodies: Bodies, amount_mg: Array, factor: Array, *, under: bool) -> float:
    if under:
        bodies.inject(amount_mg)
        return 0.0
    bodies.infuse(amount_mg, factor)
    return INFUSION_DAYS


def _cut(
    schedule: Schedule,
    index: int,
    given: int,
    doses: list[Array],
    times: Array,
    levels: Array,
    troughs: Array,
) -> dict[str, Any]:
    """Cut one course at the dose that is to be forecast; the levels are those of the last intervals."""
    wanted = index % 3 + 1
    intervals = sorted(given - 1 - back * schedule.levels_apart for back in range(wanted))
    course = [
        Dose(schedule.days[number], float(doses[number][index]), schedule.subcutaneous[number])
        for number in range(given + 1)
    ]
    return {
        "doses": tuple(course[:given]),
        "levels": tuple(reported(times[index, number], levels[index, number]) for number in intervals),
        "next_dose": course[given],
        "next_interval_days": schedule.days[given + 1] - schedule.days[given],
        "next_trough_ug_ml": float(troughs[index, given]),
    }
