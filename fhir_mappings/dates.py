"""FHIR date, dateTime and instant into a Moment: exact, in the site's zone, never guessed.

A year or a month alone is no day and gives nothing. A time without an offset is read in the site's zone
and says so. In the hour that a clock change repeats, the earlier instant is taken; in the hour it skips,
the time the clocks would have shown.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from tdm.facts import Moment

_DATE_LENGTH = 10
_MAX_LENGTH = 40
_EARLIEST_YEAR, _LATEST_YEAR = 1870, 2200
_MAX_OFFSET_HOURS = 14


class ReadDate(NamedTuple):
    """A moment as read. `zone_assumed`: a time of day came without an offset."""

    moment: Moment
    zone_assumed: bool = False


def read_date(value: Any, zone: ZoneInfo) -> ReadDate | None:
    """Return the moment of a FHIR date, dateTime or instant; None when it cannot be told to the day.

    Surrounding blanks are tolerated, a blank in place of "T" is not FHIR but unambiguous and is too;
    24:00, invalid days and offsets, and years outside 1870-2200 are not.
    """
    if not isinstance(value, str) or not _DATE_LENGTH <= len(value) <= _MAX_LENGTH:
        return None
    return _read(value.strip(), zone)


def read_moment(value: Any, zone: ZoneInfo) -> Moment | None:
    """Return only the moment of `read_date`."""
    found = read_date(value, zone)
    return None if found is None else found.moment


@lru_cache(maxsize=16384)
def _read(text: str, zone: ZoneInfo) -> ReadDate | None:
    day = _day(text[:_DATE_LENGTH])
    if day is None:
        return None
    rest = text[_DATE_LENGTH:]
    if not rest:
        return ReadDate(Moment(start_of_day(day, zone), day, timed=False))
    if rest[0] not in "Tt ":
        return None
    return _read_timed(day, rest[1:], zone)


def _day(text: str) -> date | None:
    if text[4:5] != "-" or text[7:8] != "-":
        return None
    year, month, day = _digits(text[:4], 4), _digits(text[5:7], 2), _digits(text[8:], 2)
    if year is None or month is None or day is None or not _EARLIEST_YEAR <= year <= _LATEST_YEAR:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _digits(text: str, length: int) -> int | None:
    """Return a number of exactly `length` ASCII digits."""
    return int(text) if len(text) == length and text.isascii() and text.isdigit() else None


def _read_timed(day: date, text: str, zone: ZoneInfo) -> ReadDate | None:
    clock, offset = _split_offset(text)
    time = _clock(clock)
    if time is None:
        return None
    hour, minute, second, microsecond = time
    naive = datetime(day.year, day.month, day.day, hour, minute, second, microsecond)  # noqa: DTZ001 - set below
    if offset == "":
        at = naive.replace(tzinfo=zone).astimezone(UTC)
        return ReadDate(Moment(at, at.astimezone(zone).date()), zone_assumed=True)
    difference = _offset(offset)
    if difference is None:
        return None
    at = naive.replace(tzinfo=timezone(difference)).astimezone(UTC)
    return ReadDate(Moment(at, at.astimezone(zone).date()))


def _split_offset(text: str) -> tuple[str, str]:
    """Return clock and offset ("Z", "+01:00" or "")."""
    if text[-1:] in {"Z", "z"}:
        return text[:-1], "Z"
    for sign in "+-":
        clock, found, rest = text.partition(sign)
        if found:
            return clock, sign + rest
    return text, ""


def _clock(text: str) -> tuple[int, int, int, int] | None:
    """Return hour, minute, second, microsecond of "hh:mm", "hh:mm:ss" or "hh:mm:ss.ffffff"."""
    parts = text.split(":")
    if not 2 <= len(parts) <= 3:  # noqa: PLR2004 - with or without seconds
        return None
    hour, minute = _digits(parts[0], 2), _digits(parts[1], 2)
    seconds, microsecond = 0, 0
    if len(parts) == 3:  # noqa: PLR2004 - with seconds
        whole, dot, fraction = parts[2].partition(".")
        read = _digits(whole, 2)
        if read is None or (dot and not (fraction.isascii() and fraction.isdigit())):
            return None
        seconds, microsecond = read, int(fraction[:6].ljust(6, "0")) if dot else 0
    if hour is None or minute is None or hour > 23 or minute > 59 or seconds > 59:  # noqa: PLR2004 - a clock
        return None
    return hour, minute, seconds, microsecond


def _offset(text: str) -> timedelta | None:
    if text == "Z":
        return timedelta(0)
    digits = text[1:].replace(":", "", 1) if text[3:4] == ":" else text[1:]
    hours, minutes = _digits(digits[:2], 2), _digits(digits[2:], 2)
    if hours is None or minutes is None or minutes > 59 or hours > _MAX_OFFSET_HOURS:  # noqa: PLR2004 - a clock
        return None
    difference = timedelta(hours=hours, minutes=minutes)
    return -difference if text[0] == "-" else difference


@lru_cache(maxsize=4096)
def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Return the first instant of a day in a zone (not always midnight: clocks may change there)."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    return midnight.astimezone(UTC)


def birth_bounds(value: Any) -> tuple[date | None, date | None]:
    """Return the earliest and latest day that a FHIR date (full, year-month or year) can mean."""
    if not isinstance(value, str):
        return None, None
    text = value.strip()
    if len(text) == _DATE_LENGTH:
        day = _day(text)
        return day, day
    if len(text) == 7:  # noqa: PLR2004 - year and month
        first = _day(f"{text}-01")
        return (None, None) if first is None else (first, _month_end(first))
    if len(text) == 4:  # noqa: PLR2004 - year
        first = _day(f"{text}-01-01")
        return (None, None) if first is None else (first, date(first.year, 12, 31))
    return None, None


def _month_end(first: date) -> date:
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return following - timedelta(days=1)
