"""A session: all questions at once, until the deadline, past the bulkhead and the breaker."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from fhir_mappings.acquisition.breaker import Admission
from fhir_mappings.acquisition.limits import FetchLimits
from fhir_mappings.acquisition.outcomes import FetchFault, Refusal
from fhir_mappings.acquisition.session import Access, FetchSession
from tests.fhir_mappings.acquisition.scripted import (
    ScriptedClient,
    bundle,
    observation,
    search,
    server_of,
    session_of,
)

DOWN = Refusal(FetchFault.CONNECTION)


def questions(count=5):
    return [search(f"Observation?n={number}", f"key{number}") for number in range(count)]


def test_questions_are_asked_at_the_same_time():
    together = threading.Barrier(5, timeout=5)

    def script(_):
        together.wait()
        return bundle(observation())

    client = ScriptedClient(script)
    with session_of(client) as session:
        session.ask(asked := questions())
    assert all(question.complete for question in asked)
    assert session.report.attempts == 5


def test_no_more_are_asked_at_once_than_there_are_connections():
    client = ScriptedClient(lambda _: time.sleep(0.005) or bundle())
    with session_of(client, FetchLimits(connections=2)) as session:
        session.ask(questions(8))
    assert client.most_at_once <= 2
    assert len(client.asked) == 8


def test_at_the_deadline_everyone_goes_home_with_what_there_is():
    release = threading.Event()

    def script(path):
        if path.endswith("n=0"):
            release.wait(30)
        return bundle(observation())

    client = ScriptedClient(script)
    began = time.monotonic()
    with session_of(client, seconds=0.3) as session:
        session.ask(asked := questions())
    took = time.monotonic() - began
    release.set()
    assert [question.fault for question in asked] == [FetchFault.TIMEOUT, None, None, None, None]
    assert 0.25 < took < 5  # far below what the hung one takes; nothing finer is asserted by the clock


def test_questions_that_never_began_are_cancelled_and_do_not_count_as_failures():
    release = threading.Event()
    client = ScriptedClient(lambda _: release.wait(30) or bundle())
    limits = FetchLimits(connections=1, failures=2)
    server = server_of(client, limits)
    with session_of(client, limits, seconds=0.1, server=server) as session:
        session.ask(asked := questions())
    release.set()
    assert {question.fault for question in asked} == {FetchFault.TIMEOUT}
    assert session.report.attempts == 1
    assert server.breaker.admission() is Admission.ALLOWED


def test_a_place_that_falls_free_in_time_is_taken():
    client = ScriptedClient(lambda _: time.sleep(0.02) or bundle())
    limits = FetchLimits(waiting_requests=1)
    server = server_of(client, limits)

    def go(_):
        with session_of(client, limits, server=server) as session:
            session.ask(asked := questions(1))
        return asked[0].fault

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(go, range(2))) == [None] * 2


def test_those_who_find_no_place_go_on_before_long():
    client = ScriptedClient(lambda _: bundle())
    limits = FetchLimits(waiting_requests=1)
    server = server_of(client, limits)
    with session_of(client, limits, server=server) as first:
        first.ask(questions(1))
        with session_of(client, limits, server=server) as second:
            second.ask(turned_away := questions())
            second.ask(again := questions(1))
        first.ask(still := questions(1))
    assert {question.fault for question in (*turned_away, *again)} == {FetchFault.BUSY}
    assert still[0].complete
    with session_of(client, limits, server=server) as third:
        third.ask(later := questions(1))
    assert later[0].complete


def test_a_server_that_answered_nothing_is_left_alone():
    client = ScriptedClient(lambda _: DOWN)
    server = server_of(client)
    for _ in range(2):
        with session_of(client, server=server) as session:
            session.ask(asked := questions())
    assert len(client.asked) == 5
    assert {question.fault for question in asked} == {FetchFault.CIRCUIT_OPEN}


def test_nobody_waits_for_a_place_at_a_server_that_is_left_alone():
    client = ScriptedClient(lambda _: DOWN)
    limits = FetchLimits(waiting_requests=1)
    server = server_of(client, limits)
    with session_of(client, limits, server=server) as first:
        first.ask(questions())
        with session_of(client, limits, server=server) as second:
            second.ask(asked := questions(1))
    assert asked[0].fault is FetchFault.CIRCUIT_OPEN


@pytest.mark.parametrize("fault", [FetchFault.UNAUTHORIZED, FetchFault.NOT_JSON, FetchFault.NOT_FOUND])
def test_a_server_that_says_no_is_well(fault):
    client = ScriptedClient(lambda _: Refusal(fault))
    server = server_of(client)
    for _ in range(3):
        with session_of(client, server=server) as session:
            session.ask(questions())
    assert len(client.asked) == 15


def test_one_answer_among_failures_shows_that_the_server_is_well():
    client = ScriptedClient(lambda path: bundle() if path.endswith("n=3") else DOWN)
    server = server_of(client)
    for _ in range(3):
        with session_of(client, server=server) as session:
            session.ask(questions())
    assert len(client.asked) == 15


def test_after_the_pause_one_question_tries_and_the_rest_follow_if_it_is_answered():
    seconds = [0.0]
    well = [False]
    client = ScriptedClient(lambda _: bundle() if well[0] else DOWN)
    server = server_of(client, clock=lambda: seconds[0])

    def go():
        client.asked.clear()
        with session_of(client, server=server) as session:
            session.ask(asked := questions())
        return [question.fault for question in asked]

    assert go() == [FetchFault.CONNECTION] * 5
    seconds[0] = 8.5
    assert go() == [FetchFault.CONNECTION, *[FetchFault.CIRCUIT_OPEN] * 4]
    assert len(client.asked) == 1
    seconds[0] = 17
    well[0] = True
    assert go() == [None] * 5
    assert go() == [None] * 5


def test_a_request_that_is_too_late_does_not_use_up_the_trial():
    seconds = [0.0]
    client = ScriptedClient(lambda _: DOWN)
    server = server_of(client, clock=lambda: seconds[0])
    server.breaker.failed(5)
    seconds[0] = 9
    with session_of(client, server=server, seconds=-1) as session:
        session.ask(asked := questions(2))
    assert {question.fault for question in asked} == {FetchFault.TIMEOUT}
    assert server.breaker.admission() is Admission.TRIAL


def test_a_session_without_a_server_asks_nothing():
    session = FetchSession(Access.NO_SERVER)
    with session:
        session.ask(asked := questions(1))
    assert (asked[0].fault, session.report.attempts) == (None, 0)


def test_an_error_in_a_thread_is_handed_over_for_the_log():
    def broken(_):
        raise LookupError

    with session_of(ScriptedClient(broken)) as session:
        session.ask(questions(1))
    assert [type(error) for error in session.report.errors] == [LookupError]


def test_closing_a_server_waits_for_nobody():
    server = server_of(ScriptedClient(lambda _: bundle()))
    server.close()
    with pytest.raises(RuntimeError):
        server.threads.submit(print)
