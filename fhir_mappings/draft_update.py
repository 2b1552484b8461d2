"""The one change a suggestion may make to an order: dose and timing, in a whole order, everything else kept.

The change is written into the shape the order already has, and read back with the same reader that reads
orders: unless that gives exactly the new regimen, nothing is suggested. A text that would contradict the new
numbers is rewritten in place, or the change is refused.

The changed order holds copies of exactly what is written to, and shares the rest with the order as sent:
nobody writes to either afterwards. Numbers and names that are kept cannot change on the way, then.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from fhir_mappings.acquired import Resource
from fhir_mappings.dosage import Setting, read_dosages
from fhir_mappings.dosage_rewrite import rewrite_text
from fhir_mappings.dosage_text import DAYS_PER_WEEK, TextDosage, read_dosage_text
from fhir_mappings.drafts import DraftOrder
from tdm.decision import Option, OptionKind
from tdm.facts import Order
from tdm.issues import IssueCode

_SAME = 1e-6
_EXPRESSIBLE = frozenset(
    {
        OptionKind.SHORTEN_INTERVAL_2_WEEKS,
        OptionKind.SHORTEN_INTERVAL_4_WEEKS,
        OptionKind.RAISE_DOSE,
        OptionKind.RAISE_DOSE_AND_SHORTEN_INTERVAL,
        OptionKind.SUBCUTANEOUS_DOUBLE_DOSE,
        OptionKind.LENGTHEN_INTERVAL,
        OptionKind.LOWER_DOSE,
    }
)
_INTERVAL_ONLY = frozenset(
    {
        OptionKind.SHORTEN_INTERVAL_2_WEEKS,
        OptionKind.SHORTEN_INTERVAL_4_WEEKS,
        OptionKind.LENGTHEN_INTERVAL,
    }
)
# What the reader found wrong with dose or interval when it read the order.
_UNREADABLE = frozenset(
    {
        IssueCode.DOSE_UNREADABLE,
        IssueCode.DOSE_TEXT_DIFFERS,
        IssueCode.INTERVAL_UNREADABLE,
        IssueCode.INTERVAL_TEXT_DIFFERS,
        IssueCode.SEVERAL_DOSAGES,
    }
)
_LIMITS = frozenset({"maxDosePerAdministration", "maxDosePerPeriod", "maxDosePerLifetime"})
_RATES = ("rateRatio", "rateQuantity", "rateRange")
_PACKED_MG = {"": frozenset({100.0, 120.0}), "ml": frozenset({10.0, 120.0})}
"""What infliximab is sold in, per piece or millilitre; another strength is a dose made up for one patient."""
_FIXED = frozenset(
    {"count", "countMax", "dayOfWeek", "timeOfDay", "when", "periodUnits", "periodMax", "frequencyMax"}
)
_MG = frozenset({"mg", "milligram", "milligrams"})
_MG_PER_KG = frozenset({"mg/kg", "mg/kg/dose"})


class CannotUpdateReason(StrEnum):
    """Why an order cannot be changed by a suggestion; the card has a sentence for each."""

    ORDER_STATE = "order-state"  # no draft, says not to give, not a medication order, another patient's
    NOT_EXPRESSIBLE = "not-expressible"  # the option is more than a dose and an interval
    NO_DOSAGE = "no-dosage"  # the order has no dosage, and the option does not name a whole one
    SEVERAL_DOSAGES = "several-dosages"
    LOADING_SCHEDULE = "loading-schedule"
    UNREADABLE = "unreadable"  # dose or interval of the order contradict themselves or cannot be read
    DOSE_UNIT = "dose-unit"  # the order's dose is in a unit the option cannot be told in
    DOSE_LIMIT = "dose-limit"  # the order carries a maximum dose
    FIXED_DATES = "fixed-dates"  # the order names dates or days of its own
    QUANTITY = "quantity"  # the order carries a quantity to dispense that belongs to its dose
    TEXT = "text"  # a text in the order would contradict the change
    NOT_PROVEN = "not-proven"  # the changed order does not read back as the new regimen


@dataclass(frozen=True, slots=True)
class UpdatedDraft:
    """The whole order after the change."""

    resource: Resource


@dataclass(frozen=True, slots=True)
class CannotUpdate:
    """No change can be suggested; `reason` is a `CannotUpdateReason`."""

    reason: str


class _RefusedError(Exception):
    def __init__(self, reason: CannotUpdateReason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class _Change:
    """The regimen to write; None: stays as it is."""

    dose_mg: float | None
    dose_mg_per_kg: float | None
    interval_days: float | None


def update_draft(draft: DraftOrder, option: Option) -> UpdatedDraft | CannotUpdate:
    """Return the whole order with the option's dose and interval, or why there is none."""
    try:
        return UpdatedDraft(_updated(draft, option))
    except _RefusedError as refused:
        return CannotUpdate(refused.reason.value)


