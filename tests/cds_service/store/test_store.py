"""The queue between requests and the database: nobody waits, nothing grows, and no word is given in vain."""

import gc
import os
import subprocess
import sys
import threading
import time
import weakref

import pytest

from cds_service.store.errors import StoreRefusedError, StoreUnavailableError
from cds_service.store.opening import open_store
from cds_service.store.store import Limits, Store
from tests.cds_service.store.conftest import call, card, item


class Recorder:
    """A database that remembers, fails or stands still when told to."""

    def __init__(self):
        self.cards, self.calls, self.writes = [], [], []
        self.failure = None
        self.card_failure = None
        self.poison = None
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.forgotten = self.disposed = 0

    def write_cards(self, records):
        self._wait()
        if self.failure or self.card_failure:
            raise self.failure or self.card_failure
        self.writes.append("cards")
        self.cards += records

    def write_feedback(self, calls):
        self._wait()
        if self.failure:
            raise self.failure
        if self.poison in calls:
            raise StoreUnavailableError("DataError", content=True)
        self.writes.append("feedback")
        self.calls += calls

    def _wait(self):
        self.entered.set()
        assert self.gate.wait(20)

    def forget(self):
        self.forgotten += 1

    def dispose(self):
        self.disposed += 1


@pytest.fixture
def recorder():
    made = Recorder()
    yield made
    made.gate.set()


def until(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.002)


def in_background(function):
    answers = []
    thread = threading.Thread(target=lambda: answers.append(function()))
    thread.start()
    return thread, answers


def test_cards_are_written_together_and_feedback_is_known_to_be_kept(started, recorder):
    store = started(recorder)
    store.record_cards([card(1), card(2)])
    assert store.keep_feedback(call(item(1)))
    until(lambda: store.counts().cards_kept == 2)
    assert recorder.calls == [call(item(1))]
    assert recorder.cards == [card(1), card(2)]
    counts = store.counts()
    assert (counts.calls_kept, counts.calls_refused, counts.failures, counts.cards_dropped) == (1, 0, 0, 0)


def test_without_a_database_nothing_is_kept_and_nothing_is_claimed():
    store = Store(None)
    store.record_cards([card(1)])
    assert not store.keep_feedback(call(item(1)))
    assert store._thread is None
    store.close()
    assert open_store("").database is None


def test_an_answer_without_cards_starts_no_thread(started, recorder):
    store = started(recorder)
    store.record_cards([])
    assert store._thread is None


def test_a_write_that_fails_is_never_acknowledged(started, recorder):
    recorder.failure = StoreUnavailableError("OperationalError")
    store = started(recorder)
    assert not store.keep_feedback(call(item(1)))
    counts = store.counts()
    assert (counts.calls_kept, counts.calls_refused, counts.failing) == (0, 1, True)
    assert counts.last_failure == "OperationalError"
    recorder.failure = None
    assert store.keep_feedback(call(item(1)))
    assert not store.counts().failing


def test_an_unforeseen_failure_is_told_by_its_kind_and_the_thread_lives_on(started, recorder):
    recorder.failure = ZeroDivisionError("patient 12345")
    store = started(recorder)
    assert not store.keep_feedback(call(item(1)))
    assert store.counts().last_failure.startswith("ZeroDivisionError at cds_service/store/")
    recorder.failure = None
    assert store.keep_feedback(call(item(1)))


def test_a_database_that_stands_still_costs_a_caller_no_more_than_the_wait(started, recorder):
    recorder.gate.clear()
    store = started(recorder, feedback_wait=0.05)
    begun = time.monotonic()
    assert not store.keep_feedback(call(item(1)))
    assert time.monotonic() - begun < 2
    time.sleep(0.06)
    begun = time.monotonic()
    assert not store.keep_feedback(call(item(2)))  # at once: the write has lasted too long already
    assert time.monotonic() - begun < 0.05
    assert len(store._jobs) == 0
    begun = time.perf_counter()
    for number in range(1000):
        store.record_cards([card(number)])
    assert time.perf_counter() - begun < 1
    assert store.counts().calls_refused == 2


def test_a_long_list_is_waited_for_longer(started, recorder):
    recorder.gate.clear()
    store = started(recorder, feedback_wait=0.01, item_wait=0.1)
    thread, answers = in_background(lambda: store.keep_feedback(call(*[item(1)] * 100)))
    assert recorder.entered.wait(5)
    time.sleep(0.1)
    recorder.gate.set()
    thread.join()
    assert answers == [True]


