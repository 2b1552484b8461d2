"""From a situation to an answer: the first matching row, its options, and the filters behind the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tdm.certainty import caution_rank
from tdm.decision import (
    Activity,
    AtiClass,
    Certainty,
    LevelClass,
    Option,
    OptionKind,
    Regimen,
    Situation,
    SwitchDirection,
    Verdict,
)
from tdm.knowledge.model import Policy
from tdm.options import OptionPlan, plan_options
from tdm.rules import Offer, OptionFamily, Outcome, Rule
from tdm.rules_conditions import is_induction
from tdm.table import first_match


@dataclass(frozen=True, slots=True)
class Answer:
    """What one situation comes to.

    `rule` is the id that decides; `row` the row of the table that matched, from which a filter may have led
    away. `situation` is None where several situations disagree.
    """

    rule: str
    row: str
    outcome: Outcome
    certainty: Certainty
    plan: OptionPlan
    situation: Situation | None = None
    policy_keys: tuple[str, ...] = ()


def answer(
    situation: Situation, table: tuple[Rule, ...], regimen: Regimen, policy: Policy, *, interval_only: bool
) -> Answer:
    """Return the answer to one situation: table, then R-ATI-3 or R-CAP-1, then R-TIME-1 and R-PHASE-1.

    The timing and phase filters come last, so that no switch escapes them, not even one made by R-CAP-1.
    R-ATI-3 comes first: what cannot be read may be antibodies that turn the answer, at the cap too.
    """
    row = first_match(table, situation)
    outcome, rule = row.outcome(situation), row.id
    certainty = outcome.certainty
    if outcome.verdict is Verdict.INTENSIFY and _at_or_above_aim(situation):
        certainty = Certainty.WEAK
    plan = plan_options(outcome.offers, situation, regimen, policy, interval_only=interval_only)
    filtered = outcome
    if outcome.verdict is Verdict.INTENSIFY and situation.ati_unread:
        rule, filtered = "R-ATI-3", _antibodies_first()
    elif outcome.verdict is Verdict.INTENSIFY and not plan.escalates:
        rule, filtered = "R-CAP-1", at_cap(situation)
    if filtered.verdict is Verdict.SWITCH and not situation.timing_verified:
        rule, filtered = "R-TIME-1", _repeat_before_switch(filtered)
    elif filtered.verdict is Verdict.SWITCH and situation.phase_presumed:
        rule, filtered = "R-PHASE-1", _repeat_before_switch(filtered)
    if filtered is not outcome:
        certainty = filtered.certainty
        plan = plan_options(filtered.offers, situation, regimen, policy, interval_only=interval_only)
    return Answer(rule, row.id, filtered, certainty, plan, situation, row.policy_keys)


def at_cap(situation: Situation) -> Outcome:
    """R-CAP-1: nothing is left to raise. Confirmed activity outside induction: leave; otherwise assess.

    The direction follows the cause: within the class where antibodies explain a low level, else out of it.
    """
    review = Offer(OptionKind.SPECIALIST_REVIEW)
    if situation.activity is not Activity.ACTIVE_CONFIRMED or is_induction(situation):
        offers: tuple[Offer, ...] = (
            Offer(OptionKind.SPECIALIST_REVIEW, recommended=True),
            Offer(OptionKind.MEASURE_LEVEL_AND_ATI),
        )
        return Outcome(Verdict.ASSESS, Certainty.WEAK, offers, remarks=("cap-review",))
    remarks = ("cap-switch",)
    low = situation.level in (LevelClass.UNDETECTABLE, LevelClass.LOW)
    if low and situation.ati is AtiClass.POSITIVE_LOW:
        offers = (
            Offer(OptionKind.SWITCH_WITHIN_CLASS, recommended=True),
            Offer(OptionKind.ADD_IMMUNOMODULATOR),
            Offer(OptionKind.SWITCH_OUT_OF_CLASS),
            review,
        )
        direction, alternatives = SwitchDirection.WITHIN_CLASS, (SwitchDirection.OUT_OF_CLASS,)
        return Outcome(Verdict.SWITCH, Certainty.WEAK, offers, direction, alternatives, remarks)
    offers = (Offer(OptionKind.SWITCH_OUT_OF_CLASS, recommended=True), review)
    return Outcome(Verdict.SWITCH, Certainty.WEAK, offers, SwitchDirection.OUT_OF_CLASS, remarks=remarks)


def _repeat_before_switch(switch: Outcome) -> Outcome:
    """Return the outcome that repeats level and ATI before a switch that rests on doubtful ground."""
    kinds = {OptionKind.SWITCH_WITHIN_CLASS, OptionKind.SWITCH_OUT_OF_CLASS}
    later = tuple(Offer(offer.kind, provisional=True) for offer in switch.offers if offer.kind in kinds)
    offers = (Offer(OptionKind.MEASURE_LEVEL_AND_ATI, recommended=True), *later)
    return Outcome(Verdict.ASSESS, Certainty.MODERATE, offers)


def _antibodies_first() -> Outcome:
    """Return the outcome that asks for antibodies where a result of them could not be read."""
    offers = (
        Offer(OptionKind.MEASURE_ATI, recommended=True),
        Offer(OptionFamily.ESCALATION, provisional=True),
    )
    return Outcome(Verdict.ASSESS, Certainty.MODERATE, offers)


def _at_or_above_aim(situation: Situation) -> bool:
    level, aim = situation.level_ug_ml, situation.aim_ug_ml
    return level is not None and aim is not None and level >= aim


def combine(answers: Sequence[Answer]) -> Answer:
    """Return the one answer of all situations the data allow.

    Where all agree on verdict and direction, the least certain of them speaks. Otherwise `assess`: R-AGE-1
    where the age group alone makes the difference, R-CENSOR-1 where the limit reported for the level does.
    """
    first = answers[0]
    if len(answers) == 1:
        return first
    if all(_same(first, other) for other in answers):
        return _open_choice(min(answers, key=lambda one: caution_rank(one.certainty)), answers)
    by_age: dict[object, Answer] = {}
    age_decides = True
    for one in answers:
        age = None if one.situation is None else one.situation.age_group
        age_decides = age_decides and _same(by_age.setdefault(age, one), one)
    if age_decides:
        outcome = Outcome(Verdict.ASSESS, Certainty.MODERATE)
        return Answer("R-AGE-1", "R-AGE-1", outcome, outcome.certainty, OptionPlan(()))
    outcome = Outcome(Verdict.ASSESS, Certainty.MODERATE)
    plan = OptionPlan((Option(OptionKind.MEASURE_LEVEL_AND_ATI, recommended=True),))
    return Answer("R-CENSOR-1", "R-CENSOR-1", outcome, outcome.certainty, plan)


def _open_choice(chosen: Answer, answers: Sequence[Answer]) -> Answer:
    """Return the answer with no option recommended where the readings recommend different ones.

    All options are kept, and one that any reading calls off label is called so: without a recommendation
    there is no button, and the card says why.
    """
    plans = [one.plan for one in answers]
    recommended = {_regimen_of(option) for plan in plans for option in plan.options if option.recommended}
    if len(recommended) <= 1:
        return chosen
    merged: dict[object, Option] = {}
    for plan in (chosen.plan, *plans):
        for option in plan.options:
            key = _regimen_of(option)
            known = merged.get(key, option)
            merged[key] = replace(option, recommended=False, off_label=known.off_label or option.off_label)
    outcome = replace(chosen.outcome, remarks=(*chosen.outcome.remarks, "options-differ"))
    return replace(chosen, outcome=outcome, plan=replace(chosen.plan, options=tuple(merged.values())))


def _regimen_of(option: Option) -> tuple[object, ...]:
    return (option.kind, option.dose_mg, option.dose_mg_per_kg, option.interval_days)


def _same(one: Answer, other: Answer) -> bool:
    return one.outcome.verdict is other.outcome.verdict and one.outcome.direction is other.outcome.direction
