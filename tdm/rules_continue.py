"""Rows for courses that go well."""

from __future__ import annotations

from tdm.decision import Certainty, Situation, Verdict
from tdm.rules import Offer, OptionFamily, Outcome, Rule, TableNumbers
from tdm.rules_conditions import (
    above_ceiling,
    ati_negative_or_unknown,
    in_window,
    intravenous,
    quiet_or_unknown,
)


def ok_1() -> Rule:
    """R-OK-1: in the window without activity; keep the regimen."""

    def outcome(_situation: Situation) -> Outcome:
        return Outcome(Verdict.CONTINUE, Certainty.MODERATE)

    conditions = (intravenous(), in_window(), ati_negative_or_unknown(), quiet_or_unknown())
    return Rule("R-OK-1", conditions, outcome)


def ok_2(numbers: TableNumbers) -> Rule:
    """R-OK-2: above the ceiling without activity; keep the regimen, less drug only in proven remission."""

    def outcome(situation: Situation) -> Outcome:
        if may_deescalate(situation, numbers):
            return Outcome(Verdict.CONTINUE, Certainty.MODERATE, offers=(Offer(OptionFamily.DEESCALATION),))
        return Outcome(Verdict.CONTINUE, Certainty.MODERATE)

    conditions = (intravenous(), above_ceiling(), ati_negative_or_unknown(), quiet_or_unknown())
    return Rule("R-OK-2", conditions, outcome, ("deescalation_fistula_history_above_ug_ml",))


def may_deescalate(situation: Situation, numbers: TableNumbers) -> bool:
    """Return whether less drug may be named at all: proven remission, sure timing, no fistula to lose.

    Where the problem list did not arrive whole, a fistula may be missing from it. An antibody result that is
    pending or could not be used may be positive: that is settled first.
    """
    if not (situation.deep_remission and situation.timing_verified and situation.conditions_complete):
        return False
    if situation.ati_unread:
        return False
    level = situation.level_ug_ml
    return not situation.fistula_history or (level is not None and level > numbers.deescalation_fistula_above)
