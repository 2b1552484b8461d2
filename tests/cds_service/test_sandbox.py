"""Sandbox mode: this machine only, synthetic patients, the same answer on every day of the year."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.evaluate import evaluate
from cds_service.render import render_json
from cds_service.request import Hook, parse_request
from cds_service.sandbox.patients import ExamplePatient, example_patient, example_patients
from cds_service.settings import Settings
from tests.cds_service.conftest import SIGN, Running, loaded

SLUGS = [patient.slug for patient in example_patients()]
FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def sandbox(run: Callable[..., Running]) -> Running:
    return run(sandbox=True)


def test_there_are_six_patients_with_stories_and_every_kind_of_answer() -> None:
    assert len(SLUGS) == len(set(SLUGS)) == 6
    assert {patient.expected_verdict for patient in example_patients()} == {
        "intensify",
        "switch",
        "continue",
        "assess",
    }
    assert all(patient.title and patient.story for patient in example_patients())


def test_the_list_names_every_patient_and_where_its_request_is(sandbox: Running) -> None:
    listed = sandbox.client.get("/sandbox").get_json()["patients"]
    assert [entry["slug"] for entry in listed] == SLUGS
    for entry in listed:
        assert sandbox.client.get(entry["request"]).get_json()["hook"] == "order-sign"


@pytest.mark.parametrize("slug", SLUGS)
def test_a_request_fetched_from_the_sandbox_gets_the_verdict_of_its_story(
    sandbox: Running, slug: str
) -> None:
    body = sandbox.client.get(f"/sandbox/requests/{slug}").get_data()
    (card,) = sandbox.client.post(SIGN, data=body).get_json()["cards"]
    patient = example_patient(slug)
    assert patient is not None
    assert card["extension"]["org.infliximab-cds.decision"]["verdict"] == patient.expected_verdict


def verdict_at(patient: ExamplePatient, at: datetime, zone: ZoneInfo) -> str:
    services = replace(loaded(Settings()), clock=lambda: at, zone=zone)
    now = services.now()
    body = render_json(patient.request(today=now.day, zone=zone))
    (card,) = evaluate(parse_request(body, Hook.ORDER_SIGN), services, now)
    verdict: str = card["extension"]["org.infliximab-cds.decision"]["verdict"]
    return verdict


@given(
    st.sampled_from(SLUGS),
    st.integers(0, 365),
    st.integers(0, 24 * 60 - 1),
    st.sampled_from(["UTC", "Europe/Vienna", "Pacific/Auckland", "America/New_York", "Asia/Kathmandu"]),
)
def test_an_example_patient_never_grows_old(slug: str, day: int, minute: int, zone: str) -> None:
    patient = example_patient(slug)
    assert patient is not None
    at = FIRST_DAY + timedelta(days=day, minutes=minute)
    assert verdict_at(patient, at, ZoneInfo(zone)) == patient.expected_verdict


def test_an_unknown_patient_is_404(sandbox: Running) -> None:
    assert sandbox.client.get("/sandbox/requests/nobody").status_code == 404
    assert example_patient("nobody") is None


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1", "127.0.0.1:8000", "[::1]:8000"])
@pytest.mark.parametrize("path", ["/sandbox", "/cds-services"])
def test_loopback_is_answered(sandbox: Running, host: str, path: str) -> None:
    assert sandbox.client.get(path, headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("evil.example", "127.0.0.1"),
        ("evil.example:8000", "127.0.0.1"),
        ("localhost.evil.example", "127.0.0.1"),
        ("127.0.0.1.nip.io", "127.0.0.1"),
        ("192.168.1.5:8000", "127.0.0.1"),
        ("localhost", "192.168.1.5"),
        ("localhost", "::2"),
        ("localhost", ""),
    ],
)
@pytest.mark.parametrize("path", ["/sandbox", "/cds-services", "/transparency", "/nowhere"])
def test_any_other_machine_or_name_is_refused_everywhere(
    sandbox: Running, host: str, address: str, path: str
) -> None:
    response = sandbox.client.get(path, headers={"Host": host}, environ_overrides={"REMOTE_ADDR": address})
    assert response.status_code == 403
    assert response.get_json()["issue"][0]["diagnostics"] == "not-loopback"


def test_outside_sandbox_mode_there_are_no_patients_and_no_such_guard(service: Running) -> None:
    assert service.client.get("/sandbox").status_code == 404
    kwargs: dict[str, Any] = {
        "headers": {"Host": "cds.example.org"},
        "environ_overrides": {"REMOTE_ADDR": "10.0.0.1"},
    }
    assert service.client.get("/cds-services", **kwargs).status_code == 200
