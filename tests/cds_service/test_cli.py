"""The command line: what it prints, and its exit codes."""

import json
import socket
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cds_service.callers import current_caller
from cds_service.cli import main
from cds_service.sandbox.patients import ExamplePatient, example_patients
from cds_service.settings import Settings
from tests.cds_service.conftest import example, loaded
from tests.support.story import VIGNETTES
from tests.support.trust import write_trust

sandbox_module = import_module("cds_service.cli.sandbox")


def invoke(*arguments: str, text: bytes | None = None, **environment: str) -> Result:
    return CliRunner(env={"COLUMNS": "120", **environment}).invoke(main, list(arguments), input=text)


@pytest.fixture
def request_file(tmp_path: Path) -> Path:
    path = tmp_path / "request.json"
    path.write_text(json.dumps(example()), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "command", ["sandbox", "serve", "explain", "forecast", "inspect", "discovery", "check-config"]
)
def test_every_command_explains_itself_with_examples(command: str) -> None:
    result = invoke(command, "--help")
    assert result.exit_code == 0
    assert "Example" in result.output
    assert f"infliximab-cds {command}" in result.output


def test_the_command_itself_lists_its_exit_codes() -> None:
    result = invoke("--help")
    assert result.exit_code == 0
    assert "Exit codes" in result.output
    assert invoke("--version").output.startswith("main, version") or "version" in invoke("--version").output


def test_discovery_prints_the_document() -> None:
    result = invoke("discovery")
    assert result.exit_code == 0
    assert len(json.loads(result.output)["services"]) == 3


def test_explain_prints_facts_rule_neighbours_options_and_card(request_file: Path) -> None:
    result = invoke("explain", str(request_file), "--as-of", "2026-03-09")
    assert result.exit_code == 0, result.output
    for words in (
        "Facts used",
        "Rule that fired",
        "R-PK-1: intensify",
        "Neighbouring rules",
        "Options",
        "1.8",
    ):
        assert words in result.output


def test_explain_writes_micrograms_as_the_card_does_and_says_all_that_was_read_on_accuracy() -> None:
    path = VIGNETTES / "trap-two-levels-hours-apart-same-class" / "request.json"
    result = invoke("explain", str(path), "--as-of", "2026-06-15", COLUMNS="400")
    assert result.exit_code == 0, result.output
    assert "ug/mL" not in result.output
    assert result.output.count("2.1 µg/mL") >= 3  # fact, issue, card
    assert (
        "30 % too high without levels in 57 Korean children, no check in adults read; relative RMSE 150 %."
        in (result.output)
    )


def test_explain_prints_the_same_as_json(request_file: Path) -> None:
    result = invoke("explain", str(request_file), "--as-of", "2026-03-09T23:00:00+00:00", "--json")
    assert result.exit_code == 0, result.output
    document = json.loads(result.output)
    (entry,) = document["evaluated"]
    assert document["day"] == "2026-03-09"
    assert (entry["verdict"], entry["rule"]["id"]) == ("intensify", "R-PK-1")
    assert entry["rule"]["text"]
    assert entry["neighbours"]
    assert entry["facts"]["levels"]
    assert entry["assessment"]["last_dose"]
    assert "history" not in entry["assessment"]  # it stands among the facts
    assert entry["card"]["extension"]["org.infliximab-cds.decision"]["rule"] == "R-PK-1"


def test_explain_reads_standard_input(request_file: Path) -> None:
    result = invoke("explain", "-", "--as-of", "2026-03-09", text=request_file.read_bytes())
    assert result.exit_code == 0
    assert "R-PK-1" in result.output


def test_explain_moves_with_the_day_it_is_asked_for(request_file: Path) -> None:
    result = invoke("explain", str(request_file), "--as-of", "2026-12-09", "--json")
    (entry,) = json.loads(result.output)["evaluated"]
    assert entry["verdict"] == "assess"


