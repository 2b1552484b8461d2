"""The answer that any estimate approximates: the posterior itself, by weighing draws from the population.

Slow, and with chance in it; it says how near the next trough can be foretold at all, and whether an interval
that is too narrow or too wide lies in the estimate or in the question.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from tests.campaigns.pharmacokinetics.bodies import INFUSION_DAYS, Bodies
from tests.campaigns.pharmacokinetics.courses import Case, Level, occasion_factors
from tests.campaigns.pharmacokinetics.patients import Patients
from tests.campaigns.pharmacokinetics.published import MODELS, Published, individual
from tests.campaigns.pharmacokinetics.recovery import Foretold

Array = np.ndarray

DRAWS = 4_000
FEWEST_EFFECTIVE = 100  # below this the cloud has hardly a draw near the patient


def posterior(
    identifier: str, case: Case, seed: int, *, draws: int = DRAWS
) -> tuple[Foretold, Foretold, float]:
    """Return the next trough without and with the levels, and how many draws the second rests on."""
    model = MODELS[identifier]
    random = np.random.default_rng(seed)
    who = Patients(*(np.full(draws, float(value)) for value in case.person))
    bodies = Bodies(individual(model, who, random))
    doses = (*case.doses, case.next_dose)
    factors = occasion_factors(model, draws, len(doses), random, by_phase=False)
    ends = [*(dose.at_days for dose in doses[1:]), case.next_dose.at_days + case.next_interval_days]
    log_weights = np.zeros(draws)
    for number, (dose, end) in enumerate(zip(doses, ends, strict=True)):
        factor, now = factors[:, number], dose.at_days
        amount = np.full(draws, dose.amount_mg)
        if dose.subcutaneous:
            bodies.inject(amount)
        else:
            bodies.infuse(amount, factor)
            now += INFUSION_DAYS
        for level in case.levels:
            if now < level.at_days <= end:
                bodies.advance(np.full(draws, level.at_days - now), factor)
                now = level.at_days
                log_weights += _log_likelihood(model, bodies.level, level)
        bodies.advance(np.full(draws, end - now), factor)
    weights = np.exp(log_weights - log_weights.max())
    effective = float(weights.sum() ** 2 / (weights**2).sum())
    return _quantiles(bodies.level, np.ones(draws)), _quantiles(bodies.level, weights), effective


def _log_likelihood(model: Published, level: Array, reported: Level) -> Array:
    spread = np.sqrt((model.proportional_sd * level) ** 2 + model.additive_sd**2) + 1e-12
    if reported.below:
        return norm.logcdf(reported.value_ug_ml, level, spread)
    return norm.logpdf(reported.value_ug_ml, level, spread)


def _quantiles(values: Array, weights: Array) -> Foretold:
    order = np.argsort(values)
    share = np.cumsum(weights[order]) / weights.sum()
    low, middle, high = (float(values[order][np.searchsorted(share, at)]) for at in (0.1, 0.5, 0.9))
    return Foretold(middle, low, high)
