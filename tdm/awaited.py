"""Results that are on their way: they are awaited, not ordered a second time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from tdm.decision import Assessment, Option, OptionKind
from tdm.facts import Moment
from tdm.issues import DataIssue, IssueCode
from tdm.knowledge.model import Policy
from tdm.unread_antibodies import day_of

_K = OptionKind
_PENDING = frozenset({IssueCode.LEVEL_PENDING, IssueCode.ATI_PENDING})
_TESTS = {
    _K.MEASURE_LEVEL_AND_ATI: _PENDING,
    _K.MEASURE_LEVEL: frozenset({IssueCode.LEVEL_PENDING}),
    _K.MEASURE_ATI: frozenset({IssueCode.ATI_PENDING}),
    _K.QUANTIFY_ATI: frozenset({IssueCode.ATI_PENDING}),
}
_AWAIT = {
    _PENDING: _K.AWAIT_LEVEL_AND_ATI,
    frozenset({IssueCode.LEVEL_PENDING}): _K.AWAIT_LEVEL,
    frozenset({IssueCode.ATI_PENDING}): _K.AWAIT_ATI,
}
_MEASURE = {
    frozenset({IssueCode.LEVEL_PENDING}): _K.MEASURE_LEVEL,
    frozenset({IssueCode.ATI_PENDING}): _K.MEASURE_ATI,
}
AWAITING = frozenset(_AWAIT.values())


def awaited_results(
    issues: Iterable[DataIssue], assessment: Assessment, now: Moment, policy: Policy
) -> frozenset[IssueCode]:
    """Return which of level and antibodies are pending, as the codes of their issues.

    A pending result is awaited as long as an antibody result counts, unless a newer one has arrived: of a
    level a later sample's, of antibodies those of a later day. One that nobody can date is awaited.
    """
    pending = [issue for issue in issues if issue.code in _PENDING]
    if not pending:
        return frozenset()
    oldest = now.day - timedelta(days=policy.ati_valid_days)
    level, ati = assessment.level, assessment.ati
    since = dict.fromkeys(_PENDING, oldest)
    if level is not None and level.drawn is not None:
        # Beside a level of the same day a pending one is a second entry for the same sample.
        since[IssueCode.LEVEL_PENDING] = max(oldest, level.drawn.day + timedelta(days=1))
    if ati is not None and ati.drawn is not None:
        since[IssueCode.ATI_PENDING] = max(oldest, ati.drawn.day)
    return frozenset(issue.code for issue in pending if day_of(issue, now) >= since[issue.code])


def with_awaited(options: tuple[Option, ...], awaited: frozenset[IssueCode]) -> tuple[Option, ...]:
    """Return the options with those that measure what is pending turned into waiting for it.

    Where only a part is pending, the rest is still measured, as an option beside the waiting.
    """
    if not awaited:
        return options
    changed: list[Option] = []
    for option in options:
        tests = _TESTS.get(option.kind, frozenset())
        pending = tests & awaited
        if not pending:
            changed.append(option)
            continue
        changed.append(replace(option, kind=_AWAIT[pending]))
        if tests - pending:
            changed.append(replace(option, kind=_MEASURE[tests - pending], recommended=False))
    return tuple(dict.fromkeys(changed))


def awaiting_remarks(options: Iterable[Option]) -> tuple[str, ...]:
    """Return the id of the sentence that goes with waiting for a result; none where nothing is awaited."""
    return ("results-awaited",) if any(option.kind in AWAITING for option in options) else ()
