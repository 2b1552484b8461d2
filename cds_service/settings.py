"""What an operator sets: addresses, limits and paths, from environment or command line; no secrets."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from cds_service.scrape_access import LOOPBACK_NETWORKS, parse_networks
from cds_service.store.address import DEFAULT_DATABASE_URL, DatabaseAddressError, check_address
from fhir_mappings.acquisition.addresses import AddressRefusedError, read_base

ENVIRONMENT_PREFIX = "INFLIXIMAB_CDS_"
DEFAULT_BODY_LIMIT_BYTES = 16 * 1024 * 1024
SMALLEST_BODY_LIMIT_BYTES = 1024
LARGEST_BODY_LIMIT_BYTES = 256 * 1024 * 1024

_WHOLE_NUMBER = re.compile(r"[0-9]{1,12}", re.ASCII)


class SettingsError(ValueError):
    """A setting that cannot be used; the message names it and what would be accepted."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the service is told from outside.

    `public_base_url` is where clients reach the service ("https://cds.example.org", no trailing slash), or
    "" when unknown. `body_limit_bytes` bounds a request body. `time_zone` is an IANA name that overrides the
    site overlay's, or "". `sandbox` switches synthetic patients on and everything but loopback off.
    `site_path` names the site overlay, `trust_path` the file that says who is believed. `debug` is true when
    the web framework's own switch for development is set. `cors_origins` are browser origins that may read
    answers ("*": any, as in the sandbox; nothing here is protected by cookies). `sandbox_fhir_bases` are the
    FHIR servers on this machine that requests to a sandbox may name. `database_url` says where feedback is
    kept ("": nowhere, it is refused then), `replicas` how many instances of the service run beside each
    other, this one included. `metrics_networks` are the networks ("10.1.0.0/16") whose scrapers may read
    `/metrics`.
    """

    public_base_url: str = ""
    body_limit_bytes: int = DEFAULT_BODY_LIMIT_BYTES
    time_zone: str = ""
    sandbox: bool = False
    site_path: Path | None = None
    trust_path: Path | None = None
    debug: bool = False
    cors_origins: tuple[str, ...] = ("*",)
    sandbox_fhir_bases: tuple[str, ...] = ()
    database_url: str = ""
    replicas: int = 1
    metrics_networks: tuple[str, ...] = LOOPBACK_NETWORKS

    def __post_init__(self) -> None:
        if not SMALLEST_BODY_LIMIT_BYTES <= self.body_limit_bytes <= LARGEST_BODY_LIMIT_BYTES:
            raise SettingsError(
                f"body_limit_bytes must lie between {SMALLEST_BODY_LIMIT_BYTES} "
                f"and {LARGEST_BODY_LIMIT_BYTES}"
            )
        if self.public_base_url:
            _check_base_url(self.public_base_url)
        try:
            parse_networks(self.metrics_networks)
        except ValueError:
            raise SettingsError(
                "metrics_networks must be networks such as 10.1.0.0/16, none wider, also together, "
                "than 10.0.0.0/8 or fc00::/7"
            ) from None
        if self.sandbox_fhir_bases:
            self._check_sandbox_fhir_bases()
        if self.replicas < 1:
            raise SettingsError("replicas must be at least 1")
        try:
            check_address(self.database_url, replicas=self.replicas, sandbox=self.sandbox)
        except DatabaseAddressError as error:
            raise SettingsError(str(error)) from None

    def _check_sandbox_fhir_bases(self) -> None:
        if not self.sandbox:
            raise SettingsError("sandbox_fhir_bases are for sandbox mode only; other clients name their own")
        for base in self.sandbox_fhir_bases:
            try:
                loopback = read_base(base).is_loopback
            except AddressRefusedError as error:
                raise SettingsError(
                    f"fhir-base is not a plain address such as http://127.0.0.1:8080/fhir ({error.code})"
                ) from None
            if not loopback:
                raise SettingsError("fhir-base must be on this machine: 127.0.0.1, localhost or [::1]")


def _check_base_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # a port beyond 65535 shows only when it is asked for
    except ValueError:
        raise SettingsError("public_base_url must be an absolute http or https address") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SettingsError("public_base_url must be an absolute http or https address")
    if parts.query or parts.fragment or parts.username or url.endswith("/"):
        raise SettingsError("public_base_url must have no query, fragment, user or trailing slash")


_VARIABLES = (
    "PUBLIC_BASE_URL",
    "BODY_LIMIT_BYTES",
    "TIME_ZONE",
    "SITE",
    "TRUST",
    "CORS_ORIGINS",
    "DATABASE_URL",
    "REPLICAS",
    "METRICS_NETWORKS",
)
_DEBUG_VARIABLE = "FLASK_DEBUG"
_OFF = frozenset({"", "0", "false", "no"})
METRICS_FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_TLS_KEYS_VARIABLE = "SSLKEYLOGFILE"
_SERVER_VARIABLES = ("PGHOST", "PGHOSTADDR", "PGSERVICE")
"""By which PostgreSQL's client would go to another server than the address says, and without its checks."""


