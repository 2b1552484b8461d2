"""The simulator that the forecast is held against must itself be right."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from tests.campaigns.pharmacokinetics.bodies import INFUSION_DAYS, Bodies, matrix_exponential
from tests.campaigns.pharmacokinetics.patients import ADULTS, CHILDREN, Patients, draw
from tests.campaigns.pharmacokinetics.published import (
    COMBINED,
    DUBINSKY,
    HANZEL,
    MODELS,
    PASSOT,
    REACH,
    XU,
    individual,
    measured,
)

STARTS = (0.0, 2.0, 6.0, 14.0, 22.0, 30.0, 38.0, 46.0, 54.0)  # weeks


def one(weight_kg: float, albumin_g_dl: float, *, ati: bool = False) -> Patients:
    return Patients(*(np.array([float(value)]) for value in (weight_kg, albumin_g_dl, ati, 0, 1)))


def troughs(identifier: str, who: Patients) -> list[float]:
    bodies = Bodies(MODELS[identifier].typical(who))
    seen = []
    for start, end in pairwise(STARTS):
        bodies.infuse(5 * who.weight_kg)
        bodies.advance(np.full(1, (end - start) * 7 - INFUSION_DAYS))
        seen.append(round(float(bodies.level[0]), 1))
    return [seen[0], seen[1], seen[2], seen[7]]


@pytest.mark.parametrize(
    ("identifier", "adult", "child"),
    [
        (COMBINED, [20.5, 11.0, 1.8, 1.5], [15.8, 8.2, 1.7, 1.3]),
        (REACH, [26.2, 18.7, 4.4, 3.4], [20.1, 13.5, 3.1, 2.4]),
        (XU, [27.4, 14.8, 3.6, 2.7], [21.3, 9.9, 2.5, 1.9]),
        (DUBINSKY, [27.9, 15.6, 3.9, 2.9], [20.9, 9.8, 2.5, 1.8]),
        (HANZEL, [21.8, 11.7, 1.5, 1.3], [17.9, 9.6, 1.2, 1.1]),
        (PASSOT, [19.9, 16.9, 4.8, 3.6], None),
    ],
)
def test_typical_troughs_of_weeks_2_6_14_and_54_are_those_known_from_elsewhere(identifier, adult, child):
    assert troughs(identifier, one(70, 4.1)) == adult
    if child is not None:
        assert troughs(identifier, one(40, 4.0)) == child


@pytest.mark.parametrize(
    ("identifier", "trough"), [(COMBINED, 0.7), (XU, 1.8), (DUBINSKY, 2.1), (HANZEL, 0.4)]
)
def test_antibodies_lower_the_trough_of_week_14_as_known_from_elsewhere(identifier, trough):
    assert troughs(identifier, one(70, 4.1, ati=True))[2] == trough


def test_the_matrix_exponential_agrees_with_scipy():
    random = np.random.default_rng(3)
    matrices = random.normal(size=(200, 4, 4)) * random.uniform(0.01, 8, size=(200, 1, 1))
    assert np.allclose(
        matrix_exponential(matrices), [expm(matrix) for matrix in matrices], rtol=1e-9, atol=1e-9
    )


def test_an_injection_and_an_infusion_agree_with_a_numerical_integration():
    who = one(80, 4.4)
    own = {name: float(value[0]) for name, value in MODELS[HANZEL].typical(who).items()}

    def slope(_: float, amounts: np.ndarray, rate: float) -> list[float]:
        depot, central, peripheral = amounts
        out, back = own["Q"] / own["V1"] * central, own["Q"] / own["V2"] * peripheral
        loss = own["CL"] / own["V1"] * central
        return [-own["ka"] * depot, own["ka"] * depot - loss - out + back + rate, out - back]

    exact = {"rtol": 1e-11, "atol": 1e-11}
    infused = solve_ivp(slope, (0, INFUSION_DAYS), [0, 0, 0], args=(400 / INFUSION_DAYS,), **exact).y[:, -1]
    waited = solve_ivp(slope, (0, 20), infused, args=(0.0,), **exact).y[:, -1]
    waited[0] += own["F"] * 120
    ended = solve_ivp(slope, (0, 9), waited, args=(0.0,), **exact).y[:, -1]

    bodies = Bodies(MODELS[HANZEL].typical(who))
    bodies.infuse(np.array([400.0]))
    bodies.advance(np.array([20.0]))
    bodies.inject(np.array([120.0]))
    bodies.advance(np.array([9.0]))
    assert bodies.level[0] == pytest.approx(ended[1] / own["V1"], rel=1e-8)
    assert bodies.amount[0] == pytest.approx(ended.sum(), rel=1e-8)


def test_without_elimination_no_drug_is_lost():
    bodies = Bodies(MODELS[HANZEL].typical(one(70, 4.4)) | {"CL": np.zeros(1)})
    bodies.infuse(np.array([350.0]))
    bodies.inject(np.array([100.0]))
    bodies.advance(np.array([70.0]))
    assert bodies.amount[0] == pytest.approx(350 + 0.791 * 100, rel=1e-10)


def test_drawn_parameters_have_the_published_median_and_variance():
    count = 40_000
    who = Patients(*(np.full(count, value) for value in (70.0, 4.1, 0.0, 0.0, 1.0)))
    for model in MODELS.values():
        drawn = individual(model, who, np.random.default_rng(5))
        for name, typical in model.typical(who).items():
            logs = np.log(drawn[name] / typical)
            assert abs(logs.mean()) < 4 * np.sqrt(model.variances.get(name, 0) / count) + 1e-12
            assert logs.var() == pytest.approx(model.variances.get(name, 0), rel=0.04)


def test_both_errors_of_a_measurement_are_independent_so_their_variances_add():
    count, model = 100_000, MODELS[PASSOT]
    deviates = np.random.default_rng(6).normal(size=(2, count))
    spread = measured(model, np.full(count, 4.0), (deviates[0], deviates[1])).std()
    assert spread == pytest.approx(np.hypot(0.223 * 4, 0.72), rel=0.01)


@pytest.mark.parametrize("population", [CHILDREN, ADULTS])
def test_patients_follow_the_stated_distributions(population):
    who = draw(population, 20_000, np.random.default_rng(7))
    assert np.median(who.weight_kg) == pytest.approx(population.weight_median_kg, rel=0.02)
    assert who.albumin_g_dl.mean() == pytest.approx(population.albumin_mean_g_dl, abs=0.02)
    assert who.ati_positive.mean() == pytest.approx(population.ati_share, abs=0.01)
    assert who.immunomodulator.mean() == pytest.approx(population.immunomodulator_share, abs=0.02)
    assert who.weight_kg.min() >= population.weight_range_kg[0]
    assert who.weight_kg.max() <= population.weight_range_kg[1]
