"""Weight, albumin, antibodies, immunomodulator and sex as the models get them."""

import pytest

from tdm.facts import Comparator, FactGroup, MedicationConcept, MedicationUse, ResultStatus, Sex
from tdm.forecast import covariates as module
from tdm.forecast.covariates import read_covariates
from tdm.forecast.result import Remark
from tdm.issues import IssueCode
from tdm.knowledge.model import Assay
from tests.support.course_builder import (
    after,
    ati,
    course,
    lacking,
    level,
    maintenance,
    medication,
    moment,
    order,
    sex,
    source,
    weight,
)
from tests.tdm.forecast.cases import TIMELINE, active, albumin, decided, knowledge, person, remarks


def covariates(*parts, kg=70.0, days_ago=7.0):
    accepted = weight(kg, days_ago)
    return read_covariates(course(accepted, *parts), accepted, TIMELINE, knowledge())


def values(steps):
    return [step.value for step in steps]


def test_weights_are_steps_that_end_in_the_one_that_the_dose_rests_on():
    found = covariates(weight(60, 300), weight(65, 100), weight(70, 7))
    assert values(found.weight_kg) == [60, 65, 70]
    assert [round(step.from_days) for step in found.weight_kg] == [-300, -299, -99]
    assert [round(step.from_days) for step in found.dosing_weight_kg] == [-300, -100, -7]


def test_a_weight_that_hardly_differs_is_no_step_of_its_own():
    assert values(covariates(weight(69.5, 100)).weight_kg) == [70]


@pytest.mark.parametrize("kilograms", [154, 31, float("nan"), 0, -3])
def test_a_weight_that_may_be_in_pounds_or_is_none_stays_out(kilograms):
    assert values(covariates(weight(kilograms, 100)).weight_kg) == [70]


def test_of_two_weights_of_one_day_the_lighter_counts():
    assert values(covariates(weight(62, 100), weight(60, 100, hour=7)).weight_kg) == [60, 70]


def test_a_weight_after_the_accepted_one_stays_out():
    assert values(covariates(weight(60, 2)).weight_kg) == [70]


def test_albumins_are_steps_and_the_newest_is_named_with_its_day():
    found = covariates(albumin(3.2, 100), albumin(3.25, 50), albumin(4.0, 10))
    assert values(found.albumin_g_dl) == [3.2, 4.0]
    assert (Remark.ALBUMIN, (("value", "4.0"), ("day", "2026-02-27"))) in found.inputs


@pytest.mark.parametrize(("value", "usable"), [(0.99, False), (1.0, True), (6.5, True), (6.51, False)])
def test_an_albumin_is_used_or_a_doubt_and_never_both(value, usable):
    found = covariates(albumin(value, 10))
    assert (values(found.albumin_g_dl) == [value]) is usable
    assert (found.issues == ()) is usable


def test_the_heaviest_weight_that_is_believed_goes_in():
    assert values(covariates(weight(400, 100), kg=350).weight_kg) == [400, 350]
    assert values(covariates(weight(400.1, 100), kg=350).weight_kg) == [350]


@pytest.mark.parametrize(("value", "positive"), [(3.3, True), (3.2, False)])
def test_a_number_is_positive_by_the_limit_of_its_assay(monkeypatch, value, positive):
    assay = Assay("ours", "Ours", "U/mL", positive_from=3.3)
    monkeypatch.setattr(module, "assay_known", lambda *_: assay)
    found = covariates(ati(value=value, unit="U/mL", days_ago=5))
    assert values(found.ati_positive) == [positive]
    assert Remark.ATI_UNKNOWN not in remarks(found.assumptions)


def test_an_old_albumin_is_a_missing_one():
    assert covariates(albumin(4.0, 200)).albumin_g_dl == ()
    assert values(covariates(albumin(3.0, 200), albumin(4.0, 100)).albumin_g_dl) == [3.0, 4.0]


@pytest.mark.parametrize(
    "reading",
    [
        albumin(41, 10),  # g/L
        albumin(0.4, 10),
        albumin(None, 10),
        albumin(float("nan"), 10),
        albumin(5.0, 10, comparator=Comparator.BELOW),  # says nothing: it may be anything
        albumin(4.1, 10, comparator=Comparator.AT_MOST),
        albumin(3.4, 10, comparator=Comparator.ABOVE),
        albumin(0.9, 10, comparator=Comparator.BELOW),
        albumin(4.0, drawn=after(2)),
    ],
)
def test_an_albumin_that_cannot_be_used_is_a_missing_one(reading):
    assert covariates(reading).albumin_g_dl == ()


