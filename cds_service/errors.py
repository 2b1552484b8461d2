"""Every answer that is not 2xx: a FHIR OperationOutcome with a stable code, never an echo of the input."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import orjson
from flask import Flask, Response, g
from werkzeug.exceptions import HTTPException

from cds_service.log import RequestRecord, where_it_failed


class Fault(StrEnum):
    """Why a request was not answered with cards. Codes are a contract; texts are for troubleshooting."""

    BODY_NOT_JSON = "body-not-json"
    BODY_NOT_READ = "body-not-read"
    BODY_TOO_DEEP = "body-too-deep"
    BODY_TOO_LARGE = "body-too-large"
    TOO_MANY_MEMBERS = "too-many-members"
    BODY_ENCODED = "body-encoded"
    DUPLICATE_KEY = "duplicate-key"
    NUMBER_NOT_FINITE = "number-not-finite"
    NOT_AN_OBJECT = "not-an-object"
    HOOK_MISSING = "hook-missing"
    HOOK_OF_ANOTHER_SERVICE = "hook-of-another-service"
    CONTEXT_MISSING = "context-missing"
    PATIENT_MISSING = "patient-missing"
    DRAFT_ORDERS_MISSING = "draft-orders-missing"
    PREFETCH_NOT_AN_OBJECT = "prefetch-not-an-object"
    OLDER_SHAPE = "older-shape"
    NO_USABLE_DATA = "no-usable-data"
    UNKNOWN_PATH = "unknown-path"
    UNKNOWN_SERVICE = "unknown-service"
    METHOD_NOT_ALLOWED = "method-not-allowed"
    FEEDBACK_MISSING = "feedback-missing"
    FEEDBACK_TOO_MANY = "feedback-too-many"
    FEEDBACK_ITEM = "feedback-item"
    FEEDBACK_CARD = "feedback-card"
    FEEDBACK_OUTCOME = "feedback-outcome"
    FEEDBACK_SUGGESTIONS = "feedback-suggestions"
    FEEDBACK_REASON = "feedback-reason"
    FEEDBACK_TIMESTAMP = "feedback-timestamp"
    FEEDBACK_NOT_KEPT = "feedback-not-kept"
    NOT_LOOPBACK = "not-loopback"
    NOT_AUTHENTICATED = "not-authenticated"
    REFUSED = "refused"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class FaultText:
    """HTTP status, FHIR issue type and sentence of one fault."""

    status: int
    issue_type: str
    text: str


FAULTS: Final[dict[Fault, FaultText]] = {
    Fault.BODY_NOT_JSON: FaultText(400, "structure", "The body is not valid JSON in UTF-8."),
    Fault.BODY_NOT_READ: FaultText(400, "structure", "The body could not be read to its end."),
    Fault.BODY_TOO_DEEP: FaultText(400, "too-costly", "The JSON is nested more deeply than is read."),
    Fault.TOO_MANY_MEMBERS: FaultText(
        400, "too-costly", "The request or its prefetch has more than 1,000 members."
    ),
    Fault.BODY_TOO_LARGE: FaultText(413, "too-long", "The body is larger than this service accepts."),
    Fault.BODY_ENCODED: FaultText(
        415, "not-supported", "The body has a Content-Encoding; send it without compression."
    ),
    Fault.DUPLICATE_KEY: FaultText(400, "structure", "A JSON object has the same key twice."),
    Fault.NUMBER_NOT_FINITE: FaultText(400, "value", "A number is not finite (NaN, Infinity or too large)."),
    Fault.NOT_AN_OBJECT: FaultText(400, "structure", "The body must be a JSON object."),
    Fault.HOOK_MISSING: FaultText(400, "required", "The request has no hook."),
    Fault.HOOK_OF_ANOTHER_SERVICE: FaultText(
        400, "value", "The hook in the request is not the hook of this service; see the discovery document."
    ),
    Fault.CONTEXT_MISSING: FaultText(400, "required", "The request has no context object."),
    Fault.PATIENT_MISSING: FaultText(400, "required", "The context has no patientId."),
    Fault.DRAFT_ORDERS_MISSING: FaultText(400, "required", "The context has no draftOrders."),
    Fault.PREFETCH_NOT_AN_OBJECT: FaultText(400, "structure", "The prefetch is not a JSON object."),
    Fault.OLDER_SHAPE: FaultText(
        400, "not-supported", "The request has a shape from before CDS Hooks 1.0; send a 1.0 or 2.0 request."
    ),
    Fault.NO_USABLE_DATA: FaultText(
        412,
        "incomplete",
        "None of the prefetch keys of this service was provided, so nothing can be said. "
        "See the discovery document for the prefetch templates.",
    ),
    Fault.UNKNOWN_PATH: FaultText(404, "not-found", "There is nothing at this path."),
    Fault.UNKNOWN_SERVICE: FaultText(
        404, "not-found", "There is no CDS service with this id; see the discovery document."
    ),
    Fault.METHOD_NOT_ALLOWED: FaultText(405, "not-supported", "This path does not answer that method."),
    Fault.FEEDBACK_MISSING: FaultText(
        400, "required", "The body has no list of feedback with an item in it."
    ),
    Fault.FEEDBACK_TOO_MANY: FaultText(413, "too-long", "The call has more items than are taken at once."),
    Fault.FEEDBACK_ITEM: FaultText(400, "structure", "An item of the feedback is not a JSON object."),
    Fault.FEEDBACK_CARD: FaultText(400, "value", "The card is not the uuid of a card of this service."),
    Fault.FEEDBACK_OUTCOME: FaultText(400, "value", "The outcome is neither accepted nor overridden."),
    Fault.FEEDBACK_SUGGESTIONS: FaultText(
        400,
        "value",
        "An accepted card names its accepted suggestions in a list of objects, each with the uuid as its id.",
    ),
    Fault.FEEDBACK_REASON: FaultText(
        400, "structure", "The overrideReason is not an object, or its reason is not a coding."
    ),
    Fault.FEEDBACK_TIMESTAMP: FaultText(
        400, "value", "The outcomeTimestamp is not a date and time of RFC 3339 with its zone."
    ),
    Fault.FEEDBACK_NOT_KEPT: FaultText(
        503, "transient", "The feedback could not be kept durably; send it again later."
    ),
    Fault.NOT_LOOPBACK: FaultText(
        403, "forbidden", "Sandbox mode answers this machine only (loopback address and host name)."
    ),
    Fault.NOT_AUTHENTICATED: FaultText(401, "security", "The request does not prove who it comes from."),
    Fault.REFUSED: FaultText(400, "processing", "The request was refused."),
    Fault.INTERNAL: FaultText(500, "exception", "The service failed; the failure was logged by its code."),
}


class RequestRefusedError(Exception):
    """A request that is answered with an OperationOutcome; carries the fault's code and nothing else."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


