"""Stopping: a real server with two workers says that it is not ready, goes on answering, and then ends."""

import os
import signal
import sys
import time
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from types import SimpleNamespace

import pytest

from benchmarks.serving import free_port, started
from cds_service.draining import drain_before_stop

DRAIN_SECONDS = 1.5
_SERVE = """
import sys
from granian.constants import Interfaces
from granian.server import Server
from cds_service.draining import drain_before_stop
server = Server(
    "benchmarks.wsgi:app", address="127.0.0.1", port=int(sys.argv[1]), workers=2, blocking_threads=1,
    interface=Interfaces.WSGI, websockets=False, log_enabled=False, workers_kill_timeout=10,
)
drain_before_stop(server, float(sys.argv[2]))
server.serve()
"""


def status(port, path):
    """The status of one GET on a connection of its own; None where nobody listens."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()


def wait_until(port, path, wanted):
    for _ in range(600):
        if status(port, path) == wanted:
            return
        time.sleep(0.05)
    pytest.fail(f"{path} never answered {wanted}")


@contextmanager
def draining(seconds):
    """A server that is ready and goes on for so long after it is told to stop."""
    port = free_port()
    with started([sys.executable, "-c", _SERVE, str(port), str(seconds)], port) as (process, _):
        wait_until(port, "/readyz", 200)
        yield port, process


@pytest.mark.enable_socket
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_server_told_to_stop_is_first_not_ready_then_answers_to_the_end():
    with draining(DRAIN_SECONDS) as (port, process):
        process.send_signal(signal.SIGTERM)
        # Whichever worker is asked: each hears of it in its own time.
        while {status(port, "/readyz") for _ in range(8)} != {503}:
            assert process.poll() is None
        for _ in range(8):
            assert status(port, "/cds-services") == 200
            assert status(port, "/livez") == 200
        assert process.poll() is None
        assert process.wait(timeout=20) == 0
        assert status(port, "/livez") is None


@pytest.mark.enable_socket
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_second_signal_stops_at_once():
    with draining(600) as (port, process):
        process.send_signal(signal.SIGTERM)
        wait_until(port, "/readyz", 503)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0


class FakeServer:
    """What is used of granian's server."""

    def __init__(self, *process_ids):
        self.wrks = [SimpleNamespace(inner=SimpleNamespace(pid=one)) for one in process_ids]
        self.stopped = 0

    def signal_handler_interrupt(self, *_):
        self.stopped += 1


@pytest.fixture(autouse=True)
def handler_put_back():
    before = signal.signal(signal.SIGUSR1, signal.SIG_DFL)  # an app of before has its own
    yield
    signal.signal(signal.SIGUSR1, before)


def test_a_worker_that_is_still_loading_ends_when_it_is_told_to_stop(monkeypatch):
    server = FakeServer()
    drain_before_stop(server, 5)
    monkeypatch.setattr("cds_service.draining.os.getpid", lambda: -1)
    with pytest.raises(SystemExit) as ended:
        server.signal_handler_interrupt(signal.SIGTERM, None)
    assert ended.value.code == 0
    assert server.stopped == 0


def test_without_a_pause_it_stops_as_it_always_did():
    server = FakeServer(os.getpid())
    drain_before_stop(server, 0)
    server.signal_handler_interrupt(signal.SIGTERM, None)
    assert server.stopped == 1


def test_workers_are_told_until_the_end_and_one_that_has_gone_is_passed_over(monkeypatch):
    told, threads = [], []

    def kill(process_id, number):
        told.append((process_id, number))
        if process_id == 1:
            raise ProcessLookupError

    class Thread:
        def __init__(self, target, daemon):
            assert daemon
            threads.append(target)

        def start(self):
            pass

    monkeypatch.setattr("cds_service.draining.os.kill", kill)
    monkeypatch.setattr("cds_service.draining.sleep", lambda _: None)
    monkeypatch.setattr("cds_service.draining.threading.Thread", Thread)
    server = FakeServer(1, 2)
    drain_before_stop(server, 0.5)
    assert signal.getsignal(signal.SIGUSR1) is signal.SIG_IGN
    server.signal_handler_interrupt(signal.SIGTERM, None)
    assert server.stopped == 0
    (drain,) = threads
    drain()
    assert told == [(1, signal.SIGUSR1), (2, signal.SIGUSR1)] * 2
    assert server.stopped == 1
    server.signal_handler_interrupt(signal.SIGTERM, None)
    assert server.stopped == 2
    assert len(threads) == 1
