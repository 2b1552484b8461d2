"""Sentences with their values, citable evidence, local policy."""

from dataclasses import replace
from functools import cache

import pytest

from tdm.answers import answer
from tdm.decision import Activity, AgeGroup, AtiClass, Certainty, LevelClass, Phase
from tdm.facts import Route
from tdm.knowledge.citing import cited_rows
from tdm.knowledge.model import Verification
from tdm.rationale import (
    evidence_for,
    gate_is_local,
    is_local,
    keys_behind,
    sentence_parameters,
    speaks_of_level,
    target_for,
)
from tdm.table import build_table, first_match, numbers_of, rows_for
from tests.tdm.cases import assessment, policy, regimen, situation
from tests.tdm.enumeration import every_situation, shipped_knowledge

TARGET = shipped_knowledge().targets["adult-maintenance-active"]


def words(**fields) -> dict[str, str]:
    return dict(sentence_parameters(situation(**fields), Certainty.WEAK))


def test_values_carry_their_unit():
    assert words() == {
        "level": "1.8 µg/mL",
        "act_below": "5 µg/mL",
        "aim": "6 µg/mL",
        "ceiling": "9 µg/mL",
        "ati": "negative",
        "certainty": "weak",
        "activity": "disease is active",
        "active": "active disease",
    }
    assert dict(sentence_parameters(situation(), None))["certainty"] == ""
    assert sentence_parameters(None, Certainty.WEAK) == ()


def test_what_is_not_a_number_is_said_in_words():
    assert words(level=LevelClass.UNDETECTABLE, level_ug_ml=0.0)["level"] == "undetectable"
    assert words(level=LevelClass.NONE, level_ug_ml=None)["level"] == "no usable level"
    assert words(level=LevelClass.NONE, level_ug_ml=1.0)["level"] == "no usable level"
    assert words(level_ug_ml=None)["level"] == "no usable level"
    assert words(ceiling_ug_ml=None)["ceiling"] == "no limit"


def test_a_level_reported_as_a_limit_is_shown_as_reported_and_not_as_the_value_looked_at():
    for fields in ({"level_ug_ml": 12.0}, {"level": LevelClass.UNDETECTABLE, "level_ug_ml": 0.0}):
        shown = dict(sentence_parameters(situation(**fields), None, "above 9 µg/mL"))
        assert shown["level"] == "above 9 µg/mL"
    nothing = situation(level=LevelClass.NONE, level_ug_ml=None)
    assert dict(sentence_parameters(nothing, None, "above 9 µg/mL"))["level"] == "no usable level"


@cache
def activities_of_rows() -> frozenset[tuple[str, Activity]]:
    """Every row with the activities for which it answers."""
    knowledge = shipped_knowledge()
    return frozenset(
        (first_match(rows_for(one, knowledge), one).id, one.activity) for one in every_situation()
    )


def said_of(rule: str, activity: Activity) -> str:
    message = shipped_knowledge().rules[rule]
    values = words(activity=activity)
    return f"{message.short.format(**values)} {message.text.format(**values)}".lower()


@pytest.mark.parametrize("activity", list(Activity))
def test_no_row_claims_an_activity_that_is_not_known(activity):
    claims = {
        "disease is active": Activity.ACTIVE_CONFIRMED,
        "no sign of active disease": Activity.REMISSION,
        "no active disease": Activity.REMISSION,
        "without active disease": Activity.REMISSION,
        "or active disease": Activity.REMISSION,
        "there are symptoms": None,
        ", well": Activity.REMISSION,
    }
    found = [rule for rule, one in activities_of_rows() if one is activity]
    assert len(found) > 10
    for rule in found:
        said = said_of(rule, activity).replace("whether disease is active", "")
        for claim, needed in claims.items():
            assert claim not in said or needed is activity, (rule, said)


def test_what_is_known_of_activity_is_said():
    assert "whether disease is active is not known" in said_of("R-OK-1", Activity.UNKNOWN)
    assert "there is no sign of active disease" in said_of("R-OK-1", Activity.REMISSION)
    assert "above the ceiling, activity unknown: continue" in said_of("R-OK-2", Activity.UNKNOWN)


def test_the_target_is_that_of_the_situation_itself_else_the_shared_one():
    first, second = situation(), situation(level_ug_ml=2.0)
    other = replace(TARGET, row="other")
    assessed = assessment(first, second, target=TARGET, situation_targets=(TARGET, other))
    assert target_for(assessed, second) is other
    assert target_for(assessed, first) is TARGET
    assert target_for(assessed, None) is TARGET
    assert target_for(assessment(first, target=TARGET), first) is TARGET


