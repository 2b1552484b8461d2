"""Reads code_sets.toml: checked by its JSON Schema and by what a schema cannot say."""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from typing import Any

import jsonschema

from fhir_mappings.code_systems import SystemNames, normal_code
from fhir_mappings.naming import NamePattern, name_pattern


class CodeSetError(ValueError):
    """A fault in the code sets or in a site's additions; says which code or concept."""

    @classmethod
    def unknown_concept(cls, concept: str, known: list[str]) -> CodeSetError:
        """Return the error for a concept that does not exist, with the nearest that does."""
        near = difflib.get_close_matches(concept, known, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        return cls(f"unknown concept {concept}{hint}")


class Verification(StrEnum):
    """How a code was confirmed. Unverified codes are kept for the record and never matched."""

    VERIFIED = "verified"
    THIRD_PARTY = "third-party"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """One code of one concept."""

    system: str
    code: str
    display: str
    verification: Verification
    source: str
    prefix: bool = False
    unit_mg: float | None = None

    @property
    def usable(self) -> bool:
        """Return whether the code may be matched."""
        return self.verification is not Verification.UNVERIFIED


@dataclass(frozen=True, slots=True)
class ConceptSet:
    """All codes and names of one concept."""

    id: str
    kind: str
    title: str
    codes: tuple[CodeEntry, ...]
    pattern: NamePattern


@dataclass(frozen=True, slots=True)
class LookAlike:
    """A wrong code that is in circulation, and what it really is."""

    system: str
    code: str
    really: str
    mistaken_for: str


@dataclass(frozen=True, slots=True)
class CodeSetFile:
    """The whole file. `look_alikes` is keyed by canonical system and normalised code."""

    systems: Mapping[str, tuple[str, ...]]
    look_alikes: Mapping[tuple[str, str], LookAlike]
    concepts: Mapping[str, ConceptSet]


@dataclass(frozen=True, slots=True)
class SiteCode:
    """One code that a site adds. `concept` is a key of code_sets.toml ("infliximab-antibody").

    `system` is a URI, an alias ("loinc") or "" for a laboratory that sends none; `prefix` lets an ICD or
    NDC code stand for all below it; `unit_mg` is the amount of one billing unit.
    """

    concept: str
    system: str
    code: str
    display: str = ""
    prefix: bool = False
    unit_mg: float | None = None


def read_code_sets() -> CodeSetFile:
    """Return the packaged code sets. Raises CodeSetError when the file is at fault."""
    package = files("fhir_mappings")
    data = tomllib.loads((package / "code_sets.toml").read_text(encoding="utf-8"))
    schema = json.loads((package / "schema" / "code_sets.json").read_text(encoding="utf-8"))
    return parse_code_sets(data, schema)


def parse_code_sets(data: dict[str, Any], schema: dict[str, Any]) -> CodeSetFile:
    """Return checked code sets from parsed TOML. Raises CodeSetError naming the place."""
    error = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(schema).iter_errors(data))
    if error is not None:
        raise CodeSetError(f"code_sets.toml, {error.json_path}: {error.message[:200]}")
    systems = {name: tuple(aliases) for name, aliases in data["systems"].items()}
    concepts = {name: _concept(name, table) for name, table in data["concepts"].items()}
    names = SystemNames(systems)
    look_alikes = {
        (entry["system"], normal_code(entry["system"], entry["code"])): LookAlike(**entry)
        for entry in data["look_alikes"]
    }
    file = CodeSetFile(systems, look_alikes, concepts)
    _check(file, names)
    return file


def _concept(name: str, table: dict[str, Any]) -> ConceptSet:
    codes = tuple(
        CodeEntry(**{**code, "verification": Verification(code["verification"])})
        for code in table.get("codes", ())
    )
    pattern = name_pattern(
        table.get("names", ()),
        table.get("names_with", ()),
        table.get("names_without", ()),
        table.get("ignored", ()),
        governed=table.get("governed", False),
    )
    return ConceptSet(name, table["kind"], table["title"], codes, pattern)


def _check(file: CodeSetFile, names: SystemNames) -> None:
    """Raise for an unknown system, a look-alike among the codes, a code given twice within a concept."""
    for look_alike in file.look_alikes.values():
        if look_alike.mistaken_for not in file.concepts:
            raise CodeSetError.unknown_concept(look_alike.mistaken_for, sorted(file.concepts))
    for concept in file.concepts.values():
        seen: set[tuple[str, str]] = set()
        for code in concept.codes:
            if code.system not in file.systems:
                raise CodeSetError(f"{concept.id}: unknown system {code.system}")
            key = (code.system, normal_code(names.canonical(code.system), code.code))
            if key in seen:
                raise CodeSetError(f"{concept.id}: {code.system}|{code.code} is given twice")
            if key in file.look_alikes:
                raise CodeSetError(f"{concept.id}: {code.system}|{code.code} is a look-alike")
            seen.add(key)
        if not concept.pattern.names and not any(code.usable for code in concept.codes):
            raise CodeSetError(f"{concept.id}: no usable code and no name")
