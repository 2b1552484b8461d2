"""Folding of names and the terms that are looked for in them."""

import pytest

from fhir_mappings.naming import MAX_TEXT, compile_term, fold, name_pattern, written_name


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Protéine C-réactive", " proteine c reactive "),
        ("  INFLIXIMAB!(REMSIMA)\t475MG ", " infliximab remsima 475mg "),
        ("Anti-Infliximab-Antikörper", " anti infliximab antikorper "),
        ("Größe", " grosse "),
        ("Sygdom på ødem", " sygdom pa odem "),
        ("---", " "),
        ("", " "),
    ],
)
def test_a_name_is_folded_to_plain_words(text, folded):
    assert fold(text) == folded


def test_a_name_is_cut_at_its_greatest_length():
    assert fold("a" * MAX_TEXT + " infliximab") == f" {'a' * MAX_TEXT} "
    assert fold("a" * (MAX_TEXT - 2) + " b") == f" {'a' * (MAX_TEXT - 2)} b "


@pytest.mark.parametrize(
    ("term", "parts"),
    [
        ("crp", (" crp ",)),
        ("crohn*", (" crohn",)),
        ("*inflixim*", ("inflixim",)),
        ("*itis", ("itis ",)),
        ("perianal & fistul*", (" perianal ", " fistul")),
    ],
)
def test_a_term_becomes_the_substrings_it_asks_for(term, parts):
    assert compile_term(term) == parts


def test_a_pattern_needs_one_of_each_list_and_none_of_the_excluded():
    pattern = name_pattern(["a", "b"], ["x", "y"], ["no"], ["say no"])
    assert pattern.matches(" a x ")
    assert pattern.matches(" b y ")
    assert not pattern.matches(" a b ")
    assert not pattern.matches(" x y ")
    assert not pattern.matches(" a x no ")
    assert pattern.matches(" a x say no ")


def test_a_phrase_that_is_ignored_is_so_where_terms_are_governed_too():
    pattern = name_pattern(["b"], [], ["no"], ["a b"], governed=True)
    assert pattern.names_in("b")
    assert not pattern.names_in("a b")
    assert pattern.names_in("a b, b")
    assert not pattern.names_in("no b")


def test_a_pattern_without_further_words_needs_only_its_names():
    pattern = name_pattern(["a & b"], [], [], [])
    assert pattern.matches(" b c a ")
    assert not pattern.matches(" a ")


GOVERNED = name_pattern(
    ["abscess", "sepsis"], [], ["no", "without", "risk for", "resolved", "past"], [], governed=True
)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Abscess", True),
        ("no abscess", False),
        ("no fever; abscess", True),
        ("fever, no abscess", False),
        ("abscess, at risk for sepsis", True),
        ("at risk for sepsis", False),
        ("abscess resolved", False),
        ("abscess, resolved", False),
        ("abscess; resolved", False),
        ("abscess of the perineum, healed and long past", True),
        ("sepsis in the past", False),
        ("sepsis past", False),
        ("abscess without sepsis", True),
        ("sepsis, no abscess", True),
        ("abscess, no sepsis", True),
        ("", False),
        ("resolved", False),
    ],
)
def test_a_governed_pattern_undoes_only_what_its_terms_govern(text, named):
    assert GOVERNED.names_in(text) is named


@pytest.mark.parametrize(
    ("codings", "text", "name"),
    [
        ((("s", "c", "Sepsis"),), " Blood  poisoning ", "Blood poisoning"),
        ((("s", "c", " "), ("s", "d", "Sepsis"), ("s", "e", "Abscess")), " ", "Abscess"),
        ((("s", "B", ""), ("s", " A ", "")), "", "A"),
        ((), "", ""),
        ((), "x" * 100, "x" * 80),
    ],
)
def test_a_record_is_called_by_its_text_or_a_display_or_a_bare_code(codings, text, name):
    assert written_name(codings, text) == name
