"""The value of a result in every shape, whole: number, comparator, unit, words, flag, and how it is shown."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_mappings.readers.values import ResultValue, read_interpretation, read_value
from fhir_mappings.text import ResultWord
from tdm.facts import Comparator
from tests.support.results import SNOMED, quantity

INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"


def flag(code: str, **more: Any) -> list[dict[str, Any]]:
    return [{"coding": [{"code": code, **more}]}]


SAID = ResultValue(present=True)
POSITIVE, NEGATIVE, NOT_DETECTED = ResultWord.POSITIVE, ResultWord.NEGATIVE, ResultWord.NOT_DETECTED


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        ({}, ResultValue()),
        ({"valueQuantity": {}}, ResultValue()),
        ({"valueQuantity": {"unit": "ug/mL"}}, ResultValue(present=True, unit="ug/mL")),
        ({"valueQuantity": {"code": "ug/mL"}}, ResultValue(present=True, code="ug/mL")),
        ({"valueQuantity": {"comparator": "<"}}, ResultValue(present=True)),
        (
            {"valueQuantity": quantity(4.2, "mcg/mL", "ug/mL", comparator="<")},
            ResultValue(True, 4.2, Comparator.BELOW, "mcg/mL", "ug/mL", original="< 4.2 mcg/mL"),
        ),
        (
            {"valueQuantity": quantity(4.2, None, "ug/mL")},
            ResultValue(True, 4.2, code="ug/mL", original="4.2 ug/mL"),
        ),
        (
            {"valueQuantity": quantity(4.2, "a", "b", comparator="~")},
            ResultValue(True, unit="a", code="b"),
        ),
        (
            {"valueQuantity": quantity("4.2", "a", "b", comparator="~")},
            ResultValue(True, unit="a", code="b", original="4.2"),
        ),
        (
            {"valueQuantity": quantity("< 0.4", "a", "b")},
            ResultValue(True, 0.4, Comparator.BELOW, "a", "b", original="< 0.4 a"),
        ),
        (
            {"valueQuantity": quantity("< 0.4", None, "b")},
            ResultValue(True, 0.4, Comparator.BELOW, "", "b", original="< 0.4 b"),
        ),
        (
            {"valueQuantity": quantity("< 0.4 a", None, "b")},
            ResultValue(True, 0.4, Comparator.BELOW, "a", "b", original="< 0.4 a"),
        ),
        (
            {"valueQuantity": quantity("< 0.4 a", "a", "b")},
            ResultValue(True, 0.4, Comparator.BELOW, "a", "b", original="< 0.4 a"),
        ),
        (
            {"valueQuantity": quantity("< 0.4 c", "a", "b")},
            ResultValue(True, unit="a", code="b", original="< 0.4 c"),
        ),
        (
            {"valueQuantity": quantity("1:40", "a", "b")},
            ResultValue(True, 40, unit="a", code="b", titre=True, original="1:40 a"),
        ),
        (
            {"valueQuantity": quantity("Not detected", "a")},
            ResultValue(True, unit="a", word=NOT_DETECTED, original="Not detected a"),
        ),
        ({"valueString": "  "}, ResultValue()),
        (
            {"valueString": " <  0.4   ug/mL "},
            ResultValue(True, 0.4, Comparator.BELOW, "ug/mL", original="< 0.4 ug/mL"),
        ),
        ({"valueString": "Negative"}, ResultValue(True, word=NEGATIVE, original="Negative")),
        ({"valueString": "see below"}, ResultValue(True, original="see below")),
        ({"valueString": "1:40"}, ResultValue(True, 40, titre=True, original="1:40")),
        (
            {"valueString": "< 5 U/mL, negative"},
            ResultValue(True, 5, Comparator.BELOW, "U/mL", word=NEGATIVE, original="< 5 U/mL, negative"),
        ),
        (
            {"valueString": "Positive, > 350 U/mL"},
            ResultValue(True, 350, Comparator.ABOVE, "U/mL", word=POSITIVE, original="Positive, > 350 U/mL"),
        ),
        (
            {"valueString": "Positive, 1:80"},
            ResultValue(True, 80, titre=True, word=POSITIVE, original="Positive, 1:80"),
        ),
        (
            {"valueString": "Positive, see comment"},
            ResultValue(True, word=POSITIVE, original="Positive, see comment"),
        ),
        (
            {"valueString": "Negative, see comment"},
            ResultValue(True, original="Negative, see comment"),
        ),
        ({"valueString": "x" * 200}, ResultValue(True, original=("x" * 200)[:80])),
        (
            {"valueCodeableConcept": {"text": "Positive"}},
            ResultValue(True, word=POSITIVE, original="Positive"),
        ),
        (
            {"valueCodeableConcept": {"coding": [{"display": "Negative"}, {"display": "no"}]}},
            ResultValue(True, word=NEGATIVE, original="Negative"),
        ),
        (
            {"valueCodeableConcept": {"coding": [{"display": "Negative"}], "text": "Positive"}},
            ResultValue(True, word=ResultWord.INCONCLUSIVE, original="Positive"),
        ),
        (
            {"valueCodeableConcept": {"coding": [{"system": SNOMED, "code": " 77386006 "}]}},
            ResultValue(True, word=POSITIVE),
        ),
        (
            {"valueCodeableConcept": {"coding": [{"system": INTERPRETATION, "code": "NEG"}]}},
            ResultValue(True, word=NEGATIVE),
        ),
        (
            {
                "valueCodeableConcept": {
                    "coding": [{"system": "urn:Observation-Interpretation", "code": "NEG"}]
                }
            },
            ResultValue(True, word=NEGATIVE),
        ),
        ({"valueCodeableConcept": {"coding": [{"system": "x", "code": "NEG"}]}}, SAID),
        (
            {"valueCodeableConcept": {"text": "< 0.4 ug/mL"}},
            ResultValue(True, 0.4, Comparator.BELOW, "ug/mL", original="< 0.4 ug/mL"),
        ),
        ({"valueCodeableConcept": {}}, ResultValue()),
        ({"valueInteger": 7}, ResultValue(True, 7.0, original="7")),
        ({"valueInteger": "seven"}, SAID),
        ({"valueBoolean": True}, ResultValue(True, word=POSITIVE, original="yes")),
        ({"valueBoolean": False}, ResultValue(True, word=NEGATIVE, original="no")),
        (
            {"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 40}}},
            ResultValue(True, 40, titre=True, original="1:40"),
        ),
        ({"valueRatio": {"numerator": {"value": 2}, "denominator": {"value": 40}}}, SAID),
        ({"valueRatio": {"numerator": {"value": 1}, "denominator": {}}}, SAID),
        ({"valueRatio": {"numerator": {"value": 1}}}, SAID),
        ({"valueRatio": {"denominator": {"value": 40}}}, SAID),
        ({"valueRange": {"low": {"value": 3}}}, SAID),
        ({"valueRange": None}, ResultValue()),
    ],
)
def test_a_value_is_read_whole(element: dict[str, Any], expected: ResultValue) -> None:
    assert read_value(element) == expected
    assert type(read_value(element).present) is bool


@pytest.mark.parametrize(
    ("reason", "word"),
    [
        ({"coding": [{"code": " Temp-Unknown "}]}, ResultWord.PENDING),
        ({"coding": [{"code": "not-performed"}]}, ResultWord.NOT_DONE),
        ({"text": "pending"}, ResultWord.PENDING),
        ({"text": "positive"}, None),
        ({"coding": [{"code": "unknown"}]}, None),
        ({}, None),
    ],
)
def test_the_reason_of_an_absent_value_is_pending_not_done_or_nothing_known(
    reason: Any, word: ResultWord | None
) -> None:
    assert read_value({"dataAbsentReason": reason}) == ResultValue(present=True, word=word)
    beside = read_value({"valueInteger": 7, "dataAbsentReason": reason})
    assert beside == ResultValue(True, 7.0, original="7")


def test_a_flag_stands_beside_the_value_and_makes_one_where_there_is_none() -> None:
    assert read_value({"interpretation": flag("ND")}) == ResultValue(
        present=True, flag=NOT_DETECTED, flag_code="ND"
    )
    assert read_value({"interpretation": flag("A")}) == ResultValue(flag_code="A")
    assert read_value({"interpretation": flag("A"), "valueInteger": 7}) == ResultValue(
        True, 7.0, flag_code="A", original="7"
    )
    assert read_value({"interpretation": [], "valueInteger": 7}) == ResultValue(True, 7.0, original="7")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (flag(" pos "), (POSITIVE, "POS")),
        (flag("x", display="Negative"), (NEGATIVE, "X")),
        (flag("POS")[0], (POSITIVE, "POS")),
        ([{"text": "Positive"}], (POSITIVE, "")),
        ([{"text": "NEG"}], (NEGATIVE, "")),
        ([{"text": "Positive", "coding": [{"code": "x"}]}], (None, "X")),
        (flag("POS") + flag("NEG"), (ResultWord.INCONCLUSIVE, "")),
        ([*flag("POS"), {"text": "negative"}], (ResultWord.INCONCLUSIVE, "")),
        (flag("NEG") + flag("ND"), (NEGATIVE, "")),
        (flag("POS") + flag("POS"), (POSITIVE, "")),
        ([], (None, "")),
        ("high", (None, "")),
    ],
)
def test_flags_of_a_laboratory_are_one_word_and_one_code(
    value: Any, expected: tuple[ResultWord | None, str]
) -> None:
    assert read_interpretation(value) == expected
