"""What the cohort showed at a child's level."""

import dataclasses

from cards.cohort import cohort_line, cohort_of
from cards.wording import load_wording
from tdm.decision import AgeGroup, Situation
from tdm.knowledge.loader import load_knowledge
from tests.cards.examples import SITUATION

CHILD = dataclasses.replace(SITUATION, age_group=AgeGroup.CHILD)


def lines(*situations: Situation) -> list[str]:
    knowledge = load_knowledge()
    return [cohort_line(one, knowledge, load_wording()) for one in cohort_of(situations, knowledge)]


def at(level: float) -> Situation:
    return dataclasses.replace(CHILD, level_ug_ml=level)


def test_a_child_at_a_cut_off_is_told_the_share_that_healed_and_that_it_is_no_chance() -> None:
    (line,) = lines(at(5.1))
    assert line == (
        "Children studied: 63 % of those with a trough of at least 5 µg/mL had healed mucosa "
        "(Kang/Choi 2019, 105 children). A share of that group, not a chance for this child."
    )


def test_a_figure_read_from_a_chart_is_an_about() -> None:
    (low,) = lines(at(1.9))
    assert "about 20 % of those with a trough below 2 µg/mL" in low
    (high,) = lines(at(8.0))
    assert "about 80 % of those with a trough of at least 8 µg/mL" in high


def test_the_evidence_named_is_that_of_the_lines() -> None:
    (finding,) = cohort_of((at(5.1),), load_knowledge())
    assert finding.evidence_id == "kang-choi-2019-table-4-5"


def test_nothing_is_said_of_an_adult_or_where_the_data_allow_several_readings() -> None:
    assert lines(SITUATION) == []
    assert lines(at(5.1), dataclasses.replace(SITUATION, level_ug_ml=5.1)) == []
    assert cohort_of((at(5.1), SITUATION), load_knowledge()) == ()
    assert lines() == []
