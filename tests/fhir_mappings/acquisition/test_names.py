"""Names are looked up once for all who ask, and nobody waits longer than it can."""

import os
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from fhir_mappings.acquisition.names import NameLookup

FOUND = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 443))]


def test_a_name_that_is_known_is_found():
    asked = []
    names = NameLookup(lambda *what: asked.append(what) or FOUND)
    assert names.addresses("ehr.example", 443, 1) == FOUND
    assert asked == [("ehr.example", 443, 0, socket.SOCK_STREAM)]


def test_an_unknown_name_is_the_error_of_the_system():
    names = NameLookup(lambda *_: (_ for _ in ()).throw(socket.gaierror("no such name")))
    for _ in range(2):
        with pytest.raises(socket.gaierror):
            names.addresses("nowhere.example", 443, 1)


def test_all_who_ask_for_one_host_wait_for_one_look_up_and_leave_in_time():
    release, asked = threading.Event(), []
    names = NameLookup(lambda *what: asked.append(what[0]) or (release.wait(30) and FOUND))

    def ask(host):
        with pytest.raises(TimeoutError):
            names.addresses(host, 443, 0.1)

    began = time.monotonic()
    with ThreadPoolExecutor(12) as many:
        list(many.map(ask, ["hung.example"] * 12))
    assert time.monotonic() - began < 5
    assert asked == ["hung.example"]
    ask("other.example")  # one host does not stand in the way of another
    assert asked == ["hung.example", "other.example"]
    release.set()
    until = time.monotonic() + 5
    while any(one.name == "name-lookup" for one in threading.enumerate()) and time.monotonic() < until:
        time.sleep(0.01)
    assert names.addresses("hung.example", 443, 5) == FOUND  # asked anew: an old answer is not kept
    assert asked == ["hung.example", "other.example", "hung.example"]


def test_a_process_that_was_forked_in_mid_look_up_looks_up_itself():
    release = threading.Event()
    answers = [lambda: release.wait(30) and FOUND, lambda: FOUND]
    names = NameLookup(lambda *_: answers.pop(0)())
    with pytest.raises(TimeoutError):
        names.addresses("hung.example", 443, 0.05)
    child = os.fork()
    if child == 0:
        os._exit(0 if names.addresses("hung.example", 443, 5) == FOUND else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    release.set()


def test_without_room_for_a_thread_nobody_waits(monkeypatch):
    def no_room(_thread):
        raise RuntimeError

    monkeypatch.setattr(threading.Thread, "start", no_room)
    with pytest.raises(TimeoutError):
        NameLookup(lambda *_: FOUND).addresses("ehr.example", 443, 5)
