"""The first look: what is chosen, what is passed over, and that odd shapes are read in full instead."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_mappings import choosing, peek
from fhir_mappings.choosing import relevance
from fhir_mappings.codes import load_code_sets
from fhir_mappings.peek import Peeked, UnreadableValueError, read_value
from fhir_mappings.strict_json import StrictJsonError

MATTERS = relevance(load_code_sets())
_FEW = peek._FEW
LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"

Json = dict[str, Any]


def coded(system: str, code: str, **more: Any) -> Json:
    return {"coding": [{"system": system, "code": code, **more}]}


LEVEL = {"resourceType": "Observation", "id": "level", "code": coded(LOINC, "39803-2")}
SODIUM = {"resourceType": "Observation", "id": "sodium", "code": coded(LOINC, "2951-2", display="Sodium")}
PATIENT = {"resourceType": "Patient", "id": "p"}
INFLIXIMAB = coded(RXNORM, "310994")
CODEINE = {"coding": [{"system": RXNORM, "code": "2670", "display": "codeine"}], "text": "codeine"}


def bundle(*resources: Any, **more: Any) -> Json:
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "entry": [{"resource": resource} for resource in resources],
        **more,
    }


@pytest.fixture(autouse=True)
def _long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Treat every Bundle as a large one, which is looked at before it is read."""
    monkeypatch.setattr(peek, "_FEW", -1)


_as_value = False


@pytest.fixture(params=["short", "long", "parsed"])
def _every_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read a Bundle in every way: in full, after a quick look, and as a small body's, which is parsed."""
    if request.param == "short":
        monkeypatch.setattr(peek, "_FEW", 1_000_000)
    monkeypatch.setitem(globals(), "_as_value", request.param == "parsed")


every_way = pytest.mark.usefixtures("_every_way")


def read(value: Any) -> Peeked:
    if not isinstance(value, bytes) and not _as_value:
        value = json.dumps(value).encode()
    return read_value(value, MATTERS, "p")


def kept(value: Any) -> list[Any]:
    return [resource.get("id") for resource in read(value).resources]


def test_only_what_may_matter_is_read_and_the_rest_is_counted() -> None:
    peeked = read(bundle(SODIUM, LEVEL, SODIUM))
    assert peeked.resources == (LEVEL,)
    assert peeked.seen == 3
    assert peeked.resource_type == "Bundle"
    assert not peeked.has_more


@pytest.mark.parametrize("kind", ["searchset", "collection", "batch-response", "document", None, 7])
def test_the_type_of_a_bundle_does_not_matter(kind: Any) -> None:
    assert kept(bundle(LEVEL) | {"type": kind}) == ["level"]


@every_way
@pytest.mark.parametrize("compact", [True, False])
def test_white_space_changes_nothing(compact: bool) -> None:
    value = bundle(SODIUM, LEVEL, PATIENT)
    text = json.dumps(value, separators=(",", ":")) if compact else json.dumps(value, indent=3)
    assert read(text.encode()) == read(json.dumps(value).encode())


@every_way
def test_null_is_nothing_at_all() -> None:
    assert read(b"null") == Peeked("")
    assert read(b" null ") == Peeked("")


@every_way
def test_a_single_resource_is_read_whatever_it_is() -> None:
    assert read(SODIUM) == Peeked("Observation", (SODIUM,), ("",), 1)
    assert read({"resourceType": " OperationOutcome "}).resource_type == "OperationOutcome"


@every_way
@pytest.mark.parametrize("value", [True, 7, "text", [], [LEVEL], {}, {"entry": []}, {"resourceType": 7}])
def test_what_is_no_resource_is_unreadable(value: Any) -> None:
    with pytest.raises(UnreadableValueError):
        read(value)


@every_way
@pytest.mark.parametrize("entry", ["missing", None, []])
def test_a_bundle_without_entries_is_empty(entry: Any) -> None:
    value = bundle() | {"entry": entry, "total": 0}
    if entry == "missing":
        del value["entry"]
    assert read(value) == Peeked("Bundle")


