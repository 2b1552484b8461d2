"""Steps of certainty."""

import pytest

from tdm.certainty import caution_rank, step_down
from tdm.decision import Certainty

STRONG, MODERATE, WEAK, CONFLICTING = Certainty


@pytest.mark.parametrize(
    ("certainty", "steps", "expected"),
    [
        (STRONG, -1, STRONG),
        (STRONG, 0, STRONG),
        (STRONG, 1, MODERATE),
        (STRONG, 2, WEAK),
        (STRONG, 5, WEAK),
        (MODERATE, 0, MODERATE),
        (MODERATE, 1, WEAK),
        (MODERATE, 2, WEAK),
        (WEAK, 0, WEAK),
        (WEAK, 1, WEAK),
        (CONFLICTING, 0, CONFLICTING),
        (CONFLICTING, 2, CONFLICTING),
    ],
)
def test_each_doubt_costs_one_step_and_weak_and_conflicting_stay(certainty, steps, expected):
    assert step_down(certainty, steps) is expected


def test_the_least_certain_comes_first_and_conflicting_before_weak():
    assert sorted(Certainty, key=caution_rank) == [CONFLICTING, WEAK, MODERATE, STRONG]