@pytest.mark.parametrize(
    "as_of", ["yesterday", "2026-13-01", "2026-03-09T08:00:00", "20260309", "2026-03-09x"]
)
def test_explain_refuses_a_date_that_is_not_clear(request_file: Path, as_of: str) -> None:
    result = invoke("explain", str(request_file), "--as-of", as_of)
    assert result.exit_code == 2
    assert "--as-of" in result.output


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "not the body of a CDS Hooks request"),
        (b"[]", "not the body of a CDS Hooks request"),
        (b'{"hook":"order-dispatch"}', "order-sign"),
        (b'{"hook":"order-sign"}', "context-missing"),
        (b'{"hook":"patient-view","context":{"patientId":"1"}}', "412"),
    ],
)
def test_explain_says_what_is_wrong_with_a_file(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(content)
    result = invoke("explain", str(path))
    assert result.exit_code == 3
    assert words in result.output


def test_explain_names_a_file_that_is_missing(tmp_path: Path) -> None:
    result = invoke("explain", str(tmp_path / "nowhere.json"))
    assert result.exit_code == 3
    assert "nowhere.json" in result.output


def test_explain_of_orders_without_infliximab_says_so(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"hook": "order-sign", "context": {"patientId": "1", "draftOrders": {}}}))
    result = invoke("explain", str(path))
    assert result.exit_code == 0
    assert "No infliximab order" in result.output


