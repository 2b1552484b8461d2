"""S-DOSE: a draft whose dose or interval is outside what can be meant, with the likely slip named."""

from __future__ import annotations

from tdm.decision import FiredGate, Phase
from tdm.facts import Order
from tdm.gates_context import GateContext, is_intravenous, order_dose_mg_per_kg
from tdm.gates_hold import exceeds_limit
from tdm.issues import IssueCode
from tdm.knowledge.model import Policy

POUNDS_PER_KILOGRAM = 2.20462
# From 5 to 10 mg/kg, rounded to vials on either side.
STEP_TOLERANCE = 1.1


def dose_warning(context: GateContext) -> tuple[FiredGate | None, tuple[str, ...]]:
    """Return the gate, if it fires, and the ids of the sentences that say what is odd about the draft.

    Subcutaneous doses are fixed: neither mg/kg nor the intravenous interval applies to them, only the
    doubled dose as the highest.
    """
    draft = context.course.draft
    if draft is None:
        return None, ()
    remarks = _intravenous(context, draft) if is_intravenous(context) else _subcutaneous(context, draft)
    if not remarks:
        return None, ()
    parameters = (("order", describe_order(draft)),)
    return FiredGate("S-DOSE", parameters=parameters, source=draft.source), tuple(remarks)


def _subcutaneous(context: GateContext, draft: Order) -> list[str]:
    """Return what is odd about a subcutaneous draft: more than the doubled dose, at once or per week."""
    policy = context.policy
    highest, amount = policy.subcutaneous_doubled_dose_mg, draft.amount_mg
    if amount is None:
        return []
    days = draft.interval_days or policy.subcutaneous_interval_days
    most = highest * min(1.0, days / policy.subcutaneous_interval_days)
    return ["dose-above-maximum-subcutaneous"] if exceeds_limit(amount, most) else []


def _intravenous(context: GateContext, draft: Order) -> list[str]:
    weight = context.assessment.regimen.weight_kg
    policy = context.policy
    remarks: list[str] = []
    slip = dose_slip(draft, weight, policy)
    dose = order_dose_mg_per_kg(draft, weight)
    if slip is not None:
        remarks.append(slip)
    elif dose is not None and exceeds_limit(dose, policy.maximum_dose_mg_per_kg):
        remarks.append("dose-above-maximum")
    elif weight is None:
        remarks += _without_weight(context, draft)
    if _interval_too_short(context, draft):
        remarks.append("interval-below-minimum")
    return remarks


def _without_weight(context: GateContext, draft: Order) -> list[str]:
    """Return what is odd about an intravenous draft where no weight can be used.

    A dose per kg waits for a weight that fits. A dose in mg is compared with the one in force: more than from
    the standard to the highest dose, up or down, is no step that is meant.
    """
    if draft.amount_mg is None:
        codes = [issue.code for issue in context.assessment.issues]
        doubtful = IssueCode.WEIGHT_CONTRADICTED in codes or IssueCode.WEIGHT_CONFLICT in codes
        return ["dose-slip-weight"] if doubtful and draft.amount_mg_per_kg is not None else []
    policy, current = context.policy, context.assessment.regimen.dose_mg
    step = policy.maximum_dose_mg_per_kg / policy.standard_dose_mg_per_kg * STEP_TOLERANCE
    if not current or 1 / step <= draft.amount_mg / current <= step:
        return []
    return ["dose-slip-step"]


def describe_order(order: Order) -> str:
    """Return dose and interval of an order in words: "300 mg or 5 mg/kg every 56 days"."""
    return describe_dose(order.amount_mg, order.amount_mg_per_kg, order.interval_days)


def describe_dose(mg: float | None, mg_per_kg: float | None, interval_days: float | None) -> str:
    """Return dose and interval in words; says so where there is no dose."""
    amounts = []
    if mg is not None:
        amounts.append(f"{mg:g} mg")
    if mg_per_kg is not None:
        amounts.append(f"{round(mg_per_kg, 2):g} mg/kg")
    dose = " or ".join(amounts) or "dose not readable"
    return dose if interval_days is None else f"{dose} every {interval_days:g} days"


def dose_slip(order: Order, weight_kg: float | None, policy: Policy) -> str | None:
    """Return the id of the likely slip in an intravenous dose, None where it is plausible.

    Looked for: mg for mg/kg and the reverse, pounds for kilograms, mg and mg/kg that contradict each other,
    a dose far below the standard one. A dose that is only too high is not a slip.
    """
    amount, per_kg = order.amount_mg, order.amount_mg_per_kg
    maximum, ratio = policy.maximum_dose_mg_per_kg, policy.plausible_weight_ratio
    if amount is not None and amount <= maximum:
        return "dose-slip-mg-meant-per-kg"  # nobody is given 5 mg of infliximab
    if per_kg is not None and per_kg > maximum * POUNDS_PER_KILOGRAM * 1.1:
        return "dose-slip-per-kg-meant-mg"  # 300 mg/kg: the total, written as a dose per kg
    if weight_kg and amount is not None:
        if per_kg:
            return _contradiction(amount / (per_kg * weight_kg), ratio)
        return _unusual(amount, weight_kg, policy)
    if per_kg is not None and per_kg * ratio < policy.standard_dose_mg_per_kg:
        return "dose-below-usual"
    return None


def _contradiction(factor: float, plausible: float) -> str | None:
    if 1 / plausible <= factor <= plausible:
        return None
    return "dose-slip-pounds" if _is_pounds(factor, 0.1) else "dose-slip-contradiction"


def _unusual(amount_mg: float, weight_kg: float, policy: Policy) -> str | None:
    dose = amount_mg / weight_kg
    standard, maximum = policy.standard_dose_mg_per_kg, policy.maximum_dose_mg_per_kg
    pounds = _is_pounds(dose / standard, 0.05)
    if exceeds_limit(dose, maximum):
        if amount_mg % policy.vial_mg == 0 and amount_mg - policy.vial_mg < maximum * weight_kg:
            return None  # the highest dose rounded up to whole vials: too high, but no slip
        return "dose-slip-pounds" if pounds or _is_pounds(dose / maximum, 0.05) else None
    if dose * policy.plausible_weight_ratio < standard:
        return "dose-slip-pounds" if pounds else "dose-below-usual"
    return None


def _is_pounds(factor: float, tolerance: float) -> bool:
    """Return whether two amounts are apart by the factor between pounds and kilograms, one way or the other.

    The tolerance is a share of that factor: wider where mg and mg/kg are both on the order, and contradict
    each other, than where the usual dose has to stand in for what was meant.
    """
    larger = factor if factor >= 1 else 1 / factor
    return abs(larger / POUNDS_PER_KILOGRAM - 1) <= tolerance


def _interval_too_short(context: GateContext, draft: Order) -> bool:
    interval = draft.interval_days
    if interval is None or draft.loading_schedule or interval >= context.policy.minimum_interval_days:
        return False
    induction = {Phase.INDUCTION_WEEK_2, Phase.INDUCTION_WEEK_6}
    return not any(
        situation.starting or situation.phase in induction for situation in context.assessment.situations
    )
