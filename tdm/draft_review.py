"""Whether the order in front of the clinician may be changed by a button to what is recommended."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tdm.decision import Option, Regimen
from tdm.facts import Order
from tdm.gates_context import order_dose_mg_per_kg
from tdm.gates_dose import describe_dose, describe_order
from tdm.issues import DataIssue, IssueCode

if TYPE_CHECKING:
    from tdm.knowledge.model import Policy

# Rounding to mg or to vials is not a lower dose.
SAME_DOSE_FRACTION = 0.98


def withheld_update(
    draft: Order | None,
    options: Iterable[Option],
    regimen: Regimen,
    policy: Policy,
    *,
    dose_in_doubt: bool,
    interval_only: bool,
) -> DataIssue | None:
    """Return why no button may change the draft to the recommended option; None where one may.

    `dose_in_doubt`: S-DOSE fired, so that what the order was meant to say is not known. Otherwise a button
    never takes away what the clinician asked for, and never writes more than the highest dose allowed.
    """
    option = next((one for one in options if one.recommended), None)
    if draft is None or option is None:
        return None
    if option.interval_days is None and option.dose_mg is None and option.dose_mg_per_kg is None:
        return None
    limit = policy.heart_failure_maximum_dose_mg_per_kg if interval_only else policy.maximum_dose_mg_per_kg
    if dose_in_doubt or _above(option, limit):
        return DataIssue(IssueCode.ORDER_DOSE_IN_DOUBT, "order", source=draft.source)
    if asks_for_more(draft, option, regimen.weight_kg):
        advised = describe_dose(option.dose_mg, option.dose_mg_per_kg, option.interval_days)
        parameters = (("order", describe_order(draft)), ("option", advised))
        return DataIssue(IssueCode.ORDER_STRONGER, "order", parameters, draft.source)
    return None


def _above(option: Option, limit_mg_per_kg: float) -> bool:
    return option.dose_mg_per_kg is not None and option.dose_mg_per_kg > limit_mg_per_kg * (1 + 1e-9)


def asks_for_more(draft: Order, option: Option, weight_kg: float | None) -> bool:
    """Return whether the draft has a higher dose or a shorter interval than the option.

    Either is enough: what is less in the one and more in the other is the clinician's to weigh.
    """
    interval = draft.interval_days
    if option.interval_days is not None and interval is not None and option.interval_days > interval:
        return True
    milligrams = draft.amount_mg
    if milligrams is None and draft.amount_mg_per_kg is not None and weight_kg:
        milligrams = draft.amount_mg_per_kg * weight_kg
    if _less(option.dose_mg, milligrams):
        return True
    return _less(option.dose_mg_per_kg, order_dose_mg_per_kg(draft, weight_kg))


def _less(dose: float | None, other: float | None) -> bool:
    return dose is not None and other is not None and dose < other * SAME_DOSE_FRACTION
