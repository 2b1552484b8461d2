"""Who a request comes from, by its token: the clients of a trust configuration and nobody else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cds_service.callers import Caller
from cds_service.trust.addresses import without_last_slash
from cds_service.trust.authenticator import ALWAYS_OPEN
from cds_service.trust.model import TrustConfiguration
from cds_service.trust.reasons import Count, RefusalReason
from cds_service.trust.tokens import read_token
from cds_service.trust.verify import TokenVerifier

_FEEDBACK: Final = "/feedback"


class TokenAuthenticator:
    """Believes the clients of a trust configuration, by the token of each call."""

    def __init__(
        self, configuration: TrustConfiguration, verifier: TokenVerifier, public_base_url: str, count: Count
    ) -> None:
        self._configuration = configuration
        self._verifier = verifier
        self._base = public_base_url
        self._count = count
        opened = {
            "/cds-services": configuration.open_discovery,
            "/transparency": configuration.open_transparency,
        }
        self._open = ALWAYS_OPEN | {route for route, is_open in opened.items() if is_open}

    @property
    def configuration(self) -> TrustConfiguration:
        """Return who is believed."""
        return self._configuration

    def prepare(self) -> None:
        """Get all keys before the first call; never raises."""
        self._verifier.prepare()

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
