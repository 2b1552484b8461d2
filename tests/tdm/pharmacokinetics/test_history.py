"""Canonical order of what a forecast is made from, and its stretches."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdm.pharmacokinetics.estimate import estimate
from tdm.pharmacokinetics.history import Administration, Sample, history_of
from tdm.pharmacokinetics.layout import stretches
from tdm.pharmacokinetics.prediction import Plan, predict_trough
from tests.tdm.pharmacokinetics.patients import MODELS, TWO_HOURS, covariates

DOSES = [
    Administration(0.0, 300.0, TWO_HOURS),
    Administration(14.0, 300.0, TWO_HOURS),
    Administration(42.0, 350.0, 1 / 24),
    Administration(98.0, 350.0, TWO_HOURS),
]
KNOWN = [covariates(60, 3.2), covariates(62, 3.9, from_days=50.0), covariates(64, 4.0, from_days=90.0)]
SAMPLES = [Sample(42.0, 14.0), Sample(98.0, 2.5), Sample(98.0, 3.5), Sample(154.0, 0.5, below=True)]


def test_the_order_is_that_of_time_whatever_the_order_given():
    history = history_of(reversed(DOSES), reversed(KNOWN), reversed(SAMPLES))
    assert history == history_of(DOSES, KNOWN, SAMPLES)
    assert [one.at_days for one in history.administrations] == [0.0, 14.0, 42.0, 98.0]
    assert [entry.from_days for entry in history.covariates] == [0.0, 50.0, 90.0]


@given(st.permutations(DOSES), st.permutations(KNOWN), st.permutations(SAMPLES))
def test_any_order_gives_the_same_answer_to_the_last_digit(doses, known, samples):
    model = MODELS["fasanmade-2011-combined"]
    usual = history_of(DOSES, KNOWN, SAMPLES)
    other = history_of(doses, known, samples)
    assert estimate(model, other) == estimate(model, usual)
    plan = Plan(154.0, 350.0, 42.0, subcutaneous=False, duration_days=TWO_HOURS)
    for after in (None, 1):
        assert predict_trough(estimate(model, other), other, plan, after) == predict_trough(
            estimate(model, usual), usual, plan, after
        )


def test_covariates_that_change_nothing_and_doses_of_nothing_are_dropped():
    same = covariates(60, 3.2, from_days=20.0)
    history = history_of([*DOSES, Administration(7.0, 0.0, TWO_HOURS)], [KNOWN[0], same, KNOWN[1]])
    assert history.covariates == (KNOWN[0], KNOWN[1])
    assert history.administrations == tuple(DOSES)


def test_of_two_entries_for_one_moment_the_last_in_order_holds():
    heavier = covariates(61, 3.2)
    assert history_of(DOSES, [heavier, KNOWN[0]]).covariates == (heavier,)
    assert history_of(DOSES, [KNOWN[0], heavier]).covariates == (heavier,)


def test_nothing_is_assumed_where_no_covariates_are_given():
    with pytest.raises(ValueError, match=r"^a history needs covariates$"):
        history_of(DOSES, [])


def test_the_first_covariates_hold_before_they_were_known():
    model = MODELS["fasanmade-2011-combined"]
    late = covariates(60, 3.2, from_days=400.0)
    early = covariates(60, 3.2, from_days=-400.0)
    assert (
        estimate(model, history_of(DOSES, [late], SAMPLES)).eta
        == estimate(model, history_of(DOSES, [early], SAMPLES)).eta
    )


def test_only_covariates_that_touch_the_drug_make_a_stretch():
    known = [
        covariates(58, 3.0, from_days=-90.0),
        covariates(59, 3.1, from_days=-5.0),
        covariates(60, 3.2, from_days=20.0),
        covariates(61, 3.3, from_days=500.0),
    ]
    history = history_of(DOSES, known)
    found = stretches(history.administrations, history.covariates, [100.0])
    assert [stretch.covariates.weight_kg for stretch in found] == [59, 60]
    assert [stretch.carries_on for stretch in found] == [True, False]
    assert stretches(history.administrations, history.covariates, []) == ()


def test_a_level_at_a_change_of_covariates_belongs_to_the_time_before():
    history = history_of(DOSES, [covariates(60, 3.2), covariates(62, 3.9, from_days=50.0)])
    before, after = stretches(history.administrations, history.covariates, [40.0, 50.0, 51.0])
    assert [query.at_days for query in before.queries] == [40.0, 50.0, 50.0]
    assert [query.at_days for query in after.queries] == [51.0]
