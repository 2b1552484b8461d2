"""Percentiles along the line, and the directions that it leads in."""

from __future__ import annotations

import math
from bisect import bisect_left
from itertools import accumulate

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from tdm.pharmacokinetics.estimate import estimate
from tdm.pharmacokinetics.history import Administration, Sample, history_of
from tdm.pharmacokinetics.linear_algebra import dot
from tdm.pharmacokinetics.objective import point_at
from tdm.pharmacokinetics.posterior import GRID, Z_80, normal_line, percentiles
from tests.tdm.pharmacokinetics.patients import MODELS, covariates, standard_history, task_of


@given(st.floats(-0.3, 1.0), st.floats(0.8, 1.1))
def test_percentiles_of_a_normal_density_are_its_own(mean, deviation):
    found = percentiles(GRID, [norm.pdf(position, mean, deviation) for position in GRID])
    expected = [norm.ppf(share, mean, deviation) for share in (0.1, 0.5, 0.9)]
    assert found == pytest.approx(expected, abs=0.06 * deviation)


def test_percentiles_of_a_skewed_density_are_on_its_side():
    lower, median, upper = percentiles(
        GRID, [math.exp(-0.5 * t * t) if t < 0 else math.exp(-0.25 * t * t) for t in GRID]
    )
    assert upper - median > median - lower
    assert median > 0.1


@pytest.mark.parametrize("place", [0, 5, len(GRID) - 1])
def test_a_density_of_one_point_does_not_divide_by_nothing(place):
    lower, median, upper = percentiles(GRID, [float(place == n) for n in range(len(GRID))])
    assert lower <= median <= upper
    assert abs(median - GRID[place]) < 1.0


@pytest.mark.parametrize("name", list(MODELS))
def test_the_line_is_one_deviation_long_and_the_direction_across_leaves_troughs_alone(name):
    model = MODELS[name]
    slopes = [-2.0, -0.4, 0.3, 0.2][: len(model.random)]
    line = normal_line(model, model.omega, slopes)
    deviation = math.sqrt(dot(slopes, [dot(row, slopes) for row in model.omega]))
    assert dot(line.direction, slopes) == pytest.approx(deviation)
    assert (line.lower, line.median, line.upper) == (-Z_80, 0.0, Z_80)
    if "Q" in model.random:
        assert dot(line.across, slopes) == pytest.approx(0.0, abs=1e-12)
    else:
        assert line.across == ()
    moved = line.at((0.0,) * len(slopes), 2.0)
    assert moved == pytest.approx([2.0 * part for part in line.direction])


def test_beside_the_line_is_a_step_across():
    model = MODELS["dubinsky-2017"]
    line = normal_line(model, model.omega, [-2.0, -0.4, 0.3, 0.2])
    beside = line.at((0.0,) * 4, 1.0, -1.0)
    assert beside == pytest.approx([a - b for a, b in zip(line.direction, line.across, strict=True)])


def test_where_q_is_all_that_the_line_holds_nothing_is_left_across():
    model = MODELS["dubinsky-2017"]
    line = normal_line(model, model.omega, [0.0, 0.0, 1.0, 0.0])
    assert line.across == ()


def test_where_no_drug_is_left_the_line_is_that_of_clearance():
    model = MODELS["fasanmade-2011-combined"]
    line = normal_line(model, model.omega, [0.0, 0.0, 0.0])
    assert line.direction == pytest.approx((-math.sqrt(0.0942), 0.0, 0.0))


def test_a_level_without_additive_error_leaves_more_room_above_than_below():
    found = estimate(
        MODELS["xu-wojciechowski-2017"], standard_history(covariates(), samples=[Sample(154.0, 1.0)])
    )
    assert found.line.upper - found.line.median > 1.05 * (found.line.median - found.line.lower)


def test_the_line_of_an_injected_patient_is_that_of_injections():
    model = MODELS["hanzel-2021"]
    doses = [Administration(14.0 * n, 120.0, 0.0, subcutaneous=True) for n in range(8)]
    injected = estimate(model, history_of(doses, [covariates()]))
    infused = estimate(model, standard_history(covariates()))
    assert injected.line.direction[2] > 0.05  # bioavailability matters
    assert infused.line.direction[2] == pytest.approx(0.0, abs=0.01)


def test_a_sample_of_no_drug_says_nothing_along_the_line():
    model = MODELS["fasanmade-2011-combined"]
    found = estimate(model, standard_history(covariates(), samples=[Sample(0.0, 3.0)]))
    assert (found.line.lower, found.line.median, found.line.upper) == pytest.approx(
        (-Z_80, 0.0, Z_80), abs=0.03
    )


