"""Dose and interval of a FHIR dosage: numbers first, texts beside them, and an issue where they disagree.

The dose as a number and the dose in the text complete each other (500 mg, "5 mg/kg"); where they contradict
each other neither is used. The same holds for the interval. Rates are not doses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from fhir_mappings.dosage_text import TextDosage, read_dosage_text
from fhir_mappings.dose_amount import Amount, dose_and_rate_amount
from fhir_mappings.dose_timing import Interval, code_interval, repeat_interval
from fhir_mappings.medication import Medicine
from fhir_mappings.routes import route_of
from tdm.facts import Route
from tdm.issues import DataIssue, IssueCode
from tdm.source import Source

_SAME_AMOUNT = 0.01  # relative difference that rounding explains
_SAME_INTERVAL_DAYS = 0.5


class ReadDosage(msgspec.Struct, frozen=True):
    """A dosage as read; what could not be read, or was said in two ways, is None and an issue."""

    amount_mg: float | None = None
    amount_mg_per_kg: float | None = None
    interval_days: float | None = None
    loading_schedule: bool = False
    route: Route | None = None
    issues: tuple[DataIssue, ...] = ()


class Setting(msgspec.Struct, frozen=True):
    """Where a dosage stands: its medicine, what to call the record in an issue, and where it was read."""

    medicine: Medicine
    what: str
    source: Source


def read_dosages(dosages: Any, setting: Setting) -> ReadDosage:
    """Read the dosage instructions of an order; several count together only as far as they agree."""
    items = dosages if isinstance(dosages, list) else [dosages]
    readings = [read_dosage(item, setting) for item in items if isinstance(item, dict) and item]
    if len(readings) == 1:
        return readings[0]
    return _joined(readings, setting) if readings else ReadDosage()


def _joined(readings: Sequence[ReadDosage], setting: Setting) -> ReadDosage:
    """Join several dosages: what they say alike is taken, what they say differently is not."""
    totals = {r.amount_mg for r in readings if r.amount_mg is not None}
    per_kg = {r.amount_mg_per_kg for r in readings if r.amount_mg_per_kg is not None}
    intervals = {r.interval_days for r in readings if r.interval_days is not None}
    routes = {r.route for r in readings if r.route is not None}
    issues = tuple(issue for r in readings for issue in r.issues)
    lines = [(r.amount_mg, r.interval_days) for r in readings if r.amount_mg and r.interval_days]
    if len(set(lines)) < len(lines):
        totals = set()  # two bags in two lines, or one line twice
        issues += (_several(setting),)
    if any(len(values) > 1 for values in (totals, per_kg, intervals, routes)):
        issues += (_several(setting),)
    return ReadDosage(
        amount_mg=_only(totals),
        amount_mg_per_kg=_only(per_kg),
        interval_days=_only(intervals),
        loading_schedule=any(r.loading_schedule for r in readings),
        route=next(iter(routes)) if len(routes) == 1 else None,
        issues=issues,
    )


def _several(setting: Setting) -> DataIssue:
    return DataIssue(IssueCode.SEVERAL_DOSAGES, "order", (("what", setting.what),), setting.source)


def _only(values: set[float]) -> float | None:
    return next(iter(values)) if len(values) == 1 else None


def read_dosage(dosage: dict[str, Any], setting: Setting) -> ReadDosage:
    """Read one dosage instruction (of an order) or dosage (of an administration or a statement)."""
    text = read_dosage_text(dosage_text(dosage))
    amount, dose_issues = combined_amount(dose_and_rate_amount(dosage, setting.medicine), text, setting)
    interval, interval_issues = _combined_interval(dosage.get("timing"), text, setting)
    return ReadDosage(
        amount_mg=amount.mg,
        amount_mg_per_kg=amount.mg_per_kg,
        interval_days=interval.days,
        loading_schedule=interval.loading_schedule,
        route=route_of(dosage.get("route")),
        issues=dose_issues + interval_issues,
    )


def dosage_text(dosage: dict[str, Any]) -> str:
    """Return the text of a dosage, "" where there is none."""
    text = dosage.get("text")
    return text if isinstance(text, str) else ""


def combined_amount(
    amount: Amount, text: TextDosage, setting: Setting
) -> tuple[Amount, tuple[DataIssue, ...]]:
    """Return what number and text say together; nothing, and an issue, where they contradict each other."""
    for number, words, unit in (
        (amount.mg, text.amount_mg, "mg"),
        (amount.mg_per_kg, text.amount_mg_per_kg, "mg/kg"),
    ):
        if number is not None and words is not None and abs(number - words) > _SAME_AMOUNT * number:
            shown = (("number", f"{number:g} {unit}"), ("text", f"{words:g} {unit}"))
            return Amount(), (_issue(IssueCode.DOSE_TEXT_DIFFERS, "dose", setting, shown),)
    if amount.mg is not None and text.part_mg is not None and amount.mg <= text.part_mg * (1 + _SAME_AMOUNT):
        shown = (("number", f"{amount.mg:g} mg"), ("text", f"several of {text.part_mg:g} mg"))
        return Amount(), (_issue(IssueCode.DOSE_TEXT_DIFFERS, "dose", setting, shown),)
    total = text.amount_mg if amount.mg is None else amount.mg
    per_kg = text.amount_mg_per_kg if amount.mg_per_kg is None else amount.mg_per_kg
    if total is None and per_kg is None and (amount.unreadable or text.dose_unclear):
        return Amount(unreadable=True), (_issue(IssueCode.DOSE_UNREADABLE, "dose", setting),)
    return Amount(total, per_kg), ()


def _combined_interval(
    timing: Any, text: TextDosage, setting: Setting
) -> tuple[Interval, tuple[DataIssue, ...]]:
    timing = timing[0] if isinstance(timing, list) and len(timing) == 1 else timing
    schedule = repeat_interval(timing)
    words = code_interval(timing)
    known = [days for days in (schedule.days, words.days, text.interval_days) if days is not None]
    loading = words.loading_schedule or text.loading_schedule
    if not known:
        unclear = schedule.unclear or words.unclear or text.interval_unclear
        issues = (_issue(IssueCode.INTERVAL_UNREADABLE, "interval", setting),) if unclear else ()
        return Interval(None, loading, unclear), issues
    if max(known) - min(known) > _SAME_INTERVAL_DAYS:
        shown = (("number", f"{known[0]:g} days"), ("text", f"{known[-1]:g} days"))
        issue = _issue(IssueCode.INTERVAL_TEXT_DIFFERS, "interval", setting, shown)
        return Interval(None, loading, unclear=True), (issue,)
    return Interval(known[0], loading), ()


def _issue(
    code: IssueCode, subject: str, setting: Setting, shown: tuple[tuple[str, str], ...] = ()
) -> DataIssue:
    return DataIssue(code, subject, (("what", setting.what), *shown), setting.source)
