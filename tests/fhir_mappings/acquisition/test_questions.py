"""One question: its pages, its end, its second attempt, and what bounds them."""

from dataclasses import replace

import pytest

from fhir_mappings.acquisition.addresses import resolve
from fhir_mappings.acquisition.allowance import Allowance
from fhir_mappings.acquisition.limits import BOUNDS, FetchLimits, LimitError
from fhir_mappings.acquisition.outcomes import SHORTFALL_OF_FAULT, Body, FetchFault, Refusal
from fhir_mappings.acquisition.questions import Question
from fhir_mappings.acquisition.token import AccessToken
from tests.fhir_mappings.acquisition.scripted import (
    BASE,
    ScriptedClient,
    asking_of,
    bundle,
    observation,
    search,
)


def asked(script, question=None, limits=None, **options):
    client = ScriptedClient(script)
    question = question or search()
    asking_of(client, limits, **options).ask(question)
    return question, client


def test_a_search_is_followed_to_its_last_page():
    pages = {
        "Observation?patient=p1": bundle(observation("a"), next_link="https://ehr.example/fhir/?page=2"),
        "?page=2": bundle(observation("b"), next_link="/fhir/Observation?page=3"),
        "Observation?page=3": bundle(observation("c")),
    }
    question, client = asked(lambda path: pages[path])
    assert (question.complete, question.fault, len(question.pages)) == (True, None, 3)
    assert client.asked == list(pages)


@pytest.mark.parametrize(
    ("link", "fault"),
    [
        ("https://evil.example/fhir/Observation?page=2", FetchFault.ADDRESS_REFUSED),
        ("", FetchFault.ADDRESS_REFUSED),
        ("Observation?patient=p1", FetchFault.PAGE_LOOP),
        ("https://ehr.example/fhir/Observation?patient=p1", FetchFault.PAGE_LOOP),
    ],
)
def test_a_next_link_that_leads_elsewhere_or_back_ends_the_search_with_what_came(link, fault):
    question, client = asked(lambda _: bundle(observation(), next_link=link))
    assert (question.fault, question.complete, len(question.pages)) == (fault, False, 1)
    assert len(client.asked) == 1


def test_pages_and_entries_are_counted():
    endless = iter(range(1000))
    question, client = asked(
        lambda _: bundle(observation(), next_link=f"Observation?page={next(endless)}"),
        limits=FetchLimits(pages=4),
    )
    assert (question.fault, len(client.asked)) == (FetchFault.TOO_MANY_PAGES, 4)
    many = bundle(*(observation(str(number)) for number in range(101)))
    question, _ = asked(lambda _: many, limits=FetchLimits(entries=100))
    assert (question.fault, question.pages) == (FetchFault.TOO_MANY_PAGES, [])


def test_bytes_are_counted_over_all_pages_and_questions():
    allowance = Allowance(10)
    assert allowance.take(6)
    assert not allowance.take(5)
    assert allowance.take(4)
    big = bundle(observation("x" * 40_000), next_link="Observation?page=2")
    limits = FetchLimits(response_bytes=65_536, total_bytes=65_536)
    question, client = asked(lambda _: big, limits=limits)
    assert (question.fault, len(question.pages), len(client.asked)) == (FetchFault.TOO_LARGE, 1, 2)


@pytest.mark.parametrize(
    ("refusal", "attempts", "pauses"),
    [
        (Refusal(FetchFault.CONNECTION, may_be_retried=True), 2, [0.02]),
        (Refusal(FetchFault.SERVER_ERROR, may_be_retried=True), 2, [0.02]),
        (Refusal(FetchFault.SERVER_ERROR), 1, []),
        (Refusal(FetchFault.THROTTLED, 1.0, may_be_retried=True), 2, [1.0]),
        (Refusal(FetchFault.THROTTLED, 30.0, may_be_retried=True), 1, []),
        (Refusal(FetchFault.UNAUTHORIZED), 1, []),
    ],
)
def test_a_failure_gets_one_more_attempt_where_that_may_help_in_time(refusal, attempts, pauses):
    waited = []
    question, client = asked(lambda _: refusal, pauses=waited)
    assert (len(client.asked), waited) == (attempts, pauses)
    assert (question.fault, question.attempts) == (refusal.fault, attempts)


def test_a_second_attempt_may_succeed():
    answers = iter([Refusal(FetchFault.CONNECTION, may_be_retried=True), bundle(observation())])
    question, _ = asked(lambda _: next(answers))
    assert (question.complete, question.fault) == (True, None)


def test_nothing_is_asked_after_the_deadline_nor_by_a_question_that_was_given_up():
    question, client = asked(lambda _: bundle(), seconds=-1)
    assert (question.fault, client.asked) == (FetchFault.TIMEOUT, [])
    given_up = search()
    given_up.abandon()
    question, client = asked(lambda _: bundle(), given_up)
    assert (question.fault, client.asked) == (FetchFault.TIMEOUT, [])


def test_an_answer_that_came_after_the_question_was_given_up_is_not_read():
    question = search()

    def late(_):
        question.abandon()
        return bundle(observation())

    found, client = asked(late, question)
    assert (found.fault, found.pages, len(client.asked)) == (FetchFault.TIMEOUT, [], 1)


