"""Results in words: detected or not, positive or negative, active or quiet, pending, not done.

Only whole phrases count (after folding case, accents and punctuation), or a phrase that a result opens with
("Positive, 350 U/mL"): a sentence that merely contains "negative" is not a result.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files

from fhir_mappings.naming import fold


class ResultWordError(ValueError):
    """A fault in result_words.toml; says where."""


class ResultWord(StrEnum):
    """What a phrase says."""

    NOT_DETECTED = "not-detected"
    NEGATIVE = "negative"
    POSITIVE = "positive"
    INCONCLUSIVE = "inconclusive"
    PENDING = "pending"
    NOT_DONE = "not-done"
    ACTIVE = "active"
    QUIET = "quiet"
    NORMAL = "normal"
    DEFICIENT = "deficient"


_INTERPRETATION: dict[str, ResultWord] = {
    "POS": ResultWord.POSITIVE,
    "NEG": ResultWord.NEGATIVE,
    "ND": ResultWord.NOT_DETECTED,
    "DET": ResultWord.POSITIVE,
    "IND": ResultWord.INCONCLUSIVE,
    "E": ResultWord.INCONCLUSIVE,
    "RR": ResultWord.POSITIVE,
    "WR": ResultWord.POSITIVE,
    "NR": ResultWord.NEGATIVE,
    "H": ResultWord.POSITIVE,
    "HH": ResultWord.POSITIVE,
    "HU": ResultWord.POSITIVE,
    "N": ResultWord.NEGATIVE,
}


@lru_cache(maxsize=4096)
def result_word(text: str) -> ResultWord | None:
    """Return what a whole text says, None when it is no known phrase."""
    return load_result_words().get(fold(text))


_WORD = re.compile(r"[^\W\d_]+")
_LONGEST_PHRASE = 5
_JOINTS = " \t\r\n,;:.(-\u2013\u2014/|"
_OPENING = frozenset(
    {ResultWord.POSITIVE, ResultWord.NEGATIVE, ResultWord.NOT_DETECTED, ResultWord.INCONCLUSIVE}
)
# What makes of an opening word a heading, a condition or its opposite: "Positive control", "Detected: no".
_UNDOING = frozenset(
    {"control", "controls", "controle", "kontrolle", "if", "when", "unless", "cutoff", "cut", "threshold",
     "predictive", "range", "not", "no", "non", "neg", "negative", "negatief", "negativ", "negatif",
     "negativo", "niet", "nein", "nee", "kein", "undetected", "absent", "none", "pending", "volgt"}
)  # fmt: skip


def opening_word(text: str) -> tuple[ResultWord, str] | None:
    """Return the phrase that a result opens with and what follows it: "Positive, 350 U/mL".

    None for a text that opens with no known phrase, or whose remainder turns the phrase into something else.
    """
    ends = [match.end() for match in _WORD.finditer(text)][:_LONGEST_PHRASE]
    for end in reversed(ends):
        word, rest = result_word(text[:end]), text[end:]
        if word in _OPENING and rest[:1] in _JOINTS:
            undone = not _UNDOING.isdisjoint(fold(rest).split())
            return None if undone else (word, rest.lstrip(_JOINTS).rstrip(") ."))
    return None


def closing_word(text: str) -> tuple[str, ResultWord] | None:
    """Return what stands before the phrase that a result closes with: ("U/mL", positive)."""
    first = re.search(r"[\s,;(]", text)
    if first is None:
        return None
    word = result_word(text[first.start() :])
    return (text[: first.start()], word) if word in _OPENING else None


@lru_cache(maxsize=1)
def load_result_words() -> Mapping[str, ResultWord]:
    """Return the folded phrases and what they say, read once. Raises ResultWordError for a faulty file."""
    text = (files("fhir_mappings") / "result_words.toml").read_text(encoding="utf-8")
    return parse_result_words(tomllib.loads(text))


def parse_result_words(data: Mapping[str, list[str]]) -> Mapping[str, ResultWord]:
    """Return the phrases folded. Raises ResultWordError for an unknown word or a repeated phrase."""
    if set(data) != {word.value for word in ResultWord}:
        raise ResultWordError("result_words.toml: the words are not those the readers know")
    words: dict[str, ResultWord] = {}
    for name, phrases in data.items():
        for phrase in phrases:
            key = fold(phrase)
            if not key.strip() or key in words:
                raise ResultWordError(f"result_words.toml, {name}: {phrase} is empty or given twice")
            words[key] = ResultWord(name)
    return words


def interpretation_word(code: str) -> ResultWord | None:
    """Return what an HL7 interpretation code says of an antibody or antigen ("H" is positive)."""
    return _INTERPRETATION.get(code.strip().upper())