@every_way
@pytest.mark.parametrize(
    "odd",
    [None, {}, {"resource": None}, "text", 7, [], {"resource": "text"}, {"resource": []}, {"fullUrl": 7}],
)
def test_an_odd_entry_costs_nothing_but_itself(odd: Any) -> None:
    value = bundle(SODIUM, LEVEL)
    value["entry"].insert(1, odd)
    assert set(kept(value)) - {"sodium"} == {"level"}


@every_way
def test_an_entry_that_is_one_object_instead_of_a_list_is_read() -> None:
    assert kept({"resourceType": "Bundle", "entry": {"resource": LEVEL}}) == ["level"]


@pytest.mark.parametrize(
    "odd",
    [
        {"code": {"coding": {"system": LOINC, "code": "39803-2"}}},
        {"code": "Infliximab level"},
        {"component": {"code": {}}},
        {"resourceType": "Observation "},
    ],
)
def test_a_resource_of_unexpected_shape_is_kept_for_the_tolerant_reader(odd: Json) -> None:
    assert SODIUM | odd in read(bundle(SODIUM | odd, SODIUM)).resources


@every_way
@pytest.mark.parametrize(
    "resource",
    [
        {"resourceType": "Observation", "code": {"text": "Infliximab dalspiegel"}},
        {"resourceType": "Observation", "component": [None, {"code": coded(LOINC, "39803-2")}]},
        {"resourceType": "DiagnosticReport", "code": {"text": "Infliximab"}},
        {"resourceType": "DiagnosticReport", "code": {"text": "Chemistry"}, "contained": [LEVEL]},
        {"resourceType": "Condition", "code": coded("http://snomed.info/sct", "34000006")},
        {"resourceType": "Condition", "code": {"text": "Crohn's disease"}},
        {"resourceType": "AllergyIntolerance", "code": {"text": "Peanut"}},
        {"resourceType": "Medication", "code": CODEINE},
        {"resourceType": "MedicationRequest", "medicationCodeableConcept": INFLIXIMAB},
        {"resourceType": "MedicationRequest", "medicationCodeableConcept": {"text": "Azathioprine 50 mg"}},
        {"resourceType": "MedicationAdministration", "medicationCodeableConcept": {"text": "Remicade"}},
        {"resourceType": "MedicationDispense", "medicationCodeableConcept": INFLIXIMAB},
        {"resourceType": "MedicationStatement", "medicationCodeableConcept": INFLIXIMAB},
        {"resourceType": "OperationOutcome", "issue": []},
        {"resourceType": "ServiceRequest", "code": {"text": "Infliximab level"}},
        {"resourceType": "ServiceRequest", "code": coded("HCPCS", "J1745")},
        PATIENT,
    ],
)
def test_resources_that_may_matter_are_kept(resource: Json) -> None:
    assert set(map(str, read(bundle(SODIUM, resource)).resources)) - {str(SODIUM)} == {str(resource)}