def test_calls_that_wait_are_bounded(started, recorder):
    recorder.gate.clear()
    store = started(recorder, calls_waiting=1)
    first, _ = in_background(lambda: store.keep_feedback(call(item(1))))
    assert recorder.entered.wait(5)
    second, answers = in_background(lambda: store.keep_feedback(call(item(2))))
    until(lambda: len(store._jobs) == 1)
    assert not store.keep_feedback(call(item(3)))
    recorder.gate.set()
    for thread in (first, second):
        thread.join()
    assert answers == [True]
    assert item(3) not in [one.items[0] for one in recorder.calls]


def test_what_nobody_waits_for_any_more_is_not_written(started, recorder):
    recorder.gate.clear()
    store = started(recorder, feedback_wait=0.2)
    first, _ = in_background(lambda: store.keep_feedback(call(item(1))))
    assert recorder.entered.wait(5)
    assert not store.keep_feedback(call(item(2)))
    first.join()
    recorder.gate.set()
    assert_after = call(item(3))
    until(lambda: store.keep_feedback(assert_after))
    assert call(item(2)) not in recorder.calls


def test_answers_that_wait_together_are_written_together(started, recorder):
    recorder.gate.clear()
    store = started(recorder)
    first, _ = in_background(lambda: store.keep_feedback(call(item(0))))
    assert recorder.entered.wait(5)
    rest = [in_background(lambda n=number: store.keep_feedback(call(item(n)))) for number in range(1, 6)]
    until(lambda: len(store._jobs) == 5)
    recorder.gate.set()
    for thread, answers in rest:
        thread.join()
        assert answers == [True]
    first.join()
    assert recorder.writes == ["feedback", "feedback"]


def test_one_call_that_cannot_be_written_does_not_cost_the_others(started, recorder):
    recorder.poison = call(item(3))
    recorder.gate.clear()
    store = started(recorder)
    first, _ = in_background(lambda: store.keep_feedback(call(item(0))))
    assert recorder.entered.wait(5)
    rest = [in_background(lambda n=number: store.keep_feedback(call(item(n)))) for number in range(1, 6)]
    until(lambda: len(store._jobs) == 5)
    recorder.gate.set()
    for thread, _ in rest:
        thread.join()
    first.join()
    assert [answers for _, answers in rest] == [[True], [True], [False], [True], [True]]


def test_cards_outlast_a_failure_and_are_written_in_their_order(started, recorder):
    recorder.failure = StoreUnavailableError("OperationalError")
    store = started(recorder)
    store.record_cards([card(1), card(2)])
    until(lambda: store.counts().failures > 1)
    store.record_cards([card(3)])
    recorder.failure = None
    until(lambda: store.counts().cards_kept == 3)
    assert recorder.cards == [card(1), card(2), card(3)]
    assert store.counts().cards_dropped == 0


def test_cards_beyond_the_bound_are_counted_and_let_go(started, recorder):
    recorder.failure = StoreUnavailableError("OperationalError")
    store = started(recorder, cards_waiting=10, retry_pause=60, card_linger=60)
    store.record_cards(card(number) for number in range(25))
    assert store.counts().cards_dropped == 15
    assert store.counts().cards_waiting == 10


def test_cards_that_come_back_leave_room_for_those_that_came_meanwhile(started, recorder):
    recorder.failure = StoreUnavailableError("OperationalError")
    recorder.gate.clear()
    store = started(recorder, cards_waiting=3, retry_pause=60)
    store.record_cards([card(1), card(2)])
    assert recorder.entered.wait(5)
    store.record_cards([card(3), card(4)])
    recorder.gate.set()
    until(lambda: store.counts().failures == 1)
    assert list(store._cards) == [card(1), card(3), card(4)]
    assert store.counts().cards_dropped == 1


def test_cards_whose_values_are_refused_do_not_block_those_behind_them(started, recorder):
    recorder.card_failure = StoreUnavailableError("DataError", content=True)
    store = started(recorder)
    store.record_cards([card(1)])
    until(lambda: store.counts().cards_dropped == 1)
    recorder.card_failure = None
    store.record_cards([card(2)])
    until(lambda: recorder.cards == [card(2)])


def test_cards_that_fail_do_not_keep_feedback_out(started, recorder):
    recorder.card_failure = StoreUnavailableError("OperationalError")
    store = started(recorder)
    store.record_cards([card(1)])
    assert store.keep_feedback(call(item(1)))
    assert store.counts().cards_waiting <= 1


def test_closing_writes_what_waits(started, recorder):
    store = started(recorder, card_linger=60)
    store.record_cards([card(1)])
    store.close()
    assert recorder.cards == [card(1)]
    assert recorder.disposed == 1
    assert not store.keep_feedback(call(item(1)))


