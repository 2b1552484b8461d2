"""Each semantic check of the knowledge, with a case in which it fails."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tdm.decision import OptionKind
from tdm.issues import IssueCode
from tdm.knowledge.check_evidence import check_evidence, check_references, check_row, check_target_support
from tdm.knowledge.check_overlay import check_bounds, within
from tdm.knowledge.checks import (
    AT_MOST,
    BELOW,
    TARGET_ROWS,
    check,
    check_assays,
    check_goals,
    check_placeholders,
    check_policy_order,
    check_sentences,
    check_target_order,
    check_targets,
)
from tdm.knowledge.errors import KnowledgeError
from tdm.knowledge.loader import build, knowledge_from
from tdm.knowledge.model import Bound, EvidenceRow, Knowledge, LedgerEntry, Message, TreatmentGoal


def fails(key: str, check: Any, *arguments: Any) -> str:
    """The fault that a check reports, at the key it must name."""
    with pytest.raises(KnowledgeError) as error:
        check(*arguments)
    assert error.value.key == key
    return error.value.fault


def test_the_packaged_knowledge_passes_every_check(knowledge: Knowledge) -> None:
    check(knowledge)


@pytest.mark.parametrize(("lower", "upper"), BELOW)
def test_policy_values_of_one_scale_stand_in_strict_order(
    lower: str, upper: str, knowledge: Knowledge
) -> None:
    equal = replace(knowledge.policy, **{lower: getattr(knowledge.policy, upper)})
    assert fails(f"policy.{lower}", check_policy_order, equal) == f"must be below policy.{upper}"


@pytest.mark.parametrize(("lower", "upper"), AT_MOST)
def test_policy_values_that_may_be_equal_are_never_out_of_order(
    lower: str, upper: str, knowledge: Knowledge
) -> None:
    limit = getattr(knowledge.policy, upper)
    check_policy_order(replace(knowledge.policy, **{lower: limit}))
    above = replace(knowledge.policy, **{lower: limit + 1})
    assert fails(f"policy.{lower}", check_policy_order, above) == f"must not be above policy.{upper}"


@pytest.mark.parametrize("row", TARGET_ROWS)
def test_a_missing_target_row_is_named(row: str, knowledge: Knowledge) -> None:
    rest = {name: target for name, target in knowledge.targets.items() if name != row}
    assert fails(f"targets.{row}", check_targets, rest) == "the row is missing"


def test_a_target_row_that_nothing_uses_is_refused(knowledge: Knowledge) -> None:
    more = {**knowledge.targets, "adult-week-3": knowledge.targets["adult-week-2"]}
    assert "no such row" in fails("targets.adult-week-3", check_targets, more)


@pytest.mark.parametrize(
    ("field", "value", "key", "above"),
    [
        ("act_below_ug_ml", 6.1, "act_below", "aim"),
        ("aim_ug_ml", 9.1, "aim", "aim_upper"),
        ("aim_upper_ug_ml", 9.1, "aim_upper", "ceiling"),
        ("grey_limit_ug_ml", 8.9, "ceiling", "grey_limit"),
    ],
)
def test_the_numbers_of_a_row_stand_in_order(
    field: str, value: float, key: str, above: str, knowledge: Knowledge
) -> None:
    row = replace(knowledge.targets["child-maintenance"], **{field: value})
    fault = fails(f"targets.child-maintenance.{key}", check_target_order, "child-maintenance", row)
    assert fault == f"must not be above {above}"


def test_the_numbers_of_a_row_may_be_equal_and_a_row_without_ceiling_has_no_grey_zone(
    knowledge: Knowledge,
) -> None:
    row = knowledge.targets["child-maintenance"]
    check_target_order("x", replace(row, act_below_ug_ml=6, aim_ug_ml=6, grey_limit_ug_ml=9))
    subcutaneous = knowledge.targets["subcutaneous-active"]
    assert subcutaneous.aim_ug_ml is not None
    assert subcutaneous.aim_ug_ml > subcutaneous.grey_limit_ug_ml
    check_target_order("x", subcutaneous)


@pytest.mark.parametrize("age_group", ["adult", "child"])
def test_every_treatment_goal_has_an_aim_for_each_age(age_group: str, knowledge: Knowledge) -> None:
    key = (TreatmentGoal.FISTULA, age_group)
    rest = {name: value for name, value in knowledge.goal_values.items() if name != key}
    fails(f"targets.toml: goals.fistula.{age_group}", check_goals, replace(knowledge, goal_values=rest))


@pytest.mark.parametrize("name", ["laboratory_pattern", "method_pattern"])
def test_an_assay_pattern_that_does_not_compile_is_named(name: str, knowledge: Knowledge) -> None:
    assay = replace(knowledge.assays[0], id="odd", **{name: "(never closed"})
    assert "regular expression" in fails(f"assays.odd.{name}", check_assays, [assay])


def test_an_assay_is_not_both_disturbed_by_drug_and_tolerant_of_it(knowledge: Knowledge) -> None:
    assay = replace(knowledge.assays[0], id="odd", drug_sensitive=True, drug_tolerant=True)
    fails("assays.odd.drug_sensitive", check_assays, [assay])


def test_a_positive_limit_is_not_above_the_high_limit(knowledge: Knowledge) -> None:
    assay = replace(knowledge.assays[0], id="odd", positive_from=9.2, high_above=9.1)
    fails("assays.odd.positive_from", check_assays, [assay])
    check_assays([replace(assay, positive_from=9.1)])


@pytest.mark.parametrize(
    "text", ["{", "}", "{}", "{0}", "{day.year}", "{day[0]}", "{day:>4}", "{day!r}", "{Day}"]
)
@pytest.mark.parametrize("field", ["text", "short"])
def test_a_malformed_placeholder_is_refused(text: str, field: str) -> None:
    message = replace(Message("good {day}", "good {day_2}"), **{field: f"bad {text}"})
    fails(f"x.toml: one.{field}", check_placeholders, {"one": message}, "x.toml")


def test_plain_placeholders_and_doubled_braces_are_well_formed() -> None:
    check_placeholders({"one": Message("{day} and {{braces}}", "{value_2}")}, "x.toml")


@pytest.mark.parametrize("code", IssueCode)
def test_every_issue_code_has_its_sentence(code: IssueCode, knowledge: Knowledge) -> None:
    assert knowledge.issues[code].text
    rest = {name: message for name, message in knowledge.issues.items() if name != code}
    fails(f"issues.toml: {code}", check_sentences, rest, tuple(IssueCode), "issues.toml")


def test_no_issue_sentence_is_without_its_code(knowledge: Knowledge) -> None:
    assert set(knowledge.issues) == {code.value for code in IssueCode}


def test_every_kind_of_option_has_its_sentence_and_no_sentence_is_without_its_kind(
    knowledge: Knowledge,
) -> None:
    assert set(knowledge.options) == {kind.value for kind in OptionKind}


@pytest.mark.parametrize(
    ("name", "old", "new", "key"),
    [
        ("issues", "[level-unit-missing]", "[level-unit-mislaid]", "issues.toml: level-unit-missing"),
        ("options", "[measure-ati]", "[measure-aty]", "options.toml: measure-ati"),
        ("rules", "[R-OK-1]", '[R-OK-9]\ntext = "{broken"\n[R-OK-1]', "rules.toml: R-OK-9.text"),
        ("gates", "[S-HSR]", '[S-XX]\ntext = "{broken"\n[S-HSR]', "gates.toml: S-XX.text"),
        ("assays", r"'\bmayo\b'", "'('", "assays.mayo.laboratory_pattern"),
        ("targets", "act_below = 9.2", "act_below = 9.3", "targets.toml: rows.child-week-2.act_below"),
        ("targets", "adult = 2.2", "adult = 2.3", "targets.toml: goals.biochemical.adult"),
        ("targets", "[rows.child-week-2]", "[rows.child-week-3]", "targets.child-week-2"),
        ("policy", "value = 0.85", "value = 1.3", "policy.trough_earliest_fraction"),
        ("evidence", 'citation = "singer-2021"', 'citation = "sanger-2021"', "evidence.toml: rows.singer"),
        ("evidence", 'study = "taxit"', 'study = "taxi"', "evidence.toml: rows.taxit-window.study"),
        ("evidence", "count = 51", "count = 52", "evidence.toml: rows.kang-choi-2019-healing-rate.value"),
        ("rule_evidence", '"ati-ahlc-9"', '"ati-ahlc-10"', "rule_evidence.toml: R-IMM-1"),
        ("rule_evidence", '"ati-ahlc-9"', '"unverified-hmsa-high"', "rule_evidence.toml: R-IMM-1"),
        ("bounds", "range = [0, 15]", "range = [6, 15]", "bounds.toml: policy.future_tolerance_minutes"),
        (
            "citations",
            "[taxit]",
            '[tax]\nshort = "x"\nreference = "x"\nyear = 2000\n[taxit]',
            "citations.toml: tax",
        ),
        ("policy", "[vial_mg]", "[vial_g]", "policy.toml: vial_g"),
        ("policy", '[vial_mg]\nvalue = 100\nbasis = "policy"\n', "", "policy.toml: vial_mg"),
        ("policy", "value = 200", "value = true", "policy.toml: level_implausible_above_ug_ml.value"),
        ("policy", "value = 18\n", "value = 18.5\n", "policy.toml: adult_from_years.value"),
        ("policy", "value = [14, 28, 56]", "value = []", "policy.toml: induction_intervals_days.value"),
        ("policy", 'value = "none"', 'value = "perfection"', "policy.toml: treatment_goal.value"),
        ("targets", "[goals.fistula]", "[goals.none]", "targets.toml: goals.none"),
        ("targets", "[goals.fistula]", "[goals.happiness]", "targets.toml: goals.happiness"),
    ],
)
def test_a_fault_of_meaning_in_a_file_is_named_by_its_key(
    name: str, old: str, new: str, key: str, edited
) -> None:
    with pytest.raises(KnowledgeError) as error:
        knowledge_from(edited(name, old, new))
    assert error.value.key.startswith(key)


def row(**changes: Any) -> EvidenceRow:
    plain = {
        "id": "row",
        "citation": "taxit",
        "population": "adults",
        "age_group": "adult",
        "route": "any",
        "phase": "any",
        "outcome": "healing",
        "statement": "Half heal.",
        "verification": "verified",
        "certainty": "weak",
        "value": 50.0,
    }
    return EvidenceRow(**{**plain, **changes})


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"value_upper": 50.0}, "value_upper"),
        ({"lower": 50.1, "upper": 60.0}, "lower"),
        ({"lower": 40.0, "upper": 49.9}, "lower"),
        ({"versus": 3.0, "versus_lower": 3.1, "versus_upper": 4.0}, "versus_lower"),
        ({"versus": 3.0, "versus_lower": 2.0, "versus_upper": 2.9}, "versus_lower"),
        ({"count": 11, "n": 20}, "value"),
        ({"count": 494, "n": 1000}, "value"),
        ({"count": 506, "n": 1000}, "value"),
    ],
)
def test_a_row_that_contradicts_itself_is_named(changes: dict[str, Any], field: str) -> None:
    fails(f"k.{field}", check_row, row(**changes), "k")


@pytest.mark.parametrize(
    "changes",
    [
        {"value": None, "count": 3, "n": 4},
        {"value_upper": 50.1},
        {"lower": 50.0, "upper": 50.0},
        {"versus": 3.0, "versus_lower": 3.0, "versus_upper": 3.0},
        {"count": 495, "n": 1000},
        {"count": 505, "n": 1000},
        {"count": 1},
        {"n": 1},
    ],
)
def test_a_row_in_agreement_with_itself_passes(changes: dict[str, Any]) -> None:
    check_row(row(**changes), "k")


def with_row(knowledge: Knowledge, **changes: Any) -> Knowledge:
    return replace(knowledge, evidence={**knowledge.evidence, "row": row(**changes)})


def test_both_citations_of_a_row_resolve(knowledge: Knowledge) -> None:
    check_evidence(with_row(knowledge, quoted_in="kang-choi-2019"))
    fails("evidence.toml: rows.row", check_evidence, with_row(knowledge, citation="nobody"))
    fails("evidence.toml: rows.row", check_evidence, with_row(knowledge, quoted_in="nobody"))


def test_evidence_that_is_named_exists_and_may_be_cited(knowledge: Knowledge) -> None:
    target = replace(knowledge.targets["adult-week-2"], evidence=("nothing",))
    wrong = replace(knowledge, targets={**knowledge.targets, "adult-week-2": target})
    assert "does not exist" in fails("targets.toml: rows.adult-week-2.evidence", check_references, wrong)

    goal = replace(knowledge, goal_evidence={TreatmentGoal.FISTULA: ("unverified-yarur-roc",)})
    assert "cannot be cited" in fails("targets.toml: goals.fistula.evidence", check_references, goal)

    policy = replace(knowledge, policy_evidence={"vial_mg": ("unverified-yarur-roc",)})
    fails("policy.toml: vial_mg.evidence", check_references, policy)

    assays = replace(knowledge, assays=(replace(knowledge.assays[0], id="odd", evidence=("nothing",)),))
    fails("assays.toml: odd.evidence", check_references, assays)

    rules = replace(knowledge, rule_evidence={"R-OK-1": ("nothing",)})
    fails("rule_evidence.toml: R-OK-1", check_references, rules)

    ledger = replace(knowledge, ledger=(LedgerEntry("odd", "S0", "item", "reason", "context", ("nothing",)),))
    fails("ledger.toml: odd", check_references, ledger)


def test_the_ledger_may_name_unverified_rows_for_it_is_not_a_card(knowledge: Knowledge) -> None:
    entry = LedgerEntry("odd", "S0", "item", "reason", "context", ("unverified-yarur-roc",))
    check_references(replace(knowledge, ledger=(entry,)))


def test_the_rows_of_the_cohort_exist(knowledge: Knowledge) -> None:
    rest = {name: row for name, row in knowledge.evidence.items() if name != "kang-choi-2019-table-4-6"}
    trimmed = replace(
        knowledge,
        evidence=rest,
        targets={},
        rule_evidence={},
        policy_evidence={},
        goal_evidence={},
        assays=(),
    )
    fails("tdm/knowledge/cohort.py", check_references, trimmed)


def test_evidence_is_given_only_to_rules_and_gates_that_exist(knowledge: Knowledge) -> None:
    check_references(replace(knowledge, rule_evidence={"S-HSR": ("taxit-window",)}))
    fails("rule_evidence.toml: R-XX-1", check_references, replace(knowledge, rule_evidence={"R-XX-1": ()}))


def test_a_target_number_without_evidence_must_be_named_as_policy(knowledge: Knowledge) -> None:
    unnamed = replace(knowledge, target_policy={})
    fault = fails("targets.toml: rows.adult-maintenance-active.grey_limit", check_target_support, unnamed)
    assert fault == "no evidence named gives 15.0"


def test_every_policy_value_is_bounded_or_fixed_never_both(knowledge: Knowledge) -> None:
    bounds = knowledge.bounds
    without = {name: why for name, why in bounds.fixed.items() if name != "vial_mg"}
    fails("bounds.toml: vial_mg", check_bounds, replace(knowledge, bounds=replace(bounds, fixed=without)))
    both = {**bounds.fixed, "alt_hold_multiple": "why"}
    fails(
        "bounds.toml: alt_hold_multiple", check_bounds, replace(knowledge, bounds=replace(bounds, fixed=both))
    )
    unknown = {**bounds.fixed, "vial_g": "why"}
    fails("bounds.toml: vial_g", check_bounds, replace(knowledge, bounds=replace(bounds, fixed=unknown)))


def test_bounds_of_target_rows_fit_the_table(knowledge: Knowledge) -> None:
    bounds = knowledge.bounds
    more = replace(bounds, rows={**bounds.rows, "nobody": {}})
    fails("bounds.toml: rows.nobody", check_bounds, replace(knowledge, bounds=more))
    less = replace(bounds, rows={**bounds.rows, "adult-week-2": {}})
    key = "bounds.toml: rows.adult-week-2.act_below"
    fails(key, check_bounds, replace(knowledge, bounds=less))
    tight = {"act_below": Bound("why", 1, 2), "aim": Bound("why", 1, 50)}
    narrow = replace(bounds, rows={**bounds.rows, "adult-week-2": tight})
    fails(key, check_bounds, replace(knowledge, bounds=narrow))


@pytest.mark.parametrize(
    ("bound", "value", "expected"),
    [
        (Bound("why", 1, 2), 1.0, True),
        (Bound("why", 1, 2), 2, True),
        (Bound("why", 1, 2), 0.999, False),
        (Bound("why", 1, 2), 2.001, False),
        (Bound("why", 0, 2), True, False),
        (Bound("why", 0, 2), "1", False),
        (Bound("why"), 1.0, False),
        (Bound("why", choices=(True, False)), True, True),
        (Bound("why", choices=(True, False)), "true", False),
        (Bound("why", choices=("none", "clinical")), None, True),
        (Bound("why", choices=("none", "clinical")), TreatmentGoal.CLINICAL, True),
        (Bound("why", choices=("none", "clinical")), TreatmentGoal.FISTULA, False),
    ],
)
def test_a_bound_holds_at_both_ends(bound: Bound, value: object, expected: bool) -> None:
    assert within(bound, value) is expected


def test_schema_and_meaning_are_checked_apart(edited) -> None:
    contents = edited("policy", "value = 0.85", "value = 1.3")
    assert build(contents).policy.trough_earliest_fraction == 1.3
