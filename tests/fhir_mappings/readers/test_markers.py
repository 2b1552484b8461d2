"""Markers of activity, weight, and results that bear on safety."""

import pytest

from fhir_mappings.readers.observation import read_observation
from tdm.facts import Comparator, Finding, Marker, ResultStatus, SafetyConcept, SafetyState
from tdm.issues import IssueCode
from tests.support.results import ALT, CRP, LOINC, WEIGHT, context, observation, quantity

DAY = "2026-03-01"
HBSAG = {"coding": [{"system": LOINC, "code": "5195-3"}]}
TB_TEST = {"coding": [{"system": LOINC, "code": "71773-6"}]}
TPMT = {"coding": [{"system": LOINC, "code": "79713-4"}]}
PREGNANCY = {"coding": [{"system": LOINC, "code": "82810-3"}]}


def read(code, **fields):
    return read_observation(observation(code, **fields), context())


def issues(reading):
    return [(issue.code, dict(issue.parameters)) for issue in reading.issues]


@pytest.mark.parametrize(
    ("code", "value", "marker", "number"),
    [
        (CRP, quantity(12, "mg/L"), Marker.CRP, 12.0),
        (CRP, quantity(1.2, "mg/dL"), Marker.CRP, 12.0),
        (CRP, quantity("< 8.0", "mg/L"), Marker.CRP, 8.0),
        ({"text": "Calprotectin"}, quantity(251, "\u00b5g/g"), Marker.CALPROTECTIN, 251.0),
        ({"text": "Calprotectin"}, quantity(251, "mg/kg"), Marker.CALPROTECTIN, 251.0),
        ({"text": "Albumin"}, quantity(39, "g/L"), Marker.ALBUMIN, 3.9),
        ({"text": "ESR"}, quantity(20, "mm"), Marker.ESR, 20.0),
        ({"text": "HBI"}, quantity(5), Marker.HBI, 5.0),
        ({"text": "CDAI"}, quantity(150, "{score}"), Marker.CDAI, 150.0),
        ({"text": "PCDAI"}, quantity(10, "points"), Marker.PCDAI, 10.0),
        ({"text": "SES-CD"}, quantity(3, None, "{score}"), Marker.SES_CD, 3.0),
    ],
)
def test_a_marker_is_read_in_its_one_unit(code, value, marker, number):
    reading = read(code, valueQuantity=value, status="preliminary")
    (found,) = reading.markers
    assert (found.marker, found.value, found.finding) == (marker, number, None)
    assert (found.drawn.day.isoformat(), found.status) == (DAY, ResultStatus.PRELIMINARY)
    assert (found.source.reference, reading.issues) == ("Observation/o1", ())


def test_a_score_may_be_a_bare_integer_and_a_marker_may_be_bounded():
    assert read({"text": "HBI"}, valueInteger=5).markers[0].value == 5
    bounded = read(CRP, valueString="< 5 mg/L").markers[0]
    assert (bounded.value, bounded.comparator) == (5.0, Comparator.BELOW)


@pytest.mark.parametrize(
    ("code", "fields", "expected"),
    [
        (CRP, {"valueQuantity": quantity(12)}, ("result-unit-unknown", {"unit": "no unit"})),
        (CRP, {"valueQuantity": quantity(12, "ng/mL")}, ("result-unit-unknown", {"unit": "ng/mL"})),
        (CRP, {"valueString": "high"}, ("result-unreadable", {})),
        (CRP, {"valueString": "1:40"}, ("result-unreadable", {})),
        (
            {"text": "HBI"},
            {"valueQuantity": quantity(5, "furlong")},
            ("result-unit-unknown", {"unit": "furlong"}),
        ),
        (CRP, {"status": "cancelled"}, ("result-status-not-counted", {"status": "cancelled"})),
        (CRP, {"status": "registered"}, ("result-status-not-counted", {"status": "registered"})),
        ({"text": "Colonoscopy"}, {"valueString": "some erythema"}, ("result-unreadable", {})),
    ],
)
def test_a_marker_that_cannot_be_used_is_named(code, fields, expected):
    reading = read(code, **fields)
    assert reading.markers == ()
    ((issue, parameters),) = issues(reading)
    assert issue.value == expected[0]
    assert parameters["day"] == DAY
    assert parameters.items() >= expected[1].items()
    assert parameters["test"]


@pytest.mark.parametrize(
    ("code", "value"),
    [(CRP, {"valueQuantity": quantity(12, "mg/L")}), ({"text": "Colonoscopy"}, {"valueString": "active"})],
)
def test_a_marker_without_a_date_is_named(code, value):
    reading = read(code, effectiveDateTime=None, **value)
    assert reading.markers == ()
    assert [issue for issue, _ in issues(reading)] == [IssueCode.RESULT_UNDATED]


@pytest.mark.parametrize("fields", [{}, {"valueString": "volgt"}, {"valueString": "Niet uitgevoerd"}])
def test_a_marker_still_to_come_or_not_done_is_silent(fields):
    for code in (CRP, {"text": "Colonoscopy"}, ALT, HBSAG, WEIGHT):
        reading = read(code, **fields)
        assert (reading.markers, reading.safety, reading.weights, reading.issues) == ((), (), (), ())


