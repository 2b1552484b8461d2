"""Semantic checks of the knowledge: what a schema cannot say. Each raises `KnowledgeError` with its key."""

from __future__ import annotations

from collections.abc import Mapping

from tdm.issues import IssueCode
from tdm.knowledge.errors import KnowledgeError
from tdm.knowledge.model import Knowledge, Message


def check(knowledge: Knowledge) -> None:
    """All checks, in the order in which a reader would look for the fault."""
    check_sentences(knowledge.issues, tuple(code.value for code in IssueCode), "issues.toml")


def check_sentences(messages: Mapping[str, Message], needed: tuple[str, ...], file: str) -> None:
    """Every id that the code can emit has its sentence."""
    for identifier in needed:
        if identifier not in messages:
            raise KnowledgeError(f"{file}: {identifier}", "the sentence is missing")
