"""The exact solution against matrix exponentials, and the laws that any linear system obeys."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from tdm.pharmacokinetics.carrying import ended, started
from tdm.pharmacokinetics.content import contents_of
from tdm.pharmacokinetics.disposition import system_of
from tdm.pharmacokinetics.history import Administration, history_of
from tdm.pharmacokinetics.layout import stretches
from tdm.pharmacokinetics.parameters import typical_parameters
from tests.tdm.pharmacokinetics import oracle
from tests.tdm.pharmacokinetics.patients import (
    MODELS,
    TWO_HOURS,
    changes,
    covariates,
    predicted,
    standard_doses,
)

NAMES = (
    "fasanmade-2011-combined",
    "fasanmade-2011-paediatric",
    "dubinsky-2017",
    "xu-wojciechowski-2017",
    "passot-2016-adult",
    "hanzel-2021",
)
DAYS = st.floats(0.0, 250.0)
INFUSION = st.builds(
    Administration,
    DAYS,
    st.floats(20.0, 900.0),
    st.sampled_from([0.0, 1 / 24, TWO_HOURS, 0.5]),
    st.just(False),
)
INJECTION = st.builds(Administration, DAYS, st.floats(20.0, 300.0), st.just(0.0), st.just(True))
CHANGE = st.builds(
    covariates,
    st.floats(15.0, 120.0),
    st.floats(2.0, 5.5),
    from_days=st.floats(-20.0, 250.0),
    ati_positive=st.booleans(),
    immunomodulator=st.booleans(),
    male=st.booleans(),
)
MOMENTS = st.lists(st.floats(0.0, 300.0), min_size=1, max_size=4).map(sorted)


def assert_as_the_oracle(model, history, moments, eta):
    found = predicted(model, history, moments, eta)
    for moment, value in zip(moments, found.values, strict=True):
        expected = oracle.level(history.administrations, changes(model, history, eta), moment)
        assert value == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=20)
@given(
    doses=st.lists(INFUSION, min_size=1, max_size=5),
    known=st.lists(CHANGE, min_size=1, max_size=3),
    moments=MOMENTS,
    shift=st.floats(-1.0, 1.0),
)
def test_levels_are_those_of_the_matrix_exponential(name, doses, known, moments, shift):
    model = MODELS[name]
    assert_as_the_oracle(model, history_of(doses, known), moments, [shift] * len(model.random))


@settings(max_examples=40)
@given(
    doses=st.lists(INFUSION | INJECTION, min_size=1, max_size=6),
    known=st.lists(CHANGE, min_size=1, max_size=3),
    moments=MOMENTS,
    shift=st.floats(-1.0, 1.0),
)
def test_injections_and_infusions_together_are_those_of_the_matrix_exponential(doses, known, moments, shift):
    assert_as_the_oracle(MODELS["hanzel-2021"], history_of(doses, known), moments, [shift] * 4)


@pytest.mark.parametrize("mode", [0, 1])
@pytest.mark.parametrize("apart", [0.0, 1e-12, -1e-12, 1e-6, -1e-6, 1e-3])
def test_absorption_as_fast_as_an_exponential_does_not_blow_up(mode, apart):
    model = MODELS["hanzel-2021"]
    values = typical_parameters(model, covariates())
    rate = system_of(values, ()).rates[mode]
    absorption = rate * (1.0 + apart)
    typical = tuple(
        part._replace(value=absorption, effects=()) if part.parameter.value == "ka" else part
        for part in model.typical
    )
    equal = replace(model, typical=typical)
    doses = [Administration(14.0 * n, 120.0, 0.0, subcutaneous=True) for n in range(6)]
    history = history_of(doses, [covariates()])
    assert_as_the_oracle(equal, history, [0.5, 14.0, 40.0, 84.0, 130.0], [0.0] * 4)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=20)
@given(
    doses=st.lists(INFUSION, min_size=1, max_size=4),
    known=st.lists(CHANGE, min_size=1, max_size=3),
    moments=MOMENTS,
    shift=st.floats(-0.7, 0.7),
)
def test_slopes_are_the_change_that_a_small_step_makes(name, doses, known, moments, shift):
    model = MODELS[name]
    if model.absorbs:
        doses = [
            one._replace(subcutaneous=n % 2 == 0, duration_days=0.0 if n % 2 == 0 else one.duration_days)
            for n, one in enumerate(doses)
        ]
    history = history_of(doses, known)
    eta = [shift] * len(model.random)
    found = predicted(model, history, moments, eta)
    step = 1e-5
    for place, column in enumerate(found.columns):
        up, down = list(eta), list(eta)
        up[place] += step
        down[place] -= step
        above, below = (predicted(model, history, moments, there).values for there in (up, down))
        for slope, high, low in zip(column, above, below, strict=True):
            assert slope == pytest.approx((high - low) / (2 * step), rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=20)
@given(doses=st.lists(INFUSION, min_size=1, max_size=5), moments=MOMENTS, factor=st.floats(0.1, 10.0))
def test_levels_are_proportional_to_the_dose(name, doses, moments, factor):
    known = [covariates(), covariates(62, 3.4, from_days=90.0)]
    once = predicted(MODELS[name], history_of(doses, known), moments).values
    more = [one._replace(amount_mg=one.amount_mg * factor) for one in doses]
    assert predicted(MODELS[name], history_of(more, known), moments).values == pytest.approx(
        [value * factor for value in once], rel=1e-9, abs=1e-12
    )


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=20)
@given(first=st.lists(INFUSION, max_size=4), second=st.lists(INFUSION, max_size=4), moments=MOMENTS)
def test_levels_of_two_sets_of_doses_add_up(name, first, second, moments):
    known = [covariates(), covariates(62, 3.4, from_days=90.0)]
    one, other, both = (
        predicted(MODELS[name], history_of(doses, known), moments).values
        for doses in (first, second, [*first, *second])
    )
    assert both == pytest.approx([a + b for a, b in zip(one, other, strict=True)], rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("name", ["fasanmade-2011-combined", "hanzel-2021"])
def test_what_is_given_is_in_the_body_or_cleared(name):
    model = MODELS[name]
    doses = [Administration(0.0, 300.0, TWO_HOURS), Administration(14.0, 300.0, TWO_HOURS)]
    given_mg = 600.0
    if model.absorbs:
        doses.append(Administration(28.0, 120.0, 0.0, subcutaneous=True))
        given_mg += 120.0 * typical_parameters(model, covariates())[4]
    # the second entry makes the amounts be carried on, which is how they can be looked at
    history = history_of(doses, [covariates(), covariates(80, 3.0, from_days=50.0)])
    (stretch, _) = stretches(history.administrations, history.covariates, [60.0])
    values = typical_parameters(model, covariates())
    system = system_of(values, ())
    content = [found[-1] for found in contents_of(stretch, system, values)]
    body = ended(started(None, system, values, ()), system, content, values, (), 50.0)
    cleared, _ = quad(
        lambda day: values[0] * predicted(model, history, [day]).values[0],
        0.0,
        50.0,
        points=[TWO_HOURS, 14.0, 14.0 + TWO_HOURS, 28.0],
        limit=200,
        epsabs=1e-9,
        epsrel=1e-10,
    )
    held = body.central.value + body.peripheral.value + body.depot.value
    assert cleared + held == pytest.approx(given_mg, rel=1e-8)
    assert body.central.value > 1.0
    assert body.peripheral.value > 1.0


@pytest.mark.parametrize("name", ["fasanmade-2011-combined", "hanzel-2021"])
def test_without_exchange_two_compartments_are_one(name):
    model = MODELS[name]
    history = history_of(standard_doses(350.0), [covariates()])
    moments = [14.0, 42.0, 98.0, 378.0]

    def with_exchange(value):
        parts = tuple(
            part._replace(value=value, effects=()) if part.parameter.value == "Q" else part
            for part in model.typical
        )
        return predicted(replace(model, typical=parts), history, moments).values

    one = replace(model, typical=tuple(p for p in model.typical if p.parameter.value not in {"Q", "V2"}))
    one = replace(one, random=(model.random[0],), omega=((0.1,),), precision=((10.0,),))
    alone = predicted(one, history, moments, [0.0]).values
    assert one.compartments == 1
    assert with_exchange(1e-9) == pytest.approx(alone, rel=1e-6)
    assert with_exchange(0.0) == pytest.approx(alone, rel=1e-12)
    assert with_exchange(0.2) != pytest.approx(alone, rel=1e-2)


def test_there_is_no_drug_before_the_first_dose_nor_at_its_moment():
    model = MODELS["fasanmade-2011-combined"]
    history = history_of([Administration(10.0, 350.0, 0.0), Administration(20.0, 1.0, 0.1)], [covariates()])
    values = predicted(model, history, [0.0, 9.0, 10.0, 10.001]).values
    assert values[:3] == [0.0, 0.0, 0.0]
    assert values[3] == pytest.approx(350.0 / typical_parameters(model, covariates())[1], rel=1e-3)


def test_a_level_of_the_moment_of_a_dose_was_drawn_before_it():
    model = MODELS["hanzel-2021"]
    doses = [Administration(0.0, 350.0, TWO_HOURS), Administration(56.0, 120.0, 0.0, subcutaneous=True)]
    trough = predicted(model, history_of(doses, [covariates()]), [56.0]).values
    assert trough == predicted(model, history_of(doses[:1], [covariates()]), [56.0]).values


def test_a_level_during_an_infusion_sees_what_has_run_in():
    model = MODELS["fasanmade-2011-combined"]
    history = history_of([Administration(0.0, 400.0, 0.5)], [covariates()])
    half, whole = predicted(model, history, [0.25, 0.5]).values
    assert half == pytest.approx(whole / 2, rel=0.02)
    assert_as_the_oracle(model, history, [0.25, 0.5], [0.0] * 3)


def test_a_change_of_covariates_during_an_infusion_is_exact():
    model = MODELS["fasanmade-2011-combined"]
    history = history_of(
        [Administration(0.0, 400.0, 0.5), Administration(10.0, 400.0, 1.0)],
        [covariates(), covariates(50, 2.5, from_days=0.25), covariates(90, 4.5, from_days=10.5)],
    )
    assert_as_the_oracle(model, history, [0.25, 0.4, 10.25, 10.75, 30.0], [0.3, -0.2, 0.1])


def test_old_doses_are_left_out_only_where_nothing_of_them_is_left():
    model = MODELS["fasanmade-2011-combined"]
    doses = [Administration(56.0 * n, 350.0 if n else 35000.0, TWO_HOURS) for n in range(30)]
    history = history_of(doses, [covariates()])
    assert_as_the_oracle(model, history, [56.0 * n for n in (1, 2, 10, 15, 29)], [0.0, 0.0, 0.0])
    pause = history_of([Administration(0.0, 350.0, 0.0), Administration(4000.0, 350.0, 0.0)], [covariates()])
    assert_as_the_oracle(model, pause, [10.0, 4010.0], [0.0, 0.0, 0.0])
    injected = history_of(
        [Administration(day, 120.0, 0.0, subcutaneous=True) for day in (0.0, 2000.0, 2014.0)], [covariates()]
    )
    assert_as_the_oracle(MODELS["hanzel-2021"], injected, [10.0, 2010.0, 2030.0], [0.0] * 4)


def test_an_infusion_that_ended_before_a_change_is_not_under_way():
    model = MODELS["fasanmade-2011-combined"]
    history = history_of(
        [
            Administration(0.0, 400.0, 2.0),
            Administration(9.0, 300.0, 0.1),
            Administration(9.5, 200.0, TWO_HOURS),
        ],
        [covariates(), covariates(50, 2.5, from_days=10.0)],
    )
    assert_as_the_oracle(model, history, [9.9, 10.0, 11.0, 40.0], [0.1, 0.0, -0.1])


def test_a_model_may_vary_clearance_alone():
    model = MODELS["xu-wojciechowski-2017"]
    history = history_of(standard_doses(350.0), [covariates()])
    whole = predicted(model, history, [98.0, 154.0])
    alone = replace(model, random=model.random[:1], omega=((0.1,),), precision=((10.0,),))
    found = predicted(alone, history, [98.0, 154.0])
    assert found.values == whole.values
    assert found.columns == [whole.columns[0]]


def test_an_injection_shortly_before_a_change_is_carried_over_it():
    history = history_of(
        [
            Administration(0.0, 400.0, 2.0),
            Administration(9.0, 120.0, 0.0, subcutaneous=True),
            Administration(12.0, 120.0, 0.0, subcutaneous=True),
        ],
        [covariates(), covariates(50, 2.5, from_days=10.0)],
    )
    assert_as_the_oracle(MODELS["hanzel-2021"], history, [9.9, 11.0, 40.0], [0.1, 0.0, -0.1, 0.2])


def test_a_trough_of_the_moment_of_an_infusion_has_nothing_of_it():
    """To the last digit: the beginning is not worked out from the end, which would leave a rounding error."""
    history = history_of(standard_doses(350.0), [covariates()])
    found = stretches(history.administrations, history.covariates, [14.0, 42.0, 98.0, 154.0, 210.0])
    assert [query.running for stretch in found for query in stretch.queries] == [[]] * 5
    assert found[0].plain


@pytest.mark.parametrize("name", ["fasanmade-2011-combined", "passot-2016-adult", "hanzel-2021"])
def test_changes_of_covariates_long_before_a_level_are_forgotten_exactly(name):
    model = MODELS[name]
    doses = [Administration(56.0 * n, 350.0, TWO_HOURS) for n in range(45)]
    if model.absorbs:
        doses[3::5] = [one._replace(subcutaneous=True, duration_days=0.0) for one in doses[3::5]]
    known = [covariates(60 + n, 3.0 + 0.05 * n, from_days=112.0 * n) for n in range(20)]
    eta = [0.2] * len(model.random)
    assert_as_the_oracle(model, history_of(doses, known), [2000.0, 2400.0], eta)
    assert_as_the_oracle(model, history_of(doses, known), [100.0, 2000.0, 2400.0], eta)
