"""The detail: its order, and what each section must say."""

import dataclasses
import re

import pytest

from cards.detail import Shortfalls, detail
from cards.sources import population_of
from cards.targets import target_text
from cards.wording import load_wording
from tdm.decision import (
    Activity,
    AgeGroup,
    Certainty,
    Decision,
    FactUsed,
    FiredGate,
    Option,
    OptionKind,
    Target,
    Unread,
    UnreadGate,
    Verdict,
)
from tdm.facts import FactGroup, Shortfall
from tdm.forecast.result import Absence, Forecast
from tdm.issues import DataIssue, IssueCode
from tdm.knowledge.loader import load_knowledge
from tdm.knowledge.model import Message
from tests.cards.examples import (
    INTENSIFY,
    KNOWLEDGE,
    NO_LEVEL,
    SITUATION,
    with_assessment,
    with_situation,
)

WORDING = load_wording()


def body(decision: Decision, remark: str = "", shortfalls: Shortfalls = ()) -> str:
    return detail(decision, knowledge=KNOWLEDGE, wording=WORDING, remark=remark, shortfalls=shortfalls)


def section(decision: Decision, name: str, remark: str = "") -> list[str]:
    """The lines of one section, without their bullets."""
    text = body(decision, remark).split(f"**{WORDING.headings[name]}**\n")[1].split("\n\n")[0]
    return [line.removeprefix("- ") for line in text.split("\n")]


def test_the_sections_stand_in_their_fixed_order() -> None:
    headings = re.findall(r"^\*\*(.+)\*\*$", body(INTENSIFY), re.MULTILINE)
    assert headings == ["What was seen", "Assessment", "Options", "Doubts and missing data", "Sources"]
    assert body(INTENSIFY).split("\n\n")[-1].startswith("Rule R-PK-1, knowledge 2026.11.22")


def test_every_line_is_a_heading_a_bullet_or_the_last_line() -> None:
    lines = [line for line in body(INTENSIFY).split("\n") if line]
    assert all(line.startswith(("**", "- ")) for line in lines[:-1])


def test_facts_are_shown_with_value_and_day() -> None:
    assert section(INTENSIFY, "seen") == [
        "Infliximab trough: 1.8 µg/mL (2026-10-12)",
        "Regimen: 5 mg/kg (350 mg) every 8 weeks",
    ]


def test_a_level_reported_in_ug_is_shown_in_the_unit_of_the_card_and_one_in_ng_as_reported() -> None:
    facts = (FactUsed("Infliximab trough", "< 1 ug/mL", "2026-10-12"), FactUsed("Earlier", "900 ng/mL", ""))
    assert section(with_assessment(INTENSIFY, facts=facts), "seen") == [
        "Infliximab trough: &lt; 1 µg/mL (2026-10-12)",
        "Earlier: 900 ng/mL",
    ]


def test_a_fact_from_a_record_is_escaped() -> None:
    decision = with_assessment(INTENSIFY, facts=(FactUsed("ATI", "<b>*negative*</b>", "2026-10-12"),))
    assert section(decision, "seen") == [r"ATI: &lt;b&gt;\*negative\*&lt;/b&gt; (2026-10-12)"]


@pytest.mark.parametrize("decision", [NO_LEVEL, dataclasses.replace(INTENSIFY, assessment=None)])
def test_nothing_seen_is_said(decision: Decision) -> None:
    assert section(decision, "seen") == [WORDING.lines["nothing_seen"]]


def test_values_of_one_name_stand_on_one_line_and_more_are_hinted_at() -> None:
    troughs = [
        FactUsed("earlier trough", f"{number} µg/mL", f"2026-0{9 - number}-01") for number in range(1, 6)
    ]
    newest = FactUsed("infliximab trough", "1.8 µg/mL", "2026-10-12")
    four = with_assessment(INTENSIFY, facts=(newest, *troughs[:4]))
    line = (
        "Earlier trough: 1 µg/mL (2026-08-01), 2 µg/mL (2026-07-01), "
        "3 µg/mL (2026-06-01), 4 µg/mL (2026-05-01)"
    )
    assert section(four, "seen") == ["Infliximab trough: 1.8 µg/mL (2026-10-12)", line]
    five = with_assessment(INTENSIFY, facts=(newest, *troughs))
    assert section(five, "seen")[1] == f"{line}, …"


