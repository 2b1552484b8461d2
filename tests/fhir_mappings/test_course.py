"""One treatment course from all resources: complete, canonical, nothing twice, shortfalls named."""

from __future__ import annotations

import copy
import json
import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_mappings.acquire import acquire
from fhir_mappings.acquired import AcquiredKey, AcquiredResources, KeyState
from fhir_mappings.codes import load_code_sets
from fhir_mappings.context import ReadingContext
from fhir_mappings.course import build_course
from fhir_mappings.drafts import find_drafts
from tdm.facts import (
    FactGroup,
    Indication,
    Marker,
    MedicationConcept,
    Moment,
    SafetyConcept,
    Sex,
    Shortfall,
    TreatmentCourse,
)
from tdm.issues import IssueCode
from tests.support import ehr

Json = dict[str, Any]

INSTANT = datetime(2026, 11, 22, 9, tzinfo=UTC)
CODES = load_code_sets()
CONTEXT = ReadingContext("p", ZoneInfo("UTC"), Moment(INSTANT, INSTANT.date()), CODES)


def days_ago(days: float) -> datetime:
    return INSTANT - timedelta(days=days)


def chart() -> dict[str, list[Json]]:
    return {
        "laboratory": [
            ehr.laboratory("level", "p", "level", 2.1, days_ago(3)),
            ehr.laboratory("ati", "p", "ati", 3.0, days_ago(3)),
            ehr.laboratory("crp", "p", "crp", 12.0, days_ago(3)),
            ehr.laboratory("sodium", "p", "sodium", 140.0, days_ago(3)),
        ],
        "weights": [ehr.weight("weight", "p", 80.0, days_ago(20))],
        "conditions": [ehr.condition("crohn", "p", ehr.CONDITIONS["crohns"])],
        "medicationRequests": [
            ehr.medication_request(
                "order",
                "p",
                "infliximab",
                status="active",
                authored=days_ago(400),
                instruction=ehr.dosage(400, 8),
            ),
            ehr.medication_request("aza", "p", "azathioprine", status="active", authored=days_ago(400)),
        ],
        "medicationAdministrations": [
            ehr.administration(f"dose-{number}", "p", 400, days_ago(56 * number + 3))
            for number in range(1, 4)
        ],
        "allergies": [],
    }


def draft() -> Json:
    return ehr.medication_request(
        "draft", "p", "infliximab", status="draft", authored=INSTANT, instruction=ehr.dosage(400, 8),
        reason=ehr.CONDITIONS["crohns"],
    )  # fmt: skip


def course(keys: dict[str, Any], *drafts: Json) -> TreatmentCourse:
    prefetch: dict[str, Any] = {"patient": ehr.patient("p", birth_date="1990-01-01", gender="male")}
    prefetch |= {
        key: ehr.searchset(value) if isinstance(value, list) else value for key, value in keys.items()
    }
    raw = {key: json.dumps(value).encode() for key, value in prefetch.items()}
    acquired = acquire(raw, codes=CODES, patient_id="p")
    found = find_drafts({"entry": [{"resource": d} for d in drafts]}, None, acquired, CONTEXT)
    return build_course(acquired, draft=found[0] if found else None, context=CONTEXT)


def test_all_facts_of_a_chart_and_its_draft_come_together() -> None:
    built = course(chart(), draft())
    assert [level.value_ug_ml for level in built.levels] == [2.1]
    assert [ati.value for ati in built.atis] == [3.0]
    assert [marker.marker for marker in built.markers] == [Marker.CRP]
    assert [weight.kilograms for weight in built.weights] == [80.0]
    assert [dose.amount_mg for dose in built.doses] == [400, 400, 400]
    assert [order.interval_days for order in built.orders] == [56]
    assert [use.concept for use in built.medications] == [MedicationConcept.THIOPURINE]
    assert (built.birth_earliest, built.birth_latest, built.sex) == (
        date(1990, 1, 1),
        date(1990, 1, 1),
        Sex.MALE,
    )
    assert built.recorded_indications == {Indication.CROHNS_DISEASE}
    assert built.order_indication is Indication.CROHNS_DISEASE
    assert built.evaluable == CODES.evaluable()
    assert built.draft is not None
    assert built.draft.interval_days == 56