def test_explain_ends_with_its_own_code_when_the_check_was_not_completed(
    request_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ValueError

    monkeypatch.setattr("cds_service.evaluate.decide", fail)
    result = invoke("explain", str(request_file))
    assert result.exit_code == 5
    assert "E-INTERNAL-1" in result.output


@pytest.mark.parametrize("patient", example_patients(), ids=lambda patient: patient.slug)
def test_explain_gives_a_reason_for_every_example_patient(tmp_path: Path, patient: ExamplePatient) -> None:
    path = tmp_path / "request.json"
    path.write_text(json.dumps(example(patient.slug)))
    result = invoke("explain", str(path), "--as-of", "2026-03-09")
    assert result.exit_code == 0, result.output
    assert f": {patient.expected_verdict}" in result.output
    document = json.loads(invoke("explain", str(path), "--as-of", "2026-03-09", "--json").output)
    assert document["evaluated"][0]["rule"]["text"]


def explained(path: Path, *options: str) -> str:
    result = invoke("explain", str(path), "--as-of", "2026-03-09", *options)
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


def test_explain_proves_what_the_buttons_carry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "request.json"
    request = example()
    path.write_text(json.dumps(request))
    assert "weeks: proven valid FHIR R4B" in explained(path)
    (proof,) = json.loads(explained(path, "--json"))["evaluated"][0]["proofs"]
    assert (proof["validR4B"], proof["orderWasValid"]) == (True, True)
    request["context"]["draftOrders"]["entry"][0]["resource"]["unheard"] = 1
    path.write_text(json.dumps(request))
    assert "not valid FHIR R4B, as the order was not when it came" in explained(path)
    answers = iter((True, False))  # the order as it came, then as changed
    monkeypatch.setattr("cds_service.explanation.is_valid", lambda _: next(answers))
    assert explained(path).endswith("weeks: not valid FHIR R4B")


def test_explain_shows_both_readings_where_the_age_is_unknown_and_a_gate_that_decides(tmp_path: Path) -> None:
    request = example()
    request["prefetch"]["patient"].pop("birthDate")
    path = tmp_path / "request.json"
    path.write_text(json.dumps(request))
    assert "Readings that the data allow" in invoke("explain", str(path), "--as-of", "2026-03-09").output
    allergy = {
        "resourceType": "AllergyIntolerance",
        "id": "a",
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "code": {"text": "infliximab"},
        "criticality": "high",
        "patient": {"reference": f"Patient/{request['context']['patientId']}"},
        "reaction": [{"manifestation": [{"text": "Anaphylaxis"}], "severity": "severe"}],
    }
    request["prefetch"]["allergies"] = {"resourceType": "Bundle", "entry": [{"resource": allergy}]}
    path.write_text(json.dumps(request))
    result = invoke("explain", str(path), "--as-of", "2026-03-09")
    assert "S-HSR (decides)" in result.output
    assert "S-HSR: hold" in result.output


def test_explain_of_a_quiet_chart_says_that_there_is_nothing_to_say(tmp_path: Path) -> None:
    request = example()
    body = {"hook": "patient-view", "context": {"patientId": request["context"]["patientId"]}}
    path = tmp_path / "request.json"
    path.write_text(json.dumps({**body, "prefetch": {"patient": request["prefetch"]["patient"]}}))
    result = invoke("explain", str(path))
    assert result.exit_code == 0
    assert "the chart" in result.output
    assert "No card" in result.output


def test_check_config_prints_what_is_in_force_and_what_differs(repository: Path) -> None:
    result = invoke("check-config", "--site", str(repository / "deploy" / "site.example.toml"))
    assert result.exit_code == 0
    for words in (
        "time_zone: Europe/Vienna",
        "infliximab-tdm-patient-view: off",
        "proactive_adult: off",
        "policy.proactive_adult: true -> false",
        "targets.adult-maintenance-otherwise.act_below: 3 -> 3.5",
        "Head of gastroenterology, 2026-11-01",
        "hooks.patient-view: on -> off",
        "codes.infliximab-level: + urn:oid:1.2.276.0.76.3.1.999.1|IFXT Infliximab trough",
        "laboratory_orders.ati: + urn:oid:1.2.276.0.76.3.1.999.2|LAB-IFX-AB",
    ):
        assert words in result.output


def test_check_config_without_a_site_differs_in_nothing() -> None:
    result = invoke("check-config")
    assert result.exit_code == 0
    assert "Differences from the defaults: none" in result.output


PUBLIC = {"INFLIXIMAB_CDS_PUBLIC_BASE_URL": "https://cds.example.org/tdm"}


def test_check_config_prints_who_is_believed(tmp_path: Path) -> None:
    result = invoke("check-config", "--trust", str(write_trust(tmp_path)), **PUBLIC)
    assert result.exit_code == 0
    for words in (
        "trust client epic:",
        "subjects: 3f1c2a7e-client",
        "  tenant tenant-b: https://fhir.oracle.example/r4/tenant-b",
        "keys: plain-1, plain-rsa",
        "keys: https://keys.oracle.example/cds-hooks/jwks.json",
        "lifetime_cap_seconds: 1800",
    ):
        assert words in result.output
    document = invoke("check-config", "--json", INFLIXIMAB_CDS_TRUST=str(tmp_path / "trust.toml"), **PUBLIC)
    assert set(json.loads(document.output)["effective"]["trust"]["clients"]) == {
        "epic",
        "oracle-a",
        "oracle-b",
        "clinic",
    }


def test_check_config_says_that_nobody_is_believed_and_refuses_what_is_unsafe(tmp_path: Path) -> None:
    assert "refuses to start without a trust file" in invoke("check-config").output
    path = write_trust(tmp_path, {"client": []})
    result = invoke("check-config", "--trust", str(path), **PUBLIC)
    assert result.exit_code == 4
    assert "client: must list at least one client [no-client]" in result.output


def test_commands_that_believe_nobody_do_not_read_the_trust_file(request_file: Path, tmp_path: Path) -> None:
    nowhere = {"INFLIXIMAB_CDS_TRUST": str(tmp_path / "nowhere.toml")}
    assert invoke("discovery", **nowhere).exit_code == 0
    assert invoke("explain", str(request_file), "--as-of", "2026-03-09", **nowhere).exit_code == 0
    assert invoke("check-config", **nowhere).exit_code == 4


def test_the_sandbox_does_not_start_beside_a_trust_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox_module, "make_server", lambda *_, **__: FakeServer())
    result = invoke("sandbox", INFLIXIMAB_CDS_TRUST=str(write_trust(tmp_path)))
    assert result.exit_code == 4
    assert "sandbox-with-trust" in result.output


