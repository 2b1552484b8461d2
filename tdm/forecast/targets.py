"""Which trough is asked of a regimen: the aim of the phase that the trough falls into."""

from __future__ import annotations

from dataclasses import replace

from tdm.decision import Assessment, Phase, Target
from tdm.facts import Route
from tdm.forecast.compose import Asked
from tdm.forecast.result import Note, Remark
from tdm.knowledge.model import Knowledge
from tdm.targets import target_of, target_row, usual_target

PHASE_ASKS = {
    Phase.INDUCTION_WEEK_2: Remark.COUNTED_WEEK_2,
    Phase.INDUCTION_WEEK_6: Remark.COUNTED_WEEK_6,
    Phase.POST_INDUCTION: Remark.COUNTED_WEEK_14,
    Phase.MAINTENANCE: Remark.COUNTED_MAINTENANCE,
}


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


def reaching(phase: Phase, route: Route, assessment: Assessment, knowledge: Knowledge) -> Asked:
    """What is asked of more drug in a phase, with the limit that the site's goal lifted, if it did."""
    target = target_in(phase, route, assessment, knowledge)
    asked = to_reach(target)
    usual = to_reach(usual_target(target.row, knowledge)).above_ug_ml
    if asked.above_ug_ml is None or usual is None or usual >= asked.above_ug_ml:
        return asked
    return replace(asked, usually_above_ug_ml=usual)


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


def counted(phase: Phase, assessment: Assessment, knowledge: Knowledge, *, keeping: bool) -> tuple[Note, ...]:
    """What the chances of troughs in a phase speak of, where the level's own target has another number.

    The level may be of an earlier phase than the troughs. More than is wanted may be less than the ceiling,
    or more where the ceiling is itself the aim.
    """
    own, target = assessment.target, target_in(phase, assessment.regimen.route, assessment, knowledge)
    ask = to_keep if keeping else to_reach
    asked, ceiling = ask(target), target.ceiling_ug_ml
    at_least, above = asked.at_least_ug_ml, asked.above_ug_ml
    notes: list[Note] = []
    if at_least is not None and own is not None and at_least != ask(own).at_least_ug_ml:
        notes.append((PHASE_ASKS[phase], (("level", f"{at_least:g}"),)))
    if above is not None and ceiling is not None and above != ceiling:
        remark = Remark.COUNTED_UPPER if above < ceiling else Remark.COUNTED_ABOVE
        notes.append((remark, (("above", f"{above:g}"), ("ceiling", f"{ceiling:g}"))))
    return tuple(notes)
