"""Reading, schema and hash of the knowledge files."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tdm.knowledge.errors import KnowledgeError
from tdm.knowledge.files import NAMES, content_hash, packaged, parse, read_bytes, schema_of
from tdm.knowledge.loader import build, knowledge_from, load_knowledge
from tdm.knowledge.model import Knowledge


def test_the_packaged_knowledge_loads_once_and_has_its_version_and_hash(knowledge: Knowledge) -> None:
    assert knowledge.version == "2026.11.26"
    assert len(knowledge.content_hash) == 64
    assert knowledge.content_hash == content_hash(read_bytes(packaged()))
    assert load_knowledge() is load_knowledge()


def test_the_hash_is_that_of_names_lengths_and_bytes_in_the_order_of_names() -> None:
    expected = hashlib.sha256(b"a\n1\nxb\n2\nyz").hexdigest()
    assert content_hash({"b": b"yz", "a": b"x"}) == expected


@pytest.mark.parametrize("name", NAMES)
def test_the_hash_changes_when_any_file_changes(name: str, knowledge: Knowledge) -> None:
    contents = read_bytes(packaged())
    changed = knowledge_from({**contents, name: contents[name] + b"\n# another word\n"})
    assert changed.content_hash != knowledge.content_hash


def test_every_knowledge_file_has_a_schema_and_every_schema_a_file() -> None:
    directory = packaged()
    files = {
        entry.name.removesuffix(".toml") for entry in directory.iterdir() if entry.name.endswith(".toml")
    }
    schemas = {entry.name.removesuffix(".json") for entry in directory.joinpath("schema").iterdir()}
    assert files == schemas == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_schema_names_its_dialect_and_what_it_describes(name: str) -> None:
    schema = schema_of(name)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"]
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize("name", NAMES)
def test_every_knowledge_file_opens_with_a_comment_for_people(name: str) -> None:
    assert read_bytes(packaged())[name].startswith(b"# ")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    for name, body in read_bytes(packaged()).items():
        if name != "policy":
            (tmp_path / f"{name}.toml").write_bytes(body)
    with pytest.raises(KnowledgeError) as error:
        read_bytes(tmp_path)
    assert str(error.value) == "policy.toml: the file is missing"


@pytest.mark.parametrize("body", [b"a = ", b"a = 1\na = 2\n", b"\xff\xfe", b"[t]\na=1\n[t]\nb=2\n"], ids=repr)
def test_a_file_that_is_not_toml_is_named(body: bytes) -> None:
    with pytest.raises(KnowledgeError, match=r"^policy\.toml: not valid TOML: "):
        parse({"policy": body})


@pytest.mark.parametrize(
    ("name", "old", "new", "key"),
    [
        ("knowledge", '"2026.11.26"', '"yesterday"', "knowledge.toml: version"),
        ("policy", "value = 200", 'value = 200\nunit = "g"', "policy.toml: level_implausible_above_ug_ml"),
        ("policy", 'basis = "policy"', 'basis = "hearsay"', "policy.toml: future_tolerance_minutes.basis"),
        (
            "policy",
            'basis = "policy"',
            'basis = "policy"\nevidence = ["taxit-window"]',
            "policy.toml: future_tolerance_minutes.evidence",
        ),
        ("policy", 'basis = "policy"', 'basis = "published"', "policy.toml: future_tolerance_minutes"),
        ("targets", "act_below = 20", "act_below = -20", "targets.toml: rows.adult-week-2.act_below"),
        ("targets", "act_below = 20", 'act_below = "20"', "targets.toml: rows.adult-week-2.act_below"),
        ("targets", "act_below = 20\n", "", "targets.toml: rows.adult-week-2"),
        (
            "evidence",
            "sensitivity = 75",
            "sensitivity = 175",
            "rows.tailorix-2021-radiologic-remission-cutoff",
        ),
        ("evidence", 'certainty = "weak"', 'certainty = "sure"', "evidence.toml: studies.tailorix-2021"),
        ("assays", 'unit = "U/mL"', 'unit = "mg"', "assays.toml: prometheus-hmsa.unit"),
        ("citations", "year = 2021", "year = 1066", "citations.toml: bossuyt-2021.year"),
        ("ledger", 'kind = "never-an-input"', 'kind = "dull"', "ledger.toml: race-as-risk.kind"),
        ("bounds", "range = [0, 15]", "range = [0]", "bounds.toml: policy.future_tolerance_minutes.range"),
        ("issues", 'text = "The infliximab level of {day} has no unit', 'txt = "', "issues.toml: level-unit"),
    ],
)
def test_what_breaks_a_schema_is_named_by_its_dotted_key(
    name: str, old: str, new: str, key: str, edited
) -> None:
    with pytest.raises(KnowledgeError) as error:
        build(edited(name, old, new))
    assert key in error.value.key


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
def test_a_number_that_is_not_finite_is_refused_although_toml_knows_it(number: str, edited) -> None:
    with pytest.raises(KnowledgeError) as error:
        build(edited("policy", "value = 200", f"value = {number}"))
    assert error.value.key == "policy.toml: level_implausible_above_ug_ml.value"
    assert error.value.fault == "must be a finite number"


def test_a_number_in_a_list_that_is_not_finite_is_refused_by_its_place(edited) -> None:
    with pytest.raises(KnowledgeError) as error:
        build(edited("policy", "value = [14, 28, 56]", "value = [14, nan, 56]"))
    assert error.value.key == "policy.toml: induction_intervals_days.value[1]"


def test_an_error_at_the_top_of_a_file_is_named_by_the_file_alone() -> None:
    with pytest.raises(KnowledgeError) as error:
        parse({"knowledge": b"# nothing\n"})
    assert error.value.key == "knowledge.toml"


def test_loading_needs_neither_a_directory_nor_the_network(tmp_path: Path, repository: Path) -> None:
    program = (
        "import socket\n"
        "def refuse(*a, **k): raise AssertionError('network')\n"
        "socket.socket.connect = refuse\n"
        "from tdm.knowledge.loader import load_knowledge\n"
        "print(load_knowledge().content_hash)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(repository)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == load_knowledge().content_hash
