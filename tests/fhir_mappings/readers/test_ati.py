"""Antibodies to infliximab: numbers kept in their own units, words, flags and limits."""

import pytest

from fhir_mappings.code_sets_file import SiteCode
from fhir_mappings.readers.observation import read_observation
from tdm.facts import AtiWord, Comparator, ResultStatus
from tdm.issues import IssueCode
from tests.support.results import ATI, LOCAL, context, observation, quantity, site_context


def read(**fields):
    return read_observation(observation(ATI, **fields), context())


def only_ati(reading):
    (ati,) = reading.atis
    return ati


def codes(reading):
    return [issue.code for issue in reading.issues]


@pytest.mark.parametrize(
    ("value", "number", "unit", "comparator"),
    [
        ({"valueQuantity": quantity(60, "U/mL")}, 60.0, "U/mL", "="),
        ({"valueQuantity": quantity(60, "units/mL", "U/mL")}, 60.0, "U/mL", "="),
        ({"valueQuantity": quantity(12, "AU")}, 12.0, "AU/mL", "="),
        ({"valueQuantity": quantity(12, None, "[arb'U]/mL")}, 12.0, "AU/mL", "="),
        ({"valueQuantity": quantity(34, "ng/mL")}, 34.0, "ng/mL", "="),
        ({"valueQuantity": quantity(3.1, "\u00b5g/mL-eq")}, 3.1, "ug/mL-eq", "="),
        ({"valueString": "< 10 AU/mL"}, 10.0, "AU/mL", "<"),
        ({"valueString": "> 125.0"}, 125.0, "", ">"),
        ({"valueString": "1:40"}, 40.0, "titer", "="),
        ({"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 80}}}, 80.0, "titer", "="),
        ({"valueQuantity": quantity(7, "furlong")}, 7.0, "", "="),
        ({"valueQuantity": quantity(7)}, 7.0, "", "="),
        ({"valueInteger": 7}, 7.0, "", "="),
    ],
)
def test_a_number_keeps_its_own_unit_and_is_never_converted(value, number, unit, comparator):
    reading = read(**value)
    ati = only_ati(reading)
    assert (ati.value, ati.unit, ati.comparator) == (number, unit, Comparator(comparator))
    assert (ati.word, reading.issues) == (None, ())


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ({"valueString": "Negative"}, AtiWord.NEGATIVE),
        ({"valueString": "Not detected"}, AtiWord.NEGATIVE),
        ({"valueString": "Niet gedetecteerd"}, AtiWord.NEGATIVE),
        ({"valueString": "Positief"}, AtiWord.POSITIVE),
        ({"valueString": "Detected"}, AtiWord.POSITIVE),
        ({"valueString": "Indeterminate"}, AtiWord.INCONCLUSIVE),
        ({"valueCodeableConcept": {"coding": [{"code": "260385009"}]}}, AtiWord.NEGATIVE),
        (
            {"valueCodeableConcept": {"text": "Negative", "coding": [{"display": "Positive"}]}},
            AtiWord.INCONCLUSIVE,
        ),
        ({"valueBoolean": True}, AtiWord.POSITIVE),
        ({"valueBoolean": False}, AtiWord.NEGATIVE),
        ({"interpretation": [{"coding": [{"code": "POS"}]}]}, AtiWord.POSITIVE),
        ({"interpretation": {"text": "negative"}}, AtiWord.NEGATIVE),
        ({"interpretation": [{"coding": [{"code": "NEG"}, {"code": "ND"}]}]}, AtiWord.NEGATIVE),
        (
            {"interpretation": [{"coding": [{"code": "POS"}]}, {"coding": [{"code": "NEG"}]}]},
            AtiWord.INCONCLUSIVE,
        ),
        (
            {"valueString": "Negative", "interpretation": [{"coding": [{"code": "H"}]}]},
            AtiWord.INCONCLUSIVE,
        ),
    ],
)
def test_the_laboratorys_own_word_is_taken(value, word):
    ati = only_ati(read(**value))
    assert (ati.word, ati.value) == (word, None)


