"""The service as a client sees it: an app, its discovery document, and its answers to every story."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.application import create_app
from tests.support.service import services_at
from tests.support.story import Story, all_stories, request_of

HOUR = datetime(2026, 6, 15, 7, 30, tzinfo=UTC)
SERVICE_OF_HOOK = {hook: f"infliximab-tdm-{hook}" for hook in ("patient-view", "order-select", "order-sign")}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service said to one story."""

    story: Story
    status: int
    content_type: str
    text: str

    @property
    def body(self) -> Any:
        """The answer as JSON."""
        return json.loads(self.text)

    @property
    def cards(self) -> list[dict[str, Any]]:
        """The cards of the answer; none when it was not 200."""
        return self.body["cards"] if self.status == 200 else []


def ask(story: Story) -> Answer:
    """Post a story at its own hour and return the answer."""
    client = create_app(services=services_at(story.as_of, story.site_path)).test_client()
    response = client.post(f"/cds-services/{SERVICE_OF_HOOK[story.hook]}", json=request_of(story))
    return Answer(story, response.status_code, response.content_type, response.get_data(as_text=True))


@pytest.fixture(scope="session")
def answers() -> tuple[Answer, ...]:
    """The answers to all stories."""
    return tuple(ask(story) for story in all_stories())


@pytest.fixture(scope="session")
def cards(answers: tuple[Answer, ...]) -> tuple[dict[str, Any], ...]:
    """All cards of all stories."""
    return tuple(card for answer in answers for card in answer.cards)


@pytest.fixture
def client() -> FlaskClient:
    """A client of the service as it comes, without a site's overlay, at the hour of most stories."""
    return create_app(services=services_at(HOUR)).test_client()


@pytest.fixture
def discovery(client: FlaskClient) -> Any:
    """The discovery document."""
    return client.get("/cds-services").get_json()


@pytest.fixture(scope="session")
def story_request() -> Callable[[str], dict[str, Any]]:
    """Return the request of the story with a given name; each call gives a fresh one to change."""
    stories = {story.slug: story for story in all_stories()}
    return lambda slug: request_of(stories[slug])
