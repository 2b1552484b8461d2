"""The figures in the sentences of the evidence: each one stands in a field of its row as well."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest

from tdm.knowledge.loader import load_knowledge
from tdm.knowledge.model import EvidenceRow, Knowledge

FIGURE = re.compile(r"(?<![\w.-])\d+(?:\.\d+)?(?![\w-])(?!\.\d)")
WORDED = ("phase", "outcome", "population", "versus_group", "printed", "unit")

# What a sentence says beyond its row: the step of a trial whose own row is kang-2026-shortening.
BEYOND = {"kang-2026-threshold-6": {2.0, 4.0}}

# "About half", and a coefficient below zero.
SILENT = {"tailorix-2021-endoscopic-also-radiologic", "kang-choi-2019-6-tgn-trough-correlation"}

ROWS = load_knowledge().evidence


def figures_of(row: EvidenceRow) -> set[float]:
    """Every figure that the fields of a row hold, as a number or in words."""
    values = (getattr(row, field.name) for field in fields(row))
    found = {float(value) for value in values if isinstance(value, int | float)}
    for name in WORDED:
        found |= {float(figure) for figure in re.findall(r"\d+(?:\.\d+)?", getattr(row, name))}
    if row.interval == "95% CI":
        found.add(95.0)
    if row.interval == "SD" and row.upper is not None and row.value is not None:
        found.add(round(row.upper - row.value, 6))
    return found | BEYOND.get(row.id, set())


@pytest.mark.parametrize("identifier", ROWS)
def test_a_sentence_says_no_figure_that_its_row_does_not_hold(identifier: str, knowledge: Knowledge) -> None:
    row = knowledge.evidence[identifier]
    said = {float(figure) for figure in FIGURE.findall(row.statement)}
    assert said - figures_of(row) == set()


def test_a_sentence_says_the_value_of_its_row(knowledge: Knowledge) -> None:
    silent = {
        row.id
        for row in knowledge.evidence.values()
        if row.value is not None and row.value not in {float(one) for one in FIGURE.findall(row.statement)}
    }
    assert silent == SILENT


# ---- each figure in its place: one field of a row must not be said for another

NUMBER = r"(\d+(?:\.\d+)?)"
IN_PARENTHESES = re.compile(rf"{NUMBER}(?: [^()\d]*)?\((?:IQR |95 % CI |SD |mean \d+)?{NUMBER} to {NUMBER}")
OF_ALL = re.compile(rf"{NUMBER} of {NUMBER}")
NAMED_BY_ID = re.compile(r"(below|above)-(\d+)$")


def numbers(found: re.Match[str]) -> tuple[float, ...]:
    return tuple(map(float, found.groups()))


@pytest.mark.parametrize("identifier", ROWS)
def test_an_interval_belongs_to_the_value_before_it(identifier: str, knowledge: Knowledge) -> None:
    row = knowledge.evidence[identifier]
    held = {(row.value, row.lower, row.upper), (row.versus, row.versus_lower, row.versus_upper)}
    assert {numbers(found) for found in IN_PARENTHESES.finditer(row.statement)} <= held
    assert ("% CI" in row.statement) is ("95 % CI" in row.statement)
    assert row.interval == "95% CI" or "% CI" not in row.statement


@pytest.mark.parametrize("identifier", ROWS)
def test_a_share_is_that_of_its_own_group(identifier: str, knowledge: Knowledge) -> None:
    row = knowledge.evidence[identifier]
    first, *other = [numbers(found) for found in OF_ALL.finditer(row.statement)] or [None]
    assert first in {None, (row.count, row.n)}
    # A row keeps no numerator of the group that it is compared with; the share says it.
    assert [(round(100 * part / whole, 1), whole) for part, whole in other] == (
        [(row.versus, row.versus_n)] if other else []
    )


@pytest.mark.parametrize("identifier", ROWS)
def test_a_figure_that_is_named_is_the_one_of_that_name(identifier: str, knowledge: Knowledge) -> None:
    row = knowledge.evidence[identifier]
    for name in ("sensitivity", "specificity", "PPV", "NPV"):
        said = {float(figure) for figure in re.findall(rf"{name} {NUMBER}", row.statement)}
        assert said <= {getattr(row, name.lower())}
    for name in ("SES-CD", "PCDAI"):
        meant = re.search(rf"\({name} [<>= ]*\d+\)", row.outcome)
        said_as = re.search(rf"\({name} [<>= ]*\d+\)", row.statement)
        assert meant is None or said_as is None or meant[0] == said_as[0]
    if named := NAMED_BY_ID.search(identifier):
        assert f"{named[1]} {named[2]} µg/mL" in row.statement.replace("Above", "above").replace(
            "Below", "below"
        )


@pytest.mark.parametrize("identifier", ROWS)
def test_a_share_that_healed_is_that_above_the_cut_off(identifier: str, knowledge: Knowledge) -> None:
    row = knowledge.evidence[identifier]
    healed = re.search(rf"{NUMBER} % healed", row.statement)
    share = row.ppv if row.measure == "cut-off" else row.value_upper or row.value
    assert healed is None or float(healed[1]) == share


@pytest.mark.parametrize("identifier", ROWS)
def test_only_a_row_below_zero_says_a_figure_below_zero(identifier: str, knowledge: Knowledge) -> None:
    row = knowledge.evidence[identifier]
    said = {float(figure) for figure in re.findall(r"(?<![\w.])-\d+(?:\.\d+)?", row.statement)}
    assert said <= {row.value}
