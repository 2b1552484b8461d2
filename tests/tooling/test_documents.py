"""Documents: links lead somewhere, pages say whom they are for, and what is out of step is noticed."""

import importlib.util
import re
import sys

import pytest

from cds_service.cli import main
from cds_service.settings import SettingsError, settings_from_environment
from cds_service.trust.reasons import RefusalReason

LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)")
KINDS = {"tutorial", "howto", "reference", "explanation"}


@pytest.fixture
def pages(repository):
    found = [
        *repository.glob("*.md"),
        *(repository / "docs").rglob("*.md"),
        *(repository / "deploy").rglob("*.md"),
    ]
    assert len(found) > 5
    return sorted(found)


@pytest.fixture
def generator(repository, tmp_path):
    """The runner, pointed at an empty place."""
    path = repository / "docs" / "_generate" / "__main__.py"
    spec = importlib.util.spec_from_file_location("docs_generate_main", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.ROOT, module.HERE = tmp_path, tmp_path / "generators"
    module.HERE.mkdir()
    (module.HERE / "page.py").write_text("def generate(): return {'docs/page.md': 'one\\ntwo\\n\\n'}\n")
    (module.HERE / "_shared.py").write_text("raise AssertionError('what serves others makes no pages')\n")
    return module


def test_every_link_between_documents_leads_somewhere(repository, pages):
    broken = [
        f"{page.relative_to(repository)}: {target}"
        for page in pages
        for target in LINK.findall(page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_every_reason_for_a_refusal_is_explained_to_whoever_connects_a_client(repository):
    page = (repository / "docs" / "connect-a-client.md").read_text(encoding="utf-8")
    assert [reason.value for reason in RefusalReason if f"`{reason.value}`" not in page] == []


def test_every_page_says_whom_it_is_for_and_what_kind_it_is(repository, pages):
    for page in pages:
        if page.parent == repository:
            continue
        head = re.match(r"---\naudience: (.+)\ntype: (.+)\n---\n", page.read_text(encoding="utf-8"))
        assert head, page
        assert head[2] in KINDS, page


def test_the_generator_writes_once_and_is_then_in_step(generator, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(sys, "argv", ["docs/_generate"])
    assert generator.main() == 0
    assert (tmp_path / "docs" / "page.md").read_text() == "one\ntwo\n"
    assert capsys.readouterr().out == "written: docs/page.md\n"
    monkeypatch.setattr(sys, "argv", ["docs/_generate", "--check"])
    assert generator.main() == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("before", [None, "", "one\nthree\n", "one\ntwo"])
def test_check_fails_with_a_difference_and_changes_nothing(generator, monkeypatch, capsys, tmp_path, before):
    page = tmp_path / "docs" / "page.md"
    if before is not None:
        page.parent.mkdir()
        page.write_text(before)
    monkeypatch.setattr(sys, "argv", ["docs/_generate", "--check"])
    assert generator.main() == 1
    assert "run: make docs" in capsys.readouterr().out
    assert (page.read_text() if page.exists() else None) == before


def test_a_generator_may_not_write_outside_of_the_repository(generator):
    (generator.HERE / "page.py").write_text("def generate(): return {'../page.md': 'x'}\n")
    with pytest.raises(ValueError, match="outside"):
        generator.documents(generator.HERE / "page.py")


def test_every_setting_is_explained_to_whoever_runs_it(repository):
    with pytest.raises(SettingsError) as refused:  # its sentence lists all that there are
        settings_from_environment({"INFLIXIMAB_CDS_ZZZZZZ": "1"})
    names = set(re.findall(r"INFLIXIMAB_CDS_[A-Z_]+", str(refused.value))) - {"INFLIXIMAB_CDS_ZZZZZZ"}
    told = (repository / "docs" / "operations.md").read_text(encoding="utf-8").partition("## Endpoints")[0]
    assert len(names) >= 9
    assert [name for name in sorted(names) if f"| `{name}` |" not in told] == []


def test_every_command_stands_in_the_readme(repository):
    told = (repository / "README.md").read_text(encoding="utf-8")
    assert [name for name in main.commands if f"| `infliximab-cds {name}" not in told] == []


def test_nobody_is_told_that_nothing_is_stored(repository):
    """It keeps which cards were shown and what became of them, and /transparency says so too."""
    about = (repository / "cds_service" / "about.toml").read_text(encoding="utf-8")
    assert "What is stored:" in about
    for page in [repository / "README.md", repository / "SECURITY.md", *(repository / "docs").glob("*.md")]:
        assert not re.search(r"(?i)stores? nothing|nothing is stored", page.read_text(encoding="utf-8")), page