def test_a_day_that_is_the_fact_itself_is_said_once() -> None:
    decision = with_assessment(INTENSIFY, facts=(FactUsed("Last dose", "2026-10-12", "2026-10-12"),))
    assert section(decision, "seen") == ["Last dose: 2026-10-12"]


def test_the_assessment_gives_reason_target_and_certainty() -> None:
    assert section(INTENSIFY, "assessment") == [
        "The trough is below 5 µg/mL and there are no antibodies.",
        "Target trough here: at least 5 µg/mL; aim 6–9; above 9 more drug adds little.",
        WORDING.lines["exclude"],
        "Certainty: moderate.",
    ]


@pytest.mark.parametrize("activity", list(Activity))
def test_every_card_on_active_disease_asks_to_exclude_infection_abscess_and_stricture(
    activity: Activity,
) -> None:
    text = body(with_situation(INTENSIFY, activity=activity))
    expected = activity in {Activity.ACTIVE_CONFIRMED, Activity.ACTIVE_UNCONFIRMED}
    assert ("exclude infection, abscess and stricture" in text) is expected


def test_one_active_reading_of_the_data_is_enough_to_ask_for_exclusion() -> None:
    quiet = dataclasses.replace(SITUATION, activity=Activity.REMISSION)
    assert WORDING.lines["exclude"] in body(with_assessment(INTENSIFY, situations=(quiet, SITUATION)))


def test_a_hold_on_active_disease_asks_for_exclusion_too_but_shows_no_target() -> None:
    decision = dataclasses.replace(INTENSIFY, verdict=Verdict.HOLD, rule="S-HSR")
    assert WORDING.lines["exclude"] in section(decision, "assessment")
    assert "Target trough" not in body(decision)


def test_the_deciding_gate_leads_and_the_other_gates_follow_the_rule() -> None:
    decision = dataclasses.replace(
        INTENSIFY,
        gates=(
            FiredGate("S-PREG"),
            FiredGate("S-HSR", deciding=True, parameters=(("reaction", "rash <severe>"),)),
        ),
        certainty=None,
    )
    lines = section(decision, "assessment")
    assert lines[0] == "**Safety (S-HSR):** A reaction to infliximab is on record (rash &lt;severe&gt;)."
    assert lines[1].startswith("The trough is below")
    assert lines[2] == "**Safety (S-PREG):** Pregnancy is on record."
    assert not any(line.startswith("Certainty") for line in lines)


def test_a_sentence_said_twice_is_shown_once_and_an_unknown_one_shows_its_id() -> None:
    decision = dataclasses.replace(
        INTENSIFY, rationale=(("proactive", ()), ("proactive", ()), ("R-NEW_1", ())), assessment=None
    )
    assert section(decision, "assessment") == ["Proactive dosing.", r"R-NEW\_1", "Certainty: moderate."]


def test_a_decision_without_any_sentence_shows_its_rule() -> None:
    decision = dataclasses.replace(INTENSIFY, rationale=(), assessment=None, certainty=None)
    assert section(decision, "assessment") == ["R-PK-1"]


def test_conflicting_sources_are_said_to_disagree() -> None:
    decision = dataclasses.replace(INTENSIFY, certainty=Certainty.CONFLICTING)
    assert section(decision, "assessment")[-1] == "Certainty: conflicting: sources disagree."


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        (
            Target("a", 10, 12.7, None, 12.7, 15, policy=True),
            (
                "Target trough here: at least 10 µg/mL; aim 12.7; above 12.7 more drug adds little "
                "(a default that each site reviews, not a published cut-off)."
            ),
        ),
        (
            Target("b", 6, 6, 6, None, 15, policy=True, local=True),
            "Target trough here: at least 6 µg/mL; aim 6 (local policy).",
        ),
        (Target("c", None, 17.5, None, None, 15), "Target trough here: any detectable level; aim 17.5."),
        (Target("d", None, None, None, None, 15), "Target trough here: any detectable level."),
    ],
)
def test_a_target_row_is_told_in_words(target: Target, shown: str) -> None:
    assert target_text(target, WORDING) == shown


