"""Dose and interval from dosage text: "400 mg (5 mg/kg) every 8 weeks", "om de 8 weken", "weeks 0, 2, 6".

Only what the text says once and plainly is taken. Ranges, alternatives and months stay undecided: a wrong
interval is worse than none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from fhir_mappings.numbers import plain_number

DAYS_PER_WEEK = 7.0
# What bounds the work of the patterns below: a longer text, or one with a longer number, is not one plain
# thing, and none of them is tried on it. Cutting a text short would hide what it goes on to say.
_MAX_TEXT = 300
_MAX_DIGITS = 9
_LONG_NUMBER = re.compile(rf"[0-9]{{{_MAX_DIGITS + 1}}}")


@dataclass(frozen=True, slots=True)
class TextDosage:
    """What a text says. `dose_unclear` and `interval_unclear`: it says something, but not one plain thing.

    `part_mg`: the amount of one bag or vial of several, where the text does not say what they come to.
    """

    amount_mg: float | None = None
    amount_mg_per_kg: float | None = None
    interval_days: float | None = None
    loading_schedule: bool = False
    dose_unclear: bool = False
    interval_unclear: bool = False
    part_mg: float | None = None


_WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10,
    "twelve": 12, "other": 2, "second": 2, "third": 3, "fourth": 4, "sixth": 6, "eighth": 8,
    "een": 1, "twee": 2, "drie": 3, "vier": 4, "vijf": 5, "zes": 6, "zeven": 7, "acht": 8, "tien": 10,
    "zwei": 2, "drei": 3, "sechs": 6, "sieben": 7, "deux": 2, "trois": 3, "quatre": 4, "huit": 8,
    "dos": 2, "cuatro": 4, "seis": 6, "ocho": 8,
}  # fmt: skip
_NUMBER = r"(?:(?<![0-9])[0-9]++(?:[.,][0-9]++)?)"
_COUNT = rf"(?:{_NUMBER}|{'|'.join(_WORDS)})"
_WEEK = r"(?:weeks?|wks?|w|weken|week(?:en)?|wochen?|semaines?|sem|semanas?|settimane)"
_DAY = r"(?:days?|d|dagen|dag|tage?n?|jours?|dias|giorni)"
_MONTH = r"(?:months?|mos?|maand(?:en)?|monate?n?|mois|mes(?:es)?)"
_HOUR = r"(?:hours?|hrs?|h|uur|uren|stunden?|heures?|horas)"
_EVERY = r"(?:every|each|q|om\s+de|iedere|elke|per|alle|jede|toutes\s+les|toute\s+les|tous\s+les|cada|ogni|/)"
_TO = r"(?:\s*(?:-|to|tot|bis|a|or|of|oder|ou)\s*)"
INTERVAL_PHRASE = re.compile(
    rf"(?<![a-z0-9]){_EVERY}\s*(?P<count>{_COUNT})?(?:\s*\((?:[0-9]+)\))?(?P<upper>{_TO}{_COUNT})?\s*-?\s*"
    rf"(?:(?P<week>{_WEEK})|(?P<day>{_DAY})|(?P<month>{_MONTH})|(?P<hour>{_HOUR}))(?![a-z0-9])",
    re.IGNORECASE,
)
ADVERB_PHRASE = re.compile(
    rf"(?<![a-z0-9.,-])(?P<range>{_COUNT}{_TO})?(?P<count>{_COUNT})\s*-?\s*"
    r"(?:weekly|weekl|wekelijks|w(?:oe|\u00f6)chentlich|hebdomadaire)(?![a-z])",
    re.IGNORECASE,
)
_BARE_WEEKLY = re.compile(r"(?<![a-z0-9-])(?<![0-9] )(?:weekly|wekelijks|hebdomadaire)(?![a-z])")
_FORTNIGHTLY = re.compile(r"(?<![a-z])(?:fortnightly|every\s+fortnight)(?![a-z])")
_UNDECIDED = re.compile(
    r"(?<![a-z])(?:bi-?weekly|bi-?monthly|monthly|maandelijks|monatlich|mensuel|mensual)(?![a-z])"
)
_SEPARATOR = r"\s*(?:,|/|;|&|-|\+|and|en|und|et|y)?\s*(?:and|en|und|et|y)?\s*(?:w(?:ee)?k\s*)?"
_LOADING = re.compile(
    rf"(?:(?<![a-z])(?:weeks?|wks?|w|weken|wochen?|semaines?|semanas?)\.?\s*:?\s*0{_SEPARATOR}2{_SEPARATOR}6(?![0-9])"
    rf"|(?<![0-9.,])0{_SEPARATOR}2{_SEPARATOR}6\s*-?\s*{_WEEK}(?![a-z])"
    rf"|(?<![a-z])(?:days?|dagen|tage?)\.?\s*0{_SEPARATOR}14{_SEPARATOR}42(?![0-9]))"
)

_MG = r"(?:mg|milligrams?|milligrammes?|milligram(?:men)?)"
_PER_KG = r"(?:\s*(?:/|per|pro|par)\s*(?:kg|kilo(?:gram)?)(?![a-z]))"
_NOT_A_DOSE = (
    r"(?!\s*(?:/|per|pro|par)\s*[a-z0-9])(?!\s*(?:vials?|flacons?|ampul|injection|powder|pulver|poeder))"
)
_LIMIT = re.compile(
    rf"(?:\bmax(?:imum|imaal|imal)?\.?|\bup\s+to|\btot\s+max|\bnot\s+(?:to\s+)?exceed(?:ing)?|\bcap(?:ped)?(?:\s+at)?)"
    rf"\s*:?\s*(?:dose\s*)?(?:of\s*)?{_NUMBER}\s*{_MG}{_PER_KG}?"
)
_VIALS = re.compile(
    rf"(?P<count>[0-9]+)\s*(?:x|\u00d7|vials?|flacons?)\s*(?:of|van|\u00e0|a|x|,|\()?\s*(?P<mg>{_NUMBER})\s*{_MG}\b(?!\s*/)\)?"
)
PER_KG_PHRASE = re.compile(
    rf"(?P<range>{_NUMBER}{_TO})?(?<![0-9.,])(?P<value>{_NUMBER})\s*{_MG}{_PER_KG}", re.IGNORECASE
)
TOTAL_PHRASE = re.compile(
    rf"(?P<range>{_NUMBER}{_TO})?(?<![0-9.,])(?P<value>{_NUMBER})\s*{_MG}(?![a-z]){_NOT_A_DOSE}",
    re.IGNORECASE,
)
# Amounts of one bag, vial or part among several: what they come to is not said plainly.
_VIAL = r"(?:vials?|flacons?|ampoules?|durchstechflaschen?|injectieflacons?)"
_BAG = r"(?:bags?|bottles?|syringes?|pens?|zakken|spuiten|beuteln?|spritzen|poches?|seringues?|bolsas?)"
_SEVERAL = (
    rf"(?P<count>(?!1(?![0-9]))[0-9]{{1,2}}|{'|'.join(word for word, count in _WORDS.items() if count > 1)})"
)
_PIECES = re.compile(
    rf"(?<![a-z0-9.,])(?P<whole>(?:in|as|over|from|using)\s+)?{_SEVERAL}\s*(?:x\s*)?(?:(?P<vial>{_VIAL})|{_BAG})(?![a-z])"
)
_TIMES = re.compile(rf"{_MG}\s*(?:x|\u00d7)\s*[2-4](?![0-9.,])(?!\s*(?:kg|doses?|{_WEEK}|{_DAY})(?![a-z]))")
_ADDED = re.compile(rf"{_MG}\s*(?:\+|plus|and|en|und|et|y)\s*{_NUMBER}\s*{_MG}(?!\s*/)(?![a-z])")
_VIAL_MG = 100.0

_UNCLEAR = TextDosage(dose_unclear=True, interval_unclear=True)


def read_dosage_text(text: str) -> TextDosage:
    """Read a dosage text; what it does not say plainly stays None.

    A text of more than 300 characters, or with a number of more than nine digits, is unclear as a whole.
    """
    return _UNCLEAR if _is_too_long(text) else _read(text)


def _is_too_long(text: str) -> bool:
    return len(text) > _MAX_TEXT or _LONG_NUMBER.search(text) is not None


@lru_cache(maxsize=4096)
def _read(text: str) -> TextDosage:
    folded = " ".join(text.lower().replace("\u2013", "-").replace("\u2014", "-").split())
    per_kg, per_kg_unclear = _doses(PER_KG_PHRASE, _LIMIT.sub(" ", folded))
    total, total_unclear, part = _total(folded)
    without_loading = _LOADING.sub(" ", folded)
    interval, interval_unclear = _interval(without_loading)
    return TextDosage(
        amount_mg=total,
        amount_mg_per_kg=per_kg,
        interval_days=interval,
        loading_schedule=without_loading != folded,
        dose_unclear=per_kg_unclear or total_unclear,
        interval_unclear=interval_unclear,
        part_mg=part,
    )


def mentions_limit(text: str) -> bool:
    """Say whether a text names a maximum dose, which is not the dose, or is too long to tell."""
    return _is_too_long(text) or _LIMIT.search(text.lower()) is not None


def _total(folded: str) -> tuple[float | None, bool, float | None]:
    """Return the total dose in mg, vials multiplied out, limits and concentrations left out.

    With it whether something else is said, and the amount that may be that of a part only.
    """
    plain = _LIMIT.sub(" ", folded)
    plain = _VIALS.sub(_multiplied, plain)
    total, unclear = _doses(TOTAL_PHRASE, plain)
    if total is not None and _is_of_a_part(total, plain):
        return None, True, total
    return total, unclear, None


def _is_of_a_part(amount_mg: float, text: str) -> bool:
    """Return whether an amount may be that of one bag or vial of several: "175 mg x 2 bags", "175 + 175 mg".

    "350 mg in 2 bags" is the whole, and so is "350 mg (4 vials)": four vials are what 350 mg are taken from.
    """
    if _TIMES.search(text) or _ADDED.search(text):
        return True
    for match in _PIECES.finditer(text):
        count = _count(match["count"]) or 0.0
        vials_hold_it = match["vial"] and (count - 1) * _VIAL_MG < amount_mg <= count * _VIAL_MG
        if not match["whole"] and not vials_hold_it:
            return True
    return False


def _multiplied(match: re.Match[str]) -> str:
    each = plain_number(match["mg"])
    return match[0] if each is None else f" {int(match['count']) * each:g} mg "


def _doses(pattern: re.Pattern[str], text: str) -> tuple[float | None, bool]:
    """Return the one amount that a pattern finds, and whether it found something that is not one amount."""
    amounts: set[float | None] = set()
    for match in pattern.finditer(text):
        value = None if match["range"] else plain_number(match["value"])
        amounts.add(value if value is not None and value > 0 else None)
    if len(amounts) == 1:
        amount = amounts.pop()
        return amount, amount is None
    return None, bool(amounts)


def _interval(text: str) -> tuple[float | None, bool]:
    """Return the one interval in days that a text names, and whether it names something else instead."""
    found: set[float | None] = set()
    for match in INTERVAL_PHRASE.finditer(text):
        found.add(_days(match))
    for match in ADVERB_PHRASE.finditer(text):
        count = _count(match["count"])
        found.add(None if match["range"] or count is None else count * DAYS_PER_WEEK)
    if _FORTNIGHTLY.search(text):
        found.add(2 * DAYS_PER_WEEK)
    if _UNDECIDED.search(text):
        found.add(None)
    elif _BARE_WEEKLY.search(text) and not ADVERB_PHRASE.search(text):
        found.add(DAYS_PER_WEEK)
    if len(found) == 1:
        days = found.pop()
        return days, days is None
    return None, bool(found)


def _days(match: re.Match[str]) -> float | None:
    """Return the days of one "every ..." phrase; None for ranges, months and hours."""
    count = 1.0 if match["count"] is None else _count(match["count"])
    if count is None or count <= 0 or match["upper"] or match["month"] or match["hour"]:
        return None
    return count * DAYS_PER_WEEK if match["week"] else count


def _count(text: str) -> float | None:
    word = _WORDS.get(text)
    return plain_number(text) if word is None else float(word)
