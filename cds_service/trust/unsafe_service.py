"""Unsafe settings of the service itself: its address, browsers, debugging, the database, the files' modes."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from cds_service.settings import Settings
from cds_service.trust.addresses import host_of, is_http, is_plain_https, origin_of
from cds_service.trust.unsafe import Finding, Unsafe, refuse_unsafe

_LOCAL_HOST: Final = re.compile(r"(?:localhost|127\.[0-9.]+|0\.0\.0\.0|\[::1?\])(?::[0-9]+)?", re.ASCII)


def check_sandbox(settings: Settings) -> None:
    """Raise TrustError when sandbox mode could be reached from outside, or stands beside real clients."""
    findings = [Finding(Unsafe.SANDBOX_WITH_TRUST)] if settings.trust_path is not None else []
    if settings.public_base_url and not _is_local(settings.public_base_url):
        findings.append(Finding(Unsafe.SANDBOX_IN_PUBLIC))
    refuse_unsafe(findings)


def service_findings(settings: Settings, tables: Mapping[str, Any], trust_path: Path) -> Iterator[Finding]:
    """Yield what is unsafe apart from the clients."""
    yield from _address_findings(settings)
    yield from _origin_findings(settings)
    if settings.debug:
        yield Finding(Unsafe.DEBUG)
    service = tables.get("service", {})
    yield from database_findings(settings.database_url, settings.replicas)
    yield from _file_findings(trust_path, holds_keys=any("jwks" in one for one in tables.get("client", [])))
    if "ca_file" in service and not Path(service["ca_file"]).is_file():
        yield Finding(Unsafe.CA_FILE_MISSING)


def database_findings(database_url: str, replicas: int) -> Iterator[Finding]:
    """Yield what is unsafe about a database address ("" for none)."""
    if database_url.startswith("sqlite"):
        if replicas > 1:
            yield Finding(Unsafe.SQLITE_WITH_REPLICAS)
        path = Path(database_url.partition("://")[2].removeprefix("/").partition("?")[0])
        if path.is_file() and path.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH):
            yield Finding(Unsafe.DATABASE_WORLD_READABLE)
    elif _holds_password(database_url):
        yield Finding(Unsafe.DATABASE_SECRET)


def _holds_password(database_url: str) -> bool:
    try:
        parts = urlsplit(database_url)
        return parts.password is not None or "password" in parse_qs(parts.query, keep_blank_values=True)
    except ValueError:  # whoever connects will say what is wrong with the address
        return False


def _address_findings(settings: Settings) -> Iterator[Finding]:
    url = settings.public_base_url
    if not url:
        yield Finding(Unsafe.PUBLIC_URL_MISSING)
    elif is_http(url):
        yield Finding(Unsafe.PUBLIC_URL_HTTP)
    elif not is_plain_https(url) or _is_local(url):
        yield Finding(Unsafe.PUBLIC_URL_LOCAL)


def _is_local(url: str) -> bool:
    return _LOCAL_HOST.fullmatch(host_of(url)) is not None


def _origin_findings(settings: Settings) -> Iterator[Finding]:
    if any("*" in origin for origin in settings.cors_origins):
        yield Finding(Unsafe.ORIGIN_WILDCARD)
    elif any(origin != origin_of(origin) for origin in settings.cors_origins):
        yield Finding(Unsafe.ORIGIN_NOT_HTTPS)


def _file_findings(trust_path: Path, *, holds_keys: bool) -> Iterator[Finding]:
    mode = trust_path.stat().st_mode
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        yield Finding(Unsafe.TRUST_FILE_WRITABLE)
    if holds_keys and mode & stat.S_IROTH:
        yield Finding(Unsafe.TRUST_FILE_READABLE)
