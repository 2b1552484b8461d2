"""When doses were due that nobody recorded."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdm.forecast.schedule import times_before, times_from
from tdm.forecast.timeline import Step

LATER = [Step(-400.0, 14.0), Step(-100.0, 7.0)]


def test_doses_lead_up_to_a_known_one_by_the_interval_of_their_time():
    assert times_before(LATER, -130, -86) == [-128, -114, -100, -93]
    assert times_before(LATER, -10, -5) == []


def test_before_the_first_order_the_first_interval_holds():
    assert times_before([Step(-20.0, 14.0)], -60, -10) == [-52, -38, -24]


def test_doses_go_on_from_a_known_one_until_the_next():
    assert times_from(LATER, -121, -90) == [-121, -107]
    assert times_from(LATER, -107, -86) == [-107, -93]
    assert times_from(LATER, -13, 0.0) == [-13, -6]
    assert times_from(LATER, 0.0, 0.0) == []


@given(st.floats(1, 60), st.floats(1, 60), st.floats(-200, -1), st.floats(-100, 0))
def test_no_two_doses_are_closer_than_the_shorter_interval(first, second, changed, known):
    intervals = [Step(-1000.0, first), Step(changed, second)]
    times = [*times_before(intervals, -250.0, known), *times_from(intervals, known, 0.0)]
    shortest = min(first, second)
    assert all(later - earlier >= shortest - 1e-9 for earlier, later in pairwise(times))
    assert all(-250.0 < at < 0.0 for at in times)
    assert known in times or known == pytest.approx(0.0)
