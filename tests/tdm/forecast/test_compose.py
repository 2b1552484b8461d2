"""From a course to fitted models, or to the reason why there are none."""

from dataclasses import replace

import pytest

from tdm.facts import Comparator, MedicationConcept, ResultStatus
from tdm.forecast import compose as module
from tdm.forecast.compose import Asked, fit, trough_at, troughs_of, unexpected_samples
from tdm.forecast.result import Absence, Remark
from tdm.pharmacokinetics.estimate import estimate
from tdm.pharmacokinetics.prediction import Plan
from tests.support.course_builder import (
    NOW,
    SC,
    adult,
    ati,
    child,
    course,
    crohns,
    infusion,
    infusions,
    level,
    maintenance,
    medication,
    order,
    weight,
)
from tests.tdm.forecast.cases import (
    active,
    albumin,
    assessed,
    fitted,
    knowledge,
    person,
    quiet,
    relapse,
    remarks,
    unfitted,
)

IN_FORCE = Plan(0.0, 350.0, 56.0, False, 2 / 24)


def model_ids(found):
    return [one.estimate.model.id for one in found.bracket]


def unconverged(monkeypatch, *models):
    """Let the estimates of some models end without converging."""
    one, several = module.estimate, module.estimates

    def ended(found):
        return replace(found, converged=False) if found.model.id in models else found

    monkeypatch.setattr(module, "estimate", lambda model, history: ended(one(model, history)))
    monkeypatch.setattr(
        module, "estimates", lambda asked, history: [ended(found) for found in several(asked, history)]
    )


def test_two_models_are_fitted_to_the_level():
    found = fitted(relapse())
    assert model_ids(found) == ["fasanmade-2011-combined", "xu-wojciechowski-2017"]
    assert found.individual
    assert found.opinion is None
    for one in found.bracket:
        assert one.estimate.fitted_ug_ml[0] == pytest.approx(1.8, rel=0.35)


def test_without_a_level_the_forecast_is_a_priori():
    found = fitted(person(order(500), maintenance(), albumin(4.1)))
    assert not found.individual
    assert all(set(one.estimate.eta) == {0.0} for one in found.bracket)


def test_a_missing_albumin_brings_a_third_opinion_and_is_named():
    found = fitted(person(order(500), maintenance(), level(1.8), ati("negative"), active()))
    assert found.opinion.estimate.model.id == "passot-2016-adult"
    assert (Remark.ALBUMIN_UNKNOWN, (("value", "4.1 and 4.0"),)) in found.assumptions
    assert (Remark.SEX_UNKNOWN, (("model", "Passot 2016"),)) in found.assumptions


def test_a_child_without_albumin_has_no_third_opinion():
    of = course(child(), crohns(), weight(40), order(500), maintenance(mg=200), level(3.0), quiet())
    found = fitted(of)
    assert found.opinion is None
    assert Remark.ALBUMIN_UNKNOWN in remarks(found.assumptions)
    assert Remark.SEX_UNKNOWN not in remarks(found.assumptions)


def test_an_opinion_that_cannot_be_fitted_is_not_heard(monkeypatch):
    unconverged(monkeypatch, "passot-2016-adult")
    assert fitted(person(order(500), maintenance(), level(1.8))).opinion is None


def test_child_or_adult_must_be_known():
    of = course(crohns(), weight(70), order(500), maintenance(), level(1.8))
    assert unfitted(of).absent is Absence.AGE_UNKNOWN


def test_what_the_inputs_lack_is_why_there_is_no_fit():
    assert unfitted(course(adult(), crohns(), order(500), maintenance())).absent is Absence.NO_WEIGHT


def test_a_patient_beyond_every_model_has_no_fit():
    found = unfitted(course(adult(), crohns(), weight(190), order(500), maintenance(mg=950), level(1.8)))
    assert found.absent is Absence.OUT_OF_RANGE
    assert remarks(found.left_out) == [Remark.MODEL_OUT_OF_RANGE] * 2


