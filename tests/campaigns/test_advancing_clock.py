"""A year of advancing clock over each story: an answer changes only on days the protocol explains."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import orjson
import pytest

from cds_service.evaluate import evaluate_all, examine
from cds_service.request import Hook, parse_request
from tests.campaigns.same_meaning import resources
from tests.support.service import services_at
from tests.support.story import Story, all_stories, request_of

# Days after which a fact of each kind begins or ceases to count, from the protocol: levels 84 and 182,
# antibodies 84, markers 90, endoscopy 365, weights 180 and 365; a dose opens the gap at 112 days; the first
# dose sets the phases at 7, 29, 84 and 126, and is the first of its course only if the next follows within 35
# (125 % of 28); an order makes a course old at 14 days, and maintenance at 126.
PERIODS = {
    "Observation": (0, 84, 90, 180, 182, 365),
    "MedicationAdministration": (0, 7, 29, 35, 84, 112, 126),
    "MedicationRequest": (0, 14, 126),
}
DAYS = int(os.environ.get("CAMPAIGN_DAYS", "366"))
STORIES = all_stories()


def answers(story: Story) -> Iterator[tuple[str, str]]:
    """Yield verdict and rule of the first order for every day of a year."""
    services = services_at(story.as_of, story.site_path)
    parsed = parse_request(orjson.dumps(request_of(story)), Hook(story.hook))
    for day in range(DAYS):
        clock = story.as_of + timedelta(days=day)
        moved = dataclasses.replace(services, clock=lambda clock=clock: clock)
        now = moved.now()
        one = evaluate_all(examine(parsed, moved, now), parsed, moved, now)[0]
        assert one.decision is not None, one.reason
        yield one.decision.verdict.value, one.decision.rule


def _day_of(resource: dict[str, Any]) -> date | None:
    written = resource.get("effectiveDateTime") or resource.get("authoredOn")
    if not isinstance(written, str):
        return None
    return datetime.fromisoformat(written).date() if "T" in written else date.fromisoformat(written)


def explained_days(story: Story) -> set[int]:
    """Return the days on which a fact of the story may begin or cease to count, a day more each way."""
    request = request_of(story)
    found: set[int] = set()
    for resource in resources(request):
        day = _day_of(resource)
        if day is not None:
            age = (story.as_of.date() - day).days
            for period in PERIODS.get(resource["resourceType"], ()):
                found |= {period - age - 1, period - age, period - age + 1}
        if resource["resourceType"] == "Patient" and len(resource.get("birthDate", "")) == 10:
            born = date.fromisoformat(resource["birthDate"])
            found.add((born.replace(year=born.year + 18) - story.as_of.date()).days)
    return found


@pytest.mark.parametrize("story", STORIES, ids=[story.slug for story in STORIES])
def test_an_answer_changes_only_on_days_the_protocol_explains(story: Story) -> None:
    explained = explained_days(story)
    previous = None
    for day, answer in enumerate(answers(story)):
        if previous is not None and answer != previous:
            assert day in explained, f"day {day}: {previous} became {answer}"
        previous = answer


def test_answers_do_change_within_the_year() -> None:
    story = next(story for story in STORIES if story.slug == "adult-active-low-no-antibodies")
    assert len(set(answers(story))) >= 2
