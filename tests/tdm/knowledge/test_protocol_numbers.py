"""The numbers of the protocol, written down from the protocol, against what the files load into."""

from __future__ import annotations

from dataclasses import asdict, fields

import pytest

from tdm.knowledge.building import POLICY_NAMES
from tdm.knowledge.model import Knowledge, Policy, TreatmentGoal

# act below, aim, upper aim, ceiling
TARGETS = {
    "adult-week-2": (20, 25, None, None),
    "adult-week-6": (4.5, 10, None, None),
    "adult-week-14": (4.0, 7.8, None, 9),
    "adult-maintenance-active": (5, 6, 9, 9),
    "adult-maintenance-otherwise": (3, 3, 7, 9),
    "child-week-2": (9.2, 29, None, None),
    "child-week-6": (8.3, 18, None, None),
    "child-week-14": (5, 7, None, 9),
    "child-maintenance": (6, 6, 9, 9),
    "perianal-active": (10, 12.7, None, 12.7),
    "subcutaneous-active": (17.5, 17.5, None, None),
    "subcutaneous-otherwise": (None, None, None, None),
}

GOALS = {
    "clinical": (3, 3.26),
    "biochemical": (2.2, 2.52),
    "endoscopic": (6, 6),
    "radiologic": (7.8, 7.8),
    "histologic": (9.8, 9.8),
    "transmural": (30.3, 30.3),
    "fistula": (12.7, 12.7),
}

POLICY = {
    "future_tolerance_minutes": 5,
    "level_implausible_above_ug_ml": 200,
    "undetectable_below_ug_ml": 0.5,
    "undetectable_limit_at_most_ug_ml": 1,
    "trough_earliest_fraction": 0.85,
    "trough_latest_fraction": 1.25,
    "induction_intervals_days": (14, 28, 56),
    "level_valid_days_active": 84,
    "level_valid_days_otherwise": 182,
    "ati_pairing_days": 3,
    "ati_valid_days": 84,
    "marker_valid_days": 90,
    "endoscopy_valid_days": 365,
    "crp_active_above_mg_l": 10,
    "crp_borderline_from_mg_l": 5,
    "crp_quiet_below_mg_l": 3,
    "calprotectin_active_above_ug_g": 250,
    "calprotectin_quiet_below_ug_g": 150,
    "ses_cd_active_from": 3,
    "ses_cd_quiet_at_most": 0,
    "pcdai_active_from": 10,
    "hbi_active_from": 5,
    "cdai_active_from": 150,
    "weight_valid_days_child": 180,
    "weight_valid_days_adult": 365,
    "adult_from_years": 18,
    "week_2_from_day": 7,
    "week_6_from_day": 29,
    "post_induction_from_day": 84,
    "maintenance_from_day": 126,
    "maintenance_presumed_infusions": 4,
    "maintenance_presumed_order_days": 126,
    "starting_order_days": 14,
    "new_course_gap_days": 112,
    "immunogenic_low_below_ug_ml": 5,
    "maximum_dose_mg_per_kg": 10,
    "heart_failure_maximum_dose_mg_per_kg": 5,
    "standard_dose_mg_per_kg": 5,
    "minimum_interval_days": 28,
    "shorten_small_days": 14,
    "shorten_large_days": 28,
    "subcutaneous_standard_dose_mg": 120,
    "subcutaneous_interval_days": 14,
    "subcutaneous_doubled_dose_mg": 240,
    "vial_mg": 100,
    "round_to_vials": False,
    "plausible_weight_ratio": 1.8,
    "hstcl_male_at_most_years": 35,
    "alt_hold_multiple": 5,
    "alt_valid_days": 180,
    "deescalation_fistula_history_above_ug_ml": 15,
    "proactive_child": True,
    "proactive_adult": True,
    "child_reactive_act_below_ug_ml": 5,
    "treatment_goal": None,
    "patient_view_new_result_days": 14,
    "patient_view_overdue_fraction": 1.25,
    "dose_change_fraction": 0.15,
    "interval_change_fraction": 0.10,
    "same_weight_fraction": 0.02,
    "forecast_enabled": True,
    "forecast_within_points": 10,
    "forecast_ceiling_chance_limit": 0.7,
    "forecast_least_chance": 0.5,
    "forecast_level_valid_days": 365,
    "forecast_albumin_valid_days": 182,
    "rules_off": frozenset(),
}


@pytest.mark.parametrize("row", TARGETS)
def test_a_target_row_holds_the_numbers_of_the_protocol(row: str, knowledge: Knowledge) -> None:
    target = knowledge.targets[row]
    assert target.row == row
    numbers = (target.act_below_ug_ml, target.aim_ug_ml, target.aim_upper_ug_ml, target.ceiling_ug_ml)
    assert numbers == TARGETS[row]
    assert target.grey_limit_ug_ml == 15
    assert not target.local


def test_the_target_table_has_no_other_row(knowledge: Knowledge) -> None:
    assert set(knowledge.targets) == set(TARGETS)


def test_only_the_perianal_threshold_is_a_site_default_beside_the_grey_limit(knowledge: Knowledge) -> None:
    assert {row for row, target in knowledge.targets.items() if target.policy} == {"perianal-active"}
    assert knowledge.target_policy["perianal-active"] == ("act_below", "grey_limit")
    assert all("grey_limit" in names for names in knowledge.target_policy.values())


@pytest.mark.parametrize("goal", GOALS)
def test_a_treatment_goal_holds_the_numbers_of_the_protocol(goal: str, knowledge: Knowledge) -> None:
    key = TreatmentGoal(goal)
    assert (knowledge.goal_values[key, "adult"], knowledge.goal_values[key, "child"]) == GOALS[goal]
    assert knowledge.goal_evidence[key]


@pytest.mark.parametrize("name", POLICY_NAMES)
def test_a_policy_value_is_the_default_of_the_protocol(name: str, knowledge: Knowledge) -> None:
    assert getattr(knowledge.policy, name) == POLICY[name]


def test_every_policy_value_has_the_type_that_the_model_declares(knowledge: Knowledge) -> None:
    kinds = {"float": float, "int": int, "bool": bool}
    values = asdict(knowledge.policy)
    for field in fields(Policy):
        if field.type in kinds:
            assert type(values[field.name]) is kinds[str(field.type)], field.name


def test_the_shared_table_of_the_cohort_is_what_the_rows_hold(knowledge: Knowledge, shared_material) -> None:
    header, *rows = (
        (shared_material / "clinical" / "kang_choi_2019_table4_mh.csv").read_text(encoding="utf-8").split()
    )
    assert header == "cutoff_ug_mL,sens,spec,ppv,npv"
    held = {
        (row.value, row.sensitivity, row.specificity, row.ppv, row.npv)
        for row in knowledge.evidence.values()
        if row.id.startswith("kang-choi-2019-table-4-")
    }
    assert held == {tuple(map(float, row.split(","))) for row in rows}
