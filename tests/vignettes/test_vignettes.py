"""Every clinical story gets the answer a gastroenterologist wrote down before the code was asked."""

from __future__ import annotations

import json

import pytest

from cds_service.evaluate import Evaluated
from tests.support.service import evaluate_request, response_is_valid
from tests.support.story import Story, all_stories, request_of, request_text

STORIES = all_stories()
IDS = [story.slug for story in STORIES]


def _evaluated(story: Story) -> tuple[Evaluated, ...]:
    return evaluate_request(request_of(story), story.as_of, story.site_path)


def _shown(evaluated: tuple[Evaluated, ...]) -> str:
    cards = [one.card.to_json() for one in evaluated if one.card is not None]
    return "\n".join(f"{card['summary']}\n{card['detail']}" for card in cards)


@pytest.mark.parametrize("story", STORIES, ids=IDS)
def test_a_story_gets_the_verdict_and_rule_that_were_written_down(story: Story) -> None:
    for one in _evaluated(story):
        decision = one.decision
        assert one.reason is None, f"not completed: {one.reason} at {one.failed_at}"
        assert decision is not None
        expected = (story.expect["verdict"], story.expect["rule"])
        assert (decision.verdict.value, decision.rule) == expected, [
            issue.code.value for issue in decision.issues
        ]
        if "certainty" in story.expect:
            assert decision.certainty is not None
            assert decision.certainty.value == story.expect["certainty"]


@pytest.mark.parametrize("story", STORIES, ids=IDS)
def test_a_story_gets_the_cards_that_were_written_down(story: Story) -> None:
    evaluated = _evaluated(story)
    cards = [one.card.to_json() for one in evaluated if one.card is not None]
    assert response_is_valid({"cards": cards})
    assert len(cards) == story.expect.get("cards", 1)
    shown = _shown(evaluated)
    for phrase in story.expect.get("phrases", []):
        assert phrase in shown, shown
    for phrase in story.expect.get("absent", []):
        assert phrase not in shown, shown
    for card in cards:
        if "indicator" in story.expect:
            assert card["indicator"] == story.expect["indicator"]
        if "suggestions" in story.expect:
            assert len(card.get("suggestions", [])) == story.expect["suggestions"]


@pytest.mark.parametrize("story", STORIES, ids=IDS)
def test_a_story_names_the_doubts_and_gates_that_were_written_down(story: Story) -> None:
    for one in _evaluated(story):
        assert one.decision is not None
        codes = {issue.code.value for issue in one.decision.issues}
        assert codes >= set(story.expect.get("issues", []))
        assert {gate.gate for gate in one.decision.gates} >= set(story.expect.get("gates", []))


@pytest.mark.parametrize("story", STORIES, ids=IDS)
def test_the_request_beside_a_story_is_in_step_with_it(story: Story) -> None:
    written = (story.folder / "request.json").read_text(encoding="utf-8")
    assert written == request_text(story), "run `make docs`"


def test_there_are_at_least_sixty_stories_and_each_has_a_narrative() -> None:
    assert len(STORIES) >= 60
    assert all(len(story.narrative.split()) >= 2 for story in STORIES)


def test_every_seed_gate_and_quadrant_has_a_story_for_adults_or_children() -> None:
    covered = {name for story in STORIES for name in story.covers}
    seeds = {"S0", "S1", "S2", "S3", "S4"}
    gates = {"S-HSR", "S-INF", "S-TB", "S-HBV", "S-HF", "S-GAP", "S-LIVER", "S-HSTCL", "S-DEMYEL", "S-MALIG",
             "S-PREG", "S-DOSE", "S-IMM"}  # fmt: skip
    quadrants = {
        f"loss-of-response:{level}/{ati}"
        for level in ("low", "window", "high")
        for ati in ("negative", "positive")
    }
    assert covered >= seeds | gates | quadrants | {"adult", "child", "subcutaneous", "fistula"}


def test_every_story_is_a_request_that_json_can_read() -> None:
    for story in STORIES:
        json.loads(request_text(story))