def test_a_child_on_injections_has_no_model():
    of = course(child(), crohns(), weight(40), order(500), maintenance(mg=200), level(3.0))
    found = fit(of, assessed(of), NOW, knowledge(), subcutaneous=True)
    assert found.absent is Absence.OUT_OF_RANGE


def test_injections_are_asked_of_the_model_that_knows_them():
    of = relapse()
    found = fit(of, assessed(of), NOW, knowledge(), subcutaneous=True)
    assert model_ids(found) == ["hanzel-2021"]


def test_a_model_that_does_not_converge_is_left_out_and_named(monkeypatch):
    unconverged(monkeypatch, "xu-wojciechowski-2017")
    found = fitted(relapse())
    assert model_ids(found) == ["fasanmade-2011-combined"]
    assert found.left_out == ((Remark.MODEL_NOT_CONVERGED, (("model", "Wojciechowski 2017"),)),)


def test_where_none_converges_nothing_is_said(monkeypatch):
    unconverged(monkeypatch, "xu-wojciechowski-2017", "fasanmade-2011-combined")
    found = unfitted(relapse())
    assert found.absent is Absence.NOT_CONVERGED
    assert len(found.left_out) == 2


@pytest.mark.parametrize("value", [90.0, 150.0])
def test_a_level_that_no_model_would_expect_ends_the_forecast(value):
    found = unfitted(relapse(value=value))
    assert (found.absent, found.level_days) == (Absence.LEVEL_UNEXPECTED, ("2026-03-09",))


def test_one_older_level_that_no_model_would_expect_is_left_out_by_name():
    preliminary = level(120, 56, hour=8, status=ResultStatus.PRELIMINARY)
    found, alone = fitted(relapse(preliminary)), fitted(relapse())
    assert found.left_out == ((Remark.LEVEL_FAR_OFF, (("day", "2026-01-12"),)),)
    assert (Remark.LEVEL, (("levels", "2026-03-09 (1.8 µg/mL)"),)) in found.inputs.inputs
    assert Remark.LEVELS_DOUBTFUL not in remarks(found.assumptions)
    question = [(IN_FORCE, Asked(6.0))]
    (one,), (other,) = (troughs_of(each.bracket, question, settled=True) for each in (found, alone))
    assert one.medians_ug_ml == pytest.approx(other.medians_ug_ml, rel=1e-2)


def test_the_levels_beside_the_one_left_out_stay_with_their_doubts():
    preliminary = level(2.2, 112, hour=8, status=ResultStatus.PRELIMINARY)
    found = fitted(relapse(level(120, 56, hour=8), preliminary))
    assert [one.value_ug_ml for one in found.inputs.levels.samples] == [1.8, 2.2]
    assert (
        Remark.LEVELS,
        (("levels", "2026-03-09 (1.8 µg/mL), 2025-11-17 (2.2 µg/mL)"),),
    ) in found.inputs.inputs
    assert found.assumptions[0] == (Remark.LEVELS_DOUBTFUL, (("days", "2025-11-17"),))


def test_what_is_left_beside_an_odd_level_is_still_asked_whether_it_agrees():
    found = fitted(falling(120.0, 6.0, 6.5))
    assert remarks(found.left_out) == [Remark.LEVEL_FAR_OFF, Remark.CLEARANCE_CHANGED]
    assert [one.value_ug_ml for one in found.inputs.levels.samples] == [1.8]


def test_several_levels_that_no_model_would_expect_end_the_forecast():
    found = unfitted(relapse(level(120, 56, hour=8), level(110, 112, hour=8)))
    assert (found.absent, found.level_days) == (Absence.LEVELS_UNEXPECTED, ("2026-01-12", "2025-11-17"))
    both = unfitted(relapse(level(120, 56, hour=8), value=90.0))
    assert (both.absent, both.level_days) == (Absence.LEVEL_UNEXPECTED, ("2026-03-09", "2026-01-12"))


