"""The running sandbox, pointed at a real FHIR server: what is not prefetched is fetched from there.

Everything goes over HTTP and by the command line, as a newcomer would do it.
"""

import os
import re
import subprocess
import sys
from contextlib import contextmanager

import pytest

from cds_service.sandbox.patients import example_patients
from tests.e2e.fhir_server import ask, batch_of, fhir_server, forget, load, unbundled

pytestmark = [
    pytest.mark.enable_socket,
    pytest.mark.allow_hosts(["127.0.0.1"]),
]

SLUGS = [patient.slug for patient in example_patients()]
SERVICE = "cds-services/infliximab-tdm-order-sign"


@contextmanager
def sandbox(*arguments):
    process = subprocess.Popen(
        [sys.executable, "-m", "cds_service", "sandbox", "--port", "0", *arguments],
        env={name: value for name, value in os.environ.items() if not name.startswith("INFLIXIMAB_CDS_")},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        for line in process.stdout:
            if found := re.match(r"Discovery: +(http://127\.0\.0\.1:[0-9]+)/cds-services", line):
                break
        else:
            pytest.fail("the sandbox did not start")
        for line in process.stdout:  # it prints a card before it listens to others
            if line.startswith("Stop with"):
                break
        yield found[1]
    finally:
        process.terminate()
        process.communicate(timeout=20)


@pytest.fixture(scope="module")
def server(medplum):
    with fhir_server() as base:
        yield base


@pytest.fixture(scope="module")
def pointed_at_it(server, tmp_path_factory):
    """The sandbox, more patient than a clinician: the machine that tests may be busy with other tests."""
    site = tmp_path_factory.mktemp("site") / "site.toml"
    site.write_text("[fhir]\nfetch_budget_ms = 8000\nanswer_budget_ms = 10000\n", encoding="utf-8")
    with sandbox("--fhir-base", server, "--site", str(site)) as base:
        yield base


def without_prefetch(sandbox_base, server, slug):
    """The example order as sent by a client that prefetches nothing; its record is on the server."""
    status, request = ask(f"{sandbox_base}/sandbox/requests/{slug}")
    assert status == 200
    forget(server)
    load(server, batch_of(request["context"]["patientId"], unbundled(request.pop("prefetch"))))
    return {**request, "fhirServer": server}


def verdict(card):
    return card["extension"]["org.infliximab-cds.decision"]["verdict"]


@pytest.mark.parametrize("patient", example_patients(), ids=SLUGS)
def test_an_order_without_prefetch_is_decided_by_what_the_server_has(patient, server, pointed_at_it):
    request = without_prefetch(pointed_at_it, server, patient.slug)
    status, answer = ask(f"{pointed_at_it}/{SERVICE}", request)
    assert status == 200
    (card,) = answer["cards"]
    assert verdict(card) == patient.expected_verdict
    assert "not provided" not in card["detail"]


def test_a_key_that_the_client_left_out_is_fetched_beside_what_it_sent(server, pointed_at_it):
    _, whole = ask(f"{pointed_at_it}/sandbox/requests/adult-loss-of-response")
    request = without_prefetch(pointed_at_it, server, "adult-loss-of-response")
    request["prefetch"] = {key: value for key, value in whole["prefetch"].items() if key != "laboratory"}
    (card,) = ask(f"{pointed_at_it}/{SERVICE}", request)[1]["cards"]
    assert verdict(card) == "intensify"
    assert "1.8" in card["summary"]


def test_a_server_that_was_not_configured_is_not_asked(server, pointed_at_it, medplum):
    with fhir_server() as stranger:
        request = without_prefetch(pointed_at_it, stranger, "adult-loss-of-response")
        (card,) = ask(f"{pointed_at_it}/{SERVICE}", request)[1]["cards"]
    assert verdict(card) != "intensify"
    assert "1.8" not in card["summary"]
