"""Every reader: the record that a fact comes from, whose it is, and its day in the zone of the site."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import astuple

from fhir_mappings.dates import read_moment
from fhir_mappings.medication import Medicines
from fhir_mappings.readers.allergy import read_allergy
from fhir_mappings.readers.condition import read_condition
from fhir_mappings.readers.diagnostic_report import read_diagnostic_report
from fhir_mappings.readers.medication_administration import read_medication_administration
from fhir_mappings.readers.medication_dispense import read_medication_dispense
from fhir_mappings.readers.medication_record import MedicationReading
from fhir_mappings.readers.medication_request import read_medication_request
from fhir_mappings.readers.medication_statement import read_medication_statement
from fhir_mappings.readers.observation import read_observation
from tdm.facts import Dose, MedicationConcept, MedicationUse, Moment, Order, OrderState, Route
from tdm.issues import DataIssue, IssueCode
from tdm.source import Source
from tests.support.results import ALT, ATI, CRP, DRAWN, LEVEL, WEIGHT, context, observation, quantity

Json = dict[str, Any]

CONTEXT = context()
MEDICINES = Medicines(CONTEXT.codes, {})
SUBJECT = {"reference": "Patient/p1"}
# A time without an offset: another day in the zone of the process, and other instants in every zone.
EVENING = "2026-02-10T20:30:00"
INFLIXIMAB = {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "310994"}]}


def written(resource_type: str, **fields: Any) -> Json:
    return {"resourceType": resource_type, "id": "r1", "subject": SUBJECT, **fields}


def result(code: Any, **fields: Any) -> Json:
    return observation(code, id="r1", effectiveDateTime=EVENING, **fields)


CLINICAL = {
    "level": (read_observation, result(LEVEL, valueQuantity=quantity(4.2, "ug/mL"))),
    "antibodies": (read_observation, result(ATI, valueString="negative")),
    "marker": (read_observation, result(CRP, valueQuantity=quantity(4.2, "mg/L"))),
    "weight": (read_observation, result(WEIGHT, valueQuantity=quantity(70, "kg"))),
    "safety": (
        read_observation,
        result(ALT, valueQuantity=quantity(90, "U/L"), referenceRange=[{"high": quantity(40, "U/L")}]),
    ),
    "condition": (
        read_condition,
        written("Condition", code={"text": "Heart failure"}, recordedDate=EVENING, clinicalStatus="active"),
    ),
    "fistula": (read_condition, written("Condition", code={"text": "Perianal fistula"})),
    "allergy": (
        read_allergy,
        written("AllergyIntolerance", code={"text": "infliximab"}, recordedDate=EVENING),
    ),
    "report": (
        read_diagnostic_report,
        written(
            "DiagnosticReport",
            status="final",
            effectiveDateTime=EVENING,
            contained=[observation(LEVEL, effectiveDateTime=None, valueQuantity=quantity(4.2, "ug/mL"))],
        ),
    ),
}
MEDICATION = {
    "order": (
        read_medication_request,
        written("MedicationRequest", status="active", authoredOn=EVENING),
    ),
    "infusion": (
        read_medication_administration,
        written("MedicationAdministration", status="completed", effectiveDateTime=EVENING),
    ),
    "dispense": (
        read_medication_dispense,
        written("MedicationDispense", status="completed", whenHandedOver=EVENING),
    ),
    "prepared": (
        read_medication_dispense,
        written("MedicationDispense", status="completed", whenPrepared=EVENING),
    ),
    "statement": (
        read_medication_statement,
        written("MedicationStatement", status="completed", effectiveDateTime=EVENING),
    ),
    "regimen": (
        read_medication_statement,
        written("MedicationStatement", status="active", effectivePeriod={"start": EVENING}),
    ),
    "asserted": (
        read_medication_statement,
        written("MedicationStatement", status="active", dateAsserted=EVENING),
    ),
}
for _, resource in MEDICATION.values():
    resource["medicationCodeableConcept"] = INFLIXIMAB


def read(kind: str, **changes: Any) -> Any:
    if kind in MEDICATION:
        reader, resource = MEDICATION[kind]
        return reader({**resource, **changes}, CONTEXT, MEDICINES)
    reader, resource = CLINICAL[kind]
    return reader({**resource, **changes}, CONTEXT)


def source_of(kind: str) -> Source:
    _, resource = {**CLINICAL, **MEDICATION}[kind]
    return Source(resource["resourceType"], f"{resource['resourceType']}/r1")


def facts_in(reading: Any) -> Iterator[Any]:
    for group in astuple(reading) if isinstance(reading, Struct) else reading:
        if isinstance(group, tuple):
            yield from (fact for fact in group if not isinstance(fact, DataIssue))


def day_of(fact: Any) -> Moment | None:
    names = ("drawn", "measured", "recorded", "given", "authored")
    return next((getattr(fact, name) for name in names if hasattr(fact, name)), None)


@pytest.mark.parametrize("kind", [*CLINICAL, *MEDICATION])
def test_a_fact_names_its_record_and_its_moment_in_the_zone_of_the_site(kind):
    (fact,) = facts_in(read(kind))
    assert fact.source == source_of(kind)
    assert day_of(fact) == (None if kind == "fistula" else read_moment(EVENING, CONTEXT.zone))


@pytest.mark.parametrize("kind", [*CLINICAL, *MEDICATION])
def test_a_record_of_another_patient_gives_no_fact_and_is_named_by_its_source(kind):
    reading = read(kind, subject={"reference": "Patient/p2"})
    assert list(facts_in(reading)) == []
    assert reading.issues == (
        DataIssue(IssueCode.OTHER_PATIENT, "record", (("count", "1"),), source_of(kind)),
    )


@pytest.mark.parametrize("kind", [kind for kind in CLINICAL if kind != "report"])
def test_a_record_without_a_subject_counts_and_is_named_by_its_source(kind):
    reading = read(kind, subject=None)
    assert [fact.source for fact in facts_in(reading)] == [source_of(kind)]
    missing = DataIssue(IssueCode.SUBJECT_MISSING, "record", (), source_of(kind))
    assert [issue for issue in reading.issues if issue.code is IssueCode.SUBJECT_MISSING] == [missing]
    assert missing not in read(kind).issues


@pytest.mark.parametrize("kind", CLINICAL)
def test_a_record_without_type_and_id_is_shown_as_what_it_was_read_as(kind):
    (fact,) = facts_in(read(kind, id=None, resourceType=None))
    assert fact.source == Source(source_of(kind).resource_type, source_of(kind).resource_type)


@pytest.mark.parametrize("kind", ["level", "antibodies"])
def test_a_time_without_an_offset_is_named_where_hours_matter(kind):
    (issue,) = (one for one in read(kind).issues if one.code is IssueCode.ZONE_ASSUMED)
    assert issue == DataIssue(IssueCode.ZONE_ASSUMED, "level", (("day", "2026-02-10"),), source_of(kind))
    assert IssueCode.ZONE_ASSUMED not in [one.code for one in read(kind, effectiveDateTime=DRAWN).issues]


@pytest.mark.parametrize("kind", ["infusion", "dispense"])
def test_a_dose_without_a_day_is_named_by_its_source(kind):
    reading = read(kind, effectiveDateTime=None, whenHandedOver=None)
    assert reading.issues == (DataIssue(IssueCode.DOSE_UNDATED, "dose", (), source_of(kind)),)


@pytest.mark.parametrize("kind", MEDICATION)
def test_a_medicine_that_is_known_by_name_or_not_at_all_is_named_by_its_source(kind):
    by_name = read(kind, medicationCodeableConcept={"text": "Remicade"})
    named = DataIssue(IssueCode.MEDICINE_BY_NAME, "medicine", (("name", "Remicade"),), source_of(kind))
    assert by_name.issues == (named,)
    unresolved = read(
        kind, medicationCodeableConcept=None, medicationReference={"reference": "Medication/elsewhere"}
    )
    assert unresolved.issues == (DataIssue(IssueCode.MEDICINE_UNRESOLVED, "medicine", (), source_of(kind)),)


def test_an_order_or_a_dose_of_unknown_status_is_named_by_its_source():
    assert read("order", status="strange").issues == (
        DataIssue(IssueCode.ORDER_STATUS_UNKNOWN, "order", (), source_of("order")),
    )
    assert read("infusion", status="strange").issues == (
        DataIssue(IssueCode.DOSE_STATUS_UNKNOWN, "dose", (("day", "2026-02-10"),), source_of("infusion")),
    )


# ---- all that a record says of a medicine

DOSAGE = {
    "text": "400 mg (5 mg/kg) at weeks 0, 2 and 6, then every 8 weeks",
    "route": {"text": "IV"},
}
EVENING_MOMENT = read_moment(EVENING, CONTEXT.zone)
ENDED = {"start": EVENING, "end": "2026-02-20"}
AZATHIOPRINE = {"text": "azathioprine"}


def regimen(kind: str, state: OrderState, **more: Any) -> Order:
    return Order(
        state,
        source_of(kind),
        authored=EVENING_MOMENT,
        route=Route.INTRAVENOUS,
        amount_mg=400,
        amount_mg_per_kg=5,
        interval_days=56,
        loading_schedule=True,
        label="infliximab",
        **more,
    )


@pytest.mark.parametrize(
    ("kind", "changes", "expected"),
    [
        ("order", {"dosageInstruction": [DOSAGE]}, regimen("order", OrderState.ACTIVE)),
        ("order", {"dosageInstruction": [DOSAGE], "status": "stopped"}, regimen("order", OrderState.STOPPED)),
        ("regimen", {"dosage": [DOSAGE]}, regimen("regimen", OrderState.ACTIVE)),
        (
            "regimen",
            {"dosage": [DOSAGE], "effectivePeriod": ENDED},
            regimen("regimen", OrderState.ENDED, ended=read_moment("2026-02-20", CONTEXT.zone)),
        ),
        (
            "regimen",
            {"dosage": [DOSAGE], "effectivePeriod": ENDED, "status": "on-hold"},
            regimen("regimen", OrderState.STOPPED, ended=read_moment("2026-02-20", CONTEXT.zone)),
        ),
        ("asserted", {"dosage": [DOSAGE]}, regimen("asserted", OrderState.ACTIVE)),
    ],
)
def test_a_regimen_keeps_all_that_its_record_says(
    kind: str, changes: dict[str, Any], expected: Order
) -> None:
    named = {**INFLIXIMAB, "text": "infliximab"}
    reading = read(kind, medicationCodeableConcept=named, **changes)
    assert reading == MedicationReading(orders=(expected,))


@pytest.mark.parametrize(
    ("kind", "name", "reported", "interval_days"),
    [
        ("infusion", "dosage", False, None),
        ("dispense", "dosageInstruction", True, 56),
        ("prepared", "dosageInstruction", True, 56),
        ("statement", "dosage", True, None),
    ],
)
def test_a_dose_keeps_all_that_its_record_says(
    kind: str, name: str, reported: bool, interval_days: float | None
) -> None:
    assert EVENING_MOMENT is not None
    expected = Dose(
        EVENING_MOMENT,
        source_of(kind),
        Route.INTRAVENOUS,
        400,
        5,
        reported=reported,
        interval_days=interval_days,
    )
    assert read(kind, **{name: [DOSAGE]}) == MedicationReading(doses=(expected,))


@pytest.mark.parametrize(("kind", "name"), [("order", "dosageInstruction"), ("regimen", "dosage")])
def test_issues_of_dose_and_route_stand_beside_the_facts(kind: str, name: str) -> None:
    pen = {"coding": [{"system": INFLIXIMAB["coding"][0]["system"], "code": "2675742"}]}
    reading = read(
        kind, medicationCodeableConcept=pen, **{name: [{"text": "monthly", "route": {"text": "IV"}}]}
    )
    assert reading.issues == (
        DataIssue(
            IssueCode.INTERVAL_UNREADABLE, "interval", (("what", "an infliximab record"),), source_of(kind)
        ),
        DataIssue(IssueCode.ROUTE_CONFLICT, "route", (), source_of(kind)),
    )
    assert reading.orders[0].route is Route.SUBCUTANEOUS
    guessed = read(kind, **{name: [{"text": "120 mg every 2 weeks"}]})
    from_dose = DataIssue(
        IssueCode.ROUTE_FROM_DOSE, "route", (("what", "an infliximab record"),), source_of(kind)
    )
    assert guessed.issues == (from_dose,)
    assert guessed.orders[0].route is Route.SUBCUTANEOUS


@pytest.mark.parametrize("kind", ["order", "regimen"])
def test_another_medicine_in_use_is_told_by_its_record(kind: str) -> None:
    use = MedicationUse(MedicationConcept.THIOPURINE, source_of(kind))
    assert read(kind, medicationCodeableConcept=AZATHIOPRINE) == MedicationReading(uses=(use,))
    assert read(kind, medicationCodeableConcept=AZATHIOPRINE, status="stopped") == MedicationReading()
    assert read(kind, medicationCodeableConcept={"text": "codeine"}) == MedicationReading()


def test_a_statement_of_another_medicine_that_is_over_is_no_use() -> None:
    over = read("regimen", medicationCodeableConcept=AZATHIOPRINE, effectivePeriod=ENDED)
    assert over == MedicationReading()
    today = read(
        "regimen",
        medicationCodeableConcept=AZATHIOPRINE,
        effectivePeriod={"end": CONTEXT.now.day.isoformat()},
    )
    assert len(today.uses) == 1


def test_a_finished_treatment_of_tuberculosis_still_counts() -> None:
    isoniazid = {"text": "Isoniazid 300 mg"}
    use = MedicationUse(MedicationConcept.TUBERCULOSIS_TREATMENT, source_of("order"), completed=True)
    reading = read("order", medicationCodeableConcept=isoniazid, status="completed")
    assert reading == MedicationReading(uses=(use,))
    active = read("order", medicationCodeableConcept=isoniazid)
    assert [one.completed for one in active.uses] == [False]


@pytest.mark.parametrize(
    "when",
    [
        {"effectiveInstant": EVENING},
        {"effectiveTimeDateTime": EVENING},
        {"effectivePeriod": {"start": EVENING, "end": "2026-02-20"}},
        {"effectivePeriod": {"end": EVENING}},
        {"effectiveTimePeriod": {"start": EVENING}},
        {"effectiveTimePeriod": {"end": EVENING}},
    ],
)
def test_the_moment_of_a_dose_is_found_under_every_name_that_it_has_had(when: dict[str, Any]) -> None:
    (dose,) = read("infusion", effectiveDateTime=None, **when).doses
    assert dose.given == EVENING_MOMENT
