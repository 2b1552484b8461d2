"""Orders, administrations, dispenses and statements: what they add to the course and what they do not."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_mappings.codes import load_code_sets
from fhir_mappings.context import ReadingContext
from fhir_mappings.medication import Medicines
from fhir_mappings.readers.medication_administration import read_medication_administration
from fhir_mappings.readers.medication_dispense import read_medication_dispense
from fhir_mappings.readers.medication_record import MedicationReading
from fhir_mappings.readers.medication_request import read_medication_request
from fhir_mappings.readers.medication_statement import read_medication_statement
from tdm.facts import MedicationConcept, Moment, OrderState, Route
from tdm.issues import IssueCode

Json = dict[str, Any]

NOW = Moment(datetime(2026, 11, 22, 9, tzinfo=UTC), date(2026, 11, 22))
CODES = load_code_sets()
CONTEXT = ReadingContext("p", ZoneInfo("UTC"), NOW, CODES)
MEDICINES = Medicines(CODES, {})
IFX = {
    "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "310994"}],
    "text": "infliximab",
}
PEN = {
    "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "2675742"}],
    "text": "pen",
}
AZATHIOPRINE = {"text": "azathioprine"}
OTHER = {"reference": "Patient/other"}
READERS = {
    "MedicationRequest": read_medication_request,
    "MedicationAdministration": read_medication_administration,
    "MedicationDispense": read_medication_dispense,
    "MedicationStatement": read_medication_statement,
}
MG_400 = {"value": 400, "unit": "mg"}
WEEKS_8 = {"repeat": {"frequency": 1, "period": 8, "periodUnit": "wk"}}


def read(resource_type: str, **more: Any) -> MedicationReading:
    resource = {
        "resourceType": resource_type,
        "id": "1",
        "medicationCodeableConcept": IFX,
        "subject": {"reference": "Patient/p"},
        **more,
    }
    return READERS[resource_type](resource, CONTEXT, MEDICINES)


def codes_of(reading: MedicationReading) -> list[IssueCode]:
    return [issue.code for issue in reading.issues]


def request(**more: Any) -> MedicationReading:
    return read("MedicationRequest", **({"status": "active"} | more))


def administration(**more: Any) -> MedicationReading:
    return read(
        "MedicationAdministration",
        **({"status": "completed", "effectiveDateTime": "2026-09-01T10:00:00Z"} | more),
    )


def test_an_order_gives_dose_interval_route_date_and_label() -> None:
    instruction = {"doseAndRate": [{"doseQuantity": MG_400}], "timing": WEEKS_8, "route": {"text": "IV"}}
    (order,) = request(authoredOn="2026-01-02", dosageInstruction=[instruction]).orders
    assert (order.state, order.amount_mg, order.interval_days) == (OrderState.ACTIVE, 400, 56)
    assert (order.route, order.label) == (Route.INTRAVENOUS, "infliximab")
    assert order.authored is not None
    assert order.authored.day == date(2026, 1, 2)
    assert order.source.reference == "MedicationRequest/1"


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("active", OrderState.ACTIVE),
        (" Active ", OrderState.ACTIVE),
        ("on-hold", OrderState.STOPPED),
        ("stopped", OrderState.STOPPED),
        ("completed", OrderState.ENDED),
        ("unknown", OrderState.ENDED),
        (None, OrderState.ENDED),
        (7, OrderState.ENDED),
    ],
)
def test_the_status_of_an_order_says_whether_it_is_in_force(status: Any, state: OrderState) -> None:
    reading = request(status=status)
    assert [order.state for order in reading.orders] == [state]
    unknown = status in ("unknown", None, 7)
    assert (IssueCode.ORDER_STATUS_UNKNOWN in codes_of(reading)) is unknown


@pytest.mark.parametrize(
    "more",
    [
        {"status": "entered-in-error "},
        {"status": "cancelled"},
        {"status": "draft"},
        {"doNotPerform": True},
        {"intent": "proposal"},
        {"intent": " Option "},
    ],
)
def test_what_was_never_in_force_is_no_order(more: Json) -> None:
    assert request(**more) == MedicationReading()


@pytest.mark.parametrize("intent", ["order", "plan", "instance-order", None, 7])
def test_other_intents_are_orders(intent: Any) -> None:
    assert len(request(intent=intent).orders) == 1


@pytest.mark.parametrize(
    ("end", "state"),
    [("2026-11-21", OrderState.ENDED), ("2026-11-22", OrderState.ACTIVE), ("2027-01-01", OrderState.ACTIVE)],
)
def test_an_active_order_whose_schedule_has_ended_is_not_in_force(end: str, state: OrderState) -> None:
    bounds = {"timing": {"repeat": {"boundsPeriod": {"end": end}}}}
    (order,) = request(dosageInstruction=[bounds]).orders
    assert order.state is state
    assert (order.ended is not None) is (state is OrderState.ENDED)
    (open_ended,) = request(dosageInstruction=[bounds, {"text": "q8w"}]).orders
    assert open_ended.state is OrderState.ACTIVE


def test_of_several_schedules_the_last_end_counts() -> None:
    ends = [{"timing": {"repeat": {"boundsPeriod": {"end": end}}}} for end in ("2026-06-01", "2026-05-01")]
    for instructions in (ends, ends[::-1]):
        (order,) = request(dosageInstruction=instructions).orders
        assert order.ended is not None
        assert order.ended.day == date(2026, 6, 1)


def test_a_stopped_order_says_when_it_ended_if_the_record_does() -> None:
    bounds = {"timing": {"repeat": {"boundsPeriod": {"end": "2026-05-01"}}}}
    (order,) = request(status="stopped", dosageInstruction=[bounds]).orders
    assert order.ended is not None
    assert order.ended.day == date(2026, 5, 1)
    assert request(status="stopped").orders[0].ended is None


@pytest.mark.parametrize(
    ("status", "counts"), [("active", True), ("completed", False), ("stopped", False), ("draft", False)]
)
def test_other_medicines_count_only_while_ordered(status: str, counts: bool) -> None:
    reading = request(status=status, medicationCodeableConcept=AZATHIOPRINE)
    assert reading.orders == ()
    assert [use.concept for use in reading.uses] == ([MedicationConcept.THIOPURINE] if counts else [])


def test_another_medicine_whose_schedule_has_ended_is_not_in_use() -> None:
    over = [{"timing": {"repeat": {"boundsPeriod": {"end": "2026-01-01"}}}}]
    assert request(medicationCodeableConcept=AZATHIOPRINE, dosageInstruction=over) == MedicationReading()


@pytest.mark.parametrize("resource_type", list(READERS))
def test_records_of_other_patients_give_an_issue_and_nothing_else(resource_type: str) -> None:
    reading = read(resource_type, status="active", subject=OTHER, effectiveDateTime="2026-01-01")
    assert (reading.orders, reading.doses, reading.uses) == ((), (), ())
    assert codes_of(reading) == [IssueCode.OTHER_PATIENT]


@pytest.mark.parametrize("resource_type", list(READERS))
def test_a_medicine_that_was_not_sent_is_named_as_unresolved(resource_type: str) -> None:
    reading = read(
        resource_type,
        status="active",
        medicationCodeableConcept=None,
        medicationReference={"reference": "Medication/x"},
    )
    assert codes_of(reading) == [IssueCode.MEDICINE_UNRESOLVED]


@pytest.mark.parametrize("resource_type", list(READERS))
def test_medicines_of_no_interest_give_nothing(resource_type: str) -> None:
    assert (
        read(resource_type, status="active", medicationCodeableConcept={"text": "codeine"})
        == MedicationReading()
    )


@pytest.mark.parametrize("resource_type", list(READERS))
def test_a_medicine_known_by_name_only_is_said_so(resource_type: str) -> None:
    reading = read(
        resource_type,
        status="completed",
        medicationCodeableConcept={"text": "Remicade"},
        effectiveDateTime="2026-01-01",
        whenHandedOver="2026-01-01",
    )
    assert IssueCode.MEDICINE_BY_NAME in codes_of(reading)


def test_the_product_settles_the_route_and_a_conflict_is_named() -> None:
    reading = request(medicationCodeableConcept=PEN, dosageInstruction=[{"route": {"text": "IV"}}])
    assert reading.orders[0].route is Route.SUBCUTANEOUS
    assert codes_of(reading) == [IssueCode.ROUTE_CONFLICT]
    agreed = request(medicationCodeableConcept=PEN, dosageInstruction=[{"route": {"text": "SC"}}])
    assert (agreed.orders[0].route, agreed.issues) == (Route.SUBCUTANEOUS, ())
    assert request(medicationCodeableConcept=PEN).orders[0].route is Route.SUBCUTANEOUS
    assert request().orders[0].route is None


def test_an_administration_gives_dose_route_and_moment() -> None:
    (dose,) = administration(dosage={"dose": MG_400, "route": {"text": "IV"}}).doses
    assert (dose.amount_mg, dose.route, dose.reported) == (400, Route.INTRAVENOUS, False)
    assert dose.given.at == datetime(2026, 9, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize("status", ["not-done", "entered-in-error ", "on-hold", "cancelled"])
def test_a_dose_that_was_not_given_is_no_dose(status: str) -> None:
    assert administration(status=status) == MedicationReading()
    assert administration(notGiven=True) == MedicationReading()
    assert administration(wasNotGiven=True) == MedicationReading()


@pytest.mark.parametrize(
    ("status", "known"),
    [("completed", True), ("in-progress", True), ("unknown", False), ("stopped", False), (None, False)],
)
def test_a_dose_of_unknown_status_counts_with_an_issue(status: Any, known: bool) -> None:
    reading = administration(status=status, dosage={"dose": MG_400})
    assert len(reading.doses) == 1
    assert codes_of(reading) == ([] if known else [IssueCode.DOSE_STATUS_UNKNOWN])
    assert reading.doses[0].amount_mg == (None if status == "stopped" else 400)


@pytest.mark.parametrize(
    ("when", "day"),
    [
        ({"effectiveDateTime": "2026-09-01"}, date(2026, 9, 1)),
        ({"effectivePeriod": {"start": "2026-09-02", "end": "2026-09-03"}}, date(2026, 9, 2)),
        ({"effectivePeriod": {"end": "2026-09-03"}}, date(2026, 9, 3)),
        ({"effectiveDateTime": "soon", "effectivePeriod": {"start": "2026-09-02"}}, date(2026, 9, 2)),
    ],
)
def test_a_dose_is_dated_by_when_it_began(when: Json, day: date) -> None:
    (dose,) = administration(**({"effectiveDateTime": None} | when)).doses
    assert dose.given.day == day


@pytest.mark.parametrize("when", [None, "2026", "yesterday", 7])
def test_a_dose_without_a_day_is_named_and_not_used(when: Any) -> None:
    reading = administration(effectiveDateTime=when)
    assert (reading.doses, codes_of(reading)) == ((), [IssueCode.DOSE_UNDATED])
    dispensed = read("MedicationDispense", status="completed", whenHandedOver=when)
    assert (dispensed.doses, codes_of(dispensed)) == ((), [IssueCode.DOSE_UNDATED])


@pytest.mark.parametrize(
    ("dosage", "amount"),
    [
        ([{"dose": MG_400}], 400),
        ([{"dose": MG_400}, {"dose": MG_400}], None),
        ({"text": "400 mg"}, 400),
        ({"dose": {"value": 4}}, None),
        ("400 mg", None),
        (None, None),
    ],
)
def test_the_dose_of_an_administration_is_read_tolerantly(dosage: Any, amount: float | None) -> None:
    assert administration(dosage=dosage).doses[0].amount_mg == amount


def test_a_dose_in_the_future_is_left_to_the_assessment() -> None:
    assert len(administration(effectiveDateTime="2030-01-01").doses) == 1


def test_other_medicines_that_were_given_are_no_doses() -> None:
    assert administration(medicationCodeableConcept=AZATHIOPRINE) == MedicationReading()


def test_a_contained_infusion_bag_gives_the_dose_by_its_strength() -> None:
    bag = {
        "resourceType": "Medication",
        "id": "bag",
        "ingredient": [
            {
                "itemCodeableConcept": IFX,
                "strength": {
                    "numerator": {"value": 500, "unit": "mg"},
                    "denominator": {"value": 250, "unit": "mL"},
                },
            }
        ],
    }
    reading = administration(
        medicationCodeableConcept=None,
        medicationReference={"reference": "#bag"},
        contained=[bag],
        dosage={"dose": {"value": 200, "unit": "mL"}},
    )
    assert reading.doses[0].amount_mg == 400


def test_a_dispense_is_a_reported_dose_on_the_day_it_was_handed_out() -> None:
    reading = read(
        "MedicationDispense",
        status="completed",
        medicationCodeableConcept=PEN,
        whenHandedOver="2026-10-01",
        whenPrepared="2026-09-30",
        dosageInstruction=[{"doseAndRate": [{"doseQuantity": {"value": 120, "unit": "mg"}}]}],
    )
    (dose,) = reading.doses
    assert (dose.reported, dose.amount_mg, dose.route) == (True, 120, Route.SUBCUTANEOUS)
    assert dose.given.day == date(2026, 10, 1)
    prepared = read("MedicationDispense", status="completed", whenPrepared="2026-09-30")
    assert prepared.doses[0].given.day == date(2026, 9, 30)


@pytest.mark.parametrize("status", ["in-progress", "cancelled", "entered-in-error", None])
def test_a_dispense_that_was_not_completed_is_no_dose(status: Any) -> None:
    assert read("MedicationDispense", status=status, whenHandedOver="2026-10-01") == MedicationReading()


def test_a_statement_with_one_completed_date_is_a_reported_dose() -> None:
    reading = read(
        "MedicationStatement", status="completed", effectiveDateTime="2026-10-01", dosage=[{"text": "400 mg"}]
    )
    (dose,) = reading.doses
    assert (dose.reported, dose.amount_mg) == (True, 400)
    assert reading.orders == ()


@pytest.mark.parametrize(
    ("status", "end", "state"),
    [
        ("active", None, OrderState.ACTIVE),
        ("active", "2026-11-22", OrderState.ACTIVE),
        ("active", "2026-11-21", OrderState.ENDED),
        ("completed", "2026-05-01", OrderState.ENDED),
        ("stopped", "2026-05-01", OrderState.STOPPED),
        ("on-hold", None, OrderState.STOPPED),
    ],
)
def test_a_statement_with_a_period_is_a_regimen(status: str, end: str | None, state: OrderState) -> None:
    period = {"start": "2026-01-01", "end": end}
    reading = read(
        "MedicationStatement", status=status, effectivePeriod=period, dosage=[{"text": "400 mg q8w"}]
    )
    (order,) = reading.orders
    assert (order.state, order.interval_days, order.amount_mg) == (state, 56, 400)
    assert order.authored is not None
    assert order.authored.day == date(2026, 1, 1)
    assert (order.ended is not None) is (state is not OrderState.ACTIVE and end is not None)


def test_a_statement_is_dated_by_when_it_was_made_if_by_nothing_else() -> None:
    (order,) = read("MedicationStatement", status="active", dateAsserted="2026-02-01").orders
    assert order.authored is not None
    assert order.authored.day == date(2026, 2, 1)


@pytest.mark.parametrize("status", ["entered-in-error", "not-taken", "intended", "unknown", None])
def test_a_statement_that_says_nothing_of_being_taken_is_not_used(status: Any) -> None:
    assert read("MedicationStatement", status=status) == MedicationReading()


def test_a_statement_of_another_medicine_counts_while_it_is_taken() -> None:
    more = {"medicationCodeableConcept": AZATHIOPRINE}
    assert len(read("MedicationStatement", status="active", **more).uses) == 1
    assert read("MedicationStatement", status="completed", **more) == MedicationReading()
    over = {"effectivePeriod": {"end": "2026-01-01"}}
    assert read("MedicationStatement", status="active", **more, **over) == MedicationReading()


ODD_FIELDS = [
    "status", "subject", "dosage", "dosageInstruction", "medicationCodeableConcept", "contained", "id",
    "intent", "medicationReference", "effectiveDateTime", "effectivePeriod", "authoredOn", "whenHandedOver",
]  # fmt: skip
ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["active", "2026-01-01"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


@given(
    st.sampled_from(list(READERS)),
    st.dictionaries(
        st.sampled_from(
            ODD_FIELDS
        ),
        ODD,
    ),
)  # fmt: skip
def test_no_reader_throws_on_odd_values(resource_type: str, more: Json) -> None:
    reading = read(resource_type, **({"status": "active"} | more))
    assert isinstance(reading, MedicationReading)


@given(st.sampled_from(["dosage", "dosageInstruction"]), ODD, ODD, ODD)
def test_no_reader_throws_on_odd_dosages(name: str, one: Any, two: Any, three: Any) -> None:
    dosage = {
        "text": one,
        "timing": {"repeat": two, "code": one},
        "route": three,
        "doseAndRate": two,
        "dose": three,
    }
    for resource_type in READERS:
        for given_dosage in (dosage, [dosage], [dosage, one]):
            assert isinstance(read(resource_type, status="active", **{name: given_dosage}), MedicationReading)


def every_two_weeks(amount: float, **more: Any) -> list[Json]:
    timing = {"repeat": {"frequency": 1, "period": 2, "periodUnit": "wk"}}
    return [{"timing": timing, "doseAndRate": [{"doseQuantity": {"value": amount, "unit": "mg"}}], **more}]


@pytest.mark.parametrize("amount", [120, 240])
def test_the_dose_of_the_pen_every_two_weeks_is_subcutaneous_without_a_route(amount: float) -> None:
    reading = read("MedicationRequest", status="active", dosageInstruction=every_two_weeks(amount))
    assert reading.orders[0].route is Route.SUBCUTANEOUS
    assert [issue.code for issue in reading.issues] == [IssueCode.ROUTE_FROM_DOSE]


@pytest.mark.parametrize(
    ("amount", "more", "expected"),
    [
        (300, {}, None),
        (120, {"route": {"text": "IV"}}, Route.INTRAVENOUS),
        (120, {"timing": WEEKS_8}, None),
    ],
)
def test_another_dose_route_or_interval_is_not_that_of_the_pen(
    amount: float, more: Json, expected: Route | None
) -> None:
    reading = read("MedicationRequest", status="active", dosageInstruction=every_two_weeks(amount, **more))
    assert (reading.orders[0].route, reading.issues) == (expected, ())


@pytest.mark.parametrize(
    "name", ["infliximab 120 mg/mL auto-injector", "Remsima 120mg inj pen", "infliximab 120 mg/1 mL syringe"]
)
def test_pens_and_syringes_are_subcutaneous_by_their_name(name: str) -> None:
    reading = read("MedicationRequest", status="active", medicationCodeableConcept={"text": name})
    assert reading.orders[0].route is Route.SUBCUTANEOUS


def test_a_dispense_keeps_the_interval_of_its_instruction() -> None:
    reading = read(
        "MedicationDispense",
        status="completed",
        whenHandedOver="2026-11-01",
        medicationCodeableConcept=PEN,
        dosageInstruction=every_two_weeks(240),
    )
    assert [(dose.interval_days, dose.amount_mg, dose.reported) for dose in reading.doses] == [
        (14.0, 240.0, True)
    ]


def test_a_dispense_without_an_interval_shares_its_days_among_its_doses() -> None:
    supply = {"daysSupply": {"value": 84, "unit": "days"}, "quantity": {"value": 6, "unit": "pen"}}
    handed_out = {"status": "completed", "whenHandedOver": "2026-11-01", "medicationCodeableConcept": PEN}
    bare = [{"doseAndRate": [{"doseQuantity": {"value": 120, "unit": "mg"}}]}]
    (dose,) = read("MedicationDispense", **handed_out, **supply, dosageInstruction=bare).doses
    assert dose.interval_days == 14
    (told,) = read("MedicationDispense", **handed_out, **supply, dosageInstruction=every_two_weeks(240)).doses
    assert told.interval_days == 14
    weekly = [{"timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "wk"}}}]
    (said,) = read("MedicationDispense", **handed_out, **supply, dosageInstruction=weekly).doses
    assert said.interval_days == 7
