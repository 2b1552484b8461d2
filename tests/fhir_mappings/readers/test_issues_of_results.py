"""Results that cannot be used, each with its whole issue: code, subject, day, what stood there, source."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_mappings.dates import read_date
from fhir_mappings.readers.diagnostic_report import collection_times, read_diagnostic_report
from fhir_mappings.readers.observation import read_observation
from fhir_mappings.readers.reading import merge, merge_issues
from fhir_mappings.readers.status import ReadStatus, read_status
from tdm.facts import Comparator, ResultStatus, SafetyConcept, SafetyFact, SafetyState
from tdm.issues import DataIssue, IssueCode
from tdm.source import Source
from tests.support.results import ALT, ATI, CRP, LEVEL, WEIGHT, context, observation, quantity

SOURCE = Source("Observation", "Observation/o1")
DAY = ("day", "2026-03-01")
TUBERCULOSIS = {"text": "QuantiFERON"}
PANEL = {"text": "Infliximab level and antibodies"}
IMAGING = {"text": "MR enterography"}
EVENING = "2026-02-10T20:30:00"


def issue(code: IssueCode, subject: str, *parameters: tuple[str, str]) -> DataIssue:
    return DataIssue(code, subject, (DAY, *parameters), SOURCE)


def issues(code: Any, **fields: Any) -> tuple[DataIssue, ...]:
    return read_observation(observation(code, **fields), context()).issues


TEXT = {"valueString": "see comment"}
PENDING = {"valueString": "pending"}
NOT_DONE = {"valueString": "not performed"}
REGISTERED = {"status": "registered"}
CANCELLED = {"status": "cancelled"}
ODD_UNIT = {"valueQuantity": quantity(7, "furlong", "fur")}
NO_UNIT = {"valueQuantity": quantity(7)}


@pytest.mark.parametrize(
    ("code", "fields", "expected"),
    [
        (LEVEL, TEXT, issue(IssueCode.LEVEL_VALUE_UNREADABLE, "level")),
        (LEVEL, {}, issue(IssueCode.LEVEL_VALUE_UNREADABLE, "level")),
        (LEVEL, {"valueString": "1:40"}, issue(IssueCode.LEVEL_VALUE_UNREADABLE, "level")),
        (LEVEL, PENDING, issue(IssueCode.LEVEL_PENDING, "level")),
        (LEVEL, REGISTERED, issue(IssueCode.LEVEL_PENDING, "level")),
        (LEVEL, NOT_DONE, issue(IssueCode.LEVEL_STATUS_NOT_COUNTED, "level", ("status", "not done"))),
        (LEVEL, CANCELLED, issue(IssueCode.LEVEL_STATUS_NOT_COUNTED, "level", ("status", "cancelled"))),
        (LEVEL, NO_UNIT, issue(IssueCode.LEVEL_UNIT_MISSING, "level")),
        (LEVEL, ODD_UNIT, issue(IssueCode.LEVEL_UNIT_UNKNOWN, "level", ("unit", "furlong (fur)"))),
        (ATI, TEXT, issue(IssueCode.ATI_UNREADABLE, "ati")),
        (ATI, PENDING, issue(IssueCode.ATI_PENDING, "ati")),
        (ATI, REGISTERED, issue(IssueCode.ATI_PENDING, "ati")),
        (ATI, NOT_DONE, issue(IssueCode.ATI_STATUS_NOT_COUNTED, "ati", ("status", "not done"))),
        (ATI, CANCELLED, issue(IssueCode.ATI_STATUS_NOT_COUNTED, "ati", ("status", "cancelled"))),
        (PANEL, {"valueString": "4.2"}, issue(IssueCode.PANEL_VALUE_NOT_USED, "level")),
        (CRP, TEXT, issue(IssueCode.RESULT_UNREADABLE, "activity", ("test", "crp"))),
        (
            CRP,
            ODD_UNIT,
            issue(IssueCode.RESULT_UNIT_UNKNOWN, "activity", ("test", "crp"), ("unit", "furlong (fur)")),
        ),
        (
            CRP,
            NO_UNIT,
            issue(IssueCode.RESULT_UNIT_UNKNOWN, "activity", ("test", "crp"), ("unit", "no unit")),
        ),
        (
            CRP,
            CANCELLED,
            issue(IssueCode.RESULT_STATUS_NOT_COUNTED, "result", ("status", "cancelled"), ("test", "crp")),
        ),
        (WEIGHT, TEXT, issue(IssueCode.RESULT_UNREADABLE, "weight", ("test", "body-weight"))),
        (
            WEIGHT,
            {"valueQuantity": quantity(70, "kg", comparator="<")},
            issue(IssueCode.RESULT_UNREADABLE, "weight", ("test", "body-weight")),
        ),
        (
            WEIGHT,
            ODD_UNIT,
            issue(
                IssueCode.RESULT_UNIT_UNKNOWN, "weight", ("test", "body-weight"), ("unit", "furlong (fur)")
            ),
        ),
        (
            WEIGHT,
            NO_UNIT,
            issue(IssueCode.RESULT_UNIT_UNKNOWN, "weight", ("test", "body-weight"), ("unit", "no unit")),
        ),
        (
            WEIGHT,
            {"valueQuantity": quantity(1.9, "kg")},
            issue(IssueCode.WEIGHT_IMPLAUSIBLE, "weight", ("value", "1.9 kg")),
        ),
        (ALT, TEXT, issue(IssueCode.RESULT_UNREADABLE, "safety", ("test", "alt"))),
        (
            ALT,
            ODD_UNIT,
            issue(IssueCode.RESULT_UNIT_UNKNOWN, "safety", ("test", "alt"), ("unit", "furlong (fur)")),
        ),
        (ALT, NO_UNIT, issue(IssueCode.RESULT_UNIT_UNKNOWN, "safety", ("test", "alt"), ("unit", "no unit"))),
        (ALT, {"valueQuantity": quantity(80, "U/L")}, issue(IssueCode.ALT_WITHOUT_LIMIT, "safety")),
        (TUBERCULOSIS, TEXT, issue(IssueCode.RESULT_UNREADABLE, "safety", ("test", "tuberculosis-test"))),
    ],
)
def test_a_result_that_cannot_be_used_is_named_whole(
    code: Any, fields: dict[str, Any], expected: DataIssue
) -> None:
    assert issues(code, **fields) == (expected,)


@pytest.mark.parametrize(
    ("code", "value", "subject", "test"),
    [
        (CRP, {"valueQuantity": quantity(7, "mg/L")}, "activity", "crp"),
        (WEIGHT, {"valueQuantity": quantity(70, "kg")}, "weight", "body-weight"),
        (IMAGING, {"valueString": "active"}, "activity", "imaging"),
    ],
)
def test_a_result_without_a_day_is_named_whole(
    code: Any, value: dict[str, Any], subject: str, test: str
) -> None:
    shown = (("day", "unknown date"), ("test", test))
    expected = DataIssue(IssueCode.RESULT_UNDATED, subject, shown, SOURCE)
    assert issues(code, effectiveDateTime=None, **value) == (expected,)


@pytest.mark.parametrize(
    ("fields", "state", "multiple"),
    [
        (TEXT, SafetyState.UNCLEAR, None),
        ({"valueQuantity": quantity(-1, "U/L")}, SafetyState.UNCLEAR, None),
        (ODD_UNIT, SafetyState.UNCLEAR, None),
        ({"valueQuantity": quantity(80, "U/L")}, SafetyState.UNCLEAR, None),
        ({"valueQuantity": quantity(0, "U/L")}, SafetyState.ABSENT, 0.0),
        ({"valueQuantity": quantity(0.5, "U/L")}, SafetyState.ABSENT, 0.0125),
        ({"valueQuantity": quantity(40, "U/L")}, SafetyState.ABSENT, 1.0),
        ({"valueQuantity": quantity(41, "U/L")}, SafetyState.PRESENT, 1.025),
        ({"valueQuantity": quantity(1, "ukat/L")}, SafetyState.PRESENT, 1.5),
    ],
)
def test_alt_keeps_its_day_and_its_multiple_of_the_limit(
    fields: dict[str, Any], state: SafetyState, multiple: float | None
) -> None:
    limit = (
        None if fields == {"valueQuantity": quantity(80, "U/L")} else [{"high": quantity(40, None, "U/L")}]
    )
    resource = observation(ALT, referenceRange=limit, **fields)
    (fact,) = read_observation(resource, context()).safety
    drawn = read_date(resource["effectiveDateTime"], context().zone).moment
    assert fact == SafetyFact(SafetyConcept.ALT, state, SOURCE, drawn, multiple_of_upper_limit=multiple)


@pytest.mark.parametrize("end", ["unit", "code"])
def test_a_limit_in_another_unit_than_the_result_is_converted_or_refused(end: str) -> None:
    def multiple(unit: str) -> float | None:
        limit = [{"high": {"value": 1, end: unit}}]
        resource = observation(ALT, valueQuantity=quantity(120, "U/L"), referenceRange=limit)
        return read_observation(resource, context()).safety[0].multiple_of_upper_limit

    assert multiple("ukat/L") == 2.0
    assert multiple("mg/L") is None


@pytest.mark.parametrize(
    ("word", "flag", "state"),
    [
        ("positive", "POS", SafetyState.PRESENT),
        ("positive", "NEG", SafetyState.UNCLEAR),
        ("positive", "IND", SafetyState.UNCLEAR),
        ("indeterminate", "POS", SafetyState.UNCLEAR),
        ("see comment", "NEG", SafetyState.ABSENT),
        ("see comment", "IND", SafetyState.UNCLEAR),
    ],
)
def test_word_and_flag_of_a_safety_test_must_agree(word: str, flag: str, state: SafetyState) -> None:
    resource = observation(TUBERCULOSIS, valueString=word, interpretation=[{"coding": [{"code": flag}]}])
    (fact,) = read_observation(resource, context()).safety
    assert fact.state is state


@pytest.mark.parametrize(
    "collection",
    [
        {"collectedDateTime": EVENING},
        {"collectedPeriod": {"start": EVENING}},
        {"collectedDateTime": "odd", "collectedPeriod": {"start": EVENING}},
    ],
)
def test_the_time_of_a_specimen_is_read_in_the_zone_of_the_site(collection: dict[str, Any]) -> None:
    specimen = {"resourceType": "Specimen", "id": "s", "collection": collection}
    times = collection_times([specimen], context())
    assert times == {"Specimen/s": read_date(EVENING, context().zone)}
    resource = observation(CRP, effectiveDateTime=None, valueQuantity=quantity(7, "mg/L"))
    apart = read_observation(resource | {"specimen": {"reference": "Specimen/s"}}, context(), times)
    within = read_observation(
        resource | {"specimen": {"reference": "#s"}, "contained": [specimen]}, context()
    )
    expected = read_date(EVENING, context().zone).moment
    assert [one.markers[0].drawn for one in (apart, within)] == [expected, expected]


@pytest.mark.parametrize(
    "when",
    [
        {"effectiveInstant": EVENING},
        {"effectivePeriod": {"start": EVENING, "end": "2026-02-12"}},
        {"effectivePeriod": {"end": EVENING}},
        {"effectiveTiming": {"event": [EVENING]}},
    ],
)
def test_every_shape_of_time_is_read_in_the_zone_of_the_site(when: dict[str, Any]) -> None:
    resource = observation(CRP, effectiveDateTime=None, valueQuantity=quantity(7, "mg/L"), **when)
    (marker,) = read_observation(resource, context()).markers
    assert marker.drawn == read_date(EVENING, context().zone).moment


def test_an_unread_report_is_named_by_its_source_and_day() -> None:
    report = {
        "resourceType": "DiagnosticReport",
        "id": "r",
        "status": "final",
        "subject": {"reference": "Patient/p1"},
        "code": LEVEL,
        "effectiveDateTime": EVENING,
        "conclusion": "low",
    }
    source = Source("DiagnosticReport", "DiagnosticReport/r")
    expected = DataIssue(IssueCode.LEVEL_VALUE_UNREADABLE, "level", (("day", "2026-02-10"),), source)
    assert read_diagnostic_report(report, context()).issues == (expected,)
    bare = {key: value for key, value in report.items() if key not in {"id", "resourceType"}}
    (issue_of_bare,) = read_diagnostic_report(bare, context()).issues
    assert issue_of_bare.source == Source("DiagnosticReport", "DiagnosticReport")


def test_facts_that_differ_in_their_source_only_are_one_and_the_smaller_reference_stays() -> None:
    readings = [
        read_observation(observation(code, id=name, **value), context())
        for name in ("b", "a")
        for code, value in (
            (LEVEL, {"valueQuantity": quantity(4.2, "ug/mL")}),
            (CRP, {"valueQuantity": quantity(7, "mg/L")}),
            (WEIGHT, {"valueQuantity": quantity(70, "kg")}),
        )
    ]
    merged = merge(readings)
    kept = (*merged.levels, *merged.markers, *merged.weights)
    assert [fact.source.reference for fact in kept] == ["Observation/a"] * 3


def test_issues_stand_in_one_order_by_code_subject_and_record() -> None:
    readings = [read_observation(observation(LEVEL, id=name, **TEXT), context()) for name in ("c", "a", "b")]
    readings.append(read_observation(observation(ATI, id="d", **TEXT), context()))
    for order in (readings, readings[::-1]):
        references = [one.source.reference for one in merge(order).issues if one.source is not None]
        assert references == [f"Observation/{name}" for name in ("d", "a", "b", "c")]


@pytest.mark.parametrize(
    ("code", "value"),
    [(CRP, {"valueQuantity": quantity(7, "mg/L")}), (IMAGING, {"valueString": "active"})],
)
def test_a_marker_keeps_the_status_of_its_result(code: Any, value: dict[str, Any]) -> None:
    (marker,) = read_observation(observation(code, status="preliminary", **value), context()).markers
    assert (marker.status, marker.source) == (ResultStatus.PRELIMINARY, SOURCE)


def test_of_what_is_contained_the_specimen_that_is_referred_to_gives_the_time() -> None:
    def specimen(name: str, when: str, kind: str = "Specimen") -> dict[str, Any]:
        return {"resourceType": kind, "id": name, "collection": {"collectedDateTime": when}}

    contained = [specimen("x", "2026-02-01"), specimen("s", "2026-02-02", "Device"), specimen("s", EVENING)]
    resource = observation(
        CRP, effectiveDateTime=None, valueQuantity=quantity(7, "mg/L"), contained=contained
    )
    (marker,) = read_observation(resource | {"specimen": {"reference": "#s"}}, context()).markers
    assert marker.drawn == read_date(EVENING, context().zone).moment


@pytest.mark.parametrize(
    ("performer", "contained", "laboratory"),
    [
        ({"display": " Mayo "}, None, "Mayo"),
        ([{"reference": "#l"}], [{"id": "x", "name": "East"}, {"id": "l", "name": " West "}], "West"),
        ([{"display": "Mayo", "reference": "#l"}], [{"id": "l", "name": "West"}], "Mayo"),
        (["x", {}, {"display": "Mayo"}], None, "Mayo"),
        ([{"display": "L" * 100}], None, "L" * 80),
        ([{"reference": "Organization/l"}], [{"id": "l", "name": "West"}], ""),
        (None, None, ""),
    ],
)
def test_the_laboratory_is_named_by_its_display_or_by_what_is_contained(
    performer: Any, contained: Any, laboratory: str
) -> None:
    value = {"valueQuantity": quantity(4.2, "ug/mL")}
    resource = observation(LEVEL, performer=performer, contained=contained, **value)
    (level,) = read_observation(resource, context()).levels
    assert level.laboratory == laboratory


@pytest.mark.parametrize(
    ("method", "shown"),
    [
        ({"text": " ELISA "}, "ELISA"),
        ({"coding": [None, {"code": "x"}, {"display": "HMSA"}, {"display": "y"}]}, "HMSA"),
        ({"text": "ELISA", "coding": [{"display": "HMSA"}]}, "ELISA"),
        ({"text": "M" * 100}, "M" * 80),
        ({"coding": "x"}, ""),
        ("ELISA", ""),
        (None, ""),
    ],
)
def test_the_method_is_named_by_its_text_or_its_first_display(method: Any, shown: str) -> None:
    resource = observation(LEVEL, method=method, valueQuantity=quantity(4.2, "ug/mL"))
    (level,) = read_observation(resource, context()).levels
    assert level.method == shown


def test_a_panel_with_members_or_components_and_no_value_of_its_own_says_nothing() -> None:
    member = {"hasMember": [{"reference": "Observation/2"}]}
    component = {"component": [{"code": CRP, "valueQuantity": quantity(7, "mg/L")}]}
    assert issues(LEVEL, **member) == issues(LEVEL, **component) == ()
    assert len(read_observation(observation(LEVEL, **component), context()).markers) == 1


@pytest.mark.parametrize("key", ["conclusion", "conclusionCode", "codedDiagnosis", "presentedForm"])
def test_a_report_with_its_only_word_outside_of_any_result_is_unread(key: str) -> None:
    report = {"resourceType": "DiagnosticReport", "id": "r", "status": "final", "code": LEVEL, key: "x"}
    (found,) = read_diagnostic_report(report, context()).issues
    assert found.code is IssueCode.LEVEL_VALUE_UNREADABLE
    assert read_diagnostic_report({**report, key: None}, context()).issues == ()


def test_a_report_without_a_time_leaves_the_time_that_a_panel_gives() -> None:
    panel = observation(
        {"text": "Panel"}, id="p", effectiveDateTime=EVENING, hasMember=[{"reference": "Observation/a"}]
    )
    report = {
        "resourceType": "DiagnosticReport",
        "id": "r",
        "status": "final",
        "result": [{"reference": "Observation/a"}],
    }
    expected = {"Observation/a": read_date(EVENING, context().zone)}
    for order in ([panel, report], [report, panel]):
        assert collection_times(order, context()) == expected


def test_a_level_whose_name_says_peak_is_named_whole() -> None:
    code = {**LEVEL, "text": "Infliximab peak level"}
    expected = issue(IssueCode.LEVEL_NAMED_NOT_TROUGH, "level", ("name", "Infliximab peak level"))
    assert issues(code, valueQuantity=quantity(4.2, "ug/mL")) == (expected,)


def test_limits_below_one_count_and_limits_in_text_keep_their_unit() -> None:
    ranges = [{"high": quantity(0.5, "U/mL")}]
    resource = observation(ATI, valueQuantity=quantity(2, "U/mL"), referenceRange=ranges)
    assert read_observation(resource, context()).atis[0].reference_upper == 0.5
    for text, multiple in (("< 40 U/L", 2.0), ("< 40", 2.0), ("< 1 ukat/L", 80 / 60), ("< 40 mg/L", None)):
        resource = observation(ALT, valueQuantity=quantity(80, "U/L"), referenceRange=[{"text": text}])
        assert read_observation(resource, context()).safety[0].multiple_of_upper_limit == multiple


def test_issues_of_one_record_that_differ_in_what_they_say_stand_in_one_order() -> None:
    one = DataIssue(IssueCode.RESULT_UNREADABLE, "activity", (DAY, ("test", "crp")), SOURCE)
    other = DataIssue(IssueCode.RESULT_UNREADABLE, "activity", (DAY, ("test", "esr")), SOURCE)
    assert merge_issues([other, one]) == merge_issues([one, other, one]) == (one, other)


def test_not_detected_without_a_text_is_shown_in_words() -> None:
    flag = [{"coding": [{"code": "ND"}]}]
    (level,) = read_observation(observation(LEVEL, interpretation=flag), context()).levels
    assert (level.original, level.comparator, level.detected) == ("not detected", Comparator.EXACT, False)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (None, ReadStatus(ResultStatus.UNKNOWN)),
        (" Appended ", ReadStatus(ResultStatus.AMENDED, said="appended")),
        ("registered", ReadStatus(None, pending=True, said="registered")),
        ("final", ReadStatus(ResultStatus.FINAL, said="final")),
        ("odd", ReadStatus(None, said="odd")),
    ],
)
def test_a_status_keeps_what_it_said(status: str | None, expected: ReadStatus) -> None:
    assert read_status(status) == expected
