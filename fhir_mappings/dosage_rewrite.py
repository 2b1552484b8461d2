"""Rewrite dose and interval within a dosage text, and keep every other word of it."""

from __future__ import annotations

import re

from fhir_mappings.dosage_text import (
    ADVERB_PHRASE,
    INTERVAL_PHRASE,
    PER_KG_PHRASE,
    TOTAL_PHRASE,
    mentions_limit,
    read_dosage_text,
)

_MAY_HOLD_ADVERB = re.compile("weekl|wekelijks|chentlich|hebdomadaire", re.IGNORECASE).search


def rewrite_text(
    text: str, dose_mg: float | None, dose_mg_per_kg: float | None, interval: str | None
) -> str | None:
    """Return the text with the given parts replaced; None where the result would not say just that.

    None for a part leaves it as it is. A text that does not mention a part is not made to. A dose that is
    mentioned in a unit that is not given cannot be replaced.
    """
    before = read_dosage_text(text)
    new_dose = dose_mg is not None or dose_mg_per_kg is not None
    if before.loading_schedule or (new_dose and (before.dose_unclear or mentions_limit(text))):
        return None
    if interval is not None and before.interval_unclear:
        return None
    written = text
    if new_dose and before.amount_mg_per_kg is not None:
        if dose_mg_per_kg is None:
            return None
        written = _replace(PER_KG_PHRASE, written, f"{dose_mg_per_kg:g} mg/kg")
    if new_dose and before.amount_mg is not None:
        if dose_mg is None:
            return None
        written = _replace(TOTAL_PHRASE, written, f"{dose_mg:g} mg")
    if interval is not None and before.interval_days is not None:
        written = _replace(INTERVAL_PHRASE, written, interval)
        # Finding an adverb costs more than all else here: it is only done where one may be.
        if _MAY_HOLD_ADVERB(written):
            written = _replace(ADVERB_PHRASE, written, interval)
    after = read_dosage_text(written)
    expected = (
        _expected(before.amount_mg, dose_mg if new_dose else None),
        _expected(before.amount_mg_per_kg, dose_mg_per_kg if new_dose else None),
        _expected(before.interval_days, read_dosage_text(interval).interval_days if interval else None),
    )
    said = (after.amount_mg, after.amount_mg_per_kg, after.interval_days)
    return written if said == expected and not (after.dose_unclear or after.interval_unclear) else None


def _expected(before: float | None, new: float | None) -> float | None:
    return before if before is None or new is None else float(f"{new:g}")


def _replace(pattern: re.Pattern[str], text: str, words: str) -> str:
    """Replace every phrase; all of them said the same before, or the text would have been unclear."""
    return pattern.sub(lambda _: words, text)
