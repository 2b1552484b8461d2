"""The token of a call reaches its own FHIR server and no other place, whatever goes wrong on the way."""

from __future__ import annotations

import gc
import logging
import socket

import pytest

from fhir_mappings.acquisition.client import HttpClient
from fhir_mappings.acquisition.token import AccessToken
from tests.faults.fault_proxy import FAULTS, FaultProxy, running
from tests.faults.scenario import TOKEN, ask, record_of, services_with, story_request, without_prefetch

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


class Listener(logging.Handler):
    """Keeps every line that any library logs, at every level."""

    def __init__(self):
        super().__init__(logging.NOTSET)
        self.lines = []

    def emit(self, record):
        self.lines.append(record.getMessage() + str(record.exc_info) + str(record.__dict__))


@pytest.fixture
def everything_logged():
    root, listener = logging.getLogger(), Listener()
    level = root.level
    root.addHandler(listener)
    root.setLevel(logging.DEBUG)
    yield listener.lines
    root.removeHandler(listener)
    root.setLevel(level)


def test_there_are_thirty_scenarios():
    assert len(FAULTS) >= 30


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_the_token_reaches_its_server_only(name, everything_logged, capfd, monkeypatch):
    connected = set()
    connect = socket.socket.connect

    def noting(sock, address):
        connected.add(address[:2])
        return connect(sock, address)

    monkeypatch.setattr(socket.socket, "connect", noting)
    raised = []
    send = HttpClient.get

    def keeping_what_comes_back(self, *args, **options):
        found = send(self, *args, **options)
        raised.append(repr(found) + repr(self) + repr(args))
        return found

    monkeypatch.setattr(HttpClient, "get", keeping_what_comes_back)
    request, as_of = story_request()
    with running(FaultProxy(record_of(request), FAULTS[name])) as proxy:
        answer = ask(services_with(as_of), without_prefetch(request, proxy.base), [proxy.base])
    assert proxy.asked
    assert {asked.authorization for asked in proxy.asked} == {f"Bearer {TOKEN}"}
    assert not any(TOKEN in asked.target for asked in proxy.asked)
    assert connected == {("127.0.0.1", proxy.port)}
    written = capfd.readouterr()
    places = [
        answer.text,
        str(answer.body),
        "".join(everything_logged),
        written.out,
        written.err,
        "".join(raised),
    ]
    patient = request["context"]["patientId"]
    for place in places:
        assert TOKEN not in place
    for place in (answer.text, "".join(everything_logged), written.out, written.err, "".join(raised)):
        assert patient not in place


def test_no_token_outlives_its_request():
    secret = "canary-of-one-request-only"  # noqa: S105 (what the canary looks for)
    request, as_of = story_request()
    with running(FaultProxy(record_of(request))) as proxy:
        services = services_with(as_of)
        ask(services, without_prefetch(request, proxy.base, secret), [proxy.base])
        assert proxy.asked[0].authorization == f"Bearer {secret}"
    gc.collect()
    tokens = [one for one in gc.get_objects() if isinstance(one, AccessToken)]
    assert not any(token.authorization().endswith(secret) for token in tokens)
