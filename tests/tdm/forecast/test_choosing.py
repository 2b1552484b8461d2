"""Which models are asked, and what lies outside of what they were built on."""

from dataclasses import replace

import pytest

from tdm.decision import AgeGroup
from tdm.facts import Route
from tdm.forecast.choosing import (
    may_speak,
    models_for,
    needs_albumin,
    range_notes,
    short_name,
    typical_albumin_g_dl,
)
from tdm.forecast.result import Remark
from tdm.pharmacokinetics.history import Covariates
from tdm.pharmacokinetics.model import Role
from tests.tdm.forecast.cases import knowledge

MODELS = knowledge().models
IV, SC = Route.INTRAVENOUS, Route.SUBCUTANEOUS
ADULT, CHILD = AgeGroup.ADULT, AgeGroup.CHILD


def names(chosen):
    return [one.id for one in chosen.bracket], None if chosen.opinion is None else chosen.opinion.id


@pytest.mark.parametrize(
    ("route", "age", "known", "bracket", "opinion"),
    [
        (IV, ADULT, True, ["fasanmade-2011-combined", "xu-wojciechowski-2017"], None),
        (IV, ADULT, False, ["fasanmade-2011-combined", "xu-wojciechowski-2017"], "passot-2016-adult"),
        (IV, CHILD, True, ["dubinsky-2017", "fasanmade-2011-paediatric"], None),
        (IV, CHILD, False, ["dubinsky-2017", "fasanmade-2011-paediatric"], None),
        (SC, ADULT, True, ["hanzel-2021"], None),
        (SC, ADULT, False, ["hanzel-2021"], None),
        (SC, CHILD, True, [], None),
    ],
)
def test_each_patient_has_the_pair_of_the_population(route, age, known, bracket, opinion):
    assert names(models_for(MODELS.values(), route, age, albumin_known=known)) == (bracket, opinion)
    backwards = reversed(list(MODELS.values()))
    assert names(models_for(backwards, route, age, albumin_known=known)) == (bracket, opinion)


def test_the_opinion_is_one_that_does_without_albumin():
    assert not needs_albumin(MODELS["passot-2016-adult"])
    assert typical_albumin_g_dl(MODELS["passot-2016-adult"]) == 0.0
    assert needs_albumin(MODELS["dubinsky-2017"])
    assert typical_albumin_g_dl(MODELS["hanzel-2021"]) == pytest.approx(4.4)


@pytest.mark.parametrize(
    ("change", "heard"),
    [({}, True), ({"role": Role.BRACKET}, False), ({"typical": MODELS["dubinsky-2017"].typical}, False)],
)
def test_an_opinion_is_one_by_its_role_and_without_albumin(change, heard):
    model = replace(MODELS["passot-2016-adult"], **change)
    assert (models_for([model], IV, ADULT, albumin_known=False).opinion is not None) is heard


def test_a_model_is_called_by_author_and_year():
    assert [short_name(MODELS[one]) for one in ("fasanmade-2011-combined", "xu-wojciechowski-2017")] == [
        "Fasanmade 2011",
        "Wojciechowski 2017",
    ]


@pytest.mark.parametrize("name", ["Somebody 2020", "Somebody 2020 (adults)", "Somebody 2020, after (A) 2010"])
def test_what_is_said_of_a_model_beside_its_name_is_left_out(name):
    assert short_name(replace(MODELS["dubinsky-2017"], name=name)) == "Somebody 2020"


def covariates(kg=70.0, albumin=4.0):
    return Covariates(0.0, kg, albumin, ati_positive=False, immunomodulator=False, male=True)


def ranged(kg, albumin):
    pair = [MODELS["dubinsky-2017"], MODELS["fasanmade-2011-paediatric"]]
    return range_notes(pair, {one.id: covariates(kg, albumin) for one in pair})


def test_within_the_usual_nothing_is_said():
    kept, left_out, unusual = ranged(40, 4.0)
    assert ([one.id for one in kept], left_out, unusual) == (
        ["dubinsky-2017", "fasanmade-2011-paediatric"],
        [],
        [],
    )


def test_what_few_patients_of_a_model_had_is_named():
    kept, left_out, unusual = ranged(40, 2.7)
    assert len(kept) == 2
    assert left_out == []
    assert unusual == [(Remark.UNUSUAL_FOR_MODEL, (("model", "Dubinsky 2017"), ("what", "albumin")))]


def test_beyond_what_a_model_was_built_on_it_is_left_out():
    kept, left_out, _ = ranged(5, 1.0)
    assert kept == ()
    assert left_out[0] == (
        Remark.MODEL_OUT_OF_RANGE,
        (("model", "Dubinsky 2017"), ("what", "weight and albumin")),
    )


@pytest.mark.parametrize(
    ("model", "kg", "positive", "may"),
    [
        ("passot-2016-adult", 70, False, True),
        ("passot-2016-adult", 70, True, False),  # no patient of its population had antibodies
        ("passot-2016-adult", 20, False, False),
        ("passot-2016-adult", 115, False, True),  # heavier than most of its patients, not than all
        ("hanzel-2021", 70, True, True),
    ],
)
def test_a_further_model_speaks_only_of_patients_that_it_knows(model, kg, positive, may):
    assert may_speak(MODELS[model], covariates(kg)._replace(ati_positive=positive)) is may
