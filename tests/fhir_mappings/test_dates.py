"""Dates and times: to the day or not at all, in the site's zone, right across clock changes."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_mappings.dates import birth_bounds, read_date, read_moment, start_of_day

BRUSSELS = ZoneInfo("Europe/Brussels")
NEW_YORK = ZoneInfo("America/New_York")
SAO_PAULO = ZoneInfo("America/Sao_Paulo")


@pytest.mark.parametrize(
    ("text", "at", "day"),
    [
        ("2026-03-01T07:30:00+01:00", datetime(2026, 3, 1, 6, 30, tzinfo=UTC), date(2026, 3, 1)),
        ("2026-03-01T07:30:00Z", datetime(2026, 3, 1, 7, 30, tzinfo=UTC), date(2026, 3, 1)),
        (
            "2026-03-01T07:30:00.123456789Z",
            datetime(2026, 3, 1, 7, 30, 0, 123456, tzinfo=UTC),
            date(2026, 3, 1),
        ),
        ("2026-03-01T07:30:00.5Z", datetime(2026, 3, 1, 7, 30, 0, 500000, tzinfo=UTC), date(2026, 3, 1)),
        ("2026-03-01T07:30Z", datetime(2026, 3, 1, 7, 30, tzinfo=UTC), date(2026, 3, 1)),
        ("2026-03-01t07:30z", datetime(2026, 3, 1, 7, 30, tzinfo=UTC), date(2026, 3, 1)),
        (" 2026-03-01T07:30:00Z ", datetime(2026, 3, 1, 7, 30, tzinfo=UTC), date(2026, 3, 1)),
        ("2026-03-01 07:30:00Z", datetime(2026, 3, 1, 7, 30, tzinfo=UTC), date(2026, 3, 1)),
        ("2026-03-01T23:30:00-02:00", datetime(2026, 3, 2, 1, 30, tzinfo=UTC), date(2026, 3, 2)),
        ("2026-03-01T23:30:00Z", datetime(2026, 3, 1, 23, 30, tzinfo=UTC), date(2026, 3, 2)),
        ("2026-03-01T07:30:00+0100", datetime(2026, 3, 1, 6, 30, tzinfo=UTC), date(2026, 3, 1)),
        ("2026-03-01T07:30:00+14:00", datetime(2026, 2, 28, 17, 30, tzinfo=UTC), date(2026, 2, 28)),
        ("2026-03-01T07:30:00+05:30", datetime(2026, 3, 1, 2, 0, tzinfo=UTC), date(2026, 3, 1)),
        ("2026-03-01T07:30:00-03:59", datetime(2026, 3, 1, 11, 29, tzinfo=UTC), date(2026, 3, 1)),
        ("2026-03-01T07:30:00+0545", datetime(2026, 3, 1, 1, 45, tzinfo=UTC), date(2026, 3, 1)),
        ("2026-03-01T07:30:00Z" + " " * 20, datetime(2026, 3, 1, 7, 30, tzinfo=UTC), date(2026, 3, 1)),
    ],
)
def test_a_time_with_an_offset_is_an_instant_on_a_day_of_the_site(text, at, day):
    read = read_date(text, BRUSSELS)
    assert read is not None
    assert (read.moment.at, read.moment.day, read.moment.timed, read.zone_assumed) == (at, day, True, False)
    assert read.moment.at.tzinfo is UTC
    assert read_moment(text, BRUSSELS) == read.moment


def test_a_time_without_an_offset_is_read_in_the_sites_zone_and_says_so():
    read = read_date("2026-07-01T00:30:00", BRUSSELS)
    assert read is not None
    assert read.zone_assumed
    assert read.moment.at == datetime(2026, 6, 30, 22, 30, tzinfo=UTC)
    assert read.moment.at.tzinfo is UTC
    assert (read.moment.day, read.moment.timed) == (date(2026, 7, 1), True)
    # The zone of the site gives the day, not the zone of the process, where the next day has begun.
    assert read_moment("2026-07-01T20:30:00", BRUSSELS).day == date(2026, 7, 1)


def test_a_day_alone_starts_in_the_sites_zone_and_is_untimed():
    for zone, at in (
        (BRUSSELS, datetime(2026, 2, 28, 23, 0, tzinfo=UTC)),
        (NEW_YORK, datetime(2026, 3, 1, 5, 0, tzinfo=UTC)),
    ):
        read = read_date("2026-03-01", zone)
        assert read is not None
        assert (read.moment.at, read.moment.day, read.moment.timed) == (at, date(2026, 3, 1), False)
        assert read.moment.at.tzinfo is UTC
        assert not read.zone_assumed


@pytest.mark.parametrize(
    ("text", "zone", "at"),
    [
        ("2026-03-29T02:30:00", BRUSSELS, datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),  # the skipped hour
        ("2026-03-29T01:59:00", BRUSSELS, datetime(2026, 3, 29, 0, 59, tzinfo=UTC)),
        ("2026-03-29T03:00:00", BRUSSELS, datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        (
            "2026-10-25T02:30:00",
            BRUSSELS,
            datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        ),  # the repeated: the first
        ("2026-10-25T03:00:00", BRUSSELS, datetime(2026, 10, 25, 2, 0, tzinfo=UTC)),
    ],
)
def test_a_local_time_is_right_where_the_clocks_change(text, zone, at):
    read = read_date(text, zone)
    assert read is not None
    assert read.moment.at == at
    assert read.moment.day == at.astimezone(zone).date()


def test_a_day_that_has_no_midnight_starts_with_its_first_instant():
    skipped = start_of_day(date(2018, 11, 4), SAO_PAULO)  # clocks went from 0:00 to 1:00
    assert skipped == datetime(2018, 11, 4, 3, 0, tzinfo=UTC)
    assert skipped.astimezone(SAO_PAULO).date() == date(2018, 11, 4)


@pytest.mark.parametrize(
    "value",
    ["2026", "2026-03", "2026-02-30", "2026-13-01", "2026-00-10", "2026-3-1", "26-03-01", "01-03-2026",
     "2026/03/01", "20260301", "2026-03-01T", "2026-03-01T24:00:00Z", "2026-03-01T23:60:00Z",
     "2026-03-01T23:59:60Z", "2026-03-01T07", "2026-03-01T07:30:00+25:00", "2026-03-01T07:30:00+15:00",
     "2026-03-01T07:30:00+01:60", "2026-03-01T07:30:00+1", "2026-03-01T07:30:00.Z", "2026-03-01T07:30:00.xZ",
     "2026-03-01T7:30:00Z", "2026-03-01T07:3:00Z", "2026-03-01T07:30:0Z", "2026-03-01T07:30:00:00Z",
     "2026-03/01", "2026/03-01", "2026-xx-01", "2026-03-xx", "2026-03-01T07:30:00+xx:30",
     "2026-03-01T07:30:00+01:xx", "2026-03-01T07:30:00+01:0:0", "2026-03-01T07:30:00+0:100",
     "2026-03-01T07:30:00X0100", "2026-03-01X07:30:00Z", "2026-03-01TZ", "\uff12026-03-01", "1869-12-31",
     "2201-01-01", "", " ", "today",
     "2026-03-01T07:30:00Z" + " " * 30, None, 20260301, True, [], {}],
)  # fmt: skip
def test_what_cannot_be_told_to_the_day_is_no_date(value):
    assert read_date(value, BRUSSELS) is None
    assert read_moment(value, BRUSSELS) is None


def test_the_years_of_a_date_are_bounded_on_both_sides():
    assert read_moment("1870-01-01", BRUSSELS) is not None
    assert read_moment("2200-12-31", BRUSSELS) is not None


@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - bounds
def test_every_instant_is_read_as_it_was_written(at):
    read = read_date(at.isoformat(), BRUSSELS)
    assert read is not None
    assert read.moment.at == at
    assert read.moment.day == at.astimezone(BRUSSELS).date()


@given(st.text(max_size=45))
def test_no_text_breaks_the_reading_of_dates(text):
    read_date(text, BRUSSELS)
    read_date("2026-03-01T" + text, BRUSSELS)
    birth_bounds(text)


@pytest.mark.parametrize(
    ("value", "earliest", "latest"),
    [
        ("2010-05-17", date(2010, 5, 17), date(2010, 5, 17)),
        (" 2010-05-17 ", date(2010, 5, 17), date(2010, 5, 17)),
        ("2010-02", date(2010, 2, 1), date(2010, 2, 28)),
        ("2012-02", date(2012, 2, 1), date(2012, 2, 29)),
        ("2010-12", date(2010, 12, 1), date(2010, 12, 31)),
        ("2010-11", date(2010, 11, 1), date(2010, 11, 30)),
        ("2010", date(2010, 1, 1), date(2010, 12, 31)),
        ("2010-13", None, None),
        ("2010-02-30", None, None),
        ("201", None, None),
        ("20100", None, None),
        ("abcd", None, None),
        ("", None, None),
        (None, None, None),
        (2010, None, None),
    ],
)
def test_a_birth_date_is_bounded_by_what_is_known_of_it(value, earliest, latest):
    assert birth_bounds(value) == (earliest, latest)