def test_an_odd_newest_level_ends_the_forecast_though_the_decision_rests_on_an_older_one():
    of = person(
        order(500),
        maintenance(last=40),
        level(6.0, 40, hour=8),
        level(160.0, 10),
        ati("negative"),
        albumin(4.1),
    )
    assert assessed(of).level.value_ug_ml == 6.0
    found = unfitted(of)
    assert (found.absent, found.level_days) == (Absence.LEVEL_UNEXPECTED, ("2026-02-27",))


def test_an_odd_level_that_the_decision_rests_on_ends_the_forecast_though_a_newer_one_is_expected():
    of = person(
        order(500),
        maintenance(last=40),
        level(110.0, 40, hour=8),
        level(6.0, 10),
        ati("negative"),
        albumin(4.1),
    )
    assert assessed(of).level.value_ug_ml == 110.0
    found = unfitted(of)
    assert (found.absent, found.level_days) == (Absence.LEVEL_UNEXPECTED, ("2026-01-28",))


def test_a_level_below_a_limit_is_unexpected_only_if_the_limit_is():
    high = (order(500, mg=700, mg_per_kg=10, interval=28), *maintenance(28, every=28, count=10, mg=700))
    below = level(0.3, 0, comparator=Comparator.BELOW)
    assert unfitted(person(*high, below, ati("negative"), albumin(4.3))).absent is Absence.LEVEL_UNEXPECTED
    assert fitted(person(order(500), maintenance(), below, ati("negative"), albumin(4.1))).individual


def test_one_model_that_expected_it_is_enough():
    found = fitted(relapse())
    sample = found.bracket[0].history.samples[0]
    tight = replace(
        found.bracket[1].estimate,
        a_priori=tuple(
            one._replace(lower_ug_ml=50.0, upper_ug_ml=60.0) for one in found.bracket[1].estimate.a_priori
        ),
    )
    strange = replace(found.bracket[1], estimate=tight)
    assert unexpected_samples([strange]) == [sample]
    assert unexpected_samples([found.bracket[0], strange]) == []


def test_a_regimen_has_a_trough_by_each_model_with_its_chances():
    found = fitted(relapse())
    (predicted,) = troughs_of(found.bracket, [(IN_FORCE, Asked(1.0, 9.0))], settled=True)
    assert [one.model for one in predicted.by_model] == model_ids(found)
    for one in predicted.by_model:
        assert 0 < one.lower_ug_ml < one.median_ug_ml < one.upper_ug_ml < 9
        assert one.reaches > 0.5 > one.exceeds
    assert (predicted.at_least_ug_ml, predicted.above_ug_ml, predicted.settled) == (1.0, 9.0, True)


def test_a_regimen_that_has_not_settled_is_asked_for_the_trough_after_its_first_dose():
    """At half the interval the first trough lies between the old one and the one it settles at."""
    found = fitted(relapse())
    sooner = [(IN_FORCE._replace(interval_days=28.0), Asked(1.0))]
    (old,) = troughs_of(found.bracket, [(IN_FORCE, Asked(1.0))], settled=True)
    (first,), (settled,) = (troughs_of(found.bracket, sooner, settled=known) for known in (False, True))
    for before, then, last in zip(old.by_model, first.by_model, settled.by_model, strict=True):
        assert before.median_ug_ml < then.median_ug_ml < 0.95 * last.median_ug_ml


def test_no_chance_is_given_that_was_not_asked_for():
    found = fitted(relapse())
    (predicted,) = troughs_of(found.bracket, [(IN_FORCE, Asked(None))], settled=False)
    assert (predicted.reaches, predicted.exceeds, predicted.settled) == (None, None, False)


def test_a_level_at_a_time_has_both_chances_that_are_asked_for():
    found = trough_at(fitted(relapse()), Asked(1.0, 9.0), 0.0)
    assert (found.at_least_ug_ml, found.above_ug_ml, found.settled) == (1.0, 9.0, False)
    for one in found.by_model:
        assert one.reaches > 0.5 > one.exceeds > 0.0


