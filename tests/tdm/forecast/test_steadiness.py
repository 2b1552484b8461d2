"""Whether the levels of one course agree on one clearance."""

from dataclasses import replace
from math import exp, log, sqrt

import pytest
from scipy.stats import norm

from tdm.facts import Comparator
from tdm.forecast import steadiness as module
from tdm.forecast.steadiness import contradicts
from tdm.pharmacokinetics.estimate import estimate
from tdm.pharmacokinetics.history import Administration, Sample, history_of
from tdm.pharmacokinetics.predicted import Predicted
from tdm.pharmacokinetics.prediction import predict_at
from tests.support.course_builder import ati, level, maintenance, order
from tests.tdm.forecast.cases import albumin, knowledge, person, read

MODELS = [knowledge().models[one] for one in ("fasanmade-2011-combined", "xu-wojciechowski-2017")]


def told(*levels):
    found = read(person(order(500), maintenance(), *levels, ati("negative"), albumin(4.1)))
    histories = [(model, found.history_for(model)) for model in MODELS]
    return [contradicts(estimate(model, history), history) for model, history in histories]


def older(value):
    return level(value, 56, hour=8), level(value, 112, hour=8)


@pytest.mark.parametrize(
    ("newest", "before", "contradicted"),
    [
        (level(1.8), 6.5, True),
        (level(3.0), 2.4, False),
        (level(2.0), 2.4, False),
        (level(1.0, comparator=Comparator.BELOW), 6.5, True),
        (level(9.0, comparator=Comparator.BELOW), 2.0, False),
    ],
)
def test_a_newest_level_far_from_the_others_contradicts_them(newest, before, contradicted):
    assert any(told(newest, *older(before))) is contradicted


def test_where_no_drug_can_be_there_nothing_is_contradicted():
    (model, *_) = MODELS
    found = read(person(order(500), maintenance(), level(2.0), albumin(4.1))).history_for(model)
    empty = history_of([Administration(5.0, 350.0, 0.1)], found.covariates, [Sample(0.0, 2.0)])
    assert not contradicts(estimate(model, empty), empty)


@pytest.mark.parametrize("answer", [2.6, 1 / 2.6])
def test_no_fit_may_be_further_than_a_factor_from_the_newest_level_whatever_the_error(monkeypatch, answer):
    (_, model) = MODELS  # proportional error of 42 %: alone, it would let a low level pass for chance
    history = read(person(order(500), maintenance(), level(3.0), albumin(4.1))).history_for(model)
    found, at = replace(estimate(model, history), fitted_ug_ml=(3.0 * answer,)), []

    def predicted(_, __, at_days):
        at.append(at_days)
        return Predicted(3.0 * answer, 0.3 * answer, 30.0 * answer, 1.8, 0.0)

    monkeypatch.setattr(module, "predict_at", predicted)
    assert contradicts(found, history)
    assert at == [history.samples[-1].at_days]
    answer = 2.4
    assert not contradicts(found, history)


def test_levels_with_two_explanations_contradict_whatever_the_fit_says():
    (model, *_) = MODELS
    history = read(person(order(500), maintenance(), level(3.0), albumin(4.1))).history_for(model)
    found = estimate(model, history)
    assert not contradicts(found, history)
    assert contradicts(replace(found, ambiguous=True), history)


@pytest.mark.parametrize("value", [0.5, 0.9, 1.4, 1.8, 2.2, 3.0, 4.5, 7.0, 11.0, 18.0, 26.0, 40.0])
@pytest.mark.parametrize("drug", [3.4, 4.1, 4.8])
def test_what_is_near_its_fit_is_not_contradicted_by_the_range_either(monkeypatch, value, drug):
    """The quick answer for most levels is the one that the range would give."""
    found = read(person(order(500), maintenance(), level(value), *older(2.5), albumin(drug)))
    fits = [(estimate(model, history), history) for model in MODELS for history in [found.history_for(model)]]
    quick = [contradicts(*one) for one in fits]
    monkeypatch.setattr(module, "NEAR", 0.0)
    assert [contradicts(*one) for one in fits] == quick


@pytest.mark.parametrize("model", MODELS, ids=[model.id for model in MODELS])
@pytest.mark.parametrize("levels", [(2.4, 2.0), (0.7, 0.5), (14.0, 11.0)], ids=["usual", "low", "high"])
def test_a_newest_level_contradicts_outside_of_nine_in_ten_levels_to_be_expected(model, levels):
    """On the logarithm: the prediction's own spread to that side, and the error of one level beside it."""
    newest, *before = levels
    drawn = level(newest), level(before[0], 56, hour=8)
    history = read(person(order(500), maintenance(), *drawn, ati("negative"), albumin(4.1))).history_for(
        model
    )
    found = estimate(model, history)
    expected = predict_at(found, history, history.samples[-1].at_days)
    median = expected.median_ug_ml
    error = model.residual.proportional_sd**2 + (model.residual.additive_sd_ug_ml / median) ** 2
    sides = []
    for end in (expected.lower_ug_ml, expected.upper_ug_ml):
        spread = log(end / median) / norm.ppf(0.9)
        sides.append(norm.ppf(0.95) * sqrt(spread**2 + log(1 + error)))

    def contradicted(value, *, below=False):
        sample = history.samples[-1]._replace(value_ug_ml=value, below=below)
        return contradicts(found, replace(history, samples=(*history.samples[:-1], sample)))

    near = [min(side, log(2.5)) for side in sides]
    lowest, highest = median * exp(-near[0]), median * exp(near[1])
    assert [contradicted(value) for value in (lowest * 0.99, lowest * 1.01)] == [True, False]
    assert [contradicted(value) for value in (highest * 0.99, highest * 1.01)] == [False, True]
    # of a level below a limit nobody knows how far below: only the range itself speaks against it
    assert contradicted(median * exp(-sides[0]) * 0.99, below=True)
    assert not contradicted(median * exp(-sides[0]) * 1.01, below=True)
    assert not contradicted(highest * 1.01, below=True)
    assert not contradicted(median)
