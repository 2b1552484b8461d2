"""The effective configuration and what differs from the defaults, for `check-config`."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from cds_service.discovery import SERVICES
from cds_service.explanation import plain
from cds_service.services import Services


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
        },
        "site": site.site,
        "time_zone": services.zone.key,
        "services": {service.id: service.hook in services.hooks for service in SERVICES},
        "laboratory_orders": plain(site.laboratory_orders),
        "site_codes": [plain(code) for code in site.codes],
        "knowledge": {"version": knowledge.version, "content_hash": knowledge.content_hash},
        "policy": {
            field.name: plain(getattr(knowledge.policy, field.name)) for field in fields(knowledge.policy)
        },
        "targets": {name: plain(target) for name, target in sorted(knowledge.targets.items())},
        "assays": [plain(assay) for assay in knowledge.assays],
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
    if services.zone.key != "UTC":
        lines.append(f"time_zone: UTC -> {services.zone.key}")
    return lines
