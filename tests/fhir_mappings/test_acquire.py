"""Acquisition: what arrived, what was empty, what is missing and why, and whose records they are."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fhir_mappings.acquire import acquire, is_plainly_of
from fhir_mappings.acquired import AcquiredKey, KeyState
from fhir_mappings.codes import load_code_sets
from fhir_mappings.prefetch import KEYS, OPTIONAL_KEYS, READ_KEYS
from fhir_mappings.strict_json import StrictJsonError
from tdm.facts import Shortfall
from tdm.issues import DataIssue, IssueCode
from tdm.source import Source

Json = dict[str, Any]

LEVEL = {"resourceType": "Observation", "code": {"text": "Infliximab"}, "subject": {"reference": "Patient/p"}}


def searchset(*resources: Json, **more: Any) -> Json:
    return {"resourceType": "Bundle", "entry": [{"resource": resource} for resource in resources], **more}


def laboratory(value: Any) -> AcquiredKey:
    raw = json.dumps(value).encode()
    return acquire({"laboratory": raw}, codes=load_code_sets(), patient_id="p").keys["laboratory"]


def outcome(severity: Any) -> Json:
    return {"resourceType": "OperationOutcome", "issue": [{"severity": severity, "code": "processing"}]}


def test_every_published_key_is_accounted_for_and_optional_ones_only_when_sent() -> None:
    optional = OPTIONAL_KEYS[0].key
    nothing = acquire({}, codes=load_code_sets(), patient_id="p").keys
    assert set(nothing) == {entry.key for entry in KEYS}
    assert {key.shortfall for key in nothing.values()} == {Shortfall.NOT_PROVIDED}
    assert {key.state for key in nothing.values()} == {KeyState.UNAVAILABLE}
    assert optional in acquire({optional: b"null"}, codes=load_code_sets(), patient_id="p").keys


def test_keys_that_no_template_names_are_not_looked_at() -> None:
    acquired = acquire({"theirs": b"not JSON"}, codes=load_code_sets(), patient_id="p")
    assert "theirs" not in acquired.keys


def test_null_means_not_provided_in_both_ways_it_can_be_handed_over() -> None:
    expected = AcquiredKey("laboratory", KeyState.UNAVAILABLE, shortfall=Shortfall.NOT_PROVIDED)
    assert laboratory(None) == expected
    acquired = acquire({"laboratory": None}, codes=load_code_sets(), patient_id="p")
    assert acquired.keys["laboratory"] == expected


@pytest.mark.parametrize("value", [outcome("error"), outcome("warning"), {}, [], "text", 7, True])
def test_an_outcome_or_no_fhir_at_all_is_an_error(value: Any) -> None:
    key = laboratory(value)
    assert key.key == "laboratory"
    assert (key.state, key.shortfall) == (KeyState.UNAVAILABLE, Shortfall.ERROR)
    assert key.resources == ()


@pytest.mark.parametrize("value", [searchset(), {"resourceType": "Bundle", "type": "searchset", "total": 0}])
def test_a_search_that_found_nothing_is_empty(value: Any) -> None:
    assert laboratory(value) == AcquiredKey("laboratory", KeyState.EMPTY)


def test_resources_that_do_not_matter_still_show_that_the_search_was_run() -> None:
    key = laboratory(searchset({"resourceType": "Observation", "code": {"text": "Sodium"}}))
    assert (key.state, key.seen) == (KeyState.PREFETCHED, 1)


def test_a_first_page_is_used_and_said_to_be_incomplete() -> None:
    key = laboratory(searchset(LEVEL, link=[{"relation": "next"}]))
    assert (key.state, key.shortfall, key.resources) == (KeyState.PREFETCHED, Shortfall.TRUNCATED, (LEVEL,))


def test_an_empty_first_page_with_more_to_come_is_not_empty() -> None:
    key = laboratory(searchset(link=[{"relation": "next"}]))
    assert (key.state, key.shortfall) == (KeyState.UNAVAILABLE, Shortfall.TRUNCATED)


@pytest.mark.parametrize(
    ("severity", "shortfall"),
    [("error", Shortfall.ERROR), (" fatal ", Shortfall.ERROR), ("warning", None), (None, None), (7, None)],
)
def test_an_outcome_among_results_counts_by_its_severity(severity: Any, shortfall: Shortfall | None) -> None:
    key = laboratory(searchset(LEVEL, outcome(severity)))
    assert (key.state, key.shortfall, key.resources) == (KeyState.PREFETCHED, shortfall, (LEVEL,))
    assert key.seen == 1


def test_an_outcome_alone_in_a_bundle_is_not_an_empty_result() -> None:
    assert laboratory(searchset(outcome("error"))).state is KeyState.UNAVAILABLE
    assert laboratory(searchset(outcome("information"))).state is KeyState.EMPTY
    assert laboratory(searchset({"resourceType": "OperationOutcome", "issue": None})).state is KeyState.EMPTY
    single = {"resourceType": "OperationOutcome", "issue": {"severity": "error"}}
    assert laboratory(searchset(single)).shortfall is Shortfall.ERROR


@pytest.mark.parametrize(
    "subject",
    [
        {"reference": "Patient/other"},
        {"reference": "https://ehr.example/fhir/Patient/other"},
        {"reference": "Patient/other/_history/1"},
        {"reference": " Patient/other "},
        {"reference": "Group/p"},
    ],
)
@pytest.mark.parametrize("name", ["subject", "patient"])
def test_records_of_another_patient_are_left_out_and_counted(subject: Json, name: str) -> None:
    stranger = {"resourceType": "Observation", "code": {"text": "Infliximab"}, name: subject}
    key = laboratory(searchset(LEVEL, stranger, stranger))
    assert key.resources == (LEVEL,)
    assert [issue.code for issue in key.issues] == [IssueCode.OTHER_PATIENT] * 2


@pytest.mark.parametrize(
    "subject",
    [
        None,
        {},
        {"reference": None},
        {"identifier": {"value": "1"}},
        {"reference": "Patient/p"},
        {"reference": "https://ehr.example/fhir/Patient/p"},
        {"reference": "#contained"},
        {"reference": "p"},
    ],
)
def test_records_that_name_no_other_patient_are_kept(subject: Any) -> None:
    resource = {"resourceType": "Observation", "code": {"text": "Infliximab"}, "subject": subject}
    assert laboratory(searchset(resource)).resources == (resource,)


def test_a_patient_known_by_an_address_of_the_bundle_is_told_from_another() -> None:
    def key(subject: str) -> AcquiredKey:
        value = searchset(LEVEL | {"subject": {"reference": subject}})
        value["entry"].append({"fullUrl": "urn:uuid:7", "resource": {"resourceType": "Patient", "id": "p"}})
        return laboratory(value)

    assert len(key("urn:uuid:7").resources) == 2
    assert len(key("urn:uuid:8").resources) == 1


def test_another_patient_is_not_the_patient() -> None:
    for identifier, kept in (("p", 1), (" p ", 1), ("other", 0), (None, 1)):
        raw = json.dumps({"resourceType": "Patient", "id": identifier}).encode()
        acquired = acquire({"patient": raw}, codes=load_code_sets(), patient_id="p")
        assert len(acquired.resources("Patient")) == kept


def test_what_must_be_read_but_is_not_strict_json_is_refused() -> None:
    with pytest.raises(StrictJsonError):
        acquire(
            {"patient": b'{"resourceType":"Patient","id":1,"id":2}'}, codes=load_code_sets(), patient_id="p"
        )


def test_full_urls_stay_beside_their_resources() -> None:
    value = searchset(LEVEL | {"subject": {"reference": "Patient/other"}}, LEVEL)
    value["entry"][1]["fullUrl"] = "urn:uuid:1"
    assert laboratory(value).full_urls == ("urn:uuid:1",)


def test_a_key_that_is_no_fhir_does_not_cost_the_others_theirs() -> None:
    prefetch = dict.fromkeys(READ_KEYS, b"[]") | {"laboratory": json.dumps(searchset(LEVEL)).encode()}
    acquired = acquire(prefetch, codes=load_code_sets(), patient_id="p").keys
    assert set(acquired) == set(READ_KEYS)
    assert [name for name, key in acquired.items() if key.shortfall is None] == ["laboratory"]
    assert acquired["laboratory"].resources == (LEVEL,)


def orders_beside(laboratory_sent: Json, **more: Any) -> tuple[str, ...]:
    """The ids of the orders that are read of eleven, one of which refers to a medicine named otherwise."""
    subject = {"subject": {"reference": "Patient/p"}}
    aspirin = {
        "resourceType": "MedicationRequest",
        "medicationCodeableConcept": {"text": "Aspirin"},
        **subject,
    }
    reference = {"medicationReference": {"reference": "Medication/m", "display": "IV bag"}}
    bag = {"resourceType": "MedicationRequest", "id": "bag", **reference, **subject}
    orders = searchset(*([aspirin] * 10), bag)
    prefetch = {"medicationRequests": orders, "laboratory": laboratory_sent, **more}
    raws = {key: None if value is None else json.dumps(value).encode() for key, value in prefetch.items()}
    acquired = acquire(raws, codes=load_code_sets(), patient_id="p")
    return tuple(one.get("id", "") for one in acquired.keys["medicationRequests"].resources)


def test_an_order_for_a_medicine_that_came_under_another_key_is_read_after_all() -> None:
    medicine = {"resourceType": "Medication", "id": "m", "code": {"text": "infliximab"}}
    assert "bag" in orders_beside(searchset(medicine))


def test_an_order_for_a_medicine_that_came_nowhere_stays_passed_over() -> None:
    other = {"resourceType": "Medication", "id": "other", "code": {"text": "infliximab"}}
    assert orders_beside(searchset(other)) == ()
    assert orders_beside(searchset(other), conditions=None) == ()


@pytest.mark.parametrize(
    ("resource", "plain"),
    [
        ({"resourceType": "Observation", "subject": {"reference": "Patient/p"}}, True),
        ({"resourceType": "MedicationRequest", "subject": {"reference": "Patient/p"}}, True),
        ({"resourceType": "Condition", "subject": {"reference": "Patient/other"}}, False),
        (
            {"resourceType": "Condition", "subject": {"reference": "https://ehr.example/fhir/Patient/p"}},
            False,
        ),
        ({"resourceType": "Condition", "subject": {}}, False),
        ({"resourceType": "Condition"}, False),
        ({"resourceType": "Condition", "subject": "Patient/p"}, False),
        ({"resourceType": "OperationOutcome", "subject": {"reference": "Patient/p"}}, False),
        ({"resourceType": "Patient", "id": "p"}, True),
        ({"resourceType": "Patient", "id": "other"}, False),
        ({"resourceType": "Patient"}, False),
        ({"resourceType": "Medication", "id": "p"}, False),
        ({"resourceType": 7, "subject": {"reference": "Patient/p"}}, False),
        ({"resourceType": None, "id": "p"}, False),
    ],
)
def test_only_the_usual_way_to_name_this_patient_needs_no_further_thought(
    resource: Json, *, plain: bool
) -> None:
    assert is_plainly_of(resource, "Patient/p") is plain


def test_the_address_of_a_result_is_kept_where_every_record_is_plainly_of_the_patient() -> None:
    value = searchset(LEVEL, LEVEL)
    value["entry"][1]["fullUrl"] = "urn:uuid:1"
    key = laboratory(value)
    assert (key.key, key.full_urls) == ("laboratory", ("", "urn:uuid:1"))
    assert laboratory(searchset(link=[{"relation": "next"}])).key == "laboratory"


def test_results_behind_an_outcome_are_read() -> None:
    assert laboratory(searchset(outcome("warning"), LEVEL, outcome("warning"), LEVEL)).resources == (
        LEVEL,
        LEVEL,
    )


def test_a_record_of_another_patient_is_named_by_its_source_and_counts_as_one() -> None:
    stranger = LEVEL | {"id": "s", "subject": {"reference": "Patient/other"}}
    (issue,) = laboratory(searchset(LEVEL, stranger)).issues
    source = Source("Observation", "Observation/s")
    assert issue == DataIssue(IssueCode.OTHER_PATIENT, "record", (("count", "1"),), source)


def test_only_the_address_of_this_patient_makes_a_subject_this_patients() -> None:
    """Neither the address of another Patient, nor that of a record that happens to have the patient's id."""

    def resources(entry: Json) -> int:
        value = searchset(LEVEL | {"subject": {"reference": "urn:uuid:7"}}, outcome("warning"))
        value["entry"].append({"fullUrl": "urn:uuid:7", "resource": entry})
        return sum(one["resourceType"] == "Observation" for one in laboratory(value).resources)

    assert resources({"resourceType": "Patient", "id": "p"}) == 1
    assert resources({"resourceType": "Patient", "id": "other"}) == 0
    assert resources({"resourceType": "Condition", "id": "p", "code": {"text": "Crohn's disease"}}) == 0


