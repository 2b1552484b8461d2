"""What the trust configuration says, once it has been found safe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NewType

if TYPE_CHECKING:  # what says who is believed is read without the libraries that verify it
    from cds_service.trust.keys import VerificationKey

SignedClaims = NewType("SignedClaims", dict[str, Any])
"""The claims of a token whose signature was verified. Only `cds_service.trust.verify` makes this type."""

DEFAULT_LIFETIME_CAP_SECONDS = 900
DEFAULT_SKEW_SECONDS = 60


@dataclass(frozen=True, slots=True)
class TrustedClient:
    """One client that is believed.

    `jwks_url` is where its issuer's keys are fetched, unless `keys` were given in the file; a token that
    names a `jku` must name exactly this one. `audiences` replaces the service's own addresses where a client
    cannot be made to send them. `subjects` are the accepted `sub` values, none meaning any. `tenants` maps
    the `tenant` claim to the FHIR bases that it may name; `fhir_bases` are those of tokens without a tenant.
    """

    name: str
    issuer: str
    algorithms: frozenset[str]
    jwks_url: str = ""
    keys: tuple[VerificationKey, ...] = ()
    audiences: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()
    tenants: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fhir_bases: tuple[str, ...] = ()
    lifetime_cap_seconds: int = DEFAULT_LIFETIME_CAP_SECONDS
    skew_seconds: int = DEFAULT_SKEW_SECONDS

    def bases_of(self, tenant: str) -> tuple[str, ...]:
        """Return the FHIR bases of a tenant ("" for a token that names none); none when unknown here."""
        return self.tenants.get(tenant, ()) if tenant else self.fhir_bases


@dataclass(frozen=True, slots=True)
class TrustConfiguration:
    """Everything that trust.toml says. `ca_file` is the authority of key servers, "" for the usual ones."""

    clients: tuple[TrustedClient, ...]
    open_discovery: bool = False
    open_transparency: bool = False
    ca_file: str = ""

    def clients_of(self, issuer: str) -> tuple[TrustedClient, ...]:
        """Return the clients whose tokens an issuer signs."""
        return tuple(client for client in self.clients if client.issuer == issuer)


@dataclass(frozen=True, slots=True)
class Verified:
    """A believed token: whose it is, for which tenant ("" for none), and what it says."""

    client: TrustedClient
    tenant: str
    claims: SignedClaims
