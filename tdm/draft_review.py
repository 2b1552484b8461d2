"""The order in front of the clinician beside the advice: may a button change it, is it what is in force."""

from __future__ import annotations

from collections.abc import Iterable

from tdm.decision import Option, Regimen
from tdm.facts import Order, TreatmentCourse
from tdm.gates_context import order_dose_mg_per_kg
from tdm.gates_dose import describe_dose, describe_order
from tdm.issues import DataIssue, IssueCode
from tdm.knowledge.model import Policy
from tdm.options_dose import current_mg
from tdm.regimen import agree

NOT_TO_GIVE = frozenset({IssueCode.DRAFT_DO_NOT_PERFORM, IssueCode.DRAFT_WITHDRAWN})
"""The order in front of the clinician says itself that it is not to be given."""

# Rounding to mg or to vials is not a lower dose.
SAME_DOSE_FRACTION = 0.98
SAME_INTERVAL_DAYS = 1.0


def withheld_update(
    draft: Order | None,
    options: Iterable[Option],
    regimen: Regimen,
    policy: Policy,
    *,
    dose_in_doubt: bool,
    interval_only: bool,
    quiet_pregnancy: bool = False,
    open_safety: DataIssue | None = None,
) -> tuple[DataIssue, ...]:
    """Return why no button may change the draft to the recommended option; empty where one may.

    `dose_in_doubt`: S-DOSE fired, so that what the order was meant to say is not known. Otherwise a button
    never takes away what the clinician asked for, and never writes more than the highest dose allowed.
    `open_safety`: what speaks against raising exposure once it is confirmed. It is named first, and is no
    reason to be silent on the order itself.
    `quiet_pregnancy`: pregnant without shown activity, where a low level alone is no reason for a button.
    """
    option = next((one for one in options if one.recommended), None)
    if draft is None or option is None:
        return ()
    if option.interval_days is None and option.dose_mg is None and option.dose_mg_per_kg is None:
        return ()
    found = () if open_safety is None else (open_safety,)
    limit = policy.heart_failure_maximum_dose_mg_per_kg if interval_only else policy.maximum_dose_mg_per_kg
    if dose_in_doubt or _above(option, limit):
        return (*found, DataIssue(IssueCode.ORDER_DOSE_IN_DOUBT, "order", source=draft.source))
    if asks_for_more(draft, option, regimen.weight_kg):
        advised = describe_dose(option.dose_mg, option.dose_mg_per_kg, option.interval_days)
        parameters = (("order", describe_order(draft)), ("option", advised))
        return (*found, DataIssue(IssueCode.ORDER_STRONGER, "order", parameters, draft.source))
    if quiet_pregnancy:
        return (*found, DataIssue(IssueCode.ORDER_IN_PREGNANCY, "order", source=draft.source))
    return found


def order_to_give(course: TreatmentCourse) -> Order | None:
    """Return the draft, unless it says itself that it is not to be given: then advice is about the course."""
    withdrawn = any(issue.code in NOT_TO_GIVE for issue in course.issues)
    return None if withdrawn else course.draft


def differing_order(draft: Order | None, regimen: Regimen, policy: Policy) -> DataIssue | None:
    """Return that the draft asks for another dose or interval than is in force; None where it does not.

    Nothing is said where a dose or interval of either is unknown, nor of an order that spells out induction.
    """
    if draft is None or draft.loading_schedule or not draft.interval_days or not regimen.interval_days:
        return None
    pairs = (
        (_milligrams(draft, regimen.weight_kg), current_mg(regimen)),
        (draft.amount_mg_per_kg, regimen.dose_mg_per_kg),
    )
    doses = [(asked, current) for asked, current in pairs if asked is not None and current is not None]
    if not doses:
        return None
    # The same in mg or in mg/kg is the same: the other of the two moves with the weight.
    same_dose = any(not _less(asked, current) and not _less(current, asked) for asked, current in doses)
    if same_dose and _same_interval(draft.interval_days, regimen.interval_days, regimen, policy):
        return None
    in_force = describe_dose(regimen.dose_mg, regimen.dose_mg_per_kg, regimen.interval_days)
    parameters = (("ordered", describe_order(draft)), ("in_force", in_force))
    return DataIssue(IssueCode.DRAFT_DIFFERS_FROM_REGIMEN, "order", parameters, draft.source)


def _same_interval(asked_days: float, in_force_days: float, regimen: Regimen, policy: Policy) -> bool:
    if regimen.ordered_interval_days is None and regimen.observed_interval_days is not None:
        return agree(asked_days, in_force_days, policy)  # infusions come some days early or late
    return abs(asked_days - in_force_days) <= SAME_INTERVAL_DAYS


def _above(option: Option, limit_mg_per_kg: float) -> bool:
    return option.dose_mg_per_kg is not None and option.dose_mg_per_kg > limit_mg_per_kg * (1 + 1e-9)


def asks_for_more(draft: Order, option: Option, weight_kg: float | None) -> bool:
    """Return whether the draft has a higher dose or a shorter interval than the option.

    Either is enough: what is less in the one and more in the other is the clinician's to weigh.
    """
    interval = draft.interval_days
    if option.interval_days is not None and interval is not None and option.interval_days > interval:
        return True
    if _less(option.dose_mg, _milligrams(draft, weight_kg)):
        return True
    return _less(option.dose_mg_per_kg, order_dose_mg_per_kg(draft, weight_kg))


def _milligrams(draft: Order, weight_kg: float | None) -> float | None:
    if draft.amount_mg is None and draft.amount_mg_per_kg is not None and weight_kg:
        return draft.amount_mg_per_kg * weight_kg
    return draft.amount_mg


def _less(dose: float | None, other: float | None) -> bool:
    return dose is not None and other is not None and dose < other * SAME_DOSE_FRACTION
