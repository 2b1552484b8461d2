"""The service over HTTP: statuses, tolerances, cross-origin headers, cards."""

import gc
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder

from cds_service.application import freeze_after_warm_up
from cds_service.errors import FAULTS, Fault
from cds_service.services import load_services
from cds_service.settings import Settings
from tests.cds_service.conftest import SELECT, SIGN, VIEW, Running

ORIGIN = {"Origin": "https://sandbox.cds-hooks.org"}


def outcome_code(response: Any) -> str:
    """The stable code of an OperationOutcome answer; checks its shape on the way."""
    body = response.get_json()
    assert response.content_type == "application/json"
    assert body["resourceType"] == "OperationOutcome"
    (issue,) = body["issue"]
    assert issue["severity"] == "error"
    assert issue["details"]["text"]
    return issue["diagnostics"]


def test_discovery_announces_three_services_with_distinct_ids(service: Running) -> None:
    body = service.client.get("/cds-services").get_json()
    assert list(body) == ["services"]
    hooks = {entry["id"]: entry["hook"] for entry in body["services"]}
    assert hooks == {
        "infliximab-tdm-patient-view": "patient-view",
        "infliximab-tdm-order-select": "order-select",
        "infliximab-tdm-order-sign": "order-sign",
    }
    for entry in body["services"]:
        assert entry["title"]
        assert entry["description"]
        assert entry["prefetch"]["patient"] == "Patient/{{context.patientId}}"


@pytest.mark.parametrize("path", ["/cds-services", "/cds-services/"])
def test_discovery_answers_with_and_without_a_trailing_slash(service: Running, path: str) -> None:
    assert service.client.get(path).status_code == 200
    assert service.client.head(path).status_code == 200


def test_a_service_answers_with_a_trailing_slash(service: Running, order: dict[str, Any]) -> None:
    assert service.client.post(SIGN + "/", json=order).status_code == 200


def test_an_infliximab_order_gets_one_card(service: Running, order: dict[str, Any]) -> None:
    response = service.client.post(SIGN, json=order)
    assert response.status_code == 200
    (card,) = response.get_json()["cards"]
    assert len(card["summary"]) < 140
    assert card["extension"]["org.infliximab-cds.decision"]["verdict"] == "intensify"


@pytest.mark.parametrize("content_type", ["application/json", "application/fhir+json", "text/plain", ""])
def test_any_content_type_is_tolerated(service: Running, order: dict[str, Any], content_type: str) -> None:
    response = service.client.post(SIGN, data=json.dumps(order), content_type=content_type)
    assert response.status_code == 200
    assert len(response.get_json()["cards"]) == 1


def test_an_order_without_prefetch_still_gets_its_card(service: Running, order: dict[str, Any]) -> None:
    del order["prefetch"]
    (card,) = service.client.post(SIGN, json=order).get_json()["cards"]
    assert card["extension"]["org.infliximab-cds.decision"]["verdict"] == "assess"


def test_a_bare_draft_without_dose_gets_a_card_when_it_is_selected(
    service: Running, order: dict[str, Any]
) -> None:
    draft = order["context"]["draftOrders"]["entry"][0]["resource"]
    for key in ("dosageInstruction", "authoredOn", "requester", "reasonCode", "dispenseRequest"):
        draft.pop(key)
    order["hook"] = "order-select"
    del order["context"]["draftOrders"]["type"]
    order["context"]["selections"] = ["MedicationRequest/draft-1"]
    assert len(service.client.post(SELECT, json=order).get_json()["cards"]) == 1


def test_an_order_that_was_not_selected_stays_without_a_card(service: Running, order: dict[str, Any]) -> None:
    order["hook"] = "order-select"
    other = {"resourceType": "MedicationRequest", "id": "another", "status": "draft", "intent": "order"}
    order["context"]["draftOrders"]["entry"].append(
        {"resource": {**other, "medicationCodeableConcept": {"text": "Paracetamol 500 mg"}}}
    )
    order["context"]["selections"] = ["MedicationRequest/another"]
    assert service.client.post(SELECT, json=order).get_json() == {"cards": []}


def test_ids_that_are_no_uuid_and_very_long_are_tolerated(service: Running, order: dict[str, Any]) -> None:
    order["hookInstance"] = "a"
    order["context"]["draftOrders"]["entry"][0]["resource"]["id"] = "e" * 190 + ".-"
    order["context"]["unheardOf"] = {"x": [1]}
    order["unheardOf"] = 1
    assert len(service.client.post(SIGN, json=order).get_json()["cards"]) == 1


