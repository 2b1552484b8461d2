"""The real application with a route beside it for fair ratios: read, parse by orjson, answer a constant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from flask import Flask, Response, request

from cds_service.application import create_app
from cds_service.services import load_services
from cds_service.settings import Settings
from cds_service.trust.authenticator import UNAUTHENTICATED

if TYPE_CHECKING:
    from collections.abc import Mapping

CONSTANT = orjson.dumps(
    {"cards": [{"summary": "constant", "indicator": "info", "source": {"label": "constant"}}]}
)


def constant() -> Response:
    """Read the same bytes as a hook would, parse them, decide nothing."""
    orjson.loads(request.get_data())
    return Response(CONSTANT, content_type="application/json")


def application(overrides: Mapping[str, object] | None = None, *, logger: Any = None) -> Flask:
    """Build the service as it is served, plus `POST /benchmark/constant`."""
    settings = Settings(**dict(overrides or {}))
    app = create_app(services=load_services(settings, trust=UNAUTHENTICATED, logger=logger))
    app.add_url_rule("/benchmark/constant", view_func=constant, methods=["POST"])
    return app