@pytest.mark.parametrize(("flag", "word"), [("H", AtiWord.POSITIVE), ("N", AtiWord.NEGATIVE), ("A", None)])
def test_a_flag_beside_a_number_is_kept_with_it(flag, word):
    ati = only_ati(
        read(valueQuantity=quantity(60, "U/mL"), interpretation=[{"coding": [{"code": flag}]}]),
    )
    assert (ati.value, ati.word) == (60.0, word)


@pytest.mark.parametrize(
    ("ranges", "limit"),
    [
        ([{"high": {"value": 10, "unit": "AU/mL"}}], 10.0),
        ([{"high": {"value": 10}}], 10.0),
        ({"high": {"value": "10"}}, 10.0),
        ([{"text": "< 10 AU/mL"}], 10.0),
        ([{"text": "<10"}], 10.0),
        ([{"text": "0 - 10 AU/mL"}], 10.0),
        ([{"text": "0-10"}], 10.0),
        ([{"high": {"value": 10}}, {"high": {"value": 10, "unit": "AU/mL"}}], 10.0),
        ([{"high": {"value": 10}}, {"high": {"value": 20}}], None),
        ([{"high": {"value": 10, "unit": "U/mL"}}], None),
        ([{"high": {"value": 0}}], None),
        ([{"text": "> 10"}], None),
        ([{"text": "10 - 5"}], None),
        ([{"text": "1,000 - 5"}], None),
        ([{"text": "5 - 1,000"}], None),
        ([{"text": "5 - 5"}], 5.0),
        ([{"text": "1:40"}], None),
        ([{"text": "negative"}], None),
        ([{"low": {"value": 10}}], None),
        ([None, 5], None),
        (None, None),
    ],
)
def test_the_laboratorys_upper_limit_is_taken_where_it_is_clear(ranges, limit):
    ati = only_ati(read(valueQuantity=quantity(12, "AU/mL"), referenceRange=ranges))
    assert ati.reference_upper == limit


def test_a_limit_counts_for_a_number_without_a_unit_only_when_it_has_none_itself():
    bare = only_ati(read(valueQuantity=quantity(12), referenceRange=[{"high": {"value": 10}}]))
    assert (bare.unit, bare.reference_upper) == ("", 10.0)
    other = only_ati(
        read(valueQuantity=quantity(12), referenceRange=[{"high": {"value": 10, "unit": "U/mL"}}])
    )
    assert other.reference_upper is None
    strange = only_ati(read(valueQuantity=quantity(12, "furlong"), referenceRange=[{"high": {"value": 10}}]))
    assert strange.reference_upper is None


@pytest.mark.parametrize("text", ["High", "high", " HIGH "])
def test_high_in_words_is_no_normal_result(text):
    assert codes(read(valueString=text)) == [IssueCode.ATI_UNREADABLE]
    for flag in ({"text": text}, {"coding": [{"display": text}]}, text):
        beside = only_ati(read(valueQuantity=quantity(35, "U/mL"), interpretation=[flag]))
        assert (beside.word, beside.value) == (None, 35.0)


def test_a_titre_has_no_limit_in_units():
    ati = only_ati(read(valueString="1:40", referenceRange=[{"high": {"value": 10}}]))
    assert (ati.unit, ati.reference_upper) == ("titer", None)