def test_closing_tries_once_more_and_then_lets_go(started, recorder):
    recorder.failure = StoreUnavailableError("OperationalError")
    store = started(recorder, card_linger=60, retry_pause=60)
    store.record_cards([card(1), card(2)])
    thread = store._thread
    store.close()
    assert not thread.is_alive()
    counts = store.counts()
    assert (counts.failures, counts.cards_dropped, counts.cards_waiting) == (1, 2, 0)


def test_closing_does_not_wait_for_ever(started, recorder, monkeypatch):
    monkeypatch.setattr("cds_service.store.store._CLOSING_SECONDS", 0.05)
    recorder.gate.clear()
    store = started(recorder)
    store.record_cards([card(1)])
    assert recorder.entered.wait(5)
    begun = time.monotonic()
    store.close()
    assert time.monotonic() - begun < 2
    assert recorder.disposed == 0


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # of forking beside threads: the point
def test_a_forked_process_has_its_own_queue_and_thread(started, recorder):
    store = started(recorder, card_linger=60)
    store.record_cards([card(1)])
    read, write = os.pipe()
    child = os.fork()
    if child == 0:  # the child says what it sees and leaves at once
        seen = (store._thread is None, len(store._cards), recorder.forgotten)
        kept = store.keep_feedback(call(item(9)))
        os.write(write, repr((seen, kept, [one.items[0].card[-1] for one in recorder.calls])).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read, 1000).decode() == repr(((True, 0, 1), True, ["9"]))
    os.close(read)
    os.close(write)
    assert store.counts().cards_waiting == 1


def test_where_no_thread_can_be_started_cards_wait_and_feedback_is_refused(started, recorder, monkeypatch):
    store = started(recorder, feedback_wait=0.02)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", lambda _thread: (_ for _ in ()).throw(RuntimeError()))
        store.record_cards([card(1)])
        assert not store.keep_feedback(call(item(1)))
    store.record_cards([card(2)])
    until(lambda: recorder.cards == [card(1), card(2)])


def test_a_thread_that_ended_is_replaced(started, recorder):
    store = started(recorder)
    store._thread = threading.Thread(target=int)
    assert store.keep_feedback(call(item(1)))


def test_a_record_that_cannot_be_made_does_not_cost_the_card(started, recorder):
    store = started(recorder)
    store.record_cards(1 / 0 for _ in range(1))
    assert store.counts().cards_dropped == 1
    assert store.counts().last_failure.startswith("ZeroDivisionError at ")
    store.record_cards([card(1)])
    until(lambda: recorder.cards == [card(1)])


def test_a_store_that_is_gone_is_not_kept_alive_by_what_comes_at_the_end(recorder):
    store = Store(recorder)
    gone = weakref.ref(store)
    del store
    gc.collect()
    assert gone() is None


def test_the_log_gets_a_line_when_the_state_changes_and_codes_only(recorder):
    lines = []

    class Logger:
        def info(self, event, **fields):
            lines.append((event, fields))

    store = Store(recorder, logger=Logger(), limits=Limits(feedback_wait=10))
    recorder.failure = StoreUnavailableError("OperationalError 53100")
    for _ in range(3):
        store.keep_feedback(call(item(1)))
    recorder.failure = None
    store.keep_feedback(call(item(1)))
    store.close()
    assert [(event, fields["failing"], fields["failures"]) for event, fields in lines] == [
        ("store", True, 1),
        ("store", False, 3),
    ]
    assert lines[0][1]["last_failure"] == "OperationalError 53100"


def test_the_sandbox_keeps_feedback_in_memory_whatever_is_configured(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/real.sqlite3", sandbox=True)
    assert store.keep_feedback(call(item(1)))
    store.close()
    assert list(tmp_path.iterdir()) == []


def test_a_store_opens_at_its_address(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/real.sqlite3")
    assert store.keep_feedback(call(item(1)))
    store.close()
    assert (tmp_path / "real.sqlite3").exists()


def test_a_store_that_cannot_be_used_is_refused_before_anything_is_written(tmp_path):
    for url in ("", "postgresql://cds@/cds"):
        open_store(url).close()
    with pytest.raises(StoreRefusedError, match="database_url"):
        open_store(f"sqlite:///{tmp_path}/none/real.sqlite3")
    assert list(tmp_path.iterdir()) == []


def test_without_a_database_nothing_of_one_is_loaded():
    program = (
        "import sys; from cds_service.application import create_app;"
        "from cds_service.settings import Settings; from cds_service.services import load_services;"
        "from cds_service.trust.authenticator import UNAUTHENTICATED;"
        "create_app(Settings(sandbox=False), services=load_services(Settings(), trust=UNAUTHENTICATED));"
        "print(sorted({'sqlalchemy', 'alembic', 'psycopg', 'sqlite3'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
