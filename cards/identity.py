"""Ids of cards and suggestions: random, so that they say nothing of the patient or the decision."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias
from uuid import uuid4

IdSource: TypeAlias = Callable[[], str]
"""Returns a new UUID as text at each call; tests give a counting one."""


def random_id() -> str:
    """Return a random UUID (version 4) as text."""
    return str(uuid4())
