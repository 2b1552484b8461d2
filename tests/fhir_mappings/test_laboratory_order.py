"""The laboratory order beside a change: only from the site's code, only what is missing, and valid FHIR."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from fhir.resources.R4B.servicerequest import ServiceRequest
from hypothesis import given
from hypothesis import strategies as st

from fhir_mappings.acquired import AcquiredKey, AcquiredResources, KeyState
from fhir_mappings.codes import MedicationMatch, load_code_sets
from fhir_mappings.drafts import DraftOrder
from fhir_mappings.laboratory_order import laboratory_order
from fhir_mappings.medication import Medicine
from fhir_mappings.proof import is_valid
from tdm.decision import Option, OptionKind
from tdm.facts import Order, OrderState
from tdm.source import Source

CODES = {
    "level": {"system": "urn:lab", "code": "L", "display": "Level"},
    "ati": {"system": "urn:lab", "code": "A", "display": "Antibodies"},
    "level_and_ati": {"system": "urn:lab", "code": "LA", "display": "Level and antibodies"},
}
BOTH = Option(OptionKind.MEASURE_LEVEL_AND_ATI)
ATI = Option(OptionKind.MEASURE_ATI)
DRAFT = DraftOrder(
    {},
    Order(OrderState.DRAFT, Source("MedicationRequest", "x")),
    "",
    Medicine(MedicationMatch(None, coded=True), ""),
)


def code_of(options: list[Option], **more: Any) -> str | None:
    made = laboratory_order(options, **({"order_codes": CODES, "patient_id": "p"} | more))
    return None if made is None else made["code"]["coding"][0]["code"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([BOTH], "LA"),
        ([ATI], "A"),
        ([Option(OptionKind.QUANTIFY_ATI)], "A"),
        ([ATI, BOTH], "LA"),
        ([Option(OptionKind.RAISE_DOSE)], None),
        ([], None),
    ],
)
def test_the_tests_asked_for_are_ordered(options: list[Option], expected: str | None) -> None:
    assert code_of(options) == expected


def test_nothing_is_ordered_without_a_code_of_the_site_for_exactly_that() -> None:
    assert code_of([BOTH], order_codes={}) is None
    assert code_of([BOTH], order_codes={"ati": CODES["ati"]}) is None
    assert code_of([BOTH], order_codes={"level_and_ati": {}}) is None
    assert code_of([BOTH], patient_id="") is None


def test_what_is_ordered_beside_the_draft_is_not_ordered_again() -> None:
    assert code_of([BOTH], draft=DRAFT) == "LA"
    assert code_of([BOTH], draft=replace(DRAFT, laboratory_tests=frozenset({"level"}))) == "A"
    assert code_of([BOTH], draft=replace(DRAFT, laboratory_tests=frozenset({"ati"}))) == "L"
    assert code_of([BOTH], draft=replace(DRAFT, laboratory_tests=frozenset({"level", "ati"}))) is None


@pytest.mark.parametrize(
    ("status", "expected"), [("active", "A"), ("draft", "A"), ("completed", "LA"), (None, "LA")]
)
def test_what_is_on_order_already_is_not_ordered_again(status: str | None, expected: str) -> None:
    on_order = {"resourceType": "ServiceRequest", "status": status, "code": {"text": "Infliximab level"}}
    acquired = AcquiredResources({"x": AcquiredKey("x", KeyState.PREFETCHED, (on_order,))})
    assert code_of([BOTH], acquired=acquired, codes=load_code_sets()) == expected


def test_the_order_is_a_valid_draft_for_this_patient() -> None:
    made = laboratory_order([BOTH], order_codes=CODES, patient_id="p")
    assert made is not None
    ServiceRequest.model_validate(made)
    assert (made["status"], made["intent"], made["subject"]) == ("draft", "order", {"reference": "Patient/p"})
    assert made["code"] == {"coding": [CODES["level_and_ati"]], "text": "Level and antibodies"}
    bare = laboratory_order([ATI], order_codes={"ati": {"system": "urn:lab", "code": "A"}}, patient_id="p")
    assert bare is not None
    assert bare["code"] == {"coding": [{"system": "urn:lab", "code": "A"}]}


def test_an_order_that_would_not_be_valid_is_not_made() -> None:
    for broken in (
        {"system": "urn:lab", "code": 7},
        {"system": "urn: lab", "code": "A"},
        {"system": "urn:lab", "code": " A"},
        {"system": "urn:lab", "code": "A  B"},
        {"system": "urn:lab", "display": "Antibodies"},
    ):
        order_codes: Any = {"ati": broken}
        assert laboratory_order([ATI], order_codes=order_codes, patient_id="p") is None


def test_the_order_is_written_whole() -> None:
    assert laboratory_order([ATI], order_codes=CODES, patient_id="p") == {
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": "order",
        "category": [
            {
                "coding": [
                    {
                        "system": "http://snomed.info/sct",
                        "code": "108252007",
                        "display": "Laboratory procedure",
                    }
                ]
            }
        ],
        "code": {
            "coding": [{"system": "urn:lab", "code": "A", "display": "Antibodies"}],
            "text": "Antibodies",
        },
        "subject": {"reference": "Patient/p"},
    }


@pytest.mark.parametrize(
    "coding",
    [
        {"code": "A"},
        {"system": "", "code": "A B", "display": ""},
        {"system": "urn:lab", "code": "A", "display": "Antibodies, \tserum "},
    ],
)
def test_a_coding_that_fhir_can_hold_is_ordered_as_it_is(coding: dict[str, str]) -> None:
    made = laboratory_order([ATI], order_codes={"ati": coding}, patient_id="p")
    assert made is not None
    written = {name: text for name, text in coding.items() if text}
    assert made["code"] == {"coding": [written]} | (
        {"text": coding["display"]} if coding.get("display") else {}
    )


def test_only_an_order_in_force_counts_and_only_where_codes_are_given_to_read_it_with() -> None:
    on_order = {"resourceType": "ServiceRequest", "status": " Active ", "code": {"text": "Infliximab level"}}
    acquired = AcquiredResources({"x": AcquiredKey("x", KeyState.PREFETCHED, (on_order,))})
    assert code_of([BOTH], acquired=acquired, codes=load_code_sets()) == "A"
    assert code_of([BOTH], acquired=acquired) == "LA"
    assert code_of([BOTH], codes=load_code_sets()) == "LA"


WORDS = st.text(alphabet="aZ0 \t\n\u00a0<\u00b5:", max_size=5)


@given(
    st.fixed_dictionaries({"code": WORDS}, optional={"system": WORDS, "display": WORDS}),
    st.text(alphabet="ab0-. ", min_size=1, max_size=4),
)
def test_whatever_a_site_configures_the_order_is_valid_or_not_made(coding: Any, patient_id: str) -> None:
    made = laboratory_order([ATI], order_codes={"ati": coding}, patient_id=patient_id)
    assert made is None or is_valid(made)
