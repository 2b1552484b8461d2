"""A short seeded run over slips in the data files; the whole of it is `make mutants-data`."""

from __future__ import annotations

import random

import pytest

from tests.campaigns import toml_mutator


def test_no_file_is_noticed_as_it_is() -> None:
    assert toml_mutator.noticed_unchanged() == []


def test_slips_in_the_data_files_are_noticed() -> None:
    chosen = random.Random(7)
    slips = toml_mutator.all_mutants()
    for part, bar in toml_mutator.BARS.items():
        some = chosen.sample([slip for slip in slips if slip.part == part], 20)
        tally, _ = toml_mutator.run(some)
        assert 100 * (20 - tally[part][""]) / 20 >= bar, part


def test_a_slip_that_no_test_writes_down_is_seen_as_missed() -> None:
    assert toml_mutator.code_verdict(("concepts", "crp", "title"), "another title") == ""
    assert toml_mutator.unit_verdict(("quantities", "crp", "title"), "another title") == ""


@pytest.mark.parametrize(
    ("number", "forms"),
    [
        ("5", ["6", "4", "5.5", "4.5"]),
        ("0.85", ["0.86", "0.84", "0.93", "0.77"]),
        ("200", ["201", "199", "220", "180"]),
        ("0", ["1", "-1"]),
    ],
)
def test_a_number_is_moved_by_a_step_and_by_a_tenth(number: str, forms: list[str]) -> None:
    assert toml_mutator.moved(number) == forms


def test_numbers_in_names_comments_and_strings_are_passed_over() -> None:
    text = '[rows.week-2]\nn = 36 # of 105\nnote = "36.4 %"\nrange = [1, 2.5]\nstatement = "Half of 40 %."\n'
    assert {change.split()[0] for _, change, _ in toml_mutator.number_slips(text)} == {"36", "1", "2.5"}
    assert {change.split()[0] for _, change, _ in toml_mutator.figure_slips(text)} == {"40"}
