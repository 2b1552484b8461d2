"""Whatever befalls the database: no card fails or waits, and no feedback is acknowledged that is not kept."""

import time
from pathlib import Path

import pytest

from cds_service.store.store import Limits
from tests.cds_service.store.conftest import call, item
from tests.faults.database_faults import (
    POSTGRESQL_FAULTS,
    SQLITE_FAULTS,
    patient_on_postgres,
    patient_on_sqlite,
    play,
)
from tests.support.postgres import Postgres

ADDED_P99_MS = 50
SLOWEST_FEEDBACK_MS = 1500  # 300 ms are waited; the rest is for a machine that is busy with other tests
TRIES = 3


@pytest.fixture(autouse=True)
def frozen_clock():
    """The clock runs here: pools and threads wait by it."""


@pytest.fixture(scope="module")
def server():
    """A PostgreSQL of its own, because it will be stopped and killed."""
    started = Postgres()
    yield started
    started.close()


def check(make_patient, fault):
    """Play a fault; a pause of the machine may be played again, a failure may not."""
    for _ in range(TRIES):
        with make_patient() as patient:
            seen = play(patient, fault)
        assert seen.card_failures == 0
        assert set(seen.feedback_statuses) == {503}
        assert seen.lost == 0
        assert seen.acknowledged >= 2
        assert seen.healed_after >= 0
        if seen.added_p99 <= ADDED_P99_MS and seen.feedback_slowest <= SLOWEST_FEEDBACK_MS:
            return
    assert seen.added_p99 <= ADDED_P99_MS
    assert seen.feedback_slowest <= SLOWEST_FEEDBACK_MS


@pytest.mark.enable_socket  # a stuck connection is ended by its socket; nothing is connected to
@pytest.mark.parametrize("fault", POSTGRESQL_FAULTS, ids=lambda fault: fault.__name__)
def test_postgresql(server, fault):
    check(lambda: patient_on_postgres(server), fault)


@pytest.mark.enable_socket
def test_a_server_that_stopped_answering_does_not_hold_the_writing_thread_for_ever(server):
    with patient_on_postgres(server) as patient:
        store = patient.site.store
        store._limits = Limits(feedback_wait=20, stuck_after=60)
        assert store.keep_feedback(call(item(1)))
        store._limits = Limits(feedback_wait=0.1, stuck_after=0.3)
        with server.stopped():
            assert not store.keep_feedback(call(item(2)))
            deadline = time.monotonic() + 30
            while not store.counts().failures:  # the server still stands still: nobody but us ended the write
                assert time.monotonic() < deadline
                assert not store.keep_feedback(call(item(3)))
                time.sleep(0.05)
        deadline = time.monotonic() + 30
        while not store.keep_feedback(call(item(4))):
            assert time.monotonic() < deadline


@pytest.mark.parametrize("fault", SQLITE_FAULTS, ids=lambda fault: fault.__name__)
def test_sqlite(tmp_path, fault):
    folders = iter(range(TRIES))

    def patient():
        folder = tmp_path / str(next(folders))
        folder.mkdir()
        return patient_on_sqlite(Path(folder))

    check(patient, fault)
