"""Finding infliximab among the orders in front of the clinician, whatever shape they come in."""

from __future__ import annotations

import json
import random
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_mappings import drafts
from fhir_mappings.acquired import AcquiredKey, AcquiredResources, KeyState
from fhir_mappings.codes import load_code_sets
from fhir_mappings.context import ReadingContext
from fhir_mappings.drafts import DraftOrder, find_drafts
from tdm.facts import Indication, MedicationConcept, MedicationUse, Moment, Order, OrderState, Route
from tdm.issues import DataIssue, IssueCode
from tdm.source import Source

Json = dict[str, Any]

NOW = Moment(datetime(2026, 11, 22, 9, tzinfo=UTC), date(2026, 11, 22))
CONTEXT = ReadingContext("p", ZoneInfo("UTC"), NOW, load_code_sets())
NOTHING = AcquiredResources({})
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
IFX = {"coding": [{"system": RXNORM, "code": "310994", "display": "infliximab 100 MG Injection"}]}
CROHN = {"coding": [{"system": "http://snomed.info/sct", "code": "34000006"}]}
COLITIS = {"coding": [{"system": "http://snomed.info/sct", "code": "64766004"}]}


def order(identifier: str | None = "a", **more: Any) -> Json:
    resource = {
        "resourceType": "MedicationRequest",
        "id": identifier,
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": IFX,
        "subject": {"reference": "Patient/p"},
        **more,
    }
    return {name: value for name, value in resource.items() if value is not None}


AZATHIOPRINE = order("aza", medicationCodeableConcept={"text": "azathioprine 50 mg"})


def bundle(*resources: Json) -> Json:
    return {"resourceType": "Bundle", "entry": [{"resource": resource} for resource in resources]}


def find(
    value: Any, selections: list[str] | None = None, acquired: AcquiredResources = NOTHING
) -> tuple[DraftOrder, ...]:
    return find_drafts(value, selections, acquired, CONTEXT)


def ids(value: Any, selections: list[str] | None = None) -> list[Any]:
    return [draft.raw.get("id") for draft in find(value, selections)]


def codes_of(draft: DraftOrder) -> list[IssueCode]:
    return [issue.code for issue in draft.issues]


@pytest.mark.parametrize(
    "value",
    [
        bundle(order()),
        {"entry": [{"resource": order()}]},
        {"entry": {"resource": order()}},
        {"resourceType": "Bundle", "type": "collection", "entry": [None, 7, {}, order()]},
        [order()],
        [{"resource": order()}],
        order(),
        bundle(order(), order()),
    ],
)
def test_an_order_is_found_in_whatever_it_is_wrapped(value: Any) -> None:
    (draft,) = find(value)
    assert draft.raw == order()
    assert draft.label == "infliximab 100 MG Injection"
    assert draft.order.state is OrderState.DRAFT
    assert draft.changeable
    assert draft.issues == ()


@pytest.mark.parametrize("value", [None, 7, "x", {}, [], {"entry": None}, bundle(), bundle({}), AZATHIOPRINE])
def test_nothing_is_found_where_there_is_no_infliximab(value: Any) -> None:
    assert find(value) == ()


@pytest.mark.parametrize("identifier", [None, "x" * 190, "e.F-9|_ä/..", "urn:uuid:1"])
def test_an_order_may_have_any_id_or_none(identifier: str | None) -> None:
    assert ids(bundle(order(identifier))) == [identifier]


@pytest.mark.parametrize(
    ("selections", "expected"),
    [
        (None, ["a", "b"]),
        ([], ["a", "b"]),
        ([" "], ["a", "b"]),
        (["MedicationRequest/a"], ["a"]),
        (["a"], ["a"]),
        ([" MedicationRequest/b "], ["b"]),
        (["https://ehr.example/fhir/MedicationRequest/b"], ["b"]),
        (["MedicationRequest/aza"], []),
        (["MedicationRequest/elsewhere"], ["a", "b"]),
    ],
)
def test_only_selected_orders_count_unless_the_selections_match_nothing(
    selections: list[str] | None, expected: list[str]
) -> None:
    assert ids(bundle(order("b"), AZATHIOPRINE, order("a")), selections) == expected


