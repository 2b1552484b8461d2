"""Routes of sandbox mode, and the guard that keeps it on this machine."""

from __future__ import annotations

from typing import Final

import orjson
from flask import Blueprint, Response, request

from cds_service.errors import Fault, RequestRefusedError
from cds_service.sandbox.patients import example_patient, example_patients
from cds_service.services import Services

LOOPBACK_ADDRESSES: Final = frozenset({"127.0.0.1", "::1", "::ffff:127.0.0.1"})
LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})


def _refuse_others() -> None:
    """Refuse other machines, and pages that reach this one under a foreign host name (DNS rebinding)."""
    name = request.host.rpartition(":")[0] if request.host[-1:].isdigit() else request.host
    if request.remote_addr not in LOOPBACK_ADDRESSES or (name or request.host) not in LOOPBACK_NAMES:
        raise RequestRefusedError(Fault.NOT_LOOPBACK)


def sandbox_blueprint(services: Services) -> Blueprint:
    """Return `GET /sandbox` (the list) and `GET /sandbox/requests/<slug>` (one request as of today)."""
    blueprint = Blueprint("sandbox", __name__)
    blueprint.before_app_request(_refuse_others)

    @blueprint.get("/sandbox")
    def listing() -> Response:
        body = {
            "notice": "Synthetic patients. Their dates move with the clock.",
            "patients": [
                {
                    "slug": patient.slug,
                    "title": patient.title,
                    "story": patient.story,
                    "request": f"/sandbox/requests/{patient.slug}",
                }
                for patient in example_patients()
            ],
        }
        return Response(orjson.dumps(body, option=orjson.OPT_INDENT_2), mimetype="application/json")

    @blueprint.get("/sandbox/requests/<slug>")
    def example_request(slug: str) -> Response:
        patient = example_patient(slug)
        if patient is None:
            raise RequestRefusedError(Fault.UNKNOWN_PATH)
        body = patient.request(today=services.now().day, zone=services.zone)
        return Response(orjson.dumps(body, option=orjson.OPT_INDENT_2), mimetype="application/json")

    return blueprint