def test_a_number_whose_unit_and_code_contradict_each_other_is_not_used():
    reading = read(valueQuantity=quantity(60, "U/mL", "[arb'U]/mL"))
    assert (reading.atis, codes(reading)) == ((), [IssueCode.ATI_UNREADABLE])
    flagged = read(
        valueQuantity=quantity(60, "U/mL", "[arb'U]/mL"), interpretation=[{"coding": [{"code": "POS"}]}]
    )
    assert (only_ati(flagged).value, only_ati(flagged).word) == (None, AtiWord.POSITIVE)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, IssueCode.ATI_UNREADABLE),
        ({"valueString": "  "}, IssueCode.ATI_UNREADABLE),
        ({"valueRatio": {"numerator": {"value": 2}, "denominator": {"value": 80}}}, IssueCode.ATI_UNREADABLE),
        (
            {"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": "x"}}},
            IssueCode.ATI_UNREADABLE,
        ),
        ({"valueRatio": {"numerator": {"value": 1}}}, IssueCode.ATI_UNREADABLE),
        ({"valueString": "zie commentaar"}, IssueCode.ATI_UNREADABLE),
        ({"valueString": "volgt"}, IssueCode.ATI_PENDING),
        ({"status": "registered"}, IssueCode.ATI_PENDING),
        ({"valueString": "not performed"}, IssueCode.ATI_STATUS_NOT_COUNTED),
        ({"status": "cancelled", "valueString": "Negative"}, IssueCode.ATI_STATUS_NOT_COUNTED),
        ({"status": "entered-in-error ", "valueString": "Positive"}, IssueCode.ATI_STATUS_NOT_COUNTED),
    ],
)
def test_what_is_no_result_is_named(fields, code):
    reading = read(**fields)
    assert (reading.atis, codes(reading)) == ((), [code])
    assert reading.issues[0].subject == "ati"


def test_the_code_laboratory_and_status_are_kept_for_the_assay_table():
    reading = read_observation(
        observation(
            ATI,
            status="corrected",
            valueQuantity=quantity(60, "U/mL"),
            performer=[{"display": "Mayo"}],
            method={"text": "acid dissociation"},
        ),
        site_context(SiteCode("infliximab-antibody", LOCAL, "ATI")),
    )
    ati = only_ati(reading)
    assert (ati.code, ati.coded, ati.status) == (f"{LOCAL}|ATI", True, ResultStatus.CORRECTED)
    assert (ati.laboratory, ati.method, ati.original) == ("Mayo", "acid dissociation", "60 U/mL")
    by_name = only_ati(read(valueQuantity=quantity(60, "U/mL")))
    assert (by_name.code, by_name.coded) == ("", False)


@pytest.mark.parametrize(
    ("text", "word", "number", "unit", "comparator"),
    [
        ("Positive, 350 U/mL", AtiWord.POSITIVE, 350.0, "U/mL", "="),
        ("Strongly positive (>200 U/mL)", AtiWord.POSITIVE, 200.0, "U/mL", ">"),
        ("POSITIVE - 350 ng/mL", AtiWord.POSITIVE, 350.0, "ng/mL", "="),
        ("Positive: 1:640", AtiWord.POSITIVE, 640.0, "titer", "="),
        ("Detected, titer 1:640", AtiWord.POSITIVE, 640.0, "titer", "="),
        ("Positive, high titer", AtiWord.POSITIVE, None, "", "="),
        ("Positive (see comment)", AtiWord.POSITIVE, None, "", "="),
        ("350 U/mL (Positive)", AtiWord.POSITIVE, 350.0, "U/mL", "="),
        ("350 U/mL positive", AtiWord.POSITIVE, 350.0, "U/mL", "="),
        ("Negative (<10 AU/mL)", AtiWord.NEGATIVE, 10.0, "AU/mL", "<"),
        ("Not detected, < 22 ng/mL", AtiWord.NEGATIVE, 22.0, "ng/mL", "<"),
        ("Borderline, drug present", AtiWord.INCONCLUSIVE, None, "", "="),
    ],
)
def test_a_word_that_opens_or_closes_the_result_is_read_with_its_number(text, word, number, unit, comparator):
    reading = read(valueString=text)
    ati = only_ati(reading)
    assert (ati.word, ati.value, ati.unit, ati.comparator) == (word, number, unit, Comparator(comparator))
    assert (ati.original, reading.issues) == (text, ())


@pytest.mark.parametrize(
    "text",
    [
        "Positive control valid",
        "Positive if above cut-off",
        "Detected: no",
        "Positive/Negative: see report",
        "Negative, interference by infliximab cannot be excluded",
        "Negative for drug, antibodies to follow",
        "Positiveness of 12",
        "see report: positive",
    ],
)
def test_a_word_that_is_qualified_by_what_follows_it_is_not_a_result(text):
    reading = read(valueString=text)
    assert (reading.atis, codes(reading)) == ((), [IssueCode.ATI_UNREADABLE])
