"""Rows for a course that only starts and for missing levels."""

from __future__ import annotations

from tdm.decision import Certainty, LevelClass, OptionKind, Situation, Verdict
from tdm.rules import Condition, Offer, Outcome, Rule
from tdm.rules_conditions import is_induction, no_level


def start_1() -> Rule:
    """R-START-1: nothing to judge yet; plan the first troughs."""

    def starting(situation: Situation) -> bool:
        return situation.starting or (is_induction(situation) and situation.level is LevelClass.NONE)

    def outcome(_situation: Situation) -> Outcome:
        return Outcome(
            Verdict.ASSESS,
            Certainty.MODERATE,
            offers=(Offer(OptionKind.MEASURE_LEVEL_AND_ATI, recommended=True),),
        )

    words = "course only starting (no dose, no older order, no level), or in induction without a usable level"
    return Rule("R-START-1", (Condition(words, starting),), outcome, ("starting_order_days",))


def data_1() -> Rule:
    """R-DATA-1: no usable level; measure level and antibodies before the next infusion."""

    def outcome(_situation: Situation) -> Outcome:
        return Outcome(
            Verdict.ASSESS,
            Certainty.MODERATE,
            offers=(Offer(OptionKind.MEASURE_LEVEL_AND_ATI, recommended=True),),
        )

    return Rule("R-DATA-1", (no_level(),), outcome)
