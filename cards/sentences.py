"""Sentences of the knowledge files with their `{placeholders}` filled, record text made harmless."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from string import Formatter
from typing import Final, TypeAlias

from cards.markdown import escape, escape_sentence, plain

Parameters: TypeAlias = Iterable[tuple[str, str]]
"""Names and texts to insert; the texts may come from a record."""

NOT_STATED: Final = "not stated"
"""Stands where a sentence names something that the record did not say."""


def fill_markdown(sentence: str, parameters: Parameters = ()) -> str:
    """Return the sentence for Markdown: its own words and what is inserted both escaped."""
    return _fill(_markdown_pieces(sentence), parameters, escape)


def fill_plain(sentence: str, parameters: Parameters = ()) -> str:
    """Return the sentence for a plain-text place, such as a summary."""
    return _fill(_plain_pieces(sentence), parameters, plain)


def _fill(pieces: tuple[tuple[str, str], ...], parameters: Parameters, harmless: Callable[[str], str]) -> str:
    """Join literal pieces and filled placeholders.

    A placeholder without a parameter reads "not stated": a card with a gap in a sentence is better than no
    card. That the sentences and parameters of this project agree is the business of tests.
    """
    if len(pieces) == 1 and not pieces[0][1]:
        return pieces[0][0]
    values = dict(parameters)
    parts = []
    for literal, name in pieces:
        parts.append(literal)
        if name:
            parts.append(harmless(values.get(name, "")) or NOT_STATED)
    return "".join(parts)


# The sentences of the packaged knowledge and of one site's overlay are a few hundred: they are split once.
@lru_cache(maxsize=1024)
def _markdown_pieces(sentence: str) -> tuple[tuple[str, str], ...]:
    return tuple((escape_sentence(literal), name) for literal, name in _pieces(sentence))


@lru_cache(maxsize=1024)
def _plain_pieces(sentence: str) -> tuple[tuple[str, str], ...]:
    return _pieces(sentence)


def _pieces(sentence: str) -> tuple[tuple[str, str], ...]:
    """Split a sentence into (literal, placeholder name or "")."""
    return tuple((literal, name or "") for literal, name, _, _ in Formatter().parse(sentence))
