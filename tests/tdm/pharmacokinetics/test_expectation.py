"""The a priori range that tells a surprising level from a mistake."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from tdm.pharmacokinetics.concentration import Levels, levels
from tdm.pharmacokinetics.estimate import estimate
from tdm.pharmacokinetics.expectation import Expected, observations
from tdm.pharmacokinetics.history import Sample
from tdm.pharmacokinetics.individual import laid_out, shifted
from tdm.pharmacokinetics.likelihood import LEAST_VARIANCE
from tdm.pharmacokinetics.parameters import random_places
from tests.tdm.pharmacokinetics.patients import MODELS, covariates, predicted, standard_history


def expectation(name, moment):
    history = standard_history(covariates(), samples=[Sample(moment, 3.0)])
    return estimate(MODELS[name], history).a_priori[0]


@pytest.mark.parametrize("name", list(MODELS))
@pytest.mark.parametrize(
    ("weight_kg", "albumin_g_dl", "moment"),
    [(70, 4.1, 126.0), (70, 4.1, 154.0), (70, 4.6, 154.0), (60, 3.0, 154.0), (70, 4.1, 99.0)],
    ids=["mid-interval", "trough", "high trough", "low trough", "day after"],
)
def test_on_either_side_of_the_range_lie_few_simulated_levels_but_some(name, weight_kg, albumin_g_dl, moment):
    """A range that is far too wide lets a peak pass for a trough; one that is too narrow refuses patients."""
    model = MODELS[name]
    history = standard_history(covariates(weight_kg, albumin_g_dl), samples=[Sample(moment, 3.0)])
    found, typical = laid_out(model, history, [moment])
    places = random_places(model)
    random = np.random.default_rng(3)
    omega = np.array(model.omega)
    omega[0, 0] += model.iov_cl
    true = np.array(
        [
            levels(found, shifted(typical, places, eta.tolist()), ()).values[0]
            for eta in random.multivariate_normal(np.zeros(len(places)), omega, size=6000)
        ]
    )
    relative, additive = random.normal(size=(2, len(true)))
    drawn = true * (1 + model.residual.proportional_sd * relative)
    drawn += model.residual.additive_sd_ug_ml * additive
    expected = estimate(model, history).a_priori[0]
    quantified = np.maximum(drawn, 0.3)
    above, below = np.mean(quantified > expected.upper_ug_ml), np.mean(quantified < expected.lower_ug_ml)
    # Hanzel's model is of injections: its additive error, 1.66 µg/mL, is most of the trough of infusions.
    assert above < 0.02
    assert above > 0.001 or name == "hanzel-2021"
    assert below < 0.02


def test_the_range_is_about_the_median_and_tells_too_high_from_too_low():
    expected = Expected(3.0, 0.5, 18.0)
    assert not expected.disagrees(Sample(98.0, 0.5))
    assert not expected.disagrees(Sample(98.0, 18.0))
    assert expected.disagrees(Sample(98.0, 0.4))
    assert expected.disagrees(Sample(98.0, 18.1))


def test_a_level_below_its_limit_disagrees_only_where_all_of_the_range_is_above():
    expected = Expected(3.0, 0.5, 18.0)
    assert not expected.disagrees(Sample(98.0, 1.0, below=True))
    assert not expected.disagrees(Sample(98.0, 40.0, below=True))
    assert expected.disagrees(Sample(98.0, 0.5, below=True))
    assert expected.disagrees(Sample(98.0, 0.4, below=True))


def test_a_sample_is_read_with_the_residual_error_and_the_change_between_occasions():
    model = MODELS["fasanmade-2011-combined"]
    samples = [Sample(98.0, 3.0), Sample(126.0, 0.5, below=True)]
    first, second = observations(model, samples, Levels([4.0, 0.0], [[-2.0, -1.0]]))
    assert first == pytest.approx((3.0, False, 0.292**2 + 0.0335 * 0.25, 0.0, 0.371**2 + LEAST_VARIANCE))
    assert second == pytest.approx((0.5, True, 0.292**2, 0.0, 0.371**2 + LEAST_VARIANCE))


@pytest.mark.parametrize("prior", [Levels([4.0], [[-2.0]]), Levels([4.0, 3.0], [[-2.0]])])
def test_a_sample_without_its_prediction_is_refused(prior):
    samples = [Sample(98.0, 3.0), Sample(126.0, 0.5)]
    with pytest.raises(ValueError, match="zip"):
        observations(MODELS["fasanmade-2011-combined"], samples, prior)


def test_a_level_where_no_drug_can_be_disagrees():
    expected = expectation("fasanmade-2011-combined", 0.0)
    assert expected == (0.0, 0.0, 0.0)
    assert expected.disagrees(Sample(0.0, 3.0))


@pytest.mark.parametrize("name", list(MODELS))
def test_a_range_decades_after_the_last_dose_is_a_range(name):
    reached = []
    for years in range(2, 60):
        median, lower, upper = expectation(name, 365.0 * years)
        assert 0.0 <= lower <= median <= upper < math.inf
        reached.append(median)
    assert min(reached) < 1e-250


def test_a_level_far_beyond_what_the_doses_can_give_disagrees():
    history = standard_history(covariates(), samples=[Sample(98.0, 2.0), Sample(154.0, 150.0)])
    for model in MODELS.values():
        usual, absurd = (
            expected.disagrees(sample)
            for expected, sample in zip(estimate(model, history).a_priori, history.samples, strict=True)
        )
        assert not usual
        assert absurd


def of(model, clearance, error):
    """The model with this variance of clearance and this proportional error, and hardly any other."""
    size = len(model.random)
    omega = tuple(
        tuple(clearance if i == j == 0 else 1e-12 * (i == j) for j in range(size)) for i in range(size)
    )
    residual = model.residual._replace(proportional_sd=error, additive_sd_ug_ml=0.0)
    return replace(model, omega=omega, iov_cl=0.0, residual=residual)


@pytest.mark.parametrize("name", list(MODELS))
def test_with_residual_error_alone_the_range_is_that_of_a_normal_level(name):
    history = standard_history(covariates(), samples=[Sample(98.0, 3.0)])
    (found,) = estimate(of(MODELS[name], 1e-12, 0.2), history).a_priori
    assert found.lower_ug_ml == pytest.approx(found.median_ug_ml * (1 - 0.2 * norm.ppf(0.995)), rel=1e-3)
    assert found.upper_ug_ml == pytest.approx(found.median_ug_ml * (1 + 0.2 * norm.ppf(0.995)), rel=1e-3)


@pytest.mark.parametrize("name", list(MODELS))
def test_an_error_that_would_allow_a_level_of_nothing_is_cut_off_at_a_twentieth(name):
    history = standard_history(covariates(), samples=[Sample(98.0, 3.0)])
    (found,) = estimate(of(MODELS[name], 1e-12, 0.5), history).a_priori
    assert found.lower_ug_ml == pytest.approx(found.median_ug_ml / 20, rel=1e-3)
    assert found.disagrees(Sample(98.0, found.median_ug_ml / 21))
    assert not found.disagrees(Sample(98.0, found.median_ug_ml / 19))


@pytest.mark.parametrize("name", list(MODELS))
@pytest.mark.parametrize("moment", [98.0, 154.0])
def test_with_clearance_alone_the_range_ends_about_at_the_levels_of_both_extremes(name, moment):
    """The levels at the clearance of one patient in 200 on either side; the lower end is cautious."""
    model = of(MODELS[name], 0.09, 0.0)
    history = standard_history(covariates(), samples=[Sample(moment, 3.0)])
    (found,) = estimate(model, history).a_priori
    rest = [0.0] * (len(model.random) - 1)
    reach = 0.3 * norm.ppf(0.995)
    slow, fast = (predicted(model, history, [moment], [eta, *rest]).values[0] for eta in (-reach, reach))
    above = math.log(found.upper_ug_ml / found.median_ug_ml)
    below = math.log(found.median_ug_ml / found.lower_ug_ml)
    assert 0.75 < above / math.log(slow / found.median_ug_ml) < 1.1
    assert 0.9 < below / math.log(found.median_ug_ml / fast) < 1.5
    assert below > 1.4 * above


@pytest.mark.parametrize("name", list(MODELS))
def test_the_change_of_clearance_between_occasions_widens_the_range_as_clearance_does(name):
    history = standard_history(covariates(), samples=[Sample(98.0, 3.0)])
    model = MODELS[name]
    (patients,) = estimate(of(model, 1e-4, 1e-9), history).a_priori
    (occasions,) = estimate(replace(of(model, 1e-12, 1e-9), iov_cl=1e-4), history).a_priori
    assert occasions == pytest.approx(patients, rel=1e-6)
    assert occasions.upper_ug_ml > 1.01 * occasions.median_ug_ml


@pytest.mark.parametrize("name", list(MODELS))
def test_what_widens_the_range_adds_up_as_variances(name):
    """Patients that differ and an assay that errs: each side squared is the sum of both alone, squared."""
    history = standard_history(covariates(), samples=[Sample(98.0, 3.0)])
    sides = []
    for clearance, error in ((0.0004, 0.03), (0.0004, 1e-9), (1e-12, 0.03)):
        (found,) = estimate(of(MODELS[name], clearance, error), history).a_priori
        sides.append(
            (
                math.log(found.upper_ug_ml / found.median_ug_ml),
                math.log(found.median_ug_ml / found.lower_ug_ml),
            )
        )
    for both, patients, assay in zip(*sides, strict=True):
        assert both == pytest.approx(math.hypot(patients, assay), rel=2e-2)


@pytest.mark.parametrize("name", list(MODELS))
def test_parameters_that_go_together_widen_the_range_together(name):
    """A correlation between clearance and volume counts with its sign, wherever the volume stands."""
    model = MODELS[name]
    history = standard_history(covariates(), samples=[Sample(154.0, 3.0)])
    columns = predicted(model, history, [154.0]).columns
    slopes = [column[0] for column in columns]
    small = 1e-6
    for place in range(1, len(model.random)):
        for sign in (0.9, -0.9):
            omega = [[small * (i == j) for j in range(len(slopes))] for i in range(len(slopes))]
            omega[0][place] = omega[place][0] = sign * small
            one = replace(of(model, small, 0.0), omega=tuple(map(tuple, omega)))
            (found,) = estimate(one, history).a_priori
            spread = sum(
                value * slopes[i] * slopes[j] for i, row in enumerate(omega) for j, value in enumerate(row)
            )
            additive = LEAST_VARIANCE
            expected = norm.ppf(0.995) * math.sqrt(spread + additive) / found.median_ug_ml
            assert math.log(found.upper_ug_ml / found.median_ug_ml) == pytest.approx(expected, rel=1e-2)
