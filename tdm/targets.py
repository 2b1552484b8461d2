"""Which row of the target table applies, its numbers under the site's goal, and the class of a level."""

from __future__ import annotations

from dataclasses import replace

from tdm.decision import Activity, AgeGroup, LevelClass, Phase, Target
from tdm.facts import Route
from tdm.knowledge.model import Knowledge, TreatmentGoal

PERIANAL_PHASES = frozenset({Phase.POST_INDUCTION, Phase.MAINTENANCE})
PERIANAL_ROW = "perianal-active"
CHILD_MAINTENANCE_ROW = "child-maintenance"
ROW_BY_PHASE = {
    Phase.INDUCTION_WEEK_2: "week-2",
    Phase.INDUCTION_WEEK_6: "week-6",
    Phase.POST_INDUCTION: "week-14",
    Phase.MAINTENANCE: "maintenance",
}
SUBCUTANEOUS_GOALS = frozenset({TreatmentGoal.TRANSMURAL})


def target_row(
    route: Route, age_group: AgeGroup, phase: Phase, activity: Activity, *, active_fistula: bool
) -> str:
    """The id of the row. The perianal row overrides the age rows; the subcutaneous ones know neither."""
    confirmed = activity is Activity.ACTIVE_CONFIRMED
    if route is Route.SUBCUTANEOUS:
        return "subcutaneous-active" if confirmed else "subcutaneous-otherwise"
    if active_fistula and confirmed and phase in PERIANAL_PHASES:
        return PERIANAL_ROW
    if age_group is AgeGroup.ADULT and phase is Phase.MAINTENANCE:
        return "adult-maintenance-active" if confirmed else "adult-maintenance-otherwise"
    return f"{age_group}-{ROW_BY_PHASE[phase]}"


def is_proactive(age_group: AgeGroup, knowledge: Knowledge) -> bool:
    """Whether the site treats a low trough in this age group before the disease shows."""
    policy = knowledge.policy
    return policy.proactive_child if age_group is AgeGroup.CHILD else policy.proactive_adult


def usual_target(row: str, knowledge: Knowledge) -> Target:
    """The row's numbers without a treatment goal.

    A site that treats children reactively acts below another number.
    """
    target = knowledge.targets[row]
    if row == CHILD_MAINTENANCE_ROW and not knowledge.policy.proactive_child:
        target = replace(
            target,
            act_below_ug_ml=knowledge.policy.child_reactive_act_below_ug_ml,
            local=target.local or "policy.proactive_child" in knowledge.local_keys,
        )
    return target


def target_of(row: str, age_group: AgeGroup, knowledge: Knowledge) -> Target:
    """The row's numbers as the site's policy and treatment goal leave them.

    A goal replaces the aim by the larger of act-below and the goal's value, never above the ceiling; a goal
    of the other route changes nothing.
    """
    target = usual_target(row, knowledge)
    goal = knowledge.policy.treatment_goal
    if goal is None or target.act_below_ug_ml is None:
        return target
    if (goal in SUBCUTANEOUS_GOALS) is not row.startswith("subcutaneous"):
        return target
    aim = max(target.act_below_ug_ml, knowledge.goal_values[goal, age_group.value])
    if target.ceiling_ug_ml is not None:
        aim = min(aim, target.ceiling_ug_ml)
    upper = target.aim_upper_ug_ml
    return replace(
        target,
        aim_ug_ml=aim,
        aim_upper_ug_ml=upper if upper is not None and upper > aim else None,
        local=target.local or "policy.treatment_goal" in knowledge.local_keys,
    )


def level_class(level_ug_ml: float, target: Target, *, undetectable: bool) -> LevelClass:
    """Where a level stands against its row. Act-below and ceiling belong to the window."""
    if undetectable:
        return LevelClass.UNDETECTABLE
    if target.act_below_ug_ml is not None and level_ug_ml < target.act_below_ug_ml:
        return LevelClass.LOW
    if target.ceiling_ug_ml is None or level_ug_ml <= target.ceiling_ug_ml:
        return LevelClass.WINDOW
    return LevelClass.GREY if level_ug_ml <= target.grey_limit_ug_ml else LevelClass.HIGH
