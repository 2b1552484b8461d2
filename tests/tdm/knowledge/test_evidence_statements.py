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
