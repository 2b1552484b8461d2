"""Sentences with placeholders."""

from cards.sentences import NOT_STATED, fill_markdown, fill_plain


def test_a_sentence_without_placeholders_stays_as_it_is() -> None:
    assert fill_markdown("A plain sentence.") == "A plain sentence."


def test_own_words_and_inserted_words_are_both_escaped_for_markdown() -> None:
    filled = fill_markdown("Trough < {limit}: {word}.", (("limit", "3"), ("word", "*high*")))
    assert filled == r"Trough &lt; 3: \*high\*."


def test_inserted_words_are_made_harmless_in_plain_text() -> None:
    assert fill_plain("dose of {dose}", (("dose", "<9>\n"),)) == "dose of \u20399\u203a"


def test_a_missing_or_invisible_parameter_reads_not_stated() -> None:
    assert fill_plain("of {day}") == f"of {NOT_STATED}"
    assert fill_markdown("of {day}.", (("day", "\u200b"),)) == f"of {NOT_STATED}."


def test_braces_in_a_record_text_are_text() -> None:
    assert (
        fill_plain("status {status}", (("status", "{status} {0.__class__}"),))
        == "status {status} {0.__class__}"
    )
