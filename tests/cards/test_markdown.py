"""Record text made harmless."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.markdown import (
    ELLIPSIS,
    cut_at_word,
    escape,
    escape_sentence,
    escaped_with_care,
    is_ordinary,
    one_line,
    plain,
    utf16_length,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1.8 µg/mL", "1.8 µg/mL"),
        ("<b>bold</b>", "&lt;b&gt;bold&lt;/b&gt;"),
        ("R&D", "R&amp;D"),
        ('say "yes"', 'say "yes"'),
        ("*a* _b_ `c` ~d~", r"\*a\* \_b\_ \`c\` \~d\~"),
        ("[x](javascript:alert(1))", r"\[x\](javascript:alert(1))"),
        ("![x](y)", r"!\[x\](y)"),
        ("a | b", r"a \| b"),
        ("a\\b", r"a\\b"),
        ("$x$", r"\$x\$"),
        ("# heading", r"\# heading"),
        ("- item", r"\- item"),
        ("+ item", r"\+ item"),
        ("= item", r"\= item"),
        ("1. item", r"1\. item"),
        ("12) item", r"12\) item"),
        ("12.", r"12\."),
        ("1.5 mg", "1.5 mg"),
        ("12", "12"),
        ("", ""),
    ],
)
def test_markup_in_a_record_is_shown_as_the_characters_it_is(text: str, shown: str) -> None:
    assert escape(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see http://evil.example/x", "see http: //evil.example/x"),
        ("see HTTPS://evil.example", "see HTTPS: //evil.example"),
        ("www.evil.example and WWW.evil.example", "www .evil.example and WWW .evil.example"),
        ("a@b.example", "a(at)b.example"),
        ("ht\u200btp:/\u2060/evil.example", "http: //evil.example"),
        ("İ www.evil.example", "İ www .evil.example"),
    ],
)
def test_nothing_in_a_record_becomes_a_link(text: str, shown: str) -> None:
    assert escape(text) == shown
    assert plain(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("two\nlines\r\n\tand a tab", "two lines and a tab"),
        ("  spaces  around ", "spaces around"),
        (" one space around ", "one space around"),
        ("no\u00a0break\u2028separator", "no break separator"),
        ("left\u202eright\u2066isolate\u200fmark", "leftrightisolatemark"),
        ("zero\u200bwidth\ufeff joiner\u200d", "zerowidth joiner"),
        ("fill\u3164er\u2800s\u034f and\ufe0f selectors\U000e0100", "fillers and selectors"),
        ("bell\x07 escape\x1b[31m", "bell escape[31m"),
        ("lone\ud800surrogate", "lonesurrogate"),
        ("\u200b \u202e", ""),
    ],
)
def test_a_record_text_keeps_only_what_can_be_seen_on_one_line(text: str, shown: str) -> None:
    assert one_line(text, 160) == shown


def test_a_plain_text_never_holds_an_angle_bracket() -> None:
    assert plain("<img> & more") == "\u2039img\u203a & more"


def test_a_long_text_ends_at_a_word_with_an_ellipsis() -> None:
    assert one_line("alpha beta gamma", 12) == "alpha beta" + ELLIPSIS
    assert one_line("alpha beta", 10) == "alpha beta"
    assert one_line("alpha betas", 10) == "alpha" + ELLIPSIS


def test_the_cap_is_kept_to_the_unit_on_both_sides() -> None:
    assert one_line("a" * 20, 20) == "a" * 20
    assert one_line("a" * 21, 20) == "a" * 19 + ELLIPSIS


def test_a_very_long_text_is_cut_even_if_little_of_it_is_visible() -> None:
    assert one_line("visible" + "\u200b" * 1000, 20) == "visible" + ELLIPSIS


def test_a_number_is_not_left_behind_without_its_unit() -> None:
    assert cut_at_word("infliximab vial 100 MG powder", 22) == "infliximab vial" + ELLIPSIS
    assert cut_at_word("100 200 300", 9) == "100" + ELLIPSIS


def test_a_single_word_longer_than_the_room_is_cut_without_half_a_character() -> None:
    assert cut_at_word("😀" * 10, 8) == "😀" * 3 + ELLIPSIS


def test_the_length_counts_utf_16_units() -> None:
    assert utf16_length("abc") == 3
    assert utf16_length("µg") == 2
    assert utf16_length("😀") == 2


@given(st.text(alphabet="wW. :/@10()-–#+=µ…%ag\u00a0\u0660", max_size=8), st.integers(1, 9))
def test_a_text_is_only_called_ordinary_if_care_would_not_change_it(text: str, cap: int) -> None:
    if is_ordinary(text, cap):
        assert escaped_with_care(text, cap) == text
        assert one_line(text, cap) == text


@pytest.mark.parametrize(
    "text", ["Infliximab trough: 8 µg/mL (2026-06-14)", "350 mg", "1.5", "below 0.4 µg/mL"]
)
def test_the_usual_texts_of_a_card_are_ordinary(text: str) -> None:
    assert is_ordinary(text, 160)


def test_a_sentence_of_our_own_is_escaped_but_never_cut() -> None:
    assert escape_sentence("trough < 3 " + "x" * 500) == "trough &lt; 3 " + "x" * 500
