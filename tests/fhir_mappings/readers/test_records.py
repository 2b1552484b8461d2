"""Observations as records: whose they are, reports and panels around them, and many readings as one."""

import pytest

from fhir_mappings.readers.diagnostic_report import collection_times, read_diagnostic_report
from fhir_mappings.readers.observation import read_observation
from fhir_mappings.readers.reading import NOTHING, Reading, merge
from tdm.issues import DataIssue, IssueCode
from tdm.source import Source
from tests.support.results import CRP, DRAWN, LEVEL, context, observation, quantity

VALUE = quantity(4.2, "ug/mL")


def report(**fields):
    return {
        "resourceType": "DiagnosticReport",
        "id": "r1",
        "status": "final",
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": DRAWN,
        **fields,
    }


def times(*resources):
    return {ref: date.moment.day.isoformat() for ref, date in collection_times(resources, context()).items()}


def test_another_patients_result_is_dropped_and_counted():
    resource = observation(LEVEL, valueQuantity=VALUE, subject={"reference": "Patient/p2"})
    reading = read_observation(resource, context())
    source = Source("Observation", "Observation/o1")
    assert reading == Reading(
        issues=(DataIssue(IssueCode.OTHER_PATIENT, "record", (("count", "1"),), source),)
    )


def test_a_result_without_a_subject_counts_and_says_so():
    reading = read_observation(observation(LEVEL, valueQuantity=VALUE, subject=None), context())
    assert len(reading.levels) == 1
    assert [issue.code for issue in reading.issues] == [IssueCode.SUBJECT_MISSING]


def test_a_result_of_no_interest_says_nothing_even_without_a_subject():
    resource = observation({"text": "Sodium"}, valueQuantity=quantity(140, "mmol/L"), subject=None)
    assert read_observation(resource, context()) is NOTHING


def test_a_report_gives_its_results_their_time():
    resource = observation(LEVEL, valueQuantity=VALUE, effectiveDateTime=None)
    for reference in ("Observation/o1", "https://ehr.example/fhir/Observation/o1/_history/1"):
        known = collection_times([report(result=[{"reference": reference}, None])], context())
        (level,) = read_observation(resource, context(), known).levels
        assert level.drawn is not None
        assert level.drawn.day.isoformat() == "2026-03-01"


def test_a_results_own_time_is_believed_before_its_reports():
    known = collection_times(
        [report(effectiveDateTime="2026-01-01", result=[{"reference": "Observation/o1"}])], context()
    )
    (level,) = read_observation(observation(LEVEL, valueQuantity=VALUE), context(), known).levels
    assert level.drawn.day.isoformat() == "2026-03-01"


def test_panels_and_specimens_give_times_too():
    panel = observation({"text": "panel"}, id="p", hasMember=[{"reference": "Observation/o1"}])
    specimen = {
        "resourceType": "Specimen",
        "id": "s",
        "subject": {"reference": "Patient/p1"},
        "collection": {"collectedDateTime": "2026-02-27"},
    }
    assert times(panel, specimen) == {"Observation/o1": "2026-03-01", "Specimen/s": "2026-02-27"}
    resource = observation(
        LEVEL, valueQuantity=VALUE, effectiveDateTime=None, specimen={"reference": "Specimen/s"}
    )
    known = collection_times([panel, specimen], context())
    (level,) = read_observation(resource, context(), known).levels
    assert level.drawn.day.isoformat() == "2026-02-27"


def test_two_different_times_for_one_result_are_none():
    results = {"result": [{"reference": "Observation/o1"}]}
    assert times(report(**results), report(id="r2", **results)) == {"Observation/o1": "2026-03-01"}
    assert times(report(**results), report(id="r2", effectiveDateTime="2026-02-01", **results)) == {}
    three = [report(effectiveDateTime=day, **results) for day in ("2026-02-01", "2026-02-02", "2026-02-01")]
    assert times(*three) == {}


