"""Antibody results on record that are pending or could not be used: what they may hide, and for how long."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from tdm.facts import Moment
from tdm.issues import DataIssue, IssueCode
from tdm.knowledge.model import Policy

# A result named after level and antibodies at once may be one of antibodies.
UNREAD = frozenset({IssueCode.ATI_UNREADABLE, IssueCode.PANEL_VALUE_NOT_USED, IssueCode.ATI_PENDING})


def unread_results(issues: Iterable[DataIssue]) -> tuple[DataIssue, ...]:
    """The issues of results that may be of antibodies and are pending or could not be read."""
    return tuple([issue for issue in issues if issue.code in UNREAD])


def newest_unread(
    unread: Iterable[DataIssue], level_drawn: Moment | None, now: Moment, policy: Policy
) -> date | None:
    """The day of the newest result that could not be used and would still count had it been read.

    One that nobody can date counts as of today: it may be the newest. None where there is none, or only
    such as are too old to go with the level or to count by themselves.
    """
    oldest = now.day - timedelta(days=policy.ati_valid_days)
    if level_drawn is not None:
        oldest = min(oldest, level_drawn.day - timedelta(days=policy.ati_pairing_days))
    days = [day for issue in unread if (day := day_of(issue, now)) >= oldest]
    return max(days) if days else None


def day_of(issue: DataIssue, now: Moment) -> date:
    """The day that an issue names; today where it names none that can be read."""
    try:
        return date.fromisoformat(dict(issue.parameters).get("day", ""))
    except ValueError:
        return now.day
