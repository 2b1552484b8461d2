"""Whether a token is believed: signature, issuer, audience, times, subject, tenant, and that it comes once.

The library verifies the signature and is told every one of its defaults. Times are judged here, because "now"
is a parameter in this project and the library would ask the system's clock. Nothing is said about what the
caller may do: that follows from the client and tenant that are returned.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

import jwt

from cds_service.trust.key_sets import KeySource
from cds_service.trust.keys import VerificationKey
from cds_service.trust.model import SignedClaims, TrustConfiguration, TrustedClient, Verified
from cds_service.trust.reasons import RefusalReason, TokenRefusedError
from cds_service.trust.replay import ReplayStore, hash_of
from cds_service.trust.tokens import UnverifiedToken

REQUIRED_CLAIMS: Final = ("iss", "aud", "exp", "iat", "jti")
LONGEST_TOKEN_ID: Final = 512
_MARGIN_SECONDS: Final = 5  # a token is remembered a little longer than any clock would still accept it
_LAST_SECOND: Final = 253_402_300_799  # the end of the year 9999


class TokenVerifier:
    """Verifies tokens for the clients of one configuration. `now` gives seconds since 1970."""

    def __init__(
        self,
        configuration: TrustConfiguration,
        key_sources: Mapping[str, KeySource],
        replay: ReplayStore,
        now: Callable[[], float],
    ) -> None:
        self._configuration = configuration
        self._key_sources = key_sources
        self._replay = replay
        self._now = now

    def prepare(self) -> None:
        """Get all keys before the first token comes; what cannot be had now is tried again then."""
        for source in self._key_sources.values():
            source.prepare()

    def verify(self, token: UnverifiedToken, audiences: frozenset[str]) -> Verified:
        """Return what a token proves, and note its use; raises TokenRefusedError.

        `audiences` are the addresses of the endpoint that is called. A token that is returned was never
        returned before; one that is refused stays unused.
        """
        clients = self._configuration.clients_of(token.issuer)
        if not clients:
            raise TokenRefusedError(RefusalReason.ISSUER_UNKNOWN)
        # All clients of one issuer share its keys and algorithms: the configuration is refused otherwise.
        first = clients[0]
        if token.jku is not None and token.jku != first.jwks_url:
            raise TokenRefusedError(RefusalReason.JKU_REFUSED)
        if token.algorithm not in first.algorithms:
            raise TokenRefusedError(RefusalReason.ALGORITHM_REFUSED)
        key = self._key_sources[token.issuer].key(token.key_id)
        if token.algorithm not in key.algorithms:
            raise TokenRefusedError(RefusalReason.ALGORITHM_REFUSED)
        claims = signed_claims(token, key)
        tenant = _tenant(claims)
        client = _client(clients, claims, tenant, audiences)
        now = self._now()
        expires_at = _check_times(claims, client, now)
        self._use_once(claims, expires_at + client.skew_seconds + _MARGIN_SECONDS, int(now))
        return Verified(client, tenant, claims)

    def _use_once(self, claims: SignedClaims, kept_until: int, now: int) -> None:
        token_id = claims["jti"]
        if not isinstance(token_id, str) or not 0 < len(token_id) <= LONGEST_TOKEN_ID:
            raise TokenRefusedError(RefusalReason.CLAIM_MALFORMED)
        if not self._replay.first_use(hash_of(claims["iss"]), hash_of(token_id), kept_until, now):
            raise TokenRefusedError(RefusalReason.REPLAYED)


def signed_claims(token: UnverifiedToken, key: VerificationKey) -> SignedClaims:
    """Return the claims of a token that this key signed; raises TokenRefusedError."""
    try:
        claims = jwt.decode(
            token.text,
            key=key.public_key,
            algorithms=[token.algorithm],  # pinned: it is among the issuer's and among the key's by now
            options={
                "verify_signature": True,
                "require": list(REQUIRED_CLAIMS),
                "verify_iss": True,
                "verify_jti": True,
                "verify_sub": True,  # that it is a text; which one is judged per client
                "verify_exp": False,  # the times are judged by `_check_times`, at the given now
                "verify_iat": False,
                "verify_nbf": False,
                "verify_aud": False,  # judged per client by `_client`, which may replace the audience
                "strict_aud": False,
                "enforce_minimum_key_length": True,
            },
            audience=None,
            issuer=token.issuer,
            subject=None,
            leeway=0,
        )
    except jwt.InvalidSignatureError:
        raise TokenRefusedError(RefusalReason.SIGNATURE_INVALID) from None
    except Exception:  # noqa: BLE001 (overflows, type errors and recursion have escaped from such libraries before)
        raise TokenRefusedError(RefusalReason.CLAIM_MALFORMED) from None
    return SignedClaims(claims)


def _tenant(claims: SignedClaims) -> str:
    """Return the tenant that a token names, "" for none. A claim that is there must be a text."""
    tenant = claims.get("tenant", "")
    if not isinstance(tenant, str) or (not tenant and "tenant" in claims):
        raise TokenRefusedError(RefusalReason.CLAIM_MALFORMED)
    return tenant


def _client(
    clients: tuple[TrustedClient, ...], claims: SignedClaims, tenant: str, audiences: frozenset[str]
) -> TrustedClient:
    """Return the one client that a token belongs to. The configuration guarantees that there is no second."""
    of_tenant = [client for client in clients if client.bases_of(tenant)]
    if not of_tenant:
        raise TokenRefusedError(RefusalReason.TENANT_UNKNOWN)
    subject = claims.get("sub")
    of_subject = [client for client in of_tenant if not client.subjects or subject in client.subjects]
    if not of_subject:
        raise TokenRefusedError(RefusalReason.SUBJECT_WRONG)
    client = of_subject[0]
    if not _audience(claims["aud"]) & (client.audiences or audiences):
        raise TokenRefusedError(RefusalReason.AUDIENCE_WRONG)
    return client


def _audience(value: Any) -> frozenset[str]:
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise TokenRefusedError(RefusalReason.CLAIM_MALFORMED)
    return frozenset(listed)


def _seconds(claims: SignedClaims, name: str) -> float:
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TokenRefusedError(RefusalReason.CLAIM_MALFORMED)
    if not 0 <= value <= _LAST_SECOND:  # which no infinity satisfies, and nothing that is no number
        raise TokenRefusedError(RefusalReason.CLAIM_MALFORMED)
    return value


def _check_times(claims: SignedClaims, client: TrustedClient, now: float) -> int:
    """Return when a token expires, in whole seconds; raises TokenRefusedError where its times do not hold."""
    issued_at, expires_at = _seconds(claims, "iat"), _seconds(claims, "exp")
    skew = client.skew_seconds
    if now >= expires_at + skew:
        raise TokenRefusedError(RefusalReason.EXPIRED)
    if issued_at > now + skew or ("nbf" in claims and _seconds(claims, "nbf") > now + skew):
        raise TokenRefusedError(RefusalReason.NOT_YET_VALID)
    if not 0 < expires_at - issued_at <= client.lifetime_cap_seconds:
        raise TokenRefusedError(RefusalReason.LIFETIME_TOO_LONG)
    return math.ceil(expires_at)