def test_an_opened_chart_has_no_draft() -> None:
    built = course(chart())
    assert (built.draft, built.order_indication) == (None, None)


def test_what_was_not_provided_failed_or_is_incomplete_is_named() -> None:
    keys: dict[str, Any] = chart()
    del keys["conditions"]
    keys["allergies"] = {"resourceType": "OperationOutcome"}
    keys["laboratory"] = ehr.searchset(keys["laboratory"], next_link=True)
    assert dict(course(keys).shortfalls) == {
        FactGroup.CONDITIONS: Shortfall.NOT_PROVIDED,
        FactGroup.ALLERGIES: Shortfall.ERROR,
        FactGroup.LABORATORY: Shortfall.TRUNCATED,
    }
    assert course(chart()).shortfalls == ()


def test_issues_of_keys_readers_and_draft_are_all_there() -> None:
    keys = chart()
    keys["laboratory"].append(ehr.laboratory("x", "other", "level", 9.9, days_ago(1)))
    keys["medicationAdministrations"][0]["effectiveDateTime"] = "unknown"
    codes = {issue.code for issue in course(keys, draft() | {"status": "active"}).issues}
    assert {IssueCode.OTHER_PATIENT, IssueCode.DOSE_UNDATED, IssueCode.DRAFT_STATUS} <= codes


def test_a_thiopurine_drafted_beside_infliximab_is_about_to_be_added() -> None:
    aza = ehr.medication_request("new", "p", "azathioprine", status="draft", authored=INSTANT)
    keys = chart()
    keys["medicationRequests"].pop()
    (use,) = course(keys, draft(), aza).medications
    assert (use.concept, use.draft) == (MedicationConcept.THIOPURINE, True)


def test_a_dispense_counts_only_where_no_administration_is_near() -> None:
    def dispense(days: float) -> Json:
        resource = ehr.administration("d", "p", 400, days_ago(days))
        return resource | {
            "resourceType": "MedicationDispense",
            "whenHandedOver": resource["effectiveDateTime"],
        }

    for days, counted in ((59, False), (62, False), (62.01, True), (56, False), (55.99, True)):
        built = course(chart() | {"medicationDispenses": [dispense(days)]})
        assert any(dose.reported for dose in built.doses) is counted


def test_a_dispense_beside_an_administration_still_tells_its_interval() -> None:
    resource = ehr.administration("d", "p", 400, days_ago(59)) | {
        "resourceType": "MedicationDispense",
        "whenHandedOver": days_ago(59).isoformat(),
        "dosageInstruction": [{"timing": {"repeat": {"frequency": 1, "period": 6, "periodUnit": "wk"}}}],
    }
    built = course(chart() | {"medicationDispenses": [resource]})
    assert [dose.interval_days for dose in built.dispensed] == [42]
    assert not any(dose.reported for dose in built.doses)
    assert course(chart()).dispensed == ()


def test_two_resources_of_the_patient_that_disagree_leave_the_age_unknown() -> None:
    other = ehr.patient("p", birth_date="2015-01-01", gender="male")
    built = course(chart() | {"conditions": [other]})
    assert (built.birth_earliest, built.sex) == (None, None)
    same = ehr.patient("p", birth_date="1990-01-01", gender="male")
    assert course(chart() | {"conditions": [same]}).birth_earliest == date(1990, 1, 1)


def test_results_that_a_report_contains_are_found() -> None:
    level = ehr.laboratory("inner", "p", "level", 5.5, days_ago(2))
    report = {
        "resourceType": "DiagnosticReport",
        "id": "r",
        "status": "final",
        "code": {"text": "Chemistry"},
        "subject": {"reference": "Patient/p"},
        "contained": [level],
        "result": [{"reference": "#inner"}],
    }
    assert [found.value_ug_ml for found in course(chart() | {"laboratory": [report]}).levels] == [5.5]