def operation_outcome(fault: Fault, *, issue_type: str | None = None) -> bytes:
    """Return the OperationOutcome of a fault as JSON; `diagnostics` is the stable code."""
    entry = FAULTS[fault]
    return orjson.dumps(
        {
            "resourceType": "OperationOutcome",
            "issue": [
                {
                    "severity": "error",
                    "code": issue_type or entry.issue_type,
                    "details": {"text": entry.text},
                    "diagnostics": fault.value,
                }
            ],
        }
    )


def fault_response(fault: Fault, *, status: int | None = None) -> Response:
    """Return the complete answer to a fault and note its code for the log line."""
    record: RequestRecord = g.record
    record.fault = fault.value
    response = Response(
        operation_outcome(fault), status=status or FAULTS[fault].status, mimetype="application/json"
    )
    if fault is Fault.NOT_AUTHENTICATED:
        response.headers["WWW-Authenticate"] = "Bearer"  # HTTP asks for it; nothing more is told
    return response


_FIRST_SERVER_ERROR: Final = 500
_FAULT_OF_STATUS: Final = {
    404: Fault.UNKNOWN_PATH,
    405: Fault.METHOD_NOT_ALLOWED,
    413: Fault.BODY_TOO_LARGE,
    415: Fault.BODY_ENCODED,
}


def _on_request_fault(error: RequestRefusedError) -> Response:
    return fault_response(error.fault)


def _on_http_exception(error: HTTPException) -> Response:
    """Answer what Flask or Werkzeug refused; its own description is dropped, it may quote the input."""
    status = error.code or 500
    fault = _FAULT_OF_STATUS.get(status, Fault.INTERNAL if status >= _FIRST_SERVER_ERROR else Fault.REFUSED)
    response = fault_response(fault, status=status)
    for name, value in error.get_headers():
        if name.lower() in {"allow", "retry-after"}:
            response.headers[name] = value
    return response


def _on_exception(error: Exception) -> Response:
    """Answer an unforeseen failure with 500; the log gets the kind and the place, never the message."""
    record: RequestRecord = g.record
    record.failed_at = where_it_failed(error)
    return fault_response(Fault.INTERNAL)


def register_error_handlers(app: Flask) -> None:
    """Make every non-2xx answer of the app an OperationOutcome."""
    app.register_error_handler(RequestRefusedError, _on_request_fault)
    app.register_error_handler(HTTPException, _on_http_exception)
    # The outermost guard: the unforeseen too must be answered in FHIR's shape, and logged without values.
    app.register_error_handler(Exception, _on_exception)