@pytest.mark.parametrize(
    ("value", "comparator", "remark"),
    [
        (2.0, Comparator.BELOW, Remark.ALBUMIN_BELOW),
        (3.5, Comparator.AT_MOST, Remark.ALBUMIN_BELOW),
        (4.0, Comparator.BELOW, Remark.ALBUMIN_BELOW),
        (5.0, Comparator.ABOVE, Remark.ALBUMIN_ABOVE),
        (3.5, Comparator.AT_LEAST, Remark.ALBUMIN_ABOVE),
    ],
)
def test_an_albumin_known_only_as_below_or_above_a_limit_is_taken_at_it_and_named(value, comparator, remark):
    found = covariates(albumin(value, 10, comparator=comparator))
    assert values(found.albumin_g_dl) == [value]
    assert (remark, (("value", f"{value:.1f}"), ("day", "2026-02-27"))) in found.assumptions


def test_each_albumin_at_its_limit_that_is_used_is_named_and_no_other():
    below = Comparator.BELOW
    found = covariates(
        albumin(2.0, 90, comparator=below),
        albumin(2.5, 50, comparator=below),
        albumin(2.0, 50),  # of one day the lowest speaks
        albumin(4.0, 10),
    )
    assert [values for remark, values in found.assumptions if remark is Remark.ALBUMIN_BELOW] == [
        (("value", "2.0"), ("day", "2025-12-09"))
    ]
    assert covariates(albumin(2.0, 200, comparator=below)).assumptions == covariates().assumptions


def test_the_sickest_does_not_get_the_albumin_of_the_healthiest():
    below, at, missing = (
        decided(person(order(500), maintenance(), level(1.8), ati("negative"), active(), *albumins))
        for albumins in ((albumin(2.6, 9, comparator=Comparator.BELOW),), (albumin(2.6, 9),), ())
    )
    chances = [one.forecast.in_force for one in (below, at, missing)]
    assert chances[0] == chances[1]
    assert chances[0] != chances[2]
    assert below.forecast.opinion is None


def test_of_one_day_a_final_albumin_speaks_then_the_lowest():
    preliminary = albumin(2.0, 10, status=ResultStatus.PRELIMINARY)
    assert values(covariates(preliminary, albumin(4.0, 10), albumin(3.8, 10)).albumin_g_dl) == [3.8]


def test_the_same_albumin_or_weight_again_on_its_day_changes_nothing_in_any_order():
    again = (
        *(albumin(3.8, 60, hour=hour, reference=f"{hour}") for hour in (8, 8.5, 7)),
        *(albumin(3.8, 60, hour=7, reference="copy") for _ in range(2)),
        *(weight(60, 60, hour=hour) for hour in (8, 7, 9)),
        albumin(2.9, 10),
    )
    found = covariates(*again)
    assert values(found.albumin_g_dl) == [3.8, 2.9]
    assert values(found.weight_kg) == [60, 70]
    first_of_the_day = TIMELINE.at(moment(60, hour=7))
    assert found.albumin_g_dl[0].from_days == found.dosing_weight_kg[0].from_days == first_of_the_day
    assert covariates(*reversed(again)) == found


def test_a_value_that_hardly_moved_since_is_the_newest_one_from_where_it_began():
    found = covariates(albumin(4.0, 100), albumin(3.2, 50), albumin(3.25, 10))
    assert [(round(step.from_days), step.value) for step in found.albumin_g_dl] == [(-100, 4.0), (-99, 3.25)]


def test_antibody_results_that_cannot_be_used_are_passed_over():
    """The decision names them; the forecast only goes on without them."""
    unusable = (
        ati("positive", undated=True),
        ati("positive", drawn=after(3), reference="future"),
        ati(None, days_ago=3),
    )
    found = covariates(*unusable, ati("negative", days_ago=5))
    assert values(found.ati_positive) == [False]
    assert (Remark.ATI_NEGATIVE, (("day", "2026-03-04"),)) in found.inputs


def test_antibodies_come_and_go_by_their_results():
    found = covariates(
        ati("negative", days_ago=200), ati("positive", days_ago=90), ati("negative", days_ago=5)
    )
    assert values(found.ati_positive) == [False, True, False]
    assert (Remark.ATI_NEGATIVE, (("day", "2026-03-04"),)) in found.inputs


def test_a_repeated_result_is_no_new_step():
    found = covariates(ati("positive", days_ago=90), ati("positive", days_ago=5))
    assert values(found.ati_positive) == [True]
    assert (Remark.ATI_POSITIVE, (("day", "2026-03-04"),)) in found.inputs


def test_of_one_moment_a_positive_result_speaks():
    for first, second in (("negative", "positive"), ("positive", "negative")):
        found = covariates(ati(first, days_ago=5), ati(second, days_ago=5, reference="other"))
        assert values(found.ati_positive) == [True]


