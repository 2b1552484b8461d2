"""The real service at a chosen instant, called in process: as a WSGI application or one layer below HTTP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import orjson

from cards.validation import response_validator
from cds_service.application import create_app
from cds_service.evaluate import Evaluated, evaluate_all, examine
from cds_service.log import make_logger
from cds_service.request import Hook, parse_request
from cds_service.services import Services, load_services
from cds_service.settings import Settings
from cds_service.trust.authenticator import UNAUTHENTICATED

LOG = BytesIO()
"""What the services in this process have logged."""


@lru_cache(maxsize=64)
def services_at(as_of: datetime, site_path: Path | None = None) -> Services:
    """Return loaded services whose clock stands still at `as_of`."""
    quiet = make_logger(LOG)
    settings = Settings(site_path=site_path)
    return load_services(settings, clock=lambda: as_of, logger=quiet, trust=UNAUTHENTICATED)


@lru_cache(maxsize=64)
def wsgi_app_at(as_of: datetime, site_path: Path | None = None) -> Callable[..., Any]:
    """Return the WSGI application whose clock stands still at `as_of`."""
    return create_app(services=services_at(as_of, site_path)).wsgi_app


def response_is_valid(body: Any) -> bool:
    """Say whether a whole 200 answer satisfies the project's own response schema."""
    return response_validator().is_valid(body)


def evaluate_request(
    request: dict[str, Any], as_of: datetime, site_path: Path | None = None, **policies: Any
) -> tuple[Evaluated, ...]:
    """Return what the service made of each infliximab order (or of the chart) in a request.

    `policies` stand in place of the site's own.
    """
    services = services_at(as_of, site_path)
    if policies:
        knowledge = services.knowledge
        knowledge = replace(
            knowledge,
            policy=replace(knowledge.policy, **policies),
            content_hash=f"{knowledge.content_hash}{sorted(policies)}",
        )
        services = replace(services, knowledge=knowledge)
    parsed = parse_request(orjson.dumps(request), Hook(request["hook"]))
    now = services.now()
    return tuple(evaluate_all(examine(parsed, services, now), parsed, services, now))