@pytest.mark.parametrize(
    ("name", "text", "marker", "finding"),
    [
        ("Ileocolonoscopy", "Active inflammation", Marker.ENDOSCOPY, Finding.ACTIVE),
        ("Colonoscopy", "endoscopic remission", Marker.ENDOSCOPY, Finding.QUIET),
        ("MR enterography", "active disease", Marker.IMAGING, Finding.ACTIVE),
        ("MR enterography", "No active disease", Marker.IMAGING, Finding.QUIET),
        ("Perianal examination", "draining fistula", Marker.FISTULA_EXAMINATION, Finding.ACTIVE),
        ("Fistula drainage", "absent", Marker.FISTULA_EXAMINATION, Finding.QUIET),
        ("Fistula drainage", "closed", Marker.FISTULA_EXAMINATION, Finding.QUIET),
    ],
)
def test_a_finding_in_words_is_read(name, text, marker, finding):
    for value in ({"valueString": text}, {"valueCodeableConcept": {"text": text}}):
        (found,) = read({"text": name}, **value).markers
        assert (found.marker, found.finding, found.value) == (marker, finding, None)


def test_present_does_not_say_that_a_fistula_drains_nor_absent_that_a_bowel_is_quiet():
    assert read({"text": "Perianal fistula"}, valueString="present").markers == ()
    assert read({"text": "Colonoscopy"}, valueString="negative").markers == ()


@pytest.mark.parametrize(
    ("value", "kilograms"),
    [
        (quantity(70, "kg"), 70.0),
        (quantity(100, "lb"), 45.359237),
        (quantity(100, None, "[lb_av]"), 45.359237),
        (quantity(3500, "g"), 3.5),
        (quantity("72,5", "kg"), 72.5),
        (quantity(2, "kg"), 2.0),
        (quantity(400, "kg"), 400.0),
    ],
)
def test_a_weight_is_read_in_kilograms(value, kilograms):
    reading = read(WEIGHT, valueQuantity=value)
    (weight,) = reading.weights
    assert (weight.kilograms, weight.measured.day.isoformat(), reading.issues) == (kilograms, DAY, ())


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"valueQuantity": quantity(1.99, "kg")}, IssueCode.WEIGHT_IMPLAUSIBLE),
        ({"valueQuantity": quantity(400.1, "kg")}, IssueCode.WEIGHT_IMPLAUSIBLE),
        ({"valueQuantity": quantity(70000, "kg")}, IssueCode.WEIGHT_IMPLAUSIBLE),
        ({"valueQuantity": quantity(70)}, IssueCode.RESULT_UNIT_UNKNOWN),
        ({"valueQuantity": quantity(11, "stone")}, IssueCode.RESULT_UNIT_UNKNOWN),
        ({"valueQuantity": quantity(70, "kg", comparator=">")}, IssueCode.RESULT_UNREADABLE),
        ({"valueString": "heavy"}, IssueCode.RESULT_UNREADABLE),
        ({"valueQuantity": quantity(70, "kg"), "effectiveDateTime": None}, IssueCode.RESULT_UNDATED),
        (
            {"valueQuantity": quantity(70, "kg"), "status": "entered-in-error"},
            IssueCode.RESULT_STATUS_NOT_COUNTED,
        ),
    ],
)
def test_a_weight_that_cannot_be_used_is_named(fields, code):
    reading = read(WEIGHT, **fields)
    assert (reading.weights, [issue for issue, _ in issues(reading)]) == ((), [code])


@pytest.mark.parametrize(
    ("value", "ranges", "multiple", "state"),
    [
        (quantity(200, "U/L"), [{"high": {"value": 40, "unit": "U/L"}}], 5.0, SafetyState.PRESENT),
        (quantity(40, "U/L"), [{"high": {"value": 40}}], 1.0, SafetyState.ABSENT),
        (quantity(41, "U/L"), [{"high": {"value": 40}}], 1.025, SafetyState.PRESENT),
        (quantity(2, "ukat/L"), [{"high": {"value": 0.8, "unit": "ukat/L"}}], 2.5, SafetyState.PRESENT),
        (quantity(2, "ukat/L"), [{"high": {"value": 0.8}}], 2.5, SafetyState.PRESENT),
        (quantity(2, "ukat/L"), [{"high": {"value": 48, "unit": "U/L"}}], 2.5, SafetyState.PRESENT),
        (quantity(20, "U/L"), [{"text": "5 - 40 U/L"}], 0.5, SafetyState.ABSENT),
        (quantity(20, "U/L"), [{"text": "<= 40"}], 0.5, SafetyState.ABSENT),
    ],
)
def test_alt_is_read_as_a_multiple_of_its_own_limit(value, ranges, multiple, state):
    reading = read(ALT, valueQuantity=value, referenceRange=ranges)
    (fact,) = reading.safety
    assert (fact.concept, fact.state, fact.multiple_of_upper_limit) == (SafetyConcept.ALT, state, multiple)
    assert (fact.recorded.day.isoformat(), reading.issues) == (DAY, ())


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"valueQuantity": quantity(200, "U/L")}, IssueCode.ALT_WITHOUT_LIMIT),
        ({"valueQuantity": quantity(200)}, IssueCode.RESULT_UNIT_UNKNOWN),
        ({"valueQuantity": quantity(-1, "U/L")}, IssueCode.RESULT_UNREADABLE),
        ({"valueString": "hemolysed a little"}, IssueCode.RESULT_UNREADABLE),
    ],
)
def test_an_alt_that_cannot_be_judged_is_unclear_and_named(fields, code):
    reading = read(ALT, **fields)
    assert [(fact.state, fact.multiple_of_upper_limit) for fact in reading.safety] == [
        (SafetyState.UNCLEAR, None)
    ]
    assert [issue for issue, _ in issues(reading)] == [code]