def test_what_is_already_there_is_kept_when_a_question_is_given_up():
    question, _ = asked(lambda _: bundle(observation()))
    question.abandon()
    assert (question.complete, question.fault) == (True, None)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"<!doctype html>", FetchFault.NOT_JSON),
        (b'{"resourceType":"Bundle","entry":[', FetchFault.NOT_JSON),
        (b'{"resourceType":"Bundle","entry":[],"entry":[]}', FetchFault.NOT_JSON),
        (b'{"resourceType":"Bundle","id":"\xff"}', FetchFault.NOT_JSON),
        (b'{"resourceType":"Bundle","total":NaN}', FetchFault.NOT_JSON),
        (b"[]", FetchFault.NOT_FHIR),
        (b'{"resourceType":"Patient"}', FetchFault.NOT_FHIR),
        (b'{"resourceType":"Bundle","entry":{}}', FetchFault.NOT_FHIR),
        (b'{"resourceType":"OperationOutcome"}', FetchFault.OUTCOME),
    ],
)
def test_an_answer_that_is_no_bundle_of_strict_json_is_a_fault(body, fault):
    question, _ = asked(lambda _: Body(body))
    assert (question.fault, question.pages) == (fault, [])


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b'{"resourceType":"Medication","id":"m"}', None),
        (b'{"resourceType":"Patient","id":"m"}', FetchFault.NOT_FHIR),
        (b'{"resourceType":"OperationOutcome"}', FetchFault.OUTCOME),
        (b"<html>", FetchFault.NOT_JSON),
    ],
)
def test_a_read_brings_the_resource_that_was_asked_for_or_a_fault(body, fault):
    read = Question("Medication/m", "Medication", resolve(BASE, "Medication/m"), is_search=False)
    question, _ = asked(lambda _: Body(body), read)
    assert question.fault is fault
    assert (question.resource is not None) == question.complete == question.answered == (fault is None)


def test_an_error_of_ours_ends_one_question_only():
    def broken(_):
        raise KeyError

    question, _ = asked(broken)
    assert question.fault is FetchFault.INTERNAL
    assert isinstance(question.error, KeyError)


def test_every_fault_has_what_the_card_says_of_it():
    assert set(SHORTFALL_OF_FAULT) == set(FetchFault)


@pytest.mark.parametrize("name", sorted(BOUNDS))
def test_limits_are_held_to_their_bounds(name):
    least, most = BOUNDS[name]
    for value in (least - 1, most + 1):
        with pytest.raises(LimitError, match=name):
            FetchLimits(**{name: value})


def test_fetching_leaves_time_for_the_answer_and_one_page_fits_into_all():
    with pytest.raises(LimitError, match="answer_budget_ms"):
        FetchLimits(fetch_budget_ms=401, answer_budget_ms=500)
    with pytest.raises(LimitError, match="total_bytes"):
        FetchLimits(response_bytes=2_000_000, total_bytes=1_000_000)
    assert FetchLimits().fetch_budget_ms == 350
    assert FetchLimits().answer_budget_ms == 500


def test_each_request_carries_the_token_its_own_call_and_the_limit_of_one_answer():
    spans = iter(["span-1", "span-2"])
    pages = {
        "Observation?patient=p1": bundle(observation("a"), next_link="Observation?page=2"),
        "Observation?page=2": bundle(observation("b")),
    }
    client = ScriptedClient(lambda path: pages[path])
    limits, token = FetchLimits(response_bytes=65_536), AccessToken("secret")
    asking = replace(asking_of(client, limits), token=token, new_span=lambda: next(spans))
    question = search()
    asking.ask(question)
    assert question.complete
    assert client.tokens == [token, token]
    assert client.most == [65_536, 65_536]
    assert [call.traceparent for call in client.calls] == ["span-1", "span-2"]
    assert all(call.deadline is asking.deadline for call in client.calls)
    assert question.call is client.calls[-1]


def test_as_many_entries_as_allowed_are_taken_and_they_are_counted_over_the_pages():
    page = bundle(*(observation(str(number)) for number in range(60)), next_link="Observation?page=2")
    question, _ = asked(lambda _: {**page, "link": []}, limits=FetchLimits(entries=100))
    assert question.complete
    full = bundle(*(observation(str(number)) for number in range(100)))
    question, _ = asked(lambda _: full, limits=FetchLimits(entries=100))
    assert question.complete
    question, client = asked(lambda _: page, limits=FetchLimits(entries=100))
    assert (question.fault, len(question.pages), len(client.asked)) == (FetchFault.TOO_MANY_PAGES, 1, 2)


def test_a_search_that_comes_back_to_a_later_page_is_a_loop():
    pages = {
        "Observation?patient=p1": bundle(observation("a"), next_link="Observation?page=2"),
        "Observation?page=2": bundle(observation("b"), next_link="Observation?page=3"),
        "Observation?page=3": bundle(observation("c"), next_link="Observation?page=2"),
    }
    question, client = asked(lambda path: pages[path])
    assert (question.fault, len(client.asked)) == (FetchFault.PAGE_LOOP, 3)


def test_a_second_attempt_needs_time_behind_its_pause():
    refusal = Refusal(FetchFault.THROTTLED, 1.0, may_be_retried=True)
    for seconds, attempts in ((1.0, 1), (1.02, 1), (2.0, 2)):
        _, client = asked(lambda _: refusal, seconds=seconds)
        assert len(client.asked) == attempts