def test_orders_without_infliximab_get_an_empty_list(service: Running, order: dict[str, Any]) -> None:
    draft = order["context"]["draftOrders"]["entry"][0]["resource"]
    draft["medicationCodeableConcept"] = {"text": "Paracetamol 500 mg"}
    response = service.client.post(SIGN, json=order)
    assert response.status_code == 200
    assert response.get_json() == {"cards": []}


def test_an_order_for_another_disease_gets_no_card(service: Running, order: dict[str, Any]) -> None:
    draft = order["context"]["draftOrders"]["entry"][0]["resource"]
    colitis = {"system": "http://snomed.info/sct", "code": "64766004", "display": "Ulcerative colitis"}
    draft["reasonCode"] = [{"coding": [colitis]}]
    assert service.client.post(SIGN, json=order).get_json() == {"cards": []}
    (line,) = service.lines
    assert line["evaluated"] == [{"verdict": "not-applicable", "rule": "R-NA-1"}]


def test_an_opened_chart_of_another_disease_stays_quiet(service: Running, order: dict[str, Any]) -> None:
    order["hook"] = "patient-view"
    colitis = {"system": "http://snomed.info/sct", "code": "64766004", "display": "Ulcerative colitis"}
    for entry in order["prefetch"]["conditions"]["entry"]:
        entry["resource"]["code"] = {"coding": [colitis]}
    assert service.client.post(VIEW, json=order).get_json() == {"cards": []}


def test_a_missing_test_becomes_an_order_where_the_site_has_a_code(
    run: Callable[..., Running], order: dict[str, Any], repository: Any
) -> None:
    order["prefetch"]["laboratory"] = {"resourceType": "Bundle", "type": "searchset", "total": 0}
    service = run(site_path=repository / "deploy" / "site.example.toml")
    (card,) = service.client.post(SIGN, json=order).get_json()["cards"]
    created = [
        action for one in card["suggestions"] for action in one["actions"] if action["type"] == "create"
    ]
    assert [one["resource"]["code"]["coding"][0]["code"] for one in created] == ["LAB-IFX-PANEL"]
    (plain,) = run().client.post(SIGN, json=order).get_json()["cards"]
    assert "suggestions" not in plain


def test_an_intensified_order_is_offered_as_an_update_of_the_whole_draft(
    service: Running, order: dict[str, Any]
) -> None:
    draft = order["context"]["draftOrders"]["entry"][0]["resource"]
    (card,) = service.client.post(SIGN, json=order).get_json()["cards"]
    (action,) = card["suggestions"][0]["actions"]
    assert action["type"] == "update"
    changed = {key for key in draft if action["resource"].get(key) != draft[key]}
    assert changed == {"dosageInstruction"}


def test_a_card_points_to_the_public_address_of_the_service(
    run: Callable[..., Running], order: dict[str, Any]
) -> None:
    service = run(public_base_url="https://cds.example.org/tdm")
    (card,) = service.client.post(SIGN, json=order).get_json()["cards"]
    assert card["source"]["url"] == "https://cds.example.org/tdm/transparency"


def test_each_of_several_infliximab_orders_gets_a_card_that_names_it(
    service: Running, order: dict[str, Any]
) -> None:
    entries = order["context"]["draftOrders"]["entry"]
    second = json.loads(json.dumps(entries[0]))
    second["resource"]["id"] = "draft-2"
    second["resource"]["medicationCodeableConcept"]["text"] = "Remsima 100 mg"
    entries.append(second)
    cards = service.client.post(SIGN, json=order).get_json()["cards"]
    assert len(cards) == 2
    assert all(card["summary"].startswith("Order ") for card in cards)
    assert all("This request holds 2 infliximab orders" in card["detail"] for card in cards)
    assert len({card["uuid"] for card in cards}) == 2


def test_an_opened_chart_speaks_up_for_a_new_level(service: Running, order: dict[str, Any]) -> None:
    order["hook"] = "patient-view"
    del order["context"]["draftOrders"]
    assert len(service.client.post(VIEW, json=order).get_json()["cards"]) == 1


def test_an_opened_chart_without_infliximab_stays_quiet(service: Running, order: dict[str, Any]) -> None:
    order["hook"] = "patient-view"
    order["prefetch"] = {"patient": order["prefetch"]["patient"]}
    response = service.client.post(VIEW, json=order)
    assert (response.status_code, response.get_json()) == (200, {"cards": []})


