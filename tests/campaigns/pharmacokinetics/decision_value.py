"""Decision value: the same virtual patients, each managed for a year by every strategy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tests.campaigns.pharmacokinetics.bodies import INFUSION_DAYS, Bodies
from tests.campaigns.pharmacokinetics.courses import (
    INDUCTION_DAYS,
    WEEK_14,
    Dose,
    Level,
    occasion_factors,
    person,
    reported,
)
from tests.campaigns.pharmacokinetics.patients import ADULTS, CHILDREN, draw
from tests.campaigns.pharmacokinetics.published import (
    COMBINED,
    DUBINSKY,
    HANZEL,
    MODELS,
    PASSOT,
    REACH,
    XU,
    Published,
    individual,
    measured,
)
from tests.campaigns.pharmacokinetics.strategies import STANDARD, Regimen, Strategy, Target, Visit, direction

Array = np.ndarray

YEAR_DAYS = 364.0
END_DAYS = WEEK_14 + YEAR_DAYS
MOST_INFUSIONS = len(INDUCTION_DAYS) + 15  # one every four weeks for a year, and one to spare
MEASURED_EVERY = 2  # a level before the infusion of week 14 and before every second one from there on

# The maintenance rows for children and for adults with confirmed activity.
TARGETS = {True: Target(6.0, 6.0, 9.0), False: Target(5.0, 6.0, 9.0)}


class Group(NamedTuple):
    """Patients of one age group whose bodies follow one model; `share` of the whole."""

    truth: str
    child: bool
    share: float


# Half of the patients are children. "Same": half the bodies follow each of the two models that decide.
SCENARIOS: dict[str, tuple[Group, ...]] = {
    "same": (
        Group(REACH, child=True, share=0.25),
        Group(DUBINSKY, child=True, share=0.25),
        Group(COMBINED, child=False, share=0.25),
        Group(XU, child=False, share=0.25),
    ),
    "other": (
        Group(XU, child=True, share=0.5),
        Group(PASSOT, child=False, share=0.25),
        Group(HANZEL, child=False, share=0.25),
    ),
}


@dataclass(frozen=True)
class Chance:
    """All that is drawn by chance for one group, so that every strategy meets the same patients and luck."""

    weight_kg: Array
    people: tuple[object, ...]
    parameters: dict[str, Array]
    clearance_factors: Array
    assay: Array


class Year(NamedTuple):
    """What one year of one strategy came to, one array element for each patient."""

    in_range: Array  # shares of the year whose dosing interval ended in a trough from aim to ceiling
    below: Array  # ... under `act below`
    above: Array  # ... above the ceiling
    last_above: Array  # whether the last trough of the year was above the ceiling
    mg_per_kg: Array
    infusions: Array
    asked: Array  # how often a level asked for more drug
    unsure: Array  # and how often the strategy then had to fall back to the ladder


def luck(model: Published, child: bool, count: int, random: np.random.Generator) -> Chance:
    """Draw one group of patients with the deviates of their occasions and their assays."""
    who = draw(CHILDREN if child else ADULTS, count, random)
    return Chance(
        weight_kg=who.weight_kg,
        people=tuple(person(who, index) for index in range(count)),
        parameters=individual(model, who, random),
        clearance_factors=occasion_factors(model, count, MOST_INFUSIONS, random, by_phase=False),
        assay=random.normal(size=(2, count, MOST_INFUSIONS)),
    )


def manage(group: Group, chance: Chance, strategy: Strategy) -> Year:
    """Give induction to all, then a year of the strategy, which knows the level when it orders."""
    model, target, count = MODELS[group.truth], TARGETS[group.child], len(chance.people)
    bodies = Bodies(chance.parameters)
    now = np.zeros(count)
    regimens = [STANDARD] * count
    doses: list[tuple[Dose, ...]] = [()] * count
    levels: list[tuple[Level, ...]] = [()] * count
    sums = {name: np.zeros(count) for name in Year._fields}

    for number in range(MOST_INFUSIONS):
        active = now < END_DAYS
        if not active.any():
            break
        maintenance = number >= len(INDUCTION_DAYS)
        if maintenance and (number - len(INDUCTION_DAYS)) % MEASURED_EVERY == 0:
            drawn = measured(model, bodies.level, (chance.assay[0, :, number], chance.assay[1, :, number]))
            for index in np.flatnonzero(active):
                levels[index] = (*levels[index], reported(now[index], drawn[index]))
                visit = Visit(
                    group.child,
                    chance.people[index],
                    doses[index],
                    levels[index],
                    regimens[index],
                    target,
                    now[index],
                )
                choice = strategy(visit)
                more = direction(visit) > 0
                sums["asked"][index] += more
                sums["unsure"][index] += more and choice.unsure
                regimens[index] = choice.regimen
        interval = _intervals(number, regimens) * active
        amount = np.floor(np.array([regimen.mg_per_kg for regimen in regimens]) * chance.weight_kg) * active
        for index in np.flatnonzero(active):
            doses[index] = (*doses[index], Dose(float(now[index]), float(amount[index]), subcutaneous=False))
        factor = chance.clearance_factors[:, number]
        bodies.infuse(amount, factor)
        bodies.advance(np.maximum(interval - INFUSION_DAYS, 0.0), factor)
        if maintenance:
            _count(sums, target, bodies.level, now, interval, amount / chance.weight_kg, active)
        now = now + interval
    return Year(**sums)


def _intervals(number: int, regimens: list[Regimen]) -> Array:
    induction = (*INDUCTION_DAYS, WEEK_14)
    if number < len(INDUCTION_DAYS):
        return np.full(len(regimens), induction[number + 1] - induction[number])
    return np.array([regimen.interval_days for regimen in regimens])


def _count(
    sums: dict[str, Array],
    target: Target,
    trough: Array,
    now: Array,
    interval: Array,
    mg_per_kg: Array,
    active: Array,
) -> None:
    """Add one dosing interval to the year; one that outlasts the year counts for the part within it."""
    within = np.minimum(END_DAYS - now, interval) * active
    share = within / YEAR_DAYS
    part = np.divide(within, interval, out=np.zeros_like(within), where=interval > 0)
    above = trough > target.ceiling
    sums["in_range"] += share * ((trough >= target.aim) & ~above)
    sums["below"] += share * (trough < target.act_below)
    sums["above"] += share * above
    sums["last_above"] = np.where(active, above, sums["last_above"])
    sums["mg_per_kg"] += mg_per_kg * part
    sums["infusions"] += part


def run(
    scenario: str, count: int, seed: int, strategies: Mapping[str, Strategy]
) -> dict[tuple[str, bool], Year]:
    """Manage `count` patients of one scenario by every strategy; years by (strategy, child)."""
    years: dict[tuple[str, bool], list[Year]] = {}
    for place, group in enumerate(SCENARIOS[scenario]):
        random = np.random.default_rng([seed, place])
        chance = luck(MODELS[group.truth], group.child, round(count * group.share), random)
        for name, strategy in strategies.items():
            years.setdefault((name, group.child), []).append(manage(group, chance, strategy))
    return {key: Year(*map(np.concatenate, zip(*parts, strict=True))) for key, parts in years.items()}


def summary(years: Mapping[tuple[str, bool], Year]) -> dict[str, dict[str, dict[str, float]]]:
    """Return the figures by age group and strategy; the forecast's gain is paired, with a 95 % interval."""
    names = list(dict.fromkeys(name for name, _ in years))
    return {
        label: {name: _figures(years[name, child], years["forecast", child]) for name in names}
        for label, child in (("children", True), ("adults", False))
    }


def _figures(year: Year, forecast: Year) -> dict[str, float]:
    gain = 100.0 * (forecast.in_range - year.in_range)
    return {
        "patients": len(year.in_range),
        "in_range_percent": 100.0 * float(year.in_range.mean()),
        "below_percent": 100.0 * float(year.below.mean()),
        "above_percent": 100.0 * float(year.above.mean()),
        "patients_last_above_percent": 100.0 * float(year.last_above.mean()),
        "mg_per_kg": float(year.mg_per_kg.mean()),
        "infusions": float(year.infusions.mean()),
        "unsure_percent": 100.0 * float(year.unsure.sum() / max(1.0, year.asked.sum())),
        "forecast_gain_points": float(gain.mean()),
        "forecast_gain_half_width": 1.96 * float(gain.std(ddof=1) / np.sqrt(len(gain))),
    }