def test_the_level_at_a_time_lies_between_peak_and_trough():
    found = fitted(relapse())
    middle = trough_at(found, Asked(None), -28.0).medians_ug_ml
    late = trough_at(found, Asked(None), 0.0).medians_ug_ml
    assert middle[0] > late[1]


def test_where_nothing_is_the_models_own_they_share_one_history():
    with_albumin = fitted(relapse())
    assert with_albumin.bracket[0].history is with_albumin.bracket[1].history
    without = fitted(person(order(500), maintenance(), level(1.8)))
    assert without.bracket[0].history is not without.bracket[1].history
    for one in without.bracket:
        assert one.estimate == estimate(one.estimate.model, one.history)


def test_beside_antibodies_no_opinion_is_heard_that_does_not_know_them():
    assert fitted(person(order(500), maintenance(), level(1.8), ati("positive"))).opinion is None


def test_injections_before_the_infusions_need_the_model_that_knows_them():
    injections = tuple(infusion(days, mg=120, route=SC) for days in range(70, 200, 14))
    of = person(infusions(56, 42, 14), injections, level(20.0), order(57), albumin(4.1))
    assert model_ids(fitted(of)) == ["hanzel-2021"]


@pytest.mark.parametrize(
    "readings",
    [
        (albumin(4.2, 57), albumin(2.9, 0)),
        (albumin(2.9, 57), albumin(4.2, 0)),
        (albumin(4.2, 57), albumin(2.9, 0, hour=7)),
        (albumin(4.1, 0), ati("negative", days_ago=57), ati("positive", days_ago=0)),
        (albumin(4.1, 0), ati("positive", days_ago=57), ati("negative", days_ago=0)),
        (albumin(4.1, 0), weight(80, 57)),
    ],
)
def test_what_is_in_force_lies_between_the_usual_and_the_measured_whatever_changed_with_the_level(readings):
    before = person(order(500), maintenance(), *readings)
    usual = [
        one.median_ug_ml
        for one in troughs_of(fitted(before).bracket, [(IN_FORCE, Asked(None))], settled=True)[0].by_model
    ]
    for value in (1.8, 7.0):
        found = fitted(person(order(500), maintenance(), level(value), *readings))
        (predicted,) = troughs_of(found.bracket, [(IN_FORCE, Asked(None))], settled=True)
        for expected, one in zip(usual, predicted.by_model, strict=True):
            assert min(expected, value) * 0.8 <= one.median_ug_ml <= max(expected, value) * 1.25


def falling(*levels, newest=1.8):
    """Troughs of one regimen over a year, newest first."""
    return person(
        order(500),
        maintenance(),
        level(newest, 0),
        *[level(value, 56 * place, hour=8) for place, value in enumerate(levels, start=1)],
        ati("negative"),
        albumin(3.6, 9),
        active(),
    )


def test_where_the_drug_is_cleared_faster_than_before_the_newest_level_alone_speaks():
    found, alone = fitted(falling(6.0, 6.5)), fitted(falling())
    assert len(found.inputs.levels.samples) == 1
    assert found.left_out == ((Remark.CLEARANCE_CHANGED, (("day", "2026-03-09"),)),)
    assert (Remark.LEVEL, (("levels", "2026-03-09 (1.8 µg/mL)"),)) in found.inputs.inputs
    question = [(IN_FORCE, Asked(6.0))]
    (one,), (other,) = (troughs_of(each.bracket, question, settled=True) for each in (found, alone))
    assert one.medians_ug_ml == pytest.approx(other.medians_ug_ml, rel=1e-2)
    assert one.medians_ug_ml[1] < 2.5


def test_levels_that_agree_are_all_used():
    found = fitted(falling(2.2, 1.6))
    assert len(found.inputs.levels.samples) == 3
    assert found.left_out == ()


