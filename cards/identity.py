"""Ids of cards and suggestions: random, so that they say nothing of the patient or the decision."""

from __future__ import annotations

from collections.abc import Callable
from secrets import token_hex
from typing import Final, TypeAlias

# The variant of RFC 9562 leaves two random bits to the digit that carries it.
_VARIANT: Final = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))

IdSource: TypeAlias = Callable[[], str]
"""Returns a new UUID as text at each call; tests give a counting one."""


def random_id() -> str:
    """Return a random UUID (version 4) as text."""
    digits = token_hex(16)
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{_VARIANT[digits[16]]}{digits[17:20]}-{digits[20:]}"