def settings_from_environment(environment: Mapping[str, str], *, sandbox: bool = False) -> Settings:
    """Read the `INFLIXIMAB_CDS_*` variables; raise SettingsError for an unknown or unusable one.

    Sandbox mode is never read from the environment: a variable left behind must not open a server up. Where
    no browser origin is named, none may read answers, except in the sandbox.
    """
    for name in sorted(environment):
        if name.startswith(ENVIRONMENT_PREFIX) and name.removeprefix(ENVIRONMENT_PREFIX) not in _VARIABLES:
            near = difflib.get_close_matches(name.removeprefix(ENVIRONMENT_PREFIX), _VARIABLES, n=1)
            known = [ENVIRONMENT_PREFIX + variable for variable in near or _VARIABLES]
            hint = f"; did you mean {known[0]}?" if near else f"; known are {', '.join(known)}"
            raise SettingsError(f"unknown environment variable {name}{hint}")
    given = {name: environment.get(ENVIRONMENT_PREFIX + name, "").strip() for name in _VARIABLES}
    limit = given["BODY_LIMIT_BYTES"]
    if limit and not _WHOLE_NUMBER.fullmatch(limit):
        raise SettingsError(f"{ENVIRONMENT_PREFIX}BODY_LIMIT_BYTES must be a whole number of bytes")
    replicas = given["REPLICAS"]
    if replicas and not _WHOLE_NUMBER.fullmatch(replicas):
        raise SettingsError(f"{ENVIRONMENT_PREFIX}REPLICAS must be a whole number")
    _check_other_variables(environment, given["DATABASE_URL"])
    origins, networks = (
        tuple(one.strip() for one in given[name].split(",") if one.strip())
        for name in ("CORS_ORIGINS", "METRICS_NETWORKS")
    )
    return Settings(
        public_base_url=given["PUBLIC_BASE_URL"],
        body_limit_bytes=int(limit) if limit else DEFAULT_BODY_LIMIT_BYTES,
        time_zone=given["TIME_ZONE"],
        sandbox=sandbox,
        site_path=Path(given["SITE"]) if given["SITE"] else None,
        trust_path=Path(given["TRUST"]) if given["TRUST"] else None,
        debug=environment.get(_DEBUG_VARIABLE, "").strip().lower() not in _OFF,
        cors_origins=origins or (("*",) if sandbox else ()),
        database_url=given["DATABASE_URL"] or DEFAULT_DATABASE_URL,
        replicas=int(replicas) if replicas else 1,
        metrics_networks=networks or LOOPBACK_NETWORKS,
    )


def _check_other_variables(environment: Mapping[str, str], database_url: str) -> None:
    """Refuse variables of libraries that would fail late, or change what a checked setting means."""
    folder = environment.get(METRICS_FOLDER_VARIABLE, "")
    if folder and not (Path(folder).is_dir() and os.access(folder, os.W_OK)):
        raise SettingsError(f"{METRICS_FOLDER_VARIABLE} must name a folder that exists and can be written to")
    if environment.get(_TLS_KEYS_VARIABLE):
        raise SettingsError(f"{_TLS_KEYS_VARIABLE} must not be set: the keys of connections would be written")
    for name in _SERVER_VARIABLES:
        if environment.get(name) and database_url.startswith("postgresql"):
            raise SettingsError(f"{name} must not be set: {ENVIRONMENT_PREFIX}DATABASE_URL names the server")
