"""The file of code sets: faults in it are found and named before anything is read with it."""

import copy
import json
import tomllib
from pathlib import Path

import pytest

import fhir_mappings
from fhir_mappings.code_sets_file import CodeSetError, Verification, parse_code_sets, read_code_sets

FOLDER = Path(fhir_mappings.__file__).parent
DATA = tomllib.loads((FOLDER / "code_sets.toml").read_text(encoding="utf-8"))
SCHEMA = json.loads((FOLDER / "schema" / "code_sets.json").read_text(encoding="utf-8"))


def changed(change):
    data = copy.deepcopy(DATA)
    change(data)
    return data


def test_every_code_names_its_source_and_how_it_was_confirmed():
    for concept in read_code_sets().concepts.values():
        for code in concept.codes:
            assert code.source
            assert isinstance(code.verification, Verification)
            assert code.usable is (code.verification is not Verification.UNVERIFIED)


def test_what_is_only_remembered_is_never_called_verified():
    codes = [code for concept in read_code_sets().concepts.values() for code in concept.codes]
    remembered = [code for code in codes if "memory" in code.source]
    assert remembered
    assert all(code.verification is Verification.UNVERIFIED for code in remembered)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda d: d["concepts"]["crp"].update(colour="red"),
            r"^code_sets\.toml, \$\.concepts\.crp: .*'colour' was unexpected",
        ),
        (lambda d: d["concepts"]["crp"]["codes"][0].pop("source"), "source"),
        (lambda d: d["concepts"]["crp"]["codes"][0].update(verification="sure"), "sure"),
        (lambda d: d["concepts"]["crp"]["names"].append("C-Reactive"), "names"),
        (lambda d: d["concepts"]["crp"]["codes"][0].update(system="loink"), "^crp: unknown system loink$"),
        (
            lambda d: d["concepts"]["crp"]["codes"].append(dict(d["concepts"]["crp"]["codes"][0])),
            r"^crp: loinc\|\S+ is given twice$",
        ),
        (
            lambda d: d["concepts"]["albumin"]["codes"][0].update(code="2857-1"),
            r"^albumin: loinc\|2857-1 is a look-alike$",
        ),
        (
            lambda d: d["look_alikes"][0].update(mistaken_for="infliximab"),
            "^unknown concept infliximab; did you mean infliximab-\\w+\\?$",
        ),
        (
            lambda d: d["concepts"].update(
                empty={"kind": "condition", "title": "t", "names_without": ["x"]},
            ),
            "^empty: no usable code and no name$",
        ),
    ],
)
def test_a_fault_is_refused_and_named(change, message):
    with pytest.raises(CodeSetError, match=message):
        parse_code_sets(changed(change), SCHEMA)


def test_a_concept_lives_by_its_names_alone_or_by_a_usable_code_alone():
    def only_a_code(data):
        del data["concepts"]["crp"]["names"]

    assert parse_code_sets(changed(only_a_code), SCHEMA).concepts["crp"].pattern.names == ()
    assert read_code_sets().concepts["hbi"].codes == ()
