"""What stands in an answer: every card of every story, attribute by attribute."""

import json
import re
from datetime import UTC, datetime
from importlib.resources import files

import pytest
from fhir.resources.R4B import get_fhir_model_class
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from cds_service.application import create_app
from cds_service.services import load_services
from cds_service.settings import Settings
from cds_service.trust.authenticator import UNAUTHENTICATED
from tests.support.service import services_at

ENDING = re.compile(r"<[a-zA-Z/!]")  # the start of an HTML tag
HOUR = datetime(2026, 6, 15, 7, 30, tzinfo=UTC)
EXTENSION = "org.infliximab-cds.decision"


def empties(value, path="$"):
    """The places of everything null or empty, save a list of cards."""
    if value is None or value in ("", [], {}):
        return [] if path == "$.cards" and value == [] else [path]
    if isinstance(value, dict):
        return [place for key, one in value.items() for place in empties(one, f"{path}.{key}")]
    if isinstance(value, list):
        return [place for index, one in enumerate(value) for place in empties(one, f"{path}[{index}]")]
    return []


def suggestions_of(cards):
    return [suggestion for card in cards for suggestion in card.get("suggestions", [])]


def actions_of(cards):
    return [action for suggestion in suggestions_of(cards) for action in suggestion["actions"]]


def reasons_of(cards):
    return [reason for card in cards for reason in card.get("overrideReasons", [])]


def links_of(cards):
    return [link for card in cards for link in card.get("links", [])]


def drafts_of(request):
    entries = request["context"].get("draftOrders", {}).get("entry", [])
    return {entry["resource"]["id"]: entry["resource"] for entry in entries}


def test_no_story_fails(answers):
    assert {answer.story.slug: answer.status for answer in answers if answer.status not in {200, 412}} == {}


@pytest.mark.requirement("cds-hooks_2.0@1", "cds-hooks_2.0@74")
def test_success_is_200_with_a_json_object_holding_a_list_of_cards(answers):
    for answer in answers:
        if answer.status == 200:
            assert answer.content_type == "application/json", answer.story.slug
            assert list(answer.body) == ["cards"], answer.story.slug
            assert isinstance(answer.body["cards"], list), answer.story.slug


def test_every_answer_fits_our_own_schema(answers):
    schema = json.loads(files("cards").joinpath("schema/card_response.json").read_text(encoding="utf-8"))
    validator = Draft202012Validator(schema)
    found = {
        answer.story.slug: [error.message for error in validator.iter_errors(answer.body)]
        for answer in answers
        if answer.status == 200
    }
    assert {slug: messages for slug, messages in found.items() if messages} == {}


@pytest.mark.requirement("cds-hooks_2.0@3")
def test_nothing_is_null_or_empty_save_the_list_of_cards(answers):
    assert {answer.story.slug: empties(answer.body) for answer in answers if empties(answer.body)} == {}


@pytest.mark.requirement("cds-hooks_2.0@77")
def test_an_order_for_another_disease_gets_200_and_an_empty_list(answers):
    quiet = [answer for answer in answers if answer.story.expect["verdict"] == "not-applicable"]
    assert quiet
    assert [(answer.status, answer.body) for answer in quiet] == [(200, {"cards": []})] * len(quiet)


