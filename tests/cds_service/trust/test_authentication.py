"""Every route asks who calls, except those that are open on purpose; browsers can read the refusals."""

import pytest

from cds_service.authentication import authenticate_each_request
from cds_service.callers import current_caller
from cds_service.store.store import Store
from cds_service.trust.authenticator import ALWAYS_OPEN, UNAUTHENTICATED
from cds_service.trust.reasons import RefusalReason
from tests.cds_service.conftest import example
from tests.support.trust import BASE, FEEDBACK, PATH, claims, clients, plain_signer, trusting

ORIGIN = {"Origin": "https://ehr.clinic.example"}


def bearer(aud=None, **changes):
    token = plain_signer().sign(claims(**({"aud": BASE + aud} if aud else {}), **changes))
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def service(tmp_path):
    return trusting(tmp_path, cors_origins=("https://ehr.clinic.example",))


@pytest.mark.requirement("cds-hooks_2.0@177")
@pytest.mark.parametrize("path", ["/cds-services", "/cds-services/", "/transparency"])
def test_discovery_and_transparency_ask_unless_they_are_opened(tmp_path, service, path):
    assert service.client.get(path).status_code == 401
    assert service.client.head(path).status_code == 401
    assert service.client.get(path, headers=bearer(path.rstrip("/"))).status_code == 200
    opened = trusting(
        tmp_path, {"service": {"open_discovery": True, "open_transparency": True}, "client": clients()}
    )
    assert opened.client.get(path).status_code == 200
    assert opened.post(None, example()).status_code == 401


def test_opening_one_route_opens_no_other(tmp_path):
    opened = trusting(tmp_path, {"service": {"open_discovery": True}, "client": clients()})
    assert opened.client.get("/cds-services").status_code == 200
    assert opened.client.get("/transparency").status_code == 401


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_another_method_gives_no_way_around(service, method):
    response = service.client.open(PATH, method=method)
    assert response.status_code in {401, 405}
    assert "cards" not in response.get_data(as_text=True)


def test_what_does_not_exist_is_unknown_to_everybody(service):
    assert service.client.get("/nowhere").status_code == 404
    assert service.client.get("/sandbox").status_code == 404
    assert service.counted == {}


def test_a_service_that_does_not_exist_is_told_only_to_a_known_caller(service):
    path = "/cds-services/unheard-of"
    assert service.client.post(path, json={}).status_code == 401
    assert service.client.post(path, json={}, headers=bearer(path)).status_code == 404


def test_routes_of_operators_are_open_and_every_other_route_asks_as_soon_as_it_exists(service):
    app = service.client.application
    app.add_url_rule("/internal/anything", endpoint="anything", view_func=lambda: "here")
    answers = {route: service.client.get(route).status_code for route in ALWAYS_OPEN}
    assert answers == {"/livez": 200, "/readyz": 503, "/metrics": 200}  # not warmed up here
    assert service.client.get("/internal/anything").status_code == 401
    assert service.client.post(f"{PATH}/feedback").status_code == 401


@pytest.mark.parametrize("aud", [f"{PATH}/feedback", PATH, f"{PATH}/feedback/"])
def test_feedback_may_be_sent_with_its_own_address_or_its_service_s(service, aud, monkeypatch):
    kept = []
    monkeypatch.setattr(Store, "keep_feedback", lambda _self, call: not kept.append(call))
    response = service.client.post(f"{PATH}/feedback", json=FEEDBACK, headers=bearer(aud))
    assert (response.status_code, [call.client for call in kept]) == (200, ["clinic"])
    assert service.client.post(f"{PATH}/feedback", headers=bearer("/cds-services")).status_code == 401


def test_the_body_of_a_stranger_is_not_read(service):
    response = service.client.post(PATH, data=b"{" * 100, environ_overrides={"CONTENT_LENGTH": "99999999999"})
    assert response.status_code == 401


def test_browsers_may_read_a_refusal_and_ask_before_they_send(service):
    refused = service.client.post(PATH, json={}, headers=ORIGIN)
    assert refused.status_code == 401
    assert refused.headers["Access-Control-Allow-Origin"] == ORIGIN["Origin"]
    assert refused.get_json()["resourceType"] == "OperationOutcome"
    asked = service.client.options(PATH, headers={**ORIGIN, "Access-Control-Request-Method": "POST"})
    assert asked.status_code == 204
    assert asked.headers["Access-Control-Allow-Origin"] == ORIGIN["Origin"]
    stranger = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    assert "Access-Control-Allow-Origin" not in service.client.options(PATH, headers=stranger).headers


def test_without_configured_origins_no_browser_may_read(tmp_path):
    service = trusting(tmp_path)
    response = service.client.post(PATH, json={}, headers=ORIGIN)
    assert "Access-Control-Allow-Origin" not in response.headers


def test_the_caller_is_the_client_its_tenant_and_what_it_may_name(service):
    app = service.client.application
    app.add_url_rule("/who", endpoint="who", view_func=lambda: repr(current_caller()))
    body = service.client.get("/who", headers=bearer("/who")).get_data(as_text=True)
    bases = "fhir_bases=('https://ehr.clinic.example/fhir',)"
    assert body == f"Caller(client='clinic', tenant='', {bases}, names_any=False)"


def test_a_host_header_changes_nothing(service):
    headers = {**bearer(aud=PATH), "Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    assert service.client.post(PATH, json=example(), headers=headers).status_code != 401
    token = plain_signer().sign(claims(aud=f"https://evil.example{PATH}"))
    headers = {"Authorization": f"Bearer {token}", "Host": "evil.example"}
    assert service.client.post(PATH, json=example(), headers=headers).status_code == 401


def test_believing_everybody_counts_nothing_and_names_the_sandbox():
    assert UNAUTHENTICATED.caller([], "/any").client == "sandbox"
    assert UNAUTHENTICATED.is_open("/livez")
    assert not UNAUTHENTICATED.is_open("/cds-services")
    UNAUTHENTICATED.refused(RefusalReason.EXPIRED)
    assert authenticate_each_request.__doc__
