"""What goes wrong with a chart on its way never turns a decision in silence."""

from __future__ import annotations

import pytest

from cds_service.evaluate import Evaluated
from tdm.decision import Decision
from tests.campaigns.clinical_kinds import Kind, apply, kinds
from tests.support.service import evaluate_request
from tests.support.story import Story, all_stories, request_of

KINDS = kinds()
STORIES = [
    story
    for story in all_stories()
    if story.hook != "patient-view"
    and story.expect["verdict"] != "not-applicable"
    and story.site_path is None
]


def _first(evaluated: tuple[Evaluated, ...]) -> tuple[Decision, str]:
    one = evaluated[0]
    assert one.decision is not None, one.reason
    card = one.card.to_json() if one.card is not None else {}
    return one.decision, f"{card.get('summary', '')}\n{card.get('detail', '')}"


def _answer(decision: Decision) -> tuple[object, ...]:
    return decision.verdict, decision.rule, decision.certainty, decision.options


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
    faults = [fault for story in STORIES if (fault := owns_up(kind, story)) is not None]
    assert faults == []


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_a_clinical_mutation_fits_at_least_twenty_stories(kind: Kind) -> None:
    fitting = [story for story in STORIES if apply(kind, request_of(story), story.as_of) is not None]
    assert len(fitting) >= 20


def test_there_are_at_least_thirty_kinds() -> None:
    assert len({kind.name for kind in KINDS}) >= 30