@pytest.mark.parametrize(
    ("code", "concept"),
    [
        (HBSAG, SafetyConcept.HEPATITIS_B_SURFACE_ANTIGEN),
        (TB_TEST, SafetyConcept.TUBERCULOSIS_TEST),
        (PREGNANCY, SafetyConcept.PREGNANCY),
    ],
)
@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"valueString": "Positive"}, SafetyState.PRESENT),
        ({"valueString": "Negatief"}, SafetyState.ABSENT),
        ({"valueString": "Not detected"}, SafetyState.ABSENT),
        ({"valueString": "Indeterminate"}, SafetyState.UNCLEAR),
        ({"valueString": "see below"}, SafetyState.UNCLEAR),
        ({"valueQuantity": quantity(0.4, "[IU]/mL")}, SafetyState.UNCLEAR),
        ({"valueQuantity": quantity(9, "[IU]/mL"), "interpretation": [{"coding": [{"code": "POS"}]}]},
         SafetyState.PRESENT),
        ({"valueString": "Negative", "interpretation": [{"coding": [{"code": "POS"}]}]}, SafetyState.UNCLEAR),
        ({"valueCodeableConcept": {"coding": [{"code": "260385009"}]}}, SafetyState.ABSENT),
        ({"interpretation": [{"coding": [{"code": "NEG"}]}]}, SafetyState.ABSENT),
    ],
)  # fmt: skip
def test_a_test_is_positive_negative_or_unclear(code, concept, fields, state):
    reading = read(code, **fields)
    (fact,) = reading.safety
    assert (fact.concept, fact.state, fact.recorded.day.isoformat()) == (concept, state, DAY)
    unclear = [IssueCode.RESULT_UNREADABLE] if state is SafetyState.UNCLEAR else []
    assert [issue for issue, _ in issues(reading)] == unclear


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"valueString": "Normal metabolizer"}, SafetyState.ABSENT),
        ({"valueString": "Poor metabolizer"}, SafetyState.PRESENT),
        ({"valueString": "Intermediate metabolizer"}, SafetyState.PRESENT),
        ({"valueString": "positive"}, SafetyState.UNCLEAR),
        (
            {"valueQuantity": quantity(7, "U/mL"), "interpretation": [{"coding": [{"code": "L"}]}]},
            SafetyState.PRESENT,
        ),
        (
            {"valueQuantity": quantity(30, "U/mL"), "interpretation": [{"coding": [{"code": "N"}]}]},
            SafetyState.ABSENT,
        ),
        ({"valueQuantity": quantity(30, "U/mL")}, SafetyState.UNCLEAR),
    ],
)
def test_the_metabolism_of_thiopurines_is_normal_reduced_or_unclear(fields, state):
    (fact,) = read(TPMT, **fields).safety
    assert (fact.concept, fact.state) == (SafetyConcept.TPMT_NUDT15, state)


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ("LA15173-0", SafetyState.PRESENT),
        ("LA26683-5", SafetyState.ABSENT),
        ("77386006", SafetyState.PRESENT),
    ],
)
def test_a_coded_answer_on_pregnancy_is_read(answer, state):
    (fact,) = read(PREGNANCY, valueCodeableConcept={"coding": [{"code": answer}]}).safety
    assert fact.state is state


def test_a_pregnancy_that_must_have_ended_is_no_pregnancy():
    def at(day):
        return read(PREGNANCY, valueString="positive", effectiveDateTime=day).safety

    assert len(at("2025-05-06T11:00:00+02:00")) == 1  # exactly 300 days
    assert at("2025-05-06T10:59:59+02:00") == ()
    assert len(at(None)) == 1


def test_a_low_and_a_high_flag_do_not_make_a_number_positive_or_negative_for_alt():
    reading = read(ALT, valueQuantity=quantity(39, "U/L"), referenceRange=[{"high": {"value": 40}}],
                   interpretation=[{"coding": [{"code": "H"}]}])  # fmt: skip
    assert reading.safety[0].state is SafetyState.ABSENT
