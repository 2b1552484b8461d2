"""The production command: it refuses what is unsafe, serves who is believed, and stops gracefully."""

import gc
import http.client
import json
import logging
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import time_machine
from click.testing import CliRunner

from benchmarks.serving import free_port, started
from cds_service.cli import main
from cds_service.serving import TARGET, Replacements, ServeOptions, check_free, server
from cds_service.settings import Settings
from cds_service.warm_up import warm_up
from fhir_mappings.acquisition.limits import BOUNDS, FetchLimits
from tests.cds_service.conftest import example, loaded
from tests.support.trust import BASE, PATH, PLAIN, PLAIN_BASE, claims, plain_signer, write_trust

serve_module = import_module("cds_service.cli.serve")

ENVIRONMENT = {"INFLIXIMAB_CDS_PUBLIC_BASE_URL": BASE}


def given_keys() -> dict[str, Any]:
    client = {"name": "clinic", "issuer": PLAIN, "jwks": [plain_signer().jwk], "fhir_bases": [PLAIN_BASE]}
    return {"client": [client]}


@pytest.fixture
def trust_file(tmp_path: Path) -> Path:
    return write_trust(tmp_path, given_keys())


@pytest.fixture(autouse=True)
def own_environment() -> Iterator[None]:
    """What the command hands down to its workers is not handed down to other tests."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def no_freeze() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_without_a_trust_file_it_refuses_to_start() -> None:
    result = CliRunner(env=ENVIRONMENT).invoke(main, ["serve"])
    assert result.exit_code == 4
    assert "INFLIXIMAB_CDS_TRUST" in result.output


def test_an_unsafe_configuration_refuses_to_start(trust_file: Path) -> None:
    environment = {"INFLIXIMAB_CDS_PUBLIC_BASE_URL": "http://cds.example.org", "FLASK_DEBUG": "1"}
    result = CliRunner(env=environment).invoke(main, ["serve", "--trust", str(trust_file)])
    assert result.exit_code == 4
    assert "[public-url-http]" in result.output
    assert "[debug]" in result.output


class Recorded:
    """Stands in for the server: records what it was told."""

    options: ServeOptions | None = None
    served = False

    def __call__(self, options: ServeOptions) -> "Recorded":
        self.options = options
        return self

    def serve(self) -> None:
        self.served = True


def test_the_options_reach_the_server_and_the_files_its_workers(
    monkeypatch: pytest.MonkeyPatch, trust_file: Path, no_freeze: None
) -> None:
    recorded = Recorded()
    monkeypatch.setattr(serve_module, "server", recorded)
    monkeypatch.setattr(serve_module, "check_free", lambda host, port: None)
    monkeypatch.chdir(trust_file.parent)
    monkeypatch.delitem(sys.modules, TARGET.partition(":")[0], raising=False)
    arguments = [
        "serve",
        "--trust",
        trust_file.name,
        "--host",
        "192.0.2.1",
        "--port",
        "8443",
        "--workers",
        "3",
    ]
    arguments += ["--workers-lifetime", "3600", "--workers-max-rss", "512", "--stop-timeout", "20"]
    arguments += ["--drain-seconds", "7"]
    monkeypatch.setenv("INFLIXIMAB_CDS_TRUST", "what the command line replaces")
    result = CliRunner(env=ENVIRONMENT).invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert recorded.served
    assert recorded.options == ServeOptions("192.0.2.1", 8443, 3, 20, 3600, 512, 7)
    assert os.environ["INFLIXIMAB_CDS_TRUST"] == str(trust_file)
    app = sys.modules[TARGET.partition(":")[0]].app
    assert app.test_client().post(PATH, json={}).status_code == 401


def test_a_taken_port_has_its_own_exit_code(
    monkeypatch: pytest.MonkeyPatch, trust_file: Path, no_freeze: None
) -> None:
    def taken(host: str, port: int) -> None:
        raise OSError(98, "Address already in use")

    monkeypatch.setattr(serve_module, "check_free", taken)
    monkeypatch.delitem(sys.modules, TARGET.partition(":")[0], raising=False)
    environment = {**ENVIRONMENT, "INFLIXIMAB_CDS_TRUST": str(trust_file)}
    result = CliRunner(env=environment).invoke(main, ["serve"])
    assert result.exit_code == 6
    assert "127.0.0.1:8000" in result.output


def test_the_server_has_threads_left_beside_those_that_may_wait_for_a_fhir_server_and_no_access_log() -> None:
    made = server(
        ServeOptions("127.0.0.1", 8000, 2, 30, workers_lifetime_seconds=60, workers_max_rss_mib=100)
    )
    assert made.target == TARGET
    assert (made.workers, made.blocking_threads, made.workers_kill_timeout) == (2, 8, 30)
    most = FetchLimits(waiting_requests=BOUNDS["waiting_requests"][1])
    assert made.blocking_threads > most.waiting_requests + most.queued_requests
    assert (made.workers_lifetime, made.workers_rss) == (60, 100 * 1024 * 1024)
    assert (made.log_access, made.websockets, made.respawn_failed_workers) == (False, False, True)


def test_the_server_itself_writes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    server(ServeOptions("127.0.0.1", 8000, 1, 30))
    logger = logging.getLogger("_granian")
    logger.error("Unexpected exit from worker-1")
    for handler in logger.handlers[:]:
        logger.removeHandler(handler)
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "[ERROR] Unexpected exit from worker-1\n")


@pytest.mark.enable_socket
@pytest.mark.allow_hosts(["127.0.0.1", "::1"])
@pytest.mark.parametrize(
    ("host", "asked"),
    [("127.0.0.1", ["127.0.0.1"]), ("::1", ["::1"]), ("::", ["::1", "127.0.0.1"])],
)
def test_all_workers_accept_from_one_socket_on_the_addresses_that_were_named(
    host: str, asked: list[str]
) -> None:
    port = free_port()
    made = server(ServeOptions(host, port, workers=2, stop_seconds=1))
    made._init_shared_socket()
    listener = made._sso
    try:
        for address in asked:
            with socket.create_connection((address, port), timeout=5), listener.accept()[0] as accepted:
                # Otherwise answers in two parts wait 40 ms for an acknowledgement in between.
                assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        with pytest.raises(OSError, match="in use"):  # nobody else can listen beside it and take its calls
            check_free(host, port)
        other = socket.socket(listener.family)
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        with closing(other), pytest.raises(OSError, match="in use"):
            other.bind((host, port))
    finally:
        made._drop_shared_socket()


@pytest.mark.enable_socket
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_port_is_free_until_somebody_listens_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            check_free("127.0.0.1", port)
    check_free("127.0.0.1", port)


def test_warming_up_writes_no_line(capfd: pytest.CaptureFixture[str], no_freeze: None) -> None:
    warm_up(loaded(Settings()))
    assert capfd.readouterr() == ("", "")


def real_now() -> datetime:
    return datetime.fromtimestamp(time_machine.escape_hatch.time.time(), UTC)


def ask(port: int, token: str | None, method: str = "POST", path: str = PATH) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    connection.request(
        method, path, body=json.dumps(example()) if method == "POST" else None, headers=headers
    )
    with closing(connection), connection.getresponse() as response:
        return response.status, response.read()


@pytest.mark.enable_socket
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_the_real_server_believes_a_client_once_refuses_strangers_and_stops(
    trust_file: Path, tmp_path: Path
) -> None:
    port, log = free_port(), tmp_path / "log.txt"
    environment = {**os.environ, **ENVIRONMENT, "INFLIXIMAB_CDS_TRUST": str(trust_file)}
    command = [sys.executable, "-m", "cds_service", "serve", "--port", str(port), "--workers", "1"]
    with started(command, port, environment=environment, log=log, asked="/livez") as (process, _):
        token = plain_signer().sign(claims(now=real_now()))
        status, body = ask(port, token)
        assert status == 200
        assert len(json.loads(body)["cards"]) == 1
        refused = ask(port, token)
        assert refused[0] == 401
        assert ask(port, None) == refused
        assert ask(port, plain_signer().sign(claims(now=real_now(), aud="https://other.example"))) == refused
    assert process.returncode == 0
    written = log.read_text(encoding="utf-8")
    assert token not in written
    assert "Traceback" not in written
    # Beside the log lines stand a greeting and what the server itself has to say of this machine.
    lines = [
        json.loads(line) for line in written.splitlines() if not line.startswith(("infliximab-cds ", "["))
    ]
    assert [line["status"] for line in lines if line["method"] == "POST"] == [200, 401, 401, 401]
    assert [line["refused"] for line in lines if line["status"] == 401 and line["method"] == "POST"] == [
        "replayed",
        "authorization-missing",
        "audience-wrong",
    ]


def test_a_worker_that_dies_again_does_not_end_the_server_until_too_many_did():
    noted = Replacements(most=3, window_seconds=60)
    for at in (100.0, 102.0, 104.0):
        noted.clear()  # as granian does before each round
        noted[0] = at
        assert noted.get(0, 0) == 0
    noted[0] = 106.0
    assert noted.get(0, 0) == 106.0
    assert noted.get(1, 0) == 0
    noted[0] = 163.0  # by now the first ones are a minute ago
    assert noted.get(0, 0) == 0


def test_the_server_asks_how_often_workers_were_replaced():
    options = ServeOptions("127.0.0.1", 8000, workers=1, stop_seconds=1)
    assert isinstance(server(options).respawned_wrks, Replacements)
