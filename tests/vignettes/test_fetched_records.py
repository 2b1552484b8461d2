"""A record gets the same answer whether it was sent along or fetched, whole, in part, or page by page."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_mappings.acquisition.fetcher import FetchSettings
from fhir_mappings.acquisition.limits import FetchLimits
from fhir_mappings.prefetch import PUBLISHED_KEYS
from tests.faults.scenario import Answer, ask, services_with, without_prefetch
from tests.support.fhir_record import FhirRecord, RecordClient
from tests.support.story import Story, all_stories, request_of

BASE = "https://ehr.example/fhir"
LACKING = ("null", "failed", "omit", "truncated")
STORIES = [story for story in all_stories() if not any(story.written.get(name) for name in LACKING)]
EXTENSION = "org.infliximab-cds.decision"
# Fetching has all the time it needs here: what is compared is the answer, and the machine may be slow.
PATIENT_SETTINGS = FetchSettings(
    limits=FetchLimits(fetch_budget_ms=10_000, answer_budget_ms=12_000, pages=100)
)


def answered(story: Story, request: dict[str, Any], page_size: int = 0) -> tuple[Answer, RecordClient]:
    client = RecordClient(FhirRecord(BASE, request_of(story)["prefetch"], page_size))
    services = services_with(
        story.as_of, PATIENT_SETTINGS, site_path=story.site_path, connect=lambda *_, **__: client
    )
    return ask(services, request, (BASE,), sandbox=False), client


def unasked(request: dict[str, Any]) -> dict[str, Any]:
    """What of a prefetch is never asked for: keys that are read when sent, but not published."""
    return {key: value for key, value in request["prefetch"].items() if key not in PUBLISHED_KEYS}


def compared(answer: Answer) -> Any:
    """The answer without what is new in every answer: identifiers of cards and suggestions."""
    cards = json.loads(json.dumps(answer.body))["cards"]
    for card in cards:
        card.pop("uuid")
        for suggestion in card.get("suggestions", []):
            suggestion.pop("uuid")
    return cards


@pytest.mark.parametrize("story", STORIES, ids=[story.slug for story in STORIES])
@pytest.mark.parametrize("page_size", [0, 2])
def test_a_fetched_record_gets_the_answer_of_the_prefetched_one(story, page_size):
    request = request_of(story)
    bare = without_prefetch(request, BASE) | {"prefetch": unasked(request)}
    fetched, client = answered(story, bare, page_size)
    prefetched, _ = answered(story, request)
    assert compared(fetched) == compared(prefetched)
    if fetched.body["cards"]:
        assert client.asked
        assert set(fetched.line["fetch"]["keys"].values()) == {"fetched"}
    assert fetched.line["evaluated"] == prefetched.line["evaluated"]


def test_nearly_all_stories_are_compared():
    assert len(STORIES) >= 100


@settings(max_examples=60)
@given(
    story=st.sampled_from(STORIES),
    page_size=st.integers(0, 5),
    data=st.data(),
)
def test_any_part_may_be_fetched_and_the_rest_sent_along(story, page_size, data):
    request = request_of(story)
    sent = data.draw(st.sets(st.sampled_from(sorted(request["prefetch"]))))
    nulls = (
        data.draw(st.sets(st.sampled_from(sorted(set(request["prefetch"]) - sent)))) if len(sent) < 11 else ()
    )
    mixed = without_prefetch(request, BASE)
    mixed["prefetch"] = (
        dict.fromkeys(nulls) | {key: request["prefetch"][key] for key in sent} | unasked(request)
    )
    fetched, _ = answered(story, mixed, page_size)
    prefetched, _ = answered(story, request)
    assert compared(fetched) == compared(prefetched)
