"""The closed form of a settled trough against a long history, and its slopes."""

from __future__ import annotations

import pytest

from tdm.pharmacokinetics.concentration import levels
from tdm.pharmacokinetics.history import Administration, history_of
from tdm.pharmacokinetics.individual import laid_out, shifted
from tdm.pharmacokinetics.parameters import random_places, typical_parameters
from tdm.pharmacokinetics.settled import Giving, Settled
from tests.tdm.pharmacokinetics.patients import MODELS, TWO_HOURS, covariates

CASES = [
    *[(name, interval, TWO_HOURS, False) for name in MODELS for interval in (14.0, 28.0, 56.0)],
    ("hanzel-2021", 14.0, 0.0, True),
    ("hanzel-2021", 7.0, 0.0, True),
    ("passot-2016-adult", 56.0, 0.0, False),
]


@pytest.mark.parametrize(("name", "interval", "duration", "subcutaneous"), CASES)
def test_a_settled_trough_is_that_of_a_long_history(name, interval, duration, subcutaneous):
    model = MODELS[name]
    doses = [Administration(interval * n, 1.0, duration, subcutaneous) for n in range(200)]
    found, typical = laid_out(model, history_of(doses, [covariates()]), [interval * 200])
    expected = levels(found, typical, random_places(model))
    settled = Settled.of(typical[0], random_places(model), Giving(duration, subcutaneous))
    value, slopes = settled.with_slopes(interval)
    assert value == pytest.approx(expected.values[0], rel=1e-10)
    assert settled.level(interval) == pytest.approx(value, rel=1e-12)
    assert slopes == pytest.approx([column[0] for column in expected.columns], rel=1e-7, abs=1e-12)


@pytest.mark.parametrize(("name", "interval", "duration", "subcutaneous"), CASES)
def test_its_slopes_are_the_change_that_a_small_step_makes(name, interval, duration, subcutaneous):
    model = MODELS[name]
    places = random_places(model)
    typical = typical_parameters(model, covariates())
    giving = Giving(duration, subcutaneous)
    _, slopes = Settled.of(typical, places, giving).with_slopes(interval)
    step = 1e-6
    for place, slope in enumerate(slopes):
        high, low = (
            Settled.of(
                shifted([typical], places, [step * sign if n == place else 0.0 for n in range(len(places))])[
                    0
                ],
                (),
                giving,
            ).level(interval)
            for sign in (1, -1)
        )
        assert slope == pytest.approx((high - low) / (2 * step), rel=1e-6, abs=1e-9)


def test_slopes_by_some_parameters_are_those_by_all_of_them():
    model = MODELS["xu-wojciechowski-2017"]
    typical, giving = typical_parameters(model, covariates()), Giving(TWO_HOURS, subcutaneous=False)
    _, slopes = Settled.of(typical, random_places(model), giving).with_slopes(56.0)
    assert Settled.of(typical, (0, 3), giving).with_slopes(56.0).gradient == [slopes[0], slopes[3]]


def test_a_model_of_infusions_sees_no_injection():
    model = MODELS["dubinsky-2017"]
    settled = Settled.of(
        typical_parameters(model, covariates()), (0, 1, 2, 3), Giving(0.0, subcutaneous=True)
    )
    assert settled.with_slopes(14.0) == (0.0, [0.0] * 4)
