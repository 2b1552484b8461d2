"""References, and whose record a resource is."""

import pytest

from fhir_mappings.references import (
    Belongs,
    belongs_to,
    reference_text,
    relative_reference,
    source_reference,
    text_of,
    with_usual_subject,
)


@pytest.mark.parametrize(
    ("subject", "belongs"),
    [
        ({"reference": "Patient/p1"}, Belongs.YES),
        ({"reference": " Patient/p1 "}, Belongs.YES),
        ({"reference": "https://ehr.example/fhir/R4/Patient/p1"}, Belongs.YES),
        ({"reference": "https://ehr.example/fhir/Patient/p1/_history/3"}, Belongs.YES),
        ({"reference": "Patient/p1/"}, Belongs.YES),
        ({"reference": "p1"}, Belongs.YES),
        ({"reference": "urn:uuid:p1"}, Belongs.YES),
        ([{"reference": "Patient/p1"}], Belongs.YES),
        ({"reference": "Patient/p2"}, Belongs.OTHER),
        ({"reference": "Patient/P1"}, Belongs.OTHER),
        ({"reference": "Patient/p11"}, Belongs.OTHER),
        ({"reference": "https://ehr.example/fhir/R4/Patient/p2"}, Belongs.OTHER),
        ({"reference": "urn:uuid:0b8f"}, Belongs.OTHER),
        ({"reference": "Group/p1"}, Belongs.OTHER),
        ({"reference": "Location/p1"}, Belongs.OTHER),
        ({"reference": "p2"}, Belongs.OTHER),
        ({"reference": "#pat"}, Belongs.UNSAID),
        ({"display": "Somebody"}, Belongs.UNSAID),
        ({"identifier": {"value": "1"}}, Belongs.UNSAID),
        ({"reference": ""}, Belongs.UNSAID),
        ({}, Belongs.UNSAID),
        (None, Belongs.UNSAID),
        ([], Belongs.UNSAID),
        (5, Belongs.UNSAID),
    ],
)
def test_a_record_is_of_this_patient_of_another_or_does_not_say(subject, belongs):
    for patient_id in ("p1", " p1 ", "Patient/p1"):
        assert belongs_to({"subject": subject}, patient_id) is belongs
    assert belongs_to({"patient": subject}, "p1") is belongs


def test_the_subject_is_asked_before_the_patient():
    resource = {"subject": {"reference": "Patient/p2"}, "patient": {"reference": "Patient/p1"}}
    assert belongs_to(resource, "p1") is Belongs.OTHER


@pytest.mark.parametrize(
    ("reference", "relative"),
    [
        ("Observation/1", "Observation/1"),
        ("Observation/1X", "Observation/1X"),
        ("#a/b/c", "#a/b/c"),
        ("urn:x/b/c", "urn:x/b/c"),
        (" https://a.example/fhir/Observation/1 ", "Observation/1"),
        ("Observation/1/_history/2", "Observation/1"),
        ("Observation/1?x=y", "Observation/1"),
        ("Observation/1/", "Observation/1"),
        ("urn:uuid:1/2/3", "urn:uuid:1/2/3"),
        ("#a", "#a"),
        ("1", "1"),
    ],
)
def test_a_reference_is_reduced_to_type_and_id(reference, relative):
    assert relative_reference(reference) == relative


@pytest.mark.parametrize(
    ("resource", "reference"),
    [
        ({"resourceType": "Observation", "id": " 1 "}, "Observation/1"),
        ({"resourceType": "Observation", "id": "x" * 300}, "Observation/" + "x" * 200),
        ({"resourceType": "Observation"}, "Observation"),
        ({"id": 5}, "fallback"),
    ],
)
def test_a_record_is_named_by_type_and_id(resource, reference):
    assert source_reference(resource, "" if "resourceType" in resource else "fallback") == reference


def test_text_is_trimmed_and_nothing_else_is_text():
    assert [text_of(value) for value in (" a ", None, 5, ["a"])] == ["a", "", "", ""]
    assert [reference_text(value) for value in ({"reference": "a"}, [{"reference": "b"}], " c ", [], 5)] == [
        "a",
        "b",
        "c",
        "",
        "",
    ]


def test_an_own_address_of_the_patient_is_named_the_usual_way():
    own = {"urn:uuid:7"}
    inner = {"resourceType": "Observation", "subject": {"reference": " urn:uuid:7 "}}
    resource = {"id": "1", "patient": [{"reference": "urn:uuid:7"}], "contained": [inner, None, 5]}
    changed = with_usual_subject(resource, own, "p1")
    assert changed == {
        "id": "1",
        "patient": {"reference": "Patient/p1"},
        "contained": [{"resourceType": "Observation", "subject": {"reference": "Patient/p1"}}, None, 5],
    }
    assert inner["subject"] == {"reference": " urn:uuid:7 "}
    assert resource["patient"] == [{"reference": "urn:uuid:7"}]


@pytest.mark.parametrize(
    "resource",
    [
        {"subject": {"reference": "urn:uuid:8"}},
        {"subject": {"reference": "Patient/p1"}},
        {"subject": None},
        {},
        {"contained": "x"},
    ],
)
def test_any_other_subject_stays_as_it_is(resource):
    assert with_usual_subject(resource, {"urn:uuid:7"}, "p1") is resource


def test_what_is_contained_in_something_contained_is_not_looked_at():
    deep = {"subject": {"reference": "urn:uuid:7"}, "contained": [{"subject": {"reference": "urn:uuid:7"}}]}
    assert with_usual_subject({"contained": [deep]}, {"urn:uuid:7"}, "p1") == {"contained": [deep]}
