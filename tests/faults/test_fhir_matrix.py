"""Whatever a FHIR server does: an answer with a card that names what is missing, and no more lost than that.

How long each takes is measured by `python -m tests.faults.run_matrix`. What is asserted here by the clock is
only that no fault holds an answer for as long as it lasts.
"""

from __future__ import annotations

import json
import time

import pytest

from cards.validation import response_validator
from cards.wording import load_wording
from tdm.facts import Shortfall
from tests.faults.fault_proxy import FAULTS, LATE_SECONDS, FaultProxy, running, well
from tests.faults.scenario import (
    GROUPS,
    TOKEN,
    ask,
    patient_fetch_settings,
    record_of,
    services_with,
    story_request,
    without_prefetch,
)

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

SENTENCES = load_wording().shortfalls
ERROR, TRUNCATED = SENTENCES[Shortfall.ERROR], SENTENCES[Shortfall.TRUNCATED]
TIMEOUT, GONE = SENTENCES[Shortfall.TIMEOUT], SENTENCES[Shortfall.SERVER_UNAVAILABLE]
REFUSED, UNAUTHORIZED = SENTENCES[Shortfall.REFUSED], SENTENCES[Shortfall.UNAUTHORIZED]

# What the card must say of every group; a page that was cut in mid-search concerns searches only.
SAID = {
    "hang": TIMEOUT,
    "hang-after-headers": TIMEOUT,
    "drip-headers": TIMEOUT,
    "drip-body": TIMEOUT,
    "delay": TIMEOUT,
    "reset": GONE,
    "reset-in-body": GONE,
    "half-close": GONE,
    "truncate": GONE,
    "header-bomb": GONE,
    "no-http": GONE,
    "429": GONE,
    "500": GONE,
    "503": GONE,
    "503-retry-at-once": GONE,
    "truncated-json": ERROR,
    "gzip-bomb": ERROR,
    "html": ERROR,
    "html-as-json": ERROR,
    "wrong-content-type": ERROR,
    "400": ERROR,
    "404": ERROR,
    "operation-outcome": ERROR,
    "outcome-in-bundle": ERROR,
    "invalid-json": ERROR,
    "doubled-names": ERROR,
    "not-utf8": ERROR,
    "too-deep": ERROR,
    "another-resource": ERROR,
    "other-patient": ERROR,
    "401": UNAUTHORIZED,
    "403": UNAUTHORIZED,
    "redirect-elsewhere": REFUSED,
    "redirect-to-itself": REFUSED,
    "bomb": TRUNCATED,
    "bomb-without-length": TRUNCATED,
    "401-in-mid-page": TRUNCATED,
    "next-loop": TRUNCATED,
    "endless-pages": TRUNCATED,
    "next-elsewhere": TRUNCATED,
}
ONLY_SEARCHES = {"401-in-mid-page", "next-loop", "endless-pages", "next-elsewhere"}
HOLDING = {"hang", "hang-after-headers", "drip-headers", "drip-body", "delay"}
# Faults that end by themselves get all the time they need, so that a slow machine changes nothing.
PATIENT = patient_fetch_settings()


def test_every_fault_has_its_sentence_and_there_are_twenty_at_least():
    assert set(SAID) == set(FAULTS)
    assert len(FAULTS) >= 20


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_a_fault_of_the_whole_server_is_answered_by_a_card_that_names_all_that_is_missing(name):
    request, as_of = story_request()
    with running(FaultProxy(record_of(request), FAULTS[name])) as proxy:
        services = services_with(as_of, None if name in HOLDING else PATIENT)
        began = time.monotonic()
        answer = ask(services, without_prefetch(request, proxy.base), [proxy.base])
        took = time.monotonic() - began
    assert answer.status == 200
    assert response_validator().is_valid(answer.body)
    groups = GROUPS[1:] if name in ONLY_SEARCHES else GROUPS
    for group in groups:
        assert f"{group}: {SAID[name]}." in answer.card["detail"], answer.card["detail"]
    assert "failed_at" not in answer.line
    if name in HOLDING:
        assert took < LATE_SECONDS / 2 + 1  # it holds for three seconds, or drips for longer


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_a_fault_of_one_search_costs_only_that(name):
    request, as_of = story_request()
    with running(FaultProxy(record_of(request), FAULTS[name], frozenset({"conditions"}))) as proxy:
        services = services_with(as_of, None if name in HOLDING else PATIENT)
        whole = ask(services_with(as_of), request, [])
        sent = {key: value for key, value in request["prefetch"].items() if key != "conditions"}
        partly = without_prefetch(request, proxy.base) | {"prefetch": sent}
        answer = ask(services, partly, [proxy.base])
    assert answer.status == 200
    assert f"Problem list: {SAID[name]}." in answer.card["detail"]
    assert not any(f"{group}: " in answer.card["detail"] for group in GROUPS if group != "Problem list")
    assert answer.line["prefetch"]["laboratory"] == "prefetched"
    decision = "org.infliximab-cds.decision"
    assert answer.card["extension"][decision]["verdict"] == whole.card["extension"][decision]["verdict"]


def test_records_of_another_patient_and_links_elsewhere_are_named_too():
    request, as_of = story_request()
    for name, sentence in (
        ("other-patient", "name another patient; they were not used"),
        ("next-elsewhere", "outside the record server that this service may ask; it was not followed"),
        ("redirect-elsewhere", "outside the record server that this service may ask; it was not followed"),
    ):
        with running(FaultProxy(record_of(request), FAULTS[name])) as proxy:
            answer = ask(services_with(as_of, PATIENT), without_prefetch(request, proxy.base), [proxy.base])
        assert sentence in answer.card["detail"]


def test_a_server_that_listens_to_nobody_is_named_as_gone():
    request, as_of = story_request()
    with running(FaultProxy(record_of(request))) as proxy:
        base = proxy.base
    answer = ask(services_with(as_of, PATIENT), without_prefetch(request, base), [base])
    for group in GROUPS:
        assert f"{group}: {GONE}." in answer.card["detail"]


@pytest.mark.requirement("cds-hooks_2.0@61")
def test_a_well_server_behind_the_proxy_gives_the_answer_of_the_prefetch_page_by_page():
    request, as_of = story_request()
    record = record_of(request)
    record.page_size = 1
    with running(FaultProxy(record, well)) as proxy:
        fetched = ask(services_with(as_of, PATIENT), without_prefetch(request, proxy.base), [proxy.base])
    whole = ask(services_with(as_of), request, [])
    assert fetched.card["summary"] == whole.card["summary"]
    assert fetched.card["detail"] == whole.card["detail"]
    assert all(asked.authorization == f"Bearer {TOKEN}" for asked in proxy.asked)
    assert json.dumps(fetched.line).count("fetched") >= 11
