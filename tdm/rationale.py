"""What stands behind an answer: sentences with their values, citable evidence, local policy."""

from __future__ import annotations

from functools import lru_cache
from typing import TypeAlias

from tdm.answers import Answer
from tdm.decision import (
    Activity,
    AgeGroup,
    Assessment,
    AtiClass,
    Certainty,
    LevelClass,
    Phase,
    Situation,
    Target,
    Verdict,
)
from tdm.facts import Route
from tdm.knowledge.citing import cited_rows
from tdm.knowledge.model import EvidenceRow, Knowledge
from tdm.plausibility import amount_text

# A clause for a sentence, and what a summary says. Where the data allow several readings they share this one.
ACTIVITY_WORDS = {
    Activity.ACTIVE_CONFIRMED: ("disease is active", "active disease"),
    Activity.ACTIVE_UNCONFIRMED: (
        "disease may be active, but inflammation is not confirmed",
        "activity unconfirmed",
    ),
    Activity.REMISSION: ("there is no sign of active disease", "no active disease"),
    Activity.UNKNOWN: ("whether disease is active is not known", "activity unknown"),
}

AGE_GROUPS = frozenset(group.value for group in AgeGroup)
ROUTES = frozenset(route.value for route in Route)

Parameters: TypeAlias = tuple[tuple[str, str], ...]
"""Values for the placeholders of a sentence."""


def target_for(assessment: Assessment, situation: Situation | None) -> Target | None:
    """Return the target row of the situation that answered, else the one all situations share."""
    for one, target in zip(assessment.situations, assessment.situation_targets, strict=False):
        if one is situation:
            return target
    return assessment.target


def sentence_parameters(
    situation: Situation | None, certainty: Certainty | None, limit: str | None = None
) -> Parameters:
    """Return the values that sentences of rows may name; a limit that the row lacks reads "no limit".

    `limit` is the level in words where it was reported as a limit ("above 9 µg/mL"): the situation then
    holds one of the values that it may stand for, and nobody measured that one.
    """
    if situation is None:
        return ()
    clause, short = ACTIVITY_WORDS[situation.activity]
    return (
        ("level", _level_words(situation, limit)),
        ("act_below", _number(situation.act_below_ug_ml)),
        ("aim", _number(situation.aim_ug_ml)),
        ("ceiling", _number(situation.ceiling_ug_ml)),
        ("ati", situation.ati.value),
        ("certainty", "" if certainty is None else certainty.value),
        ("activity", clause),
        ("active", short),
    )


def _number(value: float | None) -> str:
    return "no limit" if value is None else f"{amount_text(value)} µg/mL"


def _level_words(situation: Situation, limit: str | None) -> str:
    if situation.level is LevelClass.NONE or situation.level_ug_ml is None:
        return "no usable level"
    if limit is not None:
        return limit
    return "undetectable" if situation.level is LevelClass.UNDETECTABLE else _number(situation.level_ug_ml)


def evidence_for(
    rules: tuple[str, ...], target: Target | None, knowledge: Knowledge, situation: Situation | None = None
) -> tuple[str, ...]:
    """Return the citable evidence behind rules and the target row, each id once.

    With a situation only what was studied in its age group and route, and no advice for lower levels.
    """
    behind_target = () if target is None else target.evidence
    if situation is None:
        return _citable(rules, behind_target, None, None, knowledge)
    ids = _citable(rules, behind_target, situation.age_group, situation.route, knowledge)
    level = situation.level_ug_ml
    if level is None:
        return ids
    return tuple([name for name in ids if speaks_of_level(knowledge.evidence[name], level)])


