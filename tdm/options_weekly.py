"""No option that raises exposure gives less drug per week than there is, none that lowers it gives more.

Both would be so where what was charted as given is not what was ordered: half of each infusion on record, or
each of them twice. What is advised from such doses is then not what its name says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

from tdm.decision import LESS_DRUG, MORE_DRUG, Option, Regimen
from tdm.gates_dose import describe_dose
from tdm.issues import DataIssue, IssueCode

# Doses are rounded to mg or to vials, and orders speak of whole days.
SAME_DRUG = 0.02
DAYS_PER_WEEK = 7


class Weekly(NamedTuple):
    """Drug per week in mg and in mg/kg; None where dose or interval is unknown."""

    mg: float | None
    mg_per_kg: float | None


NOTHING_KNOWN = Weekly(None, None)


@dataclass(frozen=True, slots=True)
class Kept:
    """The options that keep their word. `issue`: doses and order contradict each other, and some did not."""

    options: tuple[Option, ...]
    issue: DataIssue | None = None


def keeping_their_word(
    options: tuple[Option, ...], regimen: Regimen, draft: Regimen | None, *, doses_unfit: bool = False
) -> Kept:
    """Return the options without those that give less where they say more, or more where they say less.

    Measured by what is in force and by the order in front of the clinician: an option is left out where it
    is beyond both. In force is what was given and what was ordered; where only the order on record shows
    that an option is none, the doses are in doubt, and of the others none is recommended. `doses_unfit`: the
    doses do not fit the weight, and an order on record that they keep does not either: the draft is then held
    against them.
    """
    if draft is not None and draft.interval_days is None:
        draft = replace(draft, interval_days=regimen.interval_days)
    order = _order_on_record(regimen)
    given = _of(regimen)
    if doses_unfit and draft is not None and _comparable(given, _of(draft)):
        order = draft
    ordered = NOTHING_KNOWN if order is None else _of(order)
    asked = NOTHING_KNOWN if draft is None else _of(draft)
    kept = []
    in_doubt = False
    for option in options:
        weekly = weekly_of(option.dose_mg, option.dose_mg_per_kg, option.interval_days)
        if option.kind in MORE_DRUG:
            beyond = less
        elif option.kind in LESS_DRUG:
            beyond = more
        else:
            kept.append(option)
            continue
        if _comparable(weekly, asked) and not beyond(weekly, asked):
            kept.append(option)
        elif not beyond(weekly, given):
            if beyond(weekly, ordered):
                in_doubt = True
            else:
                kept.append(option)
    if order is None or not in_doubt:
        return Kept(_next_recommended(options, kept))
    shown = (("ordered", _described(order)), ("given", _described(regimen)))
    issue = DataIssue(IssueCode.DOSES_BESIDE_ORDER, "dose", shown)
    return Kept(tuple([_unmarked(one) for one in kept]), issue)


def _next_recommended(options: tuple[Option, ...], kept: list[Option]) -> tuple[Option, ...]:
    """Return the options kept; where the recommended one is not among them, the next step is."""
    lost = any(one.recommended and one.kind in MORE_DRUG and one not in kept for one in options)
    first = next((one for one in kept if one.kind in MORE_DRUG and one.interval_days), None)
    if not lost or first is None:
        return tuple(kept)
    return (replace(first, recommended=True), *[one for one in kept if one is not first])


def _unmarked(option: Option) -> Option:
    return replace(option, recommended=False) if option.kind in MORE_DRUG and option.recommended else option


def weekly_of(mg: float | None, mg_per_kg: float | None, interval_days: float | None) -> Weekly:
    """Return a dose and its interval as drug per week."""
    if not interval_days:
        return NOTHING_KNOWN
    weeks = interval_days / DAYS_PER_WEEK
    return Weekly(None if mg is None else mg / weeks, None if mg_per_kg is None else mg_per_kg / weeks)


def less(one: Weekly, other: Weekly) -> bool:
    """Return whether one is surely less drug per week than another."""
    return _compared(one, other, lambda amount, beside: amount < beside * (1 - SAME_DRUG))


def more(one: Weekly, other: Weekly) -> bool:
    """Return whether one is surely more drug per week than another."""
    return _compared(one, other, lambda amount, beside: amount > beside * (1 + SAME_DRUG))


def _compared(one: Weekly, other: Weekly, test: Callable[[float, float], bool]) -> bool:
    """Return what holds of the amounts in mg, else in mg/kg; False where they share no unit."""
    for amount, beside in zip(one, other, strict=True):
        if amount is not None and beside is not None:
            return test(amount, beside)
    return False


def _comparable(one: Weekly, other: Weekly) -> bool:
    return _compared(one, other, lambda _amount, _beside: True)


def _of(regimen: Regimen) -> Weekly:
    return weekly_of(regimen.dose_mg, regimen.dose_mg_per_kg, regimen.interval_days)


def _described(regimen: Regimen) -> str:
    return describe_dose(regimen.dose_mg, regimen.dose_mg_per_kg, regimen.interval_days)


def _order_on_record(regimen: Regimen) -> Regimen | None:
    """Return what the order in force says; None where none on record names a dose."""
    if regimen.ordered_mg is None and regimen.ordered_mg_per_kg is None:
        return None
    return replace(
        regimen,
        dose_mg=regimen.ordered_mg,
        dose_mg_per_kg=regimen.ordered_mg_per_kg,
        interval_days=regimen.ordered_interval_days or regimen.interval_days,
    )
