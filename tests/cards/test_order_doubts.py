"""The two doubts of an order that the whole card reflects."""

import dataclasses

import pytest

from cards.order_doubts import is_not_to_give, is_safety_open
from tdm.issues import DataIssue, IssueCode
from tests.cards.examples import INTENSIFY


@pytest.mark.parametrize(
    ("code", "not_to_give", "open_safety"),
    [
        (IssueCode.DRAFT_DO_NOT_PERFORM, True, False),
        (IssueCode.DRAFT_WITHDRAWN, True, False),
        (IssueCode.ORDER_SAFETY_OPEN, False, True),
        (IssueCode.ORDER_STRONGER, False, False),
    ],
)
def test_each_doubt_is_known_by_its_own_codes(code: IssueCode, not_to_give: bool, open_safety: bool) -> None:
    decision = dataclasses.replace(
        INTENSIFY, issues=(DataIssue(IssueCode.LEVEL_BY_TEXT, "level"), DataIssue(code, "order"))
    )
    assert (is_not_to_give(decision), is_safety_open(decision)) == (not_to_give, open_safety)
    bare = dataclasses.replace(INTENSIFY, issues=())
    assert not is_not_to_give(bare)
    assert not is_safety_open(bare)
