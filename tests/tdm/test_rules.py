"""Rows in detail: remarks, options and edges that the enumeration does not look at."""

import re
from pathlib import Path

import pytest

from tdm.decision import (
    Activity,
    AgeGroup,
    AtiClass,
    LevelClass,
    OptionKind,
    Phase,
    Situation,
    SwitchDirection,
)
from tdm.facts import Route
from tdm.rules import Offer, OptionFamily, Outcome, TableNumbers
from tdm.rules_continue import may_deescalate
from tdm.table import build_table, first_match, numbers_of
from tests.tdm.cases import situation
from tests.tdm.enumeration import shipped_knowledge

ROOT = Path(__file__).resolve().parents[2]
K, F = OptionKind, OptionFamily
NUMBERS = TableNumbers(5, 17.5, 15)
QUIET = {"activity": Activity.REMISSION}
SC = {"route": Route.SUBCUTANEOUS, "act_below_ug_ml": 17.5, "aim_ug_ml": 17.5, "ceiling_ug_ml": None}
UNDETECTABLE = {"level": LevelClass.UNDETECTABLE, "level_ug_ml": 0.0}
WINDOW = {"level": LevelClass.WINDOW, "level_ug_ml": 7.0}
HIGH = {"level": LevelClass.HIGH, "level_ug_ml": 16.0}


def answered(of: Situation) -> tuple[str, Outcome]:
    rule = first_match(build_table(NUMBERS), of)
    return rule.id, rule.outcome(of)


def offers(*kinds: OptionKind | OptionFamily, first: bool = True, provisional: tuple = ()) -> tuple:
    """Offers of the kinds, the first recommended, then provisional ones."""
    made = tuple(Offer(kind, recommended=first and index == 0) for index, kind in enumerate(kinds))
    return made + tuple(Offer(kind, provisional=True) for kind in provisional)


BOTH_SWITCHES = (K.SWITCH_WITHIN_CLASS, K.SWITCH_OUT_OF_CLASS)


