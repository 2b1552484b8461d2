"""A short seeded run of the request fuzzer; the long one is `make fuzz`."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.campaigns import fuzz, mutators
from tests.support.service import response_is_valid, wsgi_app_at


def test_mutated_requests_never_crash_the_service_nor_silence_it() -> None:
    tally = fuzz.run(1500, 7, wsgi_app_at, response_is_valid)
    assert tally.failures == []
    assert tally.recognisable > 300
    assert tally.statuses[400] > 50


@pytest.mark.parametrize(
    ("status", "answer", "kind"),
    [
        (500, b"{}", "status 500"),
        (200, b"{", "answer is not JSON"),
        (200, b'{"cards":[{"summary":NaN}]}', "answer is not JSON"),
        (400, b"{}", "error without OperationOutcome"),
        (200, b'{"cards":[{"summary":"E-DECISION"}]}', "answer breaks its schema"),
    ],
)
def test_the_fuzzer_sees_each_kind_of_failure(status: int, answer: bytes, kind: str) -> None:
    tally = fuzz.Tally()
    fuzz.judge(1, status, answer, None, tally, response_is_valid)
    assert tally.failures[0] == (kind, 1)


def test_the_fuzzer_sees_a_recognisable_draft_without_a_card() -> None:
    _, request = next((story, body) for story, body in fuzz.bases() if body["hook"] == "order-sign")
    tally = fuzz.Tally()
    fuzz.judge(1, 200, b'{"cards":[]}', request, tally, response_is_valid)
    assert tally.failures == [("recognisable draft without a card", 1)]


def test_the_fuzzer_sees_a_failure_behind_a_card_that_owns_up_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("cds_service.evaluate.decide", broken)
    tally = fuzz.run(8, 7, wsgi_app_at, response_is_valid)
    assert {kind for kind, _ in tally.failures} == {"internal failure"}


def test_a_mutant_too_deep_to_copy_is_still_a_body(monkeypatch: pytest.MonkeyPatch) -> None:
    def bury(_: random.Random, root: dict[str, Any]) -> None:
        for _ in range(3000):
            root["hook"] = [root["hook"]]

    monkeypatch.setattr(mutators, "STRUCTURAL", (bury,))
    assert mutators.mutant(random.Random(1), {"hook": "order-sign"}) == (mutators.VERY_DEEP, None)
