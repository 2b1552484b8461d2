"""Days from now, and values that hold from a day on."""

import pytest

from tdm.forecast.timeline import Step, value_at
from tests.support.course_builder import moment
from tests.tdm.forecast.cases import TIMELINE


def test_days_count_from_now_and_are_negative_in_the_past():
    assert TIMELINE.at(moment(10, hour=10)) == -10
    assert TIMELINE.at(moment(1, hour=4)) == pytest.approx(-1.25)


def test_what_has_no_time_of_day_is_placed_at_noon_but_never_in_the_future():
    assert TIMELINE.at(moment(2, hour=None)) == pytest.approx(-2 + 2 / 24)
    assert TIMELINE.at(moment(0, hour=None)) == 0


@pytest.mark.parametrize(
    ("at", "value"), [(-100, "a"), (-20, "a"), (-10, "b"), (-1, "b"), (0, "c"), (9, "c")]
)
def test_a_value_holds_from_its_step_on_and_the_first_before_it(at, value):
    assert value_at([Step(-20, "a"), Step(-10, "b"), Step(0, "c")], at) == value


def test_a_time_on_the_axis_has_its_day_and_its_moment():
    assert TIMELINE.day(-35.04).isoformat() == "2026-02-02"
    assert TIMELINE.moment(-10) == moment(10, hour=10)
