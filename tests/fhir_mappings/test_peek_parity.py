"""The quick look loses nothing: what it chooses gives the same course and drafts as reading everything."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_mappings import peek
from fhir_mappings.acquire import acquire
from fhir_mappings.codes import load_code_sets
from fhir_mappings.context import ReadingContext
from fhir_mappings.course import build_course
from fhir_mappings.drafts import find_drafts
from fhir_mappings.strict_json import StrictJsonError
from tdm.facts import Moment
from tests.campaigns.mutators import STRUCTURAL
from tests.support import ehr

NOW = datetime(2026, 6, 15, 9, 30, tzinfo=UTC)
CODES = load_code_sets()
CONTEXT = ReadingContext("p", ZoneInfo("UTC"), Moment(NOW, NOW.date()), CODES)
ALL, NONE = 1_000_000, -1


def _prefetch() -> dict[str, Any]:
    level = ehr.laboratory("level", "p", "level", 4.2, NOW)
    tests = [ehr.laboratory(f"other-{test}", "p", test, 5.0, NOW) for test in ehr.PANEL]
    report = {"resourceType": "DiagnosticReport", "id": "r", "status": "final", "code": {"text": "Chemistry"},
              "effectiveDateTime": "2026-06-14", "result": [{"reference": "Observation/level"}]}  # fmt: skip
    order = ehr.medication_request("order", "p", "infliximab", status="active", authored=NOW)
    named = {key: value for key, value in order.items() if key != "medicationCodeableConcept"}
    named |= {"id": "plan", "medicationReference": {"reference": "Medication/m", "display": "therapy plan"}}
    product = {"resourceType": "Medication", "id": "m", "code": order["medicationCodeableConcept"]}
    sprain = ehr.condition("sprain", "p", ehr.CONDITIONS["crohns"]) | {"code": {"text": "Ankle sprain"}}
    return {
        "laboratory": ehr.searchset([level, *tests[:8], report]),
        "conditions": ehr.searchset([ehr.condition("cd", "p", ehr.CONDITIONS["crohns"]), sprain]),
        "medicationRequests": ehr.searchset([order, named]),
        "medicationAdministrations": ehr.searchset([ehr.administration("dose", "p", 350, NOW), product]),
    }


def _draft() -> dict[str, Any]:
    draft = ehr.medication_request("draft", "p", "infliximab", status="draft", authored=NOW)
    return draft | {"reasonReference": [{"reference": "Condition/sprain", "display": "Crohn's disease"}]}


def found(prefetch: dict[str, Any], few: int) -> Any:
    """Return course and drafts, reading Bundles of up to `few` resources in full; or why it was refused."""
    texts = {key: json.dumps(value).encode() for key, value in prefetch.items()}
    try:
        with patch.object(peek, "_FEW", few):
            acquired = acquire(texts, codes=CODES, patient_id="p")
    except StrictJsonError as error:
        return error.code
    draft = find_drafts(_draft(), None, acquired, CONTEXT)[0]
    return build_course(acquired, draft=draft, context=CONTEXT), draft


def test_reading_all_and_choosing_first_find_the_same_before_any_mutation() -> None:
    course, draft = found(_prefetch(), NONE)
    assert (course, draft) == found(_prefetch(), ALL)
    assert len(course.levels) == 1
    assert draft.indication is None


@given(st.randoms(use_true_random=False))
def test_reading_all_and_choosing_first_find_the_same(chance: random.Random) -> None:
    prefetch = orjson.loads(orjson.dumps(_prefetch()))  # the examples share parts, which must not be mutated
    for _ in range(chance.choice((1, 2, 4))):
        key = chance.choice(list(prefetch))
        if isinstance(prefetch[key], dict | list):
            chance.choice(STRUCTURAL)(chance, prefetch[key])
    assert found(prefetch, NONE) == found(prefetch, ALL)


@pytest.mark.parametrize("place", ["type", "id", "timestamp"])
def test_what_stands_around_the_resources_is_passed_over_however_they_are_read(place: str) -> None:
    prefetch = _prefetch()
    prefetch["medicationRequests"][place] = "\u0000"
    assert found(prefetch, NONE) == found(prefetch, ALL)
