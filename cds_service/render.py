"""JSON out: fast, UTF-8, never a number that JSON does not know; and text that no terminal would obey."""

from __future__ import annotations

import math
from typing import Any

import orjson


class NotFiniteError(ValueError):
    """A value to be sent holds NaN or an infinity."""


def render_json(value: Any) -> bytes:
    """Return the JSON text of a value; raises NotFiniteError, or orjson's error for what is not JSON.

    The encoder writes NaN and infinities as null without a word, so a text with a null in it is searched.
    """
    rendered = orjson.dumps(value)
    if b"null" in rendered:
        _refuse_non_finite(value)
    return rendered


def _refuse_non_finite(value: Any) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise NotFiniteError
    if isinstance(value, dict):
        for child in value.values():
            _refuse_non_finite(child)
    elif isinstance(value, list | tuple):
        for child in value:
            _refuse_non_finite(child)


def visible(text: str) -> str:
    """Return text without control characters: a terminal would obey those of a record."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )
