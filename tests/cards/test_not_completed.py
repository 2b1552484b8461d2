"""The card of a check that was not completed."""

import pytest

from cards.not_completed import NotCompletedReason, not_completed_card
from cards.validation import response_faults
from tdm.facts import FactGroup, Shortfall
from tests.cards.examples import counting_ids

VERSION = "2026.11.22"


@pytest.mark.parametrize("reason", list(NotCompletedReason))
def test_every_reason_makes_a_valid_card_that_says_not_completed(reason: NotCompletedReason) -> None:
    card = not_completed_card(reason, knowledge_version=VERSION).to_json()
    assert response_faults({"cards": [card]}) == ()
    assert card["summary"].startswith("TDM check not completed: ")
    assert card["indicator"] == "info"
    assert card["source"]["topic"]["code"] == "ifxtdmincomplete"
    assert card["extension"]["org.infliximab-cds.decision"] == {
        "verdict": "not-completed",
        "rule": reason.value,
        "knowledge": VERSION,
    }
    assert "suggestions" not in card
    assert "overrideReasons" not in card


def test_what_could_not_be_checked_is_named() -> None:
    card = not_completed_card(
        NotCompletedReason.DATA_UNREADABLE,
        knowledge_version=VERSION,
        shortfalls=((FactGroup.LABORATORY, Shortfall.ERROR), (FactGroup.ORDERS, Shortfall.NOT_PROVIDED)),
    )
    assert card.summary == "TDM check not completed: patient data could not be read"
    assert "- Laboratory results: could not be read.\n- Medication orders: not provided." in card.detail
    assert "Not checked: infliximab level, antibodies, regimen and safety conditions." in card.detail


def test_the_order_is_named_where_there_are_several() -> None:
    card = not_completed_card("E-TIME-1", knowledge_version=VERSION, order_label="infliximab <100> MG")
    assert card.summary == "Order infliximab \u2039100\u203a MG: TDM check not completed: it took too long"


def test_an_unknown_reason_reads_as_an_internal_error_instead_of_failing_again() -> None:
    card = not_completed_card("E-SURPRISE-9", knowledge_version=VERSION)
    assert card.stamp.rule == "E-INTERNAL-1"
    assert card.summary == "TDM check not completed: an internal error"


def test_address_and_ids_are_those_given() -> None:
    card = not_completed_card(
        "E-DATA-1",
        knowledge_version=VERSION,
        source_url="https://cds.example/about",
        new_id=counting_ids(),
    )
    assert card.source.url == "https://cds.example/about"
    assert card.uuid == "00000000-0000-4000-8000-000000000001"