def test_conditions_passed_over_are_named_beside_a_record_of_another_patient_too() -> None:
    subject = {"subject": {"reference": "Patient/p"}}
    headache = {"resourceType": "Condition", "id": "c", "code": {"text": "Headache"}, **subject}
    stranger = {**headache, "id": "s", "subject": {"reference": "Patient/other"}}
    for others in ([headache] * 9, [*[headache] * 9, stranger]):
        key = laboratory(searchset(*others))
        assert key.conditions_passed_over == {"Condition/c"}


def test_the_specimen_of_a_result_under_another_key_is_read_after_all() -> None:
    specimen = {"resourceType": "Specimen", "id": "s"}
    sodium = {"resourceType": "Observation", "code": {"text": "Sodium"}, "status": "final"}
    about = {"subject": {"reference": "Patient/p"}}

    def kinds(reference: str) -> set[str]:
        level = LEVEL | {"specimen": {"reference": reference}}
        prefetch = {"laboratory": searchset(level), "exams": searchset(*[sodium | about] * 10, specimen)}
        raws = {key: json.dumps(value).encode() for key, value in prefetch.items()}
        acquired = acquire(raws, codes=load_code_sets(), patient_id="p")
        return {one["resourceType"] for one in acquired.keys["exams"].resources}

    assert kinds("https://ehr.example/fhir/Specimen/s") == {"Observation", "Specimen"}
    assert kinds("Specimen/other") == set()
