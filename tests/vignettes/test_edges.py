"""Both sides of every threshold, through the whole service; together with the stories, every rule."""

from __future__ import annotations

import pytest

from tdm.knowledge.loader import load_knowledge
from tdm.table import table_of
from tests.support.service import evaluate_request
from tests.support.story import all_stories, request_of
from tests.vignettes.edges import AS_OF, Edge, edges, story_of

EDGES = edges()
STEPS = [(edge, value, rule) for edge in EDGES for value, rule in edge.steps]


@pytest.mark.parametrize(
    ("edge", "value", "rule"), STEPS, ids=[f"{edge.name} {value:g}" for edge, value, _ in STEPS]
)
def test_each_side_of_a_threshold_gets_its_rule(edge: Edge, value: float, rule: str) -> None:
    one = evaluate_request(request_of(story_of(edge, value)), AS_OF)[0]
    assert one.decision is not None
    assert one.decision.rule == rule, [issue.code.value for issue in one.decision.issues]


def test_stories_and_edges_together_fire_every_rule_that_can_fire() -> None:
    fired = {rule for _, _, rule in STEPS} | {story.expect["rule"] for story in all_stories()}
    possible = {rule.id for rule in table_of(load_knowledge())} - {"R-TOTAL-1"}
    assert possible - fired == set()


def test_every_edge_lies_between_two_different_rules_or_bounds_one() -> None:
    for edge in EDGES:
        assert len({rule for _, rule in edge.steps}) >= 2, edge.name
