"""Who a request comes from: by its token, or, in sandbox mode only, nobody is asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from cds_service.callers import SANDBOX_CALLER, Caller
from cds_service.trust.addresses import without_last_slash
from cds_service.trust.model import TrustConfiguration
from cds_service.trust.reasons import Count, RefusalReason
from cds_service.trust.tokens import read_token
from cds_service.trust.verify import TokenVerifier

ALWAYS_OPEN: Final = frozenset({"/livez", "/readyz", "/metrics"})
"""Routes for those who operate the service; they say nothing of patients."""

_FEEDBACK: Final = "/feedback"


class Authenticator(Protocol):
    """Answers who calls."""

    def is_open(self, route: str) -> bool:
        """Say whether a route, as it is registered, answers anybody."""

    def caller(self, authorization: Sequence[str], path: str) -> Caller:
        """Return who sent a request to `path`; raises TokenRefusedError."""

    def refused(self, reason: RefusalReason) -> None:
        """Hear of a refusal, to count it."""


class Unauthenticated:
    """Believes everybody: for the sandbox on this machine, and for tests that construct it by name."""

    def is_open(self, route: str) -> bool:
        """Say whether a route may be called without asking; the caller is named all the same."""
        return route in ALWAYS_OPEN

    def caller(self, authorization: Sequence[str], path: str) -> Caller:  # noqa: ARG002 (nobody is asked)
        """Return the sandbox's caller."""
        return SANDBOX_CALLER

    def refused(self, reason: RefusalReason) -> None:
        """Do nothing: nobody listens in the sandbox."""


UNAUTHENTICATED: Final = Unauthenticated()


class TokenAuthenticator:
    """Believes the clients of a trust configuration, by the token of each call."""

    def __init__(
        self, configuration: TrustConfiguration, verifier: TokenVerifier, public_base_url: str, count: Count
    ) -> None:
        self.configuration: Final = configuration
        self._verifier = verifier
        self._base = public_base_url
        self._count = count
        opened = {
            "/cds-services": configuration.open_discovery,
            "/transparency": configuration.open_transparency,
        }
        self._open = ALWAYS_OPEN | {route for route, is_open in opened.items() if is_open}

    def is_open(self, route: str) -> bool:
        """Say whether a route is one for operators, or was opened by the configuration."""
        return route in self._open

    def caller(self, authorization: Sequence[str], path: str) -> Caller:
        """Return the client whose token this is; raises TokenRefusedError."""
        verified = self._verifier.verify(read_token(authorization), self.audiences(path))
        return Caller(
            client=verified.client.name,
            tenant=verified.tenant,
            fhir_bases=verified.client.bases_of(verified.tenant),
        )

    def refused(self, reason: RefusalReason) -> None:
        """Count a refusal."""
        self._count(reason)

    def audiences(self, path: str) -> frozenset[str]:
        """Return the addresses that a token for `path` may name, each with and without a slash at its end.

        They come from the configured public address, never from the Host header. Feedback may also be sent
        with the address of the service that it belongs to.
        """
        address = self._base + without_last_slash(path)
        addresses = {address, address.removesuffix(_FEEDBACK)}
        return frozenset(addresses | {one + "/" for one in addresses})
