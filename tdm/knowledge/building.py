"""Turns checked tables into the frozen objects of `tdm.knowledge.model`. Judges nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, fields
from types import MappingProxyType
from typing import Any, TypeGuard, TypeVar

from tdm.decision import Target
from tdm.knowledge.errors import KnowledgeError
from tdm.knowledge.model import (
    Assay,
    Bound,
    Bounds,
    Citation,
    EvidenceRow,
    LedgerEntry,
    Message,
    Policy,
    TreatmentGoal,
    Verification,
)

Table = Mapping[str, Any]
Kind = TypeVar("Kind")

POLICY_NAMES = tuple(field.name for field in fields(Policy))
_POLICY_TYPES = {field.name: str(field.type) for field in fields(Policy)}
_POLICY_WITH_DEFAULT = frozenset(field.name for field in fields(Policy) if field.default is not MISSING)


def frozen(table: dict[str, Kind]) -> Mapping[str, Kind]:
    """A view that cannot be written to, in the order of its keys."""
    return MappingProxyType(dict(sorted(table.items())))


def build_policy(table: Table) -> Policy:
    """The scalars, each of the type the model declares. Missing, unknown or mistyped: `KnowledgeError`."""
    values: dict[str, Any] = {}
    for name, entry in table.items():
        if name not in _POLICY_TYPES:
            raise KnowledgeError(f"policy.toml: {name}", "no such policy value")
        values[name] = policy_value(name, entry["value"], f"policy.toml: {name}.value")
    for name in POLICY_NAMES:
        if name not in values and name not in _POLICY_WITH_DEFAULT:
            raise KnowledgeError(f"policy.toml: {name}", "the value is missing")
    return Policy(**values)


def policy_value(name: str, value: object, key: str) -> object:
    """One policy value as the type of its field; `key` names it in an error.

    A bool is not a number, and a number is not a bool.
    """
    declared = _POLICY_TYPES[name]
    if declared.startswith("TreatmentGoal"):
        return treatment_goal(value, key)
    if declared == "bool" and isinstance(value, bool):
        return value
    if declared == "int" and is_number(value) and float(value).is_integer():
        return int(value)
    if declared == "float" and is_number(value):
        return float(value)
    if declared.startswith("tuple") and isinstance(value, list) and value and all(map(is_number, value)):
        return tuple(float(part) for part in value)
    if declared.startswith("frozenset") and isinstance(value, list) and all(map(is_text, value)):
        return frozenset(value)
    raise KnowledgeError(key, f"must be {_SPOKEN[declared.split('[')[0]]}")


_SPOKEN = {
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "tuple": "a list of numbers",
    "frozenset": "a list of words",
}


def is_number(value: object) -> TypeGuard[float]:
    """A number as TOML knows it. Python counts a bool among the integers; a bool is not a number here."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_text(value: object) -> TypeGuard[str]:
    """A string."""
    return isinstance(value, str)


def treatment_goal(value: object, key: str) -> TreatmentGoal | None:
    """One of the goals by name, or None for "none"; anything else is a `KnowledgeError`."""
    if value == "none":
        return None
    for goal in TreatmentGoal:
        if value == goal.value:
            return goal
    raise KnowledgeError(key, 'must be "none" or one of ' + ", ".join(goal.value for goal in TreatmentGoal))


def build_target(row: str, table: Table, *, local: bool = False) -> Target:
    """One row of the target table."""
    return Target(
        row=row,
        act_below_ug_ml=number(table, "act_below"),
        aim_ug_ml=number(table, "aim"),
        aim_upper_ug_ml=number(table, "aim_upper"),
        ceiling_ug_ml=number(table, "ceiling"),
        grey_limit_ug_ml=float(table["grey_limit"]),
        evidence=tuple(table["evidence"]),
        # the grey limit alone is policy in every row; the flag speaks of the numbers that decide low and aim
        policy=any(name != "grey_limit" for name in table["policy"]),
        local=local,
    )


def build_goals(table: Table) -> Mapping[tuple[TreatmentGoal, str], float]:
    """Aim per (goal, age group)."""
    goals = {}
    for name, entry in sorted(table.items()):
        goal = treatment_goal(name, f"targets.toml: goals.{name}")
        if goal is None:
            raise KnowledgeError("targets.toml: goals.none", "is not a goal")
        for age_group in ("adult", "child"):
            goals[goal, age_group] = float(entry[age_group])
    return MappingProxyType(goals)


