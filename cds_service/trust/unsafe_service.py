"""Unsafe settings of the service itself: its address, browsers, debugging, and who else writes its files."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from cds_service.settings import Settings
from cds_service.trust.addresses import is_http, is_local, is_plain_https, origin_of
from cds_service.trust.unsafe import Finding, Unsafe, refuse_unsafe

_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH


def check_sandbox(settings: Settings) -> None:
    """Raise TrustError when sandbox mode could be reached from outside, or stands beside real clients."""
    findings = [Finding(Unsafe.SANDBOX_WITH_TRUST)] if settings.trust_path is not None else []
    if settings.public_base_url and not is_local(settings.public_base_url):
        findings.append(Finding(Unsafe.SANDBOX_IN_PUBLIC))
    refuse_unsafe(findings)


def service_findings(settings: Settings, tables: Mapping[str, Any], trust_path: Path) -> Iterator[Finding]:
    """Yield what is unsafe apart from the clients."""
    yield from _address_findings(settings)
    yield from _origin_findings(settings)
    if settings.debug:
        yield Finding(Unsafe.DEBUG)
    service = tables.get("service", {})
    yield from _file_findings(trust_path, holds_keys=any("jwks" in one for one in tables.get("client", [])))
    if "ca_file" in service:
        if not Path(service["ca_file"]).is_file():
            yield Finding(Unsafe.CA_FILE_MISSING)
        elif _others_may_write(Path(service["ca_file"])):
            yield Finding(Unsafe.CA_FILE_WRITABLE)
    if settings.site_path is not None and _others_may_write(settings.site_path):
        yield Finding(Unsafe.SITE_FILE_WRITABLE)


def _address_findings(settings: Settings) -> Iterator[Finding]:
    url = settings.public_base_url
    if not url:
        yield Finding(Unsafe.PUBLIC_URL_MISSING)
    elif is_http(url):
        yield Finding(Unsafe.PUBLIC_URL_HTTP)
    elif not is_plain_https(url) or is_local(url):
        yield Finding(Unsafe.PUBLIC_URL_LOCAL)


def _origin_findings(settings: Settings) -> Iterator[Finding]:
    if any("*" in origin for origin in settings.cors_origins):
        yield Finding(Unsafe.ORIGIN_WILDCARD)
    elif any(origin != origin_of(origin) for origin in settings.cors_origins):
        yield Finding(Unsafe.ORIGIN_NOT_HTTPS)


def _file_findings(trust_path: Path, *, holds_keys: bool) -> Iterator[Finding]:
    if _others_may_write(trust_path):
        yield Finding(Unsafe.TRUST_FILE_WRITABLE)
    owners = {one.stat().st_uid for one in (trust_path, *_folders(trust_path))}
    if owners - {0, os.geteuid()}:
        yield Finding(Unsafe.TRUST_FILE_OWNER)
    if holds_keys and trust_path.stat().st_mode & stat.S_IROTH:
        yield Finding(Unsafe.TRUST_FILE_READABLE)


def _others_may_write(path: Path) -> bool:
    """Say whether whoever does not own a file may change it, or put another in its place."""
    if path.stat().st_mode & _OTHERS_WRITE:
        return True
    # Kubernetes mounts configuration with every right, but so that nobody can write there.
    return any(
        mode & _OTHERS_WRITE and not mode & stat.S_ISVTX and not os.statvfs(folder).f_flag & os.ST_RDONLY
        for folder in _folders(path)
        if (mode := folder.stat().st_mode)
    )


def _folders(path: Path) -> set[Path]:
    """Return where a file is found, and where it is when that was a link."""
    return {path.absolute().parent, path.resolve().parent}