def test_an_order_may_be_selected_by_the_address_in_its_bundle() -> None:
    value = {"entry": [{"fullUrl": "urn:uuid:1", "resource": order(None)}, {"resource": order("b")}]}
    assert ids(value, ["urn:uuid:1"]) == [None]


def test_an_order_without_any_address_cannot_be_deselected() -> None:
    assert ids(bundle(order(None), order("b"), AZATHIOPRINE), ["MedicationRequest/aza"]) == [None]


@pytest.mark.parametrize("status", ["active", "unknown", "something of its own"])
def test_an_order_that_is_no_draft_is_found_but_not_changed(status: str) -> None:
    (draft,) = find(order(status=status))
    assert not draft.changeable
    assert codes_of(draft) == [IssueCode.DRAFT_STATUS]


@pytest.mark.parametrize(
    "status", ["cancelled", "entered-in-error ", "Stopped", "completed", "on-hold", "revoked", "ended"]
)
def test_an_order_whose_status_says_not_to_give_it_is_named_as_withdrawn(status: str) -> None:
    (draft,) = find(order(status=status))
    assert not draft.changeable
    (issue,) = draft.issues
    assert (issue.code, issue.parameters) == (
        IssueCode.DRAFT_WITHDRAWN,
        (("status", status.strip().lower()),),
    )


@pytest.mark.parametrize("status", ["draft", " Draft ", "", None, 7])
def test_a_draft_with_or_without_its_status_may_be_changed(status: Any) -> None:
    assert find(order(status=status))[0].changeable


def test_an_order_not_to_give_is_found_but_not_changed() -> None:
    (draft,) = find(order(doNotPerform=True))
    assert (draft.changeable, codes_of(draft)) == (False, [IssueCode.DRAFT_DO_NOT_PERFORM])
    assert find(order(doNotPerform=False))[0].changeable


def test_an_order_for_another_patient_is_found_and_named() -> None:
    (draft,) = find(order(subject={"reference": "Patient/other"}))
    assert (draft.changeable, codes_of(draft)) == (False, [IssueCode.DRAFT_SUBJECT_DIFFERS])
    assert find(order(subject=None))[0].changeable


@pytest.mark.parametrize(
    "name",
    [
        "adalimumab",
        "Humira",
        "golimumab",
        "Simponi",
        "certolizumab",
        "Cimzia",
        "vedolizumab",
        "Entyvio",
        "natalizumab",
        "Tysabri",
        "ustekinumab-aauz",
        "Stelara",
        "risankizumab-rzaa",
        "Skyrizi",
        "mirikizumab",
        "Omvoh",
        "guselkumab",
        "Tremfya",
        "tofacitinib",
        "Xeljanz",
        "upadacitinib",
        "Rinvoq",
        "filgotinib",
        "Jyseleca",
        "ozanimod",
        "Zeposia",
        "etrasimod",
        "Velsipity",
        "azathioprine",
    ],
)
def test_an_order_known_by_name_only_that_names_another_medicine_too_is_found_but_not_changed(
    name: str,
) -> None:
    (draft,) = find(order(medicationCodeableConcept={"text": f"{name} (replaces Remicade)"}))
    assert not draft.changeable
    assert IssueCode.DRAFT_NAMES_OTHER_MEDICINE in codes_of(draft)


@pytest.mark.parametrize(
    "medicine",
    [
        {"medicationCodeableConcept": {"coding": [{"display": "vedolizumab"}], "text": "Infliximab"}},
        {
            "medicationCodeableConcept": None,
            "medicationReference": {"display": "Entyvio 300 mg (was Inflectra)"},
        },
    ],
)
def test_the_other_medicine_may_stand_in_a_display(medicine: Json) -> None:
    (draft,) = find(order(**medicine))
    assert not draft.changeable


