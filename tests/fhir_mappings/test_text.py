"""Results in words."""

import tomllib
from pathlib import Path

import pytest

import fhir_mappings
from fhir_mappings.text import (
    ResultWord,
    ResultWordError,
    closing_word,
    interpretation_word,
    opening_word,
    parse_result_words,
    result_word,
)

DATA = tomllib.loads((Path(fhir_mappings.__file__).parent / "result_words.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Not detected", "not-detected"),
        ("  NOT  DETECTED. ", "not-detected"),
        ("None detected", "not-detected"),
        ("Niet gedetecteerd", "not-detected"),
        ("nicht nachweisbar", "not-detected"),
        ("Non détecté", "not-detected"),
        ("Negatief", "negative"),
        ("négatif", "negative"),
        ("Positief", "positive"),
        ("positiv", "positive"),
        ("Detected", "positive"),
        ("Indeterminate", "inconclusive"),
        ("dubieus", "inconclusive"),
        ("volgt", "pending"),
        ("Pending", "pending"),
        ("in behandeling", "pending"),
        ("en cours", "pending"),
        ("Niet uitgevoerd", "not-done"),
        ("StopGezet", "not-done"),
        ("not performed", "not-done"),
        ("Active inflammation", "active"),
        ("draining", "active"),
        ("No active inflammation", "quiet"),
        ("in remission", "quiet"),
        ("Normal metabolizer", "normal"),
        ("*1/*1", "normal"),
        ("High activity", "normal"),
        ("Poor metabolizer", "deficient"),
    ],
)
def test_a_whole_phrase_is_understood(text, word):
    assert result_word(text) is ResultWord(word)


@pytest.mark.parametrize(
    "text",
    ["", "zie commentaar", "see comment", "not negative", "negative control failed", "was positive in 2019",
     "inflammation, not active", "4.2", "++"],
)  # fmt: skip
def test_a_sentence_is_no_result(text):
    assert result_word(text) is None


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("POS", ResultWord.POSITIVE),
        (" pos ", ResultWord.POSITIVE),
        ("NEG", ResultWord.NEGATIVE),
        ("ND", ResultWord.NOT_DETECTED),
        ("IND", ResultWord.INCONCLUSIVE),
        ("H", ResultWord.POSITIVE),
        ("HH", ResultWord.POSITIVE),
        ("N", ResultWord.NEGATIVE),
        ("A", None),
        ("L", None),
        ("", None),
    ],
)
def test_a_flag_is_understood(code, word):
    assert interpretation_word(code) is word


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"negative": ["positive"]}, r"^result_words\.toml, \w+: \w+ is empty or given twice$"),
        ({"negative": ["---"]}, r"^result_words\.toml, negative: --- is empty or given twice$"),
        ({"sometimes": ["now and then"]}, r"^result_words\.toml: the words are not those the readers know$"),
    ],
)
def test_a_fault_in_the_words_is_refused(change, message):
    with pytest.raises(ResultWordError, match=message):
        parse_result_words({**DATA, **change})
    with pytest.raises(ResultWordError, match="not those"):
        parse_result_words({name: words for name, words in DATA.items() if name != "active"})


P, N = ResultWord.POSITIVE, ResultWord.NEGATIVE


@pytest.mark.parametrize(
    ("text", "opening"),
    [
        ("Positive, 350 U/mL", (P, "350 U/mL")),
        ("Positive (350 U/mL).", (P, "350 U/mL")),
        ("Positive: 350", (P, "350")),
        ("Positive; 350", (P, "350")),
        ("Positive - 350", (P, "350")),
        ("Positive \u2013 350", (P, "350")),
        ("Positive/350", (P, "350")),
        ("Positive|350", (P, "350")),
        ("Positive\t350\r\n", (P, "350\r\n")),
        ("Strongly positive 350", (P, "350")),
        ("Very strongly positive 350", (P, "350")),
        ("Not detected, see comment", (ResultWord.NOT_DETECTED, "see comment")),
        ("Indeterminate, repeat", (ResultWord.INCONCLUSIVE, "repeat")),
        ("Negative", (N, "")),
        ("Negative,", (N, "")),
        ("Pending, due tomorrow", None),
        ("Active, severe", None),
        ("Positive control", None),
        ("Positive, not confirmed", None),
        ("Detected: no", None),
        ("Negative if below 5", None),
        ("Negative unless above 5", None),
        ("Positive 5 cutoff", None),
        ("Positive+", None),
        ("Comment: positive", None),
        ("350 positive", None),
        ("", None),
    ],
)
def test_a_phrase_that_opens_a_result_is_told_from_what_follows_it(text, opening):
    assert opening_word(text) == opening


@pytest.mark.parametrize(
    ("text", "closing"),
    [
        ("U/mL, positive", ("U/mL", P)),
        ("U/mL positive", ("U/mL", P)),
        ("U/mL; weakly positive", ("U/mL", P)),
        ("U/mL (negative)", ("U/mL", N)),
        ("U/mL (not detected)", ("U/mL", ResultWord.NOT_DETECTED)),
        ("U/mL pending", None),
        ("U/mL and positive", None),
        ("positive", None),
        ("U/mL", None),
        ("", None),
    ],
)
def test_a_phrase_that_closes_a_result_is_told_from_the_unit_before_it(text, closing):
    assert closing_word(text) == closing
