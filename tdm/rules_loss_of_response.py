"""Rows for active disease with enough drug on board: more of it, or another mechanism."""

from __future__ import annotations

from tdm.decision import (
    AtiClass,
    Certainty,
    OptionKind,
    Situation,
    SwitchDirection,
    Verdict,
)
from tdm.rules import Offer, OptionFamily, Outcome, Rule
from tdm.rules_conditions import (
    active_confirmed,
    active_unconfirmed,
    ati,
    ati_not,
    grey,
    high,
    in_window,
    intravenous,
    not_low,
)


def lor_1() -> Rule:
    """R-LOR-1: confirmed activity in the window; more drug, with less hope the higher the trough."""

    def outcome(situation: Situation) -> Outcome:
        level, aim = situation.level_ug_ml, situation.aim_ug_ml
        below_aim = level is not None and aim is not None and level < aim
        sure = below_aim and situation.ati is AtiClass.NEGATIVE and not situation.perianal_row
        return Outcome(
            Verdict.INTENSIFY,
            Certainty.MODERATE if sure else Certainty.WEAK,
            offers=(Offer(OptionFamily.ESCALATION, recommended=True),),
        )

    conditions = (
        intravenous(),
        in_window(),
        ati(
            AtiClass.NEGATIVE,
            AtiClass.POSITIVE_LOW,
            AtiClass.POSITIVE_UNQUANTIFIED,
            AtiClass.NOT_MEASURED,
            AtiClass.INCONCLUSIVE,
        ),
        active_confirmed(),
    )
    return Rule("R-LOR-1", conditions, outcome)


def lor_2() -> Rule:
    """R-LOR-2: symptoms without proof of inflammation and enough drug; find out what causes them."""

    def outcome(_situation: Situation) -> Outcome:
        return Outcome(
            Verdict.ASSESS,
            Certainty.MODERATE,
            offers=(Offer(OptionKind.CONFIRM_INFLAMMATION, recommended=True),),
        )

    return Rule("R-LOR-2", (not_low(), active_unconfirmed()), outcome)


def mech_1() -> Rule:
    """R-MECH-1: confirmed activity above the ceiling; sources disagree how far to push."""

    def outcome(_situation: Situation) -> Outcome:
        return Outcome(
            Verdict.SWITCH,
            Certainty.CONFLICTING,
            offers=(
                Offer(OptionKind.SWITCH_OUT_OF_CLASS, recommended=True),
                Offer(OptionKind.ONE_OPTIMISATION),
            ),
            direction=SwitchDirection.OUT_OF_CLASS,
        )

    conditions = (intravenous(), grey(), ati_not(AtiClass.POSITIVE_HIGH), active_confirmed())
    return Rule("R-MECH-1", conditions, outcome)


def mech_2() -> Rule:
    """R-MECH-2: confirmed activity at a high level; the mechanism fails."""

    def outcome(_situation: Situation) -> Outcome:
        return Outcome(
            Verdict.SWITCH,
            Certainty.MODERATE,
            offers=(Offer(OptionKind.SWITCH_OUT_OF_CLASS, recommended=True),),
            direction=SwitchDirection.OUT_OF_CLASS,
        )

    conditions = (intravenous(), high(), ati_not(AtiClass.POSITIVE_HIGH), active_confirmed())
    return Rule("R-MECH-2", conditions, outcome)
