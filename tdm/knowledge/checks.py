"""Semantic checks of the knowledge: what a schema cannot say. Each raises `KnowledgeError` with its key."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise
from string import Formatter

from tdm.decision import OptionKind, Target
from tdm.issues import IssueCode
from tdm.knowledge.check_evidence import check_evidence, check_references, check_target_support
from tdm.knowledge.check_models import check_models
from tdm.knowledge.check_overlay import check_bounds
from tdm.knowledge.errors import KnowledgeError
from tdm.knowledge.model import Assay, Knowledge, Message, Policy, TreatmentGoal

TARGET_ROWS = (
    "adult-maintenance-active",
    "adult-maintenance-otherwise",
    "adult-week-14",
    "adult-week-2",
    "adult-week-6",
    "child-maintenance",
    "child-week-14",
    "child-week-2",
    "child-week-6",
    "perianal-active",
    "subcutaneous-active",
    "subcutaneous-otherwise",
)
# Pairs of policy values of which the first must be below the second, or at most equal to it.
BELOW = (
    ("undetectable_below_ug_ml", "level_implausible_above_ug_ml"),
    ("trough_earliest_fraction", "trough_latest_fraction"),
    ("crp_quiet_below_mg_l", "crp_borderline_from_mg_l"),
    ("crp_borderline_from_mg_l", "crp_active_above_mg_l"),
    ("calprotectin_quiet_below_ug_g", "calprotectin_active_above_ug_g"),
    ("ses_cd_quiet_at_most", "ses_cd_active_from"),
    ("week_2_from_day", "week_6_from_day"),
    ("week_6_from_day", "post_induction_from_day"),
    ("post_induction_from_day", "maintenance_from_day"),
    ("starting_order_days", "maintenance_presumed_order_days"),
    ("shorten_small_days", "shorten_large_days"),
    ("subcutaneous_standard_dose_mg", "subcutaneous_doubled_dose_mg"),
)
AT_MOST = (
    ("undetectable_below_ug_ml", "undetectable_limit_at_most_ug_ml"),
    ("level_valid_days_active", "level_valid_days_otherwise"),
    ("ati_pairing_days", "ati_valid_days"),
    ("standard_dose_mg_per_kg", "maximum_dose_mg_per_kg"),
    ("heart_failure_maximum_dose_mg_per_kg", "maximum_dose_mg_per_kg"),
)
_PLACEHOLDER = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)


def check(knowledge: Knowledge) -> None:
    """All checks, in the order in which a reader would look for the fault."""
    check_policy_order(knowledge.policy)
    check_targets(knowledge.targets)
    check_goals(knowledge)
    check_assays(knowledge.assays)
    check_models(knowledge)
    check_evidence(knowledge)
    check_references(knowledge)
    check_target_support(knowledge)
    for file, messages in (
        ("rules.toml", knowledge.rules),
        ("gates.toml", knowledge.gates),
        ("options.toml", knowledge.options),
        ("issues.toml", knowledge.issues),
    ):
        check_placeholders(messages, file)
    check_sentences(knowledge.issues, (code.value for code in IssueCode), "issues.toml")
    check_sentences(knowledge.options, (kind.value for kind in OptionKind), "options.toml")
    check_bounds(knowledge)


def check_policy_order(policy: Policy) -> None:
    """Policy values that bound the same scale stand in order."""
    for lower, upper in BELOW:
        if not getattr(policy, lower) < getattr(policy, upper):
            raise KnowledgeError(f"policy.{lower}", f"must be below policy.{upper}")
    for lower, upper in AT_MOST:
        if not getattr(policy, lower) <= getattr(policy, upper):
            raise KnowledgeError(f"policy.{lower}", f"must not be above policy.{upper}")


def check_targets(targets: Mapping[str, Target]) -> None:
    """The table is total: every row that the code asks for is there, no other, and each is in order."""
    for row in TARGET_ROWS:
        if row not in targets:
            raise KnowledgeError(f"targets.{row}", "the row is missing")
    for row, target in targets.items():
        if row not in TARGET_ROWS:
            raise KnowledgeError(f"targets.{row}", "no such row: nothing would ever use it")
        check_target_order(row, target)


def check_target_order(row: str, target: Target) -> None:
    """act_below <= aim <= aim_upper <= ceiling <= grey_limit, as far as the row has them.

    A row without a ceiling knows no grey zone; its grey limit then has no meaning and no order.
    """
    named = [
        ("act_below", target.act_below_ug_ml),
        ("aim", target.aim_ug_ml),
        ("aim_upper", target.aim_upper_ug_ml),
        ("ceiling", target.ceiling_ug_ml),
    ]
    if target.ceiling_ug_ml is not None:
        named.append(("grey_limit", target.grey_limit_ug_ml))
    present = [(name, value) for name, value in named if value is not None]
    for (lower, low), (upper, high) in pairwise(present):
        if low > high:
            raise KnowledgeError(f"targets.{row}.{lower}", f"must not be above {upper}")


def check_goals(knowledge: Knowledge) -> None:
    """Every goal has its aim for adults and for children."""
    for goal in TreatmentGoal:
        for age_group in ("adult", "child"):
            if (goal, age_group) not in knowledge.goal_values:
                raise KnowledgeError(f"targets.toml: goals.{goal}.{age_group}", "the aim is missing")


def check_assays(assays: Iterable[Assay]) -> None:
    """Patterns compile, limits are in order, and no assay is both disturbed by drug and tolerant of it."""
    for assay in assays:
        key = f"assays.{assay.id}"
        for name in ("laboratory_pattern", "method_pattern"):
            try:
                re.compile(getattr(assay, name))
            except re.error as error:
                raise KnowledgeError(f"{key}.{name}", f"not a regular expression: {error}") from None
        if assay.drug_sensitive and assay.drug_tolerant:
            raise KnowledgeError(f"{key}.drug_sensitive", "an assay is drug sensitive or tolerant, not both")
        low, high = assay.positive_from, assay.high_above
        if low is not None and high is not None and low > high:
            raise KnowledgeError(f"{key}.positive_from", "must not be above the high limit")


def check_placeholders(messages: Mapping[str, Message], file: str) -> None:
    """Placeholders are plain names in braces: no format, no attribute, no index, no brace left open."""
    for identifier, message in messages.items():
        for name, text in (("text", message.text), ("short", message.short)):
            key = f"{file}: {identifier}.{name}"
            try:
                parts = list(Formatter().parse(text))
            except ValueError as error:
                raise KnowledgeError(key, f"a placeholder is malformed: {error}") from None
            for _, placeholder, specification, conversion in parts:
                if placeholder is None:
                    continue
                if specification or conversion or not _PLACEHOLDER.fullmatch(placeholder):
                    raise KnowledgeError(key, f"{{{placeholder}}} is not a plain placeholder")


def check_sentences(messages: Mapping[str, Message], needed: Iterable[str], file: str) -> None:
    """Every id that the code can emit has its sentence."""
    for identifier in needed:
        if identifier not in messages:
            raise KnowledgeError(f"{file}: {identifier}", "the sentence is missing")
