"""Whole stories through parts that we did not write: Medplum's client runs our templates on Medplum's server.

Each story's resources are loaded, the client reads our discovery document, fills the prefetch from the FHIR
server and calls the service over HTTP. The answer has to be the one that the story's author wrote down.
"""

import pytest

from cards.validation import response_validator
from tests.e2e.fhir_server import batch_of, forget, load, unbundled
from tests.support import ehr
from tests.support.story import all_stories, request_of

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]

SPECIAL = {"raw", "truncated", "null", "failed", "omit"}
"""What a story says about the prefetch itself rather than about the patient: no server would do it."""

PAGE = 200
"""The `_count` of our templates. The server has no next link; that there is more is told by `total`."""


def is_plain(story):
    if story.site_path is not None or SPECIAL & set(story.written):
        return False
    resources = unbundled(request_of(story)["prefetch"])
    keys = [(one["resourceType"], one["id"]) for one in resources]
    return len(keys) == len(set(keys))


STORIES = [story for story in all_stories() if is_plain(story)]


def call(story, fhir_base, cds_client, cds_base, *, further=(), **more):
    request = request_of(story)
    patient_id = request["context"]["patientId"]
    forget(fhir_base)
    load(fhir_base, batch_of(patient_id, [*unbundled(request["prefetch"]), *further]))
    return cds_client.call(
        fhirBase=fhir_base,
        cdsBase=cds_base,
        service=f"infliximab-tdm-{story.hook}",
        context=request["context"],
        **more,
    )


def stamp(card):
    return card["extension"]["org.infliximab-cds.decision"]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.slug)
def test_a_story_gets_its_answer_from_a_real_server_through_a_real_client(
    story, fhir_base, cds_client, served_at
):
    answered = call(story, fhir_base, cds_client, served_at(story.as_of))
    assert "error" not in answered, answered
    response = answered["response"]
    assert response_validator().is_valid(response)
    assert len(response["cards"]) == story.expect.get("cards", 1)
    for card in response["cards"]:
        assert (stamp(card)["verdict"], stamp(card)["rule"]) == (
            story.expect["verdict"],
            story.expect["rule"],
        )


def test_most_stories_can_be_told_by_a_server():
    assert len(STORIES) >= 60


def test_the_client_takes_every_key_from_the_discovery_document(fhir_base, cds_client, served_at):
    story = STORIES[0]
    answered = call(story, fhir_base, cds_client, served_at(story.as_of))
    (service,) = [one for one in answered["discovery"]["services"] if one["hook"] == story.hook]
    assert set(answered["request"]["prefetch"]) == set(service["prefetch"])
    assert None not in answered["request"]["prefetch"].values()


def test_a_page_that_is_not_the_last_is_named_on_the_card(fhir_base, cds_client, served_at):
    story = next(one for one in STORIES if one.slug == "adult-active-low-no-antibodies")
    patient_id = request_of(story)["context"]["patientId"]
    further = [
        ehr.laboratory(f"sodium-{number}", patient_id, "sodium", 140.0, story.as_of)
        for number in range(PAGE + 1)
    ]
    answered = call(story, fhir_base, cds_client, served_at(story.as_of), further=further)
    bundle = answered["request"]["prefetch"]["laboratory"]
    assert bundle["total"] > len(bundle["entry"]) == PAGE
    (card,) = answered["response"]["cards"]
    assert "Laboratory results: incomplete" in card["detail"], card["detail"]


def test_without_any_prefetch_the_card_says_that_nothing_was_known(fhir_base, cds_client, served_at):
    story = next(one for one in STORIES if one.slug == "adult-active-low-no-antibodies")
    answered = call(story, fhir_base, cds_client, served_at(story.as_of), drop=["prefetch"])
    (card,) = answered["response"]["cards"]
    assert stamp(card)["verdict"] == "assess"
