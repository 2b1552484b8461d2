"""Names of tests, diseases and medicines in free text: folding, and terms that match whole words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

MAX_TEXT = 300
"""Longer texts are cut: a name is short, and a report pasted into a display must not cost time."""

_CLAUSE_END = re.compile(r"[,;:()\[\]]|(?<=\w\w)\.(?!\w)")
_FORWARD = (" no ", " no evidence ", " without ", " zonder ", " ohne ", " rule out ", " aseptic ", " dental ")
"""Terms that say something of what follows them only."""

_QUALIFYING_WORDS = 2
_MAX_NAME = 80
_SEPARATED = str.maketrans(
    {"ø": "o", "Ø": "o", "æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe", "ł": "l", "Ł": "l"}
)


_PLAIN = {code: chr(code).lower() if chr(code).isalnum() else " " for code in range(128)}


def _decomposed(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.translate(_SEPARATED))
    return "".join(
        character if character.isalnum() else " "
        for character in decomposed.casefold()
        if not unicodedata.combining(character)
    )


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """Return words without case, accents and punctuation, one blank between and around them.

    "Protéine C-réactive" becomes " proteine c reactive "; a text without any word becomes " ".
    """
    text = text[:MAX_TEXT]
    words = (text.translate(_PLAIN) if text.isascii() else _decomposed(text)).split()
    return f" {' '.join(words)} " if words else " "


def written_name(codings: Collection[tuple[str, str, str]], text: str) -> str:
    """Return what a record calls its concept: its text, a display, or a bare code; cut to a line."""
    named = text.strip() or min((display.strip() for _, _, display in codings if display.strip()), default="")
    named = named or min((code.strip() for _, code, _ in codings if code.strip()), default="")
    return " ".join(named.split())[:_MAX_NAME]


def compile_term(term: str) -> tuple[str, ...]:
    """Return the substrings that all have to stand in a folded text.

    "crp" is a whole word, "crohn*" begins a word, "*inflixim*" may stand anywhere; "a & b" asks for both.
    """
    return tuple(_compile_part(part.strip()) for part in term.split("&"))


def _compile_part(part: str) -> str:
    before = "" if part.startswith("*") else " "
    after = "" if part.endswith("*") else " "
    return before + part.strip("*") + after


@dataclass(frozen=True, slots=True)
class NamePattern:
    """When a folded text names a concept: any of `names`, any of `names_with`, none of `names_without`.

    With `governed`, a term of `names_without` undoes only the names it governs: those after it in the same
    clause, or the one right before it ("abscess, at risk for sepsis" still names an abscess).
    """

    names: tuple[tuple[str, ...], ...] = ()
    names_with: tuple[tuple[str, ...], ...] = ()
    names_without: tuple[tuple[str, ...], ...] = ()
    ignored: tuple[str, ...] = ()
    governed: bool = False

    def names_in(self, text: str) -> bool:
        """Return whether a text as written names the concept."""
        if not self.governed:
            return self.matches(fold(text))
        return any(self._stands(term, clause) for clause in self._clauses(text) for term in self.names)

    def _clauses(self, text: str) -> list[str]:
        """Return the folded clauses; one that only qualifies ("resolved") belongs to the one before it."""
        clauses: list[str] = []
        for clause in filter(str.strip, map(self._kept, _CLAUSE_END.split(text[:MAX_TEXT]))):
            qualifies = len(clause.split()) <= _QUALIFYING_WORDS and _any_term(self.names_without, clause)
            if clauses and qualifies and not _any_term(self.names, clause):
                clauses[-1] += clause[1:]
            else:
                clauses.append(clause)
        return clauses

    def _stands(self, term: tuple[str, ...], clause: str) -> bool:
        """Return whether a name stands in a clause at least once without a term that undoes it."""
        if not all(part in clause for part in term):
            return False
        for start in _places(term[0], clause):
            tail = clause[clause.find(" ", start + len(term[0]) - 1) :]
            last = " " + " ".join(tail.split()[-_QUALIFYING_WORDS:]) + " "
            undone = any(
                part in clause[: start + 1]
                or (part not in _FORWARD and (tail.startswith(part) or part in last))
                for (part, *_) in self.names_without
            )
            if not undone:
                return True
        return False

    def _kept(self, text: str) -> str:
        """Return a text folded and without the phrases that are ignored."""
        return self._without_ignored(fold(text))

    def _without_ignored(self, folded: str) -> str:
        for phrase in self.ignored:
            folded = folded.replace(phrase, " ")
        return folded

    def matches(self, folded: str) -> bool:
        """Return whether a text that `fold` made names the concept."""
        folded = self._without_ignored(folded)
        if not _any_term(self.names, folded):
            return False
        if self.names_with and not _any_term(self.names_with, folded):
            return False
        return not _any_term(self.names_without, folded)


def _places(part: str, clause: str) -> Iterator[int]:
    start = clause.find(part)
    while start >= 0:
        yield start
        start = clause.find(part, start + 1)


def _any_term(terms: tuple[tuple[str, ...], ...], folded: str) -> bool:
    return any(all(part in folded for part in term) for term in terms)


def name_pattern(
    names: Sequence[str],
    names_with: Sequence[str],
    names_without: Sequence[str],
    ignored: Sequence[str],
    *,
    governed: bool = False,
) -> NamePattern:
    """Compile the terms of one concept."""
    return NamePattern(
        tuple(compile_term(term) for term in names),
        tuple(compile_term(term) for term in names_with),
        tuple(compile_term(term) for term in names_without),
        tuple(f" {phrase} " for phrase in ignored),
        governed,
    )