def test_an_inconclusive_result_is_none():
    found = covariates(ati("inconclusive", days_ago=5))
    assert values(found.ati_positive) == [False]
    assert Remark.ATI_UNKNOWN in remarks(found.assumptions)


@pytest.mark.parametrize(("sensitive", "known"), [(True, False), (False, True)])
def test_a_negative_of_an_assay_that_drug_disturbs_is_none(monkeypatch, sensitive, known):
    assay = next(one for one in knowledge().assays if one.drug_sensitive is sensitive)
    monkeypatch.setattr(module, "assay_known", lambda *_: assay)
    found = covariates(ati("negative", days_ago=5))
    assert (Remark.ATI_UNKNOWN not in remarks(found.assumptions)) is known


def test_without_any_result_no_antibodies_are_assumed_and_that_is_named():
    found = covariates()
    assert values(found.ati_positive) == [False]
    assert remarks(found.assumptions) == [Remark.ATI_UNKNOWN]


@pytest.mark.parametrize("concept", [MedicationConcept.THIOPURINE, MedicationConcept.METHOTREXATE])
def test_an_immunomodulator_in_use_is_one(concept):
    found = covariates(medication(concept))
    assert found.immunomodulator
    assert Remark.IMMUNOMODULATOR in remarks(found.inputs)


@pytest.mark.parametrize(
    "use",
    [
        medication(MedicationConcept.STEROID),
        medication(MedicationConcept.THIOPURINE, is_draft=True),
        MedicationUse(MedicationConcept.THIOPURINE, source("MedicationRequest", "1"), completed=True),
    ],
)
def test_another_medicine_a_draft_and_a_course_that_ended_are_none(use):
    found = covariates(use)
    assert not found.immunomodulator
    assert Remark.NO_IMMUNOMODULATOR in remarks(found.inputs)


def test_that_none_is_assumed_is_named_where_the_orders_are_not_complete():
    assert Remark.IMMUNOMODULATOR_UNKNOWN in remarks(covariates(lacking(FactGroup.ORDERS)).assumptions)
    assert Remark.IMMUNOMODULATOR_UNKNOWN not in remarks(covariates(lacking(FactGroup.WEIGHT)).assumptions)
    taking = covariates(lacking(FactGroup.ORDERS), medication(MedicationConcept.THIOPURINE))
    assert Remark.IMMUNOMODULATOR_UNKNOWN not in remarks(taking.assumptions)


@pytest.mark.parametrize(("recorded", "male"), [(Sex.MALE, True), (Sex.FEMALE, False), (Sex.OTHER, None)])
def test_sex_is_as_recorded_or_unknown(recorded, male):
    assert covariates(sex(recorded)).male is male
    assert covariates().male is None


def test_of_very_many_readings_the_newest_are_followed():
    found = covariates(
        *[weight(66 + 4 * (day % 2), day) for day in range(8, 80)],
        *[albumin(3.5 + 0.5 * (day % 2), day) for day in range(80)],
        *[ati("positive" if day % 2 else "negative", days_ago=day) for day in range(80)],
    )
    assert [len(steps) for steps in (found.weight_kg, found.albumin_g_dl, found.ati_positive)] == [24] * 3
    assert (found.weight_kg[-1].value, found.albumin_g_dl[-1].value) == (70, 3.5)


def test_a_value_holds_back_to_a_day_after_the_reading_before_it():
    found = covariates(
        albumin(4.2, 57), albumin(2.9, 1), ati("negative", days_ago=57), ati("positive", days_ago=1)
    )
    assert [(round(step.from_days), step.value) for step in found.albumin_g_dl] == [(-57, 4.2), (-56, 2.9)]
    assert [(round(step.from_days), step.value) for step in found.ati_positive] == [(-57, False), (-56, True)]


def test_a_repeated_value_keeps_its_part_of_the_past():
    found = covariates(albumin(4.2, 200), albumin(4.2, 57), albumin(2.9, 1))
    assert [(round(step.from_days), step.value) for step in found.albumin_g_dl] == [(-200, 4.2), (-56, 2.9)]


@pytest.mark.parametrize("value", [36, 0.36, 545])
def test_an_albumin_that_no_person_has_is_a_doubt(value):
    (found,) = covariates(albumin(value, 10)).issues
    assert (found.code, dict(found.parameters)["day"]) == (IssueCode.MARKER_IMPLAUSIBLE, "2026-02-27")
    assert covariates(albumin(value, 200)).issues == ()
    assert covariates(albumin(3.6, 10), albumin(None, 9)).issues == ()
