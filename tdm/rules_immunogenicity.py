"""Rows where antibodies to infliximab decide."""

from __future__ import annotations

from tdm.decision import (
    Activity,
    AgeGroup,
    AtiClass,
    Certainty,
    LevelClass,
    OptionKind,
    Situation,
    SwitchDirection,
    Verdict,
)
from tdm.facts import Route
from tdm.rules import Condition, Offer, OptionFamily, Outcome, Rule, TableNumbers
from tdm.rules_conditions import (
    active,
    active_confirmed,
    ati,
    ati_any_positive,
    ati_unknown,
    intravenous,
    is_induction,
    low,
    low_detectable,
    not_low,
    proactive,
    quiet_or_unknown,
    remission,
    undetectable,
)


def _cleared_by_antibodies(numbers: TableNumbers) -> Condition:
    """Hold where antibodies explain that hardly any drug is left (level and ATI of R-IMM-1 and R-IMM-2)."""

    def holds(situation: Situation) -> bool:
        if situation.level is LevelClass.UNDETECTABLE:
            return situation.ati in (AtiClass.POSITIVE_HIGH, AtiClass.POSITIVE_UNQUANTIFIED)
        return (
            situation.ati is AtiClass.POSITIVE_HIGH
            and situation.level is LevelClass.LOW
            and situation.route is Route.INTRAVENOUS
            and situation.level_ug_ml is not None
            and situation.level_ug_ml < numbers.immunogenic_low_below
        )

    limit = f"{numbers.immunogenic_low_below:g}"
    words = (
        "level undetectable with ATI positive-high or positive-unquantified, or (intravenous) low and below "
        f"{limit} µg/mL with ATI positive-high"
    )
    return Condition(words, holds)


def imm_1(numbers: TableNumbers) -> Rule:
    """R-IMM-1: immunogenic failure; another anti-TNF with an immunomodulator, or another class."""

    def outcome(situation: Situation) -> Outcome:
        sure = situation.ati is AtiClass.POSITIVE_HIGH and situation.activity is Activity.ACTIVE_CONFIRMED
        return Outcome(
            Verdict.SWITCH,
            Certainty.STRONG if sure else Certainty.MODERATE,
            offers=(
                Offer(OptionKind.SWITCH_WITHIN_CLASS, recommended=True),
                Offer(OptionKind.ADD_IMMUNOMODULATOR),
                Offer(OptionKind.SWITCH_OUT_OF_CLASS),
            ),
            direction=SwitchDirection.WITHIN_CLASS,
            alternatives=(SwitchDirection.OUT_OF_CLASS,),
        )

    conditions = (_cleared_by_antibodies(numbers), active())
    return Rule("R-IMM-1", conditions, outcome, ("immunogenic_low_below_ug_ml",))


def imm_2(numbers: TableNumbers) -> Rule:
    """R-IMM-2: the same without active disease; repeat both, mind the infusion reaction."""

    def outcome(_situation: Situation) -> Outcome:
        return Outcome(Verdict.ASSESS, Certainty.MODERATE, offers=_repeat_with_switch())

    conditions = (_cleared_by_antibodies(numbers), quiet_or_unknown())
    return Rule("R-IMM-2", conditions, outcome, ("immunogenic_low_below_ug_ml",))


def imm_8(numbers: TableNumbers) -> Rule:
    """R-IMM-8: high antibodies with drug still measurable; repeat both before a final step."""

    def drug_left(situation: Situation) -> bool:
        level = situation.level_ug_ml
        if level is None or situation.level in (LevelClass.NONE, LevelClass.UNDETECTABLE):
            return False
        if is_induction(situation):
            return True
        if situation.route is Route.SUBCUTANEOUS:
            return level < numbers.subcutaneous_active_from
        return situation.level is LevelClass.LOW and level >= numbers.immunogenic_low_below

    def outcome(_situation: Situation) -> Outcome:
        return Outcome(Verdict.ASSESS, Certainty.MODERATE, offers=_repeat_with_switch())

    words = (
        f"level low but {numbers.immunogenic_low_below:g} µg/mL or above; in induction any detectable level; "
        f"subcutaneous detectable below {numbers.subcutaneous_active_from:g} µg/mL"
    )
    conditions = (ati(AtiClass.POSITIVE_HIGH), Condition(words, drug_left))
    return Rule("R-IMM-8", conditions, outcome, ("immunogenic_low_below_ug_ml",))


def imm_7() -> Rule:
    """R-IMM-7: antibodies of unknown titre at a low level; quantify them first."""

    def outcome(_situation: Situation) -> Outcome:
        return Outcome(
            Verdict.ASSESS,
            Certainty.MODERATE,
            offers=(
                Offer(OptionKind.QUANTIFY_ATI, recommended=True),
                Offer(OptionFamily.ESCALATION, provisional=True),
                Offer(OptionKind.SWITCH_WITHIN_CLASS, provisional=True),
                Offer(OptionKind.SWITCH_OUT_OF_CLASS, provisional=True),
            ),
        )

    return Rule("R-IMM-7", (low_detectable(), ati(AtiClass.POSITIVE_UNQUANTIFIED)), outcome)


