"""Unsafe clients: addresses that read two ways, algorithms that prove nothing, clients that overlap."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, Final

from cds_service.trust.addresses import host_of, is_http, is_plain_https
from cds_service.trust.keys import DEFAULT_ALGORITHMS, KNOWN_ALGORITHMS, UnfitKey, read_key
from cds_service.trust.model import DEFAULT_LIFETIME_CAP_SECONDS, DEFAULT_SKEW_SECONDS
from cds_service.trust.published_keys import SANDBOX_ISSUER
from cds_service.trust.unsafe import LARGEST_LIFETIME_SECONDS, LARGEST_SKEW_SECONDS, Finding, Unsafe

ClientTable = Mapping[str, Any]

_OF_UNFIT_KEY: Final = {
    UnfitKey.SYMMETRIC: Unsafe.KEY_SYMMETRIC,
    UnfitKey.PRIVATE: Unsafe.KEY_PRIVATE,
    UnfitKey.PUBLISHED: Unsafe.KEY_PUBLISHED,
    UnfitKey.WEAK: Unsafe.KEY_WEAK,
    UnfitKey.ALGORITHM_MISMATCH: Unsafe.KEY_ALGORITHM_MISMATCH,
}


def client_findings(clients: Sequence[ClientTable]) -> Iterator[Finding]:
    """Yield what is unsafe about each client and about their company. The tables satisfy the schema."""
    if not clients:
        yield Finding(Unsafe.NO_CLIENT)
    for client in clients:
        key = f"client.{client['name']}"
        yield from _issuer_findings(client, key)
        yield from _key_source_findings(client, key)
        yield from _algorithm_findings(client, key)
        yield from _key_findings(client, key)
        yield from _base_findings(client, key)
        yield from _list_findings(client, key)
        yield from _bound_findings(client, key)
    for one, other in combinations(clients, 2):
        yield from _company_findings(one, other)


def _issuer_findings(client: ClientTable, key: str) -> Iterator[Finding]:
    issuer = client["issuer"]
    if is_http(issuer):
        yield Finding(Unsafe.ISSUER_HTTP, f"{key}.issuer")
    elif not is_plain_https(issuer):
        yield Finding(Unsafe.ISSUER_NOT_PLAIN, f"{key}.issuer")
    if host_of(issuer) == host_of(SANDBOX_ISSUER):
        yield Finding(Unsafe.ISSUER_SANDBOX, f"{key}.issuer")


def _key_source_findings(client: ClientTable, key: str) -> Iterator[Finding]:
    url = client.get("jwks_url")
    if url is None:
        if not client.get("jwks"):
            yield Finding(Unsafe.NO_KEYS, f"{key}.jwks")
    elif is_http(url):
        yield Finding(Unsafe.JWKS_URL_HTTP, f"{key}.jwks_url")
    elif not is_plain_https(url):
        yield Finding(Unsafe.JWKS_URL_NOT_PLAIN, f"{key}.jwks_url")
    elif host_of(url) != client.get("jwks_host", host_of(client["issuer"])):
        yield Finding(Unsafe.JWKS_URL_OTHER_HOST, f"{key}.jwks_url")


def algorithms_of(client: ClientTable) -> frozenset[str]:
    """Return the algorithms that a client is pinned to."""
    return frozenset(client.get("algorithms", DEFAULT_ALGORITHMS))


def _algorithm_findings(client: ClientTable, key: str) -> Iterator[Finding]:
    algorithms = algorithms_of(client)
    if not algorithms:
        yield Finding(Unsafe.NO_ALGORITHM, f"{key}.algorithms")
    for name in sorted(algorithms - KNOWN_ALGORITHMS):
        lowered = name.strip().lower()
        unsafe = Unsafe.ALGORITHM_SYMMETRIC if lowered.startswith("hs") else Unsafe.ALGORITHM_UNKNOWN
        yield Finding(Unsafe.ALGORITHM_NONE if lowered == "none" else unsafe, f"{key}.algorithms")


def _key_findings(client: ClientTable, key: str) -> Iterator[Finding]:
    seen: set[Any] = set()
    for place, jwk in enumerate(client.get("jwks", [])):
        read = read_key(jwk, algorithms_of(client))
        if isinstance(read, UnfitKey):
            yield Finding(_OF_UNFIT_KEY.get(read, Unsafe.KEY_UNUSABLE), f"{key}.jwks.{place}")
        elif read.key_id in seen:
            yield Finding(Unsafe.KEY_TWICE, f"{key}.jwks.{place}")
        else:
            seen.add(read.key_id)


def _base_findings(client: ClientTable, key: str) -> Iterator[Finding]:
    lists = {f"{key}.tenants.{tenant}": bases for tenant, bases in client.get("tenants", {}).items()}
    if "fhir_bases" in client or not lists:
        lists[f"{key}.fhir_bases"] = client.get("fhir_bases", [])
    for place, bases in lists.items():
        if not bases:
            yield Finding(Unsafe.FHIR_BASES_EMPTY, place)
        if any(is_http(base) for base in bases):
            yield Finding(Unsafe.FHIR_BASE_HTTP, place)
        if any(not is_plain_https(base) and not is_http(base) for base in bases):
            yield Finding(Unsafe.FHIR_BASE_NOT_PLAIN, place)


def _list_findings(client: ClientTable, key: str) -> Iterator[Finding]:
    for name, unsafe in (
        ("tenants", Unsafe.TENANT_WILDCARD),
        ("audience", Unsafe.AUDIENCE_WILDCARD),
        ("subjects", Unsafe.SUBJECT_WILDCARD),
    ):
        # An empty list would mean "any", which nobody writes down on purpose.
        values = client.get(name)
        if values is not None and (not values or any(not _is_exact(value) for value in values)):
            yield Finding(unsafe, f"{key}.{name}")


def _is_exact(value: str) -> bool:
    return bool(value) and "*" not in value and value == value.strip() and value.isprintable()


def _bound_findings(client: ClientTable, key: str) -> Iterator[Finding]:
    if client.get("lifetime_cap_seconds", DEFAULT_LIFETIME_CAP_SECONDS) > LARGEST_LIFETIME_SECONDS:
        yield Finding(Unsafe.LIFETIME_ABOVE_BOUND, f"{key}.lifetime_cap_seconds")
    if client.get("skew_seconds", DEFAULT_SKEW_SECONDS) > LARGEST_SKEW_SECONDS:
        yield Finding(Unsafe.SKEW_ABOVE_BOUND, f"{key}.skew_seconds")


def _company_findings(one: ClientTable, other: ClientTable) -> Iterator[Finding]:
    """Yield what is unsafe about two clients together."""
    key = f"client.{one['name']} and client.{other['name']}"
    if one["name"].lower() == other["name"].lower():
        yield Finding(Unsafe.NAME_TWICE, f"{key}: name")
    if one["issuer"] != other["issuer"]:
        return
    same_keys = all(one.get(name) == other.get(name) for name in ("jwks_url", "jwks", "jwks_host"))
    if not same_keys or algorithms_of(one) != algorithms_of(other):
        yield Finding(Unsafe.ISSUER_TWO_KEY_SETS, key)
    if _tenants(one) & _tenants(other) and _subjects_meet(one, other):
        yield Finding(Unsafe.CLIENTS_OVERLAP, key)


def _tenants(client: ClientTable) -> set[str]:
    """Return the tenants that a client's tokens may name, "" for a token that names none."""
    return {*client.get("tenants", {}), *([""] if client.get("fhir_bases") else [])}


def _subjects_meet(one: ClientTable, other: ClientTable) -> bool:
    mine, theirs = set(one.get("subjects", [])), set(other.get("subjects", []))
    return not mine or not theirs or bool(mine & theirs)
