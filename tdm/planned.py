"""The targets of the first troughs of a course: what a level to come will be held against."""

from __future__ import annotations

from tdm.decision import Decision, Phase, Situation, Target
from tdm.facts import Route
from tdm.knowledge.model import Knowledge
from tdm.targets import target_of, target_row

STARTING = "R-START-1"
PHASES = (Phase.INDUCTION_WEEK_6, Phase.POST_INDUCTION)
"""Weeks 6 and 14, at which the rule plans the troughs."""


def planned_targets(situation: Situation, knowledge: Knowledge) -> tuple[Target, ...]:
    """Return the target rows of weeks 6 and 14; none under the skin, where the phase sets no target."""
    if situation.route is Route.SUBCUTANEOUS:
        return ()
    age, activity = situation.age_group, situation.activity
    rows = [
        target_row(situation.route, age, phase, activity, active_fistula=situation.active_fistula)
        for phase in PHASES
    ]
    return tuple([target_of(row, age, knowledge) for row in rows])


def planned_of(decision: Decision, knowledge: Knowledge) -> tuple[Target, ...]:
    """Return the planned targets of a course that only starts; none where its age group is not known."""
    assessment = decision.assessment
    if decision.rule != STARTING or assessment is None:
        return ()
    planned = {planned_targets(situation, knowledge) for situation in assessment.situations}
    return planned.pop() if len(planned) == 1 else ()