@pytest.mark.parametrize(
    "resource",
    [
        {"resourceType": "Observation"},
        {"resourceType": "Observation", "code": None, "component": [None, {}, {"code": {"text": "Sodium"}}]},
        {"resourceType": "DiagnosticReport", "code": {"text": "Chemistry"}},
        {"resourceType": "Condition", "code": {"text": "Ankle sprain"}},
        {"resourceType": "MedicationRequest", "medicationCodeableConcept": CODEINE},
        {"resourceType": "MedicationRequest"},
        {"resourceType": "Encounter", "code": coded(LOINC, "39803-2")},
    ],
)
def test_resources_that_do_not_matter_are_passed_over(resource: Json) -> None:
    peeked = read(bundle(resource))
    assert (peeked.resource_type, peeked.resources, peeked.seen) == ("Bundle", (), 1)


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ({"reference": "Medication/ifx"}, True),
        ({"reference": "http://ehr.example/Medication/ifx/_history/3"}, True),
        ({"reference": "urn:uuid:1"}, True),
        ({"reference": "Medication/ifx", "display": "therapy plan"}, True),
        ({"reference": "Medication/codeine"}, False),
        ({"reference": "Medication/blank"}, True),
        ({"reference": "Medication/ingredient"}, True),
        ({"reference": "Medication/elsewhere"}, True),
        ({"reference": "Medication/elsewhere", "display": "codeine 15 mg tablet"}, False),
        ({"reference": "Medication/elsewhere", "display": "infliximab 100 MG Injection"}, True),
        ({"reference": "Medication/codeine", "display": "infliximab 100 MG Injection"}, True),
        ({"display": "infliximab 100 MG Injection"}, True),
        ({}, True),
        ({"reference": "#ifx"}, True),
        ({"reference": "#codeine"}, False),
        ({"reference": "#nowhere"}, True),
    ],
)
def test_a_medicine_given_by_reference_is_followed(reference: Json, expected: bool) -> None:
    order = {
        "resourceType": "MedicationRequest",
        "id": "order",
        "medicationReference": reference,
        "contained": [
            {"resourceType": "Medication", "id": "ifx", "code": INFLIXIMAB},
            {"resourceType": "Medication", "id": "codeine", "code": CODEINE},
        ],
    }
    value = bundle(
        order,
        {"resourceType": "Medication", "id": "ifx", "code": INFLIXIMAB},
        {"resourceType": "Medication", "id": "codeine", "code": CODEINE},
        {"resourceType": "Medication", "id": "blank"},
        {
            "resourceType": "Medication",
            "id": "ingredient",
            "code": {"text": "infusion bag"},
            "ingredient": [None, {"itemCodeableConcept": INFLIXIMAB}],
        },
    )
    value["entry"].append(
        {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Medication", "code": INFLIXIMAB}}
    )
    assert ("order" in kept(value)) is expected


def test_contained_medicines_that_cannot_be_read_keep_the_order() -> None:
    order = {
        "resourceType": "MedicationRequest",
        "id": "order",
        "medicationReference": {"reference": "#a"},
        "contained": {"id": "a"},
    }
    assert kept(bundle(order)) == ["order"]


@pytest.mark.parametrize(("kind", "name"), [("Observation", "hasMember"), ("DiagnosticReport", "result")])
@pytest.mark.parametrize(
    "reference", ["Observation/level", "https://ehr.example/fhir/Observation/level/_history/2"]
)
@pytest.mark.parametrize("single", [True, False])
def test_what_refers_to_a_kept_result_is_kept_whatever_it_is_called(
    kind: str, name: str, reference: str, single: bool
) -> None:
    def panel(reference: str) -> Json:
        written: Any = {"reference": reference} if single else [None, {}, {"reference": reference}]
        return {"resourceType": kind, "id": "panel", "code": {"text": "Chemistry"}, name: written}

    assert kept(bundle(panel(reference), SODIUM, LEVEL)) == ["panel", "level"]
    peeked = read(bundle(SODIUM, panel("Observation/sodium"), LEVEL))
    assert peeked.resources == (LEVEL,)
    assert peeked.loose == {"Observation/sodium"}


def test_the_specimen_of_a_kept_result_is_kept_and_others_are_named() -> None:
    drawn = LEVEL | {"specimen": {"reference": "Specimen/1"}}
    specimens = [{"resourceType": "Specimen", "id": number} for number in ("1", "2")]
    peeked = read(bundle(*specimens, drawn, SODIUM | {"specimen": {"reference": "Specimen/2"}}))
    assert peeked.resources == (specimens[0], drawn)
    assert peeked.loose == {"Specimen/2"}


def test_conditions_passed_over_are_named() -> None:
    peeked = read(bundle({"resourceType": "Condition", "id": "sprain", "code": {"text": "Ankle sprain"}}))
    assert peeked.resources == ()
    assert peeked.conditions == {"Condition/sprain"}


@pytest.mark.parametrize("patients_own", ["Patient/p", "https://ehr.example/fhir/Patient/p", "#p"])
@pytest.mark.parametrize("name", ["subject", "patient"])
def test_records_of_another_patient_are_read_whatever_they_are(patients_own: str, name: str) -> None:
    own = SODIUM | {"subject": {"reference": patients_own}}
    stranger = SODIUM | {name: {"reference": "Patient/other"}, "id": "stranger"}
    assert kept(bundle(own, stranger, own, stranger, SODIUM, own)) == ["stranger", "stranger"]


@pytest.mark.parametrize("status", ["entered-in-error", " Cancelled "])
def test_records_that_were_taken_back_are_kept_whatever_is_left_of_them(status: str) -> None:
    withdrawn = {"resourceType": "Observation", "id": "level", "status": status}
    assert read(bundle(SODIUM | {"status": "final"}, withdrawn, SODIUM)).resources == (withdrawn,)


@every_way
def test_a_bundle_whose_type_is_misspelt_is_none() -> None:
    with pytest.raises(UnreadableValueError):
        read(b'{"resourceTyqe":"Bundle","entry":[]}')


def test_a_subject_that_is_null_does_not_hide_the_patient() -> None:
    stranger = SODIUM | {"subject": None, "patient": {"reference": "Patient/other"}, "id": "stranger"}
    assert kept(bundle(SODIUM | {"subject": None}, stranger)) == ["stranger"]


@pytest.mark.parametrize("subject", [b'{"reference":"Patient/p","reference":"Patient/q"}', b'"\\ud800"'])
def test_a_subject_that_is_not_strict_json_is_judged_by_what_it_says_last(subject: bytes) -> None:
    text = (
        b'{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Encounter","subject":%b}}]}'
        % subject
    )
    with pytest.raises(StrictJsonError):
        read(text)


def test_a_medicine_named_only_beside_an_ingredient_is_found() -> None:
    medication = {
        "resourceType": "Medication",
        "id": "bag",
        "code": {"text": "infusion bag"},
        "ingredient": {"itemReference": {"display": "infliximab"}},
    }
    order = {"resourceType": "MedicationRequest", "id": "order", "medicationReference": {
        "reference": "Medication/bag", "display": "therapy plan"}}  # fmt: skip
    assert kept(bundle(order, medication)) == ["order", "bag"]
    del medication["ingredient"]
    assert kept(bundle(order, medication)) == ["bag"]


def test_full_urls_run_parallel_to_what_is_kept() -> None:
    value = bundle(SODIUM, LEVEL)
    value["entry"][0]["fullUrl"] = "urn:uuid:0"
    value["entry"][1]["fullUrl"] = " urn:uuid:1 "
    assert read(value).full_urls == ("urn:uuid:1",)


@every_way
@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"link": [{"relation": "self"}, {"relation": "next", "url": "x"}]}, True),
        ({"link": [None, {"relation": " next "}]}, True),
        ({"link": {"relation": "next"}}, True),
        ({"link": [{"relation": "self"}]}, False),
        ({"link": None}, False),
        ({"link": "next"}, False),
        ({"total": 1}, False),
        ({"total": 2}, True),
        ({"total": 0}, False),
        ({"total": "2"}, False),
    ],
)
@pytest.mark.parametrize("odd", [False, True])
def test_a_page_of_several_is_recognised(more: Json, expected: bool, odd: bool) -> None:
    value = bundle(LEVEL, **more)
    if odd:
        value["entry"].append("an entry that only the full reading understands")
    assert read(value).has_more is expected


