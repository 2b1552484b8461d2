"""The a priori range that tells a surprising level from a mistake."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tdm.pharmacokinetics.concentration import Levels, levels
from tdm.pharmacokinetics.estimate import estimate
from tdm.pharmacokinetics.expectation import Expected, observations
from tdm.pharmacokinetics.history import Sample
from tdm.pharmacokinetics.individual import laid_out, shifted
from tdm.pharmacokinetics.likelihood import LEAST_VARIANCE
from tdm.pharmacokinetics.parameters import random_places
from tests.tdm.pharmacokinetics.patients import MODELS, covariates, standard_history


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
