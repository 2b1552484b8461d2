"""The route `POST /cds-services/<id>/feedback`: what clinicians made of the cards, kept or refused.

200 means durable. Whatever cannot be made durable now is answered with 503 and Retry-After; sending the same
again is harmless.
"""

from __future__ import annotations

from typing import Final

import orjson
from flask import Blueprint, Response, g, request

from cds_service.callers import current_caller
from cds_service.discovery import SERVICES
from cds_service.errors import FAULTS, Fault, RequestRefusedError, fault_response
from cds_service.feedback_items import FeedbackRefusedError, parse_feedback
from cds_service.log import RequestRecord
from cds_service.request import read_body
from cds_service.services import Services
from cds_service.store.records import FeedbackCall

BODY_LIMIT_BYTES: Final = 1024 * 1024
RETRY_AFTER_SECONDS: Final = 5

# An answer may come after its service was switched off: it is taken all the same.
_IDS: Final = frozenset(service.id for service in SERVICES)


def feedback_blueprint(services: Services) -> Blueprint:
    """Return the feedback route of every service."""
    blueprint = Blueprint("feedback", __name__)
    limit = min(BODY_LIMIT_BYTES, services.settings.body_limit_bytes)

    @blueprint.post("/cds-services/<service_id>/feedback")
    def feedback(service_id: str) -> Response:
        if service_id not in _IDS:
            raise RequestRefusedError(Fault.UNKNOWN_SERVICE)
        request.max_content_length = limit
        items = parse_feedback(read_body(request))
        record: RequestRecord = g.record
        record.feedback_items = len(items)
        caller = current_caller()
        call = FeedbackCall(caller.client, caller.tenant, service_id, services.clock(), items)
        if not services.store.keep_feedback(call):
            response = fault_response(Fault.FEEDBACK_NOT_KEPT)
            response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
            return response
        return Response(b"{}", mimetype="application/json")

    blueprint.register_error_handler(FeedbackRefusedError, _refused)
    return blueprint


def _refused(error: FeedbackRefusedError) -> Response:
    """Answer with one issue per item that cannot be taken: its code and its place, never its content."""
    response = fault_response(error.fault)
    response.data = orjson.dumps(
        {
            "resourceType": "OperationOutcome",
            "issue": [
                {
                    "severity": "error",
                    "code": FAULTS[one.fault].issue_type,
                    "details": {"text": FAULTS[one.fault].text},
                    "diagnostics": one.fault.value,
                    "expression": [one.place],
                }
                for one in error.faults
            ],
        }
    )
    return response