def imm_3() -> Rule:
    """R-IMM-3: antibodies, but enough drug and no active disease; keep the regimen and repeat both."""

    def outcome(_situation: Situation) -> Outcome:
        return Outcome(
            Verdict.CONTINUE, Certainty.MODERATE, offers=(Offer(OptionKind.MEASURE_LEVEL_AND_ATI),)
        )

    return Rule("R-IMM-3", (not_low(), ati_any_positive(), quiet_or_unknown()), outcome)


def imm_4() -> Rule:
    """R-IMM-4: high antibodies, enough drug, confirmed activity; the mechanism fails."""

    def outcome(situation: Situation) -> Outcome:
        in_window = situation.level is LevelClass.WINDOW
        return Outcome(
            Verdict.SWITCH,
            Certainty.WEAK if in_window else Certainty.MODERATE,
            offers=(Offer(OptionKind.SWITCH_OUT_OF_CLASS, recommended=True),),
            direction=SwitchDirection.OUT_OF_CLASS,
        )

    return Rule("R-IMM-4", (not_low(), ati(AtiClass.POSITIVE_HIGH), active_confirmed()), outcome)


def imm_5() -> Rule:
    """R-IMM-5: low antibodies may be overcome by more drug and an immunomodulator."""

    def outcome(situation: Situation) -> Outcome:
        return Outcome(
            Verdict.INTENSIFY,
            Certainty.WEAK if situation.perianal_row else Certainty.MODERATE,
            offers=(
                Offer(OptionFamily.ESCALATION, recommended=True),
                Offer(OptionKind.ADD_IMMUNOMODULATOR),
            ),
            remarks=("recheck-after-two-infusions",),
        )

    return Rule("R-IMM-5", (low(), ati(AtiClass.POSITIVE_LOW), active()), outcome)


def imm_6() -> Rule:
    """R-IMM-6: low antibodies at a low level without active disease, treated proactively."""

    def outcome(_situation: Situation) -> Outcome:
        return Outcome(
            Verdict.INTENSIFY,
            Certainty.WEAK,
            offers=(Offer(OptionFamily.ESCALATION, recommended=True),),
            remarks=("recheck-after-two-infusions",),
        )

    conditions = (
        low_detectable(),
        ati(AtiClass.POSITIVE_LOW),
        quiet_or_unknown(),
        proactive(wanted=True),
    )
    return Rule("R-IMM-6", conditions, outcome, ("proactive_child", "proactive_adult"))


def imm_9() -> Rule:
    """R-IMM-9: undetectable with low antibodies and no active disease; repeat both."""

    def outcome(_situation: Situation) -> Outcome:
        return Outcome(
            Verdict.ASSESS,
            Certainty.MODERATE,
            offers=(Offer(OptionKind.MEASURE_LEVEL_AND_ATI, recommended=True),),
        )

    return Rule("R-IMM-9", (undetectable(), ati(AtiClass.POSITIVE_LOW), quiet_or_unknown()), outcome)


def ati_1() -> Rule:
    """R-ATI-1: antibodies first, where what they are would turn the answer."""

    def needed(situation: Situation) -> bool:
        if situation.level is LevelClass.UNDETECTABLE:
            return True
        return situation.level is LevelClass.LOW and situation.activity is not Activity.REMISSION

    def outcome(_situation: Situation) -> Outcome:
        return Outcome(
            Verdict.ASSESS,
            Certainty.MODERATE,
            offers=(
                Offer(OptionKind.MEASURE_ATI, recommended=True),
                Offer(OptionFamily.ESCALATION, provisional=True),
            ),
        )

    words = "level undetectable, or low with active disease or unknown activity"
    return Rule("R-ATI-1", (ati_unknown(), Condition(words, needed)), outcome)


def ati_2() -> Rule:
    """R-ATI-2: antibodies unknown at a low level in remission, treated proactively with less certainty."""

    def outcome(situation: Situation) -> Outcome:
        # One step below R-PK-2, which is moderate for children and weak for adults: weak for both.
        child = situation.age_group is AgeGroup.CHILD
        return Outcome(
            Verdict.INTENSIFY,
            Certainty.WEAK,
            offers=(Offer(OptionFamily.ESCALATION, recommended=True), Offer(OptionKind.MEASURE_ATI)),
            remarks=("proactive-child" if child else "proactive-adult",),
        )

    conditions = (intravenous(), low_detectable(), ati_unknown(), remission(), proactive(wanted=True))
    return Rule("R-ATI-2", conditions, outcome, ("proactive_child", "proactive_adult"))


def _repeat_with_switch() -> tuple[Offer, ...]:
    return (
        Offer(OptionKind.MEASURE_LEVEL_AND_ATI, recommended=True),
        Offer(OptionKind.SWITCH_WITHIN_CLASS, provisional=True),
        Offer(OptionKind.SWITCH_OUT_OF_CLASS, provisional=True),
    )
