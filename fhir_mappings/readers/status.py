"""Status of a result: counts, pending, or not to be counted."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from tdm.facts import ResultStatus

_MAX_STATUS = 40


class ReadStatus(NamedTuple):
    """A status as read: `counted` when a result may become a fact, else why not.

    `pending`: registered, the result is still to come. `said` is the status as sent, for display.
    """

    counted: ResultStatus | None
    pending: bool = False
    said: str = ""


def read_status(value: Any) -> ReadStatus:
    """Return what a result's status means; blanks and case are tolerated ("entered-in-error ").

    No status at all counts as unknown. A status that FHIR does not know does not count.
    """
    if value is None:
        return ReadStatus(ResultStatus.UNKNOWN)
    if not isinstance(value, str):
        return ReadStatus(None, said="unreadable")
    return _read(value.strip().lower()[:_MAX_STATUS])


@lru_cache(maxsize=256)
def _read(said: str) -> ReadStatus:
    if not said:
        return ReadStatus(ResultStatus.UNKNOWN)
    if said == "registered":
        return ReadStatus(None, pending=True, said=said)
    if said == "appended":  # a DiagnosticReport's word for amended by addition
        return ReadStatus(ResultStatus.AMENDED, said=said)
    try:
        return ReadStatus(ResultStatus(said), said=said)
    except ValueError:
        return ReadStatus(None, said=said)
