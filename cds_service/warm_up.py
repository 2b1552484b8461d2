"""Make a fresh process quick before it says it is ready: every part is used once with invented patients."""

from __future__ import annotations

from typing import Final

from cds_service.application import freeze_after_warm_up
from cds_service.evaluate import answer
from cds_service.log import RequestRecord
from cds_service.render import render_json
from cds_service.request import Hook, parse_request
from cds_service.sandbox.patients import example_patients
from cds_service.services import Services

_ROUNDS: Final = 3


def warm_up(services: Services) -> int:
    """Evaluate the invented patients a few times, then call this process ready; return the number of cards.

    Nothing of it is logged or counted. Raises what the evaluation raises: a process that cannot answer for an
    invented patient must not start to answer for a real one.
    """
    cards, now = 0, services.now()
    for patient in (*example_patients(),) * _ROUNDS:
        body = render_json(patient.request(today=now.day, zone=services.zone))
        request = parse_request(body, Hook.ORDER_SIGN)
        cards += len(answer(request, services, now, RequestRecord(started=0.0)))
    freeze_after_warm_up()
    services.readiness.warmed()
    return cards
