"""The short way of reading: what it takes on, what it leaves, and that it reads nothing differently."""

import copy
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_mappings.readers.observation import read_observation
from fhir_mappings.readers.plain import read_plain
from fhir_mappings.readers.reading import NOTHING, Findings, Reading, merge
from tdm.facts import Comparator, SafetyState
from tdm.issues import IssueCode
from tests.fhir_mappings.readers.test_never_throws import anything, places, put
from tests.support.results import ALT, ATI, CRP, DRAWN, LEVEL, LOINC, WEIGHT, context, observation, quantity

CONTEXT = context()
ALBUMIN = {"coding": [{"system": LOINC, "code": "1751-7", "display": "Albumin"}], "text": "Albumin"}
SODIUM = {"coding": [{"system": LOINC, "code": "2951-2"}]}
LIMIT = [{"high": {"value": 40, "unit": "U/L"}}]
PLAIN = {
    "crp": observation(CRP, valueQuantity=quantity(24.0, "mg/L", "mg/L")),
    "crp below": observation(CRP, valueQuantity=quantity(5, "mg/L", comparator="<")),
    "albumin": observation(ALBUMIN, valueQuantity=quantity(38, "g/L"), interpretation=[{"text": "L"}]),
    "hbi": observation({"text": "Harvey-Bradshaw index"}, valueQuantity=quantity(4, "{score}")),
    "level": observation(
        LEVEL, valueQuantity=quantity(4200, "ng/mL", comparator="<"), performer=[{"display": "L"}]
    ),
    "level by code": observation(LEVEL, valueQuantity=quantity(4.2, None, "ug/mL"), method={"text": "ELISA"}),
    "level by name": observation({"text": "Infliximab trough"}, valueQuantity=quantity(4.2, "mg/L", "ug/mL")),
    "ati": observation(ATI, valueString="Negative", performer=[{"display": "L"}]),
    "ati number": observation(ATI, valueQuantity=quantity(12, "AU/mL"), referenceRange=[{"text": "< 10"}]),
    "ati flag": observation(ATI, valueQuantity=quantity(12, "AU/mL"), interpretation=[{"text": "Positive"}]),
    "ati to come": observation(ATI, dataAbsentReason={"coding": [{"code": "temp-unknown"}]}),
    "weight": observation(WEIGHT, valueQuantity=quantity(154, "lb", "[lb_av]")),
    "alt": observation(ALT, valueQuantity=quantity(80, "U/L"), referenceRange=LIMIT),
    "alt without limit": observation(ALT, valueQuantity=quantity(80, "U/L")),
}


def plainly(resource, frame=CONTEXT):
    """What the short way reads; None where it leaves the resource alone."""
    found = Findings()
    return found.merged() if read_plain(resource, frame, found) else None


@pytest.mark.parametrize("name", PLAIN)
def test_a_result_of_the_usual_shape_is_read_the_short_way_and_the_same(name):
    reading = plainly(PLAIN[name])
    assert reading is not None
    assert reading == merge([read_observation(PLAIN[name], CONTEXT)])
    assert reading != Reading()


def changed(**fields):
    return {**PLAIN["crp"], **fields}


@pytest.mark.parametrize(
    "resource",
    [
        changed(subject={"reference": "Patient/p2"}),
        changed(subject={"reference": "https://ehr.example/fhir/Patient/p1"}),
        changed(subject={"display": "Somebody"}),
        changed(subject="Patient/p1"),
        changed(subject=None),
        changed(status="preliminary"),
        changed(status="entered-in-error"),
        changed(status="Final"),
        changed(status=["final"]),
        changed(component=[{"code": ALBUMIN, "valueQuantity": quantity(3.8, "g/dL")}]),
        changed(contained=[observation(ALBUMIN, valueQuantity=quantity(3.8, "g/dL"))]),
        {**PLAIN["level"], "effectiveDateTime": "2026-03-01T07:30:00"},
        {**PLAIN["level"], "interpretation": [{"coding": [{"code": "ND"}]}]},
        {**PLAIN["ati"], "effectiveDateTime": "2026-03-01T07:30:00"},
        {**PLAIN["ati"], "effectiveDateTime": None},
        {**PLAIN["ati"], "valueString": None},
        {**PLAIN["ati"], "status": "preliminary"},
        changed(valueQuantity=None, valueString="24 mg/L"),
        changed(valueQuantity=[quantity(24.0, "mg/L")]),
        changed(valueQuantity=quantity("24", "mg/L")),
        changed(valueQuantity=quantity(True, "mg/L")),
        changed(valueQuantity=quantity(Decimal(24), "mg/L")),
        changed(valueQuantity=quantity(None, "mg/L")),
        changed(valueQuantity=quantity(1_000_001, "mg/L")),
        changed(valueQuantity=quantity(-1_000_001, "mg/L")),
        changed(valueQuantity=quantity(float("nan"), "mg/L")),
        changed(valueQuantity=quantity(24.0, "mg/L", comparator="~")),
        changed(valueQuantity=quantity(24.0)),
        changed(valueQuantity=quantity(24.0, "furlong")),
        changed(effectiveDateTime=None),
        changed(effectiveDateTime=None, effectivePeriod={"start": DRAWN}),
        changed(effectiveDateTime="2026-02"),
        {**PLAIN["weight"], "valueQuantity": quantity(70, "kg", comparator="<")},
        {**PLAIN["weight"], "valueQuantity": quantity(1.9, "kg")},
        {**PLAIN["weight"], "valueQuantity": quantity(400.1, "kg")},
        {**PLAIN["alt"], "valueQuantity": quantity(-1, "U/L")},
    ],
)
def test_anything_else_is_left_to_the_careful_reader(resource):
    assert plainly(resource) is None


