"""What is fetched for a request: only what matters, in steps, and nothing where nothing is lacking."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

from cds_service import fetching as module
from fhir_mappings.acquisition.fetcher import FetchSettings
from tests.faults.scenario import TOKEN, Answer, ask, services_with, story_request, without_prefetch
from tests.support.fhir_record import FhirRecord, RecordClient

BASE = "https://ehr.example/fhir"
LEVEL_STORY = "patient-view-new-level"


class Served:
    """A service whose FHIR server holds the record of a story; `ask` returns the answer."""

    def __init__(self, slug: str, *, page_size: int = 0, **record: Any) -> None:
        self.request, self.as_of = story_request(slug)
        self.record = FhirRecord(BASE, self.request["prefetch"], page_size, **record)
        self.client = RecordClient(self.record)
        self.services = services_with(self.as_of, FetchSettings(), connect=lambda *_, **__: self.client)

    def ask(self, request: dict[str, Any], bases: tuple[str, ...] = (BASE,)) -> Answer:
        # A site's own client may name servers elsewhere, which a sandbox may not.
        return ask(self.services, request, bases, sandbox=False)


@pytest.mark.requirement("cds-hooks_2.0@34", "cds-hooks_2.0@60")
def test_a_request_without_prefetch_is_answered_from_the_server():
    served = Served("adult-active-low-no-antibodies")
    answer = served.ask(without_prefetch(served.request, BASE))
    whole = served.ask(served.request)
    assert answer.card["summary"] == whole.card["summary"]
    assert answer.line["fetch"]["access"] == "allowed"
    assert answer.line["fetch"]["attempts"] == 11
    assert set(answer.line["fetch"]["keys"].values()) == {"fetched"}
    assert answer.line["prefetch"]["laboratory"] == "fetched"
    assert TOKEN not in answer.text


def test_a_complete_prefetch_makes_no_call_and_no_thread(monkeypatch):
    served = Served("adult-active-low-no-antibodies")
    request = without_prefetch(served.request, BASE) | {"prefetch": served.request["prefetch"]}
    monkeypatch.setattr(served.services.fetcher, "session", pytest.fail)
    answer = served.ask(request)
    assert answer.status == 200
    assert served.client.asked == []
    assert "fetch" not in answer.line


def test_an_order_for_another_medicine_makes_no_call():
    served = Served("adult-active-low-no-antibodies")
    request = without_prefetch(served.request, BASE)
    (entry,) = request["context"]["draftOrders"]["entry"]
    entry["resource"] |= {"medicationCodeableConcept": {"text": "Ibuprofen 400 mg"}}
    entry["resource"].pop("medicationReference", None)
    answer = served.ask(request)
    assert answer.body == {"cards": []}
    assert served.client.asked == []


def test_a_draft_that_only_refers_to_its_medicine_is_resolved_first():
    medication = {"resourceType": "Medication", "id": "m1", "code": {"text": "Infliximab 100 mg"}}
    served = Served("adult-active-low-no-antibodies", medications={"m1": medication})
    request = without_prefetch(copy.deepcopy(served.request), BASE)
    draft = request["context"]["draftOrders"]["entry"][0]["resource"]
    draft.pop("medicationCodeableConcept")
    draft["medicationReference"] = {"reference": "Medication/m1"}
    answer = served.ask(request)
    assert len(answer.body["cards"]) == 1
    assert served.client.asked[0] == "/fhir/Medication/m1"
    assert len(served.client.asked) == 12
    assert answer.line["fetch"]["attempts"] == 12
    medication["code"]["text"] = "Ibuprofen"
    served.client.asked.clear()
    assert served.ask(request).body == {"cards": []}
    assert served.client.asked == ["/fhir/Medication/m1"]


def test_a_chart_without_infliximab_is_asked_only_whether_there_is_some():
    served = Served(LEVEL_STORY)
    request = without_prefetch(served.request, BASE)
    served.record.prefetch = {"patient": served.record.prefetch["patient"]}
    answer = served.ask(request)
    assert answer.body == {"cards": []}
    assert sorted({target.partition("?")[0] for target in served.client.asked}) == [
        "/fhir/MedicationAdministration",
        "/fhir/MedicationRequest",
        "/fhir/Observation",
    ]
    assert len(served.client.asked) == 3


def test_a_chart_with_infliximab_is_completed():
    served = Served(LEVEL_STORY)
    answer = served.ask(without_prefetch(served.request, BASE))
    assert len(answer.body["cards"]) == 1
    assert len(served.client.asked) == 11


def test_what_a_chart_could_not_get_is_not_asked_for_a_second_time():
    served = Served(LEVEL_STORY, unavailable=frozenset({"medicationAdministrations"}))
    answer = served.ask(without_prefetch(served.request, BASE))
    assert len(served.client.asked) == len(set(served.client.asked)) == 11
    assert answer.line["prefetch"]["medicationAdministrations"] == "error"
    assert answer.line["prefetch"]["laboratory"] == "fetched"


def test_a_medication_that_could_not_be_read_is_not_asked_for_a_second_time():
    served = Served("adult-active-low-no-antibodies")
    request = without_prefetch(copy.deepcopy(served.request), BASE)
    draft = request["context"]["draftOrders"]["entry"][0]["resource"]
    draft.pop("medicationCodeableConcept")
    draft["medicationReference"] = {"reference": "Medication/gone", "display": "Infliximab 100 mg"}
    answer = served.ask(request)
    assert len(answer.body["cards"]) == 1
    assert served.client.asked.count("/fhir/Medication/gone") == 1


@pytest.mark.parametrize("members", [{}, {"fhirServer": BASE}])
def test_a_chart_without_data_and_without_a_server_to_ask_stays_412(members):
    served = Served(LEVEL_STORY)
    bare = {name: value for name, value in served.request.items() if name != "prefetch"}
    answer = served.ask({**bare, **members})
    assert answer.status == 412
    assert served.client.asked == []


def test_a_chart_whose_server_has_nothing_to_give_is_412_too():
    served = Served(LEVEL_STORY)
    served.record.unavailable = frozenset(
        ("laboratory", "medicationRequests", "medicationAdministrations", "patient")
    )
    assert served.ask(without_prefetch(served.request, BASE)).status == 412


@pytest.mark.parametrize(
    ("bases", "token", "access", "sentence"),
    [
        ((), TOKEN, "not-allowed", "Laboratory results: not fetched, because its address is not one that"),
        ((), None, "no-authorization", "Laboratory results: not provided."),
        ((BASE,), None, "no-authorization", "Laboratory results: not provided."),
        (("https://ehr.example.evil.example/fhir",), TOKEN, "not-allowed", "not fetched, because"),
    ],
)
def test_a_server_that_may_not_be_asked_is_not_and_the_card_says_why(bases, token, access, sentence):
    served = Served("adult-active-low-no-antibodies")
    answer = served.ask(without_prefetch(served.request, BASE, token), bases)
    assert answer.status == 200
    assert sentence in answer.shown
    assert served.client.asked == []
    assert answer.line["fetch"]["access"] == access


def test_without_a_patient_nobody_is_asked():
    served = Served("adult-active-low-no-antibodies")
    request = without_prefetch(copy.deepcopy(served.request), BASE)
    del request["context"]["patientId"]
    answer = served.ask(request)
    assert "not completed" in answer.card["summary"].lower()
    assert served.client.asked == []


def test_a_service_without_a_fetcher_answers_from_what_it_was_sent():
    served = Served("adult-active-low-no-antibodies")
    served.services = replace(served.services, fetcher=None)
    answer = served.ask(without_prefetch(served.request, BASE))
    assert "Laboratory results: not provided." in answer.shown
    assert "fetch" not in answer.line


def test_a_failure_of_fetching_leaves_what_was_sent_along(monkeypatch):
    served = Served("adult-active-low-no-antibodies")

    def broken(*_):
        raise KeyError(TOKEN)

    monkeypatch.setattr(module, "_for_orders", broken)
    request = without_prefetch(served.request, BASE)
    request["prefetch"] = {"laboratory": served.request["prefetch"]["laboratory"]}
    answer = served.ask(request)
    assert answer.status == 200
    assert "Weights: not provided." in answer.shown
    assert "Laboratory results: " not in answer.shown
    assert answer.line["failed_at"].startswith("KeyError")
    assert TOKEN not in answer.text


def test_a_failure_in_one_question_is_logged_by_place_and_named_on_the_card():
    served = Served("adult-active-low-no-antibodies")

    def broken(target):
        raise LookupError(TOKEN)

    served.record.answer = broken
    answer = served.ask(without_prefetch(served.request, BASE))
    assert "Laboratory results: could not be read." in answer.shown
    assert answer.line["failed_at"].startswith("LookupError")
    assert answer.line["fetch"]["keys"]["laboratory"] == "internal"
    assert TOKEN not in answer.text


def test_the_decision_uses_what_is_there_only_as_far_as_the_protocol_allows():
    """A decisive group that could not be had is treated as one that was not sent."""
    served = Served("adult-active-low-no-antibodies")
    decided = {}
    for key in ("laboratory", "medicationAdministrations", "conditions", "patient", "weights", "allergies"):
        served.record.unavailable = frozenset((key,))
        if key == "patient":
            served.record.prefetch = {**served.request["prefetch"], "patient": None}
        fetched = served.ask(without_prefetch(served.request, BASE)).card
        served.record.prefetch = served.request["prefetch"]
        sent = copy.deepcopy(served.request)
        del sent["prefetch"][key]
        missing = served.ask(sent).card
        name = "org.infliximab-cds.decision"
        assert fetched["extension"][name] == missing["extension"][name], key
        assert fetched["summary"] == missing["summary"], key
        assert len(fetched.get("suggestions", [])) == len(missing.get("suggestions", [])), key
        decided[key] = fetched["extension"][name]["verdict"]
    assert decided["laboratory"] == "assess"
