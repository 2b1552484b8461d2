"""Whatever a record says, a card stays a card: short, valid, and without markup or links of its making."""

import json
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from cards.build import build_card
from cards.markdown import escape, plain, utf16_length
from cards.not_completed import NotCompletedReason, not_completed_card
from cards.validation import response_faults
from tdm.decision import (
    Activity,
    AgeGroup,
    Assessment,
    AtiClass,
    Certainty,
    Decision,
    FactUsed,
    FiredGate,
    Indicator,
    LevelClass,
    Option,
    OptionKind,
    Phase,
    Regimen,
    Situation,
    SwitchDirection,
    Unread,
    UnreadGate,
    Verdict,
)
from tdm.facts import Comparator, FactGroup, LevelReading, Route, Shortfall
from tdm.issues import DataIssue, IssueCode
from tdm.knowledge.loader import load_knowledge
from tests.cards.examples import LABORATORY_ORDER, SOURCE, moment

KNOWLEDGE = load_knowledge()

ATTACKS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!-- comment",
    "[click](javascript:alert(1))",
    "![x](https://evil.example/p.png)",
    "[ref]: https://evil.example",
    "<https://evil.example>",
    "https://evil.example",
    "HtTp://evil.example",
    "www.evil.example",
    "WWW.EVIL.example",
    "mailto:a@b.example",
    "a@b.example",
    "ht\u200btps://evil.example",
    "www\u2060.evil.example",
    "\u202egnp.exe",
    "\u2066\u2067\u200f",
    "| a | b |\n|---|---|\n| c | d |",
    "\n\n# Heading\n\n- item\n1. one\n",
    "```\ncode\n```",
    "~~~\ncode",
    "    indented",
    "> quote",
    "---",
    "===",
    "**bold** __bold__ *i* _i_ ~~s~~ `c`",
    "&lt;b&gt; &#60;b&#62; &amp;lt;",
    "\\<b\\> \\[x\\](y)",
    "$\\alpha$",
    "{status} {0.__class__} %s %(x)s",
    "\ud800\x00\x1b[31m\x7f",
    "😀" * 200,
    "x" * 5000,
)

hostile = st.lists(st.one_of(st.sampled_from(ATTACKS), st.text(max_size=30)), min_size=1, max_size=4).map(
    "".join
)
parameters = st.lists(
    st.tuples(st.sampled_from(("day", "value", "unit", "status", "level", "order", "state")), hostile),
    max_size=4,
).map(tuple)
days = st.sampled_from((moment("2026-10-12"), moment("2026-01-01"), None))
amounts = st.one_of(st.none(), st.floats(0.001, 100_000))


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    return Situation(
        route=draw(st.sampled_from(Route)),
        age_group=draw(st.sampled_from(AgeGroup)),
        phase=draw(st.sampled_from(Phase)),
        level=draw(st.sampled_from(LevelClass)),
        level_ug_ml=draw(st.one_of(st.none(), st.floats(0, 200))),
        ati=draw(st.sampled_from(AtiClass)),
        activity=draw(st.sampled_from(Activity)),
        perianal_row=draw(st.booleans()),
        proactive=draw(st.booleans()),
        act_below_ug_ml=5,
        aim_ug_ml=6,
        ceiling_ug_ml=9,
    )


@st.composite
def assessments(draw: st.DrawFn) -> Assessment:
    level = LevelReading(
        value_ug_ml=draw(st.one_of(st.none(), st.floats(0.001, 200))),
        drawn=draw(days),
        source=SOURCE,
        comparator=draw(st.sampled_from(Comparator)),
        original=draw(hostile),
    )
    facts = st.builds(FactUsed, hostile, hostile, hostile)
    return Assessment(
        situations=tuple(draw(st.lists(situations(), min_size=1, max_size=2))),
        target=draw(st.one_of(st.none(), st.sampled_from(sorted(KNOWLEDGE.targets.values(), key=str)))),
        regimen=Regimen(Route.INTRAVENOUS),
        level=draw(st.one_of(st.none(), st.just(level))),
        ati=None,
        trend=(),
        facts=tuple(draw(st.lists(facts, max_size=6))),
        issues=(),
    )


