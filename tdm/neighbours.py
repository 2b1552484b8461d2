"""For `explain`: which row would answer if one thing were different, and why the rows beside it do not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tdm.decision import Activity, AgeGroup, AtiClass, LevelClass, Phase, Situation, Verdict
from tdm.knowledge.model import Knowledge
from tdm.rules import Rule
from tdm.table import first_match, numbers_of, table_of
from tdm.targets import PERIANAL_ROW, is_proactive, level_class, target_of, target_row

STEP_UG_ML = 0.1


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A row that did not answer.

    `dimension` is what would have to be different ("level", "ati", "activity", "fistula", "proactive",
    "phase", "age"), `value` what it would have to be. For the rows directly above and below in the table
    `dimension` is "row above" or "row below" and `failing` holds the conditions that are not met; none, where
    the row below would answer were it not for the row that did.
    """

    rule: str
    verdict: Verdict
    dimension: str
    value: str = ""
    failing: tuple[str, ...] = ()


def neighbouring_rules(situation: Situation, knowledge: Knowledge) -> tuple[Neighbour, ...]:
    """Return the rows that would answer if one dimension changed, nearest first, then the rows beside it.

    Levels come first, by their distance; then the other dimensions, from what a new result may change to
    what stays as it is. Each dimension names a row once. Only the table is asked, not the filters behind it.
    """
    table = table_of(knowledge)
    fired = first_match(table, situation)
    found: dict[tuple[str, str], Neighbour] = {}
    for dimension, value, changed in _variations(situation, knowledge):
        rule = first_match(table, changed)
        if rule.id == fired.id or (dimension, rule.id) in found:
            continue
        verdict = rule.outcome(changed).verdict
        found[dimension, rule.id] = Neighbour(rule.id, verdict, dimension, value)
    return (*found.values(), *_beside(table, fired, situation))


def _beside(table: tuple[Rule, ...], fired: Rule, situation: Situation) -> Iterator[Neighbour]:
    place = table.index(fired)
    for dimension, index in (("row above", place - 1), ("row below", place + 1)):
        if 0 <= index < len(table):
            rule = table[index]
            verdict = rule.outcome(situation).verdict
            yield Neighbour(rule.id, verdict, dimension, failing=rule.failing(situation))


def _variations(situation: Situation, knowledge: Knowledge) -> Iterator[tuple[str, str, Situation]]:
    for level in _levels(situation, knowledge):
        yield "level", f"{level:g} µg/mL", _at_level(situation, level, knowledge)
    for ati in AtiClass:
        yield "ati", ati.value, replace(situation, ati=ati)
    for activity in Activity:
        yield "activity", activity.value, _on_row(replace(situation, activity=activity), knowledge)
    fistula = not situation.active_fistula
    words = "active perianal fistula" if fistula else "no active perianal fistula"
    yield "fistula", words, _on_row(replace(situation, active_fistula=fistula), knowledge)
    proactive = not situation.proactive
    yield "proactive", "on" if proactive else "off", replace(situation, proactive=proactive)
    for phase in Phase:
        yield "phase", phase.value, _on_row(replace(situation, phase=phase), knowledge)
    for age in AgeGroup:
        other = replace(situation, age_group=age, proactive=is_proactive(age, knowledge))
        if age is not situation.age_group:
            yield "age", age.value, _on_row(other, knowledge)


def _levels(situation: Situation, knowledge: Knowledge) -> list[float]:
    """Return the levels at which a row may turn and one step to either side, the nearest first."""
    numbers, policy = numbers_of(knowledge), knowledge.policy
    target = target_of(_row(situation), situation.age_group, knowledge)
    edges = {
        0.0,
        policy.undetectable_below_ug_ml,
        numbers.immunogenic_low_below,
        numbers.subcutaneous_active_from,
        target.grey_limit_ug_ml,
    }
    edges |= {
        edge for edge in (target.act_below_ug_ml, target.aim_ug_ml, target.ceiling_ug_ml) if edge is not None
    }
    steps = (-STEP_UG_ML, 0.0, STEP_UG_ML)
    values = {round(edge + step, 2) for edge in edges for step in steps if edge + step >= 0}
    here = situation.level_ug_ml or 0.0
    return sorted(values, key=lambda value: (abs(value - here), value))


def _at_level(situation: Situation, level_ug_ml: float, knowledge: Knowledge) -> Situation:
    undetectable = level_ug_ml < knowledge.policy.undetectable_below_ug_ml
    found = LevelClass.UNDETECTABLE if undetectable else LevelClass.WINDOW
    return _on_row(replace(situation, level=found, level_ug_ml=level_ug_ml, starting=False), knowledge)


def _row(situation: Situation) -> str:
    return target_row(
        situation.route,
        situation.age_group,
        situation.phase,
        situation.activity,
        active_fistula=situation.active_fistula,
    )


def _on_row(situation: Situation, knowledge: Knowledge) -> Situation:
    """Return the situation with the numbers and the level class of the target row that it belongs to."""
    row = _row(situation)
    target = target_of(row, situation.age_group, knowledge)
    level = situation.level
    if situation.level_ug_ml is not None and level is not LevelClass.NONE:
        undetectable = level is LevelClass.UNDETECTABLE
        level = level_class(situation.level_ug_ml, target, undetectable=undetectable)
    return replace(
        situation,
        level=level,
        perianal_row=row == PERIANAL_ROW,
        act_below_ug_ml=target.act_below_ug_ml,
        aim_ug_ml=target.aim_ug_ml,
        ceiling_ug_ml=target.ceiling_ug_ml,
    )
