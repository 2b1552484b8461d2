"""The discovery document: which services there are, on which hooks, and what they ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson
from flask import Blueprint, Response

from cds_service.request import Hook
from fhir_mappings.prefetch import templates

if TYPE_CHECKING:
    from cds_service.services import Services  # which counts by service, and so needs this module first

SPECIFICATION_VERSION: Final = "2.0.1"


@dataclass(frozen=True, slots=True)
class ServiceDescription:
    """One service as discovery shows it. Ids are distinct: clients key services by their address."""

    id: str
    hook: Hook
    title: str
    description: str


SERVICES: Final = (
    ServiceDescription(
        "infliximab-tdm-patient-view",
        Hook.PATIENT_VIEW,
        "Infliximab monitoring: chart opened",
        "Speaks up when a new infliximab level or antibody result, or an overdue infusion, of a person with "
        "Crohn's disease calls for a decision; otherwise stays quiet.",
    ),
    ServiceDescription(
        "infliximab-tdm-order-select",
        Hook.ORDER_SELECT,
        "Infliximab monitoring: order selected",
        "Reads level, antibodies, disease activity and dosage history while an infliximab order is prepared "
        "and says whether to intensify, continue, switch, assess or hold.",
    ),
    ServiceDescription(
        "infliximab-tdm-order-sign",
        Hook.ORDER_SIGN,
        "Infliximab monitoring: order signed",
        "Reads level, antibodies, disease activity and dosage history before an infliximab order is signed "
        "and says whether to intensify, continue, switch, assess or hold.",
    ),
)

USAGE_REQUIREMENTS: Final = (
    "Answers from prefetch. What is not provided is named on the card; results must carry status, unit and "
    "time of collection. For use with local clinical sign-off; supports a clinician who can review the basis."
)


def discovery_document(hooks: tuple[Hook, ...]) -> dict[str, Any]:
    """Return the discovery document of the hooks that are switched on."""
    prefetch = dict(templates())
    return {
        "services": [
            {
                "hook": service.hook.value,
                "id": service.id,
                "title": service.title,
                "description": service.description,
                "prefetch": prefetch,
                "usageRequirements": USAGE_REQUIREMENTS,
                "version": SPECIFICATION_VERSION,
            }
            for service in SERVICES
            if service.hook in hooks
        ]
    }


def discovery_blueprint(services: Services) -> Blueprint:
    """Return the route `GET /cds-services`; its answer is rendered once."""
    blueprint = Blueprint("discovery", __name__)
    body = orjson.dumps(discovery_document(services.hooks))

    @blueprint.get("/cds-services")
    def discovery() -> Response:
        return Response(body, mimetype="application/json")

    return blueprint
