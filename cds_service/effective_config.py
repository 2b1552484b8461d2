"""The effective configuration and what differs from the defaults, for `check-config`."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from cds_service.discovery import SERVICES
from cds_service.explanation import plain
from cds_service.services import Services
from cds_service.site_fetching import fetching_differences, fetching_in_force
from cds_service.trust.model import TrustedClient


def effective_configuration(services: Services) -> dict[str, Any]:
    """Return everything that is in force: settings, switches, codes, policies, targets, assays."""
    settings, site, knowledge = services.settings, services.site, services.knowledge
    return {
        "settings": {
            "public_base_url": settings.public_base_url,
            "body_limit_bytes": settings.body_limit_bytes,
            "cors_origins": list(settings.cors_origins),
            "database_url": settings.database_url,
            "replicas": settings.replicas,
            "site_file": str(settings.site_path) if settings.site_path is not None else "",
            "trust_file": str(settings.trust_path) if settings.trust_path is not None else "",
        },
        "trust": _trust(services),
        "site": site.site,
        "time_zone": services.zone.key,
        "services": {service.id: service.hook in services.hooks for service in SERVICES},
        "laboratory_orders": plain(site.laboratory_orders),
        "site_codes": [plain(code) for code in site.codes],
        "fhir": fetching_in_force(site.fetching),
        "knowledge": {"version": knowledge.version, "content_hash": knowledge.content_hash},
        "policy": {
            field.name: plain(getattr(knowledge.policy, field.name)) for field in fields(knowledge.policy)
        },
        "targets": {name: plain(target) for name, target in sorted(knowledge.targets.items())},
        "assays": [plain(assay) for assay in knowledge.assays],
    }


def _trust(services: Services) -> dict[str, Any]:
    """Return who is believed, empty where nobody was configured. Key sets by their ids, never the keys."""
    configuration = services.trust.configuration if services.trust is not None else None
    if configuration is None:
        return {}
    return {
        "open_discovery": configuration.open_discovery,
        "open_transparency": configuration.open_transparency,
        "ca_file": configuration.ca_file,
        "clients": {client.name: _client(client) for client in configuration.clients},
    }


def _client(client: TrustedClient) -> dict[str, Any]:
    return {
        "issuer": client.issuer,
        "keys": sorted(key.key_id for key in client.keys) or client.jwks_url,
        "algorithms": sorted(client.algorithms),
        "audience": sorted(client.audiences) or "the address that is called",
        "subjects": sorted(client.subjects) or "any",
        "fhir_bases": list(client.fhir_bases),
        "tenants": {tenant: list(bases) for tenant, bases in sorted(client.tenants.items())},
        "lifetime_cap_seconds": client.lifetime_cap_seconds,
        "skew_seconds": client.skew_seconds,
    }


def differences(services: Services) -> list[str]:
    """Return one line per value that differs from the defaults, with who approved it, when and why."""
    site = services.site
    lines = [
        f"{done.key}: {done.before} -> {done.after}  ({done.reason}; {done.approver}, {done.day})"
        for done in services.knowledge.overrides
    ]
    lines += [f"hooks.{hook.value}: on -> off" for hook in sorted(site.hooks_off)]
    lines += [
        f"codes.{code.concept}: + {code.system}|{code.code} {code.display}".rstrip() for code in site.codes
    ]
    lines += [
        f"laboratory_orders.{name}: + {coding['system']}|{coding['code']} {coding['display']}"
        for name, coding in sorted(site.laboratory_orders.items())
    ]
    lines += fetching_differences(site.fetching)
    if services.zone.key != "UTC":
        lines.append(f"time_zone: UTC -> {services.zone.key}")
    return lines
