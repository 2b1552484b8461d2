"""With and without the forecast every story has the same answer; only a recommendation may differ."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from cds_service.evaluate import Evaluated
from tdm.decision import LESS_DRUG, Decision, Option, Verdict
from tdm.issues import IssueCode
from tests.support.service import evaluate_request
from tests.support.story import Story, all_stories, request_of

STORIES = all_stories()
EACH = pytest.mark.parametrize("story", STORIES, ids=[story.slug for story in STORIES])


def evaluated(story: Story, **policies: Any) -> tuple[Evaluated, ...]:
    return evaluate_request(request_of(story), story.as_of, story.site_path, **policies)


def pairs(story: Story) -> Iterable[tuple[Decision, Decision]]:
    without = evaluated(story, forecast_enabled=False)
    for one, other in zip(evaluated(story), without, strict=True):
        assert (one.decision is None) is (other.decision is None)
        if one.decision is not None and other.decision is not None:
            yield one.decision, other.decision


def offered(options: Iterable[Option]) -> list[tuple[object, ...]]:
    return sorted(
        (one.kind.value, str(one.dose_mg), str(one.interval_days), one.provisional, one.off_label)
        for one in options
    )


@EACH
def test_the_answer_is_the_same_with_and_without_a_forecast(story: Story) -> None:
    for decision, without in pairs(story):
        for name in (
            "verdict",
            "rule",
            "indicator",
            "certainty",
            "switch_direction",
            "switch_alternatives",
            "gates",
            "not_evaluated",
            "evidence",
            "local_policy",
            "assessment",
        ):
            assert getattr(decision, name) == getattr(without, name), name
        added = [sentence for sentence in decision.rationale if sentence not in without.rationale]
        assert [name for name, _ in added] in ([], ["level-unexplained"])
        assert [one for one in decision.rationale if one not in added] == list(without.rationale)
        if added:  # in doubt of the level nothing is changed by one click
            assert decision.update_withheld
        expected = without.options
        if IssueCode.LEVEL_UNEXPECTED in {issue.code for issue in decision.issues}:
            expected = [one for one in expected if one.kind not in LESS_DRUG]
        assert offered(decision.options) == offered(expected)


@EACH
def test_a_recommendation_only_moves_within_the_ladder_or_is_withdrawn(story: Story) -> None:
    for decision, without in pairs(story):
        chosen = [one for one in decision.options if one.recommended]
        before = [one for one in without.options if one.recommended]
        assert len(chosen) <= 1
        if decision.forecast is None or not (decision.forecast.ranked or decision.forecast.no_choice):
            assert [replace(one, predicted=None) for one in chosen] == before
            continue
        assert decision.verdict is Verdict.INTENSIFY
        assert len(before) == 1
        assert not any(one.provisional for one in chosen)
        if decision.forecast.no_choice:
            assert not chosen
            assert not decision.draft_already_does_it
        gates = {gate.gate for gate in decision.gates}
        assert not gates & {"S-HF", "S-PREG"}


@EACH
def test_a_doubt_is_only_ever_added_about_an_unexpected_level_or_the_order(story: Story) -> None:
    of_the_order = {IssueCode.ORDER_STRONGER, IssueCode.ORDER_DOSE_IN_DOUBT, IssueCode.ORDER_IN_PREGNANCY}
    for decision, without in pairs(story):
        changed = {issue.code for issue in decision.issues} ^ {issue.code for issue in without.issues}
        assert changed <= {IssueCode.LEVEL_UNEXPECTED, IssueCode.MARKER_IMPLAUSIBLE} | of_the_order


@EACH
def test_no_story_fails_to_be_forecast_for_an_internal_reason(story: Story) -> None:
    for decision, _ in pairs(story):
        assert decision.forecast is None or not decision.forecast.failed_at


def test_the_stories_show_every_way_a_forecast_can_go() -> None:
    forecasts = [
        one.decision.forecast
        for story in STORIES
        for one in evaluated(story)
        if one.decision is not None and one.decision.forecast is not None
    ]
    assert {one.absent for one in forecasts} >= {
        None,
        "no-weight",
        "level-unexpected",
        "dose-in-doubt",
        "pregnancy",
    }
    assert {one.no_choice for one in forecasts} >= {None, "no-even-chance", "between", "above-ceiling"}
    assert any(one.projection for one in forecasts)
    assert any(one.opinion for one in forecasts)
    assert any(one.ranked for one in forecasts)


def test_switching_it_off_leaves_no_trace_on_any_card() -> None:
    for story in STORIES:
        for one in evaluated(story, forecast_enabled=False):
            if one.card is not None:
                assert "orecast" not in one.card.detail
                assert "predicted" not in one.card.detail
            if one.decision is not None:
                kinds = [option.kind for option in one.decision.options if option.predicted]
                assert kinds == []
