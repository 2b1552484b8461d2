"""Which resources of a Bundle are read at all: too much rather than too little, and what ties the rest."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from fhir_mappings import choosing
from fhir_mappings.choosing import Choice, Relevance, choose, relevance
from fhir_mappings.codes import load_code_sets

CODES = load_code_sets()
LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
OURS = {"reference": "Patient/p"}
LEVEL = {"coding": [{"system": LOINC, "code": "39803-2"}]}
SODIUM = {"coding": [{"system": LOINC, "code": "2951-2"}], "text": "Sodium"}
DRUG = {"coding": [{"system": RXNORM, "code": "310994"}]}

Json = dict[str, Any]


def result(code: Any = SODIUM, **more: Any) -> Json:
    """A final Observation of this patient; what is given as None is left out."""
    fields = {"resourceType": "Observation", "status": "final", "code": code, "subject": OURS} | more
    return {name: value for name, value in fields.items() if value is not None}


def of(kind: str, **more: Any) -> Json:
    return {"resourceType": kind, "subject": OURS, **more}


def chosen(*resources: Json, urls: tuple[Any, ...] = ()) -> Choice:
    """The choice among resources, the same with a memory of earlier requests and without one."""
    raws = [msgspec.Raw(json.dumps(resource).encode()) for resource in resources]
    addresses = [msgspec.Raw(json.dumps(url).encode()) for url in urls]
    addresses += [msgspec.Raw(b"")] * (len(raws) - len(addresses))
    matters = Relevance(CODES)
    first = choose(raws, addresses, matters, "p")
    assert choose(raws, addresses, matters, "p") == first
    return first


def kept(*resources: Json, urls: tuple[Any, ...] = ()) -> list[int]:
    return chosen(*resources, urls=urls).places


def test_results_of_other_tests_are_passed_over_and_those_of_ours_are_read() -> None:
    assert kept(result(), result(LEVEL), result(), result({"text": "Infliximab"})) == [1, 3]
    assert chosen(result(), result()) == Choice([])


@pytest.mark.parametrize(
    "resource",
    [
        result(status="entered-in-error"),
        result(status=" Cancelled "),
        result(subject={"reference": "Patient/other"}),
        result(subject=None, patient={"reference": "Patient/other"}),
        result(contained=[result(LEVEL)]),
        result(component=[{"code": LEVEL}]),
        result(component=[None, {"code": SODIUM}, {"code": LEVEL}]),
        result(component={"code": SODIUM}),
        of("Patient", id="p"),
        of("AllergyIntolerance", code={"text": "Penicillin"}),
        of("Medication", id="m", code={"text": "Aspirin"}),
        of("OperationOutcome"),
        of(" Observation", code=SODIUM),
        of("Condition", code={"text": "Crohn's disease"}),
        of("DiagnosticReport", code=LEVEL),
        of("Procedure", code={"text": "Infliximab infusion"}),
        of("ServiceRequest", code={"text": "infliximab level"}),
        of("MedicationRequest", medicationCodeableConcept=DRUG),
        of("MedicationAdministration", medicationCodeableConcept={"text": "Remsima"}),
        of("MedicationDispense", medicationCodeableConcept={"text": "azathioprine"}),
        of("MedicationStatement", medicationCodeableConcept={"text": "IFX"}),
        of("MedicationRequest", medicationReference="Medication/m"),
        of("MedicationRequest", medicationReference={}),  # refers, and nobody can say to what
    ],
)
def test_what_may_tell_something_is_read(resource: Json) -> None:
    usual = result()
    assert kept(usual, resource, usual) == [1]


@pytest.mark.parametrize(
    "resource",
    [
        result(component=[{"code": SODIUM}]),
        result(component=[None]),
        result(component=None),
        result(status="preliminary"),
        result(subject=None),
        result({}),
        result(None),
        of("Condition", code={"text": "Headache"}),
        of("DiagnosticReport", code=SODIUM),
        of("Procedure", code={"text": "Appendectomy"}),
        of("ServiceRequest", code=SODIUM),
        of("MedicationRequest", medicationCodeableConcept={"text": "Aspirin"}),
        of("MedicationRequest"),
        of("Specimen", id="s"),
        of("Encounter", code=LEVEL),
    ],
)
def test_what_tells_nothing_is_passed_over(resource: Json) -> None:
    assert kept(result(), resource, result()) == []


def test_of_an_observation_only_tests_count_where_other_kinds_may_name_a_disease_or_a_medicine() -> None:
    for name in ("Crohn's disease", "azathioprine"):
        code = {"text": name}
        assert kept(result(code)) == []
        assert kept(of("Procedure", code=code)) == [0]


PLAIN = '"subject":{"reference":"Patient/p"},"code":{"text":"x"}'


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (f'"resourceType":"Condition",{PLAIN}', False),
        ('"resourceType":"Observation","subject":{"reference":"Patient/p"},"code":{"text":1e400}', True),
        ('"resourceType":"Condition","subject":{"reference":1e400},"code":{"text":"x"}', True),
        (f'"resourceType":"Observation","component":{{"code":1}},{PLAIN}', True),
        (f'"resourceType":"DiagnosticReport","result":1e400,{PLAIN}', False),
        (f'"resourceType":"Condition","status":1e400,{PLAIN}', False),
    ],
)
def test_a_part_that_decides_and_cannot_be_read_leaves_its_resource_to_be_read_in_full(
    text: str, *, read: bool
) -> None:
    raw = msgspec.Raw(b"{" + text.encode() + b"}")
    assert choose([raw], [msgspec.Raw(b"")], Relevance(CODES), "p").places == ([0] if read else [])


def test_the_specimen_of_a_result_that_is_read_is_read_too_and_another_stays_loose() -> None:
    level = result(LEVEL, specimen={"reference": "https://ehr.example/fhir/Specimen/s1"})
    found = chosen(of("Specimen", id="s1"), level, of("Specimen", id="s2"))
    assert found == Choice([0, 1], frozenset({"Specimen/s2"}))


@pytest.mark.parametrize("member", ["result", "hasMember"])
def test_a_report_or_panel_of_a_result_that_is_read_is_read_too(member: str) -> None:
    def panel(*references: str) -> Json:
        listed = [{"reference": reference} for reference in references]
        return of("DiagnosticReport", code=SODIUM, **{member: listed})

    level = result(LEVEL, id="l")
    assert chosen(panel("Observation/x", "Observation/l"), level) == Choice([0, 1])
    found = chosen(level, panel("Observation/x"), panel("Observation/y"))
    assert found == Choice([0], frozenset({"Observation/x", "Observation/y"}))
    single = of("DiagnosticReport", code=SODIUM, **{member: {"reference": "Observation/l/_history/1"}})
    assert kept(single, level) == [0, 1]


def test_a_panel_without_a_name_of_ours_is_not_settled_at_the_first_look() -> None:
    member = [{"reference": "Observation/l"}]
    assert kept(result(), result(hasMember=member), result(LEVEL, id="l")) == [1, 2]


def test_conditions_that_are_passed_over_are_named_for_orders_that_refer_to_them() -> None:
    headache = of("Condition", id="c1", code={"text": "Headache"})
    nameless = of("Condition", code={"text": "Headache"})
    found = chosen(headache, nameless, of("Condition", id="c2", code={"text": "Crohn's disease"}))
    assert found == Choice([2], conditions=frozenset({"Condition/c1", "Condition"}))


def order(**reference: Any) -> Json:
    return of("MedicationRequest", medicationReference=reference)


IFX = of("Medication", id="m", code=DRUG)
ASPIRIN = of("Medication", id="m", code={"text": "Aspirin"})


def test_an_order_that_refers_to_a_medicine_is_read_where_the_medicine_matters() -> None:
    assert kept(order(reference="Medication/m"), IFX) == [0, 1]
    assert kept(order(reference="https://ehr.example/fhir/Medication/m/_history/2"), IFX) == [0, 1]
    found = chosen(order(reference="Medication/m"), ASPIRIN)
    assert (found.places, found.loose) == ([1], frozenset({"Medication/m"}))


def test_an_order_may_refer_to_a_medicine_by_its_address_in_the_bundle() -> None:
    urn = "urn:uuid:8e2f0b0e-2a4b-4f57-9b0b-6d9a2cf1a001"
    assert kept(order(reference=urn), IFX, urls=("", urn)) == [0, 1]
    assert kept(order(reference=urn), ASPIRIN, urls=("", urn)) == [1]


def test_of_two_medicines_under_one_address_one_that_matters_is_enough() -> None:
    assert kept(order(reference="Medication/m"), ASPIRIN, IFX) == [0, 1, 2]
    assert kept(order(reference="Medication/m"), IFX, ASPIRIN) == [0, 1, 2]


def test_an_order_for_a_medicine_that_was_not_sent_is_read_unless_its_display_says_something_else() -> None:
    assert kept(order(reference="Medication/gone")) == [0]
    assert kept(order(reference="Medication/gone", display="infliximab")) == [0]
    found = chosen(order(reference="Medication/gone", display="Aspirin"))
    assert (found.places, found.loose) == ([], frozenset({"Medication/gone"}))
    assert kept(order(display="Aspirin")) == []


def contained(*inner: Json) -> Json:
    return of("MedicationRequest", medicationReference={"reference": "#m"}, contained=list(inner))


@pytest.mark.parametrize(
    ("inner", "read"),
    [
        ([IFX], True),
        ([ASPIRIN], False),
        ([ASPIRIN, IFX], True),
        ([of("Medication", id="n", code={"text": "Aspirin"})], True),  # leads nowhere: anything is possible
        ([], True),
        ([of("Medication", id="m")], True),
        ([of("Medication", id="m", code={"text": "Mix"}, ingredient=[{"itemCodeableConcept": DRUG}])], True),
    ],
)
def test_a_contained_medicine_is_judged_where_the_order_points_to_it(
    inner: list[Json], *, read: bool
) -> None:
    assert kept(contained(*inner)) == ([0] if read else [])


@pytest.mark.parametrize(
    ("more", "matters"),
    [
        ({"ingredient": [{"itemCodeableConcept": DRUG}]}, True),
        ({"ingredient": {"itemCodeableConcept": DRUG}}, True),
        ({"ingredient": [{"itemReference": {"display": "infliximab"}}]}, True),
        ({"ingredient": [{"itemReference": {"display": "codeine"}}]}, False),
        ({"ingredient": ["infliximab", {"itemReference": "x"}]}, True),  # says nothing: may be anything
        ({"code": {"text": "codeine"}, "ingredient": [{"itemCodeableConcept": DRUG}]}, True),
        ({"code": DRUG, "ingredient": [{"itemCodeableConcept": {"text": "codeine"}}]}, True),
        ({"code": {"text": "codeine"}, "ingredient": [{"itemCodeableConcept": {"text": "codeine"}}]}, False),
        ({}, True),
    ],
)
def test_a_medicine_is_judged_by_its_code_and_ingredients(more: Json, *, matters: bool) -> None:
    medicine = of("Medication", id="m", **more)
    assert kept(order(reference="Medication/m"), medicine) == ([0, 1] if matters else [1])


def test_a_verdict_is_remembered_by_the_text_of_a_code_unless_that_is_long() -> None:
    matters = Relevance(CODES)
    short = msgspec.Raw(json.dumps({"text": "Infliximab".ljust(988)}).encode())
    long = msgspec.Raw(json.dumps({"text": "Infliximab".ljust(989)}).encode())
    assert (len(bytes(short)), len(bytes(long))) == (1000, 1001)
    assert matters.concept("Observation", short)
    assert matters.concept("Observation", long)
    assert matters.of_observations == {bytes(short): True}
    assert not matters.concept("Observation", msgspec.Raw(b""))


def test_a_code_that_was_judged_once_is_not_judged_again(monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[bytes] = []
    judge = Relevance._judge

    def counted(self: Relevance, resource_type: str, text: bytes) -> bool:
        judged.append(text)
        return judge(self, resource_type, text)

    monkeypatch.setattr(Relevance, "_judge", counted)
    matters = Relevance(CODES)
    for concept in (LEVEL, SODIUM, LEVEL, SODIUM):
        matters.concept("Observation", msgspec.Raw(json.dumps(concept).encode()))
    assert judged == [json.dumps(LEVEL).encode(), json.dumps(SODIUM).encode()]


def test_results_of_a_known_code_are_settled_at_the_first_look(monkeypatch: pytest.MonkeyPatch) -> None:
    closely: list[bytes] = []
    look = choosing._look_closely

    def counted(raw: msgspec.Raw) -> choosing.CloseLook:
        closely.append(bytes(raw))
        return look(raw)

    monkeypatch.setattr(choosing, "_look_closely", counted)
    raws = [msgspec.Raw(json.dumps(one).encode()) for one in (result(), result(), result(LEVEL), result())]
    urls = [msgspec.Raw(b"")] * 4
    matters = Relevance(CODES)
    assert choose(raws, urls, matters, "p") == Choice([2])
    assert closely == [bytes(raws[0]), bytes(raws[2])]  # each code once
    closely.clear()
    assert choose(raws, urls, matters, "p") == Choice([2])
    assert closely == [bytes(raws[0])]  # whose it is, once
    closely.clear()
    preliminary = msgspec.Raw(json.dumps(result(status="preliminary")).encode())
    assert choose([*raws, preliminary], [*urls, urls[0]], matters, "p") == Choice([2])
    assert closely == [bytes(raws[0]), bytes(preliminary)]


def test_results_of_another_patient_are_all_read_however_many_there_are() -> None:
    stranger = result(subject={"reference": "Patient/other"})
    assert kept(stranger, stranger, result(), stranger, result()) == [0, 1, 3]
    nobody = result(subject={"display": "somebody"})
    assert kept(nobody, stranger, nobody, stranger) == [1, 3]


def test_verdicts_on_tests_medicines_and_other_records_do_not_mix() -> None:
    matters = Relevance(CODES)
    drug = msgspec.Raw(json.dumps(DRUG).encode())
    assert not matters.concept("Observation", drug)
    assert matters.concept("MedicationRequest", drug)
    assert matters.concept("Procedure", drug)
    test = msgspec.Raw(json.dumps(LEVEL).encode())
    assert not matters.concept("MedicationStatement", test)
    assert matters.concept("DiagnosticReport", test)


def test_the_memory_of_verdicts_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choosing, "_MAX_VERDICTS", 2)
    matters = Relevance(CODES)
    for name in "abc":
        matters.concept("Observation", msgspec.Raw(json.dumps({"text": name}).encode()))
    assert list(matters.of_observations) == [b'{"text": "c"}']


def test_code_sets_have_one_memory_in_a_process() -> None:
    assert relevance(CODES) is relevance(CODES)
