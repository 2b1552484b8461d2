"""Predictions where patients hardly differ: there the rule of small errors is exact, and says every width.

The logarithm of a level is then normal, with the variance g' C g: g its slopes by the parameters, C their
covariance, and clearance's change between occasions beside it.
"""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from tdm.pharmacokinetics.estimate import estimate
from tdm.pharmacokinetics.history import Administration, Sample, history_of
from tdm.pharmacokinetics.parameters import typical_parameters
from tdm.pharmacokinetics.posterior import Z_80
from tdm.pharmacokinetics.prediction import Plan, predict_at, predict_trough
from tests.tdm.pharmacokinetics import oracle
from tests.tdm.pharmacokinetics.patients import (
    MODELS,
    TWO_HOURS,
    changes,
    covariates,
    standard_doses,
    standard_history,
)

SMALL = 1e-6
KNOWN = [covariates(70.0, 4.1), covariates(66.0, 3.6, from_days=110.0)]


def of_small_variances(name, iov_cl=0.0):
    model = MODELS[name]
    return replace(
        model,
        omega=tuple(tuple(value * SMALL for value in row) for row in model.omega),
        precision=tuple(tuple(value / SMALL for value in row) for row in model.precision),
        iov_cl=iov_cl,
    )


def logarithm(model, history, moment, eta):
    return math.log(oracle.level(history.administrations, changes(model, history, eta), moment))


def logarithm_settled(model, dose, interval, eta):
    ((_, values),) = changes(model, history_of([dose], [covariates()]), eta)
    return math.log(oracle.settled_level(dose, interval, values))


def slopes_of(log_level, size):
    """The slopes of the logarithm of a level by each parameter."""
    step = 1e-4
    found = []
    for place in range(size):
        high, low = (log_level([sign * step * (n == place) for n in range(size)]) for sign in (1, -1))
        found.append((high - low) / (2 * step))
    return found


def variance(covariance, slopes):
    return sum(
        value * slopes[i] * slopes[j] for i, row in enumerate(covariance) for j, value in enumerate(row)
    )


def assert_about(found, expected, width):
    """The median and both ends of the interval, on the logarithm."""
    assert math.log(found.median_ug_ml) == pytest.approx(expected, abs=1e-8)
    assert math.log(found.upper_ug_ml / found.median_ug_ml) == pytest.approx(width, rel=2e-3)
    assert math.log(found.median_ug_ml / found.lower_ug_ml) == pytest.approx(width, rel=2e-3)


@pytest.mark.parametrize("name", list(MODELS))
@pytest.mark.parametrize("moment", [TWO_HOURS, 20.0, 98.0, 154.0])
@pytest.mark.parametrize("occasions", [0.0, 4e-7])
def test_a_level_has_the_variance_that_its_slopes_give_it(name, moment, occasions):
    model = of_small_variances(name, occasions)
    history = history_of(standard_doses(350.0), KNOWN)
    found = predict_at(estimate(model, history), history, moment)
    slopes = slopes_of(lambda eta: logarithm(model, history, moment, eta), len(model.random))
    width = Z_80 * math.sqrt(variance(model.omega, slopes) + occasions * slopes[0] ** 2)
    expected = logarithm(model, history, moment, [0.0] * len(slopes))
    assert_about(found, expected, width)


@pytest.mark.parametrize("name", list(MODELS))
@pytest.mark.parametrize("occasions", [0.0, 4e-7])
@pytest.mark.parametrize("injected", [False, True])
def test_a_settled_trough_has_it_too(name, occasions, injected):
    model = of_small_variances(name, occasions)
    if injected and not model.absorbs:
        return
    history = standard_history(covariates())
    interval, duration = (14.0, 0.0) if injected else (42.0, TWO_HOURS)
    plan = Plan(154.0, 300.0, interval, injected, duration)
    found = predict_trough(estimate(model, history), history, plan, None)
    dose = Administration(0.0, 300.0, duration, injected)
    slopes = slopes_of(lambda eta: logarithm_settled(model, dose, interval, eta), len(model.random))
    width = Z_80 * math.sqrt(variance(model.omega, slopes) + occasions * slopes[0] ** 2)
    expected = logarithm_settled(model, dose, interval, [0.0] * len(slopes))
    assert_about(found, expected, width)


@pytest.mark.parametrize("name", list(MODELS))
def test_an_estimate_weighs_levels_and_population_as_small_errors_are_weighed(name):
    """With differences this small the model is linear: the estimate is that of weighted least squares."""
    model = of_small_variances(name, 1e-7)
    model = replace(model, residual=model.residual._replace(proportional_sd=1e-3, additive_sd_ug_ml=0.0))
    moments = [42.0, 98.0, 126.0]
    history = history_of(standard_doses(350.0), KNOWN)
    origin = [0.0] * len(model.random)
    logs = [logarithm(model, history, moment, origin) for moment in moments]
    deviations = [1.2e-3, -0.7e-3, 0.4e-3]
    samples = [
        Sample(moment, math.exp(log + apart))
        for moment, log, apart in zip(moments, logs, deviations, strict=True)
    ]
    found = estimate(model, history_of(history.administrations, KNOWN, samples))
    rows = [
        slopes_of(lambda eta, at=moment: logarithm(model, history, at, eta), len(origin))
        for moment in moments
    ]
    weights = [
        1.0 / (1e-6 + 1e-7 * row[0] ** 2 + 1e-6 / math.exp(2 * log))
        for row, log in zip(rows, logs, strict=True)
    ]
    size = len(origin)
    information = [
        [
            model.precision[i][j]
            + sum(weight * row[i] * row[j] for weight, row in zip(weights, rows, strict=True))
            for j in range(size)
        ]
        for i in range(size)
    ]
    right = [
        sum(weight * row[i] * apart for weight, row, apart in zip(weights, rows, deviations, strict=True))
        for i in range(size)
    ]
    assert found.iterations <= 3  # one step leads there, the next says so
    for row, value in zip(information, right, strict=True):
        known = sum(entry * one for entry, one in zip(row, found.eta, strict=True))
        assert known == pytest.approx(value, rel=2e-2, abs=2.0)
    product = [
        [sum(information[i][k] * found.covariance[k][j] for k in range(size)) for j in range(size)]
        for i in range(size)
    ]
    for i, row in enumerate(product):
        assert row == pytest.approx([float(i == j) for j in range(size)], abs=2e-2)


def test_the_covariates_of_the_end_are_those_of_a_plan():
    """A settled trough is asked for the patient as he is now, not as he was at his levels."""
    model = of_small_variances("dubinsky-2017")
    history = history_of(standard_doses(350.0), KNOWN)
    plan = Plan(500.0, 350.0, 56.0, subcutaneous=False, duration_days=TWO_HOURS)
    found = predict_trough(estimate(model, history), history, plan, None)
    values = typical_parameters(model, KNOWN[-1])
    expected = oracle.settled_level(Administration(0.0, 350.0, TWO_HOURS), 56.0, values)
    assert found.median_ug_ml == pytest.approx(expected, rel=1e-9)