def test_withdrawn_and_foreign_reports_give_no_times():
    results = {"result": [{"reference": "Observation/o1"}]}
    assert times(report(status="entered-in-error", **results)) == {}
    assert times(report(status="cancelled ", **results)) == {}
    assert times(report(subject={"reference": "Patient/p2"}, **results)) == {}
    assert times(report(effectiveDateTime="2026", **results)) == {}
    assert times(report(status="partial", **results)) == {"Observation/o1": "2026-03-01"}
    assert times(report(status="registered", **results)) == {"Observation/o1": "2026-03-01"}


def test_results_contained_in_a_report_are_read_with_its_time():
    inner = observation(LEVEL, id="x", valueQuantity=VALUE, subject=None, effectiveDateTime=None)
    reading = read_diagnostic_report(report(contained=[inner]), context())
    (level,) = reading.levels
    assert (level.value_ug_ml, level.source) == (4.2, Source("DiagnosticReport", "DiagnosticReport/r1"))
    assert level.drawn.day.isoformat() == "2026-03-01"
    assert reading.issues == ()


def test_a_report_without_results_of_its_own_withdrawn_or_of_another_patient_gives_none():
    inner = observation(LEVEL, valueQuantity=VALUE)
    assert read_diagnostic_report(report(), context()) is NOTHING
    assert read_diagnostic_report(report(status="entered-in-error", contained=[inner]), context()) is NOTHING
    foreign = read_diagnostic_report(
        report(subject={"reference": "Patient/p2"}, contained=[inner]), context()
    )
    assert (foreign.levels, [issue.code for issue in foreign.issues]) == ((), [IssueCode.OTHER_PATIENT])


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("Infliximab level", [IssueCode.LEVEL_PENDING]),
        ("Antibodies to infliximab", [IssueCode.ATI_PENDING]),
        ("Infliximab with reflex to antibodies", [IssueCode.LEVEL_PENDING, IssueCode.ATI_PENDING]),
        ("C reactive protein", []),
    ],
)
@pytest.mark.parametrize("status", ["registered", "partial"])
def test_a_report_that_was_opened_and_is_empty_is_pending(name, codes, status):
    reading = read_diagnostic_report(report(status=status, code={"text": name}), context())
    assert [issue.code for issue in reading.issues] == codes


def test_a_report_that_says_something_already_is_not_pending():
    named = {"text": "Infliximab level"}
    told = report(status="partial", code=named, conclusion="Infliximab 4.2 ug/mL")
    assert [i.code for i in read_diagnostic_report(told, context()).issues] == [
        IssueCode.LEVEL_VALUE_UNREADABLE
    ]
    listed = report(status="registered", code=named, result=[{"reference": "Observation/2"}])
    arrived = frozenset({"Observation/2"})
    assert read_diagnostic_report(listed, context(), arrived) is NOTHING
    assert read_diagnostic_report(report(code=named), context()) is NOTHING


def levels_of(*resources):
    return merge(read_observation(resource, context()) for resource in resources)


def test_what_was_sent_twice_is_counted_once_whatever_its_id_and_order():
    first = observation(LEVEL, id="b", valueQuantity=VALUE)
    again = observation(LEVEL, id="a", valueQuantity=quantity(4200, "ng/mL"))
    same = observation(LEVEL, id="a", valueQuantity=VALUE)
    assert [level.source.reference for level in levels_of(first, first).levels] == ["Observation/b"]
    assert [level.source.reference for level in levels_of(first, same).levels] == ["Observation/a"]
    assert levels_of(first, same) == levels_of(same, first)
    assert len(levels_of(first, again).levels) == 2  # reported in two ways: equal in value, not in print