def test_a_coded_infliximab_order_or_one_that_names_nothing_else_may_be_changed() -> None:
    assert find(order())[0].changeable
    named = {**IFX, "text": "infliximab (after adalimumab)"}
    assert find(order(medicationCodeableConcept=named))[0].changeable
    assert find(order(medicationCodeableConcept={"text": "Remicade 100 mg"}))[0].changeable


@pytest.mark.parametrize("name", ["vedolizumab 300 mg", "Humira"])
def test_an_order_for_another_targeted_medicine_is_none_for_infliximab(name: str) -> None:
    assert find(order(medicationCodeableConcept={"text": name})) == ()


def test_dose_interval_and_their_issues_are_read_from_the_order() -> None:
    (draft,) = find(order(dosageInstruction=[{"text": "400 mg every 6-8 weeks"}], authoredOn="2026-11-22"))
    assert (draft.order.amount_mg, draft.order.interval_days) == (400, None)
    assert draft.order.authored is not None
    assert codes_of(draft) == [IssueCode.INTERVAL_UNREADABLE]


def test_a_medicine_sent_beside_the_order_is_found() -> None:
    medicine = {"resourceType": "Medication", "id": "m", "code": IFX}
    referring = order(medicationCodeableConcept=None, medicationReference={"reference": "Medication/m"})
    assert len(find(bundle(referring, medicine))) == 1
    key = AcquiredKey("medicationRequests", KeyState.PREFETCHED, (medicine,))
    assert len(find(bundle(referring), acquired=AcquiredResources({"medicationRequests": key}))) == 1
    assert find(bundle(referring)) == ()


def test_a_medicine_known_by_its_display_only_is_found_and_said_so() -> None:
    reference = {"reference": "Medication/e1", "display": "INFLIXIMAB 100 MG IV SOLR"}
    (draft,) = find(order(medicationCodeableConcept=None, medicationReference=reference))
    assert codes_of(draft) == [IssueCode.MEDICINE_BY_NAME]


def test_other_medicines_ordered_beside_it_are_known() -> None:
    (draft,) = find(bundle(order(), AZATHIOPRINE))
    assert [(use.concept, use.draft) for use in draft.medications] == [(MedicationConcept.THIOPURINE, True)]
    assert find(bundle(order(), AZATHIOPRINE | {"status": "cancelled"}))[0].medications == ()
    assert find(bundle(order(), AZATHIOPRINE | {"doNotPerform": True}))[0].medications == ()
    assert find(bundle(order(), order("b")))[0].medications == ()


def service(text: str, **more: Any) -> Json:
    return {"resourceType": "ServiceRequest", "id": "s", "status": "draft", "code": {"text": text}, **more}


@pytest.mark.parametrize(
    ("resource", "tests"),
    [
        (service("Infliximab level"), {"level"}),
        (service("Infliximab antibodies"), {"ati"}),
        (service("Infliximab and infliximab antibody panel"), {"level", "ati"}),
        (service("Infliximab", category=[{"coding": [{"code": "108252007"}]}]), {"level"}),
        (service("Infliximab", category={"text": "Laboratory"}), {"level"}),
        (service("x", code={"coding": [{"system": "http://loinc.org", "code": "39803-2"}]}), {"level"}),
        (service("Infliximab level", status="cancelled"), set()),
        (service("Potassium"), set()),
    ],
)
def test_laboratory_tests_ordered_beside_it_are_known(resource: Json, tests: set[str]) -> None:
    (draft,) = find(bundle(order(), resource))
    assert draft.laboratory_tests == tests