@pytest.mark.parametrize(
    ("verification", "cited"),
    [
        (Verification.VERIFIED, True),
        (Verification.SECONDARY, True),
        (Verification.UNVERIFIED, False),
        (Verification.POLICY, False),
    ],
)
def test_only_what_was_read_in_a_publication_is_cited(verification, cited):
    knowledge = shipped_knowledge()
    name = next(iter(knowledge.evidence))
    row = replace(knowledge.evidence[name], verification=verification)
    known = replace(knowledge, evidence={name: row}, rule_evidence={"R-A": ("unknown", name)})
    target = replace(TARGET, evidence=(name,))
    assert evidence_for(("R-A",), target, known) == ((name,) if cited else ())


def test_evidence_comes_from_rules_first_and_then_from_the_target():
    knowledge = shipped_knowledge()
    names = tuple(row.id for row in cited_rows(knowledge, knowledge.evidence))
    known = replace(knowledge, rule_evidence={"R-A": names[1:2], "R-B": names[2:3]})
    target = replace(TARGET, evidence=names[:2])
    assert evidence_for(("R-B", "R-A", "R-C"), target, known) == (names[2], names[1], names[0])
    assert evidence_for(("R-B",), None, known) == (names[2],)


CHILD = {"age_group": AgeGroup.CHILD}
SUBCUTANEOUS = {"route": Route.SUBCUTANEOUS}


def cited(rule: str, target=None, **fields) -> set[str]:
    return set(evidence_for((rule,), target, shipped_knowledge(), situation(**fields)))


@pytest.mark.parametrize("rule", ["R-PK-2", "R-ATI-2"])
def test_adults_and_children_are_told_of_their_own_studies(rule):
    assert cited(rule) == {"taxit-window"}
    assert cited(rule, **CHILD) == {"kang-2026-threshold-6", "kang-2026-endoscopic-healing"}


def test_a_study_of_others_is_cited_only_where_there_is_none_of_the_patients_kind():
    assert cited("R-ATI-1") == {"kang-choi-2019-trough-ati"}
    assert "kang-choi-2019-trough-ati" not in cited("R-IMM-1")
    assert "kang-choi-2019-trough-ati" in cited("R-IMM-1", **CHILD)
    assert "ati-hmsa-9-1" in cited("R-IMM-1", **SUBCUTANEOUS) & cited("R-IMM-1", **CHILD)
    # each by itself: what the target rests on does not stand in for what the row rests on
    adult = replace(TARGET, evidence=("taxit-window", "kang-2026-threshold-6"))
    assert cited("R-ATI-1", adult) == {"kang-choi-2019-trough-ati", "taxit-window"}


def test_the_route_of_a_study_must_fit_too():
    both = replace(TARGET, evidence=("taxit-window", "hong-2025-mucosal-healing-cutoff"))
    assert cited("R-NONE", both, level_ug_ml=None) == {"taxit-window"}
    assert cited("R-NONE", both, level_ug_ml=None, **SUBCUTANEOUS) == {"hong-2025-mucosal-healing-cutoff"}


@pytest.mark.parametrize(("level", "is_cited"), [(2.99, True), (3.0, False), (8.0, False), (None, True)])
def test_advice_for_lower_levels_is_not_cited(level, is_cited):
    assert ("digest-intensify-below-3" in cited("R-PK-1", level_ug_ml=level)) is is_cited
    assert "ungar-2019-trough-6-months" in cited("R-PK-1", level_ug_ml=level)


def test_only_a_level_is_compared_with_the_number_of_a_row():
    row = replace(shipped_knowledge().evidence["digest-intensify-below-3"])
    assert speaks_of_level(replace(row, unit="U/mL"), 5.0)
    assert speaks_of_level(replace(row, comparator="<="), 5.0)
    assert speaks_of_level(replace(row, value=None), 5.0)
    assert not speaks_of_level(row, 5.0)


# ---- local policy


def local(*keys: str, target=TARGET, **fields) -> bool:
    knowledge = replace(shipped_knowledge(), local_keys=frozenset(keys))
    table = build_table(numbers_of(knowledge))
    found = answer(situation(**fields), table, regimen(), policy(), interval_only=False)
    return is_local(found, target, knowledge)


