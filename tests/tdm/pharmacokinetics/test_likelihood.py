"""What one level says: the cost of a sample against scipy's distributions, its slope and its curvature."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from tdm.pharmacokinetics.likelihood import (
    LEAST_VARIANCE,
    Cost,
    Observed,
    costs,
    deviances,
    normal_cdf,
    spread_of,
)
from tdm.pharmacokinetics.model import Combination, Residual

RESIDUALS = st.builds(
    Residual,
    st.floats(0.05, 0.5),
    st.floats(0.0, 2.0),
    st.sampled_from(Combination),
    st.just("read somewhere"),
)
RESIDUAL = Residual(0.4, 0.0, Combination.VARIANCE_SUM, "")
LEVELS = st.floats(0.05, 60.0)


def spread(residual, occasion_cv=0.0):
    known = spread_of(residual)
    return known._replace(quadratic=known.quadratic + occasion_cv**2)


def observed(residual, level, *, below=False, occasion_cv=0.0):
    return Observed(level, below, *spread(residual, occasion_cv))


def cost(one: Observed, prediction: float) -> Cost:
    value, (slope,), (curvature,) = costs([one], [prediction])
    return value, slope, curvature


def test_variances_or_deviations_add_up_as_the_model_says():
    for combination, variance in (
        (Combination.VARIANCE_SUM, (0.2 * 10) ** 2 + 0.5**2),
        (Combination.SD_SUM, (0.2 * 10 + 0.5) ** 2),
    ):
        found = spread_of(Residual(0.2, 0.5, combination, ""))
        assert found.variance(10.0) == pytest.approx(variance + LEAST_VARIANCE)


@given(RESIDUALS, LEVELS, LEVELS, st.floats(0.0, 0.5))
def test_the_cost_is_minus_twice_the_log_density(residual, level, prediction, occasion_cv):
    one = observed(residual, level, occasion_cv=occasion_cv)
    variance = spread(residual, occasion_cv).variance(prediction)
    expected = -2 * norm.logpdf(level, prediction, math.sqrt(variance)) - math.log(2 * math.pi)
    assert cost(one, prediction)[0] == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(RESIDUALS, LEVELS, LEVELS)
def test_the_cost_of_a_level_below_is_minus_twice_the_log_probability(residual, limit, prediction):
    variance = spread_of(residual).variance(prediction)
    expected = -2 * norm.logcdf((limit - prediction) / math.sqrt(variance))
    found = cost(observed(residual, limit, below=True), prediction)[0]
    assert found == pytest.approx(expected, rel=2e-3, abs=1e-12)


@given(RESIDUALS, LEVELS, LEVELS, st.booleans())
def test_the_slope_is_the_change_that_a_small_step_makes(residual, level, prediction, below):
    one = observed(residual, level, below=below)
    step = 1e-5 * prediction
    numeric = (cost(one, prediction + step)[0] - cost(one, prediction - step)[0]) / (2 * step)
    assert cost(one, prediction)[1] == pytest.approx(numeric, rel=5e-3, abs=1e-4)


@given(RESIDUALS, LEVELS, LEVELS, st.booleans())
def test_the_curvature_is_never_negative(residual, level, prediction, below):
    assert cost(observed(residual, level, below=below), prediction)[2] >= 0.0


@given(RESIDUALS, LEVELS)
def test_the_curvature_at_a_perfect_prediction_is_that_of_the_logarithm(residual, level):
    one = observed(residual, level)
    step = 1e-3
    value = [cost(one, level * math.exp(n * step))[0] for n in (-1, 0, 1)]
    numeric = (value[0] - 2 * value[1] + value[2]) / step**2 / level**2
    variance = spread_of(residual).variance(level)
    least = 1.0 / variance
    assert cost(one, level)[2] == pytest.approx(max(numeric, least), rel=2e-2)


def test_far_below_quantification_has_a_cost_a_slope_and_no_overflow():
    one = observed(Residual(0.1, 0.1, Combination.VARIANCE_SUM, ""), 0.4, below=True)
    value, slope, curvature = cost(one, 1000.0)
    assert value > 90
    assert math.isfinite(value)
    assert math.isfinite(slope)
    assert curvature >= 0.0
    exact = observed(Residual(0.0, 0.1, Combination.VARIANCE_SUM, ""), 0.4, below=True)
    near, far = (cost(exact, 0.4 + 0.1 * z) for z in (24.99, 25.01))
    assert far[0] == pytest.approx(near[0], rel=4e-3)
    assert far[1] == pytest.approx(near[1], rel=4e-3)


def test_a_prediction_of_nothing_has_a_finite_cost():
    value, slope, curvature = cost(observed(Residual(0.4, 0.0, Combination.VARIANCE_SUM, ""), 5.0), 0.0)
    assert all(map(math.isfinite, (value, slope, curvature)))
    assert curvature > 0.0


@given(RESIDUALS, st.lists(st.tuples(LEVELS, st.booleans(), st.floats(-1.0, 1.0)), max_size=4))
def test_samples_along_a_line_cost_the_same_as_one_by_one(residual, samples):
    positions, bend = (-1.5, 0.0, 0.7), 0.1
    ways = [(observed(residual, level, below=below), (3.0, slope, bend)) for level, below, slope in samples]
    expected = [
        sum(cost(one, 3.0 * math.exp(slope * at + bend * at * at))[0] for one, (_, slope, _) in ways)
        for at in positions
    ]
    assert deviances(ways, positions) == pytest.approx(expected)


def test_very_many_samples_along_a_line_neither_vanish_nor_overflow():
    positions = (0.0, 1.0)
    for residual, start in ((Residual(0.0, 0.0, Combination.VARIANCE_SUM, ""), 3.0), (RESIDUAL, 1e6)):
        one = observed(residual, start)
        ways = [(one, (start, 1e-6, 0.0))] * 100
        expected = [100.0 * cost(one, start * math.exp(1e-6 * at))[0] for at in positions]
        assert deviances(ways, positions) == pytest.approx(expected)


@given(st.floats(-8.0, 8.0))
def test_the_normal_distribution_is_scipys(z):
    assert normal_cdf(z) == pytest.approx(norm.cdf(z), rel=1e-12)


# The same once more for levels that do not change from run to run: expected, surprising, nearly impossible.
FIXED_RESIDUALS = [
    Residual(0.42, 0.0, Combination.VARIANCE_SUM, ""),
    Residual(0.29, 0.37, Combination.VARIANCE_SUM, ""),
    Residual(0.2, 0.5, Combination.SD_SUM, ""),
    Residual(0.0, 0.8, Combination.VARIANCE_SUM, ""),
]
FIXED_LEVELS = [(3.0, 3.0), (0.5, 3.0), (4.5, 3.0), (12.0, 3.0), (0.4, 9.0), (2.0, 0.3)]
EACH_LEVEL = pytest.mark.parametrize(("level", "prediction"), FIXED_LEVELS)
EACH_RESIDUAL = pytest.mark.parametrize("residual", FIXED_RESIDUALS)


def by_scipy(residual, level, prediction, *, below):
    """-2 log of the density, or of the probability of less, without the constant of the density."""
    deviation = math.sqrt(spread_of(residual).variance(prediction))
    if below:
        return -2 * norm.logcdf((level - prediction) / deviation)
    return -2 * norm.logpdf(level, prediction, deviation) - math.log(2 * math.pi)


@EACH_RESIDUAL
@EACH_LEVEL
@pytest.mark.parametrize("below", [False, True])
def test_cost_and_slope_of_a_level_are_scipys(residual, level, prediction, below):
    value, slope, _ = cost(observed(residual, level, below=below), prediction)
    assert value == pytest.approx(by_scipy(residual, level, prediction, below=below), rel=1e-9, abs=1e-9)
    step = 1e-5 * prediction
    high, low = (by_scipy(residual, level, prediction + by, below=below) for by in (step, -step))
    assert slope == pytest.approx((high - low) / (2 * step), rel=1e-5, abs=1e-6)


@EACH_RESIDUAL
@EACH_LEVEL
def test_the_curvature_is_that_by_the_logarithm_or_half_of_what_is_expected(residual, level, prediction):
    step = 1e-3
    low, here, high = (
        by_scipy(residual, level, prediction * math.exp(n * step), below=False) for n in (-1, 0, 1)
    )
    by_logarithm = (low - 2 * here + high) / step**2 / prediction**2
    known = spread_of(residual)
    variance = known.variance(prediction)
    expected = 2 / variance + ((2 * known.quadratic * prediction + known.linear) / variance) ** 2
    curvature = cost(observed(residual, level), prediction)[2]
    assert curvature == pytest.approx(max(by_logarithm, expected / 2), rel=1e-4)


def test_both_kinds_of_curvature_occur():
    """Far below its prediction a level bends the cost the wrong way: half of the expected stands in."""
    residual = FIXED_RESIDUALS[0]
    variance = spread_of(residual).variance(3.0)
    expected = 2 / variance + (2 * 0.42**2 * 3.0 / variance) ** 2
    assert cost(observed(residual, 3.0), 3.0)[2] > 0.7 * expected
    assert cost(observed(residual, 0.5), 3.0)[2] == pytest.approx(expected / 2)


@EACH_RESIDUAL
@EACH_LEVEL
def test_the_curvature_of_a_level_below_is_that_by_the_deviation(residual, level, prediction):
    known = spread_of(residual)

    def deviations(at):
        return (level - at) / math.sqrt(known.variance(at))

    z, step = deviations(prediction), 1e-3
    low, here, high = (-2 * norm.logcdf(z + n * step) for n in (-1, 0, 1))
    by_deviation = (low - 2 * here + high) / step**2
    near = 1e-5 * prediction
    moved = (deviations(prediction + near) - deviations(prediction - near)) / (2 * near)
    curvature = cost(observed(residual, level, below=True), prediction)[2]
    assert curvature == pytest.approx(by_deviation * moved**2, rel=1e-3, abs=1e-5)


@pytest.mark.parametrize("deviations", [24.0, 26.0, 40.0])
def test_far_in_the_tail_cost_and_slope_are_still_scipys(deviations):
    exact = Residual(0.0, 0.1, Combination.VARIANCE_SUM, "")
    deviation = math.sqrt(spread_of(exact).variance(1.0))
    prediction = 0.4 + deviations * deviation
    value, slope, curvature = cost(observed(exact, 0.4, below=True), prediction)
    assert value == pytest.approx(-2 * norm.logcdf(-deviations), rel=1e-5)
    hazard = math.exp(norm.logpdf(-deviations) - norm.logcdf(-deviations))
    assert slope == pytest.approx(2 * hazard / deviation, rel=1e-5)
    assert curvature == pytest.approx(2 * hazard * (hazard - deviations) / deviation**2, rel=1e-2)


def test_where_nothing_is_predicted_the_curvature_is_the_expected_one():
    residual = FIXED_RESIDUALS[2]
    variance = 0.5**2 + LEAST_VARIANCE
    expected = 2 / variance + (2 * 0.2 * 0.5 / variance) ** 2
    assert cost(observed(residual, 5.0), 0.0)[2] == pytest.approx(expected)


def test_several_samples_cost_the_sum_and_each_has_its_own_slope():
    known = [observed(residual, 2.0, below=n % 2 == 1) for n, residual in enumerate(FIXED_RESIDUALS)]
    predictions = [1.0, 2.0, 3.0, 4.0]
    alone = [cost(one, prediction) for one, prediction in zip(known, predictions, strict=True)]
    together = costs(known, predictions)
    assert together.value == pytest.approx(sum(value for value, _, _ in alone))
    assert together.slopes == [slope for _, slope, _ in alone]
    assert together.curvatures == [curvature for _, _, curvature in alone]


def test_samples_without_a_prediction_and_predictions_without_a_sample_are_refused():
    one = observed(RESIDUAL, 2.0)
    for samples, predictions in (([one, one], [2.0]), ([one], [2.0, 3.0])):
        with pytest.raises(ValueError, match="zip"):
            costs(samples, predictions)


def test_samples_along_a_line_are_exact_and_below_at_once():
    ways = [
        (observed(residual, level, below=below), (start, slope, bend))
        for n, (level, start) in enumerate(FIXED_LEVELS)
        for residual, below, slope, bend in [(FIXED_RESIDUALS[n % 4], n % 3 == 0, 0.4 - 0.2 * n, 0.05)]
    ]
    positions = (-2.0, -0.5, 0.0, 1.0)
    expected = [
        sum(
            by_scipy(
                FIXED_RESIDUALS[n % 4],
                level,
                start * math.exp((0.4 - 0.2 * n) * at + 0.05 * at * at),
                below=n % 3 == 0,
            )
            for n, (level, start) in enumerate(FIXED_LEVELS)
        )
        for at in positions
    ]
    assert deviances(ways, positions) == pytest.approx(expected)
