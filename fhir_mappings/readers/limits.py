"""The laboratory's own upper limit, from a reference range."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from fhir_mappings.numbers import plain_number, text_number, value_number
from fhir_mappings.references import text_of
from fhir_mappings.units import Quantity, Unit, find_unit
from tdm.facts import Comparator

_RANGE = re.compile(
    r"\s*([0-9.,]{1,12})\s*(?:-|\u2013|to|tot|bis)\s*([0-9.,]{1,12})\s*(\S.{0,40})?\s*", re.ASCII
)


def upper_limit(element: Mapping[str, Any], quantity: Quantity, unit: Unit | None) -> float | None:
    """Return the upper limit in the canonical unit of the result; `unit` None: the result has no unit.

    One limit, in the unit of the result or without a unit. Several different limits are none: which of them
    applies to this patient is not ours to choose.
    """
    ranges = element.get("referenceRange")
    limits: set[float] = set()
    for entry in ranges if isinstance(ranges, list) else [ranges]:
        limit = _limit_of(entry, quantity, unit) if isinstance(entry, dict) else None
        if limit is not None and limit > 0:
            limits.add(limit)
    return limits.pop() if len(limits) == 1 else None


def _limit_of(entry: Mapping[str, Any], quantity: Quantity, unit: Unit | None) -> float | None:
    high = entry.get("high")
    if isinstance(high, dict):
        number = value_number(high.get("value"))
        return _convert(number, text_of(high.get("unit")), text_of(high.get("code")), quantity, unit)
    return _limit_in_text(text_of(entry.get("text")), quantity, unit)


def _limit_in_text(text: str, quantity: Quantity, unit: Unit | None) -> float | None:
    """Return the limit of "< 10 AU/mL", "<= 40" or "5 - 40 U/L"; a lower bound alone is none."""
    read = text_number(text)
    if read is not None:
        bounded = read.comparator in {Comparator.BELOW, Comparator.AT_MOST} and not read.titre
        return _convert(read.value, read.unit, "", quantity, unit) if bounded else None
    match = _RANGE.fullmatch(text)
    if match is None:
        return None
    low, high = plain_number(match.group(1)), plain_number(match.group(2))
    if low is None or high is None or low > high:
        return None
    return _convert(high, (match.group(3) or "").strip(), "", quantity, unit)


def _convert(
    number: float | None, shown: str, code: str, quantity: Quantity, unit: Unit | None
) -> float | None:
    """Return the limit in the canonical unit; a limit without a unit is in that of the result."""
    if number is None:
        return None
    if not shown and not code:
        return number if unit is None else unit.convert(number)
    own = find_unit(quantity, shown, code)
    if not isinstance(own, Unit) or unit is None or own.canonical != unit.canonical:
        return None
    return own.convert(number)