def build_assay(identifier: str, table: Table, *, local: bool = False) -> Assay:
    """One assay. "From" and "above" are both exact: the model keeps one, moved by the smallest step."""
    return Assay(
        id=identifier,
        name=table["name"],
        unit=table["unit"],
        laboratory_pattern=table.get("laboratory_pattern", ""),
        method_pattern=table.get("method_pattern", ""),
        codes=tuple(table.get("codes", ())),
        positive_from=limit(table, "positive_from", "positive_above", math.inf),
        high_above=limit(table, "high_above", "high_from", 0.0),
        drug_sensitive=table.get("drug_sensitive", False),
        drug_tolerant=table.get("drug_tolerant", False),
        reflex_level_below_ug_ml=number(table, "reflex_level_below_ug_ml"),
        verification=Verification(table["verification"]),
        low_verification=Verification(table.get("low_verification", "unverified")),
        evidence=tuple(table["evidence"]),
        local=local,
    )


def limit(table: Table, name: str, other: str, towards: float) -> float | None:
    """The limit `name`; or `other`, whose equality is the opposite one, moved to the next float `towards`."""
    if name in table:
        return float(table[name])
    if other in table:
        return math.nextafter(float(table[other]), towards)
    return None


def build_citation(identifier: str, table: Table) -> Citation:
    """One publication."""
    return Citation(identifier, table["short"], table["reference"], table["year"], table.get("url", ""))


_EVIDENCE_NUMBERS = (
    *("value", "value_upper", "sensitivity", "specificity", "ppv", "npv", "auc"),
    *("lower", "upper", "versus", "versus_lower", "versus_upper", "p_value"),
)


def build_evidence(table: Table) -> Mapping[str, EvidenceRow]:
    """All evidence rows, each with what it shares with its study; the row's own word comes first."""
    rows = {}
    for identifier, entry in table["rows"].items():
        study = table["studies"].get(entry["study"])
        if study is None:
            raise KnowledgeError(f"evidence.toml: rows.{identifier}.study", f"no study {entry['study']!r}")
        rows[identifier] = build_evidence_row(identifier, {**study, **entry})
    return frozen(rows)


def build_evidence_row(identifier: str, table: Table) -> EvidenceRow:
    """One evidence row; every number that is not a count becomes a float."""
    values = {name: value for name, value in table.items() if name != "study"}
    for name in _EVIDENCE_NUMBERS:
        values[name] = number(table, name)
    values["verification"] = Verification(table["verification"])
    values["disputed"] = tuple(table.get("disputed", ()))
    return EvidenceRow(id=identifier, **values)


def build_ledger(table: Table) -> tuple[LedgerEntry, ...]:
    """The ledger, in the order of its keys."""
    return tuple(
        LedgerEntry(
            id=identifier,
            document=entry["document"],
            item=entry["item"],
            reason=entry["reason"],
            kind=entry["kind"],
            evidence=tuple(entry.get("evidence", ())),
        )
        for identifier, entry in sorted(table.items())
    )


def build_messages(table: Table) -> Mapping[str, Message]:
    """Sentences by id."""
    return frozen({key: Message(entry["text"], entry.get("short", "")) for key, entry in table.items()})


def build_bounds(table: Table) -> Bounds:
    """What a site may change, and how far."""
    return Bounds(
        policy=frozen({name: build_bound(entry) for name, entry in table["policy"].items()}),
        targets=frozen({name: build_bound(entry) for name, entry in table["targets"].items()}),
        rows=frozen({row: build_row_bounds(entry) for row, entry in table["rows"].items()}),
        assays=frozen({name: build_bound(entry) for name, entry in table["assays"].items()}),
        fixed=frozen(dict(table["fixed"])),
        never_off=tuple(table["rules"]["never_off"]),
    )


def build_bound(table: Table) -> Bound:
    """One bound: a range or choices."""
    if "choices" in table:
        return Bound(why=table["why"], choices=tuple(table["choices"]))
    minimum, maximum = table["range"]
    return Bound(why=table["why"], minimum=float(minimum), maximum=float(maximum))


def build_row_bounds(table: Table) -> Mapping[str, Bound]:
    """The bounds of one target row; its reason is that of each of its numbers."""
    ranges = {name: bounds for name, bounds in table.items() if name != "why"}
    return frozen({name: build_bound({"why": table["why"], "range": ends}) for name, ends in ranges.items()})


def number(table: Table, name: str) -> float | None:
    """A number as float, or None where the table has none."""
    return float(table[name]) if name in table else None
