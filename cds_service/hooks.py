"""The routes of the three services: read the request, evaluate it, answer with cards."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, g, request

from cds_service.authentication import require_own_fhir_server
from cds_service.callers import current_caller
from cds_service.discovery import SERVICES
from cds_service.errors import Fault, RequestRefusedError
from cds_service.evaluate import answer
from cds_service.log import RequestRecord
from cds_service.request import parse_request, read_body
from cds_service.services import Services
from cds_service.store.records import card_records

_HEAD: Final = b'{"cards":['
_TAIL: Final = b"]}"


def hooks_blueprint(services: Services) -> Blueprint:
    """Return the route `POST /cds-services/<id>`; an id that is switched off is answered as unknown."""
    blueprint = Blueprint("hooks", __name__)
    switched_on = services.hooks
    hook_of_service = {service.id: service.hook for service in SERVICES if service.hook in switched_on}

    @blueprint.post("/cds-services/<service_id>")
    def service(service_id: str) -> Response:
        hook = hook_of_service.get(service_id)
        if hook is None:
            raise RequestRefusedError(Fault.UNKNOWN_SERVICE)
        record: RequestRecord = g.record
        record.service = service_id
        body = read_body(request)
        record.body_bytes = len(body)
        hook_request = parse_request(body, hook)
        caller = current_caller()
        require_own_fhir_server(hook_request.fhir_server)
        now = services.now()
        evaluated = answer(hook_request, services, now, record, caller=caller)
        cards = [one.rendered for one in evaluated if one.rendered]
        record.cards = len(cards)
        if cards:
            services.store.record_cards(card_records(evaluated, caller, service_id, now.at))
        return Response(_HEAD + b",".join(cards) + _TAIL, mimetype="application/json")

    return blueprint
