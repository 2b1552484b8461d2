"""Cards as JSON: nothing empty, nothing null."""

import msgspec
import pytest

from cards.model import Action, ActionType, Card, Coding, DecisionStamp, Link, LinkType, Source, Suggestion
from tdm.decision import Certainty, Indicator, Verdict

TOPIC = Coding("ifxtdmcontinue", "urn:infliximab-cds:card-topic", "continue")
BARE = Card(
    uuid="00000000-0000-4000-8000-000000000001",
    summary="s",
    detail="d",
    indicator=Indicator.INFO,
    source=Source("infliximab-cds", TOPIC),
    stamp=DecisionStamp(Verdict.NOT_COMPLETED, "E-DATA-1", "2026.11.22"),
)


def test_a_bare_card_has_only_what_it_must_have() -> None:
    assert BARE.to_json() == {
        "uuid": "00000000-0000-4000-8000-000000000001",
        "summary": "s",
        "indicator": "info",
        "detail": "d",
        "source": {
            "label": "infliximab-cds",
            "topic": {
                "code": "ifxtdmcontinue",
                "system": "urn:infliximab-cds:card-topic",
                "display": "continue",
            },
        },
        "extension": {
            "org.infliximab-cds.decision": {
                "verdict": "not-completed",
                "rule": "E-DATA-1",
                "knowledge": "2026.11.22",
            }
        },
    }


def test_a_full_card_has_everything() -> None:
    resource = {"resourceType": "ServiceRequest"}
    full = msgspec.structs.replace(
        BARE,
        source=Source("infliximab-cds", TOPIC, "https://cds.example/about"),
        stamp=DecisionStamp(Verdict.CONTINUE, "R-OK-1", "2026.11.22", Certainty.MODERATE),
        suggestions=(
            Suggestion("l", "u", Action(ActionType.UPDATE, "d", resource), recommended=True),
            Suggestion("m", "v", Action(ActionType.CREATE, "e", resource)),
        ),
        override_reasons=({"code": "c", "system": "s", "display": "d"},),
        links=(
            Link("a", "https://cds.example/a"),
            Link("b", "https://cds.example/b", LinkType.SMART, "context"),
        ),
    ).to_json()
    assert full["source"]["url"] == "https://cds.example/about"
    assert full["extension"]["org.infliximab-cds.decision"]["certainty"] == "moderate"
    assert full["selectionBehavior"] == "any"
    assert full["suggestions"] == [
        {
            "label": "l",
            "uuid": "u",
            "isRecommended": True,
            "actions": [{"type": "update", "description": "d", "resource": resource}],
        },
        {
            "label": "m",
            "uuid": "v",
            "actions": [{"type": "create", "description": "e", "resource": resource}],
        },
    ]
    assert full["overrideReasons"] == [{"code": "c", "system": "s", "display": "d"}]
    assert full["links"] == [
        {"label": "a", "url": "https://cds.example/a", "type": "absolute"},
        {"label": "b", "url": "https://cds.example/b", "type": "smart", "appContext": "context"},
    ]


@pytest.mark.parametrize(
    "link",
    [
        Link("a", "https://a.example", LinkType.ABSOLUTE, "context"),
        Link("a", "https://a.example", LinkType.SMART),
    ],
)
def test_an_app_context_goes_only_with_a_smart_link_that_has_one(link: Link) -> None:
    assert "appContext" not in link.to_json()


def test_a_coding_without_display_has_none() -> None:
    assert Coding("c", "s").to_json() == {"code": "c", "system": "s"}