def citable_ids(
    rules: tuple[str, ...],
    target_evidence: tuple[str, ...],
    age_group: AgeGroup | None,
    route: Route | None,
    knowledge: Knowledge,
) -> tuple[str, ...]:
    """Return the ids of the citable rows behind rules, then those of the target's evidence.

    Of the rows behind rules, and of those of the target, only such as were studied in patients of the age
    group and route, unless there are no such: the card prints whom a study looked at.
    """
    ids = [name for rule in rules for name in knowledge.rule_evidence.get(rule, ())]
    rows: dict[str, None] = {}
    for group in (ids, target_evidence):
        cited = cited_rows(knowledge, group)
        fitting = [row for row in cited if fits(row, age_group, route)]
        rows.update(dict.fromkeys([row.id for row in fitting or cited]))
    return tuple(rows)


def fits(row: EvidenceRow, age_group: AgeGroup | None, route: Route | None) -> bool:
    """Return whether a study may have looked at patients of this age group and route; None: any."""
    other_age = age_group is not None and row.age_group in AGE_GROUPS and row.age_group != age_group
    other_route = route is not None and row.route in ROUTES and row.route != route
    return not other_age and not other_route


def speaks_of_level(row: EvidenceRow, level_ug_ml: float) -> bool:
    """Return whether a row is no advice for levels below a number that this level has reached."""
    if row.comparator != "<" or row.unit != "µg/mL" or row.value is None:
        return True
    return level_ug_ml < row.value


# Rules and target rows are few and repeat; nothing of a patient but age group and route is in the question.
_citable = lru_cache(maxsize=1024)(citable_ids)


def is_local(answer: Answer, target: Target | None, knowledge: Knowledge) -> bool:
    """Return whether the answer rests on a value that a site replaced.

    Looked at: the target row, the policies that the row and the situation were read with, and the assay
    table where it graded the antibodies. It errs on the side of saying so: a replaced cut-off that the facts
    were compared with counts, whether or not the default would have led elsewhere.
    """
    local = knowledge.local_keys
    if not local:
        return False
    if target is not None and target.local:
        return True
    situation = answer.situation
    keys = set(answer.policy_keys)
    if situation is not None:
        adult = situation.age_group is AgeGroup.ADULT
        keys.discard("proactive_child" if adult else "proactive_adult")
        keys.update(keys_behind(situation))
        graded = situation.ati in (AtiClass.POSITIVE_LOW, AtiClass.POSITIVE_HIGH)
        if graded and any(name.startswith("assays.") for name in local):
            return True
    if answer.outcome.verdict is Verdict.INTENSIFY:
        keys.add("round_to_vials")
    return any(f"policy.{key}" in local for key in keys)


def keys_behind(situation: Situation) -> tuple[str, ...]:
    """Return the site policies that a situation was read with: usable level, phase, activity, antibodies."""
    keys = [
        "trough_earliest_fraction",
        "trough_latest_fraction",
        "level_valid_days_active",
        "level_valid_days_otherwise",
        "dose_change_fraction",
        "interval_change_fraction",
    ]
    if situation.phase is Phase.MAINTENANCE:
        keys += ["maintenance_presumed_infusions", "maintenance_presumed_order_days"]
    if situation.level is LevelClass.NONE:
        return tuple(keys)
    if situation.level is LevelClass.UNDETECTABLE:
        keys += ["undetectable_below_ug_ml", "undetectable_limit_at_most_ug_ml"]
    keys += [
        "ati_pairing_days",
        "ati_valid_days",
        "marker_valid_days",
        "endoscopy_valid_days",
        "crp_active_above_mg_l",
        "crp_borderline_from_mg_l",
        "crp_quiet_below_mg_l",
        "calprotectin_active_above_ug_g",
        "calprotectin_quiet_below_ug_g",
    ]
    return tuple(keys)


def gate_is_local(gate: str, knowledge: Knowledge) -> bool:
    """Return whether a limit that a site replaced made this gate decide."""
    keys = {"S-GAP": ("new_course_gap_days",), "S-LIVER": ("alt_hold_multiple", "alt_valid_days")}
    return any(f"policy.{key}" in knowledge.local_keys for key in keys.get(gate, ()))
