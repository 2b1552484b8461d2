"""Order, copies, ids, equal units and noise never change a decision (20,000 examples: `make campaigns`)."""

from __future__ import annotations

import os

from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.evaluate import Evaluated
from tests.campaigns.same_meaning import same_meaning
from tests.support.service import evaluate_request
from tests.support.story import Story, all_stories, request_of

EXAMPLES = int(os.environ.get("CAMPAIGN_EXAMPLES", "150"))
STORIES = all_stories()


def decided(evaluated: tuple[Evaluated, ...]) -> list[object]:
    """Return what must not change: the answer, not the wording of where a number was read."""
    found: list[object] = []
    for one in evaluated:
        decision = one.decision
        assert decision is not None, one.reason
        gates = tuple((gate.gate, gate.critical, gate.deciding) for gate in decision.gates)
        found.append((
            decision.verdict, decision.rule, decision.certainty, decision.switch_direction, decision.options,
            gates, decision.indicator, decision.draft_already_does_it, one.card is None,
        ))  # fmt: skip
    return found


@settings(max_examples=EXAMPLES, deadline=None)
@given(story=st.sampled_from(STORIES), seed=st.integers(min_value=0, max_value=2**32))
def test_a_request_of_the_same_meaning_gets_the_same_decision(story: Story, seed: int) -> None:
    request = request_of(story)
    expected = decided(evaluate_request(request, story.as_of, story.site_path))
    changed = same_meaning(seed, request)
    assert decided(evaluate_request(changed, story.as_of, story.site_path)) == expected
