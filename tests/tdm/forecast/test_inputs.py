"""One patient's doses, levels and covariates, read as each model needs them."""

import pytest

from tdm.facts import Comparator, MedicationConcept, ResultStatus, Sex
from tdm.forecast.result import Absence, Remark
from tests.support.course_builder import (
    adult,
    ati,
    course,
    level,
    maintenance,
    medication,
    order,
    sex,
    weight,
)
from tests.tdm.forecast.cases import albumin, inputs_of, knowledge, person, read, relapse, remarks

MODELS = knowledge().models


def test_without_a_weight_there_are_no_inputs():
    assert inputs_of(course(adult(), order(500), maintenance(), level(2.0))) is Absence.NO_WEIGHT


def test_a_newest_level_that_has_no_upper_limit_leaves_no_inputs():
    of = person(order(500), maintenance(), level(20, comparator=Comparator.ABOVE))
    assert inputs_of(of) is Absence.LEVEL_AT_LEAST


def test_what_went_in_is_named_levels_and_doses_first():
    assert read(relapse(level(3.0, 56, hour=8))).inputs == (
        (Remark.LEVELS, (("levels", "2026-03-09 (1.8 µg/mL), 2026-01-12 (3 µg/mL)"),)),
        (Remark.DOSES, (("count", "9"), ("day", "2024-12-30"))),
        (Remark.WEIGHT, (("kg", "70"),)),
        (Remark.ALBUMIN, (("value", "4.1"), ("day", "2026-03-02"))),
        (Remark.ATI_NEGATIVE, (("day", "2026-03-09"),)),
        (Remark.NO_IMMUNOMODULATOR, ()),
    )


def test_one_level_is_named_as_one_and_none_not_at_all():
    assert (Remark.LEVEL, (("levels", "2026-03-09 (1.8 µg/mL)"),)) in read(relapse()).inputs
    assert remarks(read(person(order(400))).inputs)[0] is Remark.WEIGHT


def test_a_level_that_is_known_as_below_a_limit_is_named_so():
    found = read(person(order(400), maintenance(), level(0.4, comparator=Comparator.BELOW)))
    assert (Remark.LEVEL, (("levels", "2026-03-09 (below 0.4 µg/mL)"),)) in found.inputs
    assert Remark.LEVEL_NOT_DETECTED not in remarks(found.assumptions)


def test_what_a_level_not_detected_is_taken_for_is_among_what_is_assumed():
    found = read(person(order(400), maintenance(), level(), level(3.0, 56, hour=8), level(None, 112, hour=8)))
    assert found.inputs[0] == (
        Remark.LEVELS,
        (("levels", "2026-03-09 (not detected), 2026-01-12 (3 µg/mL), 2025-11-17 (not detected)"),),
    )
    assert found.assumptions[0] == (
        Remark.LEVEL_NOT_DETECTED,
        (("days", "2026-03-09, 2025-11-17"), ("limit", "1")),
    )
    newest = found.by_newest_level()
    assert newest.inputs[0] == (Remark.LEVEL, (("levels", "2026-03-09 (not detected)"),))
    assert newest.assumptions[0] == (Remark.LEVEL_NOT_DETECTED, (("days", "2026-03-09"), ("limit", "1")))
    assert remarks(newest.assumptions).count(Remark.LEVEL_NOT_DETECTED) == 1
    detected = found.without(found.levels.drawn[0]).without(found.levels.drawn[2])
    assert Remark.LEVEL_NOT_DETECTED not in remarks(detected.assumptions)


def test_a_corrected_number_is_what_was_measured_where_first_none_was():
    first = level(None, 0, reference="one", status=ResultStatus.PRELIMINARY)
    found = read(person(order(400), maintenance(), first, level(3.0, 0, reference="one")))
    assert found.inputs[0] == (Remark.LEVEL, (("levels", "2026-03-09 (3 µg/mL)"),))
    assert Remark.LEVEL_NOT_DETECTED not in remarks(found.assumptions)