OFFERED = [
    ({"starting": True}, "R-START-1", offers(K.MEASURE_LEVEL_AND_ATI)),
    ({"level": LevelClass.NONE, "level_ug_ml": None}, "R-DATA-1", offers(K.MEASURE_LEVEL_AND_ATI)),
    (SC | UNDETECTABLE | QUIET, "R-SC-4", offers(K.CHECK_ADHERENCE, K.MEASURE_LEVEL_AND_ATI)),
    (SC | WINDOW | QUIET, "R-SC-2", ()),
    (
        SC | UNDETECTABLE | {"activity": Activity.ACTIVE_UNCONFIRMED},
        "R-SC-5",
        offers(K.CONFIRM_INFLAMMATION, K.CHECK_ADHERENCE),
    ),
    (
        SC | WINDOW | {"activity": Activity.ACTIVE_UNCONFIRMED},
        "R-SC-5",
        offers(K.CONFIRM_INFLAMMATION),
    ),
    (SC | UNDETECTABLE, "R-SC-1", offers(F.ESCALATION, K.SPECIALIST_REVIEW, first=False)),
    (SC | {"level": LevelClass.WINDOW, "level_ug_ml": 20}, "R-SC-3", offers(K.SWITCH_OUT_OF_CLASS)),
    (
        SC | {"level": LevelClass.WINDOW, "level_ug_ml": 20, "active_fistula": True},
        "R-SC-3",
        offers(K.FISTULA_WORKUP, provisional=(K.SWITCH_OUT_OF_CLASS, F.ESCALATION)),
    ),
    (
        {"ati": AtiClass.POSITIVE_HIGH},
        "R-IMM-1",
        offers(K.SWITCH_WITHIN_CLASS, K.ADD_IMMUNOMODULATOR, K.SWITCH_OUT_OF_CLASS),
    ),
    (
        {"ati": AtiClass.POSITIVE_HIGH} | QUIET,
        "R-IMM-2",
        offers(K.MEASURE_LEVEL_AND_ATI, provisional=BOTH_SWITCHES),
    ),
    (
        {"ati": AtiClass.POSITIVE_HIGH, "level_ug_ml": 5.0, "act_below_ug_ml": 6.0},
        "R-IMM-8",
        offers(K.MEASURE_LEVEL_AND_ATI, provisional=BOTH_SWITCHES),
    ),
    (
        {"ati": AtiClass.POSITIVE_UNQUANTIFIED},
        "R-IMM-7",
        offers(K.QUANTIFY_ATI, provisional=(F.ESCALATION, *BOTH_SWITCHES)),
    ),
    (
        {"ati": AtiClass.POSITIVE_LOW} | WINDOW | QUIET,
        "R-IMM-3",
        offers(K.MEASURE_LEVEL_AND_ATI, first=False),
    ),
    ({"ati": AtiClass.POSITIVE_HIGH} | WINDOW, "R-IMM-4", offers(K.SWITCH_OUT_OF_CLASS)),
    ({"ati": AtiClass.POSITIVE_LOW}, "R-IMM-5", offers(F.ESCALATION, K.ADD_IMMUNOMODULATOR)),
    ({"ati": AtiClass.POSITIVE_LOW} | QUIET, "R-IMM-6", offers(F.ESCALATION)),
    ({"ati": AtiClass.POSITIVE_LOW} | QUIET | UNDETECTABLE, "R-IMM-9", offers(K.MEASURE_LEVEL_AND_ATI)),
    ({"ati": AtiClass.NOT_MEASURED}, "R-ATI-1", offers(K.MEASURE_ATI, provisional=(F.ESCALATION,))),
    ({"ati": AtiClass.INCONCLUSIVE} | QUIET, "R-ATI-2", offers(F.ESCALATION, K.MEASURE_ATI)),
    ({"phase": Phase.INDUCTION_WEEK_6}, "R-IND-1", offers(F.ESCALATION)),
    ({"phase": Phase.INDUCTION_WEEK_6} | QUIET, "R-IND-4", offers(K.MEASURE_LEVEL_AND_ATI, first=False)),
    ({"phase": Phase.INDUCTION_WEEK_6} | WINDOW, "R-IND-2", ()),
    (
        {"phase": Phase.INDUCTION_WEEK_6, "ati": AtiClass.POSITIVE_LOW} | WINDOW,
        "R-IND-2",
        offers(K.MEASURE_LEVEL_AND_ATI, first=False),
    ),
    ({"phase": Phase.POST_INDUCTION} | UNDETECTABLE, "R-IND-3", offers(K.REINDUCTION, F.ESCALATION)),
    ({}, "R-PK-1", offers(F.ESCALATION)),
    (
        {"activity": Activity.ACTIVE_UNCONFIRMED},
        "R-PK-1",
        offers(F.ESCALATION, K.CONFIRM_INFLAMMATION),
    ),
    (QUIET, "R-PK-2", offers(F.ESCALATION)),
    (QUIET | {"proactive": False}, "R-PK-3", offers(K.MEASURE_LEVEL_AND_ATI, first=False)),
    (QUIET | {"proactive": False} | UNDETECTABLE, "R-PK-4", offers(K.MEASURE_LEVEL_AND_ATI)),
    (WINDOW, "R-LOR-1", offers(F.ESCALATION)),
    (WINDOW | {"activity": Activity.ACTIVE_UNCONFIRMED}, "R-LOR-2", offers(K.CONFIRM_INFLAMMATION)),
    (
        {"perianal_row": True, "level": LevelClass.GREY, "level_ug_ml": 12.8, "ceiling_ug_ml": 12.7},
        "R-FIST-1",
        offers(K.FISTULA_WORKUP, provisional=(K.SWITCH_OUT_OF_CLASS, F.ESCALATION)),
    ),
    (
        {"level": LevelClass.GREY, "level_ug_ml": 12.0},
        "R-MECH-1",
        offers(K.SWITCH_OUT_OF_CLASS, K.ONE_OPTIMISATION),
    ),
    (HIGH, "R-MECH-2", offers(K.SWITCH_OUT_OF_CLASS)),
    (WINDOW | QUIET, "R-OK-1", ()),
    (HIGH | QUIET, "R-OK-2", ()),
    (HIGH | QUIET | {"deep_remission": True}, "R-OK-2", offers(F.DEESCALATION, first=False)),
    (HIGH | QUIET | {"deep_remission": True, "ati_unread": True}, "R-OK-2", ()),
]