@pytest.mark.parametrize("prefetch", [None, {}, {"patient": None, "laboratory": None}])
def test_an_opened_chart_without_any_data_is_412(service: Running, prefetch: Any) -> None:
    body = {"hook": "patient-view", "context": {"patientId": "1"}, "prefetch": prefetch}
    response = service.client.post(VIEW, json=body)
    assert (response.status_code, outcome_code(response)) == (412, "no-usable-data")


def test_a_request_without_a_patient_ends_in_a_card_that_says_so(
    service: Running, order: dict[str, Any]
) -> None:
    del order["context"]["patientId"]
    (card,) = service.client.post(SIGN, json=order).get_json()["cards"]
    assert card["extension"]["org.infliximab-cds.decision"]["verdict"] == "not-completed"


@pytest.mark.parametrize(
    ("method", "path", "kwargs", "status", "code"),
    [
        ("GET", "/nowhere", {}, 404, "unknown-path"),
        ("GET", "//cds-services", {}, 404, "unknown-path"),
        ("POST", "/cds-services/infliximab", {"data": b"{}"}, 404, "unknown-service"),
        ("POST", SIGN + "/feedback", {"data": b"{}"}, 400, "feedback-missing"),
        ("GET", SIGN, {}, 405, "method-not-allowed"),
        ("POST", "/cds-services", {"data": b"{}"}, 405, "method-not-allowed"),
        ("POST", SIGN, {"data": b"{"}, 400, "body-not-json"),
        ("POST", SIGN, {"data": b"{}"}, 400, "hook-missing"),
        ("POST", SIGN, {"data": b"x", "headers": {"Content-Encoding": "gzip"}}, 415, "body-encoded"),
    ],
)
def test_every_refusal_is_an_operation_outcome_with_cross_origin_headers(
    service: Running, method: str, path: str, kwargs: dict[str, Any], status: int, code: str
) -> None:
    kwargs = {**kwargs, "headers": {**kwargs.get("headers", {}), **ORIGIN}}
    response = service.client.open(path, method=method, **kwargs)
    assert (response.status_code, outcome_code(response)) == (status, code)
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_a_wrong_method_names_the_right_ones(service: Running) -> None:
    assert set(service.client.get(SIGN).headers["Allow"].split(", ")) == {"OPTIONS", "POST"}


def test_a_body_at_the_limit_is_read_and_one_byte_more_is_413(run: Callable[..., Running]) -> None:
    service = run(body_limit_bytes=1024)
    body = b'{"hook":"x"}'
    assert service.client.post(SIGN, data=body.ljust(1024)).status_code == 400
    response = service.client.post(SIGN, data=body.ljust(1025), headers=ORIGIN)
    assert (response.status_code, outcome_code(response)) == (413, "body-too-large")
    assert response.headers["Access-Control-Allow-Origin"] == "*"


def status_of(service: Running, stream: Any, **environ: Any) -> int:
    """The status for a body that is streamed as a server would, past the test client's own reading."""
    builder = EnvironBuilder(path=SIGN, method="POST")
    raw = {**builder.get_environ(), "wsgi.input": stream, **environ}
    statuses: list[str] = []
    answer = service.client.application.wsgi_app(raw, lambda status, *_: statuses.append(status))
    assert b"OperationOutcome" in b"".join(answer)
    return int(statuses[0][:3])


def test_a_body_without_a_length_is_cut_at_the_limit_too(run: Callable[..., Running]) -> None:
    service = run(body_limit_bytes=1024)
    environ = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}
    assert status_of(service, io.BytesIO(b"x" * 1025), **environ) == 413
    assert status_of(service, io.BytesIO(b"x" * 1024), **environ) == 400


class BrokenStream(io.RawIOBase):
    """A body that cannot be read to its end."""

    def __init__(self, failure: Exception) -> None:
        self.failure = failure

    def readable(self) -> bool:
        return True

    def readinto(self, _buffer: Any) -> int:
        raise self.failure


class HaltingStream(io.BytesIO):
    """A body that arrives byte by byte."""

    def read(self, _size: int | None = -1) -> bytes:
        return super().read(1)


def test_a_body_that_arrives_in_pieces_is_read_to_its_end(service: Running) -> None:
    body = b'{"hook":"patient-view"}'
    assert status_of(service, HaltingStream(body), CONTENT_LENGTH=str(len(body))) == 400
    assert [line["fault"] for line in service.lines] == ["hook-of-another-service"]


class InvalidChunkSizeError(Exception):
    """What one production server raises out of a read, derived from no kind that is known elsewhere."""


