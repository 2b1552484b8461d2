"""Unsafe settings of the service itself: its address, browsers, debugging, and who else writes its files."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cds_service.settings import Settings
from cds_service.trust.addresses import is_http, is_local, is_plain_https, origin_of
from cds_service.trust.unsafe import Finding, Unsafe, refuse_unsafe


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
    if "ca_file" in service and not Path(service["ca_file"]).is_file():
        yield Finding(Unsafe.CA_FILE_MISSING)


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
    file, folder = trust_path.stat(), trust_path.absolute().parent
    if file.st_mode & (stat.S_IWGRP | stat.S_IWOTH) or _others_may_replace_files(folder):
        yield Finding(Unsafe.TRUST_FILE_WRITABLE)
    if {file.st_uid, folder.stat().st_uid} - {0, os.geteuid()}:
        yield Finding(Unsafe.TRUST_FILE_OWNER)
    if holds_keys and file.st_mode & stat.S_IROTH:
        yield Finding(Unsafe.TRUST_FILE_READABLE)


def _others_may_replace_files(folder: Path) -> bool:
    """Say whether whoever does not own the files of a folder may put others in their place."""
    mode = folder.stat().st_mode
    open_to_others = mode & (stat.S_IWGRP | stat.S_IWOTH) and not mode & stat.S_ISVTX
    # Kubernetes mounts configuration with every right, but so that nobody can write there.
    return bool(open_to_others) and not os.statvfs(folder).f_flag & os.ST_RDONLY