def test_results_that_differ_all_stay_in_a_canonical_order():
    resources = [
        observation(LEVEL, id="a", valueQuantity=quantity(2.4, "ug/mL"), status="corrected"),
        observation(LEVEL, id="a", valueQuantity=quantity(4.2, "ug/mL")),
        observation(CRP, id="c", valueQuantity=quantity(4.2, "mg/L")),
        observation(LEVEL, id="0", valueQuantity=quantity(1, "ug/mL")),
    ]
    merged = levels_of(*resources)
    assert merged == levels_of(*reversed(resources))
    assert [level.source.reference for level in merged.levels] == [
        "Observation/0",
        "Observation/a",
        "Observation/a",
    ]
    assert {level.value_ug_ml for level in merged.levels} == {1, 2.4, 4.2}
    assert len(merged.markers) == 1


def test_issues_are_named_once_and_foreign_records_are_counted_together():
    foreign = [observation(LEVEL, id=str(number), subject={"reference": "Patient/p2"}) for number in range(3)]
    bad = observation(LEVEL, valueQuantity=quantity(4.2))
    merged = levels_of(*foreign, bad, bad)
    assert [(issue.code, issue.parameters) for issue in merged.issues] == [
        (IssueCode.LEVEL_UNIT_MISSING, (("day", "2026-03-01"),)),
        (IssueCode.OTHER_PATIENT, (("count", "3"),)),
    ]
    twice = merge(
        [merged, merged, levels_of(observation(LEVEL, id="z", subject={"reference": "Patient/p2"}))]
    )
    assert dict(twice.issues[1].parameters) == {"count": "4"}


def test_nothing_merged_is_nothing():
    assert merge([NOTHING, NOTHING]) == NOTHING
    assert merge([]) == NOTHING


def coded_issues(reading):
    return [(issue.code, issue.subject, dict(issue.parameters)) for issue in reading.issues]


@pytest.mark.parametrize(
    ("code", "issue", "subject"),
    [
        (LEVEL, IssueCode.LEVEL_VALUE_UNREADABLE, "level"),
        ({"text": "Antibodies to infliximab"}, IssueCode.ATI_UNREADABLE, "ati"),
        ({"text": "Infliximab with reflex to antibodies"}, IssueCode.PANEL_VALUE_NOT_USED, "level"),
    ],
)
@pytest.mark.parametrize(
    "fields",
    [
        {"conclusion": "Infliximab 4.2 ug/mL"},
        {"presentedForm": [{"contentType": "application/pdf"}]},
        {"conclusionCode": [{"text": "Low"}]},
        {"result": [{"reference": "Observation/elsewhere"}]},
    ],
)
def test_a_report_of_infliximab_without_a_result_that_can_be_read_is_named(code, issue, subject, fields):
    reading = read_diagnostic_report(report(code=code, **fields), context(), {"Observation/o1"})
    assert coded_issues(reading) == [(issue, subject, {"day": "2026-03-01"})]
    assert reading._replace(issues=()) == NOTHING


@pytest.mark.parametrize(
    "fields",
    [
        {"code": LEVEL},
        {"code": LEVEL, "result": [{"reference": "Observation/o1"}], "conclusion": "Low"},
        {"code": LEVEL, "result": [{"reference": "#o1"}]},
        {"code": LEVEL, "status": "cancelled", "conclusion": "Not done"},
        {"code": CRP, "conclusion": "CRP normal"},
        {"code": {"text": "Radiology"}, "conclusion": "Patient on infliximab"},
    ],
)
def test_a_report_whose_results_arrived_or_that_is_of_no_interest_is_silent(fields):
    assert read_diagnostic_report(report(**fields), context(), {"Observation/o1"}) is NOTHING


def test_a_report_that_contains_its_result_is_not_unread_for_its_conclusion():
    inner = {"resourceType": "Observation", "status": "final", "code": LEVEL, "valueQuantity": VALUE}
    reading = read_diagnostic_report(report(code=LEVEL, contained=[inner], conclusion="Low"), context())
    assert (len(reading.levels), reading.issues) == (1, ())