def test_each_covariate_holds_back_to_the_reading_before_it():
    found = read(
        relapse(
            weight(60, 120),
            albumin(3.5, 80),
            ati("positive", days_ago=40),
            medication(MedicationConcept.METHOTREXATE),
        )
    )
    history = found.history_for(MODELS["fasanmade-2011-combined"])
    told = [(one.weight_kg, one.albumin_g_dl, one.ati_positive) for one in history.covariates]
    assert told == [
        (60, 3.5, True),
        (70, 3.5, True),
        (70, 4.1, True),
        (70, 4.1, False),
    ]
    assert all(one.immunomodulator for one in history.covariates)


def test_a_covariate_measured_with_the_level_explains_it():
    falling = read(relapse(albumin(4.4, 60), albumin(2.9, 0, hour=7.5)))
    (history,) = {falling.history_for(MODELS[one]) for one in ("fasanmade-2011-combined", "dubinsky-2017")}
    assert [one.albumin_g_dl for one in history.covariates] == [4.4, 4.1, 2.9]
    drawn = history.samples[-1].at_days
    assert history.covariates[-1].from_days == pytest.approx(drawn - 6, abs=0.1)


def test_a_schedule_that_nobody_recorded_is_laid_by_the_newest_level_alone():
    found = read(person(order(500), level(3.0, 5), level(4.0, 75), level(5.0, 120)))
    assert [sample.value_ug_ml for sample in found.levels.samples] == [3.0]
    assert found.levels.left_out == ((Remark.OLDER_LEVELS, (("day", "2026-03-04"),)),)
    assert len(read(person(order(500), level(3.0, 5))).levels.left_out) == 0


def test_the_first_value_holds_before_the_first_dose():
    found = read(relapse())
    history = found.history_for(MODELS["fasanmade-2011-combined"])
    assert history.covariates[0].from_days <= min(one.at_days for one in history.administrations)
    assert history.samples == found.levels.samples
    assert history.administrations == found.doses


@pytest.mark.parametrize(
    ("model", "albumin_g_dl"),
    [
        ("fasanmade-2011-combined", 4.1),
        ("xu-wojciechowski-2017", 4.0),
        ("hanzel-2021", 4.4),
        ("passot-2016-adult", 0.0),
    ],
)
def test_a_missing_albumin_is_the_models_own(model, albumin_g_dl):
    found = read(person(order(500), maintenance(), level(2.0)))
    assert found.history_for(MODELS[model]).covariates[-1].albumin_g_dl == pytest.approx(albumin_g_dl)


@pytest.mark.parametrize(("recorded", "male"), [(Sex.MALE, True), (Sex.FEMALE, False), (Sex.OTHER, True)])
def test_an_unknown_sex_counts_as_male(recorded, male):
    history = read(relapse(sex(recorded))).history_for(MODELS["passot-2016-adult"])
    assert history.covariates[-1].male is male


def test_the_order_of_the_records_changes_nothing():
    parts = (weight(60, 120), albumin(3.5, 80), level(3.0, 56, hour=8), ati("positive", days_ago=60))
    model = MODELS["fasanmade-2011-combined"]
    assert read(relapse(*parts)).history_for(model) == read(relapse(*reversed(parts))).history_for(model)


def test_by_the_newest_level_alone_all_else_that_went_in_is_still_named():
    found = read(person(order(500), maintenance(), level(1.8), level(6.0, 56, hour=8), albumin(4.1)))
    alone = found.by_newest_level()
    assert remarks(found.inputs)[0] is Remark.LEVELS
    assert remarks(alone.inputs) == [Remark.LEVEL, *remarks(found.inputs)[1:]]
    assert alone.inputs[1:] == found.inputs[1:]
    assert [sample.value_ug_ml for sample in alone.levels.samples] == [1.8]
    assert alone.doses == found.doses
