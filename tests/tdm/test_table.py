"""The rows set aside by route, classes and activity never hide a row that would have answered."""

from dataclasses import replace

import pytest

from tdm.decision import Activity, AtiClass, LevelClass
from tdm.facts import Route
from tdm.table import (
    build_table,
    excludes,
    first_match,
    numbers_of,
    rows_by_class,
    rows_for,
    table_of,
    undecided,
)
from tests.tdm.cases import situation
from tests.tdm.enumeration import every_situation, shipped_knowledge


def test_the_first_of_the_rows_left_is_the_first_of_the_table_in_every_situation() -> None:
    knowledge = shipped_knowledge()
    table = build_table(numbers_of(knowledge))
    for one in every_situation():
        assert first_match(rows_for(one, knowledge), one).id == first_match(table, one).id
        starting = replace(one, starting=True)
        assert first_match(rows_for(starting, knowledge), starting).id == "R-START-1"


def test_the_rows_left_are_few_keep_the_order_of_the_table_and_end_in_the_last_row() -> None:
    order = [rule.id for rule in table_of(shipped_knowledge())]
    for rows in rows_by_class(shipped_knowledge()).values():
        places = [order.index(row.id) for row in rows]
        assert places == sorted(places)
        assert rows[-1].id == "R-TOTAL-1"
        assert len(rows) <= 8


def test_a_row_that_is_left_keeps_what_is_still_to_be_asked_and_all_that_it_answers() -> None:
    row = next(rule for rule in table_of(shipped_knowledge()) if rule.id == "R-PK-2")
    left = undecided(row)
    assert [condition.words for condition in left.conditions] == ["proactive treatment on"]
    assert (left.outcome, left.policy_keys) == (row.outcome, row.policy_keys)


@pytest.mark.parametrize(
    ("changed", "left_out"),
    [
        ({}, False),
        ({"route": Route.SUBCUTANEOUS}, True),
        ({"level": LevelClass.WINDOW}, True),
        ({"ati": AtiClass.POSITIVE_LOW}, True),
        ({"activity": Activity.REMISSION}, True),
    ],
)
def test_a_row_is_left_out_by_each_of_the_four_fields(changed: dict[str, object], left_out: bool) -> None:
    row = next(rule for rule in table_of(shipped_knowledge()) if rule.id == "R-PK-1")
    here = {
        "route": Route.INTRAVENOUS,
        "level": LevelClass.LOW,
        "ati": AtiClass.NEGATIVE,
        "activity": Activity.ACTIVE_CONFIRMED,
    }
    assert excludes(row, here | changed) is left_out


def test_a_condition_names_the_values_for_which_it_holds() -> None:
    for rule in table_of(shipped_knowledge()):
        for condition in rule.conditions:
            members = {"route": Route, "level": LevelClass, "ati": AtiClass, "activity": Activity}.get(
                condition.field, ()
            )
            for member in members:
                holds = condition.holds(replace(situation(), **{condition.field: member}))
                assert holds is (member in condition.values), (rule.id, condition.words)


def test_knowledge_of_one_content_is_one_key_and_a_changed_policy_is_another() -> None:
    knowledge = shipped_knowledge()
    same = replace(knowledge)
    other = replace(knowledge, policy=replace(knowledge.policy, crp_active_above_mg_l=11.0))
    assert {knowledge: "kept"}[same] == "kept"
    assert hash(knowledge) != hash(replace(knowledge, content_hash="other"))
    assert {knowledge: "kept"}.get(other) is None