def test_facts_of_one_resource_id_keep_a_canonical_order() -> None:
    one = ehr.administration("same", "p", 400, days_ago(10))
    two = ehr.administration("same", "p", 500, days_ago(10))
    forwards = course({"medicationAdministrations": [one, two]})
    backwards = course({"medicationAdministrations": [two, one]})
    assert forwards == backwards
    assert len(forwards.doses) == 2


@settings(max_examples=40, deadline=None)
@given(st.randoms(use_true_random=False))
def test_order_and_repetition_of_the_resources_change_nothing(random_: random.Random) -> None:
    keys = chart()
    for resources in keys.values():
        resources += [copy.deepcopy(resource) for resource in resources if random_.random() < 0.4]
        random_.shuffle(resources)
    moved = keys["conditions"].copy()
    keys["allergies"] += moved  # the same resource under a second key
    assert course(keys, draft()) == course(chart(), draft())


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False))
def test_no_mutation_of_a_chart_makes_the_course_throw(random_: random.Random) -> None:
    keys = copy.deepcopy(chart())  # its codings are shared with every other test
    resource = random_.choice([resource for resources in keys.values() for resource in resources])
    for _ in range(3):
        holder: Any = resource
        while isinstance(holder, dict | list) and holder:
            index = (
                random_.choice(list(holder)) if isinstance(holder, dict) else random_.randrange(len(holder))
            )
            if not isinstance(holder[index], dict | list) or random_.random() < 0.3:
                if index != "resourceType":
                    holder[index] = random_.choice([None, "", "x", 7, -1.5, True, [], {}, [None], {"a": [1]}])
                break
            holder = holder[index]
    assert isinstance(course(keys, draft()), TreatmentCourse)


def addressed(full_url: str, reference: str) -> TreatmentCourse:
    """Read the chart as Bundles that hold the Patient under an address and refer to it."""
    prefetch: Json = {}
    for key, resources in chart().items():
        named = [{**resource, "subject": {"reference": reference}} for resource in resources]
        prefetch[key] = {
            "resourceType": "Bundle",
            "entry": [
                *({"resource": resource} for resource in named),
                {"fullUrl": full_url, "resource": {"resourceType": "Patient", "id": "p"}},
            ],
        }
    raw = {key: json.dumps(value).encode() for key, value in prefetch.items()}
    acquired = acquire(raw, codes=CODES, patient_id="p")
    return build_course(acquired, draft=None, context=CONTEXT)


def test_a_subject_named_by_the_address_that_its_bundle_gives_the_patient_is_this_patient() -> None:
    usual = addressed("https://ehr.example/fhir/Patient/p", "Patient/p")
    assert usual.levels
    assert usual.doses
    assert addressed("urn:uuid:7", "urn:uuid:7") == usual
    assert addressed("https://ehr.example/people/7", "https://ehr.example/people/7") == usual


def test_a_subject_with_an_address_that_no_bundle_gives_this_patient_is_somebody_else() -> None:
    foreign = addressed("urn:uuid:7", "urn:uuid:8")
    facts = (*foreign.levels, *foreign.doses, *foreign.orders, *foreign.weights)
    assert facts == ()
    assert IssueCode.OTHER_PATIENT in {issue.code for issue in foreign.issues}


def test_what_was_taken_back_counts_in_no_copy():
    keys = chart()
    gone = {"status": "entered-in-error"}
    for key, number in (("laboratory", 0), ("laboratory", 1), ("medicationAdministrations", 0)):
        keys[key].append({**keys[key][number], **gone})
    read = course(keys)
    assert (read.levels, read.atis, len(read.doses)) == ((), (), 2)
    assert {IssueCode.LEVEL_STATUS_NOT_COUNTED, IssueCode.ATI_STATUS_NOT_COUNTED} <= {
        issue.code for issue in read.issues
    }


