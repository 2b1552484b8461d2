"""The population models: their numbers written down from the publications, and every fault of the file."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType

import pytest

from tdm.decision import AgeGroup
from tdm.facts import Route
from tdm.knowledge.building_models import build_model, build_models
from tdm.knowledge.check_evidence import check_evidence
from tdm.knowledge.check_models import check_models
from tdm.knowledge.errors import KnowledgeError
from tdm.knowledge.files import packaged, parse, read_bytes
from tdm.knowledge.loader import build, knowledge_from
from tdm.knowledge.model import Knowledge
from tdm.pharmacokinetics.estimate import estimate
from tdm.pharmacokinetics.history import Administration, Covariates, history_of
from tdm.pharmacokinetics.model import Combination, Covariate, Role
from tdm.pharmacokinetics.prediction import predict_at

# Typical value, then effects as (form, covariate, reference, coefficient).
W, A, ATI, IMM, MALE, CD = (
    *("weight", "albumin", "ati_positive", "immunomodulator", "male", "crohns_disease"),
)
PER_KG = ("proportional", W, 0.0, 1.0)
TYPICAL = {
    "fasanmade-2011-combined": {
        "CL": (
            0.00542,
            PER_KG,
            ("power", W, 65, -0.313),
            ("power", A, 4.1, -0.855),
            ("linear", ATI, 0, 0.291),
            ("linear", IMM, 0, -0.137),
        ),
        "V1": (0.0524, PER_KG, ("power", W, 65, -0.233)),
        "Q": (0.00226, PER_KG),
        "V2": (0.0196, PER_KG, ("power", W, 65, -0.588)),
    },
    "fasanmade-2011-paediatric": {
        "CL": (0.00543, PER_KG, ("power", W, 42, -0.34), ("power", A, 3.8, -1.22)),
        "V1": (0.0542, PER_KG, ("power", W, 42, -0.171)),
        "Q": (0.00352, PER_KG),
        "V2": (0.0292, PER_KG, ("power", W, 42, -0.414)),
    },
    "dubinsky-2017": {
        "CL": (0.296, ("power", W, 70, 0.612), ("power", A, 4, -2.3), ("linear", ATI, 0, 0.231)),
        "V1": (3.30, ("power", W, 70, 0.696)),
        "Q": (0.0781, ("power", W, 70, 1.15)),
        "V2": (1.16, ("power", W, 70, 0.604)),
    },
    "xu-wojciechowski-2017": {
        "CL": (0.294, ("power", W, 70, 0.614), ("power", A, 4, -1.17), ("linear", ATI, 0, 0.257)),
        "V1": (3.33, ("power", W, 70, 0.691)),
        "Q": (0.0719, ("power", W, 70, 1.1)),
        "V2": (1.14, ("power", W, 70, 0.59)),
    },
    "passot-2016-adult": {
        "CL": (0.23, ("power", W, 67, 0.603), ("exponential", MALE, 0, 0.181), ("exponential", CD, 0, 0.384)),
        "V1": (5.2, ("power", W, 67, 0.277), ("exponential", MALE, 0, 0.209), ("exponential", CD, 0, 0.399)),
    },
    "hanzel-2021": {
        "CL": (0.355, ("power", W, 70, 0.666), ("power", A, 44, -0.826), ("factor", ATI, 0, 1.39)),
        "V1": (3.10, ("power", W, 70, 0.385)),
        "Q": (0.598, ("power", W, 70, 1.26)),
        "V2": (1.93, ("power", W, 70, 1.08)),
        "F": (0.791,),
        "ka": (0.273,),
    },
}
# Variances by parameter, variance between occasions, proportional and additive residual deviation.
VARIABILITY = {
    "fasanmade-2011-combined": ({"CL": 0.0942, "V1": 0.0159, "V2": 0.306}, 0.0335, 0.292, 0.371),
    "fasanmade-2011-paediatric": ({"CL": 0.064, "V1": 0.027, "V2": 0.122}, 0.048, 0.275, 0.244),
    "dubinsky-2017": ({"CL": 0.098, "V1": 0.010, "Q": 1.232, "V2": 0.579}, 0.0, 0.419, 0.0),
    "xu-wojciechowski-2017": ({"CL": 0.106929, "V1": 0.0225, "Q": 1.21, "V2": 0.638401}, 0.0, 0.419, 0.0),
    "passot-2016-adult": ({"CL": 0.092, "V1": 0.050}, 0.0, 0.223, 0.72),
    "hanzel-2021": ({"CL": 0.073928, "V1": 0.044778, "F": 0.026541, "ka": 0.211253}, 0.0, 0.102, 1.66),
}
HANZEL_COVARIANCES = {
    ("CL", "V1"): 0.001611,
    ("CL", "F"): -0.000576,
    ("CL", "ka"): -0.005749,
    ("V1", "F"): 0.00000276,
    ("V1", "ka"): -0.006711,
    ("F", "ka"): 0.000225,
}
# Valid and typical weight in kg, valid and typical albumin in the unit of the publication.
RANGES = {
    "fasanmade-2011-combined": ((15, 150, 30, 110), (1.5, 6.0, 2.5, 5.2)),
    "fasanmade-2011-paediatric": ((10, 110, 20, 80), (1.5, 6.0, 2.5, 5.2)),
    "dubinsky-2017": ((10, 110, 20, 80), (1.5, 6.0, 3.0, 5.0)),
    "xu-wojciechowski-2017": ((15, 150, 30, 110), (1.5, 6.0, 2.5, 5.2)),
    "passot-2016-adult": ((30, 150, 40, 110),),
    "hanzel-2021": ((30, 150, 43, 118), (15, 60, 25, 52)),
}


def test_these_are_the_models(knowledge: Knowledge) -> None:
    assert list(knowledge.models) == list(TYPICAL)


@pytest.mark.parametrize("name", TYPICAL)
def test_typical_values_and_effects_are_those_of_the_publication(name: str, knowledge: Knowledge) -> None:
    found = {
        part.parameter.value: (
            part.value,
            *((e.form.value, e.covariate.value, e.reference, e.coefficient) for e in part.effects),
        )
        for part in knowledge.models[name].typical
    }
    assert found == TYPICAL[name]


@pytest.mark.parametrize("name", VARIABILITY)
def test_variances_and_residual_errors_are_those_of_the_publication(name: str, knowledge: Knowledge) -> None:
    model = knowledge.models[name]
    variances, between_occasions, proportional, additive = VARIABILITY[name]
    assert [parameter.value for parameter in model.random] == list(variances)
    covariances = HANZEL_COVARIANCES if name == "hanzel-2021" else {}
    for i, row in enumerate(model.omega):
        for j, value in enumerate(row):
            pair = (model.random[min(i, j)].value, model.random[max(i, j)].value)
            assert value == (variances[pair[0]] if i == j else covariances.get(pair, 0.0))
    assert model.iov_cl == between_occasions
    assert model.residual.proportional_sd == proportional
    assert model.residual.additive_sd_ug_ml == additive
    assert model.residual.combination is Combination.VARIANCE_SUM
    assert model.residual.basis
    product = [
        [
            sum(a * b for a, b in zip(row, column, strict=True))
            for column in zip(*model.precision, strict=True)
        ]
        for row in model.omega
    ]
    for i, row in enumerate(product):
        assert row == pytest.approx([float(i == j) for j in range(len(row))], abs=1e-9)


@pytest.mark.parametrize("name", RANGES)
def test_ranges_are_as_agreed_and_say_on_what_they_rest(name: str, knowledge: Knowledge) -> None:
    found = knowledge.models[name].ranges
    ends = tuple((r.valid_lower, r.valid_upper, r.typical_lower, r.typical_upper) for r in found)
    assert ends == RANGES[name]
    for one in found:
        published = name == "hanzel-2021" and one.covariate is Covariate.WEIGHT
        assert one.basis == ("published" if published else "policy")


def test_albumin_is_in_g_per_litre_for_hanzel_alone(knowledge: Knowledge) -> None:
    scales = {
        name: {e.scale for part in model.typical for e in part.effects if e.covariate is Covariate.ALBUMIN}
        for name, model in knowledge.models.items()
    }
    assert {name for name, found in scales.items() if found == {10.0}} == {"hanzel-2021"}
    assert all(found <= {1.0} for name, found in scales.items() if name != "hanzel-2021")


def test_two_models_stand_side_by_side_for_adults_and_for_children(knowledge: Knowledge) -> None:
    def bracket(age_group: AgeGroup, route: Route) -> set[str]:
        return {
            name
            for name, model in knowledge.models.items()
            if model.role is Role.BRACKET and age_group in model.age_groups and route in model.routes
        }

    assert bracket(AgeGroup.ADULT, Route.INTRAVENOUS) == {"fasanmade-2011-combined", "xu-wojciechowski-2017"}
    assert bracket(AgeGroup.CHILD, Route.INTRAVENOUS) == {"fasanmade-2011-paediatric", "dubinsky-2017"}
    assert bracket(AgeGroup.ADULT, Route.SUBCUTANEOUS) == {"hanzel-2021"}
    assert bracket(AgeGroup.CHILD, Route.SUBCUTANEOUS) == set()


def test_accuracy_fits_behind_a_name_and_a_colon(knowledge: Knowledge) -> None:
    for model in knowledge.models.values():
        assert len(model.accuracy) < 200
        assert model.accuracy_sources
        assert not model.accuracy.endswith(".")
        assert len(model.accuracy.partition(";")[0]) <= 80
    children = knowledge.models["fasanmade-2011-paediatric"].accuracy
    for figure in ("-20.7 %", "+11.2 %", "84.1 %", "51.6 %"):
        assert figure in children
    adults = knowledge.models["fasanmade-2011-combined"]
    predicted, _, fitted = adults.accuracy.partition(";")
    assert "32 % too high without levels" in predicted
    assert adults.accuracy_sources[0] == "kim-2025"
    assert "88 %" in fitted
    assert fitted.endswith("which is fit and no forecast")


ANOTHER = """
[another-2030]
name = "Another 2030"
population = "nobody: a table added by a test"
routes = ["intravenous"]
age_groups = ["adult", "child"]
role = "opinion"
sources = ["kim-2025"]
status = "unverified"
accuracy = "never looked at"
accuracy_sources = ["kim-2025"]

