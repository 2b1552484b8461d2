"""Every combination of the decision table's dimensions, each on its own target row."""

from collections.abc import Iterator
from functools import cache
from itertools import product

from tdm.decision import Activity, AgeGroup, AtiClass, LevelClass, Phase, Situation
from tdm.facts import Route
from tdm.knowledge.loader import load_knowledge
from tdm.knowledge.model import Knowledge
from tdm.targets import PERIANAL_ROW, level_class, target_of, target_row


@cache
def shipped_knowledge() -> Knowledge:
    """The knowledge as shipped, loaded once for all tests."""
    return load_knowledge()


def level_values(act_below: float | None, aim: float | None, ceiling: float | None) -> list[float | None]:
    """No level, and every edge of class or rule with a value to either side."""
    edges = {0.5, 5.0, 12.7, 15.0, 17.5, 30.3}
    edges |= {edge for edge in (act_below, aim, ceiling) if edge is not None}
    values = {0.0, 1.8, 60.0}
    for edge in edges:
        values |= {round(edge - 0.01, 2), edge, round(edge + 0.01, 2)}
    return [None, *sorted(values)]


def all_situations() -> Iterator[Situation]:
    """Route x age x phase x level x ATI x activity x fistula x proactive, without cap and doubts.

    The page on the decision table counts the same combinations. Remission is deep: all its options show.
    """
    knowledge = shipped_knowledge()
    for route, age, phase, activity, fistula in product(Route, AgeGroup, Phase, Activity, (False, True)):
        row = target_row(route, age, phase, activity, active_fistula=fistula)
        target = target_of(row, age, knowledge)
        values = level_values(target.act_below_ug_ml, target.aim_ug_ml, target.ceiling_ug_ml)
        for value, ati, proactive in product(values, AtiClass, (False, True)):
            level = LevelClass.NONE
            if value is not None:
                level = level_class(value, target, undetectable=value < 0.5)
            yield Situation(
                route=route,
                age_group=age,
                phase=phase,
                level=level,
                level_ug_ml=value,
                ati=ati,
                activity=activity,
                perianal_row=row == PERIANAL_ROW,
                proactive=proactive,
                act_below_ug_ml=target.act_below_ug_ml,
                aim_ug_ml=target.aim_ug_ml,
                ceiling_ug_ml=target.ceiling_ug_ml,
                active_fistula=fistula,
                fistula_history=fistula,
                deep_remission=activity is Activity.REMISSION,
            )


@cache
def every_situation() -> tuple[Situation, ...]:
    """The same, made once for all tests."""
    return tuple(all_situations())
