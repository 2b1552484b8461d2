"""A short seeded run of the recovery study; the full one is `make forecast-study`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.campaigns.pharmacokinetics import courses, exact, recovery
from tests.campaigns.pharmacokinetics.courses import Case
from tests.campaigns.pharmacokinetics.forecaster import foretell
from tests.campaigns.pharmacokinetics.patients import ADULTS, CHILDREN
from tests.campaigns.pharmacokinetics.published import HANZEL, MODELS, XU
from tests.campaigns.pharmacokinetics.recovery import Answers, Foretold, Pair

PATIENTS = 250
SEED = 11
# With 250 patients a coverage of 80 % has a standard error of 2.5 points, so the bounds are 70 and 90 here.
# One that lies at 77 falls below in one seed of 200; the seed is fixed, so what fails is a change of code.
STANDARD_ERRORS = 2.0


@pytest.fixture(scope="module")
def recovered() -> dict[str, list[Pair]]:
    return {
        arm[1]: recovery.run(arm, PATIENTS, SEED + place, foretell)
        for place, arm in enumerate(recovery.arms())
    }


@pytest.fixture(scope="module")
def summaries(recovered) -> dict[str, dict[str, Any]]:
    return {name: recovery.summary(pairs) for name, pairs in recovered.items()}


def test_the_interval_covers_what_it_promises_and_levels_bring_the_forecast_nearer(summaries):
    assert recovery.complaints(summaries, standard_errors=STANDARD_ERRORS) == []


def test_over_all_models_coverage_is_near_80_percent_before_and_after_feedback(summaries):
    """1,750 patients: a standard error of 1 point."""
    for when in ("before", "after"):
        assert np.mean([arm[when]["coverage_percent"] for arm in summaries.values()]) == pytest.approx(
            80, abs=4
        )


def test_what_is_said_to_be_likely_comes_true_as_often(recovered):
    """At least 100 cases in each fifth: a standard error of 5 points at most, and 10 are allowed."""
    rows = recovery.calibration(pair for pairs in recovered.values() for pair in pairs)
    assert min(row["cases"] for row in rows) >= 100
    assert recovery.astray(rows) == []


def test_chances_that_are_too_bold_are_found_out(recovered):
    bold = [
        pair._replace(after=pair.after._replace(chance=min(1.0, pair.after.chance + 0.2)))
        for pairs in recovered.values()
        for pair in pairs
    ]
    assert recovery.astray(recovery.calibration(bold))


def test_more_levels_bring_the_forecast_nearer(summaries):
    for number, fewer in (("2", "1"), ("3", "1")):
        nearer = [
            arm["by_levels"][number]["rmse_ug_ml"] / arm["by_levels"][fewer]["rmse_ug_ml"]
            for arm in summaries.values()
        ]
        assert np.median(nearer) < 1


def test_levels_below_quantification_are_told_neither_too_high_nor_too_low(recovered):
    """Some 300 cases: a standard error of 2.4 points for the coverage, 2.9 for the share above the median.

    Read as half the limit instead of censored, they would be covered in 72 of 100 cases.
    """
    below = [pair for pairs in recovered.values() for pair in pairs if pair.any_below]
    inside = [one.after.lower_ug_ml <= one.true_ug_ml <= one.after.upper_ug_ml for one in below]
    above = [one.true_ug_ml > one.after.median_ug_ml for one in below]
    assert len(below) > 250
    assert np.mean(inside) == pytest.approx(0.78, abs=0.05)
    assert np.mean(above) == pytest.approx(0.50, abs=0.07)


def _wrong(how: str, identifier: str, case: Case) -> Answers:
    answers = foretell(identifier, case)
    middle, low, high = answers.after[:3]
    if how == "too sure":
        return answers._replace(after=Foretold(middle, (middle + low) / 2, (middle + high) / 2))
    if how == "too high":
        return answers._replace(after=Foretold(1.4 * middle, 1.4 * low, 1.4 * high))
    return answers._replace(after=answers.before)  # deaf to levels


@pytest.mark.parametrize(
    ("how", "words"),
    [("too sure", "(after)"), ("too high", "relative bias"), ("deaf", "nearer")],
)
def test_a_forecast_that_is_wrong_is_found_out(how, words):
    arm = next(arm for arm in recovery.arms() if arm[0] == XU)
    summary = recovery.summary(recovery.run(arm, 100, SEED, lambda *asked: _wrong(how, *asked)))
    found = recovery.complaints({"it": summary}, standard_errors=STANDARD_ERRORS)
    assert any(words in one for one in found)


@pytest.mark.parametrize("arm", recovery.arms(), ids=lambda arm: arm[1])
def test_the_estimate_is_near_the_posterior_itself(arm):
    """Median and both ends against a cloud of weighed draws, in units of half the interval."""
    identifier, _, schedule = arm
    model = MODELS[identifier]
    random = np.random.default_rng(SEED)
    apart = []
    for place, case in enumerate(
        courses.cases(model, CHILDREN if model.children else ADULTS, schedule, 5, random)
    ):
        found = foretell(identifier, case).after
        _, true, effective = exact.posterior(identifier, case, place, draws=4_000)
        if effective >= exact.FEWEST_EFFECTIVE:
            half = np.log(true.upper_ug_ml / true.lower_ug_ml) / 2
            apart.append([np.log(one / other) / half for one, other in zip(found[:3], true[:3], strict=True)])
    assert len(apart) >= 3
    assert np.abs(np.mean(apart, axis=0)).max() < 0.35


def test_the_simulated_levels_are_noisy_censored_and_partly_drawn_midway():
    random = np.random.default_rng(4)
    made = courses.cases(MODELS[HANZEL], ADULTS, courses.intravenous(), 300, random)
    levels = [level for case in made for level in case.levels]
    assert [len(case.levels) for case in made[:3]] == [1, 2, 3]
    assert 0.1 < np.mean([level.below for level in levels]) < 0.5
    assert all(level.value_ug_ml == courses.QUANTIFICATION_LIMIT for level in levels if level.below)
    days = {dose.at_days for case in made for dose in (*case.doses, case.next_dose)}
    assert 0.15 < np.mean([level.at_days not in days for level in levels]) < 0.35
    assert all(case.levels[-1].at_days <= case.next_dose.at_days for case in made)
