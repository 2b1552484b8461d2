"""Requests and answers fit the official logical models, invariants included."""

import copy

import pytest

from tests.conformance.logical_model import LogicalModel
from tests.support.story import all_stories, request_of

pytestmark = pytest.mark.shared

CONTEXT_OF_HOOK = {
    "patient-view": "CDSHookPatientViewContext",
    "order-select": "CDSHookOrderSelectContext",
    "order-sign": "CDSHookOrderSignContext",
}


@pytest.fixture(scope="module")
def model(shared_material):
    folder = shared_material / "cds-hooks" / "logical-models"
    return lambda name: LogicalModel(folder / f"structuredefinition-{name}.json")


def test_every_story_asks_as_the_models_say(model):
    request_model = model("CDSHooksRequest")
    context_models = {hook: model(name) for hook, name in CONTEXT_OF_HOOK.items()}
    found = {}
    for story in all_stories():
        request = request_of(story)
        complaints = request_model.complaints(request)
        complaints += context_models[story.hook].complaints(request["context"])
        if complaints:
            found[story.slug] = complaints
    assert found == {}


def test_every_answer_fits_the_model(model, answers):
    response_model = model("CDSHooksResponse")
    found = {
        answer.story.slug: response_model.complaints(answer.body)
        for answer in answers
        if answer.status == 200
    }
    assert {slug: complaints for slug, complaints in found.items() if complaints} == {}


def test_the_discovery_document_fits_the_model(model, discovery):
    found = model("CDSHooksServices").complaints(discovery)
    # `version` belongs to the ballot of 3.0 and is harmless to clients of 2.0.
    assert set(found) <= {"CDSHooksServices.services has the unknown field version"}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda card: card.pop("summary"), "CDSHooksResponse.cards.summary is missing"),
        (lambda card: card.update(summary=""), "CDSHooksResponse.cards.summary is no string"),
        (lambda card: card.update(colour="red"), "CDSHooksResponse.cards has the unknown field colour"),
        (lambda card: card.update(links={}), "CDSHooksResponse.cards.links is not a list"),
        (lambda card: card.update(uuid="1"), "CDSHooksResponse.cards.uuid is no uuid"),
        (lambda card: card.update(source="us"), "CDSHooksResponse.cards.source is not an object"),
        (lambda card: card.pop("selectionBehavior"), "CDSHooksResponse.cards breaks cds-resp-6"),
        (
            lambda card: card["suggestions"][0]["actions"][0].pop("description"),
            "CDSHooksResponse.cards.suggestions breaks cds-resp-5",
        ),
        (
            lambda card: card["overrideReasons"][0].pop("display"),
            "CDSHooksResponse.cards.overrideReasons breaks cds-resp-4",
        ),
        (
            lambda card: card["links"][0].update(appContext="x"),
            "CDSHooksResponse.cards.links breaks cds-resp-3",
        ),
        (
            lambda card: card["suggestions"][0]["actions"][0].update(type="delete"),
            "CDSHooksResponse.cards.suggestions.actions breaks cds-resp-2",
        ),
        (
            lambda card: card.update(selectionBehavior="at-most-one"),
            "CDSHooksResponse.cards breaks cds-resp-1",
        ),
    ],
)
def test_the_models_notice_what_does_not_fit(model, change, complaint):
    action = {"type": "update", "description": "d", "resource": {"resourceType": "MedicationRequest"}}
    suggestion = {"label": "l", "isRecommended": True, "actions": [action]}
    card = {
        "uuid": "0d3f9f0e-6c7f-4a6b-9a52-3c1a2f5f7a10",
        "summary": "s",
        "source": {"label": "l"},
        "indicator": "info",
        "suggestions": [suggestion, copy.deepcopy(suggestion)],
        "selectionBehavior": "any",
        "overrideReasons": [{"code": "c", "system": "s", "display": "d"}],
        "links": [{"label": "l", "url": "https://example.org", "type": "absolute"}],
    }
    response_model = model("CDSHooksResponse")
    assert response_model.complaints({"cards": [card]}) == []
    change(card)
    assert complaint in response_model.complaints({"cards": [card]})
