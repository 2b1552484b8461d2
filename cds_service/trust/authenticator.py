"""Who a request comes from: by its token, or, in sandbox mode only, nobody is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Protocol

from cds_service.callers import SANDBOX_CALLER, Caller
from cds_service.trust.model import TrustConfiguration
from cds_service.trust.reasons import RefusalReason

ALWAYS_OPEN: Final = frozenset({"/livez", "/readyz", "/metrics"})
"""Routes for those who operate the service; they say nothing of patients."""


class Authenticator(Protocol):
    """Answers who calls."""

    @property
    def configuration(self) -> TrustConfiguration | None:
        """Return who is believed; None where nobody is asked."""

    def prepare(self) -> None:
        """Get ready for the first call; never raises."""

    def is_open(self, route: str) -> bool:
        """Say whether a route, as it is registered, answers anybody."""

    def caller(self, authorization: Sequence[str], path: str) -> Caller:
        """Return who sent a request to `path`; raises TokenRefusedError."""

    def refused(self, reason: RefusalReason) -> None:
        """Hear of a refusal, to count it."""


class Unauthenticated:
    """Believes everybody: for the sandbox on this machine, and for tests that construct it by name."""

    configuration: Final = None

    def __init__(self, fhir_bases: tuple[str, ...] = ()) -> None:
        """Take the FHIR servers that whoever calls may have asked."""
        self._caller = replace(SANDBOX_CALLER, fhir_bases=fhir_bases)

    def prepare(self) -> None:
        """Do nothing: there is nothing to know."""

    def is_open(self, route: str) -> bool:
        """Say whether a route may be called without asking; the caller is named all the same."""
        return route in ALWAYS_OPEN

    def caller(self, authorization: Sequence[str], path: str) -> Caller:  # noqa: ARG002 (nobody is asked)
        """Return the sandbox's caller."""
        return self._caller

    def refused(self, reason: RefusalReason) -> None:
        """Do nothing: nobody listens in the sandbox."""


UNAUTHENTICATED: Final = Unauthenticated()
