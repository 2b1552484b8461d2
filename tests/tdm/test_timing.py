"""Differences and order of moments."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tdm.facts import Moment
from tdm.timing import (
    age_in_years,
    calendar_days_between,
    days_between,
    in_future,
    is_after,
    is_older,
    same_moment,
)
from tests.support.course_builder import NOW, moment

BERLIN = ZoneInfo("Europe/Berlin")


def berlin(day: date, hour: int) -> Moment:
    return Moment(datetime(day.year, day.month, day.day, hour, tzinfo=BERLIN), day)


def test_timed_moments_differ_by_the_time_that_passed():
    assert days_between(moment(56, hour=8), moment(0, hour=20)) == 56.5


def test_the_hour_that_daylight_saving_takes_is_not_counted_as_passed():
    before, after = berlin(date(2026, 3, 28), 8), berlin(date(2026, 3, 30), 8)
    assert days_between(before, after) == pytest.approx(2 - 1 / 24)


def test_without_a_time_calendar_days_are_counted():
    assert days_between(moment(56, hour=23), moment(0, hour=None)) == 56.0
    assert days_between(moment(56, hour=None), moment(0, hour=23)) == 56.0


def test_calendar_days_ignore_the_time_of_day():
    assert calendar_days_between(moment(126, hour=23), moment(0, hour=1)) == 126


def test_on_one_day_later_needs_both_times():
    assert is_after(moment(0, hour=9), moment(0, hour=8))
    assert not is_after(moment(0, hour=8), moment(0, hour=8))
    assert not is_after(moment(0, hour=None), moment(0, hour=8))
    assert not is_after(moment(0, hour=9), moment(0, hour=None))


def test_a_later_day_is_later_without_times():
    assert is_after(moment(0, hour=None), moment(1, hour=23))
    assert not is_after(moment(1, hour=23), moment(0, hour=None))


def test_moments_are_the_same_unless_times_tell_them_apart():
    assert same_moment(moment(0, hour=8), moment(0, hour=8))
    assert same_moment(moment(0, hour=None), moment(0, hour=8))
    assert same_moment(moment(0, hour=8), moment(0, hour=None))
    assert not same_moment(moment(0, hour=8), moment(0, hour=9))
    assert not same_moment(moment(1, hour=None), moment(0, hour=None))


@pytest.mark.parametrize(("minutes", "future"), [(-5, False), (5, False), (5.01, True)])
def test_five_minutes_ahead_are_clock_skew(minutes: float, future: bool):
    at = NOW.at + timedelta(minutes=minutes)
    assert in_future(Moment(at, at.date()), NOW, 5) is future


def test_an_earlier_day_is_never_future_and_tomorrow_is():
    assert not in_future(moment(1, hour=None), NOW, 5)
    assert in_future(moment(-1, hour=None), NOW, 5)


def test_the_start_of_tomorrow_is_skew_just_before_midnight():
    midnight = datetime(2026, 3, 10, tzinfo=UTC)
    now = Moment(midnight - timedelta(minutes=3), date(2026, 3, 9))
    assert not in_future(Moment(midnight, date(2026, 3, 10), timed=False), now, 5)


@pytest.mark.parametrize(
    ("days_ago", "hour", "older"),
    [
        (81, 8, False),
        (84, 10, False),
        (84, 9, True),
        (85, 11, False),
        (85, None, True),
        (84, None, False),
        (87, 8, True),
    ],
)
def test_older_than_so_many_days_is_exact_in_close_calls(days_ago: int, hour: float | None, older: bool):
    days = 84 if hour != 11 else 85
    assert is_older(moment(days_ago, hour=hour), NOW, days) is older


@pytest.mark.parametrize(
    ("born", "today", "years"),
    [
        (date(2008, 3, 9), date(2026, 3, 8), 17),
        (date(2008, 3, 9), date(2026, 3, 9), 18),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
    ],
)
def test_a_year_of_age_is_completed_on_the_birthday(born: date, today: date, years: int):
    assert age_in_years(born, today) == years