def test_options_show_regimen_and_what_to_know_of_them() -> None:
    provisional = Option(OptionKind.MEASURE_ATI, provisional=True)
    decision = dataclasses.replace(INTENSIFY, options=(*INTENSIFY.options, provisional))
    assert section(decision, "options") == [
        "**Recommended:** Shorten the interval by 2 weeks: 5 mg/kg (350 mg) every 6 weeks (off-label)",
        "Raise the dose: 10 mg/kg (700 mg) every 8 weeks",
        "Measure antibodies (provisional)",
    ]


def test_without_options_it_says_that_no_change_is_proposed() -> None:
    assert section(dataclasses.replace(INTENSIFY, options=()), "options") == [WORDING.lines["no_options"]]


def test_a_hold_says_to_give_nothing_before_anything_else() -> None:
    decision = dataclasses.replace(INTENSIFY, verdict=Verdict.HOLD, rule="S-HSR", options=())
    assert section(decision, "options") == [WORDING.lines["hold"]]


def test_a_draft_that_does_it_already_is_told_first() -> None:
    lines = section(dataclasses.replace(INTENSIFY, draft_already_does_it=True), "options")
    assert lines[0] == WORDING.lines["already"]


def test_a_draft_that_raises_exposure_past_an_open_safety_question_is_never_waved_through() -> None:
    issue = DataIssue(IssueCode.ORDER_SAFETY_OPEN, "order", (("name", "Sepsis"), ("day", "2026-06-13")))
    decision = dataclasses.replace(INTENSIFY, draft_already_does_it=True, issues=(issue,))
    lines = section(decision, "options")
    assert lines[0] == WORDING.lines["already_open"]
    assert WORDING.lines["already"] not in lines
    assert len(lines) == 3


def test_doubts_name_issues_missing_data_unchecked_gates_and_an_order_that_cannot_be_changed() -> None:
    issue = DataIssue(
        IssueCode.LEVEL_STATUS_NOT_COUNTED, "level", (("day", "2026-11-01"), ("status", "regis|tered"))
    )
    decision = dataclasses.replace(
        INTENSIFY,
        issues=(issue, issue),
        not_evaluated=(
            UnreadGate("S-TB", (Unread.NO_CODE, Unread.ERROR)),
            UnreadGate("S-HF", (Unread.ERROR,)),
            UnreadGate("S-NEW", (Unread.PERSON_UNKNOWN,)),
        ),
        rationale=(*INTENSIFY.rationale, ("missing-laboratory", (("state", "truncated"),))),
    )
    assert section(decision, "doubts", "Not changed.") == [
        "Not changed.",
        r"The level of 2026-11-01 has the status regis\|tered; it was not used.",
        "Laboratory results: incomplete.",
        "Not evaluated, because no code is configured here: tuberculosis.",
        "Not evaluated, because the query for the data failed: tuberculosis, heart failure.",
        "Not evaluated, because sex or birth date is not known: S-NEW.",
    ]
    assert not any("Laboratory" in line for line in section(decision, "assessment"))


def test_a_shortfall_is_named_once_by_the_decision_or_by_the_card() -> None:
    said = dataclasses.replace(INTENSIFY, rationale=(("missing-laboratory", (("state", "truncated"),)),))
    shortfalls = ((FactGroup.LABORATORY, Shortfall.TRUNCATED), (FactGroup.ALLERGIES, Shortfall.NOT_PROVIDED))
    text = body(said, shortfalls=shortfalls)
    assert text.count("Laboratory results: incomplete.") == 1
    assert "- Allergies: not provided." in text
    assert "- Laboratory results: incomplete.\n- Allergies: not provided." in body(
        INTENSIFY, shortfalls=shortfalls
    )


def test_no_doubts_are_said_too() -> None:
    assert section(INTENSIFY, "doubts") == [WORDING.lines["no_doubts"]]


def test_an_issue_without_a_sentence_shows_its_code() -> None:
    decision = dataclasses.replace(INTENSIFY, issues=(DataIssue(IssueCode.LEVEL_PENDING, "level"),))
    assert section(decision, "doubts") == ["level-pending"]


