"""The FHIR server that the other tests stand on: what it must be able to do for them to mean anything."""

import json

import pytest

from tests.e2e.fhir_server import LOCK, NODE, ask, batch_of, fhir_server, forget, load, running

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]

TOKEN = "right-token"  # noqa: S105 (opens a server of this test)
LABORATORY = {
    "coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"}]
}


def observation(identifier, patient, code):
    return {
        "resourceType": "Observation",
        "id": identifier,
        "status": "final",
        "category": [LABORATORY],
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "subject": {"reference": f"Patient/{patient}"},
    }


@pytest.fixture(scope="module")
def base(medplum):
    with fhir_server() as address:
        for patient in ("searched", "other"):
            resources = [{"resourceType": "Patient", "id": patient}]
            resources += [observation(f"{number}", patient, "39803-2") for number in range(3)]
            resources.append(observation("weight", patient, "29463-7"))
            load(address, batch_of(patient, resources))
        yield address


def found(base, query):
    status, bundle = ask(f"{base}/{query}")
    assert status == 200
    assert bundle["type"] == "searchset"
    return [entry["resource"] for entry in bundle.get("entry", [])], bundle


def test_a_search_by_bare_patient_id_finds_that_patients_resources_only(base):
    """A release before 5 answers such a search with nothing, which would make every other test here empty."""
    resources, _ = found(base, "Observation?patient=searched")
    assert len(resources) == 4
    assert {one["subject"]["reference"] for one in resources} == {"Patient/searched"}


def test_it_searches_by_category_and_code_and_counts(base):
    assert len(found(base, "Observation?patient=searched&category=laboratory")[0]) == 4
    assert found(base, "Observation?patient=searched&category=survey")[0] == []
    assert len(found(base, "Observation?patient=searched&code=http://loinc.org|29463-7")[0]) == 1
    page, bundle = found(base, "Observation?patient=searched&_count=2")
    assert len(page) == 2
    assert bundle["total"] == 4


def test_it_reads_and_says_what_is_not_there(base):
    assert ask(f"{base}/Patient/searched")[1]["id"] == "searched"
    assert ask(f"{base}/Patient/nobody")[0] == 404
    assert ask(f"{base}/NoSuchType?patient=x")[0] == 404
    assert ask(base.removesuffix("/fhir/R4") + "/")[0] == 404


def test_with_a_token_nobody_else_is_answered(medplum):
    with fhir_server(token=TOKEN) as base:
        assert ask(f"{base}/Patient")[0] == 401
        assert ask(f"{base}/Patient", token=TOKEN[:-1])[0] == 401
        assert ask(f"{base}/Patient", token=TOKEN)[0] == 200


def test_it_forgets_everything_when_told_so_outside_fhir(medplum):
    with fhir_server() as base:
        load(base, batch_of("p", [{"resourceType": "Patient", "id": "p"}]))
        forget(base)
        assert ask(f"{base}/Patient/p")[0] == 404


def test_it_ends_with_its_parent(medplum):
    with running("server.mjs") as process:
        assert process.stdout.readline()
    assert process.returncode == 0


def test_every_package_is_locked_with_its_hash_and_node_is_the_wheels(repository):
    packages = json.loads(LOCK.read_text(encoding="utf-8"))["packages"]
    assert {
        name: packages[f"node_modules/@medplum/{name}"]["version"]
        for name in ("core", "definitions", "fhir-router")
    } == dict.fromkeys(("core", "definitions", "fhir-router"), "5.2.13")
    for name, package in packages.items():
        if name:
            assert package["integrity"].startswith("sha512-"), name
    assert NODE.is_file()
    assert "node_modules/" in (repository / ".gitignore").read_text(encoding="utf-8").splitlines()