def _updated(draft: DraftOrder, option: Option) -> Resource:
    if not draft.changeable:
        raise _RefusedError(CannotUpdateReason.ORDER_STATE)
    if option.kind not in _EXPRESSIBLE:
        raise _RefusedError(CannotUpdateReason.NOT_EXPRESSIBLE)
    if draft.order.loading_schedule:
        raise _RefusedError(CannotUpdateReason.LOADING_SCHEDULE)
    change = _needed(option, draft.order)
    resource = dict(draft.raw)
    dosage = _the_dosage(resource, change)
    if any(issue.code in _UNREADABLE for issue in draft.issues):
        raise _RefusedError(CannotUpdateReason.UNREADABLE)
    words = read_dosage_text(dosage["text"]) if isinstance(dosage.get("text"), str) else TextDosage()
    if change.dose_mg is not None or change.dose_mg_per_kg is not None:
        strength = draft.medicine.strength
        name = read_dosage_text(draft.medicine.label)
        made_up = strength is not None and strength.mg_per_unit not in _PACKED_MG[strength.unit]
        if made_up or name.dose_unclear or name.amount_mg_per_kg is not None:
            raise _RefusedError(CannotUpdateReason.QUANTITY)
        _write_dose(resource, dosage, change, words)
    if change.interval_days is not None:
        _write_interval(resource, dosage, change.interval_days)
    _write_texts(dosage, change)
    _check(resource, option, Setting(draft.medicine, "", draft.order.source))
    return resource


def _needed(option: Option, before: Order) -> _Change:
    """Return what differs from the order as it is, so that only that is written."""
    same_dose = _same(option.dose_mg, before.amount_mg) and _same(
        option.dose_mg_per_kg, before.amount_mg_per_kg
    )
    known = before.amount_mg is not None or before.amount_mg_per_kg is not None
    named = option.dose_mg is not None or option.dose_mg_per_kg is not None
    comparable = (option.dose_mg is not None and before.amount_mg is not None) or (
        option.dose_mg_per_kg is not None and before.amount_mg_per_kg is not None
    )
    other_measure = known and not comparable and option.kind in _INTERVAL_ONLY
    keep_dose = not named or other_measure or (same_dose and known)
    keep_interval = option.interval_days is None or option.interval_days == before.interval_days
    return _Change(
        None if keep_dose else option.dose_mg,
        None if keep_dose else option.dose_mg_per_kg,
        None if keep_interval else option.interval_days,
    )


def _same(new: float | None, old: float | None) -> bool:
    """Say whether a written amount already is the new one; one that is not written cannot differ."""
    return old is None or (new is not None and abs(new - old) <= _SAME * old)


def _reads_back(new: float | None, old: float | None) -> bool:
    """Say whether an amount of the option does not contradict what the changed order says."""
    return new is None or _same(new, old)