@every_way
@pytest.mark.parametrize(
    ("rest", "code"),
    [
        (b'"entry":[{"resource":{"resourceType":"Patient","id":"a","id":"b"}}]}', "duplicate-name"),
        (b'"entry":[],"entry":[]}', "duplicate-name"),
        (b'"entry":[{"resource":{"resourceType":"A"},"resource":{"resourceType":"B"}}]}', "duplicate-name"),
        (b'"entry":[{"resource":{"resourceType":"A"},"resource":{"resourceType":"A"}}]}', "duplicate-name"),
        (b'"entry":[{"resource":{"resourceType":"A"},"r\\u0065source":{}}]}', "duplicate-name"),
        (b'"entry":[{"resource":{"resourceType":"Patient","x":NaN}}]}', "non-finite"),
        (b'"entry":[{"resource":{"resourceType":"Patient","x":1e400}}]}', "non-finite"),
        (b'"entry":[{"resource":{"resourceType":"Patient","id":"\xff"}}]}', "invalid-utf-8"),
        (
            b'"entry":[{"resource":{"resourceType":"Patient","x":%s}}]}' % (b"[" * 900 + b"]" * 900),
            "too-deep",
        ),
        (b'"entry":%s}' % (b"[" * 9000 + b"]" * 9000), "too-deep"),
        (b'"entry":[]', "malformed"),
    ],
)
def test_what_has_to_be_read_is_read_strictly(rest: bytes, code: str) -> None:
    with pytest.raises(StrictJsonError) as caught:
        read(b'{"resourceType":"Bundle",' + rest)
    assert caught.value.code == code


