"""The rhythm of a FHIR timing: `timing.repeat` by numbers, and the code of a timing by its words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from fhir_mappings.codes import codings_of
from fhir_mappings.dosage_text import TextDosage, read_dosage_text
from fhir_mappings.numbers import value_number

_DAYS = {
    "d": 1.0, "day": 1.0, "days": 1.0, "wk": 7.0, "w": 7.0, "week": 7.0, "weeks": 7.0, "wks": 7.0,
    "mo": 365.25 / 12, "month": 365.25 / 12, "months": 365.25 / 12,
}  # fmt: skip


class Interval(msgspec.Struct, frozen=True):
    """The time between doses in days. `unclear`: a schedule was given, but not one plain interval."""

    days: float | None = None
    loading_schedule: bool = False
    unclear: bool = False


_NO_INTERVAL = Interval()


def repeat_interval(timing: Any) -> Interval:
    """Read `timing.repeat`: period, unit and frequency; a range is unclear, bounds are no rhythm."""
    repeat = timing.get("repeat") if isinstance(timing, dict) else None
    if not isinstance(repeat, dict) or repeat.get("period") is None:
        return _NO_INTERVAL
    period, often = value_number(repeat["period"]), repeat.get("frequency")
    frequency = 1.0 if often is None else value_number(often)
    unit = repeat.get("periodUnit", repeat.get("periodUnits"))
    days = _DAYS.get(unit.strip().lower()) if isinstance(unit, str) else None
    ranged = _differs(repeat.get("periodMax"), period) or _differs(repeat.get("frequencyMax"), frequency)
    if not period or not frequency or period < 0 or frequency < 0 or days is None or ranged:
        return Interval(unclear=True)
    return Interval(days=period * days / frequency)


def _differs(upper: Any, number: float | None) -> bool:
    """Say whether there is an upper end of a range, and it is another number than the lower one."""
    return upper is not None and value_number(upper) != number


def code_interval(timing: Any) -> Interval:
    """Read the code of a timing: its text, or the display or code of a coding ("Q8W")."""
    code = timing.get("code") if isinstance(timing, dict) else None
    if not code:
        return _NO_INTERVAL
    codings, text = codings_of(code)
    texts = [text, *(word for _, word_code, display in codings for word in (word_code, display))]
    return _of_words([read_dosage_text(word) for word in texts if word])


def _of_words(readings: Sequence[TextDosage]) -> Interval:
    intervals = {reading.interval_days for reading in readings if reading.interval_days is not None}
    loading = any(reading.loading_schedule for reading in readings)
    unclear = len(intervals) > 1 or (not intervals and any(reading.interval_unclear for reading in readings))
    return Interval(None if unclear or not intervals else intervals.pop(), loading, unclear)
