"""Completes what was acquired: asks the FHIR server for what did not come along, or not all of it.

What arrives takes the place of the missing prefetch value and goes through the same reading, so a fetched
record gives the same answer as a prefetched one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from fhir_mappings.acquire import Prefetch, acquire
from fhir_mappings.acquired import AcquiredKey, AcquiredResources, KeyState, Resource
from fhir_mappings.acquisition.addresses import AddressRefusedError, resolve
from fhir_mappings.acquisition.medications import (
    MEDICATIONS,
    REFUSED_ISSUE,
    leads_nowhere,
    medication_questions,
    with_medications,
)
from fhir_mappings.acquisition.outcomes import SHORTFALL_OF_FAULT, FetchFault
from fhir_mappings.acquisition.pages import Page, merged, prefetched_page
from fhir_mappings.acquisition.queries import is_search, query_of, type_of
from fhir_mappings.acquisition.questions import Question
from fhir_mappings.acquisition.session import Access, FetchSession
from fhir_mappings.context import ReadingContext
from fhir_mappings.medication import medicines_of
from fhir_mappings.prefetch import PUBLISHED_KEYS
from tdm.facts import Shortfall
from tdm.issues import IssueCode

_GOES_ELSEWHERE: Final = frozenset({FetchFault.ADDRESS_REFUSED, FetchFault.REDIRECTED})


@dataclass(frozen=True, slots=True)
class Held:
    """What a request has so far: the values by prefetch key, and what was read of them."""

    prefetch: Prefetch
    acquired: AcquiredResources


def lacking(acquired: AcquiredResources, keys: Iterable[str] | None = None) -> list[str]:
    """Return the keys that are not there, or not all of it, and that are worth asking for.

    One that is not published is only completed, not asked for: a client that does not send it has none.
    """
    chosen = acquired.keys if keys is None else [name for name in keys if name in acquired.keys]
    return [
        name
        for name in chosen
        if (shortfall := acquired.keys[name].shortfall) is not None
        and (name in PUBLISHED_KEYS or shortfall is Shortfall.TRUNCATED)
    ]


def complete(held: Held, keys: Iterable[str], session: FetchSession, context: ReadingContext) -> Held:
    """Ask for the lacking ones among `keys` and return everything, with what is still lacking and why.

    What was asked for earlier in the same session is not asked for again.
    """
    names = [name for name in lacking(held.acquired, keys) if name not in session.report.faults]
    if not names:
        return held
    if session.asking is None:
        return _refused(held, names) if session.report.access is Access.NOT_ALLOWED else held
    first_pages: dict[str, Page] = {}
    questions: dict[str, Question] = {}
    faults: dict[str, FetchFault | None] = {}
    for name in names:
        question = _question(name, held, session, context, first_pages)
        if question is None:
            faults[name] = FetchFault.ADDRESS_REFUSED
        else:
            questions[name] = question
    session.ask(list(questions.values()))
    faults |= {name: question.fault for name, question in questions.items()}
    session.report.faults |= faults
    arrived = {
        name: _value(question, first_pages.get(name))
        for name, question in questions.items()
        if question.answered
    }
    return _with_arrived(held, arrived, faults, context)


def complete_medications(
    held: Held,
    drafts: Iterable[Resource],
    session: FetchSession,
    context: ReadingContext,
    *,
    records_too: bool = True,
) -> Held:
    """Read the Medications that drafts (and acquired records) refer to, where they were not sent along."""
    if session.asking is None:
        return held
    medicines = medicines_of(held.acquired, context.codes)
    records = list(drafts)
    if records_too:
        records += [resource for key in held.acquired.keys.values() for resource in key.resources]
    references = leads_nowhere(records, medicines)
    if not references:
        return held
    most = max(session.asking.limits.medications - len(session.medications_read), 0)
    every, issues = medication_questions(references, session.asking.server.base)
    questions = [question for question in every if question.address not in session.medications_read][:most]
    session.medications_read.update(question.address for question in questions)
    session.ask(questions)
    if any(question.fault in _GOES_ELSEWHERE for question in questions):
        issues = [REFUSED_ISSUE]
    return replace(held, acquired=with_medications(held.acquired, questions, issues))


def _question(
    name: str, held: Held, session: FetchSession, context: ReadingContext, first_pages: dict[str, Page]
) -> Question | None:
    """Return the question for a key: all of it, or the rest of what was sent; None if it leads elsewhere."""
    asking = session.asking
    assert asking is not None  # noqa: S101 (said to the type checker: `complete` has looked)
    base = asking.server.base
    key = held.acquired.keys[name]
    raw = held.prefetch.get(name)
    page = prefetched_page(raw) if raw is not None and key.shortfall is Shortfall.TRUNCATED else None
    try:
        if page is not None and page.next_link is not None:
            first_pages[name] = page
            address = resolve(base, page.next_link)
        else:
            address = query_of(
                name,
                base=base,
                dialect=asking.server.dialect,
                patient_id=context.patient_id,
                now=context.now,
            )
    except AddressRefusedError:
        return None
    return Question(name, type_of(name), address, is_search=is_search(name))


def _value(question: Question, first: Page | None) -> object:
    if not question.is_search:
        return question.content
    return merged([first, *question.pages] if first is not None else list(question.pages))


def _with_arrived(
    held: Held,
    arrived: Mapping[str, object],
    faults: Mapping[str, FetchFault | None],
    context: ReadingContext,
) -> Held:
    """Read everything again with what arrived in its place, and say of each key how it came."""
    prefetch: Prefetch = {**held.prefetch, **arrived}
    before = held.acquired.keys
    read = (
        acquire(prefetch, codes=context.codes, patient_id=context.patient_id).keys
        if arrived
        else dict(before)
    )
    keys = {name: key if name in faults else _as_before(key, before.get(name)) for name, key in read.items()}
    for name, fault in faults.items():
        keys[name] = _judged(keys[name], before[name], fault, arrived=name in arrived)
    if MEDICATIONS in before:
        keys[MEDICATIONS] = before[MEDICATIONS]
    return Held(prefetch, AcquiredResources(keys))


def _as_before(key: AcquiredKey, before: AcquiredKey | None) -> AcquiredKey:
    """Keep what an earlier round of questions found out about a key that is not asked for in this one."""
    if before is None:
        return key
    return replace(key, state=before.state, shortfall=before.shortfall, issues=before.issues)


def _judged(key: AcquiredKey, before: AcquiredKey, fault: FetchFault | None, *, arrived: bool) -> AcquiredKey:
    """Return a key that was asked for with its state, its shortfall, and an issue where it led elsewhere."""
    shortfall = key.shortfall
    if fault is not None:
        shortfall = _shortfall_of(fault, key, before, arrived=arrived)
    elif shortfall is None and _foreign(key) > _foreign(before):
        shortfall = Shortfall.ERROR  # whoever was asked about, it was not only this patient
    state = key.state
    if arrived and state is KeyState.PREFETCHED:
        state = KeyState.FETCHED
    if shortfall is not None and not key.seen:
        state = KeyState.UNAVAILABLE
    issues = (*key.issues, REFUSED_ISSUE) if fault in _GOES_ELSEWHERE else key.issues
    return replace(key, state=state, shortfall=shortfall, issues=issues)


def _shortfall_of(
    fault: FetchFault, key: AcquiredKey, before: AcquiredKey, *, arrived: bool
) -> Shortfall | None:
    """Return the reason why nothing is there, or that something is but not all of it."""
    if arrived and key.seen:
        return Shortfall.TRUNCATED
    return SHORTFALL_OF_FAULT[fault] if before.state is KeyState.UNAVAILABLE else before.shortfall


def _foreign(key: AcquiredKey) -> int:
    return sum(issue.code is IssueCode.OTHER_PATIENT for issue in key.issues)


def _refused(held: Held, names: Iterable[str]) -> Held:
    """Return everything with the reason why nothing was asked: the server is not one of this client's."""
    keys = dict(held.acquired.keys)
    for name in names:
        key = keys[name]
        if key.state is KeyState.UNAVAILABLE:
            keys[name] = replace(key, shortfall=Shortfall.REFUSED)
    return replace(held, acquired=AcquiredResources(keys))
