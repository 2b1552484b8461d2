"""Which medicine a record is about, its product and its strength."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_mappings.acquired import AcquiredKey, AcquiredResources, KeyState
from fhir_mappings.codes import load_code_sets
from fhir_mappings.medication import Medicine, Strength, medicine_of, medicines_of, names_infliximab
from tdm.facts import MedicationConcept, Route

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
HCPCS = "http://terminology.hl7.org/CodeSystem/HCPCS-Level-II"

Json = dict[str, Any]


def coded(code: str, system: str = RXNORM, **more: Any) -> Json:
    return {"coding": [{"system": system, "code": code, **more}]}


def medication(identifier: str, **more: Any) -> Json:
    return {"resourceType": "Medication", "id": identifier, **more}


SENT = (
    medication("ifx", code=coded("310994")),
    medication("codeine", code={"text": "codeine"}),
    medication("bag", ingredient=[{"itemCodeableConcept": coded("310994")}]),
    medication("by-item", ingredient=[{"itemReference": {"display": "infliximab"}}]),
)


def find(record: Json, *sent: Json, urls: tuple[str, ...] = ()) -> Medicine:
    resources = sent or SENT
    key = AcquiredKey("medicationRequests", KeyState.PREFETCHED, resources, full_urls=urls)
    acquired = AcquiredResources({"medicationRequests": key})
    codes = load_code_sets()
    return medicine_of({"resourceType": "MedicationRequest"} | record, medicines_of(acquired, codes))


@pytest.mark.parametrize(
    "concept",
    [
        coded("310994"),
        coded("1927290"),
        coded("L04AB02", "http://www.whocc.no/atc"),
        coded("J1745", HCPCS),
        coded("0069-0809-01", "http://hl7.org/fhir/sid/ndc"),
        coded("EPIC-1", "urn:local")
        | {"coding": [{"code": "9", "system": "urn:x"}, *coded("310994")["coding"]]},
    ],
)
def test_infliximab_is_known_by_its_codes(concept: Json) -> None:
    medicine = find({"medicationCodeableConcept": concept})
    assert medicine.is_infliximab
    assert not medicine.by_name


@pytest.mark.parametrize(
    "concept",
    [
        {"text": "Infliximab 100 mg poeder voor infusie"},
        {"text": "infliximab (remsima) 475 mg in sodium chloride 0.9%"},
        {"text": "INFECTRA"},
        coded("9", "urn:local", display="Zessly 100 mg"),
        {"text": "Remicade"},
    ],
)
def test_infliximab_is_known_by_its_name_and_that_is_said(concept: Json) -> None:
    medicine = find({"medicationCodeableConcept": concept})
    assert medicine.is_infliximab
    assert medicine.by_name


SPELLINGS = [
    "IFX", "Infiximab", "inflixamab", "inflixumab", "inflixmab", "inflximab", "infleximab", "influximab",
    "inflizimab", "infilximab", "inlfiximab", "infliksimab", "infliksimabi", "inflixima", "Remicaid",
]  # fmt: skip


@pytest.mark.parametrize("name", SPELLINGS)
@pytest.mark.parametrize("written", ["{}", "{} 350 mg iv every 8 weeks", "give {}, slowly"])
def test_the_abbreviation_and_usual_misspellings_are_infliximab_by_name(name: str, written: str) -> None:
    text = written.format(name)
    medicine = find({"medicationCodeableConcept": {"text": text}})
    assert medicine.is_infliximab
    assert medicine.by_name
    assert names_infliximab({"a": [text]})


@pytest.mark.parametrize("name", ["IFX", "Infiximab", "infliksimab"])
def test_an_abbreviated_or_misspelt_pen_is_subcutaneous(name: str) -> None:
    medicine = find({"medicationCodeableConcept": {"text": f"{name} 120 mg pen"}})
    assert medicine.route is Route.SUBCUTANEOUS


@pytest.mark.parametrize(
    "text",
    [
        "ifxen", "xifx", "IFX2", "ifosfamide (IFX) 1200 mg/m2", "IFX + mesna", "Ifex (IFX)",
        "pre IFX hydrocortisone", "hydrocortisone, pre-medication IFX", "pre-med for infliximab",
        "hydrocortisone pre-medication infliximab 120 mg pen",
        "saline flush before IFX", "hydrocortisone prior to IFX", "paracetamol for IFX", "no IFX", "not IFX",
        "stop IFX", "anti IFX antibodies", "IFX level", "NaCl voor IFX", "NaCl vor IFX", "abciximab",
        "basiliximab",
        "rituximab", "cetuximab", "siltuximab", "dinutuximab", "fluvoxamine", "influenza vaccine",
    ],
)  # fmt: skip
def test_look_alikes_of_the_abbreviation_and_what_goes_with_infliximab_are_not_it(text: str) -> None:
    assert not find({"medicationCodeableConcept": {"text": text}}).is_infliximab


@pytest.mark.parametrize("text", ["ifxen", "xifx", "ifx2", "abciximab", "basiliximab"])
def test_a_part_of_another_word_is_not_the_abbreviation_in_an_order_that_cannot_be_read(text: str) -> None:
    assert not names_infliximab({"a": [text]})


@pytest.mark.parametrize(
    "concept",
    [
        coded("121191", display="rituximab"),
        coded("327361", display="adalimumab"),
        coded("797544", display="alcohol swab"),
        {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": "error"}]},
        {"text": "adalimumab"},
        {"text": ""},
        {},
        None,
        7,
    ],
)
def test_look_alikes_and_blanks_are_not_infliximab(concept: Any) -> None:
    medicine = find({"medicationCodeableConcept": concept})
    assert medicine.match is None
    assert not medicine.unresolved


@pytest.mark.parametrize(
    ("reference", "infliximab", "by_name"),
    [
        ({"reference": "Medication/ifx"}, True, False),
        ({"reference": "https://ehr.example/fhir/Medication/ifx/_history/2"}, True, False),
        ({"reference": "Medication/bag"}, True, False),
        ({"reference": "Medication/by-item"}, True, True),
        ({"reference": "Medication/elsewhere", "display": "infliximab 100 MG Injection"}, True, True),
        ({"display": "infliximab 100 MG Injection"}, True, True),
        ({"reference": "Medication/ifx", "display": "infliximab"}, True, False),
        ({"reference": "Medication/codeine"}, False, False),
        ({"reference": "#inside"}, True, False),
        ({"reference": "#elsewhere"}, False, False),
    ],
)
def test_a_reference_is_followed_before_its_display_is_believed(
    reference: Json, infliximab: bool, by_name: bool
) -> None:
    record = {"medicationReference": reference, "contained": [medication("inside", code=coded("310994"))]}
    medicine = find(record)
    assert (medicine.is_infliximab, medicine.by_name) == (infliximab, by_name)


@pytest.mark.parametrize(
    ("reference", "unresolved"),
    [
        ({"reference": "Medication/elsewhere"}, True),
        ({"reference": "#elsewhere"}, True),
        ({"identifier": {"value": "1"}}, True),
        ({"reference": "Medication/elsewhere", "display": "codeine"}, False),
        ({"reference": "Medication/codeine"}, False),
        ({"reference": "Medication/ifx"}, False),
        ({}, False),
        (None, False),
    ],
)
def test_a_reference_that_leads_nowhere_and_has_no_name_is_unresolved(
    reference: Any, unresolved: bool
) -> None:
    assert find({"medicationReference": reference}).unresolved is unresolved


def test_the_records_own_code_comes_before_what_it_refers_to() -> None:
    reference = {"reference": "Medication/codeine"}
    record = {"medicationCodeableConcept": coded("310994"), "medicationReference": reference}
    assert find(record).is_infliximab
    named = {"medicationCodeableConcept": {"text": "Remicade"}, "medicationReference": reference}
    assert (find(named).is_infliximab, find(named).by_name, find(named).label) == (True, True, "Remicade")


def test_a_medication_is_found_by_the_address_in_its_bundle() -> None:
    sent = medication("x", code=coded("310994"))
    record = {"medicationReference": {"reference": "urn:uuid:7"}}
    assert find(record, sent, urls=("urn:uuid:7",)).is_infliximab
    assert not find(record, sent, urls=("urn:uuid:8",)).is_infliximab


def test_the_address_as_written_comes_before_the_id_that_it_ends_with() -> None:
    ours, theirs = medication("x", code=coded("310994")), medication("x", code={"text": "codeine"})
    record = {"medicationReference": {"reference": "https://other.example/fhir/Medication/x"}}
    urls = ("https://ours.example/fhir/Medication/x", "https://other.example/fhir/Medication/x")
    assert find(record, ours, theirs, urls=urls).label == "codeine"
    assert find(record, ours, theirs).is_infliximab


def test_other_medicines_that_matter_are_told_apart() -> None:
    assert find({"medicationCodeableConcept": {"text": "azathioprine 50 mg"}}).match.concept is (  # type: ignore[union-attr]
        MedicationConcept.THIOPURINE
    )
    assert not find({"medicationCodeableConcept": {"text": "azathioprine 50 mg"}}).is_infliximab


def test_pens_are_subcutaneous_by_product() -> None:
    assert find({"medicationCodeableConcept": coded("2675742")}).route is Route.SUBCUTANEOUS
    assert find({"medicationCodeableConcept": {"text": "Remsima SC 120 mg pen"}}).route is Route.SUBCUTANEOUS
    assert find({"medicationCodeableConcept": coded("310994")}).route is None
    assert find({}).route is None


def test_the_label_is_the_text_then_the_display_then_the_name_of_what_is_referred_to() -> None:
    assert find({"medicationCodeableConcept": coded("310994", display="d") | {"text": " t "}}).label == "t"
    assert find({"medicationCodeableConcept": coded("310994", display="d")}).label == "d"
    reference = {"reference": "Medication/codeine", "display": "shown"}
    assert find({"medicationReference": reference}).label == "codeine"
    assert find({"medicationReference": {"display": "shown"}}).label == "shown"
    assert len(find({"medicationReference": {"display": "x" * 500}}).label) == 120


@pytest.mark.parametrize(
    ("ingredient", "expected"),
    [
        (
            {"numerator": {"value": 500, "unit": "mg"}, "denominator": {"value": 250, "unit": "mL"}},
            Strength(2, "ml"),
        ),
        (
            {"numerator": {"value": 0.5, "unit": "g"}, "denominator": {"value": 250, "unit": "mL"}},
            Strength(2, "ml"),
        ),
        (
            {"numerator": {"value": 100, "unit": "mg"}, "denominator": {"value": 1, "unit": "vial"}},
            Strength(100, ""),
        ),
        (
            {"numerator": {"value": 500, "unit": "mg"}, "denominator": {"value": 250, "unit": "Millilitre"}},
            Strength(2, "ml"),
        ),
        (
            {"numerator": {"value": 500, "unit": "mg"}, "denominator": {"value": 250, "unit": "milliliter"}},
            Strength(2, "ml"),
        ),
        ({"numerator": {"value": 100, "unit": "mg"}}, Strength(100, "")),
        ({"numerator": {"value": 100, "unit": "mg"}, "denominator": {"value": 0, "unit": "mL"}}, None),
        ({"numerator": {"value": 100, "unit": "[IU]"}}, None),
        ({"denominator": {"value": 1}}, None),
        ("100 mg", None),
        (None, None),
    ],
)
def test_the_strength_is_that_of_the_infliximab_in_the_product(
    ingredient: Any, expected: Strength | None
) -> None:
    product = medication(
        "bag",
        ingredient=[
            {
                "itemCodeableConcept": {"text": "sodium chloride"},
                "strength": {"numerator": {"value": 9, "unit": "mg"}},
            },
            {"itemCodeableConcept": coded("310994"), "strength": ingredient},
        ],
    )
    assert find({"medicationReference": {"reference": "Medication/bag"}}, product).strength == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("infliximab 100 MG Injection", Strength(100, "")),
        ("infliximab-dyyb 120 MG/ML Prefilled Syringe", Strength(120, "ml")),
        ("infliximab 100 mg/10 mL", Strength(10, "ml")),
        ("infliximab 100 mg vial, 400 mg", None),
        ("infliximab", None),
        ("infliximab 5 mg/kg", None),
    ],
)
def test_a_name_gives_a_strength_if_it_names_one(name: str, expected: Strength | None) -> None:
    assert find({"medicationCodeableConcept": {"text": name}}).strength == expected


def test_a_service_request_is_read_by_its_code() -> None:
    record = {"resourceType": "ServiceRequest", "code": coded("J1745", HCPCS)}
    assert find(record).match.unit_mg == 10  # type: ignore[union-attr]
    assert not find({"resourceType": "MedicationRequest", "code": coded("J1745", HCPCS)}).is_infliximab


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a": [{"b": "INFLIXIMAB 100"}]}, True),
        ("remsima", True),
        ({"a": {1, 2}, "b": "zessly"}, True),
        ({"a": "adalimumab"}, False),
        (None, False),
    ],
)
def test_infliximab_is_seen_anywhere_in_orders_that_cannot_be_read(value: Any, expected: bool) -> None:
    assert names_infliximab(value) is expected
