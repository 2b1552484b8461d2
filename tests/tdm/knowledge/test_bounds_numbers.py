"""How far a site may move each number, written down once more: a slip in the file must not pass."""

from __future__ import annotations

from tdm.knowledge.model import Bound, Knowledge

POLICY = {
    "future_tolerance_minutes": (0, 15),
    "undetectable_below_ug_ml": (0.1, 1.0),
    "undetectable_limit_at_most_ug_ml": (0.4, 1.5),
    "trough_earliest_fraction": (0.75, 0.95),
    "trough_latest_fraction": (1.05, 1.5),
    "level_valid_days_active": (28, 112),
    "level_valid_days_otherwise": (84, 365),
    "ati_pairing_days": (0, 14),
    "ati_valid_days": (28, 182),
    "immunogenic_low_below_ug_ml": (3, 7),
    "marker_valid_days": (14, 120),
    "endoscopy_valid_days": (90, 550),
    "crp_active_above_mg_l": (5, 20),
    "crp_borderline_from_mg_l": (3, 10),
    "crp_quiet_below_mg_l": (1, 5),
    "calprotectin_active_above_ug_g": (150, 500),
    "calprotectin_quiet_below_ug_g": (50, 250),
    "weight_valid_days_child": (30, 180),
    "weight_valid_days_adult": (90, 550),
    "maintenance_presumed_infusions": (4, 8),
    "maintenance_presumed_order_days": (126, 365),
    "starting_order_days": (3, 30),
    "new_course_gap_days": (84, 182),
    "plausible_weight_ratio": (1.3, 2.0),
    "hstcl_male_at_most_years": (30, 60),
    "alt_hold_multiple": (2, 8),
    "alt_valid_days": (90, 730),
    "deescalation_fistula_history_above_ug_ml": (12.7, 30),
    "child_reactive_act_below_ug_ml": (3, 6),
    "patient_view_new_result_days": (0, 60),
    "patient_view_overdue_fraction": (1.05, 3),
    "dose_change_fraction": (0.05, 0.3),
    "interval_change_fraction": (0.03, 0.12),
    "same_weight_fraction": (0.005, 0.05),
    "forecast_within_points": (0, 20),
    "forecast_ceiling_chance_limit": (0.2, 0.9),
    "forecast_least_chance": (0.5, 0.8),
    "forecast_level_valid_days": (182, 730),
    "forecast_albumin_valid_days": (30, 365),
}

CHOICES = {
    "round_to_vials": (True, False),
    "forecast_enabled": (True, False),
    "proactive_child": (True, False),
    "proactive_adult": (True, False),
    "treatment_goal": (
        "none",
        "clinical",
        "biochemical",
        "endoscopic",
        "radiologic",
        "histologic",
        "transmural",
        "fistula",
    ),
}

ROWS = {
    "adult-week-2": {"act_below": (10, 25), "aim": (15, 35)},
    "adult-week-6": {"act_below": (3, 13), "aim": (4.5, 20)},
    "adult-week-14": {"act_below": (3, 7), "aim": (4, 9), "ceiling": (7, 12)},
    "adult-maintenance-active": {
        "act_below": (3, 7),
        "aim": (3, 9),
        "aim_upper": (7, 10),
        "ceiling": (7, 12),
    },
    "adult-maintenance-otherwise": {
        "act_below": (2, 5),
        "aim": (2, 7),
        "aim_upper": (5, 10),
        "ceiling": (7, 12),
    },
    "child-week-2": {"act_below": (5, 27), "aim": (9.2, 35)},
    "child-week-6": {"act_below": (2.2, 16), "aim": (8.3, 25)},
    "child-week-14": {"act_below": (3, 7), "aim": (5, 9), "ceiling": (7, 12.7)},
    "child-maintenance": {"act_below": (3.26, 7), "aim": (4.2, 9), "aim_upper": (7, 10), "ceiling": (7, 12)},
    "perianal-active": {"act_below": (5, 12.7), "aim": (8, 16), "ceiling": (9, 16)},
    "subcutaneous-active": {"act_below": (10, 25), "aim": (12, 30.3)},
}

ASSAYS = {
    "positive_from": (0.001, 100000),
    "positive_above": (0.001, 100000),
    "high_from": (0.001, 100000),
    "high_above": (0.001, 100000),
    "reflex_level_below_ug_ml": (0.5, 15),
}

FIXED = {
    "level_implausible_above_ug_ml",
    "induction_intervals_days",
    "ses_cd_active_from",
    "ses_cd_quiet_at_most",
    "pcdai_active_from",
    "hbi_active_from",
    "cdai_active_from",
    "adult_from_years",
    "week_2_from_day",
    "week_6_from_day",
    "post_induction_from_day",
    "maintenance_from_day",
    "maximum_dose_mg_per_kg",
    "heart_failure_maximum_dose_mg_per_kg",
    "standard_dose_mg_per_kg",
    "minimum_interval_days",
    "shorten_small_days",
    "shorten_large_days",
    "subcutaneous_standard_dose_mg",
    "subcutaneous_interval_days",
    "subcutaneous_doubled_dose_mg",
    "vial_mg",
}


def ends(bound: Bound) -> tuple[float | None, float | None]:
    return bound.minimum, bound.maximum


def test_the_ranges_of_policy_values_are_those_that_were_agreed(knowledge: Knowledge) -> None:
    bounds = knowledge.bounds.policy
    assert {name: ends(bound) for name, bound in bounds.items() if not bound.choices} == POLICY
    assert {name: bound.choices for name, bound in bounds.items() if bound.choices} == CHOICES


def test_the_ranges_of_target_numbers_are_those_that_were_agreed(knowledge: Knowledge) -> None:
    rows = knowledge.bounds.rows
    assert {
        row: {name: ends(bound) for name, bound in bounds.items()} for row, bounds in rows.items()
    } == ROWS
    assert {name: ends(bound) for name, bound in knowledge.bounds.targets.items()} == {"grey_limit": (9, 20)}


def test_the_ranges_of_assay_limits_are_those_that_were_agreed(knowledge: Knowledge) -> None:
    assert {name: ends(bound) for name, bound in knowledge.bounds.assays.items()} == ASSAYS


def test_safety_limits_and_definitions_are_fixed(knowledge: Knowledge) -> None:
    assert set(knowledge.bounds.fixed) == FIXED


def test_the_families_that_stay_on_are_those_that_were_agreed(knowledge: Knowledge) -> None:
    assert set(knowledge.bounds.never_off) == {
        *("S-", "E-", "R-NA-", "R-START-", "R-DATA-", "R-TOTAL-"),
        *("R-CAP-", "R-TIME-", "R-PHASE-", "R-CENSOR-", "R-AGE-", "R-ATI-3"),
    }


def test_every_bound_says_why(knowledge: Knowledge) -> None:
    bounds = knowledge.bounds
    rows = [bound for row in bounds.rows.values() for bound in row.values()]
    for bound in (*bounds.policy.values(), *bounds.targets.values(), *bounds.assays.values(), *rows):
        assert bound.why.endswith(".")