@pytest.mark.requirement("cds-hooks_2.0@80", "cds-hooks_2.0@81")
def test_each_card_has_a_uuid_of_its_own(cards):
    identifiers = [card["uuid"] for card in cards]
    assert all(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", one) for one in identifiers)
    assert len(set(identifiers)) == len(identifiers)


@pytest.mark.requirement("cds-hooks_2.0@83")
def test_each_summary_is_one_line_of_fewer_than_140_characters_in_any_counting(cards):
    for card in cards:
        summary = card["summary"]
        assert 0 < len(summary.encode("utf-16-le")) // 2 < 140, summary
        assert "\n" not in summary


@pytest.mark.requirement("cds-hooks_2.0@84", "cds-hooks_2.0@85")
def test_each_detail_is_plain_markdown_without_html(cards):
    for card in cards:
        assert card["detail"].strip()
        assert not ENDING.search(card["detail"]), card["detail"]


@pytest.mark.requirement("cds-hooks_2.0@87", "cds-hooks_2.0@88")
def test_each_indicator_is_one_of_three_and_all_three_occur(cards):
    assert {card["indicator"] for card in cards} == {"info", "warning", "critical"}


@pytest.mark.requirement("cds-hooks_2.0@90", "cds-hooks_2.0@105")
def test_each_card_names_its_source(cards):
    for card in cards:
        assert isinstance(card["source"]["label"], str)
        assert card["source"]["label"]


@pytest.mark.requirement("cds-hooks_2.0@107", "cds-hooks_2.0@108", "cds-hooks_2.0@109")
def test_the_source_leads_to_a_page_about_the_service_and_never_about_the_patient(story_request):
    settings = Settings(public_base_url="https://cds.example.org")
    services = load_services(settings, clock=lambda: HOUR, trust=UNAUTHENTICATED)
    client = create_app(services=services).test_client()
    urls = set()
    for slug in ("adult-active-low-no-antibodies", "child-active-low", "safety-sepsis"):
        answer = client.post("/cds-services/infliximab-tdm-order-sign", json=story_request(slug))
        urls |= {card["source"]["url"] for card in answer.get_json()["cards"]}
    assert urls == {"https://cds.example.org/transparency"}
    assert client.get("/transparency").status_code == 200


@pytest.mark.requirement("cds-hooks_2.0@115", "cds-hooks_2.0@116", "cds-hooks_2.0@220")
def test_each_source_has_a_topic_that_is_a_coding(cards):
    for card in cards:
        topic = card["source"]["topic"]
        assert re.fullmatch(r"[A-Za-z0-9]{1,100}", topic["code"])
        assert topic["system"]
        assert isinstance(topic["display"], str)


@pytest.mark.requirement("cds-hooks_2.0@92", "cds-hooks_2.0@93", "cds-hooks_2.0@95", "cds-hooks_2.0@96")
def test_suggestions_and_selection_behaviour_come_together(cards):
    assert suggestions_of(cards)
    for card in cards:
        assert ("suggestions" in card) == ("selectionBehavior" in card)
        assert card.get("selectionBehavior", "any") in {"any", "at-most-one"}


@pytest.mark.requirement("cds-hooks_2.0@94")
def test_a_card_without_a_change_to_offer_has_no_suggestions(cards):
    assert [card for card in cards if "suggestions" not in card]


@pytest.mark.requirement("cds-hooks_2.0@117", "cds-hooks_2.0@118", "cds-hooks_2.0@119")
def test_each_suggestion_has_a_label_and_a_uuid_of_its_own(cards):
    suggestions = suggestions_of(cards)
    assert all(isinstance(suggestion["label"], str) and suggestion["label"] for suggestion in suggestions)
    assert len({suggestion["uuid"] for suggestion in suggestions}) == len(suggestions)


@pytest.mark.requirement("cds-hooks_2.0@120", "cds-hooks_2.0@121")
def test_at_most_one_suggestion_of_a_card_is_recommended_and_the_mark_is_a_boolean(cards):
    marked = 0
    for card in cards:
        marks = [
            suggestion["isRecommended"]
            for suggestion in card.get("suggestions", [])
            if "isRecommended" in suggestion
        ]
        assert all(isinstance(mark, bool) for mark in marks)
        assert sum(marks) <= 1
        marked += sum(marks)
    assert marked > 0


@pytest.mark.requirement("cds-hooks_2.0@123", "cds-hooks_2.0@124", "cds-hooks_2.0@125")
def test_each_suggestion_holds_exactly_one_action_so_that_nothing_can_be_half_taken(cards):
    assert {len(suggestion["actions"]) for suggestion in suggestions_of(cards)} == {1}


@pytest.mark.requirement("cds-hooks_2.0@127", "cds-hooks_2.0@128")
def test_each_action_updates_or_creates_and_says_so_in_words(cards):
    for action in actions_of(cards):
        assert action["type"] in {"create", "update"}
        assert isinstance(action["description"], str)
        assert action["description"]
        assert "resourceId" not in action


def valid(resource):
    """Whether the official R4 model accepts a resource."""
    try:
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    except ValidationError:
        return False
    return True


@pytest.mark.requirement("cds-hooks_2.0@130")
def test_each_resource_of_an_action_is_valid_fhir_r4_where_the_draft_was(answers, story_request):
    proved = 0
    for answer in answers:
        drafts = drafts_of(story_request(answer.story.slug))
        for action in actions_of(answer.cards):
            # What is odd in a draft stays as it came: only dose and timing are ours to change.
            if valid(drafts.get(action["resource"].get("id"), action["resource"])):
                assert valid(action["resource"]), answer.story.slug
                proved += 1
    assert proved > 15


@pytest.mark.requirement("cds-hooks_2.0@131")
def test_a_create_carries_a_new_laboratory_order_where_the_site_can_order(story_request, tmp_path):
    site = tmp_path / "site.toml"
    site.write_text(
        "[laboratory_orders.level_and_ati]\n"
        'system = "urn:example:orders"\ncode = "PANEL"\ndisplay = "Infliximab level and antibodies"\n'
    )
    client = create_app(services=services_at(HOUR, site)).test_client()
    request = story_request("adult-no-level")
    (card,) = client.post("/cds-services/infliximab-tdm-order-sign", json=request).get_json()["cards"]
    (action,) = actions_of([card])
    assert action["type"] == "create"
    assert valid(action["resource"])
    assert "id" not in action["resource"]
    assert action["resource"]["resourceType"] == "ServiceRequest"
    assert action["resource"]["status"] == "draft"
    assert action["resource"]["code"]["coding"][0]["code"] == "PANEL"
    assert action["resource"]["subject"]["reference"] == f"Patient/{request['context']['patientId']}"


@pytest.mark.requirement("cds-hooks_2.0@132")
def test_an_update_is_the_whole_draft_with_nothing_but_dose_and_timing_changed(answers, story_request):
    changed = 0
    for answer in answers:
        drafts = drafts_of(story_request(answer.story.slug))
        for action in actions_of(answer.cards):
            if action["type"] != "update":
                continue
            draft, updated = drafts[action["resource"]["id"]], dict(action["resource"])
            assert draft != updated
            different = {name for name in {*draft, *updated} if draft.get(name) != updated.get(name)}
            assert different <= {"dosageInstruction"}, answer.story.slug
            changed += 1
    assert changed > 0


@pytest.mark.requirement("cds-hooks_2.0@98", "cds-hooks_2.0@99", "cds-hooks_2.0@100", "cds-hooks_2.0@136")
def test_override_reasons_are_codings_that_a_human_can_read(cards):
    assert reasons_of(cards)
    for reason in reasons_of(cards):
        assert isinstance(reason["display"], str)
        assert reason["display"].strip()


@pytest.mark.requirement("cds-hooks_2.0@216", "cds-hooks_2.0@217", "cds-hooks_2.0@218", "cds-hooks_2.0@219")
def test_every_coding_has_code_and_system_as_texts(cards):
    for coding in [*reasons_of(cards), *(card["source"]["topic"] for card in cards)]:
        assert {type(coding[name]) for name in ("code", "system", "display")} == {str}
        assert coding["code"]
        assert coding["system"]


@pytest.mark.requirement("cds-hooks_2.0@214", "cds-hooks_2.0@215")
def test_extensions_are_objects_with_a_name_unique_in_the_world(cards):
    for card in cards:
        assert list(card["extension"]) == [EXTENSION]
        assert isinstance(card["extension"][EXTENSION], dict)


def test_no_card_carries_what_the_table_calls_not_applicable(cards):
    assert links_of(cards) == []
    assert [card for card in cards if "icon" in card["source"]] == []
    assert [action for action in actions_of(cards) if action["type"] == "delete"] == []


def test_no_action_is_ever_taken_by_the_system_itself(answers):
    assert [answer.story.slug for answer in answers if "systemActions" in answer.text] == []
