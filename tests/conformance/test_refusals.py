"""What is answered when nothing can be said, and what the prefetch may bring instead of data."""

import json

import pytest

ORDER_SIGN = "/cds-services/infliximab-tdm-order-sign"
PATIENT_VIEW = "/cds-services/infliximab-tdm-patient-view"
STORY = "adult-active-low-no-antibodies"
OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "processing"}]}


@pytest.mark.requirement("cds-hooks_2.0@76")
@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        (ORDER_SIGN, b"not json", 400, "body-not-json"),
        (ORDER_SIGN, b'{"hook": "order-sign"}', 400, "context-missing"),
        ("/cds-services/unknown", b"{}", 404, "unknown-service"),
    ],
)
def test_a_call_that_cannot_be_read_is_refused_with_an_operation_outcome(client, path, body, status, code):
    answer = client.post(path, data=body)
    assert answer.status_code == status
    assert answer.get_json()["resourceType"] == "OperationOutcome"
    assert answer.get_json()["issue"][0]["diagnostics"] == code


@pytest.mark.requirement("cds-hooks_2.0@54")
@pytest.mark.parametrize(
    "prefetch", [None, {}, {"patient": OUTCOME}, {"laboratory": OUTCOME, "patient": OUTCOME}]
)
def test_a_chart_without_any_usable_data_is_answered_with_412(client, prefetch):
    request = {
        "hook": "patient-view",
        "hookInstance": "c5f4d1de-9f1c-4a9c-8f3e-0a7d1d6d6c11",
        "context": {"userId": "Practitioner/1", "patientId": "synthetic-nobody"},
    }
    if prefetch is not None:
        request["prefetch"] = prefetch
    answer = client.post(PATIENT_VIEW, json=request)
    assert answer.status_code == 412
    assert answer.get_json()["resourceType"] == "OperationOutcome"


@pytest.mark.requirement("cds-hooks_2.0@52")
def test_an_operation_outcome_in_the_place_of_results_is_seen_and_said(client, story_request):
    request = story_request(STORY)
    request["prefetch"]["laboratory"] = OUTCOME
    (card,) = client.post(ORDER_SIGN, json=request).get_json()["cards"]
    assert card["extension"]["org.infliximab-cds.decision"]["verdict"] == "assess"
    assert "laboratory" in card["detail"].lower()


def test_an_order_is_never_answered_with_412_or_silence(client, story_request):
    request = story_request(STORY)
    del request["prefetch"]
    answer = client.post(ORDER_SIGN, json=request)
    assert answer.status_code == 200
    assert len(answer.get_json()["cards"]) == 1


def test_an_answer_is_the_same_whatever_the_content_type_says(client, story_request):
    body = json.dumps(story_request(STORY)).encode()
    answers = [
        client.post(ORDER_SIGN, data=body, content_type=kind) for kind in ("application/json", "text/plain")
    ]
    summaries = [[card["summary"] for card in answer.get_json()["cards"]] for answer in answers]
    assert summaries[0] == summaries[1] != []
