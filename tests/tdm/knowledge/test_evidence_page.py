"""The generated page shows all of the knowledge, and nothing that must not be shown."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from tdm.knowledge.building import POLICY_NAMES
from tdm.knowledge.check_overlay import RULES_OFF
from tdm.knowledge.model import Knowledge


@pytest.fixture(scope="module")
def page(repository: Path) -> str:
    path = repository / "docs" / "_generate" / "evidence.py"
    spec = importlib.util.spec_from_file_location("evidence_page", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (text,) = module.generate().values()
    return str(text)


def test_the_committed_page_is_in_step_with_the_knowledge(page: str, repository: Path) -> None:
    committed = (repository / "docs" / "evidence.md").read_text(encoding="utf-8")
    assert committed == page.rstrip("\n") + "\n"


def test_the_page_shows_every_row_target_policy_assay_and_ledger_entry(
    page: str, knowledge: Knowledge
) -> None:
    for name in (*knowledge.evidence, *knowledge.targets, *POLICY_NAMES):
        assert f"| `{name}` |" in page or name == RULES_OFF, name
    for assay in knowledge.assays:
        assert f"| {assay.name} |" in page
    for entry in knowledge.ledger:
        assert entry.reason in page
    for citation in knowledge.citations.values():
        assert f"### {citation.short}\n" in page


def test_the_page_says_for_whom_and_what_it_is(page: str) -> None:
    assert page.startswith("---\naudience: clinicians and reviewers\ntype: reference\n---\n")


def test_unverified_rows_say_so_on_the_page(page: str, knowledge: Knowledge) -> None:
    for row in knowledge.evidence.values():
        if row.verification == "unverified":
            line = next(line for line in page.splitlines() if line.startswith(f"| `{row.id}` |"))
            assert line.endswith(", unverified |")


def test_a_disputed_figure_is_marked_and_the_misprinted_interval_is_absent(page: str) -> None:
    assert "| 71 / 57 / 61 / 64† |" in page
    assert "| 70.5 / 100 / 100 / 73.3†; AUC 0.902 |" in page
    assert "31.571" not in page
