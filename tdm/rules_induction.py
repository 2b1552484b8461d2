"""Rows for induction and the week-14 trough."""

from __future__ import annotations

from tdm.decision import (
    Activity,
    AgeGroup,
    AtiClass,
    Certainty,
    OptionKind,
    Situation,
    Verdict,
)
from tdm.rules import Condition, Offer, OptionFamily, Outcome, Rule
from tdm.rules_conditions import (
    active_confirmed,
    adult,
    at_week_14,
    ati,
    ati_not,
    in_induction,
    intravenous,
    low_detectable,
    not_low,
    quiet_or_unknown,
    undetectable,
)


def ind_1() -> Rule:
    """R-IND-1: a low level in induction; intensify early in every child and in adults with active disease."""

    def child_or_active(situation: Situation) -> bool:
        return situation.age_group is AgeGroup.CHILD or situation.activity in {
            Activity.ACTIVE_CONFIRMED,
            Activity.ACTIVE_UNCONFIRMED,
        }

    def outcome(_situation: Situation) -> Outcome:
        return Outcome(
            Verdict.INTENSIFY,
            Certainty.WEAK,
            offers=(Offer(OptionFamily.ESCALATION, recommended=True),),
        )

    conditions = (
        intravenous(),
        low_detectable(),
        in_induction(),
        ati_not(AtiClass.POSITIVE_HIGH, AtiClass.POSITIVE_UNQUANTIFIED),
        Condition("child, or adult with active disease", child_or_active),
    )
    return Rule("R-IND-1", conditions, outcome)


def ind_4() -> Rule:
    """R-IND-4: the same in an adult without active disease; keep the regimen and look again soon."""

    def outcome(_situation: Situation) -> Outcome:
        return Outcome(Verdict.CONTINUE, Certainty.WEAK, offers=(Offer(OptionKind.MEASURE_LEVEL_AND_ATI),))

    conditions = (
        intravenous(),
        low_detectable(),
        in_induction(),
        ati_not(AtiClass.POSITIVE_HIGH, AtiClass.POSITIVE_UNQUANTIFIED),
        adult(),
        quiet_or_unknown(),
    )
    return Rule("R-IND-4", conditions, outcome)


def ind_2() -> Rule:
    """R-IND-2: enough drug in induction; keep the regimen, next level at week 14."""

    def outcome(situation: Situation) -> Outcome:
        if situation.ati in (AtiClass.POSITIVE_LOW, AtiClass.POSITIVE_UNQUANTIFIED):
            return Outcome(
                Verdict.CONTINUE,
                Certainty.MODERATE,
                offers=(Offer(OptionKind.MEASURE_LEVEL_AND_ATI),),
                remarks=("induction-positive-ati",),
            )
        return Outcome(Verdict.CONTINUE, Certainty.MODERATE)

    conditions = (intravenous(), not_low(), in_induction(), ati_not(AtiClass.POSITIVE_HIGH))
    return Rule("R-IND-2", conditions, outcome)


def ind_3() -> Rule:
    """R-IND-3: no drug left at week 14 without antibodies, disease active; re-induce and escalate."""

    def outcome(_situation: Situation) -> Outcome:
        return Outcome(
            Verdict.INTENSIFY,
            Certainty.WEAK,
            offers=(
                Offer(OptionKind.REINDUCTION, recommended=True),
                Offer(OptionFamily.ESCALATION),
            ),
        )

    conditions = (
        intravenous(),
        undetectable(),
        at_week_14(),
        ati(AtiClass.NEGATIVE),
        active_confirmed(),
    )
    return Rule("R-IND-3", conditions, outcome)