UNRELATED = "policy.vial_mg"
QUIET = {"activity": Activity.REMISSION}
NONE = {"level": LevelClass.NONE, "level_ug_ml": None}
WINDOW = {"level": LevelClass.WINDOW, "level_ug_ml": 7.0}


def test_without_an_override_nothing_is_local():
    assert not local(target=replace(TARGET, local=True))
    assert not local(UNRELATED)


def test_an_overridden_target_row_is_local():
    assert local(UNRELATED, target=replace(TARGET, local=True))
    assert not local(UNRELATED, target=None)


@pytest.mark.parametrize(
    ("key", "fields", "expected"),
    [
        ("policy.proactive_adult", QUIET, True),
        ("policy.proactive_child", QUIET, False),
        ("policy.proactive_child", QUIET | {"age_group": AgeGroup.CHILD}, True),
        ("policy.proactive_adult", QUIET | {"age_group": AgeGroup.CHILD}, False),
        ("policy.proactive_adult", {}, False),
        ("policy.immunogenic_low_below_ug_ml", {"ati": AtiClass.POSITIVE_HIGH}, True),
        ("policy.immunogenic_low_below_ug_ml", {}, False),
        ("policy.undetectable_below_ug_ml", {"level": LevelClass.UNDETECTABLE, "level_ug_ml": 0}, True),
        (
            "policy.undetectable_limit_at_most_ug_ml",
            {"level": LevelClass.UNDETECTABLE, "level_ug_ml": 0},
            True,
        ),
        ("policy.undetectable_below_ug_ml", {}, False),
        ("policy.round_to_vials", {}, True),
        ("policy.round_to_vials", QUIET | WINDOW, False),
        ("policy.trough_latest_fraction", {}, True),
        ("policy.trough_latest_fraction", NONE, True),
        ("policy.crp_active_above_mg_l", {}, True),
        ("policy.crp_active_above_mg_l", NONE, False),
        ("policy.ati_valid_days", {}, True),
        ("policy.ati_valid_days", NONE, False),
        ("policy.maintenance_presumed_infusions", {}, True),
        ("policy.maintenance_presumed_infusions", {"phase": Phase.POST_INDUCTION}, False),
        ("assays.prometheus-hmsa.high_above", {"ati": AtiClass.POSITIVE_HIGH}, True),
        ("assays.prometheus-hmsa.high_above", {"ati": AtiClass.POSITIVE_LOW}, True),
        ("assays.prometheus-hmsa.high_above", {"ati": AtiClass.POSITIVE_UNQUANTIFIED}, False),
        ("policy.vial_mg", {"ati": AtiClass.POSITIVE_LOW}, False),
    ],
)
def test_an_override_is_local_policy_only_where_it_had_a_part(key, fields, expected):
    assert local(key, **fields) is expected


def test_an_answer_to_several_situations_without_one_of_its_own_reads_no_policy():
    knowledge = replace(shipped_knowledge(), local_keys=frozenset({"policy.proactive_adult"}))
    table = build_table(numbers_of(knowledge))
    found = answer(situation(**QUIET), table, regimen(), policy(), interval_only=False)
    assert is_local(replace(found, situation=None), TARGET, knowledge)
    assert not is_local(replace(found, situation=None, policy_keys=()), TARGET, knowledge)


def test_every_policy_named_behind_an_answer_exists_and_may_be_replaced():
    fields = set(shipped_knowledge().policy.__dataclass_fields__)
    every = [situation(level=level) for level in LevelClass]
    named = {key for one in every for key in keys_behind(one)}
    assert len(named) == 19
    assert named <= fields


def test_an_undetectable_level_is_read_with_all_that_another_is_and_its_own_limits():
    low = set(keys_behind(situation(level=LevelClass.LOW)))
    undetectable = set(keys_behind(situation(level=LevelClass.UNDETECTABLE)))
    assert undetectable - low == {"undetectable_below_ug_ml", "undetectable_limit_at_most_ug_ml"}
    assert low < undetectable


def test_only_gates_with_a_limit_can_be_local():
    knowledge = replace(shipped_knowledge(), local_keys=frozenset({"policy.alt_hold_multiple"}))
    assert gate_is_local("S-LIVER", knowledge)
    assert not gate_is_local("S-GAP", knowledge)
    assert not gate_is_local("S-HSR", knowledge)
