"""A site's overlay: what it may change, how far, and what it must say."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

import pytest

from tdm.knowledge.building import POLICY_NAMES
from tdm.knowledge.check_overlay import RULES_OFF
from tdm.knowledge.errors import KnowledgeError
from tdm.knowledge.loader import load_knowledge
from tdm.knowledge.model import Bound, Knowledge, TreatmentGoal, Verification
from tdm.knowledge.overlay import TdmOverlay, apply_overlay
from tdm.knowledge.overlay_policy import check_bound

SIGNED = {"reason": "agreed by the board", "approver": "Dr Example", "date": dt.date(2026, 11, 1)}
NUMERIC_BOUNDS = [
    (name, bound) for name, bound in load_knowledge().bounds.policy.items() if bound.minimum is not None
]
TARGET_BOUNDS = [
    (row, name, bound)
    for row, bounds in load_knowledge().bounds.rows.items()
    for name, bound in bounds.items()
]


def policy(name: str, value: object) -> TdmOverlay:
    return TdmOverlay(policy={name: {"value": value, **SIGNED}})


def refused(knowledge: Knowledge, overlay: TdmOverlay, key: str) -> str:
    """The fault of an overlay that must be refused at this key."""
    with pytest.raises(KnowledgeError) as error:
        apply_overlay(knowledge, overlay)
    assert error.value.key == key
    return error.value.fault


def test_an_empty_overlay_changes_nothing(knowledge: Knowledge) -> None:
    assert apply_overlay(knowledge, TdmOverlay()) is knowledge


def test_a_policy_value_is_replaced_signed_and_marked_as_local(knowledge: Knowledge) -> None:
    changed = apply_overlay(knowledge, policy("alt_hold_multiple", 4))
    assert (knowledge.policy.alt_hold_multiple, changed.policy.alt_hold_multiple) == (5, 4)
    assert changed.local_keys == {"policy.alt_hold_multiple"}
    (done,) = changed.overrides
    assert (done.key, done.before, done.after) == ("policy.alt_hold_multiple", "5", "4")
    assert (done.reason, done.approver, done.day) == ("agreed by the board", "Dr Example", "2026-11-01")
    assert changed.version == knowledge.version


def test_a_published_value_that_a_site_replaced_no_longer_names_its_evidence(knowledge: Knowledge) -> None:
    assert "crp_quiet_below_mg_l" in knowledge.policy_evidence
    changed = apply_overlay(knowledge, policy("crp_quiet_below_mg_l", 4))
    assert "crp_quiet_below_mg_l" not in changed.policy_evidence
    assert "ses_cd_quiet_at_most" in changed.policy_evidence


@pytest.mark.parametrize(("name", "bound"), NUMERIC_BOUNDS, ids=[name for name, _ in NUMERIC_BOUNDS])
def test_a_policy_bound_holds_on_both_sides(name: str, bound: Any, knowledge: Knowledge) -> None:
    key = f"policy.{name}.value"
    whole = name in {"hstcl_male_at_most_years", "maintenance_presumed_infusions"}
    step = 1 if whole else 0.001
    for outside in (bound.minimum - step, bound.maximum + step):
        fault = refused(knowledge, policy(name, outside), key)
        assert "out of bounds" in fault
        assert bound.why in fault
    check_bound(bound, bound.minimum, key)
    check_bound(bound, bound.maximum, key)


@pytest.mark.parametrize(
    ("row", "name", "bound"), TARGET_BOUNDS, ids=[f"{row}.{name}" for row, name, _ in TARGET_BOUNDS]
)
def test_a_target_bound_holds_on_both_sides(row: str, name: str, bound: Any, knowledge: Knowledge) -> None:
    key = f"targets.{row}.{name}"
    for outside in (bound.minimum - 0.001, bound.maximum + 0.001):
        overlay = TdmOverlay(targets={row: {name: outside, **SIGNED}})
        assert "out of bounds" in refused(knowledge, overlay, key)
    check_bound(bound, bound.minimum, key)
    check_bound(bound, bound.maximum, key)


def test_every_policy_value_is_either_changeable_or_refused_with_its_reason(knowledge: Knowledge) -> None:
    for name in POLICY_NAMES:
        if name in knowledge.bounds.fixed:
            fault = refused(knowledge, policy(name, getattr(knowledge.policy, name)), f"policy.{name}")
            assert knowledge.bounds.fixed[name] in fault
        elif name != RULES_OFF:
            assert name in knowledge.bounds.policy


def test_a_target_row_takes_the_sites_numbers_and_keeps_the_others(knowledge: Knowledge) -> None:
    overlay = TdmOverlay(targets={"child-maintenance": {"act_below": 5, "grey_limit": 16, **SIGNED}})
    changed = apply_overlay(knowledge, overlay)
    target, before = changed.targets["child-maintenance"], knowledge.targets["child-maintenance"]
    assert (target.act_below_ug_ml, target.grey_limit_ug_ml, target.local) == (5.0, 16.0, True)
    assert (target.aim_ug_ml, target.ceiling_ug_ml) == (before.aim_ug_ml, before.ceiling_ug_ml)
    assert changed.local_keys == {
        "targets.child-maintenance.act_below",
        "targets.child-maintenance.grey_limit",
    }
    assert [done.before for done in changed.overrides] == ["6", "15"]
    assert not changed.targets["adult-week-2"].local
    assert changed.goal_values == knowledge.goal_values


def test_evidence_that_spoke_only_for_a_replaced_number_is_no_longer_cited(knowledge: Knowledge) -> None:
    overlay = TdmOverlay(targets={"adult-week-14": {"act_below": 5, **SIGNED}})
    evidence = apply_overlay(knowledge, overlay).targets["adult-week-14"].evidence
    assert evidence == ("tailorix-2021-radiologic-remission-cutoff", "ungar-2019-unlikely-above-9")


def test_evidence_that_still_speaks_for_another_number_stays(knowledge: Knowledge) -> None:
    overlay = TdmOverlay(targets={"child-maintenance": {"act_below": 5, **SIGNED}})
    evidence = apply_overlay(knowledge, overlay).targets["child-maintenance"].evidence
    assert evidence == knowledge.targets["child-maintenance"].evidence


def test_evidence_for_no_number_of_the_row_stays_as_context(knowledge: Knowledge) -> None:
    overlay = TdmOverlay(targets={"subcutaneous-active": {"act_below": 16, "aim": 16, **SIGNED}})
    evidence = apply_overlay(knowledge, overlay).targets["subcutaneous-active"].evidence
    assert evidence == ("hong-2025-transmural-healing-cutoff",)


def test_a_number_that_a_row_does_not_have_cannot_be_given_to_it(knowledge: Knowledge) -> None:
    overlay = TdmOverlay(targets={"subcutaneous-otherwise": {"act_below": 3, **SIGNED}})
    key = "targets.subcutaneous-otherwise.act_below"
    assert refused(knowledge, overlay, key) == "this row has no such number"


def test_numbers_in_bounds_and_out_of_order_are_refused(knowledge: Knowledge) -> None:
    overlay = TdmOverlay(targets={"child-maintenance": {"act_below": 6.5, **SIGNED}})
    assert refused(knowledge, overlay, "targets.child-maintenance.act_below") == "must not be above aim"
    fault = refused(
        knowledge, policy("calprotectin_quiet_below_ug_g", 250), "policy.calprotectin_quiet_below_ug_g"
    )
    assert fault == "must be below policy.calprotectin_active_above_ug_g"


@pytest.mark.parametrize(
    ("overlay", "key", "hint"),
    [
        (TdmOverlay(policy={"alt_hold_multple": {}}), "policy.alt_hold_multple", "'alt_hold_multiple'"),
        (TdmOverlay(targets={"child-maintenence": {}}), "targets.child-maintenence", "'child-maintenance'"),
        (
            TdmOverlay(policy={"alt_hold_multiple": {"valeu": 4, **SIGNED}}),
            "policy.alt_hold_multiple.valeu",
            "'value'",
        ),
        (
            TdmOverlay(targets={"child-week-2": {"act_bellow": 9, **SIGNED}}),
            "targets.child-week-2.act_bellow",
            "'act_below'",
        ),
        (
            TdmOverlay(assays={"ours": {"naem": "Ours", **SIGNED}}),
            "assays.ours.naem",
            "'name'",
        ),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_known_one(
    overlay: TdmOverlay, key: str, hint: str, knowledge: Knowledge
) -> None:
    fault = refused(knowledge, overlay, key)
    assert fault.startswith("no such")
    assert fault.endswith(f"did you mean {hint}?")


def test_a_key_like_no_other_is_refused_without_a_guess(knowledge: Knowledge) -> None:
    assert refused(knowledge, TdmOverlay(policy={"zzz": {}}), "policy.zzz") == "no such policy"


@pytest.mark.parametrize("missing", ["reason", "approver", "date"])
@pytest.mark.parametrize("kind", ["policy", "targets", "assays"])
def test_reason_approver_and_date_are_required(missing: str, kind: str, knowledge: Knowledge) -> None:
    signed = {name: value for name, value in SIGNED.items() if name != missing}
    entry = {
        "policy": {"alt_hold_multiple": {"value": 4, **signed}},
        "targets": {"child-maintenance": {"act_below": 5, **signed}},
        "assays": {
            "ours": {"name": "Ours", "unit": "AU/mL", "laboratory_pattern": "ours", **signed},
        },
    }[kind]
    (name,) = entry
    fault = refused(knowledge, TdmOverlay(**{kind: entry}), f"{kind}.{name}.{missing}")
    assert fault == ("must be a date such as 2026-11-22" if missing == "date" else "must be given in words")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("reason", ""),
        ("reason", "  "),
        ("approver", 7),
        ("date", "01.11.2026"),
        ("date", "20261101"),
        ("date", "2026-W44-7"),
        ("date", "2026-13-01"),
        ("date", "\uff12\uff10\uff12\uff16-11-01"),
        ("date", dt.datetime(2026, 11, 1, 8, tzinfo=dt.UTC)),
        ("date", 20261101),
    ],
)
def test_a_signature_that_says_nothing_is_refused(field: str, value: object, knowledge: Knowledge) -> None:
    entry = {"value": 4, **SIGNED, field: value}
    refused(knowledge, TdmOverlay(policy={"alt_hold_multiple": entry}), f"policy.alt_hold_multiple.{field}")


def test_the_words_of_a_signature_are_kept_without_the_space_around_them(knowledge: Knowledge) -> None:
    entry = {"value": 4, **SIGNED, "reason": "  as agreed ", "approver": "Dr Example\n"}
    (done,) = apply_overlay(knowledge, TdmOverlay(policy={"alt_hold_multiple": entry})).overrides
    assert (done.reason, done.approver) == ("as agreed", "Dr Example")


def test_a_date_may_be_written_as_text(knowledge: Knowledge) -> None:
    entry = {"value": 4, **SIGNED, "date": "2026-11-01"}
    changed = apply_overlay(knowledge, TdmOverlay(policy={"alt_hold_multiple": entry}))
    assert changed.overrides[0].day == "2026-11-01"


@pytest.mark.parametrize("kind", ["policy", "targets", "assays"])
def test_a_bare_value_carries_no_signature_and_is_refused(kind: str, knowledge: Knowledge) -> None:
    name = {"policy": "alt_hold_multiple", "targets": "child-maintenance", "assays": "ours"}[kind]
    fault = refused(knowledge, TdmOverlay(**{kind: {name: 4}}), f"{kind}.{name}")
    assert fault == "must be a table with its value, reason, approver and date"


def test_a_target_override_without_a_number_is_refused(knowledge: Knowledge) -> None:
    fault = refused(
        knowledge, TdmOverlay(targets={"child-maintenance": dict(SIGNED)}), "targets.child-maintenance"
    )
    assert fault.startswith("changes nothing")


def test_a_policy_override_without_a_value_is_refused(knowledge: Knowledge) -> None:
    overlay = TdmOverlay(policy={"alt_hold_multiple": dict(SIGNED)})
    assert refused(knowledge, overlay, "policy.alt_hold_multiple.value") == "is missing"


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("alt_hold_multiple", True, "must be a number"),
        ("alt_hold_multiple", "4", "must be a number"),
        ("alt_hold_multiple", float("nan"), "must be a finite number"),
        ("hstcl_male_at_most_years", 40.5, "must be a whole number"),
        ("proactive_child", 0, "must be true or false"),
        ("treatment_goal", "bliss", None),
        ("rules_off", "R-PK-2", "must be a list of words"),
        ("rules_off", [2], "must be a list of words"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused(
    name: str, value: object, fault: str | None, knowledge: Knowledge
) -> None:
    found = refused(knowledge, policy(name, value), f"policy.{name}.value")
    assert found == fault or fault is None


@pytest.mark.parametrize("value", [True, "5", None, float("nan")])
def test_a_target_number_of_the_wrong_type_is_refused(value: object, knowledge: Knowledge) -> None:
    overlay = TdmOverlay(targets={"child-maintenance": {"act_below": value, **SIGNED}})
    assert "number" in refused(knowledge, overlay, "targets.child-maintenance.act_below")


def test_a_value_outside_the_choices_is_refused_with_the_choices(knowledge: Knowledge) -> None:
    with pytest.raises(KnowledgeError) as error:
        check_bound(Bound("why not", choices=(True, "few")), "many", "policy.x")
    assert str(error.value) == "policy.x: many is out of bounds: one of true, few. why not"


@pytest.mark.parametrize("goal", TreatmentGoal)
def test_a_site_may_set_each_treatment_goal(goal: TreatmentGoal, knowledge: Knowledge) -> None:
    assert apply_overlay(knowledge, policy("treatment_goal", goal.value)).policy.treatment_goal is goal


def test_a_site_may_say_again_that_it_has_no_treatment_goal(knowledge: Knowledge) -> None:
    changed = apply_overlay(knowledge, policy("treatment_goal", "none"))
    assert changed.policy.treatment_goal is None
    assert changed.overrides[0].after == "none"


def test_a_site_may_treat_children_reactively(knowledge: Knowledge) -> None:
    changed = apply_overlay(knowledge, policy("proactive_child", False))
    assert changed.policy.proactive_child is False
    assert (changed.overrides[0].before, changed.overrides[0].after) == ("true", "false")


def test_rows_that_advise_may_be_switched_off(knowledge: Knowledge) -> None:
    changed = apply_overlay(knowledge, policy("rules_off", ["R-PK-2", "R-MECH-1"]))
    assert changed.policy.rules_off == {"R-PK-2", "R-MECH-1"}
    assert changed.overrides[0].after == "R-MECH-1, R-PK-2"


@pytest.mark.parametrize(
    "rule",
    [
        *("S-HSR", "S-XYZ", "E-1", "R-NA-1", "R-START-1", "R-DATA-1", "R-DATA-2", "R-TOTAL-1"),
        *("R-CAP-1", "R-TIME-1", "R-PHASE-1", "R-CENSOR-1", "R-AGE-1", "R-ATI-3"),
    ],
)
def test_safety_gates_and_honest_answers_cannot_be_switched_off(rule: str, knowledge: Knowledge) -> None:
    fault = refused(knowledge, policy("rules_off", ["R-PK-2", rule]), "policy.rules_off")
    assert fault == f"{rule} cannot be switched off"


def test_a_rule_that_does_not_exist_cannot_be_switched_off(knowledge: Knowledge) -> None:
    fault = refused(knowledge, policy("rules_off", ["R-PK-22"]), "policy.rules_off")
    assert fault == "no such rule R-PK-22; did you mean 'R-PK-2'?"
    # a sentence that is no rule is not a rule either
    refused(knowledge, policy("rules_off", ["proactive-child"]), "policy.rules_off")


OURS = {
    "name": "Our laboratory",
    "unit": "AU/mL",
    "laboratory_pattern": "our lab",
    "positive_from": 12,
    **SIGNED,
}


def test_a_site_may_add_an_assay_which_is_tried_first_and_never_cited(knowledge: Knowledge) -> None:
    changed = apply_overlay(knowledge, TdmOverlay(assays={"ours": OURS}))
    first, *others = changed.assays
    assert (first.id, first.positive_from, first.unit, first.local) == ("ours", 12.0, "AU/mL", True)
    assert first.verification is first.low_verification is Verification.POLICY
    assert first.evidence == ()
    assert tuple(others) == knowledge.assays
    assert changed.overrides[0].before == "none"
    assert changed.local_keys == {"assays.ours"}


def test_a_site_may_replace_an_assay(knowledge: Knowledge) -> None:
    changed = apply_overlay(knowledge, TdmOverlay(assays={"mayo": {**OURS, "name": "Mayo, local limit"}}))
    assert len(changed.assays) == len(knowledge.assays)
    (mayo,) = (assay for assay in changed.assays if assay.id == "mayo")
    assert (mayo.local, mayo.positive_from) == (True, 12.0)
    assert changed.overrides[0].before == "Mayo Clinic Laboratories"


@pytest.mark.parametrize("field", ["verification", "low_verification", "evidence"])
def test_a_site_cannot_declare_its_assay_published(field: str, knowledge: Knowledge) -> None:
    overlay = TdmOverlay(assays={"ours": {**OURS, field: "verified"}})
    refused(knowledge, overlay, f"assays.ours.{field}")


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"unit": "mg"}, "assays.ours.unit"),
        ({"laboratory_pattern": "("}, "assays.ours.laboratory_pattern"),
        ({"positive_from": 0}, "assays.ours.positive_from"),
        ({"positive_from": 100_001}, "assays.ours.positive_from"),
        ({"positive_from": float("inf")}, "assays.ours.positive_from"),
        ({"high_above": float("nan")}, "assays.ours.high_above"),
        ({"high_above": 11}, "assays.ours.positive_from"),
        ({"reflex_level_below_ug_ml": 15.1}, "assays.ours.reflex_level_below_ug_ml"),
        ({"reflex_level_below_ug_ml": 0.4}, "assays.ours.reflex_level_below_ug_ml"),
        ({"drug_sensitive": "yes"}, "assays.ours.drug_sensitive"),
        ({"codes": ["no-bar"]}, "assays.ours.codes.0"),
    ],
)
def test_a_faulty_assay_is_refused_by_its_key(change: dict[str, Any], key: str, knowledge: Knowledge) -> None:
    refused(knowledge, TdmOverlay(assays={"ours": {**OURS, **change}}), key)


def test_an_assay_without_a_way_to_recognise_it_is_refused(knowledge: Knowledge) -> None:
    nameless = {name: value for name, value in OURS.items() if name != "laboratory_pattern"}
    refused(knowledge, TdmOverlay(assays={"ours": nameless}), "assays.ours")


def test_an_assay_id_is_plain(knowledge: Knowledge) -> None:
    refused(knowledge, TdmOverlay(assays={"Our Lab": OURS}), "assays.Our Lab")


def test_the_hash_depends_on_every_word_of_the_overlay_and_not_on_its_order(knowledge: Knowledge) -> None:
    entry = {"value": 4, **SIGNED}
    hashes = {
        apply_overlay(knowledge, overlay).content_hash
        for overlay in (
            TdmOverlay(),
            TdmOverlay(policy={"alt_hold_multiple": entry}),
            TdmOverlay(policy={"alt_hold_multiple": {**entry, "value": 4.5}}),
            TdmOverlay(policy={"alt_hold_multiple": {**entry, "reason": "another"}}),
            TdmOverlay(policy={"alt_hold_multiple": {**entry, "approver": "another"}}),
            TdmOverlay(policy={"alt_hold_multiple": {**entry, "date": "2026-11-02"}}),
            TdmOverlay(targets={"child-maintenance": {"act_below": 5, **SIGNED}}),
            TdmOverlay(assays={"ours": OURS}),
            TdmOverlay(assays={"ours": {**OURS, "positive_from": 13}}),
        )
    }
    assert len(hashes) == 9
    one = {"alt_hold_multiple": entry, "proactive_adult": {"value": False, **SIGNED}}
    other = dict(reversed(one.items()))
    assert (
        apply_overlay(knowledge, TdmOverlay(policy=one)).content_hash
        == apply_overlay(knowledge, TdmOverlay(policy=other)).content_hash
    )


def test_the_hash_can_be_worked_out_by_hand_from_what_was_packaged_and_what_was_changed(
    knowledge: Knowledge,
) -> None:
    entry = {"value": 4, **SIGNED, "reason": "Beschluss für Zürich"}
    changed = apply_overlay(knowledge, TdmOverlay(policy={"alt_hold_multiple": entry}))
    written = (
        f'["{knowledge.content_hash}", '
        '[["policy.alt_hold_multiple", "4", "Beschluss für Zürich", "Dr Example", "2026-11-01"]]]'
    )
    assert changed.content_hash == hashlib.sha256(written.encode("utf-8")).hexdigest()


def test_what_is_kept_beside_the_knowledge_is_found_by_its_content(knowledge: Knowledge) -> None:
    """Equal contents share what was worked out from them; a site's own never meets that of another."""
    changed = apply_overlay(knowledge, policy("alt_hold_multiple", 4))
    assert hash(apply_overlay(knowledge, policy("alt_hold_multiple", 4))) == hash(changed)
    assert hash(changed) != hash(knowledge)


def test_the_packaged_knowledge_is_never_touched_by_an_overlay(knowledge: Knowledge) -> None:
    before = repr(knowledge)
    apply_overlay(
        knowledge, TdmOverlay(assays={"ours": OURS}, policy={"alt_hold_multiple": {"value": 4, **SIGNED}})
    )
    assert repr(knowledge) == before
    with pytest.raises(TypeError):
        knowledge.targets["adult-week-2"] = knowledge.targets["adult-week-6"]  # type: ignore[index]
