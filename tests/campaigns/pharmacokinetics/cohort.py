"""Cohort check: each model in the paediatric cohort of Kang and Choi 2019, beside what was measured there.

Stated there: albumin, azathioprine, antibodies, sex, eight infusions, 1.2 years of treatment. Assumed, as it
is not stated: weights, and 5 mg/kg every 8 weeks for all (10.5 % were intensified in some way).
The adults are Koreans of whom only the median trough is known here: all their covariates are assumed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tests.campaigns.pharmacokinetics.bodies import INFUSION_DAYS, Bodies
from tests.campaigns.pharmacokinetics.courses import DOSE_MG_PER_KG, INDUCTION_DAYS, WEEK_14, occasion_factors
from tests.campaigns.pharmacokinetics.patients import Population, draw
from tests.campaigns.pharmacokinetics.published import (
    COMBINED,
    DUBINSKY,
    MODELS,
    PASSOT,
    REACH,
    XU,
    individual,
    measured,
)

# Median 4.5, quartiles 4.3 and 4.7: a standard deviation of 0.4 / 1.349.
KANG_CHOI = Population(52.0, 0.22, (25.0, 95.0), 4.5, 0.4 / 1.349, (3.0, 5.5), 0.076, 0.905, 0.705)
KOREAN_ADULTS = Population(62.0, 0.20, (40.0, 110.0), 4.2, 0.35, (2.8, 5.2), 0.05, 0.50, 0.65)
INFUSIONS = 8  # so the trough is that of week 54
COUNT = 20_000


class Anchor(NamedTuple):
    """One model in one population, and the median that a simulation done elsewhere gave, µg/mL."""

    population: str
    model: str
    elsewhere_median: float


ANCHORS = (
    Anchor("children", REACH, 3.87),
    Anchor("children", DUBINSKY, 3.58),
    Anchor("children", XU, 2.75),
    Anchor("children", COMBINED, 2.68),
    Anchor("adults", PASSOT, 3.51),
    Anchor("adults", XU, 2.90),
    Anchor("adults", COMBINED, 1.72),
)
POPULATIONS = {"children": KANG_CHOI, "adults": KOREAN_ADULTS}
OBSERVED = {"children": (3.89, 2.58, 5.19), "adults": (3.3, None, None)}  # median and quartiles, µg/mL


def troughs(anchor: Anchor, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the true trough before the ninth infusion of each simulated patient, and the measured one."""
    random = np.random.default_rng(seed)
    model = MODELS[anchor.model]
    who = draw(POPULATIONS[anchor.population], count, random)
    bodies = Bodies(individual(model, who, random))
    factors = occasion_factors(model, count, INFUSIONS, random, by_phase=False)
    days = [*INDUCTION_DAYS, *(WEEK_14 + 56.0 * number for number in range(INFUSIONS - 2))]
    for number in range(INFUSIONS):
        interval = days[number + 1] - days[number]
        bodies.infuse(DOSE_MG_PER_KG * who.weight_kg, factors[:, number])
        bodies.advance(np.full(count, interval - INFUSION_DAYS), factors[:, number])
    deviates = random.normal(size=(2, count))
    return bodies.level, measured(model, bodies.level, (deviates[0], deviates[1]))


def summary(count: int, seed: int) -> list[dict[str, object]]:
    """Return median and quartiles of each model beside the observed ones."""
    rows: list[dict[str, object]] = []
    for anchor in ANCHORS:
        true, reported = troughs(anchor, count, seed)
        rows.append(
            {
                "population": anchor.population,
                "model": anchor.model,
                "name": MODELS[anchor.model].name,
                "true_quartiles_ug_ml": [float(value) for value in np.percentile(true, (25, 50, 75))],
                "measured_quartiles_ug_ml": [float(value) for value in np.percentile(reported, (25, 50, 75))],
                "elsewhere_median_ug_ml": anchor.elsewhere_median,
            }
        )
    return rows
