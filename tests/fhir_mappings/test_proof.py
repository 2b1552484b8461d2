"""Proof of what is emitted: by the full models, and never in a request."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from cards.model import ActionType
from fhir_mappings import proof
from tests.support.service import evaluate_request
from tests.support.story import Story, all_stories, request_of

ORDER: dict[str, Any] = {
    "resourceType": "MedicationRequest",
    "status": "draft",
    "intent": "order",
    "medicationCodeableConcept": {"text": "infliximab"},
    "subject": {"reference": "Patient/p"},
}


@pytest.mark.parametrize(
    ("resource", "valid"),
    [
        (ORDER, True),
        (ORDER | {"resourceType": "ServiceRequest"}, False),
        (ORDER | {"resourceType": "Unheard"}, False),
        (
            {name: ORDER[name] for name in ("status", "intent", "subject")}
            | {"resourceType": "ServiceRequest"},
            True,
        ),
        (ORDER | {"unheard": 1}, False),
        (ORDER | {"subject": "Patient/p"}, False),
        (ORDER | {"dosageInstruction": [{"doseAndRate": {"doseQuantity": {}}}]}, False),
        ({}, False),
    ],
)
def test_the_models_decide_what_is_valid(resource: dict[str, Any], valid: bool) -> None:
    assert proof.is_valid(resource) is valid


def test_an_order_must_not_lose_its_validity_but_need_not_gain_it() -> None:
    broken = ORDER | {"unheard": 1}
    assert proof.stays_valid(ORDER, ORDER | {"id": "x"})
    assert not proof.stays_valid(ORDER, broken)
    assert proof.stays_valid(broken, broken)
    assert proof.stays_valid(broken, ORDER)


SERVE = """
import sys
from cds_service.application import create_app
from cds_service.sandbox.patients import example_patients
from cds_service.services import load_services
from cds_service.settings import Settings

services = load_services(Settings(sandbox=True))
client = create_app(services=services).test_client()
types = set()
for patient in example_patients():
    body = patient.request(today=services.now().day, zone=services.zone)
    answer = client.post("/cds-services/infliximab-tdm-" + body["hook"], json=body).get_json()
    for card in answer["cards"]:
        types |= {action["type"] for one in card.get("suggestions", ()) for action in one["actions"]}
print("update" in types, any(name.split(".")[0] == "fhir" for name in sys.modules))
"""


def test_serving_requests_does_not_even_load_the_models() -> None:
    served = subprocess.run([sys.executable, "-c", SERVE], capture_output=True, text=True, check=True)
    assert served.stdout.splitlines()[-1] == "True False"


@pytest.mark.parametrize("story", all_stories(), ids=lambda story: story.slug)
def test_what_a_story_is_offered_is_valid_where_its_order_was(story: Story) -> None:
    for one in evaluate_request(request_of(story), story.as_of, story.site_path):
        for suggestion in one.card.suggestions if one.card is not None else ():
            resource = suggestion.action.resource
            if suggestion.action.type is ActionType.CREATE or one.draft is None:
                assert proof.is_valid(resource)
            else:
                assert proof.stays_valid(one.draft.raw, resource)