def _the_dosage(resource: Resource, change: _Change) -> dict[str, Any]:
    """Return a copy of the one dosage instruction, in its place; one is made if the change is a whole one."""
    instructions = resource.get("dosageInstruction")
    items = instructions if isinstance(instructions, list) else [instructions]
    dosages = [item for item in items if isinstance(item, dict)]
    if len(items) > 1:
        raise _RefusedError(CannotUpdateReason.SEVERAL_DOSAGES)
    if dosages:
        dosage = dict(dosages[0])
        # R4 has lists here; some systems send the one entry bare.
        resource["dosageInstruction"] = [dosage]
        if isinstance(dosage.get("doseAndRate"), dict):
            dosage["doseAndRate"] = [dosage["doseAndRate"]]
        return dosage
    whole = change.interval_days is not None and (
        change.dose_mg is not None or change.dose_mg_per_kg is not None
    )
    if not whole or items not in ([None], []):
        raise _RefusedError(CannotUpdateReason.NO_DOSAGE)
    made: dict[str, Any] = {}
    resource["dosageInstruction"] = [made]
    return made


def _write_dose(resource: Resource, dosage: dict[str, Any], change: _Change, words: TextDosage) -> None:
    if not _LIMITS.isdisjoint(dosage):
        raise _RefusedError(CannotUpdateReason.DOSE_LIMIT)
    request = resource.get("dispenseRequest")
    if isinstance(request, dict) and request.get("quantity") is not None:
        raise _RefusedError(CannotUpdateReason.QUANTITY)
    places = _dose_places(dosage)
    if not places and words.amount_mg is None and words.amount_mg_per_kg is None:
        _add_dose(dosage, change)
    for quantity in places:
        quantity["value"] = _plain(_dose_in_unit_of(quantity, change))


def _dose_places(dosage: dict[str, Any]) -> list[dict[str, Any]]:
    """Return copies, in their places, of the quantities with the dose: in each doseAndRate, or beside."""
    entries = dosage.get("doseAndRate")
    holders = [dosage]
    if isinstance(entries, list):
        copies = [dict(entry) if isinstance(entry, dict) else entry for entry in entries]
        dosage["doseAndRate"] = copies
        holders = [*(entry for entry in copies if isinstance(entry, dict)), dosage]
    places: list[dict[str, Any]] = []
    for holder in holders:
        if holder.get("doseRange") is not None:
            raise _RefusedError(CannotUpdateReason.UNREADABLE)
        if any(_is_mass_rate(holder.get(name)) for name in _RATES):
            raise _RefusedError(CannotUpdateReason.QUANTITY)
        for name in ("doseQuantity", "dose"):
            if isinstance(holder.get(name), dict):
                holder[name] = dict(holder[name])
                places.append(holder[name])
    return places


def _is_mass_rate(rate: Any) -> bool:
    """Say whether a rate counts milligrams, so that it says the dose once more: 350 mg per 2 hours."""
    if not isinstance(rate, dict):
        return False
    parts = (rate, rate.get("numerator"), rate.get("low"), rate.get("high"))
    units = [
        unit for part in parts if isinstance(part, dict) for unit in (part.get("unit"), part.get("code"))
    ]
    return any(
        isinstance(unit, str) and unit.strip().lower().startswith(("mg", "milligram")) for unit in units
    )


def _dose_in_unit_of(quantity: dict[str, Any], change: _Change) -> float:
    units = {
        unit.strip().lower()
        for unit in (quantity.get("unit"), quantity.get("code"))
        if isinstance(unit, str) and unit.strip()
    }
    value = None
    if units and units <= _MG:
        value = change.dose_mg
    elif units and units <= _MG_PER_KG:
        value = change.dose_mg_per_kg
    if value is None:
        raise _RefusedError(CannotUpdateReason.DOSE_UNIT)
    return value