def test_a_dose_that_was_stopped_for_a_reaction_puts_the_reaction_on_record() -> None:
    keys = chart()
    keys["medicationAdministrations"][0] |= {
        "status": "stopped",
        "statusReason": [{"text": "Allergic reaction"}],
    }
    (fact,) = course(keys).safety
    assert fact.concept is SafetyConcept.INFLIXIMAB_REACTION


@pytest.mark.parametrize(
    "reference", ["Observation/level", "urn:uuid:0f5c", "https://ehr.example/Observation/level"]
)
def test_a_report_is_unread_only_where_its_result_did_not_arrive(reference: str) -> None:
    report: Json = {
        "resourceType": "DiagnosticReport",
        "id": "report",
        "status": "final",
        "code": {"text": "Infliximab level"},
        "subject": {"reference": "Patient/p"},
        "effectiveDateTime": days_ago(3).isoformat(),
        "result": [{"reference": reference}],
    }
    level = ehr.laboratory("level", "p", "level", 2.1, days_ago(3))
    urls = ("", "urn:uuid:0f5c")
    for resources, unread in (((report, level), False), ((report,), True)):
        key = AcquiredKey("laboratory", KeyState.PREFETCHED, resources, full_urls=urls[: len(resources)])
        course = build_course(AcquiredResources({"laboratory": key}), draft=None, context=CONTEXT)
        codes = {issue.code for issue in course.issues}
        assert (IssueCode.LEVEL_VALUE_UNREADABLE in codes) is unread


def test_reversed_and_doubled_resources_are_the_same_course() -> None:
    keys = chart()
    keys["laboratory"].append(ehr.laboratory("x", "other", "level", 9.9, days_ago(1)))
    keys["medicationAdministrations"].append(
        ehr.administration("undated", "p", 400, days_ago(9)) | {"effectiveDateTime": "soon"}
    )
    keys["conditions"].append(ehr.patient("p", birth_date="1990-01-01", gender="male"))
    once = course(keys, draft())
    twice = course({name: [*reversed(some), *some] for name, some in keys.items()}, draft())
    assert replace(twice, issues=()) == replace(once, issues=())
    assert {issue.code for issue in twice.issues} == {issue.code for issue in once.issues}
    assert IssueCode.DOSE_UNDATED in {issue.code for issue in once.issues}


def test_facts_of_records_that_differ_in_their_id_only_are_one_and_the_smaller_reference_stays() -> None:
    keys = chart()
    for name in ("medicationRequests", "laboratory"):
        keys[name] += [resource | {"id": f"a-{resource['id']}"} for resource in keys[name]]
    built = course(keys)
    facts = (*built.orders, *built.medications, *built.levels, *built.atis, *built.markers)
    assert len(facts) == len({fact.source.reference for fact in facts})
    assert all(fact.source.reference.partition("/")[2].startswith("a-") for fact in facts)


def test_administrations_that_differ_in_their_id_all_stay_and_reported_doses_do_not() -> None:
    keys = chart()
    given = keys["medicationAdministrations"]
    told = [
        resource | {"resourceType": "MedicationStatement", "id": f"s-{resource['id']}"} for resource in given
    ]
    copies = [resource | {"id": f"a-{resource['id']}"} for resource in given]
    assert len(course(keys | {"medicationAdministrations": given + copies}).doses) == 2 * len(given)
    keys["medicationAdministrations"] = []
    keys["medicationStatements"] = told + [resource | {"id": f"a-{resource['id']}"} for resource in told]
    doses = course(keys).doses
    assert len(doses) == len(given)
    assert all(dose.source.reference.startswith("MedicationStatement/a-") for dose in doses)


def test_an_administration_that_was_copied_with_its_identifier_is_one() -> None:
    keys = chart()
    named = [
        resource | {"identifier": [{"system": "urn:bags", "value": resource["id"]}]}
        for resource in keys["medicationAdministrations"]
    ]
    copies = [resource | {"id": f"a-{resource['id']}"} for resource in named]
    unnamed = [resource | {"id": f"b-{resource['id']}", "identifier": "bag"} for resource in named[:1]]
    assert len(course(keys | {"medicationAdministrations": named + copies + unnamed}).doses) == len(named) + 1
    built = course(keys | {"medicationAdministrations": named + copies})
    assert len(built.doses) == len(named)
    assert all(dose.source.reference.startswith("MedicationAdministration/a-") for dose in built.doses)