def test_check_config_as_json_holds_targets_and_assays(repository: Path) -> None:
    result = invoke("check-config", "--site", str(repository / "deploy" / "site.example.toml"), "--json")
    effective = json.loads(result.output)["effective"]
    assert effective["targets"]["adult-maintenance-otherwise"]["act_below_ug_ml"] == 3.5
    assert any(assay["id"] == "own-elisa" for assay in effective["assays"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("time_zon = 'UTC'\n", "did you mean time_zone?"),
        ("[policy.proactive_adlt]\nvalue = true\n", "did you mean 'proactive_adult'"),
        ("[[codes.infliximab-levl]]\nsystem = 'x'\ncode = '1'\n", "did you mean infliximab-level"),
        ("time_zone = 'Mars/Base'\n", "Mars/Base"),
    ],
)
def test_a_refused_configuration_has_its_own_exit_code_and_names_the_key(
    tmp_path: Path, text: str, words: str
) -> None:
    path = tmp_path / "site.toml"
    path.write_text(text)
    result = invoke("check-config", "--site", str(path))
    assert result.exit_code == 4
    assert words in result.output


def test_a_misspelt_variable_is_refused_by_every_command() -> None:
    result = invoke("discovery", INFLIXIMAB_CDS_SIET="x")
    assert result.exit_code == 4
    assert "did you mean INFLIXIMAB_CDS_SITE" in result.output


def test_the_site_may_come_from_the_environment(repository: Path) -> None:
    result = invoke("discovery", INFLIXIMAB_CDS_SITE=str(repository / "deploy" / "site.example.toml"))
    assert len(json.loads(result.output)["services"]) == 2


class FakeServer:
    """Stands in for a listening server: nothing is bound in these tests."""

    port = 8123

    def __init__(self) -> None:
        self.closed = False
        self.app: Any = None

    def serve_forever(self) -> None:
        raise KeyboardInterrupt

    def server_close(self) -> None:
        self.closed = True


def test_the_sandbox_says_what_it_is_and_what_to_do_next(monkeypatch: pytest.MonkeyPatch) -> None:
    server = FakeServer()
    bound: list[Any] = []
    warmed: list[Any] = []

    def make_server(*arguments: Any, **_: Any) -> FakeServer:
        bound.append(arguments)
        return server

    monkeypatch.setattr(sandbox_module, "make_server", make_server)
    monkeypatch.setattr(sandbox_module, "warm_up", warmed.append)
    result = invoke("sandbox", "--port", "8123")
    assert result.exit_code == 0, result.output
    assert bound[0][:2] == ("127.0.0.1", 8123)
    assert len(warmed) == 1
    assert server.closed
    assert "SANDBOX MODE" in result.output
    assert "http://127.0.0.1:8123/cds-services" in result.output
    assert result.output.count("| curl -s -H 'Content-Type: application/json' -d @- ") == 6
    assert "intensify" in result.output
    assert "Stopped." in result.output