@pytest.mark.parametrize("code", [SODIUM, None, {"text": "Sodium"}])
@pytest.mark.parametrize("more", [{}, {"hasMember": [{"reference": "Observation/1"}]}, {"valueString": "x"}])
def test_a_result_of_another_test_adds_nothing_either_way(code, more):
    resource = changed(code=code, **more)
    assert plainly(resource) == Reading()
    assert read_observation(resource, CONTEXT) is NOTHING


@pytest.mark.parametrize("number", [1_000_000, -1_000_000])
def test_the_largest_number_is_still_plain(number):
    resource = changed(valueQuantity=quantity(number, "mg/L"))
    reading = plainly(resource)
    assert reading is not None
    assert reading.markers[0].value == number
    assert type(reading.markers[0].value) is float


@pytest.mark.parametrize("kilograms", [2, 400])
def test_the_lightest_and_the_heaviest_weight_are_plain(kilograms):
    reading = plainly({**PLAIN["weight"], "valueQuantity": quantity(kilograms, "kg")})
    assert reading is not None
    assert reading.weights[0].kilograms == kilograms


def test_what_the_short_way_reads_is_what_was_written():
    below = plainly(PLAIN["crp below"])
    assert below is not None
    assert (below.markers[0].value, below.markers[0].comparator) == (5.0, Comparator.BELOW)
    alt = plainly(PLAIN["alt"])
    assert alt is not None
    assert (alt.safety[0].state, alt.safety[0].multiple_of_upper_limit) == (SafetyState.PRESENT, 2.0)
    unlimited = plainly(PLAIN["alt without limit"])
    assert unlimited is not None
    assert [issue.code for issue in unlimited.issues] == [IssueCode.ALT_WITHOUT_LIMIT]
    zero = plainly({**PLAIN["alt"], "valueQuantity": quantity(0, "U/L")})
    assert zero is not None
    assert zero.safety[0].state is SafetyState.ABSENT


@settings(max_examples=600)
@given(st.data())
def test_both_ways_agree_on_whatever_stands_where(data):
    resource = copy.deepcopy(PLAIN[data.draw(st.sampled_from(sorted(PLAIN)))])
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from([path for path in places(resource) if path]))
        resource = put(resource, path, data.draw(anything))
    for name in ("component", "contained", "hasMember", "dataAbsentReason", "interpretation", "method"):
        if data.draw(st.integers(0, 9)) == 0:
            resource[name] = data.draw(anything)
    reading = plainly(resource)
    if reading is not None:
        assert reading == merge([read_observation(resource, CONTEXT)])


def test_gathering_is_merging():
    found = Findings()
    assert found.merged() == Reading()
    found.add(NOTHING)
    assert found.merged() == Reading()
    readings = [read_observation(resource, CONTEXT) for resource in PLAIN.values()]
    for reading in readings:
        found.add(reading)
    assert found.merged() == merge(reversed(readings))


def test_copies_of_a_marker_are_one_and_near_copies_are_not():
    other = {**PLAIN["crp"], "id": "a-copy"}
    below = changed(id="below", valueQuantity=quantity(24.0, "mg/L", comparator="<"))
    merged = merge(read_observation(one, CONTEXT) for one in (PLAIN["crp"], other, below))
    assert [marker.source.reference for marker in merged.markers] == [
        "Observation/a-copy",
        "Observation/below",
    ]


@pytest.mark.parametrize("name", PLAIN)
def test_a_result_without_type_and_id_is_read_the_same_the_short_way(name):
    bare = {key: value for key, value in PLAIN[name].items() if key not in {"id", "resourceType"}}
    assert plainly(bare) == merge([read_observation(bare, CONTEXT)])
