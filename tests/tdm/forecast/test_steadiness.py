"""Whether the levels of one course agree on one clearance."""

from dataclasses import replace
from math import exp, log, sqrt

import pytest
from scipy.stats import norm

from tdm.facts import Comparator
from tdm.forecast.steadiness import contradicts
from tdm.pharmacokinetics.estimate import estimate
from tdm.pharmacokinetics.history import Administration, Sample, history_of
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

    lowest, highest = median * exp(-sides[0]), median * exp(sides[1])
    assert [contradicted(value) for value in (lowest * 0.99, lowest * 1.01)] == [True, False]
    assert [contradicted(value) for value in (highest * 0.99, highest * 1.01)] == [False, True]
    assert contradicted(lowest * 0.99, below=True)
    assert not contradicted(highest * 1.01, below=True)
    assert not contradicted(median)
