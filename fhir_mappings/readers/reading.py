"""What the readers return: facts by kind, with the issues met on the way, and how several become one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

from tdm.facts import (
    AtiReading,
    Indication,
    LevelReading,
    MarkerReading,
    PerianalFistula,
    SafetyFact,
    WeightReading,
)
from tdm.issues import DataIssue, IssueCode

_Item = TypeVar("_Item")
_Fact = TypeVar("_Fact", LevelReading, AtiReading, MarkerReading, WeightReading, SafetyFact, PerianalFistula)


class Reading(NamedTuple):
    """Facts of one resource, or of many after `merge`.

    `bowel_disease`: a record of any status names Crohn's disease or inflammatory bowel disease.
    """

    levels: tuple[LevelReading, ...] = ()
    atis: tuple[AtiReading, ...] = ()
    markers: tuple[MarkerReading, ...] = ()
    weights: tuple[WeightReading, ...] = ()
    safety: tuple[SafetyFact, ...] = ()
    fistulas: tuple[PerianalFistula, ...] = ()
    indications: frozenset[Indication] = frozenset()
    issues: tuple[DataIssue, ...] = ()
    bowel_disease: bool = False


NOTHING = Reading()


class Findings:
    """Facts and issues as they are gathered, in no order, each as often as it was met."""

    __slots__ = (
        "atis",
        "bowel_disease",
        "fistulas",
        "indications",
        "issues",
        "levels",
        "markers",
        "safety",
        "weights",
    )

    def __init__(self) -> None:
        self.levels: list[LevelReading] = []
        self.atis: list[AtiReading] = []
        self.markers: list[MarkerReading] = []
        self.weights: list[WeightReading] = []
        self.safety: list[SafetyFact] = []
        self.fistulas: list[PerianalFistula] = []
        self.indications: set[Indication] = set()
        self.issues: list[DataIssue] = []
        self.bowel_disease = False

    def add(self, reading: Reading) -> None:
        """Gather the facts and issues of one resource."""
        if reading is NOTHING:
            return
        levels, atis, markers, weights, safety, fistulas, indications, issues, bowel_disease = reading
        self.levels += levels
        self.atis += atis
        self.markers += markers
        self.weights += weights
        self.safety += safety
        self.fistulas += fistulas
        self.indications |= indications
        self.issues += issues
        self.bowel_disease = self.bowel_disease or bowel_disease

    def merged(self) -> Reading:
        """Return facts and issues in a canonical order; what was met twice is counted once."""
        return self.facts()._replace(issues=merge_issues(self.issues))

    def facts(self) -> Reading:
        """Return the facts alone in a canonical order; what was met twice is counted once.

        Two facts that differ only in the id of their resource are one fact: the smaller reference stays.
        Facts that differ in anything else all stay; which of them counts is decided from the facts, not here.
        """
        return Reading(
            _unique(self.levels),
            _unique(self.atis),
            _unique_markers(self.markers),
            _unique(self.weights),
            _unique(self.safety),
            _unique(self.fistulas),
            frozenset(self.indications),
            bowel_disease=self.bowel_disease,
        )


def merge(readings: Iterable[Reading]) -> Reading:
    """Return the facts and issues of several readings as one; see `Findings.merged`."""
    found = Findings()
    for reading in readings:
        found.add(reading)
    return found.merged()


def in_order(items: list[_Item], key: Callable[[_Item], Any], tie: Callable[[_Item], Any]) -> list[_Item]:
    """Return items by `key`, and by `tie` only where the key leaves two side by side.

    Writing an item out, which settles every tie, is slow, and ties are rare.
    """
    ordered = sorted(items, key=key)
    if len(set(map(key, ordered))) == len(ordered):
        return ordered
    return [item for _, tied in groupby(ordered, key) for item in sorted(tied, key=tie)]


_reference: Callable[[Any], str] = attrgetter("source.reference")


def _unique(facts: list[_Fact]) -> tuple[_Fact, ...]:
    """Return facts by reference; of those that differ in their source only, the first."""
    if len(facts) < 2:  # noqa: PLR2004 - nothing to order
        return tuple(facts)
    content = _CONTENT[type(facts[0])]
    first: dict[Any, _Fact] = {}
    for fact in in_order(facts, _reference, repr):
        first.setdefault(content(fact), fact)
    return tuple(first.values())


def _unique_markers(markers: list[MarkerReading]) -> tuple[MarkerReading, ...]:
    """Do as `_unique`. Markers are many: where marker, instant and value tell all apart, none is a copy."""
    if len({(marker.marker, marker.drawn.at, marker.value) for marker in markers}) < len(markers):
        return _unique(markers)
    return tuple(in_order(markers, _reference, repr))


def _content(kind: type[Any]) -> Callable[[Any], Any]:
    """Return a function that gives all that a fact says but where it stands."""
    return attrgetter(*(field.name for field in fields(kind) if field.name != "source"))


# Made once per kind of fact: this runs for every fact of every request.
_CONTENT: dict[type[Any], Callable[[Any], Any]] = {
    kind: _content(kind)
    for kind in (LevelReading, AtiReading, MarkerReading, WeightReading, SafetyFact, PerianalFistula)
}


def merge_issues(issues: Iterable[DataIssue]) -> tuple[DataIssue, ...]:
    """Return each issue once, in a canonical order; records of other patients are counted in one issue."""
    unique = set(issues)
    if not unique:
        return ()
    kept = [issue for issue in unique if issue.code is not IssueCode.OTHER_PATIENT]
    if len(kept) < len(unique):
        foreign = [issue for issue in unique if issue.code is IssueCode.OTHER_PATIENT]
        count = sum(int(dict(issue.parameters).get("count", "1")) for issue in foreign)
        kept.append(DataIssue(IssueCode.OTHER_PATIENT, "record", (("count", str(count)),)))
    return tuple(in_order(kept, _issue_place, _issue_parameters))


def _issue_place(issue: DataIssue) -> tuple[str, str, str]:
    return issue.code, issue.subject, "" if issue.source is None else issue.source.reference


def _issue_parameters(issue: DataIssue) -> str:
    return repr(issue.parameters)
