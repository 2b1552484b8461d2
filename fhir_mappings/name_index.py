"""Which concepts a text may name, found by its words, so that few patterns are tried in full.

Every test of a Bundle has a name, most of them are of no interest, and a hostile body has room for a hundred
thousand that differ: trying all patterns on each would hold a worker for half a minute.
"""

from __future__ import annotations

from collections.abc import Iterable

from fhir_mappings.naming import NamePattern, fold


class NameIndex:
    """The patterns of one kind of concept. Each term is filed under how its first part begins.

    A part that begins a word is filed under that word, or under the beginning of it that the part has; a part
    that may stand anywhere is looked for as it is. What is not found here cannot be named.
    """

    __slots__ = ("_anywhere", "_beginnings", "_lengths", "_patterns", "_words")

    def __init__(self, patterns: Iterable[tuple[str, NamePattern]]) -> None:
        """File the patterns; each goes with the id of its concept, in the order of the file."""
        self._patterns = tuple(patterns)
        self._words: dict[str, set[int]] = {}
        self._beginnings: dict[str, set[int]] = {}
        self._anywhere: dict[str, set[int]] = {}
        for place, (_, pattern) in enumerate(self._patterns):
            for part, *_others in pattern.names:
                if not part.startswith(" "):
                    self._anywhere.setdefault(part, set()).add(place)
                    continue
                word, blank, _ = part[1:].partition(" ")
                (self._words if blank else self._beginnings).setdefault(word, set()).add(place)
        self._lengths = sorted({len(beginning) for beginning in self._beginnings})

    def named(self, texts: Iterable[str]) -> tuple[str, ...]:
        """Return the concepts that any of the texts names, in the order of the file."""
        found: set[int] = set()
        for text in texts:
            for place in self._candidates(fold(text)) - found:
                if self._patterns[place][1].names_in(text):
                    found.add(place)
        return tuple([self._patterns[place][0] for place in sorted(found)])

    def _candidates(self, folded: str) -> set[int]:
        candidates: set[int] = set()
        for part, places in self._anywhere.items():
            if part in folded:
                candidates |= places
        words, beginnings = self._words, self._beginnings
        for word in set(folded.split()):
            if word in words:
                candidates |= words[word]
            for length in self._lengths:
                if length > len(word):
                    break
                beginning = word[:length]
                if beginning in beginnings:
                    candidates |= beginnings[beginning]
        return candidates
