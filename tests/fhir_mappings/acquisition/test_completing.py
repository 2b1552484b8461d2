"""Completing: each key prefetched, fetched, empty or unavailable, and why; read as if prefetched."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from fhir_mappings.acquire import acquire
from fhir_mappings.acquired import KeyState
from fhir_mappings.acquisition.completing import Held, complete, complete_medications, lacking
from fhir_mappings.acquisition.limits import FetchLimits
from fhir_mappings.acquisition.outcomes import FetchFault, Refusal
from fhir_mappings.acquisition.session import Access, FetchSession
from fhir_mappings.codes import SiteCode
from fhir_mappings.prefetch import KEYS
from tdm.facts import Shortfall
from tdm.issues import IssueCode
from tests.fhir_mappings.acquisition.scripted import (
    CONTEXT,
    ScriptedClient,
    bundle,
    observation,
    session_of,
)

PATIENT = {"resourceType": "Patient", "id": "p1", "birthDate": "1990-01-01"}
OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}
WHOLE = {entry.key: PATIENT if entry.key == "patient" else bundle(total=0) for entry in KEYS}


def held(**prefetch) -> Held:
    """What there is after the prefetch: everything empty unless given; "absent" leaves a key out."""
    values = {**WHOLE, **prefetch}
    raw = {key: json.dumps(value).encode() for key, value in values.items() if value != "absent"}
    return Held(raw, acquire(raw, codes=CONTEXT.codes, patient_id="p1"))


def completed(before, script, keys=None, **options):
    client = ScriptedClient(script)
    with session_of(client, **options) as session:
        after = complete(before, keys or before.acquired.keys, session, CONTEXT)
    return after, client, session.report


def laboratory(before, script, **options):
    after, client, report = completed(before, script, **options)
    return after.acquired.keys["laboratory"], client, report


def test_a_complete_prefetch_asks_nobody():
    before = held()
    after, client, report = completed(before, lambda _: OUTCOME)
    assert after is before
    assert (client.asked, report.faults) == ([], {})


@pytest.mark.parametrize("sent", ["absent", None, OUTCOME, {}, bundle(observation(), OUTCOME)])
def test_what_is_missing_null_failed_or_unreadable_is_asked_for(sent):
    key, client, report = laboratory(held(laboratory=sent), lambda _: bundle(observation("fetched")))
    assert client.asked == ["Observation?patient=p1&category=laboratory&_count=200"]
    assert (key.state, key.shortfall, key.seen) == (KeyState.FETCHED, None, 1)
    assert key.resources[0]["id"] == "fetched"
    assert report.faults == {"laboratory": None}


def test_a_fetched_search_without_results_is_empty():
    key, _, _ = laboratory(held(laboratory=None), lambda _: bundle(total=0))
    assert (key.state, key.shortfall) == (KeyState.EMPTY, None)


def test_the_patient_is_read_and_not_searched():
    after, client, _ = completed(held(patient=None), lambda _: PATIENT)
    assert client.asked == ["Patient/p1"]
    assert after.acquired.keys["patient"].state is KeyState.FETCHED


def test_a_cut_page_is_completed_from_its_next_link():
    first = bundle(observation("a"), next_link="https://ehr.example/fhir?page=2", total=3)
    pages = {
        "?page=2": bundle(observation("b"), next_link="?page=3"),
        "?page=3": bundle(observation("c"), implicitRules="an unusual shape"),
    }
    key, client, _ = laboratory(held(laboratory=first), lambda path: pages[path])
    assert [resource["id"] for resource in key.resources] == ["a", "b", "c"]
    assert (key.state, key.shortfall) == (KeyState.FETCHED, None)
    assert client.asked == list(pages)


def test_a_page_that_counts_more_than_it_brings_is_asked_for_anew():
    sent = bundle(observation("a"), total=2)
    key, client, _ = laboratory(
        held(laboratory=sent), lambda _: bundle(observation("a"), observation("b"), total=2)
    )
    assert (key.shortfall, key.seen, len(client.asked)) == (None, 2, 1)


def test_pages_that_still_bring_less_than_they_count_are_incomplete():
    key, _, _ = laboratory(held(laboratory=None), lambda _: bundle(observation("a"), total=2))
    assert (key.state, key.shortfall) == (KeyState.FETCHED, Shortfall.TRUNCATED)


def test_an_optional_key_is_completed_but_not_asked_for():
    assert lacking(held(medicationDispenses=None).acquired) == []
    cut = held(medicationDispenses=bundle(next_link="?page=2"))
    after, client, _ = completed(cut, lambda _: bundle())
    assert client.asked == ["?page=2"]
    assert after.acquired.keys["medicationDispenses"].shortfall is None


@pytest.mark.parametrize(
    ("fault", "shortfall"),
    [
        (FetchFault.TIMEOUT, Shortfall.TIMEOUT),
        (FetchFault.CONNECTION, Shortfall.SERVER_UNAVAILABLE),
        (FetchFault.THROTTLED, Shortfall.SERVER_UNAVAILABLE),
        (FetchFault.UNAUTHORIZED, Shortfall.UNAUTHORIZED),
        (FetchFault.FORBIDDEN, Shortfall.UNAUTHORIZED),
        (FetchFault.REDIRECTED, Shortfall.REFUSED),
        (FetchFault.NOT_FOUND, Shortfall.ERROR),
        (FetchFault.TOO_LARGE, Shortfall.TRUNCATED),
    ],
)
def test_what_could_not_be_had_says_why(fault, shortfall):
    key, _, report = laboratory(held(laboratory=None), lambda _: Refusal(fault))
    assert (key.state, key.shortfall, key.resources) == (KeyState.UNAVAILABLE, shortfall, ())
    assert report.faults == {"laboratory": fault}
    refused = [issue.code for issue in key.issues]
    assert refused == ([IssueCode.FHIR_ADDRESS_REFUSED] if fault is FetchFault.REDIRECTED else [])


@pytest.mark.parametrize("fault", [FetchFault.TIMEOUT, FetchFault.UNAUTHORIZED])
def test_pages_that_came_are_kept_when_the_rest_does_not(fault):
    def script(path):
        return Refusal(fault) if "page" in path else bundle(observation("a"), next_link="?page=2")

    key, _, _ = laboratory(held(laboratory=None), script)
    assert (key.state, key.shortfall, key.seen) == (KeyState.FETCHED, Shortfall.TRUNCATED, 1)
    sent = bundle(observation("sent"), next_link="?page=2")
    key, _, _ = laboratory(held(laboratory=sent), script)
    assert (key.state, key.shortfall, key.seen) == (KeyState.PREFETCHED, Shortfall.TRUNCATED, 1)


def test_an_empty_first_page_without_the_rest_is_not_empty():
    def script(path):
        return Refusal(FetchFault.TIMEOUT) if "page" in path else bundle(next_link="?page=2")

    key, _, _ = laboratory(held(laboratory=None), script)
    assert (key.state, key.shortfall) == (KeyState.UNAVAILABLE, Shortfall.TIMEOUT)


def test_a_next_link_elsewhere_is_not_followed_and_an_issue_says_so():
    sent = bundle(observation("sent"), next_link="https://evil.example/fhir?page=2")
    key, client, report = laboratory(held(laboratory=sent), lambda _: bundle())
    assert client.asked == []
    assert (key.state, key.shortfall, key.seen) == (KeyState.PREFETCHED, Shortfall.TRUNCATED, 1)
    assert [issue.code for issue in key.issues] == [IssueCode.FHIR_ADDRESS_REFUSED]
    assert report.faults == {"laboratory": FetchFault.ADDRESS_REFUSED}


def test_a_sent_page_of_an_unusual_shape_is_completed_all_the_same():
    sent = {**bundle(observation("a"), next_link="?page=2"), "implicitRules": "http://x.example"}
    key, client, _ = laboratory(held(laboratory=sent), lambda _: bundle(observation("b")))
    assert [resource["id"] for resource in key.resources] == ["a", "b"]
    assert client.asked == ["?page=2"]


def test_an_id_that_cannot_stand_in_an_address_asks_nothing():
    before = held(laboratory=None, patient=None)
    client = ScriptedClient(lambda _: bundle(total=0))
    with session_of(client) as session:
        after = complete(before, before.acquired.keys, session, replace(CONTEXT, patient_id=".."))
    patient = after.acquired.keys["patient"]
    assert (patient.state, patient.shortfall) == (KeyState.UNAVAILABLE, Shortfall.REFUSED)
    assert session.report.faults["patient"] is FetchFault.ADDRESS_REFUSED
    assert client.asked == ["Observation?patient=..&category=laboratory&_count=200"]


def test_records_of_another_patient_are_left_out_and_make_the_answer_doubtful():
    both = bundle(observation("a"), observation("b", patient="other"))
    key, _, _ = laboratory(held(laboratory=None), lambda _: both)
    assert [resource["id"] for resource in key.resources] == ["a"]
    assert (key.state, key.shortfall) == (KeyState.FETCHED, Shortfall.ERROR)
    assert [issue.code for issue in key.issues] == [IssueCode.OTHER_PATIENT]
    after, _, _ = completed(held(patient=None), lambda _: {**PATIENT, "id": "other"})
    patient = after.acquired.keys["patient"]
    assert (patient.resources, patient.shortfall) == ((), Shortfall.ERROR)


def test_what_was_found_out_in_one_round_is_kept_in_the_next():
    def script(path):
        if path.startswith("Observation?patient=p1&category=laboratory"):
            return bundle(observation("a"), next_link="https://evil.example/")
        return Refusal(FetchFault.TIMEOUT) if path.startswith("Condition") else bundle()

    before = held(laboratory=None, conditions=None, allergies=None)
    client = ScriptedClient(script)
    with session_of(client) as session:
        first = complete(before, ["laboratory", "conditions"], session, CONTEXT)
        second = complete(first, ["allergies"], session, CONTEXT)
    for name in ("laboratory", "conditions"):
        assert second.acquired.keys[name] == first.acquired.keys[name]
    assert second.acquired.keys["laboratory"].state is KeyState.FETCHED
    assert second.acquired.keys["conditions"].shortfall is Shortfall.TIMEOUT
    assert second.acquired.keys["allergies"].state is KeyState.EMPTY


def test_without_permission_the_reason_is_said_once_a_server_was_named_with_a_token():
    before = held(laboratory=None, conditions=bundle(observation("x"), next_link="?page=2"))
    after = complete(before, before.acquired.keys, FetchSession(Access.NOT_ALLOWED), CONTEXT)
    assert after.acquired.keys["laboratory"].shortfall is Shortfall.REFUSED
    assert after.acquired.keys["conditions"].shortfall is Shortfall.TRUNCATED
    for access in (Access.NO_SERVER, Access.NO_AUTHORIZATION):
        assert complete(before, before.acquired.keys, FetchSession(access), CONTEXT) is before


def order(identifier="r1", **medicine):
    return {
        "resourceType": "MedicationRequest",
        "id": identifier,
        "subject": {"reference": "Patient/p1"},
        **medicine,
    }


def referring(reference, display=None):
    named = {} if display is None else {"display": display}
    return order(medicationReference={"reference": reference, **named})


MEDICATION = {"resourceType": "Medication", "id": "m1", "code": {"text": "Infliximab 100 mg"}}


def medications(records, script, limits=None, drafts=()):
    client = ScriptedClient(script)
    with session_of(client, limits) as session:
        after = complete_medications(held(medicationRequests=bundle(*records)), drafts, session, CONTEXT)
    return after, client


@pytest.mark.parametrize(
    "reference",
    [
        "Medication/m1",
        "https://ehr.example/fhir/Medication/m1",
        "Medication/m1/_history/2",
        "/fhir/Medication/m1",
    ],
)
@pytest.mark.parametrize("display", [None, "infliximab 100 MG Injection"])
def test_a_medication_that_was_not_sent_is_read_where_its_name_does_not_settle_it(reference, display):
    after, client = medications([referring(reference, display)], lambda _: MEDICATION)
    assert client.asked == ["Medication/m1"]
    place = after.acquired.keys["medications"]
    assert (place.state, place.resources, place.full_urls) == (KeyState.FETCHED, (MEDICATION,), (reference,))


@pytest.mark.parametrize(
    "record",
    [
        referring("Medication/m1", "Ibuprofen 400 mg"),
        referring("#m1"),
        referring("urn:uuid:0b1f"),
        referring("Group/m1"),
        referring("Medication"),
        referring("Medication/m1/extra/part"),
        referring("Medication/m1?x=1"),
        order(medicationCodeableConcept={"text": "Infliximab"}),
        order(medicationReference={"display": "Infliximab"}),
        order(medicationReference="Medication/m1"),
    ],
)
def test_nothing_is_read_that_cannot_be_a_needed_medication(record):
    _, client = medications([record], lambda _: MEDICATION)
    assert client.asked == []


def test_a_medication_that_was_sent_is_not_read_again():
    _, client = medications([referring("Medication/m1"), MEDICATION], lambda _: OUTCOME)
    assert client.asked == []


def test_references_of_drafts_come_first_and_no_more_are_read_than_allowed():
    records = [referring(f"Medication/m{number}") for number in range(20)]
    _, client = medications(
        records, lambda _: OUTCOME, FetchLimits(medications=3), drafts=[referring("Medication/draft")]
    )
    assert len(client.asked) == 3
    assert "Medication/draft" in client.asked


def test_a_reference_to_another_server_is_not_followed_and_an_issue_says_so():
    after, client = medications([referring("https://evil.example/fhir/Medication/m1")], lambda _: MEDICATION)
    assert client.asked == []
    place = after.acquired.keys["medications"]
    assert [issue.code for issue in place.issues] == [IssueCode.FHIR_ADDRESS_REFUSED]
    after, _ = medications([referring("Medication/m1")], lambda _: Refusal(FetchFault.REDIRECTED))
    assert [issue.code for issue in after.acquired.keys["medications"].issues] == [
        IssueCode.FHIR_ADDRESS_REFUSED
    ]


def test_medications_stay_when_more_is_fetched_afterwards():
    client = ScriptedClient(lambda path: MEDICATION if path.startswith("Med") else bundle())
    before = held(medicationRequests=bundle(referring("Medication/m1")), allergies=None)
    with session_of(client) as session:
        first = complete_medications(before, (), session, CONTEXT)
        second = complete(first, first.acquired.keys, session, CONTEXT)
        third = complete_medications(second, (), session, CONTEXT)
    assert third.acquired.keys["medications"] == first.acquired.keys["medications"]
    assert client.asked == ["Medication/m1", "AllergyIntolerance?patient=p1&_count=200"]


def test_without_permission_no_medication_is_read():
    before = held(medicationRequests=bundle(referring("Medication/m1")))
    assert complete_medications(before, (), FetchSession(Access.NOT_ALLOWED), CONTEXT) is before


def test_only_the_keys_that_were_named_are_asked_for():
    before = held(laboratory=None, conditions=None)
    after, _, report = completed(before, lambda _: bundle(), ["conditions", "no-such-key"])
    assert set(report.faults) == {"conditions"}
    assert after.acquired.keys["laboratory"].shortfall is Shortfall.NOT_PROVIDED
    assert lacking(before.acquired, ["laboratory", "no-such-key"]) == ["laboratory"]


def test_what_every_round_found_out_stays_in_the_report():
    before = held(laboratory=None, conditions=None)
    client = ScriptedClient(lambda _: Refusal(FetchFault.TIMEOUT))
    with session_of(client) as session:
        first = complete(before, ["laboratory"], session, CONTEXT)
        complete(first, ["conditions"], session, CONTEXT)
    assert session.report.faults == {"laboratory": FetchFault.TIMEOUT, "conditions": FetchFault.TIMEOUT}


def test_what_is_fetched_is_judged_by_the_codes_of_the_site():
    site = replace(CONTEXT, codes=CONTEXT.codes.with_site([SiteCode("infliximab-level", "urn:lab", "9")]))
    before = held(laboratory=None)
    local = {
        **observation("ours", text="Test nine"),
        "code": {"coding": [{"system": "urn:lab", "code": "9"}]},
    }
    others = [observation(str(number), text="Sodium") for number in range(10)]
    with session_of(ScriptedClient(lambda _: bundle(local, *others))) as session:
        after = complete(before, ["laboratory"], session, site)
    assert [one["id"] for one in after.acquired.keys["laboratory"].resources] == ["ours"]


def test_medications_read_in_one_round_count_against_the_limit_of_the_next():
    first = [referring(f"Medication/m{number}") for number in range(2)]
    second = [referring(f"Medication/n{number}") for number in range(5)]
    client = ScriptedClient(lambda _: OUTCOME)
    with session_of(client, FetchLimits(medications=3)) as session:
        complete_medications(held(), first, session, CONTEXT)
        complete_medications(held(), second, session, CONTEXT)
        assert len(client.asked) == 3
        complete_medications(held(), [referring("Medication/last")], session, CONTEXT)
    assert len(client.asked) == 3
