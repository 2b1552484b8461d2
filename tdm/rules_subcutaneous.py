"""Rows for subcutaneous courses; the intravenous window is never applied to them."""

from __future__ import annotations

from dataclasses import replace

from tdm.decision import (
    AtiClass,
    Certainty,
    LevelClass,
    OptionKind,
    Situation,
    SwitchDirection,
    Verdict,
)
from tdm.rules import Offer, OptionFamily, Outcome, Rule, TableNumbers
from tdm.rules_conditions import (
    active_confirmed,
    active_unconfirmed,
    ati,
    ati_not,
    detectable,
    level_below,
    level_from,
    low,
    quiet_or_unknown,
    subcutaneous,
    undetectable,
)
from tdm.rules_fistula import fistula_outcome


def sc_1() -> Rule:
    """R-SC-1: confirmed activity at a low level; intravenous again or a doubled dose."""

    def outcome(_situation: Situation) -> Outcome:
        return Outcome(
            Verdict.INTENSIFY,
            Certainty.WEAK,
            offers=(Offer(OptionFamily.ESCALATION), Offer(OptionKind.SPECIALIST_REVIEW)),
        )

    return Rule("R-SC-1", (subcutaneous(), low(), ati(AtiClass.NEGATIVE), active_confirmed()), outcome)


def sc_2() -> Rule:
    """R-SC-2: a detectable level without active disease; keep the regimen."""

    def outcome(_situation: Situation) -> Outcome:
        return Outcome(Verdict.CONTINUE, Certainty.WEAK)

    conditions = (subcutaneous(), detectable(), ati_not(AtiClass.POSITIVE_HIGH), quiet_or_unknown())
    return Rule("R-SC-2", conditions, outcome)


def sc_3(numbers: TableNumbers) -> Rule:
    """R-SC-3: confirmed activity in spite of enough drug; leave the class, or see to the fistula first."""

    def outcome(situation: Situation) -> Outcome:
        if situation.active_fistula:
            return replace(fistula_outcome(situation), remarks=("fistula-first",))
        return Outcome(
            Verdict.SWITCH,
            Certainty.WEAK,
            offers=(Offer(OptionKind.SWITCH_OUT_OF_CLASS, recommended=True),),
            direction=SwitchDirection.OUT_OF_CLASS,
            remarks=("subcutaneous-transmural-aim",),
        )

    conditions = (
        subcutaneous(),
        level_from(numbers.subcutaneous_active_from),
        ati_not(AtiClass.POSITIVE_HIGH),
        active_confirmed(),
    )
    return Rule("R-SC-3", conditions, outcome)


def sc_4() -> Rule:
    """R-SC-4: undetectable without antibodies or activity; look at adherence, technique and sampling."""

    def outcome(_situation: Situation) -> Outcome:
        return Outcome(
            Verdict.ASSESS,
            Certainty.MODERATE,
            offers=(
                Offer(OptionKind.CHECK_ADHERENCE, recommended=True),
                Offer(OptionKind.MEASURE_LEVEL_AND_ATI),
            ),
        )

    conditions = (subcutaneous(), undetectable(), ati(AtiClass.NEGATIVE), quiet_or_unknown())
    return Rule("R-SC-4", conditions, outcome)


def sc_5(numbers: TableNumbers) -> Rule:
    """R-SC-5: unconfirmed activity below the subcutaneous limit; confirm inflammation."""

    def outcome(situation: Situation) -> Outcome:
        offers: tuple[Offer, ...] = (Offer(OptionKind.CONFIRM_INFLAMMATION, recommended=True),)
        if situation.level is LevelClass.UNDETECTABLE:
            offers = (*offers, Offer(OptionKind.CHECK_ADHERENCE))
        return Outcome(Verdict.ASSESS, Certainty.MODERATE, offers=offers)

    conditions = (
        subcutaneous(),
        level_below(numbers.subcutaneous_active_from),
        ati(AtiClass.NEGATIVE, AtiClass.POSITIVE_LOW),
        active_unconfirmed(),
    )
    return Rule("R-SC-5", conditions, outcome)
