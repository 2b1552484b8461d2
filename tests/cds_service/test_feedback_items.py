"""Feedback as clients send it: what is read, what is tolerated, and what is refused item by item."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.errors import Fault, RequestRefusedError
from cds_service.feedback_items import (
    MOST_ISSUES,
    MOST_ITEMS,
    MOST_SUGGESTIONS,
    NOT_A_CODE,
    FeedbackRefusedError,
    parse_feedback,
)
from cds_service.store.records import FeedbackItem, Outcome

CARD = "3f1b0b8e-6d0c-4b8e-9a53-0f0c8d1f2a10"
SUGGESTION = "8a9f2c57-0a1e-4c7b-8f6a-2b1d3c4e5f60"


def an_item(**changes):
    plain = {
        "card": CARD,
        "outcome": "overridden",
        "outcomeTimestamp": "2026-03-09T14:31:00Z",
        **changes,
    }
    return {name: value for name, value in plain.items() if value is not ...}


def parse(*items):
    return parse_feedback(json.dumps({"feedback": list(items)}).encode())


def refusal(*items):
    with pytest.raises(FeedbackRefusedError) as refused:
        parse(*items)
    return [(one.fault, one.place) for one in refused.value.faults]


def test_an_accepted_card():
    (read,) = parse(an_item(outcome="accepted", acceptedSuggestions=[{"id": SUGGESTION}]))
    assert read == FeedbackItem(
        card=CARD,
        outcome=Outcome.ACCEPTED,
        outcome_timestamp="2026-03-09T14:31:00Z",
        outcome_at=datetime(2026, 3, 9, 14, 31, tzinfo=UTC),
        accepted=(SUGGESTION,),
    )


def test_an_overridden_card_with_its_reason():
    (read,) = parse(
        an_item(
            overrideReason={
                "reason": {"code": "patient-refuses", "system": "http://x.example/codes", "display": "D"},
                "userComment": "Mrs Smith will call",
            }
        )
    )
    assert (read.reason_code, read.reason_system) == ("patient-refuses", "http://x.example/codes")
    assert read.commented
    assert "Smith" not in repr(read)


@pytest.mark.parametrize(
    ("reason", "read"),
    [
        (None, ("", "", False)),
        ({}, ("", "", False)),
        ({"userComment": "  "}, ("", "", False)),
        ({"userComment": "text"}, ("", "", True)),
        ({"userComment": 3}, ("", "", False)),
        ({"reason": {"code": "a"}}, ("a", "", False)),
        ({"reason": {"code": "a", "system": None}}, ("a", "", False)),
        ({"reason": {"code": "a", "system": "urn:x"}, "userComment": "t"}, ("a", "urn:x", True)),
        ({"code": "a", "system": "urn:x"}, ("a", "urn:x", False)),  # before 2.0
        ({"reason": {"code": "Mrs Smith refuses", "system": "urn:x"}}, (NOT_A_CODE, "", False)),
        ({"reason": {"code": ""}}, (NOT_A_CODE, "", False)),
        ({"reason": {"code": "=cmd()"}}, (NOT_A_CODE, "", False)),
        ({"reason": {"code": "a" * 65}}, (NOT_A_CODE, "", False)),
        ({"reason": {"code": "a", "system": "Mrs Smith"}}, ("a", "", False)),
        ({"reason": {"code": "a", "system": "http://x/?patient=1"}}, ("a", "", False)),
    ],
)
def test_reasons_are_read_as_clients_send_them_and_only_codes_are_kept(reason, read):
    (one,) = parse(an_item(overrideReason=reason))
    assert (one.reason_code, one.reason_system, one.commented) == read


@pytest.mark.parametrize(
    ("sent", "at"),
    [
        ("2026-03-09T14:31:00Z", datetime(2026, 3, 9, 14, 31, tzinfo=UTC)),
        ("2026-03-09t14:31:00z", datetime(2026, 3, 9, 14, 31, tzinfo=UTC)),
        ("2026-03-09 14:31:00Z", datetime(2026, 3, 9, 14, 31, tzinfo=UTC)),
        ("2026-03-10T03:31:00.5+13:00", datetime(2026, 3, 9, 14, 31, 0, 500_000, tzinfo=UTC)),
        ("2026-03-09T14:31:00.123456789Z", datetime(2026, 3, 9, 14, 31, 0, 123_456, tzinfo=UTC)),
        ("2026-12-31T23:59:60Z", datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2999-01-01T00:00:00Z", datetime(2999, 1, 1, tzinfo=UTC)),
    ],
)
def test_times_of_rfc_3339_are_kept_as_sent_and_as_an_instant(sent, at):
    (read,) = parse(an_item(outcomeTimestamp=sent))
    assert (read.outcome_timestamp, read.outcome_at) == (sent, at)


@pytest.mark.parametrize(
    "sent",
    [
        ...,
        None,
        "",
        1773066660,
        "2026-03-09",
        "2026-03-09T14:31:00",
        "2026-03-09T14:31Z",
        "2026-02-30T14:31:00Z",
        "2026-03-09T24:31:00Z",
        "2026-03-09T14:31:61Z",
        "2026-03-09T14:31:00+25:00",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "\u0662026-03-09T14:31:00Z",
        " 2026-03-09T14:31:00Z",
        "2026-03-09T14:31:00Z\n",
    ],
)
def test_other_times_are_refused(sent):
    assert refusal(an_item(outcomeTimestamp=sent)) == [
        (Fault.FEEDBACK_TIMESTAMP, "feedback[0].outcomeTimestamp")
    ]


@pytest.mark.parametrize(
    ("changes", "fault", "place"),
    [
        ({"card": ...}, Fault.FEEDBACK_CARD, ".card"),
        ({"card": None}, Fault.FEEDBACK_CARD, ".card"),
        ({"card": 7}, Fault.FEEDBACK_CARD, ".card"),
        ({"card": "Mrs Smith"}, Fault.FEEDBACK_CARD, ".card"),
        ({"card": CARD + "\n"}, Fault.FEEDBACK_CARD, ".card"),
        ({"outcome": ...}, Fault.FEEDBACK_OUTCOME, ".outcome"),
        ({"outcome": "ignored"}, Fault.FEEDBACK_OUTCOME, ".outcome"),
        ({"outcome": "Accepted"}, Fault.FEEDBACK_OUTCOME, ".outcome"),
        ({"outcome": ["accepted"]}, Fault.FEEDBACK_OUTCOME, ".outcome"),
        ({"outcome": {}}, Fault.FEEDBACK_OUTCOME, ".outcome"),
        ({"outcome": "accepted"}, Fault.FEEDBACK_SUGGESTIONS, ".acceptedSuggestions"),
        (
            {"outcome": "accepted", "acceptedSuggestions": []},
            Fault.FEEDBACK_SUGGESTIONS,
            ".acceptedSuggestions",
        ),
        (
            {"outcome": "accepted", "acceptedSuggestions": [SUGGESTION]},
            Fault.FEEDBACK_SUGGESTIONS,
            ".acceptedSuggestions",
        ),
        ({"acceptedSuggestions": {"id": SUGGESTION}}, Fault.FEEDBACK_SUGGESTIONS, ".acceptedSuggestions"),
        ({"acceptedSuggestions": [{"id": "Mrs Smith"}]}, Fault.FEEDBACK_SUGGESTIONS, ".acceptedSuggestions"),
        (
            {"acceptedSuggestions": [{"id": SUGGESTION}] * (MOST_SUGGESTIONS + 1)},
            Fault.FEEDBACK_SUGGESTIONS,
            ".acceptedSuggestions",
        ),
        ({"overrideReason": "too costly"}, Fault.FEEDBACK_REASON, ".overrideReason"),
        ({"overrideReason": {"reason": "too costly"}}, Fault.FEEDBACK_REASON, ".overrideReason.reason"),
        ({"overrideReason": {"reason": {"system": "x"}}}, Fault.FEEDBACK_REASON, ".overrideReason.reason"),
        ({"overrideReason": {"code": None}}, Fault.FEEDBACK_REASON, ".overrideReason.reason"),
    ],
)
def test_each_fault_of_an_item_has_its_code_and_its_place(changes, fault, place):
    assert refusal(an_item(), an_item(**changes)) == [(fault, f"feedback[1]{place}")]


@pytest.mark.parametrize("thing", [None, 3, "text", [], True])
def test_an_item_that_is_no_object_is_refused(thing):
    assert refusal(thing) == [(Fault.FEEDBACK_ITEM, "feedback[0]")]


def test_every_item_that_is_wrong_is_named_up_to_a_bound():
    assert [place for _, place in refusal(*[an_item(card="x")] * 100)] == [
        f"feedback[{number}].card" for number in range(MOST_ISSUES)
    ]


@pytest.mark.parametrize(
    "body",
    [
        {"feedback": an_item()},  # one item where the list belongs
        an_item(),  # one item as the whole body
        {"feedback": [an_item()], "extension": {"org.example": {}}},
        {"feedback": [an_item(source={"topic": {"code": "intensify"}}, extension={})]},
        {"feedback": [an_item(card=CARD.upper())]},
    ],
)
def test_shapes_that_clients_have_sent_are_read_alike(body):
    assert parse_feedback(json.dumps(body).encode()) == parse(an_item())


def test_accepted_suggestions_count_once_and_in_one_order():
    other = SUGGESTION.replace("8", "1")
    (read,) = parse(
        an_item(acceptedSuggestions=[{"id": one} for one in (SUGGESTION.upper(), other, SUGGESTION)])
    )
    assert read.accepted == (other, SUGGESTION)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"", Fault.BODY_NOT_JSON),
        (b"{", Fault.BODY_NOT_JSON),
        (b'{"feedback":[{"card":"\\u0000"}]}', Fault.BODY_NOT_JSON),
        (b'{"feedback":[NaN]}', Fault.NUMBER_NOT_FINITE),
        (b'{"feedback":[],"feedback":[]}', Fault.DUPLICATE_KEY),
        (b'{"feedback":' + b"[" * 2000 + b"]" * 2000 + b"}", Fault.BODY_TOO_DEEP),
        (b"[]", Fault.NOT_AN_OBJECT),
        (b"3", Fault.NOT_AN_OBJECT),
        (b"{}", Fault.FEEDBACK_MISSING),
        (b'{"feedback":[]}', Fault.FEEDBACK_MISSING),
        (b'{"feedback":null}', Fault.FEEDBACK_MISSING),
        (b'{"feedback":"x"}', Fault.FEEDBACK_MISSING),
        (b'{"feedback":[' + b",".join([b"{}"] * (MOST_ITEMS + 1)) + b"]}", Fault.FEEDBACK_TOO_MANY),
    ],
)
def test_a_body_that_is_no_feedback_is_refused_by_its_code(body, fault):
    with pytest.raises(RequestRefusedError) as refused:
        parse_feedback(body)
    assert refused.value.fault is fault


def test_as_many_items_as_allowed_are_read():
    assert len(parse(*[an_item()] * MOST_ITEMS)) == MOST_ITEMS


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from([CARD, "accepted"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    ["card", "outcome", "outcomeTimestamp", "acceptedSuggestions", "overrideReason", "reason", "code", "id"]
)


@given(
    st.dictionaries(st.just("feedback"), st.lists(st.dictionaries(FIELDS, JSON) | JSON, max_size=4)) | JSON
)
def test_whatever_is_sent_is_read_or_refused_by_code(value):
    try:
        items = parse_feedback(json.dumps(value).encode())
    except RequestRefusedError:
        return  # by its code; anything else that is raised fails this test
    assert items
    assert all(isinstance(item, FeedbackItem) for item in items)
