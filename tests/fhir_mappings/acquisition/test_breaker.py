"""The circuit breaker: opens after failures in a row, tries once after its pause, and heals."""

from concurrent.futures import ThreadPoolExecutor

from fhir_mappings.acquisition.breaker import Admission, CircuitBreaker
from fhir_mappings.acquisition.deadline import Deadline
from fhir_mappings.acquisition.limits import BOUNDS


class Clock:
    """Seconds that pass when told."""

    def __init__(self):
        self.seconds = 100.0

    def __call__(self):
        return self.seconds


def broken(clock, failures=3):
    breaker = CircuitBreaker(failures=failures, pause_seconds=8, clock=clock)
    breaker.failed(failures)
    return breaker


def test_a_server_is_left_alone_only_after_enough_failures_in_a_row():
    breaker = CircuitBreaker(failures=3, pause_seconds=8, clock=Clock())
    breaker.failed(2)
    assert breaker.admission() is Admission.ALLOWED
    breaker.answered()
    breaker.failed(2)
    assert breaker.admission() is Admission.ALLOWED
    assert not breaker.is_open
    breaker.failed(1)
    assert breaker.admission() is Admission.REFUSED
    assert breaker.is_open


def test_one_request_tries_after_the_pause_and_its_answer_closes_the_circuit():
    clock = Clock()
    breaker = broken(clock)
    clock.seconds += 7.9
    assert breaker.admission() is Admission.REFUSED
    clock.seconds += 0.1
    assert [breaker.admission() for _ in range(3)] == [Admission.TRIAL, Admission.REFUSED, Admission.REFUSED]
    breaker.answered()
    assert breaker.admission() is Admission.ALLOWED


def test_a_failed_trial_begins_another_pause():
    clock = Clock()
    breaker = broken(clock)
    clock.seconds += 8
    assert breaker.admission() is Admission.TRIAL
    breaker.failed(1)
    clock.seconds += 7
    assert breaker.admission() is Admission.REFUSED
    clock.seconds += 1
    assert breaker.admission() is Admission.TRIAL


def test_a_trial_that_never_reports_gives_way_to_another():
    clock = Clock()
    breaker = broken(clock)
    clock.seconds += 8
    assert breaker.admission() is Admission.TRIAL
    clock.seconds += 8
    assert breaker.admission() is Admission.TRIAL


def test_of_many_at_once_one_gets_the_trial():
    clock = Clock()
    breaker = broken(clock)
    clock.seconds += 9
    with ThreadPoolExecutor(16) as threads:
        admissions = list(threads.map(lambda _: breaker.admission(), range(64)))
    assert admissions.count(Admission.TRIAL) == 1


def test_a_hung_server_is_asked_no_more_than_twenty_times_a_minute():
    clock = Clock()
    breaker = CircuitBreaker(failures=3, pause_seconds=8, clock=clock)
    asked = 0
    for _ in range(600):  # a request every tenth of a second
        admission = breaker.admission()
        questions = {Admission.ALLOWED: 11, Admission.TRIAL: 1, Admission.REFUSED: 0}[admission]
        asked += questions
        if questions:
            breaker.failed(questions)
        clock.seconds += 0.1
    assert asked <= 20


def test_no_pause_that_may_be_set_outlasts_ten_seconds():
    assert BOUNDS["pause_seconds"][1] < 10


def test_a_deadline_is_what_is_left_of_it():
    clock = Clock()
    deadline = Deadline.after(0.35, clock)
    assert round(deadline.remaining_seconds, 6) == 0.35
    assert not deadline.passed
    clock.seconds += 0.35
    assert deadline.passed
