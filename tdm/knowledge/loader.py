"""Loads the packaged knowledge once, checks it, and hands out one frozen object."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from tdm.knowledge.building import (
    build_assay,
    build_bounds,
    build_citation,
    build_evidence,
    build_goals,
    build_ledger,
    build_messages,
    build_policy,
    build_target,
    frozen,
    treatment_goal,
)
from tdm.knowledge.building_models import build_models
from tdm.knowledge.checks import check
from tdm.knowledge.files import content_hash, packaged, parse, read_bytes
from tdm.knowledge.model import Knowledge


@lru_cache(maxsize=1)
def load_knowledge() -> Knowledge:
    """The packaged knowledge. Reads and checks on the first call only; `KnowledgeError` on any fault."""
    return knowledge_from(read_bytes(packaged()))


def knowledge_from(contents: Mapping[str, bytes]) -> Knowledge:
    """Knowledge from the bytes of its files, checked by schema and meaning; `KnowledgeError` on any fault."""
    knowledge = build(contents)
    check(knowledge)
    return knowledge


def build(contents: Mapping[str, bytes]) -> Knowledge:
    """Knowledge from the bytes of its files, checked by schema only."""
    tables = parse(contents)
    targets = tables["targets"]
    return Knowledge(
        version=tables["knowledge"]["version"],
        content_hash=content_hash(contents),
        targets=frozen({row: build_target(row, entry) for row, entry in targets["rows"].items()}),
        goal_values=build_goals(targets["goals"]),
        assays=tuple(build_assay(name, entry) for name, entry in sorted(tables["assays"].items())),
        evidence=build_evidence(tables["evidence"]),
        citations=frozen({name: build_citation(name, entry) for name, entry in tables["citations"].items()}),
        policy=build_policy(tables["policy"]),
        rules=build_messages(tables["rules"]),
        gates=build_messages(tables["gates"]),
        options=build_messages(tables["options"]),
        issues=build_messages(tables["issues"]),
        rule_evidence=frozen({rule: tuple(ids) for rule, ids in tables["rule_evidence"].items()}),
        ledger=build_ledger(tables["ledger"]),
        bounds=build_bounds(tables["bounds"]),
        policy_evidence=frozen(
            {name: tuple(e["evidence"]) for name, e in tables["policy"].items() if e["basis"] == "published"}
        ),
        goal_evidence=MappingProxyType(
            {
                goal: tuple(entry["evidence"])
                for name, entry in sorted(targets["goals"].items())
                if (goal := treatment_goal(name, f"targets.toml: goals.{name}")) is not None
            }
        ),
        models=build_models(tables["models"]),
        target_policy=frozen({row: tuple(entry["policy"]) for row, entry in targets["rows"].items()}),
    )
