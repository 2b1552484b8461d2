"""Which trough is asked of a regimen: the aim of the phase that the trough falls into."""

from __future__ import annotations

from tdm.decision import Assessment, Phase, Target
from tdm.facts import Route
from tdm.forecast.compose import Asked
from tdm.knowledge.model import Knowledge
from tdm.targets import target_of, target_row


def target_in(phase: Phase, route: Route, assessment: Assessment, knowledge: Knowledge) -> Target:
    """The target row of a phase for the patient at hand; all readings of one share age group and activity."""
    situation = assessment.situations[0]
    row = target_row(
        route,
        situation.age_group,
        phase,
        situation.activity,
        active_fistula=situation.active_fistula,
    )
    return target_of(row, situation.age_group, knowledge)


def to_reach(target: Target) -> Asked:
    """The chance of at least the aim's lower bound and of more than is wanted: for more drug.

    More than is wanted is more than the aim's upper bound where it has one, which is never above the ceiling:
    a patient who is well is not led past it. Where the aim is the ceiling itself, as for a fistula, reaching
    it is passing it: there the limit of the grey zone takes its place.
    """
    aim, above = target.aim_ug_ml, target.aim_upper_ug_ml or target.ceiling_ug_ml
    if aim is not None and above is not None and above <= aim:
        above = target.grey_limit_ug_ml
    return Asked(aim, above)


def to_keep(target: Target) -> Asked:
    """The chance of staying where nothing would have to be raised again: for less drug."""
    return Asked(target.act_below_ug_ml or target.aim_ug_ml)
