"""Small builders of courses, situations and assessments for the tests of the decision."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tdm.decision import (
    Activity,
    AgeGroup,
    Assessment,
    AtiClass,
    LevelClass,
    Phase,
    Regimen,
    Situation,
)
from tdm.facts import (
    Dose,
    Indication,
    Moment,
    Order,
    OrderState,
    Route,
    SafetyConcept,
    SafetyFact,
    SafetyState,
    TreatmentCourse,
)
from tdm.gates_context import GateContext, gate_context
from tdm.knowledge.model import Policy
from tdm.source import Source
from tests.tdm.enumeration import shipped_knowledge

NOW_AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
NOW = Moment(NOW_AT, NOW_AT.date())


def ago(days: float, *, timed: bool = True) -> Moment:
    """A moment so many days before NOW; without a time it is the start of that day."""
    at = NOW_AT - timedelta(days=days)
    if timed:
        return Moment(at, at.date())
    return Moment(at.replace(hour=0), at.date(), timed=False)


def source(reference: str = "Observation/1") -> Source:
    """A source by its reference."""
    return Source(reference.partition("/")[0], reference)


def fact(concept: SafetyConcept, state: SafetyState = SafetyState.PRESENT, **fields: Any) -> SafetyFact:
    """A safety fact; its reference names the concept."""
    return SafetyFact(concept, state, source(f"Condition/{concept}"), **fields)


def draft(**fields: Any) -> Order:
    """An intravenous draft of 300 mg every 8 weeks unless said otherwise."""
    usual: dict[str, Any] = {"route": Route.INTRAVENOUS, "amount_mg": 300, "interval_days": 56}
    return Order(OrderState.DRAFT, source("MedicationRequest/draft"), **(usual | fields))


def order(state: OrderState = OrderState.ACTIVE, **fields: Any) -> Order:
    """An order on record."""
    usual: dict[str, Any] = {"route": Route.INTRAVENOUS, "authored": ago(400), "interval_days": 56}
    return Order(state, source("MedicationRequest/1"), **(usual | fields))


def dose(days: float, **fields: Any) -> Dose:
    """A dose given so many days ago."""
    return Dose(ago(days), source(f"MedicationAdministration/{days:g}"), Route.INTRAVENOUS, **fields)


def course(**fields: Any) -> TreatmentCourse:
    """A course for Crohn's disease with an active order, in which every safety concept has codes."""
    usual: dict[str, Any] = {
        "orders": (order(),),
        "recorded_indications": frozenset({Indication.CROHNS_DISEASE}),
        "evaluable": frozenset(SafetyConcept),
        "birth_earliest": date(1980, 5, 17),
        "birth_latest": date(1980, 5, 17),
    }
    return TreatmentCourse(**(usual | fields))


def situation(**fields: Any) -> Situation:
    """An adult in maintenance with a low level, no antibodies and confirmed activity (R-PK-1)."""
    usual: dict[str, Any] = {
        "route": Route.INTRAVENOUS,
        "age_group": AgeGroup.ADULT,
        "phase": Phase.MAINTENANCE,
        "level": LevelClass.LOW,
        "level_ug_ml": 1.8,
        "ati": AtiClass.NEGATIVE,
        "activity": Activity.ACTIVE_CONFIRMED,
        "perianal_row": False,
        "proactive": True,
        "act_below_ug_ml": 5.0,
        "aim_ug_ml": 6.0,
        "ceiling_ug_ml": 9.0,
    }
    return Situation(**(usual | fields))


def regimen(**fields: Any) -> Regimen:
    """5 mg/kg every 8 weeks at 60 kg."""
    usual: dict[str, Any] = {
        "route": Route.INTRAVENOUS,
        "dose_mg": 300,
        "dose_mg_per_kg": 5,
        "interval_days": 56,
        "weight_kg": 60,
    }
    return Regimen(**(usual | fields))


def assessment(*situations: Situation, **fields: Any) -> Assessment:
    """An assessment of the given situations, else of the usual one."""
    usual: dict[str, Any] = {
        "situations": situations or (situation(),),
        "target": shipped_knowledge().targets["adult-maintenance-active"],
        "regimen": regimen(),
        "level": None,
        "ati": None,
        "trend": (),
        "facts": (),
        "issues": (),
    }
    return Assessment(**(usual | fields))


def policy(**fields: Any) -> Policy:
    """The shipped policy with some values replaced."""
    return replace(shipped_knowledge().policy, **fields)


def context(
    of: TreatmentCourse | None = None, assessed: Assessment | None = None, **policies: Any
) -> GateContext:
    """What the gates see of a course."""
    return gate_context(of or course(), assessed or assessment(), now=NOW, policy=policy(**policies))
