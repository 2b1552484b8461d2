"""Exact reading of numbers: JSON numbers and numbers in text, with comparators, titres and units.

Only ASCII digits, an optional sign and one decimal separator are numbers. The separator is a point or a
comma. With exactly three digits behind it ("1,250", in prose also "1.250") it could group thousands and the
number is refused, unless a single zero stands before it ("0,125"). Two separators are always refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from tdm.facts import Comparator

_MAX_NUMBER = 1e9
"""Nothing we read is larger; a larger number is a slip or an attack, not a result."""

_MAX_TEXT = 80
_SIGNS = {
    "<": Comparator.BELOW,
    "<=": Comparator.AT_MOST,
    "=<": Comparator.AT_MOST,
    "\u2264": Comparator.AT_MOST,
    ">": Comparator.ABOVE,
    ">=": Comparator.AT_LEAST,
    "=>": Comparator.AT_LEAST,
    "\u2265": Comparator.AT_LEAST,
    "=": Comparator.EXACT,
}
_WORDS = {
    "less than": Comparator.BELOW,
    "below": Comparator.BELOW,
    "lower than": Comparator.BELOW,
    "kleiner dan": Comparator.BELOW,
    "kleiner als": Comparator.BELOW,
    "minder dan": Comparator.BELOW,
    "lager dan": Comparator.BELOW,
    "weniger als": Comparator.BELOW,
    "inferieur a": Comparator.BELOW,
    "inf\u00e9rieur \u00e0": Comparator.BELOW,
    "menor que": Comparator.BELOW,
    "menos de": Comparator.BELOW,
    "more than": Comparator.ABOVE,
    "greater than": Comparator.ABOVE,
    "above": Comparator.ABOVE,
    "groter dan": Comparator.ABOVE,
    "hoger dan": Comparator.ABOVE,
    "meer dan": Comparator.ABOVE,
    "gr\u00f6\u00dfer als": Comparator.ABOVE,
    "groesser als": Comparator.ABOVE,
    "mehr als": Comparator.ABOVE,
    "sup\u00e9rieur \u00e0": Comparator.ABOVE,
    "superieur a": Comparator.ABOVE,
    "mayor que": Comparator.ABOVE,
    "at least": Comparator.AT_LEAST,
    "at most": Comparator.AT_MOST,
}
_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?", re.ASCII)
_TITRE = re.compile(r"1\s*:\s*([0-9]{1,7})", re.ASCII)
_TITRE_WORDS = re.compile(r"(?:titer|titre)\s*(?:of|:|=)?\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class ReadNumber:
    """A number as read. `unit` is what followed it in text ("" if nothing); `titre` marks "1:40"."""

    value: float
    comparator: Comparator = Comparator.EXACT
    unit: str = ""
    titre: bool = False


def json_number(value: Any) -> float | None:
    """Return a JSON number as a float; None for booleans, text, non-finite and absurdly large numbers."""
    if isinstance(value, Decimal):
        value = float(value)
    if type(value) is not float and type(value) is not int:  # a boolean is no number
        return None
    return float(value) if -_MAX_NUMBER <= value <= _MAX_NUMBER else None


def value_number(value: Any) -> float | None:
    """Return the number of a Quantity.value: a JSON number, or one sent as text without anything else."""
    if isinstance(value, str):
        return plain_number(value)
    return json_number(value)


def plain_number(text: str) -> float | None:
    """Return the number that a text consists of ("4.2", " 4,2 "), else None."""
    trimmed = text.strip()
    if len(trimmed) > _MAX_TEXT or not _NUMBER.fullmatch(trimmed):
        return None
    return _to_float(trimmed)


def _to_float(text: str, *, grouping_dot: bool = False) -> float | None:
    """Return the number, None where its separator could group thousands."""
    separator = "," if "," in text else "."
    whole, found, fraction = text.partition(separator)
    may_group = len(fraction) == 3 and whole.lstrip("+-") != "0"  # noqa: PLR2004 - thousands have three digits
    if found and may_group and (separator == "," or grouping_dot):
        return None
    return json_number(Decimal(text.replace(",", ".")))


def json_comparator(value: Any) -> Comparator | None:
    """Return the comparator of a Quantity; EXACT when absent or blank, None when it is not understood."""
    if value is None:
        return Comparator.EXACT
    if not isinstance(value, str):
        return None
    sign = value.strip()
    return _SIGNS.get(sign) if sign else Comparator.EXACT


def text_number(text: str) -> ReadNumber | None:
    """Return the number of a result in text: "< 0.4", "4,2 ug/mL", "less than 0.4", "1:40"; else None.

    The whole text has to be understood: comparator, number, unit. Ranges ("3-7"), dates and sentences
    are no number. Whether the unit is one we know is not asked here.
    """
    return _text_number(text.strip()) if len(text) <= _MAX_TEXT else None


@lru_cache(maxsize=4096)
def _text_number(text: str) -> ReadNumber | None:
    comparator, rest = _leading_comparator(text)
    titre = _titre(comparator, rest)
    if titre is not None:
        return titre
    match = _NUMBER.match(rest)
    if match is None:
        return None
    value, tail = _to_float(match.group(), grouping_dot=True), rest[match.end() :]
    if value is None or not _looks_like_unit(tail):
        return None
    return ReadNumber(value, comparator, tail.strip())


def _leading_comparator(text: str) -> tuple[Comparator, str]:
    for length in (2, 1):
        sign = _SIGNS.get(text[:length])
        if sign is not None and len(text) > length:
            return sign, text[length:].strip()
    lowered = text.lower()
    for words, comparator in _WORDS.items():
        if lowered.startswith(words + " "):
            return comparator, text[len(words) :].strip()
    return Comparator.EXACT, text


def _titre(comparator: Comparator, text: str) -> ReadNumber | None:
    words = _TITRE_WORDS.match(text.lower())
    match = _TITRE.fullmatch(text[words.end() :] if words else text)
    return ReadNumber(float(match.group(1)), comparator, "", titre=True) if match else None


def _looks_like_unit(tail: str) -> bool:
    """Return whether what follows a number is nothing or could be a unit.

    "4.2.1", "3-7", "1_000", "1 000" and "1e3" are not numbers with a unit.
    """
    unit = tail.strip()
    if not unit:
        return True
    if tail[0] in "eE" and (tail[1:2].isdigit() or tail[1:2] in {"+", "-"}):
        return False
    return unit[0].isalpha() or unit[0] in "%[{"
