"""Covariate effects by their named forms, and ranges in the unit of each publication."""

from __future__ import annotations

import math

import pytest

from tdm.pharmacokinetics.model import Covariate, Effect, Form, Parameter, Range
from tdm.pharmacokinetics.parameters import multiplier, outside, random_places, typical_parameters
from tests.tdm.pharmacokinetics.patients import MODELS, covariates


@pytest.mark.parametrize(
    ("form", "covariate", "reference", "coefficient", "expected"),
    [
        (Form.PROPORTIONAL, Covariate.WEIGHT, 0.0, 1.0, 80.0),
        (Form.POWER, Covariate.WEIGHT, 70.0, 0.5, (80 / 70) ** 0.5),
        (Form.LINEAR, Covariate.ALBUMIN, 4.0, -0.3, 1 - 0.3 * (3.5 - 4.0)),
        (Form.LINEAR, Covariate.ATI_POSITIVE, 0.0, 0.257, 1.257),
        (Form.LINEAR, Covariate.IMMUNOMODULATOR, 0.0, -0.137, 1.0),
        (Form.FACTOR, Covariate.ATI_POSITIVE, 0.0, 1.39, 1.39),
        (Form.FACTOR, Covariate.IMMUNOMODULATOR, 0.0, 1.39, 1.0),
        (Form.EXPONENTIAL, Covariate.MALE, 0.0, 0.181, math.exp(0.181)),
        (Form.EXPONENTIAL, Covariate.CROHNS_DISEASE, 0.0, 0.384, math.exp(0.384)),
        (Form.EXPONENTIAL, Covariate.ALBUMIN, 4.0, 0.2, math.exp(0.2 * (3.5 - 4.0))),
    ],
)
def test_each_form_multiplies_as_its_name_says(form, covariate, reference, coefficient, expected):
    patient = covariates(80.0, 3.5, ati_positive=True, male=True)
    effect = Effect(form, covariate, "", 1.0, reference, coefficient)
    assert multiplier(effect, patient) == pytest.approx(expected)


def test_albumin_is_turned_into_the_unit_of_the_publication():
    effect = Effect(Form.POWER, Covariate.ALBUMIN, "g/L", 10.0, 44.0, -0.826)
    assert multiplier(effect, covariates(70.0, 4.4)) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("fasanmade-2011-combined", (0.00542 * 70 * (70 / 65) ** -0.313, 0.0524 * 70 * (70 / 65) ** -0.233)),
        ("xu-wojciechowski-2017", (0.294 * (4.1 / 4) ** -1.17, 3.33)),
        ("dubinsky-2017", (0.296 * (4.1 / 4) ** -2.3, 3.30)),
        ("hanzel-2021", (0.355 * (41 / 44) ** -0.826, 3.10)),
        (
            "passot-2016-adult",
            (
                0.23 * (70 / 67) ** 0.603 * math.exp(0.181 + 0.384),
                5.2 * (70 / 67) ** 0.277 * math.exp(0.209 + 0.399),
            ),
        ),
        (
            "fasanmade-2011-paediatric",
            (0.00543 * 70 * (70 / 42) ** -0.34 * (4.1 / 3.8) ** -1.22, 0.0542 * 70 * (70 / 42) ** -0.171),
        ),
    ],
)
def test_clearance_and_central_volume_of_an_adult(name, expected):
    assert typical_parameters(MODELS[name], covariates(70, 4.1))[:2] == pytest.approx(expected)


def test_what_a_model_has_not_is_nothing():
    one_compartment = MODELS["passot-2016-adult"]
    assert typical_parameters(one_compartment, covariates())[2:] == (0.0, 0.0, 0.0, 0.0)
    assert one_compartment.compartments == 1
    assert not one_compartment.absorbs
    assert MODELS["hanzel-2021"].compartments == 2
    assert MODELS["hanzel-2021"].absorbs
    assert random_places(MODELS["hanzel-2021"]) == (0, 1, 4, 5)
    assert MODELS["hanzel-2021"].random[-1] is Parameter.ABSORPTION_RATE


def test_covariates_beyond_a_range_are_named():
    ranges = (
        Range(Covariate.WEIGHT, "kg", 1.0, 30.0, 150.0, 40.0, 110.0, "policy"),
        Range(Covariate.ALBUMIN, "g/L", 10.0, 15.0, 60.0, 25.0, 52.0, "policy"),
    )
    assert outside(ranges, covariates(70, 4.0), typical=True) == ()
    assert outside(ranges, covariates(120, 4.0), typical=True) == (Covariate.WEIGHT,)
    assert outside(ranges, covariates(120, 4.0), typical=False) == ()
    assert outside(ranges, covariates(20, 1.2), typical=False) == (Covariate.WEIGHT, Covariate.ALBUMIN)
    assert outside(ranges, covariates(40, 5.2), typical=True) == ()


def test_models_are_told_apart_by_their_id():
    assert len({*MODELS.values(), *MODELS.values()}) == len(MODELS)
    assert len({hash(model) for model in MODELS.values()}) == len(MODELS)
