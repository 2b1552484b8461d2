"""The ground that the other tests stand on."""

import os
import socket
import time
from datetime import UTC, date, datetime

import pytest
from pytest_socket import SocketBlockedError


def test_the_clock_stands_still_in_a_zone_whose_day_is_not_that_of_utc():
    first = time.time()
    assert time.time() == first
    assert os.environ["TZ"] == "Pacific/Auckland"
    assert date.today() == date(2026, 3, 10)  # noqa: DTZ011 - the naive call is what is being watched
    assert datetime.now(UTC).date() == date(2026, 3, 9)


@pytest.mark.filterwarnings("ignore:A test tried to use socket")  # the blocker also warns
def test_no_test_can_open_a_connection():
    with pytest.raises(SocketBlockedError):
        socket.socket(socket.AF_INET, socket.SOCK_STREAM)
