"""From what a row offers to options with dose and interval, and whether the draft already does it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tdm.decision import LESS_DRUG, Option, OptionKind, Regimen, Situation
from tdm.facts import Order, Route
from tdm.gates_context import order_dose_mg_per_kg
from tdm.issues import DataIssue, IssueCode
from tdm.knowledge.model import Policy
from tdm.options_ladder import deescalation, escalation
from tdm.rules import Offer, OptionFamily


@dataclass(frozen=True, slots=True)
class OptionPlan:
    """Options of one answer, the recommended one first. `escalates`: at least one raises exposure."""

    options: tuple[Option, ...]
    issues: tuple[DataIssue, ...] = ()
    escalates: bool = False


def plan_options(
    offers: Iterable[Offer], situation: Situation, regimen: Regimen, policy: Policy, *, interval_only: bool
) -> OptionPlan:
    """Return the options for what a row offers, worked out from the regimen in force.

    `interval_only`: heart failure leaves only options that change the interval.
    """
    options: list[Option] = []
    issues: list[DataIssue] = []
    escalates = False
    for offer in offers:
        if offer.kind is OptionFamily.ESCALATION:
            rungs = escalation(
                situation,
                regimen,
                policy,
                interval_only=interval_only,
                recommend=offer.recommended,
                provisional=offer.provisional,
            )
            escalates = bool(rungs)
            issues += missing_numbers(situation, rungs)
            options += rungs
        elif offer.kind is OptionFamily.DEESCALATION:
            options += deescalation(situation, regimen, policy)
        elif offer.kind is OptionKind.ONE_OPTIMISATION:
            # One more optimisation exists only while the regimen can still be raised.
            if escalation(situation, regimen, policy, interval_only=interval_only):
                options.append(Option(OptionKind.ONE_OPTIMISATION))
        elif offer.kind is not OptionKind.REINDUCTION or not interval_only:
            options.append(Option(offer.kind, recommended=offer.recommended, provisional=offer.provisional))
    # Stable: the rest keeps its rank.
    ranked = [one for one in options if one.recommended] + [one for one in options if not one.recommended]
    return OptionPlan(tuple(ranked), tuple(issues), escalates)


def missing_numbers(situation: Situation, rungs: Iterable[Option]) -> tuple[DataIssue, ...]:
    """Return an issue for each number of the regimen that is missing where options would need it."""
    kinds = [
        option.kind for option in rungs if option.interval_days is None and option.dose_mg_per_kg is None
    ]
    issues = []
    if OptionKind.RAISE_DOSE in kinds:
        issues.append(DataIssue(IssueCode.DOSE_PER_KG_UNKNOWN, "dose"))
    if OptionKind.SHORTEN_INTERVAL_2_WEEKS in kinds and situation.route is Route.INTRAVENOUS:
        issues.append(DataIssue(IssueCode.REGIMEN_UNKNOWN, "interval"))
    return tuple(issues)


def draft_does_it(draft: Order, options: Iterable[Option], regimen: Regimen) -> bool:
    """Return whether the draft is at least as strong as one of the options advised for it.

    Provisional options do not count, nor do options without numbers.
    """
    return any(_reaches(draft, option, regimen) for option in options if not option.provisional)


def _reaches(draft: Order, option: Option, regimen: Regimen) -> bool:
    if option.interval_days is None and option.dose_mg is None and option.dose_mg_per_kg is None:
        return False
    if option.kind in LESS_DRUG:
        return False
    if option.interval_days is not None and (
        draft.interval_days is None or draft.interval_days > option.interval_days + 1
    ):
        return False
    if option.dose_mg_per_kg is not None:
        dose = order_dose_mg_per_kg(draft, regimen.weight_kg)
        if dose is not None:
            return dose >= option.dose_mg_per_kg * 0.98  # rounding to mg or to vials is not a lower dose
    if option.dose_mg is not None:
        return draft.amount_mg is not None and draft.amount_mg >= option.dose_mg * 0.98
    return option.dose_mg_per_kg is None
