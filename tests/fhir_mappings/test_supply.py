"""Days of supply shared among doses: only where both are told."""

import pytest

from fhir_mappings.dosage import ReadDosage
from fhir_mappings.supply import supply_interval
from tdm.facts import Route
from tdm.issues import DataIssue, IssueCode
from tdm.source import Source

IV, SC = Route.INTRAVENOUS, Route.SUBCUTANEOUS
UNREAD = DataIssue(IssueCode.INTERVAL_UNREADABLE, "interval", (), Source("MedicationDispense", "x"))


def quantity(value: object, unit: str | None = None, code: str | None = None) -> dict:
    return {
        name: said for name, said in (("value", value), ("unit", unit), ("code", code)) if said is not None
    }


def interval(days: object, of: object, dosage: ReadDosage | None = None, route: Route | None = IV):
    resource = {"daysSupply": days, "quantity": of}
    return supply_interval(resource, ReadDosage() if dosage is None else dosage, route)


@pytest.mark.parametrize(
    ("days", "of", "mg", "route", "expected"),
    [
        (quantity(56, "days"), quantity(1, "dose"), None, IV, 56),
        (quantity(56), quantity(1, code="{dose}"), None, IV, 56),
        (quantity(112, "d"), quantity(2, "Doses"), None, IV, 56),
        (quantity(56, code="d"), quantity(400, "mg"), 400, IV, 56),
        (quantity("112", "day"), quantity(800, "mg"), 400, IV, 56),
        (quantity(84, "days"), quantity(6, "pens"), 120, SC, 14),
        (quantity(84, "days"), quantity(12, "pens"), 240, SC, 14),
        (quantity(84, "days"), quantity(6, "dose"), 240, SC, 14),
    ],
)
def test_days_are_shared_among_the_doses(days, of, mg, route, expected):
    assert interval(days, of, ReadDosage(amount_mg=mg), route) == expected


@pytest.mark.parametrize(
    ("days", "of", "mg", "route"),
    [
        (quantity(56, "days"), quantity(4, "vials"), 400, IV),  # vials are no doses
        (quantity(56, "days"), quantity(4), 400, IV),
        (quantity(8, "weeks"), quantity(1, "dose"), None, IV),
        (quantity(0, "days"), quantity(1, "dose"), None, IV),
        (quantity(56, "days"), quantity(0, "dose"), None, IV),
        (quantity(56, "days"), quantity(500, "mg"), 400, IV),  # no whole number of doses
        (quantity(56, "days"), quantity(400, "mg"), None, IV),
        (quantity(56, "days"), quantity(100, "mg"), 400, IV),
        (quantity(84, "days"), quantity(6, "pens"), 120, None),  # pens of an unknown route
        (quantity(84, "days"), quantity(6, "pens"), None, SC),
        (quantity("many", "days"), quantity(1, "dose"), None, IV),
        (None, quantity(1, "dose"), None, IV),
        ("56", quantity(1, "dose"), None, IV),
        (quantity(56, "days"), None, 400, IV),
    ],
)
def test_nothing_is_guessed(days, of, mg, route):
    assert interval(days, of, ReadDosage(amount_mg=mg), route) is None


def test_an_instruction_that_cannot_be_read_is_not_replaced_by_a_calculation():
    days, doses = quantity(56, "days"), quantity(1, "dose")
    assert interval(days, doses) == 56
    assert interval(days, doses, ReadDosage(issues=(UNREAD,))) is None
    assert interval(days, doses, ReadDosage(loading_schedule=True)) is None
