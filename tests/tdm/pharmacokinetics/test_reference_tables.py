"""The tables of typical troughs that the models must reproduce, to the digits in which they are given."""

from __future__ import annotations

import pytest

from tdm.pharmacokinetics.estimate import estimate
from tdm.pharmacokinetics.prediction import Plan, predict_at, predict_trough
from tests.tdm.pharmacokinetics.patients import MODELS, TWO_HOURS, covariates, standard_history

WEEKS = (2, 6, 14, 54)
ADULT = covariates(70, 4.1)
ADULT_ATI = covariates(70, 4.1, ati_positive=True)
ADULT_LOW_ALBUMIN = covariates(70, 3.0)
CHILD = covariates(40, 4.0)


def troughs(model, patient, weeks=WEEKS):
    history = standard_history(patient)
    found = estimate(model, history)
    return [round(predict_at(found, history, 7.0 * week).median_ug_ml, 1) for week in weeks]


@pytest.mark.parametrize(
    ("model", "adult", "ati_week_14", "low_albumin_week_14", "child"),
    [
        ("fasanmade-2011-combined", [20.5, 11.0, 1.8, 1.5], 0.7, 0.7, [15.8, 8.2, 1.7, 1.3]),
        ("fasanmade-2011-paediatric", [26.2, 18.7, 4.4, 3.4], None, 1.2, [20.1, 13.5, 3.1, 2.4]),
        ("xu-wojciechowski-2017", [27.4, 14.8, 3.6, 2.7], 1.8, 1.2, [21.3, 9.9, 2.5, 1.9]),
        ("dubinsky-2017", [27.9, 15.6, 3.9, 2.9], 2.1, 0.4, [20.9, 9.8, 2.5, 1.8]),
        ("hanzel-2021", [21.8, 11.7, 1.5, 1.3], 0.4, 0.5, [17.9, 9.6, 1.2, 1.1]),
        ("passot-2016-adult", [19.9, 16.9, 4.8, 3.6], None, None, None),
    ],
)
def test_typical_troughs_at_weeks_2_6_14_and_54(model, adult, ati_week_14, low_albumin_week_14, child):
    assert troughs(MODELS[model], ADULT) == adult
    if ati_week_14 is not None:
        assert troughs(MODELS[model], ADULT_ATI, [14]) == [ati_week_14]
    if low_albumin_week_14 is not None:
        assert troughs(MODELS[model], ADULT_LOW_ALBUMIN, [14]) == [low_albumin_week_14]
    if child is not None:
        assert troughs(MODELS[model], CHILD) == child


@pytest.mark.parametrize(
    ("mg_per_kg", "weeks", "trough"),
    [(5, 8, 1.5), (10, 8, 2.9), (5, 6, 3.6), (10, 6, 7.1), (5, 4, 9.4), (10, 4, 18.9)],
)
def test_settled_troughs_by_regimen(mg_per_kg, weeks, trough):
    history = standard_history(ADULT)
    found = estimate(MODELS["fasanmade-2011-combined"], history)
    plan = Plan(700.0, 70.0 * mg_per_kg, 7.0 * weeks, subcutaneous=False, duration_days=TWO_HOURS)
    assert round(predict_trough(found, history, plan, None).median_ug_ml, 1) == trough


@pytest.mark.parametrize(
    ("albumin_g_dl", "ati_positive", "trough"),
    [(4.4, False, 13.7), (4.4, True, 8.7), (4.1, False, 12.7), (4.1, True, 8.0)],
)
def test_settled_subcutaneous_troughs(albumin_g_dl, ati_positive, trough):
    history = standard_history(covariates(70, albumin_g_dl, ati_positive=ati_positive))
    found = estimate(MODELS["hanzel-2021"], history)
    plan = Plan(700.0, 120.0, 14.0, subcutaneous=True, duration_days=0.0)
    assert round(predict_trough(found, history, plan, None).median_ug_ml, 1) == trough