def test_a_newest_level_that_nothing_explains_ends_the_forecast(monkeypatch):
    monkeypatch.setattr(module, "contradicts", lambda *_: True)
    found = unfitted(falling(6.0))
    assert (found.absent, found.level_days) == (Absence.LEVEL_UNEXPECTED, ("2026-03-09",))
    assert remarks(found.left_out) == [Remark.CLEARANCE_CHANGED]
    single = unfitted(falling())
    assert (single.absent, single.level_days) == (Absence.LEVEL_UNEXPECTED, ("2026-03-09",))


def a_child_on_much_drug(level_ug_ml):
    """45 kg, 7.5 mg/kg every four weeks, albumin 4.5: both models expect about 30 µg/mL."""
    given = [infusion(days, mg=337) for days in range(28, 280, 28)]
    known = crohns(), weight(45), albumin(4.5), quiet()
    return course(
        child(), *known, order(280, mg=337, mg_per_kg=None, interval=28), tuple(given), level(level_ug_ml)
    )


@pytest.mark.parametrize("level_ug_ml", [0.6, 1.0])
def test_a_single_level_that_every_model_would_take_for_chance_ends_the_forecast(level_ug_ml):
    """The fit would promise 14 to 19 µg/mL of the regimen under which 0.6 were measured."""
    found = unfitted(a_child_on_much_drug(level_ug_ml))
    assert (found.absent, found.level_days) == (Absence.LEVEL_UNEXPECTED, ("2026-03-09",))


def test_a_model_that_does_not_explain_the_level_is_left_out_by_name(monkeypatch):
    monkeypatch.setattr(module, "contradicts", lambda one, _: one.model.id == "fasanmade-2011-combined")
    found = fitted(falling())
    assert [one.estimate.model.id for one in found.bracket] == ["xu-wojciechowski-2017"]
    ((remark, values),) = found.left_out
    assert remark is Remark.MODEL_NOT_EXPLAINING
    assert dict(values) == {"model": "Fasanmade 2011", "day": "2026-03-09"}


def test_an_estimate_with_two_explanations_is_left_out_by_name(monkeypatch):
    whole = module.estimates

    def torn(models, history):
        first, *rest = whole(models, history)
        return [replace(first, ambiguous=True), *rest]

    monkeypatch.setattr(module, "estimates", torn)
    assert [remark for remark, _ in fitted(falling()).left_out] == [Remark.MODEL_NOT_EXPLAINING]


def test_what_cannot_be_fitted_again_is_said_as_it_is(monkeypatch):
    monkeypatch.setattr(module, "contradicts", lambda *_: True)
    first, calls = module.fit_models, []

    def once(chosen, inputs):
        calls.append(inputs)
        return first(chosen, inputs) if len(calls) == 1 else module.NoFit(Absence.NOT_CONVERGED)

    monkeypatch.setattr(module, "fit_models", once)
    assert unfitted(falling(6.0)).absent is Absence.NOT_CONVERGED


def test_a_covariate_that_no_model_here_knows_is_no_input():
    parts = crohns(), weight(40), order(500), maintenance(mg=200), level(3.0), quiet(), albumin(4.0)
    found = fitted(course(child(), *parts, medication(MedicationConcept.THIOPURINE)))
    assert Remark.IMMUNOMODULATOR not in remarks(found.inputs.inputs)
    assert Remark.IMMUNOMODULATOR_NOT_MODELLED in remarks(found.left_out)
    without = fitted(course(child(), *parts))
    assert Remark.NO_IMMUNOMODULATOR not in remarks(without.inputs.inputs)
    assert Remark.IMMUNOMODULATOR_NOT_MODELLED not in remarks(without.left_out)
    taking = fitted(relapse(medication(MedicationConcept.THIOPURINE)))
    assert Remark.IMMUNOMODULATOR in remarks(taking.inputs.inputs)
    assert taking.left_out == ()