def test_the_sandbox_lets_requests_name_the_fhir_servers_of_its_options(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = FakeServer()
    monkeypatch.setattr(sandbox_module, "make_server", lambda *_, **__: server)
    monkeypatch.setattr(sandbox_module, "warm_up", lambda _: None)
    bases = ("http://127.0.0.1:8103/fhir/R4", "http://localhost:8080/fhir")
    result = invoke("sandbox", "--fhir-base", bases[0], "--fhir-base", bases[1])
    assert result.exit_code == 0, result.output
    with server.app.test_request_context("/cds-services", environ_base={"REMOTE_ADDR": "127.0.0.1"}):
        server.app.preprocess_request()
        assert current_caller().fhir_bases == bases
    refused = invoke("sandbox", "--fhir-base", "https://ehr.example/fhir")
    assert refused.exit_code == 4
    assert "must be on this machine" in refused.output


@pytest.mark.parametrize("failure", [OSError("in use"), SystemExit(1)])
def test_a_taken_port_has_its_own_exit_code(monkeypatch: pytest.MonkeyPatch, failure: BaseException) -> None:
    def make_server(*_: Any, **__: Any) -> None:
        raise failure

    monkeypatch.setattr(sandbox_module, "make_server", make_server)
    result = invoke("sandbox", "--port", "8124")
    assert result.exit_code == 6
    assert "--port 8125" in result.output


def test_the_sandbox_s_server_writes_nothing_of_what_was_sent(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    client, served = socket.socketpair()
    with client, served:
        client.sendall(b"GET /SECRET SECRET HTTP/1.1\r\n\r\n")
        client.shutdown(socket.SHUT_WR)
        sandbox_module._QuietHandler(served, ("127.0.0.1", 1), None)  # type: ignore[arg-type]  # answers before it asks
        assert client.recv(4096)
    assert "SECRET" not in caplog.text + "".join(capfd.readouterr())


def test_the_sandbox_has_no_option_to_listen_elsewhere() -> None:
    assert invoke("sandbox", "--host", "192.168.1.5").exit_code == 2
    assert sandbox_module.HOST == "127.0.0.1"
    assert loaded(Settings()).settings.sandbox is False


LOCAL_LEVEL = {
    "resourceType": "Observation",
    "status": "final",
    "code": {"coding": [{"system": "urn:oid:9.9", "code": "IFX", "display": "Infliximab trough level"}]},
    "valueQuantity": {"value": 3, "unit": "furlongs"},
}


def test_inspect_prints_what_is_recognised_and_the_lines_to_add(tmp_path: Path) -> None:
    path = tmp_path / "bundle.json"
    path.write_text(json.dumps({"resourceType": "Bundle", "entry": [{"resource": LOCAL_LEVEL}, {}, None]}))
    result = invoke("inspect", str(path))
    assert result.exit_code == 0, result.output
    for words in (
        "1 Observation",
        "by name only",
        "NOT UNDERSTOOD",
        "[[codes.infliximab-level]]",
        'code = "IFX"',
    ):
        assert words in result.output


def test_the_lines_that_inspect_prints_are_accepted_by_check_config(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    path.write_text(json.dumps(LOCAL_LEVEL))
    site = tmp_path / "site.toml"
    site.write_text("\n".join(invoke("inspect", str(path)).output.partition("site.toml:")[2].splitlines()))
    assert invoke("check-config", "--site", str(site)).exit_code == 0
    again = invoke("inspect", "--site", str(site), str(path))
    assert "by code" in again.output
    assert "Nothing to add" in again.output


def test_inspect_reads_a_whole_request(request_file: Path) -> None:
    result = invoke("inspect", str(request_file))
    assert result.exit_code == 0
    assert "MedicationRequest" in result.output
    assert "infliximab-level" in result.output


@pytest.mark.parametrize("content", ["{", "[]", "{}", "3", '{"a":1,"a":2}', '{"resourceType":"Bundle"}'])
def test_inspect_refuses_a_file_without_resources(tmp_path: Path, content: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(content)
    assert invoke("inspect", str(path)).exit_code == 3


def test_inspect_does_not_let_a_record_command_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    coding = {"system": "urn:x", "code": "\x1b]0;title\x07"}
    code = {"coding": [coding], "text": "Infliximab \x1b[31mlevel"}
    resource = {"resourceType": "Observation", "status": "final", "code": code}
    path.write_text(json.dumps([resource, {"resourceType": "\x1b[2J"}]))
    result = invoke("inspect", str(path))
    assert result.exit_code == 0
    assert "[31mlevel" in result.output
    assert "\x1b" not in result.output
    assert "\x07" not in result.output


def test_explain_does_not_let_a_record_command_the_terminal(tmp_path: Path) -> None:
    request = example()
    for entry in request["prefetch"]["laboratory"]["entry"]:
        entry["resource"]["id"] = "\x1b[2J"
        if "valueQuantity" in entry["resource"]:
            entry["resource"]["valueQuantity"] = {"value": 2, "unit": "\x1b[31mg"}
    entry = request["context"]["draftOrders"]["entry"][0]
    entry["resource"]["medicationCodeableConcept"] = {"text": "infliximab \x1b]0;title\x07"}
    path = tmp_path / "request.json"
    path.write_text(json.dumps(request))
    result = invoke("explain", str(path), "--as-of", "2026-03-09")
    assert result.exit_code == 0, result.output
    assert "]0;title" in result.output
    assert "\x1b" not in result.output
    assert "\x07" not in result.output