@pytest.mark.parametrize(("fields", "name", "expected"), OFFERED)
def test_each_row_offers_what_it_names(fields, name, expected):
    found, outcome = answered(situation(**fields))
    assert (found, outcome.offers) == (name, expected)


@pytest.mark.parametrize(
    ("fields", "direction", "alternatives"),
    [
        ({"ati": AtiClass.POSITIVE_HIGH}, SwitchDirection.WITHIN_CLASS, (SwitchDirection.OUT_OF_CLASS,)),
        ({"ati": AtiClass.POSITIVE_HIGH} | WINDOW, SwitchDirection.OUT_OF_CLASS, ()),
        ({"level": LevelClass.GREY, "level_ug_ml": 12.0}, SwitchDirection.OUT_OF_CLASS, ()),
        (HIGH, SwitchDirection.OUT_OF_CLASS, ()),
        (SC | {"level": LevelClass.WINDOW, "level_ug_ml": 20}, SwitchDirection.OUT_OF_CLASS, ()),
        ({}, None, ()),
    ],
)
def test_immunogenic_failure_stays_within_the_class_and_mechanistic_failure_leaves_it(
    fields, direction, alternatives
):
    _, outcome = answered(situation(**fields))
    assert (outcome.direction, outcome.alternatives) == (direction, alternatives)


@pytest.mark.parametrize(
    ("fields", "remarks"),
    [
        ({"ati": AtiClass.POSITIVE_LOW}, ("recheck-after-two-infusions",)),
        ({"ati": AtiClass.POSITIVE_LOW} | QUIET, ("recheck-after-two-infusions",)),
        (QUIET, ("proactive-adult",)),
        (QUIET | {"age_group": AgeGroup.CHILD}, ("proactive-child",)),
        (QUIET | {"ati": AtiClass.NOT_MEASURED}, ("proactive-adult",)),
        (QUIET | {"ati": AtiClass.NOT_MEASURED, "age_group": AgeGroup.CHILD}, ("proactive-child",)),
        (
            {"phase": Phase.INDUCTION_WEEK_2, "ati": AtiClass.POSITIVE_UNQUANTIFIED} | WINDOW,
            ("induction-positive-ati",),
        ),
        (SC | {"level": LevelClass.WINDOW, "level_ug_ml": 20}, ("subcutaneous-transmural-aim",)),
        (SC | {"level": LevelClass.WINDOW, "level_ug_ml": 20, "active_fistula": True}, ("fistula-first",)),
        ({}, ()),
    ],
)
def test_each_row_adds_its_remarks(fields, remarks):
    assert answered(situation(**fields))[1].remarks == remarks


@pytest.mark.parametrize(
    ("fields", "allowed"),
    [
        ({"deep_remission": True}, True),
        ({"deep_remission": False}, False),
        ({"deep_remission": True, "timing_verified": False}, False),
        ({"deep_remission": True, "conditions_complete": False, "level_ug_ml": 40.0}, False),
        ({"deep_remission": True, "fistula_history": True, "level_ug_ml": 15.0}, False),
        ({"deep_remission": True, "fistula_history": True, "level_ug_ml": 15.1}, True),
        ({"deep_remission": True, "fistula_history": True, "level_ug_ml": None}, False),
    ],
)
def test_less_drug_needs_proven_remission_sure_timing_and_no_fistula_to_lose(fields, allowed):
    assert may_deescalate(situation(**(HIGH | fields)), NUMBERS) is allowed


