"""`/livez`, `/readyz` and `/metrics`: for those who operate the service; none of them asks for a token."""

from __future__ import annotations

from flask import Blueprint, Response, request

from cds_service.errors import Fault, RequestRefusedError
from cds_service.metrics import CONTENT_TYPE
from cds_service.readiness import State
from cds_service.scrape_access import may_scrape, parse_networks
from cds_service.services import Services


def health_blueprint(services: Services) -> Blueprint:
    """Return the three routes. None touches the database, a FHIR server or a patient's data."""
    blueprint = Blueprint("health", __name__)
    networks = parse_networks(services.settings.metrics_networks)

    @blueprint.get("/livez")
    def livez() -> Response:
        """Answer that the process can answer: to restart it would not help anything else."""
        return Response("ok\n", mimetype="text/plain")

    @blueprint.get("/readyz")
    def readyz() -> Response:
        state = services.readiness.state
        return Response(f"{state}\n", status=200 if state is State.READY else 503, mimetype="text/plain")

    @blueprint.get("/metrics")
    def metrics() -> Response:
        if not may_scrape(request, networks):
            raise RequestRefusedError(Fault.UNKNOWN_PATH)  # others need not know that there is something
        return Response(services.counters.exposition(), content_type=CONTENT_TYPE)

    return blueprint
