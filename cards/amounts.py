"""Numbers, levels and regimens in words."""

from __future__ import annotations

from typing import Final

from cards.wording import DAYS_PER_WEEK, Wording
from tdm.decision import Option
from tdm.facts import LevelReading, Order
from tdm.plausibility import amount_text

_MICROGRAMS_PER_MILLILITRE: Final = frozenset({"ug/ml", "mcg/ml", "µg/ml", "\u03bcg/ml"})


def number(value: float) -> str:
    """Return a number with at most three decimals and no trailing zeros ("1.8", "350", "0.125")."""
    whole = int(value)
    if whole == value:
        return str(whole)
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def level_text(level: LevelReading, wording: Wording) -> str:
    """Return a level with its unit, a comparator as a word ("below 0.4 µg/mL", "not detected")."""
    if level.value_ug_ml is None:
        return wording.summary["not_detected"]
    return f"{wording.comparators[level.comparator]}{amount_text(level.value_ug_ml)} µg/mL"


def with_unit_set(reported: str) -> str:
    """Return a result as reported, with micrograms per millilitre written as everywhere else on the card.

    Only the letters of the unit change ("ug", "mcg" and the Greek letter for the micro sign), never the unit
    itself: mg/L, ng/mL and the equivalents of an antibody assay stay as the laboratory wrote them.
    """
    number_text, _, unit = reported.rpartition(" ")
    return f"{number_text} µg/mL" if number_text and unit.lower() in _MICROGRAMS_PER_MILLILITRE else reported


def regimen_text(option: Option, wording: Wording) -> str:
    """Return dose and interval of an option ("5 mg/kg (350 mg) every 6 weeks"), "" if it changes neither."""
    return _joined(dose_text(option, wording), interval_text(option.interval_days, wording))


def short_regimen_text(option: Option, wording: Wording) -> str:
    """Return dose and interval with the dose in one unit, mg/kg where known ("5 mg/kg every 6 weeks")."""
    if option.dose_mg_per_kg is None:
        return regimen_text(option, wording)
    dose = wording.regimen["per_kg"].format(per_kg=number(round(option.dose_mg_per_kg, 1)))
    interval = interval_text(option.interval_days, wording)
    return _joined(dose, interval)


def order_regimen_text(order: Order, wording: Wording) -> str:
    """Return what an order asks for, as it is written ("350 mg every 8 weeks"), "" if it says neither."""
    dose = ""
    if order.amount_mg is not None:
        dose = wording.regimen["mg"].format(mg=number(order.amount_mg))
    elif order.amount_mg_per_kg is not None:
        dose = wording.regimen["per_kg"].format(per_kg=number(order.amount_mg_per_kg))
    return _joined(dose, interval_text(order.interval_days, wording))


def _joined(dose: str, interval: str) -> str:
    return f"{dose} {interval}" if dose and interval else dose or interval


def dose_text(option: Option, wording: Wording) -> str:
    """Return the dose of an option in mg/kg, mg or both, "" if it names none."""
    if option.dose_mg_per_kg is None:
        return "" if option.dose_mg is None else wording.regimen["mg"].format(mg=number(option.dose_mg))
    per_kg = number(round(option.dose_mg_per_kg, 1))
    if option.dose_mg is None:
        return wording.regimen["per_kg"].format(per_kg=per_kg)
    return wording.regimen["per_kg_and_mg"].format(per_kg=per_kg, mg=number(option.dose_mg))


def interval_text(interval_days: float | None, wording: Wording) -> str:
    """Return an interval in whole weeks, else in days, "" if there is none."""
    if interval_days is None:
        return ""
    usual = wording.week_intervals.get(interval_days)
    if usual is not None:
        return usual
    if interval_days % DAYS_PER_WEEK:
        return wording.regimen["days"].format(days=number(interval_days))
    return wording.regimen["weeks"].format(weeks=number(interval_days / DAYS_PER_WEEK))
