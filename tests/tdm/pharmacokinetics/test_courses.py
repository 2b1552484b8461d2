"""A few whole courses by every model: levels against matrix exponentials, slopes against a small step.

`test_concentration` says the same of courses that chance invents. These stay the same from run to run.
"""

from __future__ import annotations

import pytest

from tdm.pharmacokinetics.concentration import levels
from tdm.pharmacokinetics.estimate import estimate
from tdm.pharmacokinetics.history import Administration, history_of
from tdm.pharmacokinetics.individual import laid_out
from tdm.pharmacokinetics.parameters import random_places
from tests.tdm.pharmacokinetics import oracle
from tests.tdm.pharmacokinetics.patients import MODELS, TWO_HOURS, changes, covariates, predicted

DEVIATIONS = {"CL": 0.35, "V1": -0.2, "Q": 0.3, "V2": -0.15, "F": 0.1, "ka": -0.25}


def infusion(day, amount, duration=TWO_HOURS):
    return Administration(float(day), float(amount), duration)


def injection(day, amount=120.0):
    return Administration(float(day), amount, 0.0, subcutaneous=True)


USUAL = [infusion(0, 350), infusion(14, 350), infusion(42, 350), infusion(98, 400), infusion(154, 400)]
MIXED = [
    infusion(0, 350, 0.0),
    infusion(14, 300, 1 / 24),
    infusion(14.02, 50, 0.5),
    infusion(42, 350),
    infusion(97.9, 400, 0.3),
]
LOSING = [
    covariates(72.0, 4.3),
    covariates(66.0, 3.1, from_days=70.0, ati_positive=True),
    covariates(60.0, 2.6, from_days=120.0, ati_positive=True, immunomodulator=True, male=False),
]
SWITCHED = [infusion(0, 350), infusion(14, 350), *[injection(day) for day in range(42, 155, 14)]]

LASTING = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0)

# By name: the doses, the covariates, and the days that are asked about.
COURSES = {
    "troughs of infusions of one duration": (USUAL, LOSING[:1], [14.0, 42.0, 98.0, 154.0, 210.0]),
    "levels within intervals": (USUAL, LOSING[:1], [-3.0, 0.0, 3.0, 21.0, 100.0, 230.0]),
    "a bolus, several durations, and levels during infusions": (
        MIXED,
        LOSING[:1],
        [0.0, 0.1, 14.03, 14.3, 42.04, 98.0, 98.3, 140.0],
    ),
    "covariates that change twice": (USUAL, LOSING, [14.0, 70.0, 90.0, 98.0, 120.0, 121.0, 154.0, 210.0]),
    "covariates that change and no level before the last": (USUAL, LOSING, [160.0, 210.0]),
    "changes between and during infusions of several durations": (
        MIXED,
        [LOSING[0], LOSING[1]._replace(from_days=14.2), LOSING[2]._replace(from_days=98.0)],
        [14.1, 14.4, 42.0, 98.1, 98.3, 140.0],
    ),
    "levels as infusions of half an hour to four hours end": (
        [infusion(14 * n, 350, hours / 24) for n, hours in enumerate(LASTING)],
        LOSING[:1],
        [14.0 * n + hours / 24 for n, hours in enumerate(LASTING)],
    ),
    "infusions of one duration that overlap": (
        [infusion(0, 350, 0.5), infusion(0.1, 100, 0.5), infusion(0.2, 50, 0.5), infusion(14, 350, 0.5)],
        LOSING[:1],
        [0.15, 0.3, 0.55, 0.65, 14.0, 14.2, 40.0],
    ),
    "one infusion before the only change": ([infusion(0, 350)], LOSING[:2], [10.0, 70.0, 75.0]),
    "a level decades after a course": (USUAL, LOSING[:1], [200.0, 4000.0]),
}
INJECTED = {
    "infusions and then injections": (SWITCHED, LOSING[:1], [14.0, 42.0, 49.0, 84.0, 168.0, 200.0]),
    "injections under changing covariates": (SWITCHED, LOSING, [50.0, 70.0, 77.0, 119.0, 121.0, 168.0]),
    "injections alone": ([injection(day, 240.0) for day in (0, 7, 14, 28)], LOSING[:2], [3.0, 28.0, 80.0]),
    "the last injection on the day of a change": (
        [*USUAL[:3], injection(56), injection(70)],
        LOSING[:2],
        [56.0, 69.0, 71.0, 84.0],
    ),
}
CASES = [
    pytest.param(MODELS[name], *course, id=f"{name}: {title}")
    for name in MODELS
    for title, course in (COURSES | (INJECTED if MODELS[name].absorbs else {})).items()
]


