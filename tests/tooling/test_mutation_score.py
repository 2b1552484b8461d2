"""The score of the mutation testing: what counts as noticed, and how sure a sample is."""

import pytest

from tools.mutation_score import interval, row, score


def test_only_mutants_that_ran_are_judged_and_a_timeout_is_noticed():
    assert score(["killed", "timeout", "survived", "no tests", "not checked"]) == 50.0
    assert score(["killed", "check was interrupted by user"]) == 50.0
    assert score(["not checked", "skipped"]) == 0.0


@pytest.mark.parametrize(
    ("noticed", "ran", "low", "high"), [(95, 100, 88.8, 97.8), (100, 100, 96.3, 100.0), (0, 0, 0.0, 100.0)]
)
def test_the_interval_of_a_sample_is_wilsons(noticed, ran, low, high):
    found = interval(noticed, ran)
    assert (round(found[0], 1), round(found[1], 1)) == (low, high)


def test_a_module_that_has_not_run_whole_shows_its_interval():
    assert row("`m`", ["killed"] * 9 + ["survived"]) == "| `m` | 10 | 10 | 9 | 1 | 0 | 90.0 % |"
    assert row("`m`", ["killed", "not checked"]) == "| `m` | 2 | 1 | 1 | 0 | 0 | 100.0 % (20.7 to 100.0) |"