[another-2030.typical.CL]
value = 0.3
unit = "L/day"
effects = [{ form = "exponential", covariate = "albumin", unit = "g/L", reference = 40, coefficient = -0.02 }]

[another-2030.typical.V1]
value = 4.0
unit = "L"
effects = [{ form = "linear", covariate = "male", unit = "yes/no", reference = 0, coefficient = 0.1 }]

[another-2030.variability]
variance = { CL = 0.09 }

[another-2030.residual]
proportional_sd = 0.2
additive_sd = 0.5
combination = "sd-sum"
basis = "nothing was read"

[another-2030.ranges.albumin]
unit = "g/L"
valid = [15, 60]
typical = [25, 52]
basis = "policy"
"""


def test_adding_a_model_is_adding_a_table() -> None:
    contents = read_bytes(packaged())
    known = knowledge_from({**contents, "models": contents["models"] + ANOTHER.encode()})
    model = known.models["another-2030"]
    doses = [Administration(56.0 * n, 350.0, 0.0) for n in range(3)]
    patient = Covariates(0.0, 70.0, 4.0, ati_positive=False, immunomodulator=False, male=True)
    history = history_of(doses, [patient])
    rate = 0.3 / 4.4
    expected = sum(350.0 / 4.4 * 2.718281828459045 ** (-rate * (168.0 - 56.0 * n)) for n in range(3))
    predicted = predict_at(estimate(model, history), history, 168.0)
    assert predicted.median_ug_ml == pytest.approx(expected)
    assert predicted.lower_ug_ml < expected < predicted.upper_ug_ml


KA = '[hanzel-2021.typical.ka]\nvalue = 0.273\nunit = "1/day"\neffects = []\n'
ALBUMIN_RANGE = (
    '[hanzel-2021.ranges.albumin]\nunit = "g/L"\nvalid = [15, 60]\ntypical = [25, 52]\nbasis = "policy"\n'
)
WRONG_SIGN = "typical.CL: must not fall with weight, nor rise per kilogram: is an exponent's sign wrong?"
NOT_POSITIVE = "typical: a parameter is not positive within the valid ranges"


def fault_of(check: Callable[[], object]) -> str:
    with pytest.raises(KnowledgeError) as error:
        check()
    return str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('form = "factor"', 'form = "magic"', "hanzel-2021.typical.CL.effects.2.form"),
        ("value = 0.791", "value = -0.791", "hanzel-2021.typical.F.value"),
        ('unit = "fraction"', 'unit = "%"', "hanzel-2021.typical.F.unit"),
        ("occasion_CL = 0.0335", "occasion_CL = 0", "fasanmade-2011-combined.variability.occasion_CL"),
        (
            'combination = "variance-sum"',
            'combination = "guess"',
            "fasanmade-2011-combined.residual.combination",
        ),
        ('basis = "Proportional only', 'bases = "Proportional only', "dubinsky-2017.residual"),
        (KA, "", "hanzel-2021.typical"),
        (
            'form = "proportional", covariate = "weight", unit = "kg"',
            'form = "proportional", covariate = "weight", unit = "kg", coefficient = 2',
            "fasanmade-2011-combined.typical.CL.effects.0",
        ),
        (
            ", reference = 65, coefficient = -0.313",
            ", coefficient = -0.313",
            "fasanmade-2011-combined.typical.CL.effects.1",
        ),
        ("variance = { CL = 0.0942, V1", "variance = { V1", "fasanmade-2011-combined.variability.variance"),
    ],
)
def test_what_breaks_the_schema_is_named(old: str, new: str, fault: str, edited) -> None:
    contents = edited("models", old, new)
    with pytest.raises(KnowledgeError) as error:
        parse({"models": contents["models"]})
    assert error.value.key == f"models.toml: {fault}"


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            'sources = ["hanzel-2021"]',
            'sources = ["hanzel-2012"]',
            "models.toml: hanzel-2021: citation 'hanzel-2012' is not in citations.toml",
        ),
        (
            'routes = ["intravenous"]',
            'routes = ["subcutaneous"]',
            "models.toml: fasanmade-2011-combined.routes: a subcutaneous model needs F and ka",
        ),
        (
            "variance = { CL = 0.092, V1",
            "variance = { CL = 0.092, V2",
            "models.toml: passot-2016-adult.variability.variance: varies what the model does not have",
        ),
        (
            "proportional_sd = 0.419",
            "proportional_sd = 0",
            "models.toml: dubinsky-2017.residual: no level is without error",
        ),
        (
            'covariate = "albumin", unit = "g/dL", reference = 4.1',
            'covariate = "albumin", unit = "kg", reference = 4.1',
            "models.toml: fasanmade-2011-combined.typical.CL.effects: albumin is not given in kg",
        ),
        (
            'form = "proportional", covariate = "weight", unit = "kg"',
            'form = "proportional", covariate = "male", unit = "yes/no"',
            "models.toml: fasanmade-2011-combined.typical.CL.effects: nothing is proportional to male",
        ),
        (
            ALBUMIN_RANGE,
            "",
            "models.toml: hanzel-2021.ranges.albumin: the ranges are missing",
        ),
        (
            '[hanzel-2021.ranges.albumin]\nunit = "g/L"',
            '[hanzel-2021.ranges.albumin]\nunit = "g/dL"',
            "models.toml: hanzel-2021.ranges.albumin: the effect and the range are in different units",
        ),
        (
            "typical = [43, 118]",
            "typical = [118, 43]",
            "models.toml: hanzel-2021.ranges.weight: 0 < valid <= typical < typical <= valid does not hold",
        ),
        (
            "coefficient = -0.137",
            "coefficient = -1.137",
            f"models.toml: fasanmade-2011-combined.{NOT_POSITIVE}",
        ),
        (
            "coefficient = -0.313",
            "coefficient = 0.313",
            f"models.toml: fasanmade-2011-combined.{WRONG_SIGN}",
        ),
        (
            "coefficient = 0.612",
            "coefficient = -0.612",
            f"models.toml: dubinsky-2017.{WRONG_SIGN}",
        ),
        (
            'of = ["CL", "F"]',
            'of = ["CL", "Q"]',
            "models.toml: hanzel-2021.variability.covariance: CL and Q do not both have a variance",
        ),
        (
            "value = -0.005749",
            "value = -0.5749",
            "models.toml: hanzel-2021.variability.covariance: the matrix is not positive definite",
        ),
    ],
)
def test_what_a_schema_cannot_say_is_named(old: str, new: str, fault: str, edited) -> None:
    assert fault_of(lambda: check_models(build(edited("models", old, new)))) == fault


def test_clearance_in_proportion_to_weight_is_no_wrong_sign(edited) -> None:
    contents = edited("models", "coefficient = -0.313", "coefficient = 0")
    check_models(build(contents))


def test_a_publication_behind_a_model_alone_counts_as_cited(knowledge: Knowledge) -> None:
    check_evidence(knowledge)
    without = replace(knowledge, models=MappingProxyType({}))
    assert fault_of(lambda: check_evidence(without)).startswith("citations.toml: ")


def test_a_range_in_a_unit_of_another_covariate_is_named(knowledge: Knowledge) -> None:
    model = knowledge.models["passot-2016-adult"]
    unused = model.ranges[0]._replace(covariate=Covariate.ALBUMIN)
    odd = replace(model, ranges=(*model.ranges, unused))
    changed = replace(knowledge, models=MappingProxyType({odd.id: odd}))
    assert fault_of(lambda: check_models(changed)) == (
        "models.toml: passot-2016-adult.ranges.albumin: albumin is not given in kg"
    )


def test_models_keep_the_order_of_the_file() -> None:
    table = tomllib.loads(read_bytes(packaged())["models"].decode())
    assert list(build_models(table)) == list(table)
    assert build_model("hanzel-2021", table["hanzel-2021"]).id == "hanzel-2021"
