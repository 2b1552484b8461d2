"""What the readers return: facts by kind, with the issues met on the way, and how several become one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any, TypeVar

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

_Fact = TypeVar("_Fact", LevelReading, AtiReading, MarkerReading, WeightReading, SafetyFact, PerianalFistula)


@dataclass(frozen=True, slots=True)
class Reading:
    """Facts of one resource, or of many after `merge`."""

    levels: tuple[LevelReading, ...] = ()
    atis: tuple[AtiReading, ...] = ()
    markers: tuple[MarkerReading, ...] = ()
    weights: tuple[WeightReading, ...] = ()
    safety: tuple[SafetyFact, ...] = ()
    fistulas: tuple[PerianalFistula, ...] = ()
    indications: frozenset[Indication] = frozenset()
    issues: tuple[DataIssue, ...] = ()


NOTHING = Reading()


def merge(readings: Iterable[Reading]) -> Reading:
    """Return all facts and issues in a canonical order; what was sent twice is counted once.

    Two facts that differ only in the id of their resource are one fact: the smaller reference stays. Facts
    that differ in anything else all stay; which of them counts is decided from the facts, not here.
    """
    every = [reading for reading in readings if reading is not NOTHING]
    return Reading(
        levels=_unique(fact for reading in every for fact in reading.levels),
        atis=_unique(fact for reading in every for fact in reading.atis),
        markers=_unique(fact for reading in every for fact in reading.markers),
        weights=_unique(fact for reading in every for fact in reading.weights),
        safety=_unique(fact for reading in every for fact in reading.safety),
        fistulas=_unique(fact for reading in every for fact in reading.fistulas),
        indications=frozenset(i for reading in every for i in reading.indications),
        issues=merge_issues(issue for reading in every for issue in reading.issues),
    )


def _unique(facts: Iterable[_Fact]) -> tuple[_Fact, ...]:
    """Return facts by reference; of those that differ in their source only, the first."""
    first: dict[Any, _Fact] = {}
    for fact in _ordered(list(facts)):
        first.setdefault(_CONTENT[type(fact)](fact), fact)
    return tuple(first.values())


def _ordered(facts: list[_Fact]) -> list[_Fact]:
    """Return facts in a canonical order: by reference, and by all they say where one gave several."""
    if len({fact.source.reference for fact in facts}) == len(facts):
        return sorted(facts, key=lambda fact: fact.source.reference)
    return sorted(facts, key=lambda fact: (fact.source.reference, repr(fact)))


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
    foreign = [issue for issue in unique if issue.code is IssueCode.OTHER_PATIENT]
    kept = [issue for issue in unique if issue.code is not IssueCode.OTHER_PATIENT]
    if foreign:
        count = sum(int(dict(issue.parameters).get("count", "1")) for issue in foreign)
        kept.append(DataIssue(IssueCode.OTHER_PATIENT, "record", (("count", str(count)),)))
    return tuple(sorted(kept, key=_issue_order))


def _issue_order(issue: DataIssue) -> tuple[str, str, str, str]:
    reference = "" if issue.source is None else issue.source.reference
    return issue.code.value, issue.subject, reference, repr(issue.parameters)
