"""From trust.toml to who is believed: read strictly, refused where unsafe, put together with its keys."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from cds_service.checked_toml import check_tables, read_tables
from cds_service.settings import Settings
from cds_service.trust.jwks_fetch import key_set_fetcher
from cds_service.trust.key_sets import MOST_WAITING, FetchedKeys, GivenKeys, KeySource
from cds_service.trust.keys import VerificationKey, read_key
from cds_service.trust.model import (
    DEFAULT_LIFETIME_CAP_SECONDS,
    DEFAULT_SKEW_SECONDS,
    TrustConfiguration,
    TrustedClient,
)
from cds_service.trust.reasons import Count, TrustError
from cds_service.trust.replay import FallbackReplayStore, MemoryReplayStore, ReplayStore
from cds_service.trust.token_authenticator import TokenAuthenticator
from cds_service.trust.unsafe import refuse_unsafe
from cds_service.trust.unsafe_clients import algorithms_of, client_findings
from cds_service.trust.unsafe_service import service_findings
from cds_service.trust.verify import TokenVerifier

Fetcher = Callable[[str, str], Callable[[], bytes]]
"""Makes what fetches a key set, from its address and the file of its certificate authority."""


def load_trust(
    settings: Settings,
    clock: Callable[[], datetime],
    count: Count,
    shared_replay: ReplayStore | None = None,
    *,
    monotonic: Callable[[], float] = time.monotonic,
    fetcher: Fetcher | None = None,
) -> TokenAuthenticator:
    """Return who is believed under these settings; raises TrustError naming every key that is unsafe.

    `shared_replay` remembers used tokens for all replicas; without it this process remembers its own.
    """
    if settings.trust_path is None:
        raise TrustError("INFLIXIMAB_CDS_TRUST: names no file")
    configuration = read_trust(settings, settings.trust_path)
    memory = MemoryReplayStore(count)
    verifier = TokenVerifier(
        configuration,
        _key_sources(configuration, count, monotonic, fetcher or _over_https),
        memory
        if shared_replay is None
        else FallbackReplayStore(shared_replay, memory, count=count, monotonic=monotonic),
        lambda: clock().timestamp(),
    )
    return TokenAuthenticator(configuration, verifier, settings.public_base_url, count)


def read_trust(settings: Settings, path: Path) -> TrustConfiguration:
    """Return what a trust.toml says; raises TrustError when it cannot be read or is unsafe."""
    tables = check_tables(read_tables(path, TrustError), "trust.json", TrustError)
    clients = tables.get("client", [])
    refuse_unsafe([*service_findings(settings, tables, path), *client_findings(clients)])
    service = tables.get("service", {})
    return TrustConfiguration(
        clients=tuple(_client(client) for client in clients),
        open_discovery=service.get("open_discovery", False),
        open_transparency=service.get("open_transparency", False),
        ca_file=service.get("ca_file", ""),
    )


def _client(table: Mapping[str, Any]) -> TrustedClient:
    algorithms = algorithms_of(table)
    keys = (read_key(jwk, algorithms) for jwk in table.get("jwks", []))
    return TrustedClient(
        name=table["name"],
        issuer=table["issuer"],
        algorithms=algorithms,
        jwks_url=table.get("jwks_url", ""),
        keys=tuple(key for key in keys if isinstance(key, VerificationKey)),
        audiences=frozenset(table.get("audience", [])),
        subjects=frozenset(table.get("subjects", [])),
        tenants={tenant: tuple(bases) for tenant, bases in table.get("tenants", {}).items()},
        fhir_bases=tuple(table.get("fhir_bases", [])),
        lifetime_cap_seconds=table.get("lifetime_cap_seconds", DEFAULT_LIFETIME_CAP_SECONDS),
        skew_seconds=table.get("skew_seconds", DEFAULT_SKEW_SECONDS),
    )


def _over_https(url: str, ca_file: str) -> Callable[[], bytes]:
    return key_set_fetcher(url, ca_file=ca_file)


def _key_sources(
    configuration: TrustConfiguration, count: Count, monotonic: Callable[[], float], fetcher: Fetcher
) -> dict[str, KeySource]:
    """Return one source of keys for each issuer; keys in the file are never looked for elsewhere."""
    sources: dict[str, KeySource] = {}
    waiting = threading.Semaphore(MOST_WAITING)
    for client in configuration.clients:
        if client.issuer in sources:
            continue
        if client.keys:
            sources[client.issuer] = GivenKeys(client.keys)
        else:
            fetch = fetcher(client.jwks_url, configuration.ca_file)
            sources[client.issuer] = FetchedKeys(
                fetch, client.algorithms, monotonic=monotonic, count=count, waiting=waiting
            )
    return sources
