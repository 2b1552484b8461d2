"""What every test stands on: a clock that stands still far from Greenwich, no network, Hypothesis profiles.

The clock is set in a zone that is not UTC, at an hour when the calendar days of the two differ, so that a
day taken from the wrong zone shows. Sockets are switched off by the options in `pyproject.toml`; a test that
talks to a server which it started itself says so with `@pytest.mark.allow_hosts(["127.0.0.1"])`.
"""

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import HealthCheck, settings

from tests.support.postgres import Postgres

FROZEN_AT = datetime(2026, 3, 10, 8, 15, tzinfo=ZoneInfo("Pacific/Auckland"))  # still the 9th in UTC

CAMPAIGN_EXAMPLES = int(os.environ.get("CAMPAIGN_EXAMPLES", "20000"))

# Deadlines are off: a slow shared machine is no fault of the code, and speed is measured in benchmarks/.
settings.register_profile("default", deadline=None)
# In CI the same examples each time: a red run must be the change's own doing.
settings.register_profile("ci", deadline=None, derandomize=True, database=None, print_blob=True)
settings.register_profile(
    "campaign",
    deadline=None,
    database=None,
    max_examples=CAMPAIGN_EXAMPLES,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "default"))


@pytest.fixture(autouse=True)
def frozen_clock() -> Iterator[time_machine.Traveller]:
    """Stop the clock at `FROZEN_AT` and make its zone the zone of the process."""
    with time_machine.travel(FROZEN_AT, tick=False) as clock:
        yield clock


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the source tree."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_material(repository: Path) -> Path:
    """The official material beside the repository, which is not ours to copy; always there in CI."""
    folder = repository.parent / "shared"
    if folder.is_dir():
        return folder
    if os.environ.get("CI"):
        pytest.fail("the shared material must stand beside the repository in CI")
    pytest.skip("the official material is not beside the repository")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A real PostgreSQL for this test process; starts when a test asks for it first."""
    server = Postgres(durable=False)
    yield server
    server.close()
