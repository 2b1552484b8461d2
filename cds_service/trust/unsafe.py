"""The configurations that refuse to start: one code, one key and one reason for each."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from typing import Final

from cds_service.trust.reasons import TrustError


class Unsafe(StrEnum):
    """What is wrong with a configuration that must not serve."""

    NO_TRUST_FILE = "no-trust-file"
    NO_CLIENT = "no-client"
    PUBLIC_URL_MISSING = "public-url-missing"
    PUBLIC_URL_HTTP = "public-url-http"
    PUBLIC_URL_LOCAL = "public-url-local"
    ORIGIN_WILDCARD = "origin-wildcard"
    ORIGIN_NOT_HTTPS = "origin-not-https"
    DEBUG = "debug"
    SANDBOX_WITH_TRUST = "sandbox-with-trust"
    SANDBOX_IN_PUBLIC = "sandbox-in-public"
    SQLITE_WITH_REPLICAS = "sqlite-with-replicas"
    DATABASE_WORLD_READABLE = "database-world-readable"
    DATABASE_SECRET = "database-secret"  # noqa: S105 (a code, not a password)
    TRUST_FILE_WRITABLE = "trust-file-writable"
    TRUST_FILE_OWNER = "trust-file-owner"
    TRUST_FILE_READABLE = "trust-file-readable"
    CA_FILE_MISSING = "ca-file-missing"
    CA_FILE_WRITABLE = "ca-file-writable"
    SITE_FILE_WRITABLE = "site-file-writable"
    NAME_TWICE = "name-twice"
    ISSUER_HTTP = "issuer-http"
    ISSUER_NOT_PLAIN = "issuer-not-plain"
    ISSUER_SANDBOX = "issuer-sandbox"
    JWKS_URL_HTTP = "jwks-url-http"
    JWKS_URL_NOT_PLAIN = "jwks-url-not-plain"
    JWKS_URL_OTHER_HOST = "jwks-url-other-host"
    NO_KEYS = "no-keys"
    ALGORITHM_NONE = "algorithm-none"
    ALGORITHM_SYMMETRIC = "algorithm-symmetric"
    ALGORITHM_UNKNOWN = "algorithm-unknown"
    NO_ALGORITHM = "no-algorithm"
    KEY_PRIVATE = "key-private"
    KEY_SYMMETRIC = "key-symmetric"
    KEY_WEAK = "key-weak"
    KEY_ALGORITHM_MISMATCH = "key-algorithm-mismatch"
    KEY_PUBLISHED = "key-published"
    KEY_UNUSABLE = "key-unusable"
    KEY_TWICE = "key-twice"
    FHIR_BASES_EMPTY = "fhir-bases-empty"
    FHIR_BASE_HTTP = "fhir-base-http"
    FHIR_BASE_NOT_PLAIN = "fhir-base-not-plain"
    TENANT_WILDCARD = "tenant-wildcard"
    AUDIENCE_WILDCARD = "audience-wildcard"
    SUBJECT_WILDCARD = "subject-wildcard"
    CLIENTS_OVERLAP = "clients-overlap"
    ISSUER_TWO_KEY_SETS = "issuer-two-key-sets"
    LIFETIME_ABOVE_BOUND = "lifetime-above-bound"
    SKEW_ABOVE_BOUND = "skew-above-bound"


LARGEST_LIFETIME_SECONDS: Final = 3600
LARGEST_SKEW_SECONDS: Final = 300


@dataclass(frozen=True, slots=True)
class UnsafeText:
    """The key to mend, what must hold, and what would happen otherwise."""

    key: str
    must: str
    otherwise: str


_TEXTS: Final = tomllib.loads(files("cds_service.trust").joinpath("unsafe.toml").read_text(encoding="utf-8"))
UNSAFE: Final = {unsafe: UnsafeText(**_TEXTS[unsafe.value]) for unsafe in Unsafe}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is unsafe. `key` is the dotted key as it stands in the configuration."""

    unsafe: Unsafe
    key: str = ""

    @property
    def sentence(self) -> str:
        """Return the key, what must hold and the code; never a value of the configuration."""
        text = UNSAFE[self.unsafe]
        return f"{self.key or text.key}: {text.must} [{self.unsafe.value}]"


NO_TRUST: Final = Finding(Unsafe.NO_TRUST_FILE)


def refuse_unsafe(findings: list[Finding]) -> None:
    """Raise TrustError with every finding, in the order given; do nothing when there is none."""
    if findings:
        raise TrustError("; ".join(finding.sentence for finding in findings))
