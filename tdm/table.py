"""The decision table: all rows in the protocol's order, and the search for the first that matches."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from itertools import product
from typing import TypeAlias

from tdm import (
    rules_continue,
    rules_fistula,
    rules_immunogenicity,
    rules_induction,
    rules_loss_of_response,
    rules_pharmacokinetic,
    rules_start,
    rules_subcutaneous,
)
from tdm.decision import Activity, AtiClass, Certainty, LevelClass, OptionKind, Situation, Verdict
from tdm.facts import Route
from tdm.knowledge.model import Knowledge
from tdm.rules import Offer, Outcome, Rule, TableNumbers

Classes: TypeAlias = tuple[Route, LevelClass, AtiClass, Activity]
"""What rows are set aside by before the rest of their conditions is asked."""


def build_table(numbers: TableNumbers) -> tuple[Rule, ...]:
    """Return every row, first to last; the first that matches answers. The last row matches everything."""
    return (
        rules_start.start_1(),
        rules_start.data_1(),
        rules_subcutaneous.sc_2(),
        rules_subcutaneous.sc_4(),
        rules_immunogenicity.imm_1(numbers),
        rules_immunogenicity.imm_2(numbers),
        rules_immunogenicity.imm_8(numbers),
        rules_immunogenicity.imm_7(),
        rules_induction.ind_1(),
        rules_induction.ind_4(),
        rules_induction.ind_2(),
        rules_induction.ind_3(),
        rules_immunogenicity.imm_3(),
        rules_immunogenicity.imm_4(),
        rules_subcutaneous.sc_5(numbers),
        rules_immunogenicity.imm_5(),
        rules_immunogenicity.imm_6(),
        rules_immunogenicity.imm_9(),
        rules_immunogenicity.ati_1(),
        rules_immunogenicity.ati_2(),
        rules_subcutaneous.sc_1(),
        rules_subcutaneous.sc_3(numbers),
        rules_pharmacokinetic.pk_1(),
        rules_pharmacokinetic.pk_2(),
        rules_pharmacokinetic.pk_4(),
        rules_pharmacokinetic.pk_3(),
        rules_loss_of_response.lor_2(),
        rules_fistula.fist_1(),
        rules_loss_of_response.lor_1(),
        rules_loss_of_response.mech_1(),
        rules_loss_of_response.mech_2(),
        rules_continue.ok_1(),
        rules_continue.ok_2(numbers),
        total_1(),
    )


def total_1() -> Rule:
    """R-TOTAL-1: no row of the protocol matched; say so and leave it to the clinician."""

    def outcome(_situation: Situation) -> Outcome:
        return Outcome(
            Verdict.ASSESS,
            Certainty.WEAK,
            offers=(
                Offer(OptionKind.SPECIALIST_REVIEW, recommended=True),
                Offer(OptionKind.MEASURE_LEVEL_AND_ATI),
            ),
        )

    return Rule("R-TOTAL-1", (), outcome)


def first_match(table: tuple[Rule, ...], situation: Situation) -> Rule:
    """Return the first row that matches; the last row of a built table always does."""
    for rule in table:
        if rule.matches(situation):
            return rule
    return table[-1]


def numbers_of(knowledge: Knowledge) -> TableNumbers:
    """Return the numbers that rows compare with, from the knowledge in force."""
    subcutaneous = knowledge.targets["subcutaneous-active"].act_below_ug_ml
    return TableNumbers(
        immunogenic_low_below=knowledge.policy.immunogenic_low_below_ug_ml,
        subcutaneous_active_from=0.0 if subcutaneous is None else subcutaneous,
        deescalation_fistula_above=knowledge.policy.deescalation_fistula_history_above_ug_ml,
    )


def table_of(knowledge: Knowledge) -> tuple[Rule, ...]:
    """Return the table for the knowledge in force; built once for each set of numbers."""
    return _table_for(numbers_of(knowledge))


def rows_for(situation: Situation, knowledge: Knowledge) -> tuple[Rule, ...]:
    """Return the rows of the table that can match at all, in its order, by route, classes and activity.

    The first that matches among them is the first of the table: only rows are left out that have a
    condition on one of these four which does not hold, and of the rows that stay, those conditions hold.
    """
    return _rows_for(knowledge)[situation.route, situation.level, situation.ati, situation.activity]


def rows_by_class(knowledge: Knowledge) -> dict[Classes, tuple[Rule, ...]]:
    """Return for every route, level class, antibody class and activity the rows that do not exclude it.

    Each row is left with the conditions that are still to be asked.
    """
    table = table_of(knowledge)
    rows = {}
    for classes in product(Route, LevelClass, AtiClass, Activity):
        here = dict(zip(("route", "level", "ati", "activity"), classes, strict=True))
        rows[classes] = tuple(undecided(rule) for rule in table if not excludes(rule, here))
    return rows


def undecided(rule: Rule) -> Rule:
    """Return the row with only the conditions that the route, classes and activity have not settled."""
    conditions = tuple(condition for condition in rule.conditions if not condition.field)
    return Rule(rule.id, conditions, rule.outcome, rule.policy_keys)


def excludes(rule: Rule, here: Mapping[str, object]) -> bool:
    """Return whether a condition on one of the fields in `here` keeps the row out."""
    return any(
        condition.field and here[condition.field] not in condition.values for condition in rule.conditions
    )


_table_for = lru_cache(maxsize=16)(build_table)
_rows_for = lru_cache(maxsize=16)(rows_by_class)
