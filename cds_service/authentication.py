"""Asks every request who it comes from, before anything of it is read."""

from __future__ import annotations

from typing import Final

from flask import Flask, current_app, g, request

from cds_service.callers import current_caller, may_name
from cds_service.errors import Fault, RequestRefusedError
from cds_service.log import RequestRecord
from cds_service.trust.authenticator import Authenticator
from cds_service.trust.reasons import RefusalReason, TokenRefusedError

_EXTENSION: Final = "infliximab-cds-authenticator"


def authenticate_each_request(app: Flask, authenticator: Authenticator) -> None:
    """Refuse every request to a route that is not open unless its caller is known.

    What matches no route is answered as unknown, without asking: no view runs for it.
    """

    @app.before_request
    def authenticate() -> None:
        route = request.url_rule
        if route is None or authenticator.is_open(route.rule):
            return
        try:
            g.caller = authenticator.caller(request.headers.getlist("Authorization"), request.path)
        except TokenRefusedError as error:
            _refuse(authenticator, error.reason)

    app.extensions[_EXTENSION] = authenticator


def require_own_fhir_server(fhir_server: str) -> None:
    """Refuse the request in hand if it names a FHIR server that is not its caller's own ("" names none)."""
    if fhir_server and not may_name(current_caller(), fhir_server):
        _refuse(current_app.extensions[_EXTENSION], RefusalReason.FHIR_SERVER_REFUSED)


def _refuse(authenticator: Authenticator, reason: RefusalReason) -> None:
    """Answer 401, always with the same body; the reason goes to the counters and the log line only."""
    authenticator.refused(reason)
    record: RequestRecord = g.record
    record.refused = reason.value
    raise RequestRefusedError(Fault.NOT_AUTHENTICATED)