def test_a_reported_dose_gives_way_within_three_days_either_way_and_others_stay() -> None:
    keys = chart()
    keys["medicationStatements"] = [
        ehr.administration(f"told-{days:g}", "p", 400, days_ago(days))
        | {"resourceType": "MedicationStatement", "status": "completed"}
        for days in (56, 61.9, 63.5, 80)
    ]
    reported = [dose.source.reference for dose in course(keys).doses if dose.reported]
    assert reported == ["MedicationStatement/told-63.5", "MedicationStatement/told-80"]


def test_shortfalls_stand_in_the_order_of_their_keys() -> None:
    keys = {
        name: value
        for name, value in chart().items()
        if name not in {"allergies", "conditions", "laboratory"}
    }
    groups = [group for group, _ in course(keys).shortfalls]
    assert groups == [FactGroup.ALLERGIES, FactGroup.CONDITIONS, FactGroup.LABORATORY]


def test_fistulas_and_safety_facts_of_the_problem_list_are_in_the_course() -> None:
    keys = chart()
    keys["conditions"] += [
        {
            "resourceType": "Condition",
            "id": name,
            "subject": {"reference": "Patient/p"},
            "clinicalStatus": {"coding": [{"code": "active"}]},
            "code": {"text": text},
        }
        for name, text in (("f", "Perianal fistula"), ("h", "Heart failure"))
    ]
    built = course(keys)
    assert [(one.active, one.source.reference) for one in built.fistulas] == [(True, "Condition/f")]
    assert [one.concept for one in built.safety] == [SafetyConcept.HEART_FAILURE]
    assert built.inflammatory_bowel_disease_recorded


def test_a_patient_may_stand_under_another_address_in_each_bundle() -> None:
    level = ehr.laboratory("l", "p", "level", 5.5, days_ago(2))
    raw = {}
    for key, url in (("laboratory", "urn:uuid:1"), ("vitals", "urn:uuid:2"), ("conditions", "")):
        entry = [{"resource": {**level, "id": f"l-{key}", "subject": {"reference": url or "Patient/p"}}}]
        entry.append({"fullUrl": url, "resource": {"resourceType": "Patient", "id": "p"}})
        raw[key] = json.dumps({"resourceType": "Bundle", "entry": entry}).encode()
    acquired = acquire(raw, codes=CODES, patient_id="p")
    built = build_course(acquired, draft=None, context=CONTEXT)
    assert IssueCode.OTHER_PATIENT not in {issue.code for issue in built.issues}
    assert len(built.levels) == 1


def test_a_specimen_gives_the_time_of_its_level_and_an_allergy_is_a_reaction() -> None:
    level = ehr.laboratory("l", "p", "level", 5.5, days_ago(2))
    del level["effectiveDateTime"]
    collected = days_ago(3)
    specimen = {
        "resourceType": "Specimen",
        "id": "s",
        "subject": {"reference": "Patient/p"},
        "collection": {"collectedDateTime": collected.isoformat()},
    }
    allergy = {
        "resourceType": "AllergyIntolerance",
        "id": "a",
        "patient": {"reference": "Patient/p"},
        "code": {"text": "infliximab"},
        "recordedDate": "2024-01-01",
    }
    laboratory = [{**level, "specimen": {"reference": "Specimen/s"}}, specimen]
    built = course(chart() | {"laboratory": laboratory, "allergies": [allergy]})
    assert [one.drawn is not None and one.drawn.at for one in built.levels] == [collected]
    (reaction,) = built.safety
    assert (reaction.concept, reaction.source.reference) == (
        SafetyConcept.INFLIXIMAB_REACTION,
        "AllergyIntolerance/a",
    )
    assert reaction.recorded is not None