def test_only_published_evidence_is_cited_with_year_and_certainty() -> None:
    rows = ("verified", "secondary", "unverified", "policy", "uncited", "undated", "missing")
    assert section(dataclasses.replace(INTENSIFY, evidence=rows), "sources") == [
        "Kang/Choi 2019, children: Healing in 48.6 %. Certainty weak.",
        (
            "Kang/Choi 2019, children: Trough &lt; 3 often means too little. "
            "Certainty weak, as quoted in a review."
        ),
        "somebody-2020, children: Healing in 48.6 %. Certainty weak.",
        "TAXIT 2015, children: Healing in 48.6 %. Certainty weak.",
    ]


def test_a_decision_without_published_evidence_says_so() -> None:
    decision = dataclasses.replace(INTENSIFY, evidence=("policy",))
    assert section(decision, "sources") == [WORDING.lines["no_sources"]]


@pytest.mark.parametrize(("local", "shown"), [(True, True), (False, False)])
def test_local_policy_is_said_where_a_site_decided(local: bool, shown: bool) -> None:
    last = body(dataclasses.replace(INTENSIFY, local_policy=local)).split("\n\n")[-1]
    assert ("knowledge 2026.11.22, local policy." in last) is shown


def test_what_a_cohort_showed_is_not_held_against_a_switch() -> None:
    child = with_situation(INTENSIFY, age_group=AgeGroup.CHILD, level_ug_ml=11.0)
    kept = detail(child, knowledge=load_knowledge(), wording=WORDING)
    assert kept.count("Children studied") == 1
    switch = dataclasses.replace(child, verdict=Verdict.SWITCH)
    assert "Children studied" not in detail(switch, knowledge=load_knowledge(), wording=WORDING)


def test_a_source_says_in_short_whom_it_looked_at() -> None:
    knowledge = load_knowledge()

    def whom(name: str) -> str:
        return population_of(knowledge.evidence[name], WORDING)

    assert whom("kang-choi-2019-trough-ati") == "children with luminal Crohn's disease"
    assert whom("ungar-2019-unlikely-above-9") == "IBD, age not stated"
    assert whom("mayo-ati-positive") == "laboratory catalogue"
    assert whom("taxit-window") == "adults with IBD"


@pytest.mark.parametrize("code", [IssueCode.DRAFT_DO_NOT_PERFORM, IssueCode.DRAFT_WITHDRAWN])
def test_options_beside_an_order_that_is_not_to_be_given_are_about_the_course(code: IssueCode) -> None:
    decision = dataclasses.replace(INTENSIFY, issues=(DataIssue(code, "draft"),))
    assert section(decision, "options") == [WORDING.lines["not_to_give"], *section(INTENSIFY, "options")]
    nothing = dataclasses.replace(decision, options=())
    assert section(nothing, "options") == [WORDING.lines["no_options"]]
    withheld = dataclasses.replace(nothing, forecast=Forecast(Absence.LEVEL_UNEXPECTED, less_withheld=True))
    assert section(withheld, "options") == [WORDING.lines["no_options"], WORDING.forecast["less_withheld"]]


def test_a_doubt_writes_micrograms_as_the_rest_of_the_card_does_and_leaves_other_words_alone() -> None:
    issue = DataIssue(
        IssueCode.LEVEL_IMPLAUSIBLE, "level", (("day", "2026-10-12 ug/mL"), ("value", "300 ug/mL"))
    )
    knowledge = dataclasses.replace(
        KNOWLEDGE, issues={IssueCode.LEVEL_IMPLAUSIBLE: Message("On {day}: {value}.", "")}
    )
    decision = dataclasses.replace(INTENSIFY, issues=(issue,))
    shown = detail(decision, knowledge=knowledge, wording=WORDING)
    assert "On 2026-10-12 ug/mL: 300 µg/mL." in shown


def test_a_course_that_starts_is_told_the_targets_of_the_troughs_it_plans() -> None:
    knowledge = load_knowledge()
    decision = dataclasses.replace(NO_LEVEL, rule="R-START-1")
    shown = detail(decision, knowledge=knowledge, wording=WORDING)
    week_6, week_14 = knowledge.targets["adult-week-6"], knowledge.targets["adult-week-14"]
    assert f"- Week 6: Target trough here: at least {week_6.act_below_ug_ml:g} µg/mL" in shown
    assert f"- Week 14: Target trough here: at least {week_14.act_below_ug_ml:g} µg/mL" in shown
    assert shown.count("Target trough") == 2
