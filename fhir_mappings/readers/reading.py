"""What the readers return: facts by kind, with the issues met on the way, and how several become one."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from tdm.facts import (
    AtiReading,
    Indication,
    LevelReading,
    MarkerReading,
    PerianalFistula,
    SafetyFact,
    Source,
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


_NOWHERE = Source("", "")


def _unique(facts: Iterable[_Fact]) -> tuple[_Fact, ...]:
    ordered = sorted(facts, key=_order)
    seen: set[Hashable] = set()
    kept = []
    for fact in ordered:
        content = replace(fact, source=_NOWHERE)
        if content not in seen:
            seen.add(content)
            kept.append(fact)
    return tuple(kept)


def _order(fact: _Fact) -> tuple[str, str]:
    """A canonical order by reference, then by all that the fact says."""
    return fact.source.reference, repr(fact)


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
