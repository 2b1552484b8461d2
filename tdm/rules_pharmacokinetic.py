"""Rows for low levels without antibodies: the drug goes too fast, or too little is given."""

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
from tdm.rules import Offer, OptionFamily, Outcome, Rule
from tdm.rules_conditions import (
    active,
    ati,
    intravenous,
    low,
    low_detectable,
    proactive,
    quiet_or_unknown,
    undetectable,
)


def pk_1() -> Rule:
    """R-PK-1: too little drug and active disease; intensify."""

    def outcome(situation: Situation) -> Outcome:
        offers: tuple[Offer, ...] = (Offer(OptionFamily.ESCALATION, recommended=True),)
        if situation.activity is Activity.ACTIVE_UNCONFIRMED:
            offers = (*offers, Offer(OptionKind.CONFIRM_INFLAMMATION))
        certainty = Certainty.WEAK if situation.perianal_row else Certainty.MODERATE
        return Outcome(Verdict.INTENSIFY, certainty, offers=offers)

    return Rule("R-PK-1", (intravenous(), low(), ati(AtiClass.NEGATIVE), active()), outcome)


def pk_2() -> Rule:
    """R-PK-2: too little drug without active disease; intensify proactively."""

    def outcome(situation: Situation) -> Outcome:
        child = situation.age_group is AgeGroup.CHILD
        return Outcome(
            Verdict.INTENSIFY,
            Certainty.MODERATE if child else Certainty.WEAK,
            offers=(Offer(OptionFamily.ESCALATION, recommended=True),),
            remarks=("proactive-child" if child else "proactive-adult",),
        )

    conditions = (
        intravenous(),
        low(),
        ati(AtiClass.NEGATIVE),
        quiet_or_unknown(),
        proactive(wanted=True),
    )
    return Rule("R-PK-2", conditions, outcome, ("proactive_child", "proactive_adult"))


def pk_4() -> Rule:
    """R-PK-4: undetectable without activity where the site is not proactive; confirm timing and doses."""

    def outcome(_situation: Situation) -> Outcome:
        return Outcome(
            Verdict.ASSESS,
            Certainty.MODERATE,
            offers=(Offer(OptionKind.MEASURE_LEVEL_AND_ATI, recommended=True),),
        )

    conditions = (
        intravenous(),
        undetectable(),
        proactive(wanted=False),
        ati(AtiClass.NEGATIVE),
        quiet_or_unknown(),
    )
    return Rule("R-PK-4", conditions, outcome, ("proactive_child", "proactive_adult"))


def pk_3() -> Rule:
    """R-PK-3: low without activity where the site is not proactive; keep the regimen and recheck."""

    def outcome(_situation: Situation) -> Outcome:
        return Outcome(Verdict.CONTINUE, Certainty.WEAK, offers=(Offer(OptionKind.MEASURE_LEVEL_AND_ATI),))

    conditions = (
        intravenous(),
        low_detectable(),
        proactive(wanted=False),
        ati(AtiClass.NEGATIVE, AtiClass.NOT_MEASURED, AtiClass.INCONCLUSIVE, AtiClass.POSITIVE_LOW),
        quiet_or_unknown(),
    )
    return Rule("R-PK-3", conditions, outcome, ("proactive_child", "proactive_adult"))