@st.composite
def decisions(draw: st.DrawFn) -> Decision:
    gates = st.builds(
        FiredGate, st.sampled_from(sorted(KNOWLEDGE.gates)), st.booleans(), st.booleans(), parameters
    )
    options = st.builds(
        Option, st.sampled_from(OptionKind), amounts, amounts, amounts, st.just(value=False), st.booleans()
    )
    issues = st.builds(DataIssue, st.sampled_from(IssueCode), st.just("level"), parameters)
    unread = st.builds(
        UnreadGate,
        st.sampled_from(sorted(KNOWLEDGE.gates)),
        st.lists(st.sampled_from(Unread), min_size=1, max_size=3).map(tuple),
    )
    sentences = st.tuples(st.sampled_from(sorted(KNOWLEDGE.rules)), parameters)
    rules = sorted(rule for rule in KNOWLEDGE.rules if rule.startswith("R-"))
    return Decision(
        verdict=draw(st.sampled_from(sorted(set(Verdict) - {Verdict.NOT_APPLICABLE, Verdict.NOT_COMPLETED}))),
        rule=draw(st.sampled_from(rules)),
        indicator=draw(st.sampled_from(Indicator)),
        knowledge_version=KNOWLEDGE.version,
        certainty=draw(st.one_of(st.none(), st.sampled_from(Certainty))),
        switch_direction=draw(st.one_of(st.none(), st.sampled_from(SwitchDirection))),
        rationale=tuple(draw(st.lists(sentences, max_size=3))),
        gates=tuple(draw(st.lists(gates, max_size=3))),
        not_evaluated=tuple(draw(st.lists(unread, max_size=3))),
        options=tuple(draw(st.lists(options, max_size=4))),
        draft_already_does_it=draw(st.booleans()),
        evidence=tuple(draw(st.lists(st.sampled_from(sorted(KNOWLEDGE.evidence)), max_size=3))),
        issues=tuple(draw(st.lists(issues, max_size=4))),
        local_policy=draw(st.booleans()),
        assessment=draw(st.one_of(st.none(), assessments())),
    )


def token_types(markdown: str) -> set[str]:
    """Every kind of token that a Markdown reader with raw HTML and tables switched on finds."""
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    tokens = reader.parse(markdown)
    return {token.type for token in tokens} | {
        child.type for token in tokens for child in token.children or ()
    }


# What a card is made of, and nothing else: paragraphs, one level of bullets, bold words.
OWN_TOKENS = {
    "paragraph_open", "paragraph_close", "inline", "text", "text_special", "softbreak",
    "bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close",
    "strong_open", "strong_close",
}  # fmt: skip

# What GitHub Flavored Markdown turns into a link without being asked, in source or after entities.
AUTOLINK = re.compile(r"https?://|ftp://|www\.|[\w.+-]@[\w-]", re.IGNORECASE)


def assert_a_clean_card(card: dict[str, Any]) -> None:
    assert response_faults({"cards": [card]}) == ()
    assert utf16_length(card["summary"]) < 140
    for text in (card["summary"], card["detail"]):
        assert "<" not in text
        assert AUTOLINK.search(text) is None
        assert all(character.isprintable() or character == "\n" for character in text)
    assert "\n" not in card["summary"]
    assert token_types(card["detail"]) <= OWN_TOKENS
    assert not list(empties(card))
    json.dumps(card, allow_nan=False).encode()


def empties(value: Any, place: str = "") -> list[str]:
    """The places of nulls and of empty texts, lists and objects."""
    if value is None or value in ("", [], {}, ()):
        return [place]
    if isinstance(value, dict):
        return [found for key, item in value.items() for found in empties(item, f"{place}.{key}")]
    if isinstance(value, list):
        return [found for number, item in enumerate(value) for found in empties(item, f"{place}.{number}")]
    return []


@given(decisions(), st.one_of(st.none(), hostile), st.booleans())
def test_any_decision_on_any_record_makes_a_clean_card(
    decision: Decision, label: str | None, with_order: bool
) -> None:
    card = build_card(
        decision,
        knowledge=KNOWLEDGE,
        order_label=label,
        lab_order=LABORATORY_ORDER if with_order else None,
        source_url="https://cds.example/about",
    ).to_json()
    assert_a_clean_card(card)
    assert ("selectionBehavior" in card) is (with_order and not decision.draft_already_does_it)


@given(
    st.sampled_from(NotCompletedReason),
    st.one_of(st.none(), hostile),
    st.lists(st.tuples(st.sampled_from(FactGroup), st.sampled_from(Shortfall)), max_size=3),
)
def test_any_failure_makes_a_clean_card(
    reason: NotCompletedReason, label: str | None, shortfalls: list[tuple[FactGroup, Shortfall]]
) -> None:
    card = not_completed_card(
        reason, knowledge_version=KNOWLEDGE.version, order_label=label, shortfalls=shortfalls
    )
    assert_a_clean_card(card.to_json())


@given(hostile)
def test_escaped_text_reads_as_the_plain_text_and_nothing_more(text: str) -> None:
    reader = MarkdownIt("commonmark", {"html": True})
    shown = "".join(
        child.content for token in reader.parse(f"- {escape(text)}") for child in token.children or ()
    )
    assert shown.replace("<", "\u2039").replace(">", "\u203a") == plain(text)


@given(hostile, st.integers(8, 60))
def test_no_record_text_takes_more_room_than_it_is_given(text: str, cap: int) -> None:
    assert utf16_length(plain(text, cap)) <= cap