@pytest.mark.parametrize(
    "code",
    [
        {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/HCPCS-Level-II", "code": "J1745"}]},
        {"text": "Infliximab infusion"},
    ],
)
def test_infliximab_ordered_as_a_procedure_is_found_but_not_changed(code: Json) -> None:
    (draft,) = find(service("x", code=code))
    assert not draft.changeable
    assert IssueCode.DRAFT_IS_SERVICE_REQUEST in codes_of(draft)


@pytest.mark.parametrize("text", ["Infliximab level", "Infliximab antibodies", "Infliximab trough"])
def test_a_laboratory_order_is_no_order_for_infliximab(text: str) -> None:
    assert find(service(text)) == ()


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, None),
        ({"reasonCode": [CROHN]}, Indication.CROHNS_DISEASE),
        ({"reasonCode": CROHN}, Indication.CROHNS_DISEASE),
        ({"reasonCode": [{"text": "Crohn's disease"}]}, Indication.CROHNS_DISEASE),
        ({"reasonCode": [COLITIS]}, Indication.OTHER_DISEASE),
        ({"reasonCode": [COLITIS, CROHN]}, Indication.CROHNS_DISEASE),
        ({"reasonCode": [{"text": "as discussed"}]}, None),
        ({"reasonReference": [{"reference": "Condition/c"}]}, Indication.CROHNS_DISEASE),
        ({"reasonReference": [{"reference": "#c"}]}, Indication.OTHER_DISEASE),
        (
            {"reasonReference": {"reference": "Condition/x", "display": "Crohn's disease"}},
            Indication.CROHNS_DISEASE,
        ),
        ({"reasonReference": ["x"]}, None),
    ],
)
def test_the_reason_on_the_order_is_its_indication(more: Json, expected: Indication | None) -> None:
    condition = {"resourceType": "Condition", "id": "c", "code": CROHN}
    acquired = AcquiredResources({"conditions": AcquiredKey("conditions", KeyState.PREFETCHED, (condition,))})
    contained = [{"resourceType": "Condition", "id": "c", "code": COLITIS}]
    (draft,) = find(order(contained=contained, **more), acquired=acquired)
    assert draft.indication is expected


@given(st.randoms(use_true_random=False))
def test_the_order_of_the_drafts_changes_nothing(random_: random.Random) -> None:
    resources = [
        order("a"),
        order("b", dosageInstruction=[{"text": "q8w"}]),
        AZATHIOPRINE,
        service("Infliximab level"),
    ]
    shuffled = random_.sample(resources, len(resources))
    assert find(bundle(*shuffled)) == find(bundle(*resources))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@given(JSON, st.sampled_from(sorted(order())), JSON)
def test_an_infliximab_order_is_found_whatever_else_is_odd_about_it(before: Any, name: str, odd: Any) -> None:
    changed = order() | {name: odd}
    found = find({"entry": [before, {"resource": changed}]})
    if name in {"medicationCodeableConcept", "resourceType"}:
        return
    assert any(
        json.dumps(draft.raw, sort_keys=True) == json.dumps(changed, sort_keys=True) for draft in found
    )


@pytest.mark.parametrize(
    "reasons",
    [
        [{"text": "IBD with uveitis"}],
        [{"text": "IBD"}, {"text": "Psoriasis"}],
        [{**COLITIS, "text": "Ulcerative colitis or Crohn's disease"}],
    ],
)
def test_a_reason_that_names_both_leaves_it_to_the_chart(reasons: list[Json]) -> None:
    (draft,) = find([order(reasonCode=reasons)])
    assert draft.indication is None


def test_a_reason_that_names_fistulizing_disease_by_its_initials_is_crohns_disease() -> None:
    (draft,) = find([order(reasonCode=[{"text": "Fistulizing CD; psoriatic rash"}])])
    assert draft.indication is Indication.CROHNS_DISEASE


SOURCE = Source("MedicationRequest", "MedicationRequest/a")


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"status": " Active "}, DataIssue(IssueCode.DRAFT_STATUS, "draft", (("status", "active"),), SOURCE)),
        ({"doNotPerform": True}, DataIssue(IssueCode.DRAFT_DO_NOT_PERFORM, "draft", (), SOURCE)),
        (
            {"subject": {"reference": "Patient/q"}},
            DataIssue(IssueCode.DRAFT_SUBJECT_DIFFERS, "draft", (), SOURCE),
        ),
        (
            {
                "resourceType": "ServiceRequest",
                "medicationCodeableConcept": None,
                "code": {"text": "Remicade"},
            },
            DataIssue(
                IssueCode.DRAFT_IS_SERVICE_REQUEST, "draft", (), Source("ServiceRequest", "ServiceRequest/a")
            ),
        ),
    ],
)
def test_why_an_order_may_not_be_changed_is_named_whole(more: Json, expected: DataIssue) -> None:
    (draft,) = find(order(**more))
    assert expected in draft.issues
    assert not draft.changeable
    assert expected not in find(order())[0].issues


