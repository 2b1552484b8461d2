"""Every fault of the knowledge in its own words: an administrator has nothing else to go by."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from tdm.knowledge.building import (
    POLICY_NAMES,
    build_evidence,
    build_goals,
    build_policy,
    policy_value,
    treatment_goal,
)
from tdm.knowledge.check_evidence import check_evidence, check_references, check_row, check_target_support
from tdm.knowledge.check_overlay import check_bounds
from tdm.knowledge.checks import (
    AT_MOST,
    BELOW,
    check,
    check_assays,
    check_goals,
    check_placeholders,
    check_policy_order,
    check_sentences,
    check_targets,
)
from tdm.knowledge.errors import KnowledgeError
from tdm.knowledge.model import Assay, Knowledge, LedgerEntry, Message
from tdm.knowledge.overlay import TdmOverlay, apply_overlay

SIGNED = {"reason": "agreed by the board", "approver": "Dr Example", "date": dt.date(2026, 11, 1)}
CHANGES_NOTHING = (
    "targets.child-maintenance: changes nothing; it may give act_below, aim, aim_upper, ceiling, grey_limit"
)
GOALS = "clinical, biochemical, endoscopic, radiologic, histologic, transmural, fistula"


def fault_of(check: Callable[[], Any]) -> str:
    with pytest.raises(KnowledgeError) as error:
        check()
    assert str(error.value) == f"{error.value.key}: {error.value.fault}"
    return str(error.value)


def without(mapping: Any, name: object) -> Any:
    return MappingProxyType({key: value for key, value in mapping.items() if key != name})


def with_one(mapping: Any, name: object, value: object) -> Any:
    return MappingProxyType({**mapping, name: value})


def test_faults_of_building_name_the_place_and_what_is_asked_for(knowledge: Knowledge) -> None:
    whole = {name: {"value": 1} for name in POLICY_NAMES}
    assert fault_of(lambda: build_policy({"xx": {"value": 1}})) == "policy.toml: xx: no such policy value"
    missing = {"vial_mg": whole["vial_mg"]}
    first = next(name for name in POLICY_NAMES if name != "vial_mg")
    assert fault_of(lambda: build_policy(missing)) == f"policy.toml: {first}: the value is missing"
    for name, spoken in (
        ("proactive_child", "true or false"),
        ("hstcl_male_at_most_years", "a whole number"),
        ("vial_mg", "a number"),
        ("induction_intervals_days", "a list of numbers"),
        ("rules_off", "a list of words"),
    ):
        assert fault_of(lambda name=name: policy_value(name, {}, "k")) == f"k: must be {spoken}"
    assert fault_of(lambda: treatment_goal("bliss", "k")) == f'k: must be "none" or one of {GOALS}'
    goals = {"none": {"adult": 1, "child": 1}}
    assert fault_of(lambda: build_goals(goals)) == "targets.toml: goals.none: is not a goal"
    rows = {"studies": {}, "rows": {"r": {"study": "s"}}}
    assert fault_of(lambda: build_evidence(rows)) == "evidence.toml: rows.r.study: no study 's'"


def test_faults_of_order_name_both_numbers(knowledge: Knowledge) -> None:
    lower, upper = BELOW[0]
    policy = replace(knowledge.policy, **{lower: getattr(knowledge.policy, upper)})
    assert fault_of(lambda: check_policy_order(policy)) == f"policy.{lower}: must be below policy.{upper}"
    for lower, upper in AT_MOST:
        policy = replace(knowledge.policy, **{lower: getattr(knowledge.policy, upper) + 1})
        expected = f"policy.{lower}: must not be above policy.{upper}"
        if not any(lower in pair for pair in BELOW):
            assert fault_of(lambda policy=policy: check_policy_order(policy)) == expected
    target = replace(knowledge.targets["adult-week-14"], aim_ug_ml=99.0)
    targets = with_one(knowledge.targets, "adult-week-14", target)
    after = "aim_upper" if target.aim_upper_ug_ml is not None else "ceiling"
    assert fault_of(lambda: check_targets(targets)) == f"targets.adult-week-14.aim: must not be above {after}"
    targets = without(knowledge.targets, "adult-week-14")
    assert fault_of(lambda: check_targets(targets)) == "targets.adult-week-14: the row is missing"
    targets = with_one(knowledge.targets, "xx", target)
    assert fault_of(lambda: check_targets(targets)) == "targets.xx: no such row: nothing would ever use it"


def test_faults_of_goals_assays_and_sentences_are_named(knowledge: Knowledge) -> None:
    goal = next(iter(knowledge.goal_values))
    short = replace(knowledge, goal_values=without(knowledge.goal_values, goal))
    expected = f"targets.toml: goals.{goal[0]}.{goal[1]}: the aim is missing"
    assert fault_of(lambda: check_goals(short)) == expected
    odd = Assay("odd", "Odd", "U/mL", laboratory_pattern="(")
    assert fault_of(lambda: check_assays([odd])).startswith(
        "assays.odd.laboratory_pattern: not a regular expression: missing )"
    )
    both = Assay("odd", "Odd", "U/mL", drug_sensitive=True, drug_tolerant=True)
    assert fault_of(lambda: check_assays([both])) == (
        "assays.odd.drug_sensitive: an assay is drug sensitive or tolerant, not both"
    )
    crossed = Assay("odd", "Odd", "U/mL", positive_from=5, high_above=4)
    assert fault_of(lambda: check_assays([crossed])) == (
        "assays.odd.positive_from: must not be above the high limit"
    )
    assert fault_of(lambda: check_sentences({}, ["S-X"], "gates.toml")) == (
        "gates.toml: S-X: the sentence is missing"
    )
    for text, said in (("{a.b}", "{a.b}"), ("{a!r}", "{a}"), ("{a:g}", "{a}"), ("{0}", "{0}"), ("{}", "{}")):
        messages = {"R": Message(text)}
        assert fault_of(lambda messages=messages: check_placeholders(messages, "rules.toml")) == (
            f"rules.toml: R.text: {said} is not a plain placeholder"
        )
    broken = {"R": Message("fine", "{open")}
    assert fault_of(lambda: check_placeholders(broken, "rules.toml")).startswith(
        "rules.toml: R.short: a placeholder is malformed: "
    )


@pytest.mark.parametrize("name", ["rules", "gates", "options", "issues"])
def test_a_malformed_sentence_is_named_by_its_file(name: str, knowledge: Knowledge) -> None:
    messages = getattr(knowledge, name)
    first = next(iter(messages))
    odd = replace(knowledge, **{name: with_one(messages, first, Message("{a.b}"))})
    assert fault_of(lambda: check(odd)) == f"{name}.toml: {first}.text: {{a.b}} is not a plain placeholder"


def test_faults_of_the_evidence_are_named(knowledge: Knowledge) -> None:
    row = next(row for row in knowledge.evidence.values() if row.count and row.n and row.lower is None)
    place = f"evidence.toml: rows.{row.id}"
    foreign = replace(knowledge, evidence=with_one(knowledge.evidence, row.id, replace(row, citation="xx")))
    assert fault_of(lambda: check_evidence(foreign)) == f"{place}: citation 'xx' is not in citations.toml"
    quoted = replace(knowledge, evidence=with_one(knowledge.evidence, row.id, replace(row, quoted_in="yy")))
    assert fault_of(lambda: check_evidence(quoted)) == f"{place}: citation 'yy' is not in citations.toml"
    citation = next(iter(knowledge.citations.values()))
    idle = replace(knowledge, citations=with_one(knowledge.citations, "zz", citation))
    assert (
        fault_of(lambda: check_evidence(idle)) == "citations.toml: zz: no evidence row and no model cites it"
    )
    for changes, fault in (
        ({"value_upper": row.value}, "k.value_upper: must be above value"),
        ({"lower": 101.0, "upper": 102.0}, "k.lower: the interval does not contain the value"),
        (
            {"versus": 5.0, "versus_lower": 6.0, "versus_upper": 7.0},
            "k.versus_lower: the interval does not contain the value",
        ),
        ({"count": 1, "n": 100, "value": 2.0}, "k.value: 1 of 100 is another percentage"),
    ):
        assert fault_of(lambda changes=changes: check_row(replace(row, **changes), "k")) == fault
    odd = replace(row, count=1, n=100, value=2.0)
    contradicting = replace(knowledge, evidence=with_one(knowledge.evidence, row.id, odd))
    assert fault_of(lambda: check_evidence(contradicting)) == f"{place}.value: 1 of 100 is another percentage"
    check_row(replace(row, count=1, n=100, value=1.5), "k")
    for changes in ({"count": None}, {"n": None}):
        check_row(replace(row, **{"count": 1, "n": 100, "value": 2.0, **changes}), "k")


def test_faults_of_references_are_named(knowledge: Knowledge) -> None:
    def cited(name: str) -> str:
        changed = replace(knowledge, rule_evidence=with_one(knowledge.rule_evidence, "R-PK-1", (name,)))
        return fault_of(lambda: check_references(changed))

    unverified = next(name for name in knowledge.evidence if name.startswith("unverified-"))
    assert cited("xx") == "rule_evidence.toml: R-PK-1: evidence 'xx' does not exist"
    assert cited(unverified) == (
        f"rule_evidence.toml: R-PK-1: evidence '{unverified}' is unverified or policy and cannot be cited"
    )
    changed = replace(knowledge, rule_evidence=with_one(knowledge.rule_evidence, "R-XX", ()))
    assert fault_of(lambda: check_references(changed)) == (
        "rule_evidence.toml: R-XX: no rule or gate of this id has a sentence"
    )
    entry = LedgerEntry("l", "S0", "i", "r", "kind", evidence=("xx",))
    changed = replace(knowledge, ledger=(entry,))
    assert fault_of(lambda: check_references(changed)) == "ledger.toml: l: evidence 'xx' does not exist"


def test_numbers_without_evidence_are_named(knowledge: Knowledge) -> None:
    row = next(
        row
        for row, target in knowledge.targets.items()
        if target.aim_ug_ml is not None and "aim" not in knowledge.target_policy.get(row, ())
    )
    target = replace(knowledge.targets[row], aim_ug_ml=6.123)
    changed = replace(knowledge, targets=with_one(knowledge.targets, row, target))
    assert fault_of(lambda: check_target_support(changed)) == (
        f"targets.toml: rows.{row}.aim: no evidence named gives 6.123"
    )
    unsaid = replace(changed, target_policy=without(knowledge.target_policy, row))
    assert fault_of(lambda: check_target_support(unsaid)).startswith(f"targets.toml: rows.{row}.")
    goal, age_group = next(iter(knowledge.goal_values))
    changed = replace(knowledge, goal_values=with_one(knowledge.goal_values, (goal, age_group), 6.123))
    assert fault_of(lambda: check_target_support(changed)) == (
        f"targets.toml: goals.{goal}.{age_group}: no evidence named gives 6.123"
    )


def test_faults_of_bounds_are_named(knowledge: Knowledge) -> None:
    bounds = knowledge.bounds
    name, bound = next((n, b) for n, b in bounds.policy.items() if b.minimum is not None)

    def of(**changes: Any) -> str:
        return fault_of(lambda: check_bounds(replace(knowledge, bounds=replace(bounds, **changes))))

    assert of(policy=with_one(bounds.policy, "xx", bound)) == "bounds.toml: xx: no such policy value"
    assert of(fixed=with_one(bounds.fixed, "xx", "why")) == "bounds.toml: xx: no such policy value"
    assert (
        of(fixed=with_one(bounds.fixed, name, "why"))
        == f"bounds.toml: {name}: must be either bounded or fixed"
    )
    assert of(policy=without(bounds.policy, name)) == f"bounds.toml: {name}: must be either bounded or fixed"
    narrow = replace(bound, minimum=-2.0, maximum=-1.0)
    assert of(policy=with_one(bounds.policy, name, narrow)) == (
        f"bounds.toml: policy.{name}: the default is out of bounds"
    )
    assert of(rows=with_one(bounds.rows, "xx", {})) == "bounds.toml: rows.xx: no such target row"
    row = next(row for row, target in knowledge.targets.items() if target.act_below_ug_ml is not None)
    narrowed = with_one(bounds.rows.get(row, {}), "act_below", narrow)
    assert of(rows=with_one(bounds.rows, row, narrowed)) == (
        f"bounds.toml: rows.{row}.act_below: the default is not within a bound"
    )


@pytest.mark.parametrize(
    ("overlay", "expected"),
    [
        (
            TdmOverlay(policy={"alt_hold_multple": {}}),
            "policy.alt_hold_multple: no such policy; did you mean 'alt_hold_multiple'?",
        ),
        (
            TdmOverlay(policy={"alt_hold_multiple": {"valeu": 4, **SIGNED}}),
            "policy.alt_hold_multiple.valeu: no such field; did you mean 'value'?",
        ),
        (
            TdmOverlay(policy={"alt_hold_multiple": 4}),
            "policy.alt_hold_multiple: must be a table with its value, reason, approver and date",
        ),
        (
            TdmOverlay(policy={"alt_hold_multiple": {"value": 4, **SIGNED, "reason": " "}}),
            "policy.alt_hold_multiple.reason: must be given in words",
        ),
        (
            TdmOverlay(policy={"alt_hold_multiple": {"value": 4, **SIGNED, "approver": 7}}),
            "policy.alt_hold_multiple.approver: must be given in words",
        ),
        (
            TdmOverlay(policy={"alt_hold_multiple": {"value": 4, **SIGNED, "date": "soon"}}),
            "policy.alt_hold_multiple.date: must be a date such as 2026-11-22",
        ),
        (
            TdmOverlay(policy={"rules_off": {"value": ["S-INF"], **SIGNED}}),
            "policy.rules_off: S-INF cannot be switched off",
        ),
        (
            TdmOverlay(policy={"rules_off": {"value": ["R-PK-22"], **SIGNED}}),
            "policy.rules_off: no such rule R-PK-22; did you mean 'R-PK-2'?",
        ),
        (
            TdmOverlay(targets={"child-maintenence": {}}),
            "targets.child-maintenence: no such target row; did you mean 'child-maintenance'?",
        ),
        (
            TdmOverlay(targets={"child-week-2": {"act_bellow": 9, **SIGNED}}),
            "targets.child-week-2.act_bellow: no such field; did you mean 'act_below'?",
        ),
        (
            TdmOverlay(targets={"child-maintenance": {"act_below": "5", **SIGNED}}),
            "targets.child-maintenance.act_below: must be a number",
        ),
        (
            TdmOverlay(targets={"child-maintenance": dict(SIGNED)}),
            CHANGES_NOTHING,
        ),
        (
            TdmOverlay(targets={"subcutaneous-active": {"ceiling": 20, **SIGNED}}),
            "targets.subcutaneous-active.ceiling: this row has no such number",
        ),
        (
            TdmOverlay(assays={"Ours": {}}),
            "assays.Ours: an id is made of small letters, digits and single hyphens",
        ),
        (
            TdmOverlay(assays={"ours": {"naem": "Ours", **SIGNED}}),
            "assays.ours.naem: no such field; did you mean 'name'?",
        ),
        (TdmOverlay(assays={"ours": {"evidence": [], **SIGNED}}), "assays.ours.evidence: no such field"),
    ],
)
def test_faults_of_a_site_are_named(overlay: TdmOverlay, expected: str, knowledge: Knowledge) -> None:
    assert fault_of(lambda: apply_overlay(knowledge, overlay)) == expected


def test_a_value_out_of_bounds_is_told_the_bound_and_why(knowledge: Knowledge) -> None:
    bound = knowledge.bounds.policy["alt_hold_multiple"]
    overlay = TdmOverlay(policy={"alt_hold_multiple": {"value": 1000.5, **SIGNED}})
    assert fault_of(lambda: apply_overlay(knowledge, overlay)) == (
        f"policy.alt_hold_multiple.value: 1000.5 is out of bounds: "
        f"from {bound.minimum:g} to {bound.maximum:g}. {bound.why}"
    )
    fixed, why = next(iter(knowledge.bounds.fixed.items()))
    overlay = TdmOverlay(policy={fixed: {"value": 1, **SIGNED}})
    assert fault_of(lambda: apply_overlay(knowledge, overlay)) == (
        f"policy.{fixed}: cannot be changed by a site: {why}"
    )


def test_an_override_is_recorded_with_before_after_and_signature(knowledge: Knowledge) -> None:
    before = knowledge.policy.alt_hold_multiple
    overlay = TdmOverlay(
        policy={"alt_hold_multiple": {"value": before + 0.5, **SIGNED, "reason": " why "}},
        targets={"child-maintenance": {"act_below": 5, **SIGNED}},
        assays={"ours": {"name": "Ours", "unit": "AU/mL", "laboratory_pattern": "ours", **SIGNED}},
    )
    records = apply_overlay(knowledge, overlay).overrides
    assert {(one.key, one.before, one.after, one.reason, one.approver, one.day) for one in records} == {
        (
            "policy.alt_hold_multiple",
            f"{before:g}",
            f"{before + 0.5:g}",
            "why",
            "Dr Example",
            "2026-11-01",
        ),
        ("targets.child-maintenance.act_below", "6", "5", "agreed by the board", "Dr Example", "2026-11-01"),
        (
            "assays.ours",
            "none",
            "laboratory_pattern ours, name Ours, unit AU/mL",
            "agreed by the board",
            "Dr Example",
            "2026-11-01",
        ),
    }