def test_rows_cope_with_a_level_class_without_its_number():
    for level in LevelClass:
        for ati in AtiClass:
            of = situation(level=level, level_ug_ml=None, ati=ati, aim_ug_ml=None, ceiling_ug_ml=None)
            answered(of)
            answered(situation(level=level, level_ug_ml=None, ati=ati, perianal_row=True, **SC_FREE))


SC_FREE = {"route": Route.SUBCUTANEOUS, "act_below_ug_ml": None, "aim_ug_ml": None}


def test_a_row_says_in_words_which_conditions_fail():
    rule = next(rule for rule in build_table(NUMBERS) if rule.id == "R-PK-2")
    assert rule.failing(situation()) == ("remission or activity unknown",)
    assert rule.failing(situation(**QUIET)) == ()
    assert not rule.matches(situation())
    assert rule.matches(situation(**QUIET))


def rows_of_the_page() -> dict[str, tuple[str, str]]:
    """The conditions and the answers of every row, as the page for clinicians says them."""
    page = (ROOT / "docs/decision-table.md").read_text(encoding="utf-8")
    found = re.findall(r"^\| (R-[A-Z0-9-]+) \| ([^|]+) \| ([^|]+) \| [^|]* \|$", page, re.MULTILINE)
    return {name: (words, answers) for name, words, answers in found}


def test_the_words_of_a_row_are_those_of_the_page_that_clinicians_read():
    *table, _ = build_table(NUMBERS)
    said = {rule.id: "; ".join(one.words for one in rule.conditions) for rule in table}
    assert said == {name: words for name, (words, _) in rows_of_the_page().items() if name != "R-TOTAL-1"}


@pytest.mark.parametrize(("fields", "name"), [(fields, name) for fields, name, _ in OFFERED])
def test_each_row_answers_as_the_page_that_clinicians_read(fields, name):
    _, outcome = answered(situation(**fields))
    direction = "" if outcome.direction is None else f" {outcome.direction.value}"
    answer = f"{outcome.verdict.value}{direction} ({outcome.certainty.value})"
    assert answer in rows_of_the_page()[name][1].split("; ")


def test_rows_name_the_site_policies_they_read():
    keys = {rule.id: rule.policy_keys for rule in build_table(NUMBERS) if rule.policy_keys}
    proactive = ("proactive_child", "proactive_adult")
    immunogenic = ("immunogenic_low_below_ug_ml",)
    assert keys == {
        "R-START-1": ("starting_order_days",),
        "R-IMM-1": immunogenic,
        "R-IMM-2": immunogenic,
        "R-IMM-8": immunogenic,
        "R-IMM-6": proactive,
        "R-ATI-2": proactive,
        "R-PK-2": proactive,
        "R-PK-3": proactive,
        "R-PK-4": proactive,
        "R-OK-2": ("deescalation_fistula_history_above_ug_ml",),
    }
    fields = set(shipped_knowledge().policy.__dataclass_fields__)
    assert {key for names in keys.values() for key in names} <= fields


def test_the_numbers_of_the_table_come_from_the_knowledge():
    assert numbers_of(shipped_knowledge()) == NUMBERS


def test_every_row_gate_remark_and_option_has_its_sentence():
    knowledge = shipped_knowledge()
    for rule in build_table(NUMBERS):
        assert knowledge.rules[rule.id].text
        assert 0 < len(knowledge.rules[rule.id].short) < 60
    assert all(kind.value in knowledge.options for kind in OptionKind)


def test_high_antibodies_without_measurable_drug_are_not_the_row_that_waits_for_a_second_result():
    row = next(rule for rule in build_table(NUMBERS) if rule.id == "R-IMM-8")
    high = {"ati": AtiClass.POSITIVE_HIGH, "phase": Phase.INDUCTION_WEEK_6}
    assert row.matches(situation(level=LevelClass.LOW, level_ug_ml=1.0, **high))
    assert not row.matches(situation(level=LevelClass.UNDETECTABLE, level_ug_ml=0.0, **high))
    assert not row.matches(situation(level=LevelClass.NONE, level_ug_ml=None, **high))
