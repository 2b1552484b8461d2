"""Predictions: settled, after some doses, at a moment; and what makes them surer or less sure."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdm.pharmacokinetics.concentration import levels
from tdm.pharmacokinetics.estimate import estimate
from tdm.pharmacokinetics.history import Administration, Sample, history_of
from tdm.pharmacokinetics.individual import laid_out, shifted
from tdm.pharmacokinetics.parameters import random_places
from tdm.pharmacokinetics.prediction import Plan, predict_at, predict_trough, predict_troughs
from tests.tdm.pharmacokinetics.exact_posterior import differences, patients
from tests.tdm.pharmacokinetics.patients import (
    MODELS,
    TWO_HOURS,
    covariates,
    standard_doses,
    standard_history,
)

NAMES = tuple(MODELS)
SAMPLES = [Sample(98.0, 3.0), Sample(154.0, 2.0)]


def plan(amount=350.0, interval=56.0, first=154.0):
    return Plan(first, amount, interval, subcutaneous=False, duration_days=TWO_HOURS)


def injections(amount=120.0, interval=14.0, first=154.0):
    return Plan(first, amount, interval, subcutaneous=True, duration_days=0.0)


@pytest.mark.parametrize("name", NAMES)
def test_many_doses_of_a_plan_settle(name):
    history = standard_history(covariates(), samples=SAMPLES)
    found = estimate(MODELS[name], history)
    many, settled = (predict_trough(found, history, plan(interval=28.0), doses) for doses in (60, None))
    assert many.median_ug_ml == pytest.approx(settled.median_ug_ml, rel=1e-6)
    assert many.lower_ug_ml == pytest.approx(settled.lower_ug_ml, rel=2e-2)
    assert many.upper_ug_ml == pytest.approx(settled.upper_ug_ml, rel=2e-2)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("interval", [28.0, 56.0])
def test_the_settled_interval_is_that_of_very_many_doses_however_small(name, interval):
    """The same three figures by the closed form and by the sum over doses, and in proportion to the dose."""
    history = standard_history(covariates(), samples=SAMPLES)
    found = estimate(MODELS[name], history)
    settled, many, small = (
        predict_trough(found, history, plan(amount, interval), doses)
        for amount, doses in ((350.0, None), (350.0, 200), (0.35, 200))
    )
    assert many[:3] == pytest.approx(settled[:3], rel=1e-6)
    assert [1000.0 * one for one in small[:3]] == pytest.approx(many[:3], rel=1e-6)


@pytest.mark.parametrize("name", ["dubinsky-2017", "xu-wojciechowski-2017"])
def test_a_level_that_bends_with_what_is_open_of_the_exchange_is_less_sure(name):
    """Ten weeks after a dose: what is not known of Q widens both sides, which no first order tells."""
    history = standard_history(covariates())
    found = estimate(MODELS[name], history)
    straight = replace(found, line=found.line._replace(across=()))
    bent, flat = (predict_at(one, history, 98.0 + 70.0) for one in (found, straight))
    assert bent.median_ug_ml == flat.median_ug_ml
    assert bent.upper_ug_ml > flat.upper_ug_ml * 1.0001
    assert bent.lower_ug_ml < flat.lower_ug_ml / 1.0001


def test_injections_settle_too():
    history = standard_history(covariates(), samples=SAMPLES)
    found = estimate(MODELS["hanzel-2021"], history)
    many, settled = (predict_trough(found, history, injections(), doses) for doses in (80, None))
    assert many.median_ug_ml == pytest.approx(settled.median_ug_ml, rel=1e-6)
    assert many.upper_ug_ml == pytest.approx(settled.upper_ug_ml, rel=2e-2)


def test_a_plan_takes_the_place_of_what_the_history_holds_from_then_on():
    history = standard_history(covariates())
    found = estimate(MODELS["dubinsky-2017"], history)
    cut = history_of([one for one in history.administrations if one.at_days < 154.0], history.covariates)
    assert predict_trough(found, history, plan(), 2) == predict_trough(found, cut, plan(), 2)


def test_the_trough_after_some_doses_is_the_level_of_a_history_that_holds_them():
    history = standard_history(covariates(), samples=SAMPLES)
    cut = history_of([one for one in history.administrations if one.at_days < 154.0], history.covariates)
    more = [Administration(154.0 + 42.0 * n, 500.0, TWO_HOURS) for n in range(3)]
    whole = history_of([*cut.administrations, *more], cut.covariates)
    found = estimate(MODELS["xu-wojciechowski-2017"], history)
    assert predict_trough(found, cut, plan(500.0, 42.0), 3) == predict_at(found, whole, 154.0 + 3 * 42.0)


def test_no_dose_of_a_plan_is_the_level_when_it_would_begin():
    history = standard_history(covariates())
    found = estimate(MODELS["xu-wojciechowski-2017"], history)
    before = history_of([one for one in history.administrations if one.at_days < 154.0], history.covariates)
    assert predict_trough(found, history, plan(), 0) == predict_at(found, before, 154.0)


def test_a_settled_trough_is_that_of_the_last_covariates():
    old, new = covariates(70, 3.0), covariates(80, 4.3, from_days=120.0)
    model = MODELS["fasanmade-2011-combined"]
    changed = history_of(standard_doses(350.0), [old, new])
    always = history_of(standard_doses(350.0), [new])
    assert predict_trough(estimate(model, changed), changed, plan(), None) == predict_trough(
        estimate(model, always), always, plan(), None
    )


def test_a_settled_trough_asks_the_history_it_is_given_for_the_covariates():
    model = MODELS["fasanmade-2011-combined"]
    history = standard_history(covariates(70, 4.1), samples=SAMPLES)
    found = estimate(model, history)
    worse = history_of(history.administrations, [covariates(70, 2.8)], history.samples)
    now, then = (predict_trough(found, one, plan(), None) for one in (history, worse))
    assert then.median_ug_ml < 0.7 * now.median_ug_ml


@given(st.floats(50.0, 1000.0), st.floats(20.0, 70.0), st.sampled_from(NAMES))
def test_a_plan_is_answered_the_same_alone_and_among_others(amount, interval, name):
    history = standard_history(covariates(), samples=SAMPLES)
    found = estimate(MODELS[name], history)
    plans = [plan(350.0, 56.0), plan(amount, interval), plan(amount, 56.0), plan(350.0, interval)]
    together = predict_troughs(found, history, plans, None)
    assert together == [predict_trough(found, history, one, None) for one in plans]
    assert together[2].median_ug_ml == pytest.approx(together[0].median_ug_ml * amount / 350.0)


@pytest.mark.parametrize("name", NAMES)
def test_more_drug_and_shorter_intervals_reach_more(name):
    history = standard_history(covariates(), samples=SAMPLES)
    found = estimate(MODELS[name], history)
    base, more, sooner = predict_troughs(
        found, history, [plan(), plan(amount=700.0), plan(interval=42.0)], None
    )
    for stronger in (more, sooner):
        assert stronger.probability_at_least(5.0) > base.probability_at_least(5.0)
        assert stronger.median_ug_ml > base.median_ug_ml


@pytest.mark.parametrize("name", NAMES)
def test_levels_make_a_prediction_surer(name):
    knowing, guessing = (standard_history(covariates(), samples=samples) for samples in (SAMPLES, None))
    widths = []
    for history in (knowing, guessing):
        found = predict_trough(estimate(MODELS[name], history), history, plan(), None)
        widths.append(math.log(found.upper_ug_ml / found.lower_ug_ml))
    assert widths[0] < 0.9 * widths[1]


def test_change_between_occasions_widens_a_prediction_but_does_not_move_it():
    model = MODELS["fasanmade-2011-combined"]
    history = standard_history(covariates())
    changing, steady = (
        predict_trough(estimate(one, history), history, plan(), None)
        for one in (model, replace(model, iov_cl=0.0))
    )
    assert changing.median_ug_ml == pytest.approx(steady.median_ug_ml)
    assert changing.lower_ug_ml < steady.lower_ug_ml
    assert changing.upper_ug_ml > steady.upper_ug_ml


def test_the_error_of_an_assay_does_not_widen_a_prediction():
    model = MODELS["xu-wojciechowski-2017"]
    rough = replace(model, residual=model.residual._replace(proportional_sd=0.9))
    history = standard_history(covariates())
    assert predict_trough(estimate(model, history), history, plan(), None) == predict_trough(
        estimate(rough, history), history, plan(), None
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_interval_of_a_population_is_that_of_its_simulated_patients(name):
    model = MODELS[name]
    if model.absorbs:
        doses = [Administration(14.0 * n, 120.0, 0.0, subcutaneous=True) for n in range(12)]
        history, moment = history_of(doses, [covariates()]), 168.0
    else:
        history, moment = standard_history(covariates()), 154.0
    found, typical = laid_out(model, history, [moment])
    places = random_places(model)
    random = np.random.default_rng(5)
    omega = np.array(model.omega)
    omega[0, 0] += model.iov_cl
    simulated = [
        levels(found, shifted(typical, places, eta.tolist()), ()).values[0]
        for eta in random.multivariate_normal(np.zeros(len(places)), omega, size=3000)
    ]
    predicted = predict_at(estimate(model, history), history, moment)
    inside = np.mean([predicted.lower_ug_ml <= level <= predicted.upper_ug_ml for level in simulated])
    assert 0.75 < inside < 0.85
    for limit in (2.0, 5.0):
        assert predicted.probability_at_least(limit) == pytest.approx(
            np.mean(np.array(simulated) >= limit), abs=0.05
        )


def test_before_any_dose_and_long_after_the_last_there_is_nothing():
    history = standard_history(covariates())
    found = estimate(MODELS["dubinsky-2017"], history)
    assert predict_at(found, history, -1.0).median_ug_ml == 0.0
    assert predict_at(found, history, 1e6).upper_ug_ml == 0.0


def test_a_level_that_turns_on_the_line_is_spread_to_first_order():
    """At the end of an infusion the level falls with the volume, which the line of troughs barely moves."""
    history = standard_history(covariates())
    for name in NAMES:
        found = estimate(MODELS[name], history)
        peak = predict_at(found, history, TWO_HOURS)
        assert 0.0 < peak.lower_ug_ml < peak.median_ug_ml < peak.upper_ug_ml
    model = MODELS["fasanmade-2011-combined"]
    turned = replace(estimate(model, history))
    line = turned.line._replace(direction=tuple(-part for part in turned.line.direction))
    backwards = predict_at(replace(turned, line=line), history, 154.0)
    assert backwards.skew == pytest.approx(0.0, abs=1e-9)
    assert backwards.lower_ug_ml < backwards.median_ug_ml < backwards.upper_ug_ml


def test_a_plan_by_a_route_that_the_model_does_not_know_comes_to_nothing():
    history = standard_history(covariates())
    found = estimate(MODELS["dubinsky-2017"], history)
    assert predict_trough(found, history, injections(), None).median_ug_ml == 0.0


@pytest.mark.parametrize(
    ("name", "mean", "largest"),
    [("fasanmade-2011-combined", 0.03, 0.1), ("xu-wojciechowski-2017", 0.1, 0.25)],
)
def test_chances_are_as_near_to_an_exact_posterior_as_the_documents_say(name, mean, largest):
    """A short run of what `exact_posterior` prints; the second model is the documented limit."""
    model = replace(MODELS[name], iov_cl=0.0)  # the posterior of the parameters alone
    found, _ = differences(model, patients(model, 3, natural=True), draws=6000)
    assert found.size
    assert abs(found.mean()) < mean
    assert np.abs(found).max() < largest


@pytest.mark.parametrize("name", list(MODELS))
def test_a_level_of_next_to_nothing_still_has_its_interval(name):
    history = standard_history(covariates(), samples=SAMPLES)
    found = estimate(MODELS[name], history)
    medians = []
    for years in range(2, 60, 2):
        median, lower, upper, _, _ = predict_at(found, history, 365.0 * years)
        assert 0.0 <= lower <= median <= upper < 100.0
        medians.append(median)
    assert any(0.0 < median < 1e-200 for median in medians)
