"""The log: one line per request, codes and counts; no identifier, no clinical value, no text of a record."""

import json
from typing import Any

import pytest

from cds_service.log import where_it_failed
from cds_service.sandbox.dates import expand
from tests.cds_service.conftest import SIGN, VIEW, Running

CANARY = "CANARY-4711"
SECRET_NUMBER = 7.654321


def with_canaries(value: Any) -> Any:
    """Return a copy of a request in which every id, name, text and code of the record is a canary."""
    if isinstance(value, dict):
        return {
            key: CANARY
            if key in {"id", "display", "text", "value", "reference", "patientId", "userId", "encounterId"}
            and isinstance(child, str)
            else with_canaries(child)
            for key, child in value.items()
        }
    if isinstance(value, list):
        return [with_canaries(child) for child in value]
    return SECRET_NUMBER if isinstance(value, float) else value


def test_one_line_per_request_with_codes_and_counts(service: Running, order: dict[str, Any]) -> None:
    service.client.post(SIGN, json=order)
    (line,) = service.lines
    assert line["event"] == "request"
    assert line["endpoint"] == "hooks.service"
    assert line["service"] == "infliximab-tdm-order-sign"
    assert (line["status"], line["method"], line["cards"]) == (200, "POST", 1)
    assert line["evaluated"][0]["verdict"] == "intensify"
    assert line["evaluated"][0]["rule"] == "R-PK-1"
    assert line["prefetch"]["laboratory"] == "prefetched"
    assert line["resources"] > 20
    assert line["duration_ms"] >= 0
    assert line["knowledge"] == service.services.knowledge.version


def test_no_canary_of_a_record_reaches_the_log(service: Running, order: dict[str, Any]) -> None:
    order["hookInstance"] = CANARY
    order["fhirServer"] = f"https://{CANARY}.example/fhir"
    order["fhirAuthorization"] = {"access_token": CANARY}
    order["prefetch"][CANARY] = None
    dirty = with_canaries(order)
    dirty["context"]["draftOrders"] = order["context"]["draftOrders"]
    assert service.client.post(SIGN, json=dirty).status_code == 200
    assert service.client.post(SIGN, json=order).status_code == 200
    assert len(service.lines) == 2
    assert CANARY not in service.text
    assert str(SECRET_NUMBER) not in service.text
    assert "synthetic" not in service.text
    assert "1.8" not in "".join(json.dumps(line["evaluated"]) for line in service.lines)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", f"/{CANARY}?patient={CANARY}", b""),
        ("POST", f"/cds-services/{CANARY}", b"{}"),
        ("POST", SIGN, b'{"hook":"CANARY-4711"}'),
        ("POST", SIGN, b'{"hook":"order-sign","context":"CANARY-4711'),
        ("POST", VIEW, b'{"hook":"patient-view","context":{"patientId":"CANARY-4711"}}'),
        ("CANARY-4711", SIGN, b""),
    ],
)
def test_no_canary_of_a_refused_request_reaches_log_or_answer(
    service: Running, method: str, path: str, body: bytes
) -> None:
    response = service.client.open(
        path, method=method, data=body, headers={"Authorization": f"Bearer {CANARY}"}
    )
    assert response.status_code >= 400
    assert len(service.lines) == 1
    assert CANARY not in service.text
    assert CANARY not in response.get_data(as_text=True) + str(response.headers)


def test_a_place_of_failure_names_our_own_code_without_the_message() -> None:
    try:
        expand("${x}", today=None, zone=None)  # type: ignore[arg-type]
    except ValueError as error:
        place = where_it_failed(error)
    assert place.startswith("ValueError at cds_service/sandbox/dates.py:")
    assert where_it_failed(KeyError(CANARY)) == "KeyError"