def deviations(model):
    return [DEVIATIONS[parameter.value] for parameter in model.random]


@pytest.mark.parametrize(("model", "doses", "known", "moments"), CASES)
def test_levels_are_those_of_the_matrix_exponential(model, doses, known, moments):
    history = history_of(doses, known)
    eta = deviations(model)
    found = predicted(model, history, moments, eta).values
    parameters = changes(model, history, eta)
    expected = [oracle.level(history.administrations, parameters, moment) for moment in moments]
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert any(level > 0.1 for level in found)


@pytest.mark.parametrize(("model", "doses", "known", "moments"), CASES)
def test_slopes_are_the_change_that_a_small_step_makes(model, doses, known, moments):
    history = history_of(doses, known)
    eta, step = deviations(model), 1e-5
    columns = predicted(model, history, moments, eta).columns
    assert len(columns) == len(model.random)
    for place, column in enumerate(columns):
        above, below = (
            predicted(
                model, history, moments, [value + sign * (n == place) for n, value in enumerate(eta)]
            ).values
            for sign in (step, -step)
        )
        numeric = [(high - low) / (2 * step) for high, low in zip(above, below, strict=True)]
        assert column == pytest.approx(numeric, rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("name", [name for name, model in MODELS.items() if not model.absorbs])
@pytest.mark.parametrize("title", list(INJECTED))
def test_a_model_of_infusions_sees_no_injection(name, title):
    doses, known, moments = INJECTED[title]
    infused = [one for one in doses if not one.subcutaneous]
    model = MODELS[name]
    found, expected = (
        predicted(model, history_of(some, known), moments, deviations(model)) for some in (doses, infused)
    )
    assert found.values == pytest.approx(expected.values, rel=1e-12)
    for column, other in zip(found.columns, expected.columns, strict=True):
        assert column == pytest.approx(other, rel=1e-9, abs=1e-12)


def test_deviations_of_another_model_are_refused():
    model = MODELS["hanzel-2021"]
    history = history_of(USUAL, LOSING[:1])
    for eta in ([0.1] * 3, [0.1] * 5):
        with pytest.raises(ValueError, match="zip"):
            predicted(model, history, [98.0], eta)
        with pytest.raises(ValueError, match="zip"):
            estimate(model, history).line.at(eta, 1.0)


@pytest.mark.parametrize("name", list(MODELS))
def test_parameters_of_more_or_fewer_stretches_than_the_history_has_are_refused(name):
    model = MODELS[name]
    found, typical = laid_out(model, history_of(USUAL, LOSING), [98.0, 154.0, 210.0])
    assert len(found) == 3
    for parameters in (typical[:2], [*typical, typical[-1]]):
        with pytest.raises(ValueError, match="zip"):
            levels(found, parameters, random_places(model))


@pytest.mark.parametrize(("model", "doses", "known", "moments"), CASES)
def test_a_level_is_the_same_alone_and_among_others(model, doses, known, moments):
    """What is carried from one level to the next is what a walk from the beginning finds."""
    history = history_of(doses, known)
    eta = deviations(model)
    together = predicted(model, history, moments, eta)
    for place, moment in enumerate(moments):
        alone = predicted(model, history, [moment], eta)
        assert together.values[place] == pytest.approx(alone.values[0], rel=1e-12, abs=1e-15)
        for column, own in zip(together.columns, alone.columns, strict=True):
            assert column[place] == pytest.approx(own[0], rel=1e-9, abs=1e-12)