@every_way
def test_a_single_resource_is_read_strictly() -> None:
    with pytest.raises(StrictJsonError, match=r"^duplicate-name$"):
        read(b'{"resourceType":"Patient","id":"a","id":"b"}')


def test_what_is_passed_over_in_a_long_value_is_not_judged() -> None:
    odd = b'{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Encounter","x":1,"x":1e400}}]%s}'
    assert read(odd % b"") == Peeked("Bundle", seen=1)


@every_way
def test_a_resource_inside_a_resource_is_not_taken_for_an_entry() -> None:
    nested = PATIENT | {"extension": [{"resource": LEVEL}]}
    assert read(bundle(nested, LEVEL)).resources == (nested, LEVEL)


@pytest.mark.parametrize("count", [_FEW, _FEW + 1])
def test_small_bundles_are_kept_whole_and_large_ones_only_as_far_as_they_matter(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    resources = [LEVEL, *[SODIUM] * (count - 1)]
    assert len(read(bundle(*resources)).resources) == (count if count == _FEW else 1)


@every_way
def test_what_is_refused_does_not_depend_on_the_size() -> None:
    odd = b'{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Encounter","x":1,"x":2}}%b]}'
    assert read(odd % b"").resources == ()
    level = b',{"resource":%b}' % json.dumps(LEVEL).encode()
    assert read(odd % level).resources == (LEVEL,)
    with pytest.raises(StrictJsonError):
        read(odd % level.replace(b'"id"', b'"id": "x", "id"'))


@given(st.randoms(use_true_random=False))
def test_the_quick_look_chooses_what_the_readers_need(random_: random.Random) -> None:
    resources = [LEVEL, SODIUM, PATIENT, {"resourceType": "Condition", "code": {"text": "Crohn's disease"}}]
    chosen = random_.choices(resources, k=random_.randint(0, 6))
    quick = read(bundle(*chosen))
    assert list(quick.resources) == [resource for resource in chosen if resource is not SODIUM]
    assert quick.seen == len(chosen)


def test_verdicts_are_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choosing, "_MAX_VERDICTS", 3)
    matters = choosing.Relevance(load_code_sets())
    for number in range(10):
        other = {"resourceType": "Observation", "code": {"text": f"test {number}"}}
        text = json.dumps(bundle(other, LEVEL)).encode()
        assert read_value(text, matters, "p").resources == (LEVEL,)
        assert len(matters.of_observations) <= 3
    long = {"resourceType": "Observation", "code": {"text": "x" * 2000}}
    before = len(matters.of_observations)
    read_value(json.dumps(bundle(long)).encode(), matters, "p")
    assert len(matters.of_observations) == before
