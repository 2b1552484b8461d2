"""Every combination is answered once, as the protocol says, and the protocol's invariants hold."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from tdm.answers import answer
from tdm.decision import Activity, AtiClass, LevelClass, Option, Phase, Regimen, Situation, Verdict
from tdm.facts import Route
from tdm.rules import Rule
from tdm.table import build_table, first_match, numbers_of, table_of
from tests.tdm.enumeration import every_situation, shipped_knowledge
from tests.tdm.restated_table import ROWS, restated, restated_certainty

ENOUGH_TO_SEE_WHY = 5
LONG_STEP = 97
SUBCUTANEOUS_FAMILIES = ("R-START", "R-DATA", "R-SC", "R-IMM", "R-ATI-1", "R-LOR-2")


@pytest.fixture(scope="module")
def situations() -> tuple[Situation, ...]:
    return every_situation()


def spread(situations: Sequence[Situation]) -> Iterator[Situation]:
    """All of them in long steps, so that every dimension is met early and a fault shows soon."""
    for start in range(LONG_STEP):
        yield from situations[start::LONG_STEP]


@pytest.fixture
def table() -> tuple[Rule, ...]:
    return build_table(numbers_of(shipped_knowledge()))


def test_the_table_has_the_rows_of_the_protocol_in_its_order(table):
    protocol = list(dict.fromkeys(name for name, *_ in ROWS))
    assert [rule.id for rule in table] == [*protocol, "R-TOTAL-1"]


def test_every_combination_is_answered_as_the_restated_protocol_says(situations, table):
    wrong = []
    for situation in spread(situations):
        rule = first_match(table, situation)
        outcome = rule.outcome(situation)
        if (rule.id, outcome.verdict.value) != restated(situation):
            wrong.append((situation, rule.id, restated(situation)))
        certainty = restated_certainty(rule.id, situation)
        if certainty and outcome.certainty.value != certainty:
            wrong.append((situation, rule.id, outcome.certainty))
        if len(wrong) >= ENOUGH_TO_SEE_WHY:
            break
    assert wrong == []


def test_every_row_answers_something_and_the_last_resort_nothing(situations, table):
    answered = Counter(first_match(table, situation).id for situation in situations)
    assert {rule.id for rule in table} - set(answered) == {"R-TOTAL-1"}


def test_subcutaneous_courses_meet_only_their_rows(situations, table):
    met = {
        first_match(table, situation).id for situation in situations if situation.route is Route.SUBCUTANEOUS
    }
    assert [name for name in met if not name.startswith(SUBCUTANEOUS_FAMILIES)] == []


def test_a_starting_course_is_answered_by_r_start_1_whatever_else_is_known(situations, table):
    starting = [replace(one, starting=True) for one in situations if one.level is LevelClass.NONE]
    assert {first_match(table, one).id for one in starting} == {"R-START-1"}


@pytest.fixture(scope="module")
def answers(situations):
    """Every combination with and without cap, sure timing and known start, through table and filters."""
    knowledge = shipped_knowledge()
    table = build_table(numbers_of(knowledge))
    found = []
    for index, one in enumerate(situations):
        for doubts in ({}, {"at_cap": True}, {"timing_verified": False}, {"phase_presumed": True}):
            if doubts and index % 3:  # the doubts are independent of the level: a third of the levels will do
                continue
            situation = replace(one, **doubts)
            regimen = Regimen(situation.route, 300, 5, 56, weight_kg=60)
            if situation.route is Route.SUBCUTANEOUS:
                regimen = Regimen(situation.route, 120, None, 14)
            found.append(
                (situation, answer(situation, table, regimen, knowledge.policy, interval_only=False))
            )
    return found


def test_never_intensify_with_high_antibodies(answers):
    assert not [
        one
        for situation, one in answers
        if situation.ati is AtiClass.POSITIVE_HIGH and one.outcome.verdict is Verdict.INTENSIFY
    ]


def test_never_switch_in_remission_or_unknown_activity(answers):
    quiet = (Activity.REMISSION, Activity.UNKNOWN)
    assert not [
        one
        for situation, one in answers
        if situation.activity in quiet and one.outcome.verdict is Verdict.SWITCH
    ]


def test_never_intensify_on_undetectable_unless_antibodies_are_negative_or_low(answers):
    allowed = (AtiClass.NEGATIVE, AtiClass.POSITIVE_LOW)
    assert not [
        one
        for situation, one in answers
        if situation.level is LevelClass.UNDETECTABLE
        and situation.ati not in allowed
        and one.outcome.verdict is Verdict.INTENSIFY
    ]


def test_never_intensify_at_the_cap(answers):
    verdicts = {one.outcome.verdict for situation, one in answers if situation.at_cap}
    assert verdicts == {Verdict.ASSESS, Verdict.CONTINUE, Verdict.SWITCH}


def test_never_switch_on_doubtful_timing_or_a_presumed_phase(answers):
    doubtful = [
        one.outcome.verdict
        for situation, one in answers
        if not situation.timing_verified or situation.phase_presumed
    ]
    assert doubtful
    assert Verdict.SWITCH not in doubtful


def test_intensify_at_or_above_the_aim_is_weak(answers):
    certainties = {
        one.certainty.value
        for situation, one in answers
        if one.outcome.verdict is Verdict.INTENSIFY
        and situation.aim_ug_ml is not None
        and situation.level_ug_ml >= situation.aim_ug_ml
    }
    assert certainties == {"weak"}


def test_at_most_one_option_is_recommended_and_never_a_provisional_one(answers):
    def sound(options: tuple[Option, ...]) -> bool:
        chosen = [option for option in options if option.recommended]
        return len(chosen) <= 1 and not any(option.provisional for option in chosen)

    assert all(sound(one.plan.options) for _, one in answers)


def test_every_intensification_offers_something_stronger(answers):
    assert all(one.plan.escalates for _, one in answers if one.outcome.verdict is Verdict.INTENSIFY)


def test_the_cached_table_is_built_once_for_the_same_numbers():
    knowledge = shipped_knowledge()
    assert table_of(knowledge) is table_of(knowledge)


def test_a_table_without_a_match_falls_back_to_its_last_row(table):
    low = next(one for one in every_situation() if one.level is LevelClass.LOW)
    start_and_data = table[:2]
    assert first_match(start_and_data, low).id == "R-DATA-1"


def test_the_last_resort_is_weak_and_asks_the_specialist(table, situations):
    outcome = table[-1].outcome(situations[0])
    assert (outcome.verdict.value, outcome.certainty.value) == ("assess", "weak")
    assert [offer.kind.value for offer in outcome.offers] == ["specialist-review", "measure-level-and-ati"]
    assert table[-1].matches(situations[0])


def test_week_14_rows_need_week_14(table):
    base = next(
        one
        for one in every_situation()
        if one.route is Route.INTRAVENOUS
        and one.phase is Phase.POST_INDUCTION
        and one.level is LevelClass.UNDETECTABLE
        and one.ati is AtiClass.NEGATIVE
        and one.activity is Activity.ACTIVE_CONFIRMED
    )
    assert first_match(table, base).id == "R-IND-3"
    assert first_match(table, replace(base, phase=Phase.MAINTENANCE)).id == "R-PK-1"