def test_a_body_that_breaks_off_is_the_client_s_fault(service: Running) -> None:
    assert status_of(service, BrokenStream(ConnectionResetError("SECRET")), CONTENT_LENGTH="10") == 400
    assert status_of(service, BrokenStream(InvalidChunkSizeError("SECRET")), CONTENT_LENGTH="10") == 400
    assert status_of(service, io.BytesIO(b"{"), CONTENT_LENGTH="10") == 400
    assert [line["fault"] for line in service.lines] == ["body-not-read"] * 3
    assert "SECRET" not in service.text


@pytest.mark.parametrize("path", ["/cds-services", SIGN, SIGN + "/feedback", "/nowhere"])
def test_a_preflight_is_answered_for_every_path(service: Running, path: str) -> None:
    response = service.client.options(
        path,
        headers={
            **ORIGIN,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
        },
    )
    assert response.status_code == 204
    assert response.headers["Access-Control-Allow-Origin"] in {"*", ORIGIN["Origin"]}
    assert "POST" in response.headers["Access-Control-Allow-Methods"]
    assert response.headers["Access-Control-Allow-Headers"].lower() == "authorization, content-type"
    assert "Access-Control-Allow-Credentials" not in response.headers


def test_only_the_configured_origins_may_read(run: Callable[..., Running]) -> None:
    service = run(cors_origins=("https://ehr.example",))
    allowed = service.client.get("/cds-services", headers={"Origin": "https://ehr.example"})
    assert allowed.headers["Access-Control-Allow-Origin"] == "https://ehr.example"
    refused = service.client.get("/cds-services", headers={"Origin": "https://ehr.example.evil"})
    assert "Access-Control-Allow-Origin" not in refused.headers


def test_a_hook_that_the_site_switched_off_is_unknown(run: Callable[..., Running], tmp_path: Any) -> None:
    site = tmp_path / "site.toml"
    site.write_text("[hooks]\norder-select = false\n")
    service = run(site_path=site)
    ids = [entry["id"] for entry in service.client.get("/cds-services").get_json()["services"]]
    assert ids == ["infliximab-tdm-patient-view", "infliximab-tdm-order-sign"]
    response = service.client.post(SELECT, json={})
    assert (response.status_code, outcome_code(response)) == (404, "unknown-service")


def test_an_unforeseen_failure_is_500_without_its_message(
    service: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("SECRET")

    monkeypatch.setattr("cds_service.hooks.parse_request", fail)
    response = service.client.post(SIGN, json={}, headers=ORIGIN)
    assert (response.status_code, outcome_code(response)) == (500, "internal")
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    (line,) = service.lines
    assert line["failed_at"].startswith("RuntimeError at cds_service/")
    assert "SECRET" not in service.text + response.get_data(as_text=True)


def test_every_fault_has_a_status_a_type_and_a_sentence() -> None:
    assert set(FAULTS) == set(Fault)
    for entry in FAULTS.values():
        assert 400 <= entry.status <= 503
        assert entry.text.endswith(".")


def test_transparency_names_knowledge_evidence_limits_and_intended_use(service: Running) -> None:
    body = service.client.get("/transparency").get_json()
    knowledge = service.services.knowledge
    assert body["knowledge"]["version"] == knowledge.version
    assert body["knowledge"]["contentHash"] == knowledge.content_hash
    assert {row["id"] for row in body["knowledge"]["evidence"]} == set(knowledge.evidence)
    assert set(body["knowledge"]["targets"]) == set(knowledge.targets)
    models = {model["id"]: model for model in body["knowledge"]["models"]}
    assert set(models) == set(knowledge.models)
    cited = {citation["id"] for citation in body["knowledge"]["citations"]}
    for identifier, model in models.items():
        known = knowledge.models[identifier]
        assert cited >= {*model["sources"], *model["accuracySources"]}
        assert (model["population"], model["accuracy"]) == (known.population, known.accuracy)
        assert (model["role"], model["routes"]) == (known.role, sorted(known.routes))
    assert "not been cleared as a medical device" in body["intendedUse"]
    assert len(body["limits"]) > 5


def test_two_apps_may_live_side_by_side(run: Callable[..., Running]) -> None:
    assert run(sandbox=True).client.get("/sandbox").status_code == 200
    assert run().client.get("/sandbox").status_code == 404


def test_warm_workers_can_freeze_what_is_loaded() -> None:
    before = gc.get_freeze_count()
    try:
        freeze_after_warm_up()
        assert gc.get_freeze_count() > before
    finally:
        gc.unfreeze()


def test_loading_twice_gives_the_same_knowledge() -> None:
    assert (
        load_services(Settings()).knowledge.content_hash == load_services(Settings()).knowledge.content_hash
    )
