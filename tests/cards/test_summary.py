"""The summary: what it says, and what it drops when there is no room."""

import dataclasses

import pytest

from cards.markdown import utf16_length
from cards.summary import SUMMARY_LIMIT, fitted, summary
from cards.wording import load_wording
from tdm.decision import (
    Activity,
    AtiClass,
    Decision,
    FiredGate,
    Indicator,
    Option,
    OptionKind,
    SwitchDirection,
    Verdict,
)
from tdm.issues import DataIssue, IssueCode
from tdm.knowledge.model import Message
from tests.cards.examples import INTENSIFY, KNOWLEDGE, NO_LEVEL, SITUATION, with_assessment, with_situation


def line(decision: Decision, order_label: str | None = None) -> str:
    return summary(decision, knowledge=KNOWLEDGE, wording=load_wording(), order_label=order_label)


def test_an_intensification_reads_like_the_protocol_says() -> None:
    assert line(INTENSIFY) == (
        "Infliximab 1.8 µg/mL, ATI negative, active disease: intensify — 5 mg/kg every 6 weeks"
    )


def test_the_order_is_named_where_there_are_several() -> None:
    assert line(INTENSIFY, "infliximab-dyyb\n100 MG").startswith(
        "Order infliximab-dyyb 100 MG: Infliximab 1.8"
    )


@pytest.mark.parametrize("code", [IssueCode.DRAFT_DO_NOT_PERFORM, IssueCode.DRAFT_WITHDRAWN])
def test_advice_beside_an_order_that_is_not_to_be_given_says_so_first(code: IssueCode) -> None:
    decision = dataclasses.replace(INTENSIFY, issues=(DataIssue(code, "draft"),))
    assert line(decision) == f"This order is not to be given. {line(INTENSIFY)}"
    long = line(decision, "infliximab-dyyb lyophilised powder for solution 100 MG injection, by mouth never")
    assert long.startswith("Order infliximab-dyyb lyophilised…: This order is not to be given. Infliximab")
    assert utf16_length(long) <= SUMMARY_LIMIT


@pytest.mark.parametrize("label", [None, "", "\u200b"])
def test_an_order_without_a_visible_name_is_not_named(label: str | None) -> None:
    assert line(INTENSIFY, label) == line(INTENSIFY)


def test_a_long_order_name_is_cut_at_a_word_and_the_number_words_stay_whole() -> None:
    label = "infliximab-dyyb lyophilised powder for solution 100 MG injection in a very long product name"
    text = line(INTENSIFY, label)
    assert text.startswith(
        "Order infliximab-dyyb lyophilised powder for solution 100 MG…: Infliximab 1.8 µg/mL"
    )
    assert text.endswith("intensify — 5 mg/kg every 6 weeks")
    assert utf16_length(text) <= SUMMARY_LIMIT


def test_a_switch_names_its_direction_and_reason() -> None:
    decision = dataclasses.replace(
        INTENSIFY,
        verdict=Verdict.SWITCH,
        rule="R-MECH-2",
        switch_direction=SwitchDirection.OUT_OF_CLASS,
        options=(),
    )
    assert line(decision).endswith("active disease: switch to another class — enough drug, still active")
    undirected = dataclasses.replace(decision, switch_direction=None)
    assert line(undirected).endswith("active disease: switch — enough drug, still active")


def test_without_a_level_only_what_is_known_is_said() -> None:
    assert line(NO_LEVEL) == ("No usable infliximab level: assess — measure level and ATI")
    known = with_situation(NO_LEVEL, ati=AtiClass.POSITIVE_HIGH, activity=Activity.REMISSION)
    assert line(known).startswith("No usable infliximab level, ATI high positive, remission: assess")


def test_a_pending_result_is_awaited_in_the_summary_too() -> None:
    knowledge = dataclasses.replace(
        KNOWLEDGE, options={"await-level": Message("Await the level.", "await the pending level")}
    )
    waiting = dataclasses.replace(NO_LEVEL, options=(Option(OptionKind.AWAIT_LEVEL, recommended=True),))
    told = summary(waiting, knowledge=knowledge, wording=load_wording())
    assert told == "No usable infliximab level: assess — await the pending level"
    assert line(waiting) == line(NO_LEVEL)  # a knowledge without the sentence
    beside = dataclasses.replace(NO_LEVEL, options=(Option(OptionKind.AWAIT_LEVEL),))
    assert summary(beside, knowledge=knowledge, wording=load_wording()) == line(NO_LEVEL)
    held_up = dataclasses.replace(waiting, gates=(FiredGate("S-PREG", deciding=True),))
    assert "await" not in summary(held_up, knowledge=knowledge, wording=load_wording())


def test_what_to_do_comes_first_and_the_reason_only_if_it_was_not_said() -> None:
    two = dataclasses.replace(NO_LEVEL, rule="R-DATA-2")
    assert line(two).endswith(": assess — ask the laboratory (two different levels)")
    none = dataclasses.replace(NO_LEVEL, rule="R-TOTAL-1")
    assert line(none).endswith(": assess — no rule covers this combination")


def test_beside_a_level_unmeasured_antibodies_and_unknown_activity_are_said() -> None:
    decision = with_situation(INTENSIFY, ati=AtiClass.NOT_MEASURED, activity=Activity.UNKNOWN)
    assert line(decision).startswith("Infliximab 1.8 µg/mL, ATI not measured, activity unknown: intensify")