def test_a_draft_keeps_all_that_its_order_says() -> None:
    instruction = {
        "text": "5 mg/kg, 400 mg at weeks 0, 2 and 6, then every 8 weeks",
        "route": {"text": "IV"},
    }
    (draft,) = find(order(authoredOn="2026-11-20T20:30:00", dosageInstruction=[instruction]))
    assert draft.order == Order(
        OrderState.DRAFT,
        SOURCE,
        authored=Moment(datetime(2026, 11, 20, 20, 30, tzinfo=UTC), date(2026, 11, 20)),
        route=Route.INTRAVENOUS,
        amount_mg=400,
        amount_mg_per_kg=5,
        interval_days=56,
        loading_schedule=True,
        label="infliximab 100 MG Injection",
    )


def test_a_medicine_known_by_name_is_named_whole() -> None:
    (draft,) = find(order(medicationCodeableConcept={"text": "Remicade"}))
    named = DataIssue(IssueCode.MEDICINE_BY_NAME, "medicine", (("name", "Remicade"),), SOURCE)
    assert draft.issues == (named,)
    assert draft.label == draft.order.label == "Remicade"


def test_a_medicine_without_a_name_is_called_infliximab() -> None:
    (draft,) = find(order(medicationCodeableConcept={"coding": [{"system": RXNORM, "code": "310994"}]}))
    assert draft.label == draft.order.label == "infliximab"


def test_an_issue_of_a_dose_calls_it_this_order() -> None:
    (draft,) = find(order(dosageInstruction=[{"text": "400 to 500 mg"}]))
    expected = DataIssue(IssueCode.DOSE_UNREADABLE, "dose", (("what", "this order"),), SOURCE)
    assert draft.issues == (expected,)


def test_another_medicine_beside_it_is_known_by_its_record_and_as_a_draft() -> None:
    draft = find(bundle(order(), AZATHIOPRINE))[0]
    beside = Source("MedicationRequest", "MedicationRequest/aza")
    assert draft.medications == (MedicationUse(MedicationConcept.THIOPURINE, beside, draft=True),)


@pytest.mark.parametrize("status", ["cancelled", "Entered-In-Error ", "stopped", "completed"])
def test_what_is_no_longer_ordered_beside_it_says_nothing(status: str) -> None:
    test = {"resourceType": "ServiceRequest", "status": status, "code": {"text": "Infliximab level"}}
    draft = find(bundle(order(), {**AZATHIOPRINE, "status": status}, test))[0]
    assert (draft.medications, draft.laboratory_tests) == ((), frozenset())
    assert find(bundle(order(), {**test, "status": "draft"}))[0].laboratory_tests == {"level"}
    assert (
        find(bundle(order(), {**test, "status": "draft", "doNotPerform": True}))[0].laboratory_tests == set()
    )


@pytest.mark.parametrize(
    "category",
    [
        [{"text": " Laboratory "}],
        {"coding": [{"code": "LAB"}]},
        [{"text": "other"}, {"coding": [{"code": "108252007"}]}],
    ],
)
def test_infliximab_in_a_laboratory_category_is_a_test(category: Any) -> None:
    request = {"resourceType": "ServiceRequest", "id": "s", "code": {"text": "Infliximab"}}
    assert drafts.tests_ordered({**request, "category": category}, CONTEXT.codes) == {"level"}
    assert drafts.tests_ordered(request, CONTEXT.codes) == frozenset()
    assert drafts.tests_ordered({**request, "category": [{"text": "infusion"}]}, CONTEXT.codes) == frozenset()
    assert (
        drafts.tests_ordered({**request, "resourceType": "Task", "category": category}, CONTEXT.codes)
        == frozenset()
    )
