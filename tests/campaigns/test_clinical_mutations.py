"""What goes wrong with a chart on its way never turns a decision in silence."""

from __future__ import annotations

import os

import pytest

from cds_service.evaluate import Evaluated
from tdm.decision import Decision
from tests.campaigns.clinical_kinds import Kind, apply, kinds
from tests.support.service import evaluate_request
from tests.support.story import Story, all_stories, request_of

KINDS = kinds()
# All stories in a campaign (`make campaigns`), every fourth in an ordinary run.
EVERY_STORY = "CAMPAIGN_EXAMPLES" in os.environ
# Sound charts only: in a chart that is already broken, the first break hides the second.
STORIES = [
    story
    for story in all_stories()
    if story.hook == "order-sign"
    and story.site_path is None
    and story.expect["verdict"] != "not-applicable"
    and not any(name.startswith("trap:") for name in story.covers)
    and "S-GAP" not in story.covers
]


def _first(evaluated: tuple[Evaluated, ...]) -> tuple[Decision, str]:
    one = evaluated[0]
    assert one.decision is not None, one.reason
    card = one.card.to_json() if one.card is not None else {}
    return one.decision, f"{card.get('summary', '')}\n{card.get('detail', '')}"


def _answer(decision: Decision) -> tuple[object, ...]:
    options = [
        (
            option.kind,
            option.recommended,
            None if option.dose_mg is None else round(option.dose_mg),
            None if option.interval_days is None else round(option.interval_days),
        )
        for option in decision.options
    ]
    return decision.verdict, decision.rule, decision.certainty, options


def _codes(decision: Decision) -> set[str]:
    return {issue.code.value for issue in decision.issues}


def owns_up(kind: Kind, story: Story) -> str | None:
    """Return what is wrong with how the card owns up to one mutation; None when all is well."""
    request = request_of(story)
    changed = apply(kind, request, story.as_of)
    if changed is None:
        return None
    before, text_before = _first(evaluate_request(request, story.as_of))
    after, text_after = _first(evaluate_request(changed, story.as_of))
    new_codes = _codes(after) - _codes(before)
    told = bool(new_codes & kind.issues)
    if kind.always and not _codes(after) & kind.issues:
        return f"{story.slug}: none of {sorted(kind.issues)} is named, only {sorted(_codes(after))}"
    if _answer(after) == _answer(before) or told:
        return None
    if after.rule in kind.rules or any(
        text in text_after and text_after != text_before for text in kind.shown
    ):
        return None
    turned = f"{before.verdict} {before.rule} became {after.verdict} {after.rule}"
    return f"{story.slug}: {turned}, new {sorted(new_codes)}"


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_a_clinical_mutation_never_turns_a_decision_in_silence(kind: Kind) -> None:
    chosen = STORIES if EVERY_STORY else STORIES[::4]
    faults = [fault for story in chosen if (fault := owns_up(kind, story)) is not None]
    assert faults == []


def test_at_least_thirty_kinds_fit_at_least_twenty_stories_each() -> None:
    fitting = {
        kind.name: sum(apply(kind, request_of(story), story.as_of) is not None for story in STORIES)
        for kind in KINDS
    }
    assert min(fitting.values()) >= 10
    assert sum(count >= 20 for count in fitting.values()) >= 30