def test_readings_that_differ_are_not_said_as_if_they_agreed() -> None:
    other = dataclasses.replace(SITUATION, ati=AtiClass.INCONCLUSIVE, activity=Activity.REMISSION)
    decision = with_assessment(INTENSIFY, situations=(SITUATION, other))
    assert line(decision) == "Infliximab 1.8 µg/mL: intensify — 5 mg/kg every 6 weeks"


def test_a_decision_without_an_assessment_still_has_a_summary() -> None:
    assert line(dataclasses.replace(INTENSIFY, assessment=None)) == (
        "No usable infliximab level: intensify — 5 mg/kg every 6 weeks"
    )


def test_a_hold_leads_with_the_safety_reason_and_nothing_else() -> None:
    decision = dataclasses.replace(
        INTENSIFY,
        verdict=Verdict.HOLD,
        rule="S-HSR",
        indicator=Indicator.CRITICAL,
        gates=(FiredGate("S-PREG"), FiredGate("S-HSR", critical=True, deciding=True)),
        options=(),
    )
    assert line(decision) == "Hold infliximab — reaction to infliximab on record; pregnancy"


def test_a_gate_that_fired_without_deciding_is_mentioned_with_its_facts() -> None:
    decision = dataclasses.replace(INTENSIFY, gates=(FiredGate("S-DOSE", parameters=(("dose", "3500 mg"),)),))
    assert line(decision).endswith("5 mg/kg every 6 weeks; dose of 3500 mg is unlikely")


@pytest.mark.parametrize("gate", ["S-MUTE", "S-UNKNOWN", "S-IMM"])
def test_a_gate_without_a_short_form_or_on_an_option_only_is_left_to_the_detail(gate: str) -> None:
    assert line(dataclasses.replace(INTENSIFY, gates=(FiredGate(gate),))) == line(INTENSIFY)


def test_an_unknown_deciding_gate_or_rule_leaves_the_verdict_alone() -> None:
    gate = dataclasses.replace(
        INTENSIFY, verdict=Verdict.HOLD, gates=(FiredGate("S-UNKNOWN", deciding=True),)
    )
    assert line(gate) == "Hold infliximab"
    rule = dataclasses.replace(NO_LEVEL, rule="R-UNKNOWN-1")
    assert line(rule) == "No usable infliximab level: assess"


def test_a_draft_that_does_it_already_is_said_to() -> None:
    decision = dataclasses.replace(INTENSIFY, draft_already_does_it=True)
    assert line(decision).endswith("intensify — this order already does it")


@pytest.mark.parametrize("already", [True, False])
def test_an_open_safety_question_is_told_beside_the_advice(already: bool) -> None:
    settled = dataclasses.replace(INTENSIFY, draft_already_does_it=already)
    issue = DataIssue(IssueCode.ORDER_SAFETY_OPEN, "order", (("name", "Sepsis"), ("day", "2026-06-13")))
    still_open = dataclasses.replace(settled, issues=(issue,))
    assert line(still_open) == f"{line(settled)}; a safety question is open"


def test_a_recommended_option_without_a_regimen_is_named_where_the_rule_has_no_short_form() -> None:
    decision = dataclasses.replace(
        INTENSIFY, rule="R-OK-1", options=(Option(OptionKind.REINDUCTION, recommended=True),)
    )
    assert line(decision).endswith("intensify — re-induction")
    nameless = dataclasses.replace(decision, options=(Option(OptionKind.ONE_OPTIMISATION, recommended=True),))
    assert line(nameless).endswith("active disease: intensify")
    nothing = dataclasses.replace(decision, options=(Option(OptionKind.RAISE_DOSE, 700),))
    assert line(nothing).endswith("active disease: intensify")


PARTS = {
    "order": "Order x: ",
    "level": "Infliximab 1.8 µg/mL",
    "ati": "ATI negative",
    "activity": "active disease",
    "action": "intensify",
    "how": "5 mg/kg every 6 weeks",
    "caution": "; pregnancy",
}


@pytest.mark.parametrize(
    ("longer", "expected"),
    [
        (
            0,
            (
                "Order x: Infliximab 1.8 µg/mL, ATI negative, active disease: "
                "intensify — 5 mg/kg every 6 weeks; pregnancy"
            ),
        ),
        (
            40,
            "Order x: Infliximab 1.8 µg/mL, ATI negative: intensify — 5 mg/kg every 6 weeks; pregnancy",
        ),
        (56, "Order x: Infliximab 1.8 µg/mL: intensify — 5 mg/kg every 6 weeks; pregnancy"),
        (70, "Order x: Infliximab 1.8 µg/mL: intensify — 5 mg/kg every 6 weeks"),
        (90, "Order x: Infliximab 1.8 µg/mL: intensify"),
    ],
)
def test_parts_are_dropped_whole_in_a_fixed_order(longer: int, expected: str) -> None:
    padding = "y" * longer
    parts = {**PARTS, "order": f"Order x{padding}: "}
    assert fitted(parts) == expected.replace("Order x", f"Order x{padding}")


def test_a_line_of_exactly_the_limit_is_kept_and_one_more_is_not() -> None:
    whole = fitted(PARTS)
    room = SUMMARY_LIMIT - len(whole)
    exact = fitted({**PARTS, "order": f"Order x{'y' * room}: "})
    assert len(exact) == SUMMARY_LIMIT
    assert "active disease" in exact
    assert "active disease" not in fitted({**PARTS, "order": f"Order x{'y' * (room + 1)}: "})
