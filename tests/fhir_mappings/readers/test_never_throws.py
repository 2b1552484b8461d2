"""Whatever JSON is put where in a resource, a reader answers; it never raises."""

import copy
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_mappings.codes import load_code_sets
from fhir_mappings.inspect import inspect_bundle
from fhir_mappings.readers.allergy import read_allergy
from fhir_mappings.readers.condition import read_condition
from fhir_mappings.readers.diagnostic_report import collection_times, read_diagnostic_report
from fhir_mappings.readers.observation import read_observation
from fhir_mappings.readers.patient import read_patient
from fhir_mappings.readers.reading import merge
from tdm.facts import LevelReading
from tests.support.results import ATI, CRP, DRAWN, ICD10CM, LEVEL, WEIGHT, context, observation, quantity

CONTEXT = context()
SUBJECT = {"reference": "Patient/p1"}
SEEDS = [
    observation(
        LEVEL,
        valueQuantity=quantity(4.2, "ug/mL", "ug/mL", comparator="<"),
        performer=[{"display": "Mayo", "reference": "#l"}],
        method={"coding": [{"display": "ELISA"}]},
        referenceRange=[{"high": {"value": 10, "unit": "ug/mL"}, "text": "< 10"}],
        interpretation=[{"coding": [{"code": "H"}]}],
        dataAbsentReason={"coding": [{"code": "unknown"}]},
        contained=[observation(CRP, valueString="< 5 mg/L"), {"resourceType": "Specimen", "id": "s"}],
        specimen={"reference": "#s"},
        component=[{"code": ATI, "valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 40}}}],
        hasMember=[{"reference": "Observation/2"}],
    ),
    observation({"text": "ALT"}, valueQuantity=quantity(200, "U/L"), referenceRange=[{"text": "5 - 40"}]),
    observation({"text": "HBsAg"}, valueCodeableConcept={"text": "Positive", "coding": [{"code": "x"}]}),
    observation({"text": "Colonoscopy"}, valueString="active", effectivePeriod={"start": DRAWN}),
    observation({"text": "HBI"}, valueInteger=5, effectiveTiming={"event": [DRAWN]}),
    observation(WEIGHT, valueQuantity=quantity("70", "kg"), effectiveInstant=DRAWN),
    {
        "resourceType": "Condition",
        "id": "c",
        "subject": SUBJECT,
        "code": {"coding": [{"system": ICD10CM, "code": "I50.9"}], "text": "Heart failure"},
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "verificationStatus": {"coding": [{"code": "confirmed"}]},
        "severity": {"text": "mild"},
        "stage": [{"summary": {"text": "NYHA II"}}],
        "recordedDate": "2026-01-01",
        "abatementDateTime": None,
    },
    {
        "resourceType": "AllergyIntolerance",
        "id": "a",
        "patient": SUBJECT,
        "code": {"text": "infliximab"},
        "reaction": [{"substance": {"text": "infliximab"}}],
        "clinicalStatus": "active",
    },
    {"resourceType": "Patient", "id": "p1", "birthDate": "2010-05", "gender": "male"},
    {
        "resourceType": "DiagnosticReport",
        "id": "r",
        "status": "final",
        "subject": SUBJECT,
        "effectiveDateTime": DRAWN,
        "result": [{"reference": "Observation/o1"}],
        "contained": [observation(LEVEL, valueString="Not detected")],
    },
    {
        "resourceType": "Specimen",
        "id": "s",
        "subject": SUBJECT,
        "collection": {"collectedDateTime": DRAWN, "collectedPeriod": {"start": DRAWN}},
    },
]

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.sampled_from(
        ["", " ", "infliximab", "final", "#", "urn:uuid:1", "Patient/p1", "4,2", "< 1", "1:40", DRAWN]
    ),
)
anything = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                ["coding", "code", "text", "system", "value", "unit", "reference", "high", "display"]
            ),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=8,
)


def places(value, path=()):
    """Every place in a JSON value, as a path of keys and indices."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, (*path, key))


def put(value, path, new):
    copied = copy.deepcopy(value)
    target = copied
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = new
    return copied


def read_everything(resource):
    """Run each reader over one resource of whatever type."""
    times = collection_times([resource], CONTEXT)
    read_patient(resource, CONTEXT)
    inspect_bundle([resource], load_code_sets())
    return merge(
        [
            read_observation(resource, CONTEXT, times),
            read_condition(resource, CONTEXT),
            read_allergy(resource, CONTEXT),
            read_diagnostic_report(resource, CONTEXT),
        ]
    )


@settings(max_examples=400)
@given(st.data())
def test_no_reader_raises_whatever_stands_where(data):
    resource = data.draw(st.sampled_from(SEEDS))
    for _ in range(data.draw(st.integers(1, 4))):
        path = data.draw(st.sampled_from([path for path in places(resource) if path]))
        resource = put(resource, path, data.draw(anything))
    reading = read_everything(resource)
    assert all(isinstance(level, LevelReading) for level in reading.levels)
    assert read_everything(json.loads(json.dumps(resource))) == reading


@settings(max_examples=200)
@given(st.dictionaries(st.text(max_size=8), anything, max_size=5))
def test_no_reader_raises_on_an_object_that_is_no_resource(resource):
    read_everything(resource)


@settings(max_examples=100)
@given(st.permutations(SEEDS), st.integers(0, len(SEEDS)))
def test_facts_and_issues_do_not_depend_on_the_order_or_on_repetition(resources, repeated):
    expected = merge(read_observation(resource, CONTEXT) for resource in SEEDS)
    shuffled = [*resources, *resources[:repeated]]
    assert merge(read_observation(resource, CONTEXT) for resource in shuffled) == expected


def test_the_seeds_are_read_so_that_the_mutations_mean_something():
    reading = merge(read_everything(resource) for resource in SEEDS)
    assert (len(reading.levels), len(reading.atis), len(reading.weights)) == (2, 1, 1)
    assert {marker.marker.value for marker in reading.markers} == {"crp", "hbi", "endoscopy"}
    assert {fact.concept.value for fact in reading.safety} == {
        "alt",
        "hepatitis-b-surface-antigen",
        "heart-failure",
        "infliximab-reaction",
    }
