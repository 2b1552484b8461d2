"""The table [fhir] of a site overlay: how long and how much is fetched, and how servers want to be asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, Final

from cds_service.site_file import SiteError
from fhir_mappings.acquisition.addresses import AddressRefusedError, FhirBase, read_base
from fhir_mappings.acquisition.client import check_ca_file
from fhir_mappings.acquisition.dialects import DEFAULT_DIALECT, DialectError, dialect_named
from fhir_mappings.acquisition.fetcher import FetchSettings
from fhir_mappings.acquisition.limits import FetchLimits, LimitError
from fhir_mappings.acquisition.server import ServerSettings

_LIMITS: Final = frozenset(field.name for field in fields(FetchLimits))


def fetch_settings(table: Mapping[str, Any]) -> FetchSettings:
    """Return the settings of the table [fhir]; raises SiteError naming the dotted key."""
    try:
        limits = FetchLimits(**{name: value for name, value in table.items() if name in _LIMITS})
    except LimitError as error:
        raise SiteError(f"fhir.{error}") from None
    default = _server(table, "fhir", {})
    servers: dict[FhirBase, ServerSettings] = {}
    for number, entry in enumerate(table.get("server", ())):
        place = f"fhir.server.{number}"
        try:
            base = read_base(entry["base"])
        except AddressRefusedError as error:
            raise SiteError(f"{place}.base: not a plain https address ({error.code})") from None
        if base in servers:
            raise SiteError(f"{place}.base: named twice")
        servers[base] = _server(entry, place, table)
    return FetchSettings(limits=limits, default=default, servers=servers)


def fetching_in_force(settings: FetchSettings) -> dict[str, Any]:
    """Return what is in force about fetching, as plain values."""
    return {
        **asdict(settings.limits),
        **_plain(settings.default),
        "server": [{"base": str(base), **_plain(one)} for base, one in settings.servers.items()],
    }


def fetching_differences(settings: FetchSettings) -> list[str]:
    """Return one line per value that differs from the defaults."""
    usual = fetching_in_force(FetchSettings())
    chosen = fetching_in_force(settings)
    servers = chosen.pop("server")
    lines = [
        f"fhir.{name}: {usual[name]} -> {value}"
        for name, value in chosen.items()
        if name != "dialect" and value != usual[name]
    ]
    lines += [
        f"fhir.dialect.{name}: {usual['dialect'][name]} -> {value}"
        for name, value in chosen["dialect"].items()
        if value != usual["dialect"][name]
    ]
    return lines + [
        f"fhir.server: + {server['base']} (dialect {server['dialect']['name']})" for server in servers
    ]


def _plain(settings: ServerSettings) -> dict[str, Any]:
    dialect = asdict(settings.dialect)
    return {"dialect": dialect, "ca_file": settings.ca_file}


def _server(table: Mapping[str, Any], place: str, usual: Mapping[str, Any]) -> ServerSettings:
    """Return the settings of one server; what it does not set is as for all, changes with the dialect."""
    changes = dict(table.get("dialect", usual.get("dialect", {})))
    ca_file = table.get("ca_file", usual.get("ca_file", ""))
    if ca_file:
        try:
            check_ca_file(ca_file)
        except ValueError as error:
            raise SiteError(f"{place}.ca_file: {error}") from None
    try:
        dialect = dialect_named(changes.pop("name", DEFAULT_DIALECT), changes)
    except DialectError as error:
        raise SiteError(f"{place}.dialect: {error}") from None
    return ServerSettings(dialect, ca_file)