def _add_dose(dosage: dict[str, Any], change: _Change) -> None:
    value, unit = (change.dose_mg, "mg") if change.dose_mg is not None else (change.dose_mg_per_kg, "mg/kg")
    if value is None or dosage.get("doseAndRate"):
        raise _RefusedError(CannotUpdateReason.DOSE_UNIT)
    quantity = {"value": _plain(value), "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}
    dosage["doseAndRate"] = [{"doseQuantity": quantity}]


def _write_interval(resource: Resource, dosage: dict[str, Any], days: float) -> None:
    request = resource.get("dispenseRequest")
    if isinstance(request, dict) and request.get("dispenseInterval") is not None:
        raise _RefusedError(CannotUpdateReason.QUANTITY)
    timing = _own_object(dosage, "timing")
    repeat = _own_object(timing, "repeat")
    if timing.get("event") or any(repeat[name] for name in _FIXED.intersection(repeat)):
        raise _RefusedError(CannotUpdateReason.FIXED_DATES)
    weeks = days / DAYS_PER_WEEK
    whole = weeks.is_integer()
    repeat["frequency"] = 1
    repeat["period"] = _plain(weeks if whole else days)
    repeat["periodUnit"] = "wk" if whole else "d"
    if timing.get("code") is not None:  # a code such as Q8W, or of the site's own, would say something else
        timing["code"] = {"text": interval_text(days)}


def _own_object(holder: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a copy of the object under a name, in its place; an empty one where there is none."""
    value = holder.get(name, {})
    if not isinstance(value, dict):
        raise _RefusedError(CannotUpdateReason.UNREADABLE)
    own = dict(value)
    holder[name] = own
    return own


def interval_text(days: float) -> str:
    """Return an interval in words: "every 6 weeks", "every 45 days"."""
    weeks = days / DAYS_PER_WEEK
    if weeks.is_integer():
        return "every week" if weeks == 1 else f"every {weeks:g} weeks"
    return f"every {days:g} days"


def _write_texts(dosage: dict[str, Any], change: _Change) -> None:
    text = dosage.get("text")
    if isinstance(text, str):
        every = interval_text(change.interval_days) if change.interval_days is not None else None
        written = rewrite_text(text, change.dose_mg, change.dose_mg_per_kg, every)
        if written is None:
            raise _RefusedError(CannotUpdateReason.TEXT)
        dosage["text"] = written


def _check(resource: Resource, option: Option, setting: Setting) -> None:
    """Read the changed order back, and look at the texts that were left alone."""
    after = read_dosages(resource.get("dosageInstruction"), setting)
    if after.issues or not (
        _reads_back(option.dose_mg, after.amount_mg)
        and _reads_back(option.dose_mg_per_kg, after.amount_mg_per_kg)
    ):
        raise _RefusedError(CannotUpdateReason.NOT_PROVEN)
    if option.interval_days is not None and after.interval_days != option.interval_days:
        raise _RefusedError(CannotUpdateReason.NOT_PROVEN)
    for text in _other_texts(resource):
        words = read_dosage_text(text)
        differs = (
            (words.amount_mg is not None and words.amount_mg != after.amount_mg)
            or (words.amount_mg_per_kg is not None and words.amount_mg_per_kg != after.amount_mg_per_kg)
            or (words.interval_days is not None and words.interval_days != after.interval_days)
        )
        if differs or words.dose_unclear or words.interval_unclear or words.loading_schedule:
            raise _RefusedError(CannotUpdateReason.TEXT)


def _other_texts(resource: Resource) -> list[str]:
    """Return the texts of an order that may repeat its dose: instructions, notes and narrative."""
    dosage = resource["dosageInstruction"][0]
    candidates = [dosage.get("patientInstruction")]
    notes = resource.get("note")
    if notes:
        items = notes if isinstance(notes, list) else [notes]
        candidates += [item.get("text") for item in items if isinstance(item, dict)]
    additional = dosage.get("additionalInstruction")
    if additional is not None:
        items = additional if isinstance(additional, list) else [additional]
        candidates += [item.get("text") for item in items if isinstance(item, dict)]
    narrative = resource.get("text")
    if isinstance(narrative, dict):
        candidates.append(narrative.get("div"))
    return [text for text in candidates if isinstance(text, str)]


def _plain(value: float) -> int | float:
    """Return a number as it is written in an order: whole numbers without a decimal point."""
    return int(value) if float(value).is_integer() else round(value, 4)
