"""Knowledge, facts and decisions made by hand, so that card tests need no reader and no rule."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from tdm.decision import (
    Activity,
    AgeGroup,
    Assessment,
    AtiClass,
    Certainty,
    Decision,
    FactUsed,
    Indicator,
    LevelClass,
    Option,
    OptionKind,
    Phase,
    Regimen,
    Situation,
    Target,
    Verdict,
)
from tdm.facts import LevelReading, Moment, Route
from tdm.knowledge.model import Citation, EvidenceRow, Knowledge, Message, Policy, Verification
from tdm.source import Source

SOURCE = Source("Observation", "Observation/1")


def moment(day: str) -> Moment:
    """The start of a calendar day, in UTC."""
    parsed = date.fromisoformat(day)
    return Moment(datetime(parsed.year, parsed.month, parsed.day, tzinfo=UTC), parsed)


def counting_ids() -> Callable[[], str]:
    """Ids that count up, each a valid UUID."""
    numbers = count(1)
    return lambda: f"00000000-0000-4000-8000-{next(numbers):012d}"


def evidence_row(
    row_id: str, verification: Verification, statement: str = "Healing in 48.6 %."
) -> EvidenceRow:
    return EvidenceRow(
        id=row_id,
        citation="kang-choi-2019",
        population="children",
        age_group="child",
        route="intravenous",
        phase="maintenance",
        outcome="mucosal healing",
        statement=statement,
        verification=verification,
        certainty="weak",
    )


POLICY = Policy(**{field.name: 0 for field in dataclasses.fields(Policy) if field.name != "rules_off"})  # type: ignore[arg-type]

KNOWLEDGE = Knowledge(
    version="2026.11.22",
    content_hash="0" * 64,
    targets={},
    goal_values={},
    assays=(),
    evidence={
        "verified": evidence_row("verified", Verification.VERIFIED),
        "secondary": evidence_row("secondary", Verification.SECONDARY, "Trough < 3 often means too little."),
        "unverified": evidence_row("unverified", Verification.UNVERIFIED, "A remembered number."),
        "policy": evidence_row("policy", Verification.POLICY, "A default number."),
        "uncited": dataclasses.replace(
            evidence_row("uncited", Verification.VERIFIED), citation="somebody-2020"
        ),
        "undated": dataclasses.replace(evidence_row("undated", Verification.VERIFIED), citation="taxit"),
    },
    citations={
        "kang-choi-2019": Citation("kang-choi-2019", "Kang/Choi 2019", "Kang B, Choi SY.", 2019),
        "taxit": Citation("taxit", "TAXIT", "Vande Casteele N.", 2015),
    },
    policy=POLICY,
    rules={
        "R-PK-1": Message(
            "The trough is below {act_below} µg/mL and there are no antibodies.", "trough too low"
        ),
        "R-DATA-1": Message("There is no usable level.", "no usable level: measure level and ATI"),
        "R-MECH-2": Message(
            "The trough is high although the disease is active.", "enough drug, still active: switch"
        ),
        "R-OK-1": Message("The trough is in the window."),
        "R-DATA-2": Message("Two levels differ.", "two different levels: ask the laboratory"),
        "R-TOTAL-1": Message("No rule covers this.", "no rule covers this combination"),
        "missing-laboratory": Message("Laboratory results: {state}."),
        "proactive": Message("Proactive dosing."),
    },
    gates={
        "S-HSR": Message(
            "A reaction to infliximab is on record ({reaction}).", "reaction to infliximab on record: hold"
        ),
        "S-PREG": Message("Pregnancy is on record.", "pregnancy"),
        "S-DOSE": Message("The dose is {dose}.", "dose of {dose} is unlikely"),
        "S-IMM": Message("An immunomodulator is named.", "limits on the immunomodulator"),
        "S-MUTE": Message("A gate without a short form."),
    },
    options={
        "shorten-interval-2-weeks": Message("Shorten the interval by 2 weeks.", "shorten the interval"),
        "raise-dose": Message("Raise the dose.", "raise the dose"),
        "measure-ati": Message("Measure antibodies.", "measure ATI"),
        "reinduction": Message("Repeat the induction.", "re-induction"),
    },
    issues={
        "level-recognised-by-text": Message("The level of {day} was recognised by its name."),
        "level-status-not-counted": Message("The level of {day} has the status {status}; it was not used."),
    },
    rule_evidence={},
)

TARGET = Target("adult-maintenance-active", 5, 6, 9, 9, 15)

LEVEL = LevelReading(1.8, moment("2026-10-12"), SOURCE)

SITUATION = Situation(
    route=Route.INTRAVENOUS,
    age_group=AgeGroup.ADULT,
    phase=Phase.MAINTENANCE,
    level=LevelClass.LOW,
    level_ug_ml=1.8,
    ati=AtiClass.NEGATIVE,
    activity=Activity.ACTIVE_CONFIRMED,
    perianal_row=False,
    proactive=True,
    act_below_ug_ml=5,
    aim_ug_ml=6,
    ceiling_ug_ml=9,
)

ASSESSMENT = Assessment(
    situations=(SITUATION,),
    target=TARGET,
    regimen=Regimen(Route.INTRAVENOUS, 350, 5, 56),
    level=LEVEL,
    ati=None,
    trend=(),
    facts=(
        FactUsed("infliximab trough", "1.8 µg/mL", "2026-10-12"),
        FactUsed("regimen", "5 mg/kg (350 mg) every 8 weeks", ""),
    ),
    issues=(),
)

SHORTEN = Option(OptionKind.SHORTEN_INTERVAL_2_WEEKS, 350, 5, 42, recommended=True, off_label=True)

INTENSIFY = Decision(
    verdict=Verdict.INTENSIFY,
    rule="R-PK-1",
    indicator=Indicator.WARNING,
    knowledge_version="2026.11.22",
    certainty=Certainty.MODERATE,
    rationale=(("R-PK-1", (("act_below", "5"),)),),
    options=(SHORTEN, Option(OptionKind.RAISE_DOSE, 700, 10, 56)),
    evidence=("verified",),
    assessment=ASSESSMENT,
)

NO_LEVEL = Decision(
    verdict=Verdict.ASSESS,
    rule="R-DATA-1",
    indicator=Indicator.INFO,
    knowledge_version="2026.11.22",
    certainty=Certainty.STRONG,
    rationale=(("R-DATA-1", ()),),
    options=(Option(OptionKind.MEASURE_LEVEL_AND_ATI, recommended=True),),
    assessment=dataclasses.replace(
        ASSESSMENT,
        situations=(
            dataclasses.replace(
                SITUATION,
                level=LevelClass.NONE,
                level_ug_ml=None,
                ati=AtiClass.NOT_MEASURED,
                activity=Activity.UNKNOWN,
            ),
        ),
        level=None,
        target=None,
        facts=(),
    ),
)


def with_situation(decision: Decision, **changes: Any) -> Decision:
    """The decision as it would stand with another situation behind it."""
    assessment = decision.assessment
    assert assessment is not None
    situation = dataclasses.replace(assessment.situations[0], **changes)
    return dataclasses.replace(decision, assessment=dataclasses.replace(assessment, situations=(situation,)))


def with_assessment(decision: Decision, **changes: Any) -> Decision:
    """The decision with another assessment behind it."""
    assessment = decision.assessment
    assert assessment is not None
    return dataclasses.replace(decision, assessment=dataclasses.replace(assessment, **changes))


LABORATORY_ORDER = {
    "resourceType": "ServiceRequest",
    "status": "draft",
    "intent": "order",
    "code": {"text": "infliximab level and antibodies"},
}
