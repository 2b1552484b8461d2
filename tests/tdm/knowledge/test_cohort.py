"""What the cohort of children showed at a level."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tdm.decision import Activity, AgeGroup, AtiClass, LevelClass, Phase, Situation
from tdm.facts import Route
from tdm.knowledge.cohort import cohort_findings, findings_at
from tdm.knowledge.model import Knowledge

CHILD = Situation(
    route=Route.INTRAVENOUS,
    age_group=AgeGroup.CHILD,
    phase=Phase.MAINTENANCE,
    level=LevelClass.LOW,
    level_ug_ml=4.6,
    ati=AtiClass.NEGATIVE,
    activity=Activity.REMISSION,
    perianal_row=False,
    proactive=True,
    act_below_ug_ml=6,
    aim_ug_ml=6,
    ceiling_ug_ml=9,
)


@pytest.mark.parametrize(
    ("level", "healed"),
    [
        (0.0, [20]),
        (1.999, [20]),
        (2.0, []),
        (2.999, []),
        (3.0, [55]),
        (3.499, [55]),
        (3.5, [61]),
        (4.499, [61]),
        (4.5, [64]),
        (4.999, [64]),
        (5.0, [63]),
        (5.299, [63]),
        (5.3, [69]),
        (5.999, [69]),
        (6.0, [74]),
        (7.999, [74]),
        (8.0, [80]),
        (8.499, [80]),
        (8.5, [80]),
        (40.0, [80]),
    ],
)
def test_the_nearest_cut_off_at_or_below_the_level_speaks(
    level: float, healed: list[int], knowledge: Knowledge
) -> None:
    assert [finding.healed_percent for finding in findings_at(level, knowledge)] == healed


def test_a_cut_off_comes_with_its_accuracy_and_its_row(knowledge: Knowledge) -> None:
    (finding,) = findings_at(5.1, knowledge)
    assert finding.evidence_id == "kang-choi-2019-table-4-5"
    assert (finding.from_ug_ml, finding.below_ug_ml, finding.approximate) == (5.0, None, False)
    accuracy = (finding.sensitivity, finding.specificity, finding.ppv, finding.npv)
    assert accuracy == (37, 80, 63, 57)
    assert finding.n == 105


def test_a_disputed_figure_is_not_handed_out(knowledge: Knowledge) -> None:
    (finding,) = findings_at(3.6, knowledge)
    accuracy = (finding.sensitivity, finding.specificity, finding.ppv, finding.npv)
    assert accuracy == (71, 57, 61, None)


@pytest.mark.parametrize("name", ["sensitivity", "specificity", "ppv", "npv"])
def test_each_figure_may_be_disputed_alone(name: str, knowledge: Knowledge) -> None:
    row = knowledge.evidence["kang-choi-2019-table-4-5"]
    disputed = replace(row, disputed=(name,))
    changed = replace(knowledge, evidence={**knowledge.evidence, row.id: disputed})
    (before,), (after,) = findings_at(5.1, knowledge), findings_at(5.1, changed)
    assert after == replace(before, **{name: None})


def test_a_figure_read_from_the_chart_is_marked_approximate(knowledge: Knowledge) -> None:
    (low,) = findings_at(1.0, knowledge)
    assert (low.evidence_id, low.approximate) == ("kang-choi-2019-healing-below-2", True)
    assert (low.from_ug_ml, low.below_ug_ml, low.ppv, low.n) == (None, 2.0, None, 105)
    (high,) = findings_at(8.499, knowledge)
    assert (high.evidence_id, high.approximate) == ("kang-choi-2019-healing-at-8", True)
    assert (high.from_ug_ml, high.below_ug_ml) == (8.0, None)


def test_from_eight_and_a_half_the_cut_off_speaks_and_not_the_chart(knowledge: Knowledge) -> None:
    (finding,) = findings_at(8.5, knowledge)
    assert (finding.evidence_id, finding.approximate) == ("kang-choi-2019-table-4-8-5", False)


def test_the_cohort_speaks_of_a_child_in_intravenous_maintenance(knowledge: Knowledge) -> None:
    assert cohort_findings(CHILD, knowledge) == findings_at(4.6, knowledge) != ()


@pytest.mark.parametrize(
    "change",
    [
        {"age_group": AgeGroup.ADULT},
        {"route": Route.SUBCUTANEOUS},
        {"phase": Phase.POST_INDUCTION},
        {"phase": Phase.INDUCTION_WEEK_6},
        {"perianal_row": True},
        {"level_ug_ml": None},
    ],
    ids=str,
)
def test_the_cohort_says_nothing_of_others(change: dict[str, object], knowledge: Knowledge) -> None:
    assert cohort_findings(replace(CHILD, **change), knowledge) == ()


def test_no_cut_off_is_said_to_heal_eighty_percent_at_five(knowledge: Knowledge) -> None:
    assert all(finding.healed_percent < 80 for finding in findings_at(5.0, knowledge))
