"""Row for active perianal fistulas with enough drug on board."""

from __future__ import annotations

from tdm.decision import AtiClass, Certainty, OptionKind, Situation, Verdict
from tdm.rules import Condition, Offer, OptionFamily, Outcome, Rule
from tdm.rules_conditions import active_confirmed, ati_not, intravenous, perianal


def fistula_outcome(_situation: Situation) -> Outcome:
    """Imaging, drainage and seton first; only then a switch or more drug."""
    return Outcome(
        Verdict.ASSESS,
        Certainty.WEAK,  # everything said of fistulas rests on medians of small groups
        offers=(
            Offer(OptionKind.FISTULA_WORKUP, recommended=True),
            Offer(OptionKind.SWITCH_OUT_OF_CLASS, provisional=True),
            Offer(OptionFamily.ESCALATION, provisional=True),
        ),
    )


def fist_1() -> Rule:
    """R-FIST-1: an active fistula at or above the level at which fistulas healed."""

    def at_ceiling(situation: Situation) -> bool:
        level, ceiling = situation.level_ug_ml, situation.ceiling_ug_ml
        return level is not None and ceiling is not None and level >= ceiling

    conditions = (
        intravenous(),
        perianal(),
        Condition("level at the ceiling of the fistula row or above", at_ceiling),
        ati_not(AtiClass.POSITIVE_HIGH),
        active_confirmed(),
    )
    return Rule("R-FIST-1", conditions, fistula_outcome)
