"""Dates relative to today in example requests, so that a synthetic patient never grows old.

A text value may hold `${days:-56}` (a calendar day) or `${days:-56 at 08:15}` (a time of that day, with the
zone's offset). The rest of the text is kept.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

_TOKEN = re.compile(r"\$\{days:([+-]?[0-9]{1,5})(?: at ([0-9]{2}):([0-9]{2}))?\}", re.ASCII)


def expand(template: Any, *, today: date, zone: ZoneInfo) -> Any:
    """Return a copy of a JSON value with every relative date in its texts written out.

    Raises ValueError where a text holds `${` that is no date of these two forms: a misspelt example must not
    reach a reader as if it were data.
    """
    if isinstance(template, str):
        return _expand_text(template, today, zone)
    if isinstance(template, list):
        return [expand(item, today=today, zone=zone) for item in template]
    if isinstance(template, dict):
        return {key: expand(value, today=today, zone=zone) for key, value in template.items()}
    return template


def _expand_text(text: str, today: date, zone: ZoneInfo) -> str:
    if "${" not in text:
        return text

    def written_out(match: re.Match[str]) -> str:
        day = today + timedelta(days=int(match[1]))
        if match[2] is None:
            return day.isoformat()
        return datetime(day.year, day.month, day.day, int(match[2]), int(match[3]), tzinfo=zone).isoformat()

    expanded = _TOKEN.sub(written_out, text)
    if "${" in expanded:
        raise ValueError("a relative date is misspelt; write ${days:-56} or ${days:-56 at 08:15}")
    return expanded
