"""What came of one request to a FHIR server: a body, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tdm.facts import Shortfall


class FetchFault(StrEnum):
    """Why something could not be fetched. The codes are logged; the card says the `Shortfall` of each."""

    TIMEOUT = "timeout"  # the deadline of the whole call came first
    CONNECTION = "connection"  # refused, reset, cut, or a name that is not known
    SERVER_ERROR = "server-error"  # 5xx
    THROTTLED = "throttled"  # 429
    CIRCUIT_OPEN = "circuit-open"  # the server failed just now and is left alone
    BUSY = "busy"  # as many requests wait for this server as may
    UNAUTHORIZED = "unauthorized"  # 401: the token is missing, wrong or used up
    FORBIDDEN = "forbidden"  # 403: the token does not reach so far
    REDIRECTED = "redirected"  # 3xx: no redirect is followed
    ADDRESS_REFUSED = "address-refused"  # a link or reference that leads elsewhere
    NOT_FOUND = "not-found"  # 404 or 410
    REQUEST_REFUSED = "request-refused"  # any other 4xx: the server does not know this query
    OUTCOME = "operation-outcome"  # an OperationOutcome in the place of what was asked for
    NOT_JSON = "not-json"  # HTML, another content type, or no strict JSON
    NOT_FHIR = "not-fhir"  # JSON, but not the resource that was asked for
    ENCODED = "encoded"  # compressed although that was not accepted
    TOO_LARGE = "too-large"  # more bytes than are read
    TOO_MANY_PAGES = "too-many-pages"  # or entries
    PAGE_LOOP = "page-loop"  # a next link that was followed before
    OTHER_PATIENT = "other-patient"  # records of someone else among the answers
    INTERNAL = "internal"  # a fault of ours; the log says where


SHORTFALL_OF_FAULT: Final[dict[FetchFault, Shortfall]] = {
    FetchFault.TIMEOUT: Shortfall.TIMEOUT,
    FetchFault.CONNECTION: Shortfall.SERVER_UNAVAILABLE,
    FetchFault.SERVER_ERROR: Shortfall.SERVER_UNAVAILABLE,
    FetchFault.THROTTLED: Shortfall.SERVER_UNAVAILABLE,
    FetchFault.CIRCUIT_OPEN: Shortfall.SERVER_UNAVAILABLE,
    FetchFault.BUSY: Shortfall.SERVER_UNAVAILABLE,
    FetchFault.UNAUTHORIZED: Shortfall.UNAUTHORIZED,
    FetchFault.FORBIDDEN: Shortfall.UNAUTHORIZED,
    FetchFault.REDIRECTED: Shortfall.REFUSED,
    FetchFault.ADDRESS_REFUSED: Shortfall.REFUSED,
    FetchFault.NOT_FOUND: Shortfall.ERROR,
    FetchFault.REQUEST_REFUSED: Shortfall.ERROR,
    FetchFault.OUTCOME: Shortfall.ERROR,
    FetchFault.NOT_JSON: Shortfall.ERROR,
    FetchFault.NOT_FHIR: Shortfall.ERROR,
    FetchFault.ENCODED: Shortfall.ERROR,
    FetchFault.TOO_LARGE: Shortfall.TRUNCATED,
    FetchFault.TOO_MANY_PAGES: Shortfall.TRUNCATED,
    FetchFault.PAGE_LOOP: Shortfall.TRUNCATED,
    FetchFault.OTHER_PATIENT: Shortfall.ERROR,
    FetchFault.INTERNAL: Shortfall.ERROR,
}

NO_ANSWER: Final = frozenset(
    {FetchFault.TIMEOUT, FetchFault.CONNECTION, FetchFault.SERVER_ERROR, FetchFault.THROTTLED}
)
"""Faults by which a server counts as unwell; any other answer shows that it works."""


@dataclass(frozen=True, slots=True, repr=False)
class Body:
    """The body of a successful answer, read whole and within the limits."""

    content: bytes

    def __repr__(self) -> str:
        return f"Body({len(self.content)} bytes)"


@dataclass(frozen=True, slots=True)
class Refusal:
    """No body, and why. `retry_after_seconds` is what the server asked for, if it did."""

    fault: FetchFault
    retry_after_seconds: float | None = None
    may_be_retried: bool = False
