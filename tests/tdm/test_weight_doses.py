"""A weight has to fit the doses that were given by it."""

import pytest

from tdm.facts import Dose, OrderState, Route, WeightReading
from tdm.history import read_history
from tdm.issues import IssueCode
from tdm.weight import fitting_doses
from tests.tdm.cases import NOW, ago, course, dose, order, policy, source

POLICY = policy()


def weight(kilograms: float) -> WeightReading:
    return WeightReading(kilograms, ago(1), source("Observation/weight"))


def fitted(kilograms, doses=(), orders=()):
    of = course(doses=tuple(doses), orders=tuple(orders))
    history, _ = read_history(of, NOW, POLICY)
    reading, issues = fitting_doses(weight(kilograms), history, POLICY)
    return None if reading is None else reading.kilograms, [issue.code for issue in issues]


NOT_USED = (None, [IssueCode.WEIGHT_CONTRADICTED])


@pytest.mark.parametrize(
    ("kilograms", "fits"),
    [(70, True), (154, False), (126, True), (126.1, False), (19.45, True), (19.4, False)],
)
def test_a_weight_fits_a_last_dose_between_the_standard_and_the_highest(kilograms, fits):
    assert fitted(kilograms, [dose(56, amount_mg=350)]) == ((kilograms, []) if fits else NOT_USED)


def test_both_ends_of_the_range_fit():
    assert fitted(100, [dose(56, amount_mg=1800)]) == (100, [])  # 18 mg/kg: 1.8 times the highest
    assert fitted(90, [dose(56, amount_mg=250)]) == (90, [])  # 2.8 mg/kg: the standard over 1.8


def test_the_mg_per_kg_that_was_ordered_says_more_than_the_usual_range():
    ordered = order(amount_mg_per_kg=10)
    assert fitted(70, [dose(56, amount_mg=700)], [ordered]) == (70, [])
    assert fitted(154, [dose(56, amount_mg=700)], [ordered]) == NOT_USED
    assert fitted(154, [dose(56, amount_mg=700)]) == (154, [])
    assert fitted(154, [dose(56, amount_mg=700, amount_mg_per_kg=10)]) == NOT_USED


def test_an_order_written_after_the_last_dose_does_not_speak_for_it():
    raised = order(amount_mg_per_kg=20, authored=ago(5))
    assert fitted(70, [dose(56, amount_mg=350)], [raised]) == (70, [])


def test_of_several_orders_the_latest_with_mg_per_kg_counts():
    orders = [
        order(amount_mg_per_kg=5, authored=ago(400)),
        order(amount_mg_per_kg=10, authored=ago(300)),
        order(amount_mg=700, authored=ago(200)),
    ]
    assert fitted(154, [dose(56, amount_mg=700)], orders) == NOT_USED


def test_without_a_dose_in_mg_the_active_order_speaks():
    assert fitted(154, [dose(56)], [order(amount_mg=350)]) == NOT_USED
    assert fitted(154, [], [order(OrderState.STOPPED, amount_mg=350)]) == (154, [])
    assert fitted(154, [], [order(amount_mg=700, amount_mg_per_kg=10)]) == NOT_USED
    assert fitted(154) == (154, [])


def test_subcutaneous_doses_say_nothing_of_the_weight():
    injection = Dose(ago(14), source("MedicationAdministration/1"), Route.SUBCUTANEOUS, 120)
    assert fitted(70, [injection], [order(route=Route.SUBCUTANEOUS, amount_mg=120)]) == (70, [])


def test_without_a_weight_there_is_nothing_to_fit():
    history, _ = read_history(course(doses=(dose(56, amount_mg=350),)), NOW, POLICY)
    assert fitting_doses(None, history, POLICY) == (None, ())