@pytest.mark.parametrize("name", ["dubinsky-2017", "xu-wojciechowski-2017"])
@pytest.mark.parametrize(("level_ug_ml", "below"), [(0.4, True), (1.8, False)])
def test_the_percentiles_are_those_of_the_objective_followed_far_and_closely(name, level_ug_ml, below):
    """Of a level below quantification the curvature promises too much, and the grid ends too soon."""
    model = MODELS[name]
    history = standard_history(covariates(), samples=[Sample(154.0, level_ug_ml, below)])
    found = estimate(model, history)
    task, _ = task_of(model, history)
    positions = [-14.0 + 0.02 * place for place in range(1401)]
    densities = np.exp(
        [-0.5 * point_at(task, found.line.at(found.eta, position)).objective for position in positions]
    )
    known = np.interp([0.1, 0.5, 0.9], np.cumsum(densities) / densities.sum(), positions)
    lower, median, upper = found.line.lower, found.line.median, found.line.upper
    assert [lower, median, upper] == pytest.approx(known.tolist(), abs=0.25)


@pytest.mark.parametrize("mean", [-0.3, 0.0, 0.3, 0.7, 1.0])
@pytest.mark.parametrize("deviation", [0.8, 0.9, 1.0, 1.1])
def test_percentiles_of_a_few_normal_densities_are_their_own(mean, deviation):
    lower, median, upper = percentiles(GRID, [norm.pdf(position, mean, deviation) for position in GRID])
    expected = [norm.ppf(share, mean, deviation) for share in (0.1, 0.5, 0.9)]
    assert median == pytest.approx(expected[1], abs=0.024)
    assert (lower, upper) == pytest.approx((expected[0], expected[2]), abs=0.062)


def test_percentiles_do_not_depend_on_the_height_of_a_density():
    density = [math.exp(-0.5 * (position - 0.4) ** 2) for position in GRID]
    assert percentiles(GRID, [7.0 * one for one in density]) == pytest.approx(percentiles(GRID, density))


def test_percentiles_of_a_straight_density_are_where_its_triangle_says():
    """Between two points of the grid the density goes straight."""
    weights = [0.0] * len(GRID)
    weights[4] = 1.0
    lower, median, upper = percentiles(GRID, weights)
    step = GRID[1] - GRID[0]
    assert median == pytest.approx(GRID[4])
    assert GRID[4] - lower == pytest.approx(upper - GRID[4])
    assert upper == pytest.approx(GRID[4] + step * (1.0 - math.sqrt(0.2)), abs=0.02 * step)


@pytest.mark.parametrize("falling", [0.3, 0.5, 1.0])
def test_percentiles_reach_into_the_first_and_the_last_cell_of_the_grid(falling):
    """A density that only falls has its lower percentile there, one that only rises its upper."""
    whole = 1.0 - math.exp(-falling * (GRID[-1] - GRID[0]))
    beyond = [-math.log(1.0 - share * whole) / falling for share in (0.1, 0.5, 0.9)]
    falls = [math.exp(-falling * (position - GRID[0])) for position in GRID]
    assert percentiles(GRID, falls) == pytest.approx([GRID[0] + one for one in beyond], abs=0.09)
    assert percentiles(GRID, falls)[0] == pytest.approx(GRID[0] + beyond[0], abs=0.02)
    rises = falls[::-1]
    assert percentiles(GRID, rises) == pytest.approx([GRID[-1] - one for one in reversed(beyond)], abs=0.09)
    assert percentiles(GRID, rises)[2] == pytest.approx(GRID[-1] - beyond[0], abs=0.02)


FOLLOWED = {
    "a level as high as hoped": [Sample(98.0, 6.0)],
    "three levels": [Sample(98.0, 2.2), Sample(154.0, 3.1), Sample(170.0, 20.0)],
}


@pytest.mark.parametrize("title", FOLLOWED)
@pytest.mark.parametrize("name", [name for name, model in MODELS.items() if not model.absorbs])
def test_percentiles_along_the_line_are_those_of_the_objective_followed_closely(name, title):
    model = MODELS[name]
    history = standard_history(covariates(), samples=FOLLOWED[title])
    found = estimate(model, history)
    task, _ = task_of(model, history)
    positions = [0.05 * n for n in range(-80, 141)]
    objective = [
        point_at(
            task, [one + position * part for one, part in zip(found.eta, found.line.direction, strict=True)]
        ).objective
        for position in positions
    ]
    least = min(objective)
    sums = list(accumulate(math.exp(0.5 * (least - one)) for one in objective))
    lower, median, upper = (
        positions[bisect_left(sums, share * sums[-1])] - 0.025 for share in (0.1, 0.5, 0.9)
    )
    assert found.line.median == pytest.approx(median, abs=0.06)
    assert (found.line.lower, found.line.upper) == pytest.approx((lower, upper), abs=0.1)
