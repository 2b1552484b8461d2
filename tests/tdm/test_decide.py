"""The decision from a course to its one answer."""

from dataclasses import replace
from datetime import date

import pytest

from tdm.applicability import indication_issue, not_applicable_rule
from tdm.decide import decide, decide_assessed
from tdm.decision import (
    Activity,
    AgeGroup,
    AtiClass,
    Certainty,
    Indicator,
    LevelClass,
    OptionKind,
    Phase,
    SwitchDirection,
    Target,
    Unread,
    UnreadGate,
    Verdict,
)
from tdm.facts import (
    AtiReading,
    AtiWord,
    Comparator,
    FactGroup,
    Indication,
    LevelReading,
    Marker,
    MarkerReading,
    MedicationConcept,
    MedicationUse,
    SafetyConcept,
    Sex,
    Shortfall,
    TreatmentCourse,
    WeightReading,
)
from tdm.issues import DataIssue, IssueCode
from tdm.knowledge.model import Verification
from tests.tdm.cases import (
    NOW,
    ago,
    assessment,
    course,
    dose,
    draft,
    fact,
    order,
    regimen,
    situation,
    source,
)
from tests.tdm.enumeration import shipped_knowledge

K = OptionKind
OTHER, CROHN = Indication.OTHER_DISEASE, Indication.CROHNS_DISEASE
VIALS = {"local_keys": frozenset({"policy.round_to_vials"})}


def decided(of: TreatmentCourse | None = None, assessed=None, **knowledge):
    changed = replace(shipped_knowledge(), **knowledge) if knowledge else shipped_knowledge()
    return decide_assessed(of or course(), assessed or assessment(), now=NOW, knowledge=changed)


def codes(decision) -> list[IssueCode]:
    return [issue.code for issue in decision.issues]


def kinds(decision) -> list[OptionKind]:
    return [option.kind for option in decision.options]


def rules_off(*names: str):
    return {"policy": replace(shipped_knowledge().policy, rules_off=frozenset(names))}


# ---- applicability


@pytest.mark.parametrize(
    ("reason", "recorded", "rule"),
    [
        (OTHER, set(), "R-NA-1"),
        (OTHER, {CROHN}, "R-NA-1"),
        (None, {OTHER}, "R-NA-1"),
        (None, {OTHER, CROHN}, None),
        (None, {CROHN}, None),
        (None, set(), None),
        (CROHN, {OTHER}, None),
        (CROHN, set(), None),
    ],
)
def test_only_another_disease_makes_it_none_of_ours(reason, recorded, rule):
    of = course(order_indication=reason, recorded_indications=frozenset(recorded))
    assert not_applicable_rule(of) == rule


@pytest.mark.parametrize("why", list(Shortfall))
def test_another_disease_on_a_problem_list_that_is_not_whole_proves_nothing(why):
    of = course(
        recorded_indications=frozenset({OTHER}),
        shortfalls=((FactGroup.LABORATORY, why), (FactGroup.CONDITIONS, why)),
    )
    assert not_applicable_rule(of) is None
    assert indication_issue(of) is not None
    whole = replace(of, shortfalls=((FactGroup.LABORATORY, why),))
    assert not_applicable_rule(whole) == "R-NA-1"
    assert not_applicable_rule(replace(of, order_indication=OTHER)) == "R-NA-1"


def test_another_disease_beside_any_record_of_bowel_disease_proves_nothing():
    of = course(recorded_indications=frozenset({OTHER}), inflammatory_bowel_disease_recorded=True)
    assert not_applicable_rule(of) is None
    assert indication_issue(of) is not None
    assert not_applicable_rule(replace(of, order_indication=OTHER)) == "R-NA-1"


def test_a_chart_without_any_trace_of_infliximab_is_none_of_ours():
    bare = {"orders": ()}
    level = (LevelReading(4, ago(1), source()),)
    ati = (AtiReading(ago(1), source()),)
    assert not_applicable_rule(course(**bare)) == "R-NA-3"
    assert not_applicable_rule(course(**bare, draft=draft())) is None
    assert not_applicable_rule(course()) is None
    assert not_applicable_rule(course(**bare, doses=(dose(3),))) is None
    assert not_applicable_rule(course(**bare, levels=level)) is None
    assert not_applicable_rule(course(**bare, atis=ati)) is None


@pytest.mark.parametrize(
    ("group", "rule"),
    [
        (FactGroup.ORDERS, None),
        (FactGroup.ADMINISTRATIONS, None),
        (FactGroup.LABORATORY, None),
        (FactGroup.WEIGHT, "R-NA-3"),
    ],
)
def test_a_trace_may_be_in_what_did_not_arrive(group, rule):
    of = course(orders=(), shortfalls=((group, Shortfall.ERROR),))
    assert not_applicable_rule(of) == rule


@pytest.mark.parametrize(
    ("reason", "recorded", "unverified"),
    [(None, set(), True), (CROHN, set(), False), (None, {CROHN}, False), (None, {OTHER, CROHN}, False)],
)
def test_no_indication_at_all_is_an_issue(reason, recorded, unverified):
    of = course(order_indication=reason, recorded_indications=frozenset(recorded))
    assert (indication_issue(of) is not None) is unverified


def test_an_unverified_indication_costs_one_step_of_certainty():
    found = decided(course(recorded_indications=frozenset()))
    assert (found.rule, found.certainty) == ("R-PK-1", Certainty.WEAK)
    assert DataIssue(IssueCode.INDICATION_UNVERIFIED, "indication") in found.issues
    assert decided().certainty is Certainty.MODERATE
    assert IssueCode.INDICATION_UNVERIFIED not in codes(decided())


# ---- from end to end


def story(**fields) -> TreatmentCourse:
    """An adult at 5 mg/kg every 8 weeks, 1.8 µg/mL, no antibodies, CRP 25 mg/L."""
    usual = {
        "draft": draft(amount_mg=None, amount_mg_per_kg=5),
        "levels": (LevelReading(1.8, ago(2), source("Observation/level")),),
        "atis": (AtiReading(ago(2), source("Observation/ati"), word=AtiWord.NEGATIVE),),
        "markers": (MarkerReading(Marker.CRP, ago(2), source("Observation/crp"), 25),),
        "weights": (WeightReading(60, ago(2), source("Observation/weight")),),
        "doses": tuple(dose(2 + 56 * index, amount_mg_per_kg=5) for index in range(6, -1, -1))[:-1],
        "orders": (order(amount_mg_per_kg=5),),
    }
    return course(**(usual | fields))


def test_a_course_is_assessed_and_decided():
    found = decide(story(), now=NOW, knowledge=shipped_knowledge())
    assert (found.verdict, found.rule, found.certainty) == (
        Verdict.INTENSIFY,
        "R-PK-1",
        Certainty.MODERATE,
    )
    assert found.indicator is Indicator.WARNING
    assert found.knowledge_version == shipped_knowledge().version
    assert {option.kind for option in found.options} == {
        K.RAISE_DOSE,
        K.SHORTEN_INTERVAL_2_WEEKS,
        K.SHORTEN_INTERVAL_4_WEEKS,
        K.RAISE_DOSE_AND_SHORTEN_INTERVAL,
    }
    assert found.assessment.situations[0].level_ug_ml == 1.8
    assert found.rationale == (
        (
            "R-PK-1",
            (
                ("level", "1.8 µg/mL"),
                ("act_below", "5 µg/mL"),
                ("aim", "6 µg/mL"),
                ("ceiling", "9 µg/mL"),
                ("ati", "negative"),
                ("certainty", "moderate"),
                ("activity", "disease is active"),
                ("active", "active disease"),
            ),
        ),
    )
    assert not found.draft_already_does_it
    assert not found.local_policy


@pytest.mark.parametrize(
    ("value", "comparator", "rule", "shown"),
    [
        (16.0, Comparator.ABOVE, "R-MECH-2", "above 16 µg/mL"),
        (16.0, Comparator.AT_LEAST, "R-MECH-2", "at least 16 µg/mL"),
        (3.0, Comparator.BELOW, "R-PK-1", "below 3 µg/mL"),
        (3.0, Comparator.AT_MOST, "R-PK-1", "at most 3 µg/mL"),
        (0.3, Comparator.BELOW, "R-PK-1", "undetectable"),
        (3.0, Comparator.EXACT, "R-PK-1", "3 µg/mL"),
    ],
)
def test_every_sentence_names_a_level_as_it_was_reported(value, comparator, rule, shown):
    of = story(levels=(LevelReading(value, ago(2), source("Observation/level"), comparator),))
    found = decide(of, now=NOW, knowledge=shipped_knowledge())
    assert found.rule == rule
    assert {dict(parameters)["level"] for _, parameters in found.rationale} == {shown}


def test_another_disease_gets_no_assessment():
    found = decide(story(order_indication=OTHER), now=NOW, knowledge=shipped_knowledge())
    assert (found.verdict, found.rule, found.indicator) == (
        Verdict.NOT_APPLICABLE,
        "R-NA-1",
        Indicator.INFO,
    )
    assert found.assessment is None
    assert found.knowledge_version == shipped_knowledge().version


def test_an_empty_course_gets_an_answer():
    nothing = TreatmentCourse(draft=draft())
    assert decide(nothing, now=NOW, knowledge=shipped_knowledge()).verdict is Verdict.ASSESS


def test_two_values_at_the_newest_instant_are_r_data_2():
    two = (
        LevelReading(1.8, ago(2), source("Observation/1")),
        LevelReading(7, ago(2), source("Observation/2")),
    )
    found = decide(story(levels=two), now=NOW, knowledge=shipped_knowledge())
    assert (found.verdict, found.rule) == (Verdict.ASSESS, "R-DATA-2")
    assert IssueCode.LEVEL_CONFLICT in codes(found)


def test_a_reported_limit_over_several_answers_is_r_censor_1():
    above = (LevelReading(8, ago(2), source("Observation/1"), Comparator.ABOVE, original="> 8 mg/L"),)
    found = decide(story(levels=above), now=NOW, knowledge=shipped_knowledge())
    assert (found.verdict, found.rule) == (Verdict.ASSESS, "R-CENSOR-1")
    (issue,) = [one for one in found.issues if one.code is IssueCode.LEVEL_COMPARATOR_UNDECIDED]
    assert issue.subject == "level"
    assert issue.parameters == (("day", ago(2).day.isoformat()), ("value", "> 8 mg/L"))
    assert issue.source == source("Observation/1")
    assert found.rationale[0] == ("R-CENSOR-1", ())


def test_a_reported_limit_within_one_answer_says_that_there_were_several_readings():
    below = (LevelReading(3, ago(2), source("Observation/1"), Comparator.BELOW),)
    found = decide(story(levels=below), now=NOW, knowledge=shipped_knowledge())
    assert (found.verdict, found.rule) == (Verdict.INTENSIFY, "R-PK-1")
    assert found.rationale[-1][0] == "several-readings"


def test_an_unknown_age_with_two_answers_is_r_age_1():
    quiet = {"activity": Activity.REMISSION, "phase": Phase.INDUCTION_WEEK_6}
    both = assessment(*(situation(age_group=age, **quiet) for age in AgeGroup), target=None)
    found = decided(assessed=both)
    assert (found.verdict, found.rule, found.options) == (Verdict.ASSESS, "R-AGE-1", ())
    assert found.rationale == (("R-AGE-1", ()),)
    assert IssueCode.LEVEL_COMPARATOR_UNDECIDED not in codes(found)


def test_a_censored_level_that_is_not_kept_or_not_dated_still_ends_in_an_answer():
    both = (situation(), situation(level=LevelClass.HIGH, level_ug_ml=16))
    assert decided(assessed=assessment(*both)).rule == "R-CENSOR-1"
    undated = LevelReading(8, None, source(), Comparator.ABOVE)
    found = decided(assessed=assessment(*both, level=undated))
    (issue,) = [one for one in found.issues if one.code is IssueCode.LEVEL_COMPARATOR_UNDECIDED]
    assert issue.parameters[0] == ("day", "unknown date")


@pytest.mark.parametrize(
    ("fields", "plain"),
    [
        ({"level": LevelClass.NONE, "level_ug_ml": None}, "R-DATA-1"),
        ({"level": LevelClass.NONE, "level_ug_ml": None, "phase": Phase.INDUCTION_WEEK_2}, "R-START-1"),
        ({}, "R-PK-1"),
    ],
)
def test_a_conflict_renames_a_missing_level_only(fields, plain):
    assert decided(assessed=assessment(situation(**fields))).rule == plain
    renamed = decided(assessed=assessment(situation(**fields), level_conflict=True))
    assert renamed.rule == (plain if plain == "R-PK-1" else "R-DATA-2")
    assert renamed.rationale[0][0] == renamed.rule


# ---- certainty, switches, indicators


def test_doubts_of_the_assessment_lower_certainty():
    immunogenic = situation(ati=AtiClass.POSITIVE_HIGH)
    steps = [
        decided(assessed=assessment(immunogenic, certainty_steps_down=doubts)).certainty
        for doubts in range(3)
    ]
    assert steps == [Certainty.STRONG, Certainty.MODERATE, Certainty.WEAK]


def test_only_a_switch_has_a_direction():
    found = decided(assessed=assessment(situation(ati=AtiClass.POSITIVE_HIGH)))
    assert (found.verdict, found.switch_direction) == (Verdict.SWITCH, SwitchDirection.WITHIN_CLASS)
    assert found.switch_alternatives == (SwitchDirection.OUT_OF_CLASS,)
    assert (decided().switch_direction, decided().switch_alternatives) == (None, ())


@pytest.mark.parametrize(
    ("fields", "indicator"),
    [
        ({}, Indicator.WARNING),
        ({"ati": AtiClass.POSITIVE_HIGH}, Indicator.WARNING),
        ({"ati": AtiClass.NOT_MEASURED}, Indicator.INFO),
        ({"level": LevelClass.WINDOW, "activity": Activity.REMISSION, "level_ug_ml": 7}, Indicator.INFO),
    ],
)
def test_the_verdict_sets_the_indicator(fields, indicator):
    assert decided(assessed=assessment(situation(**fields))).indicator is indicator


QUIET = situation(level=LevelClass.WINDOW, level_ug_ml=7, activity=Activity.REMISSION)


def test_a_suspect_dose_raises_the_indicator_and_keeps_the_verdict():
    found = decided(course(draft=draft(amount_mg=1322)), assessment(QUIET))
    assert (found.verdict, found.rule, found.indicator) == (
        Verdict.CONTINUE,
        "R-OK-1",
        Indicator.WARNING,
    )
    assert [gate.gate for gate in found.gates] == ["S-DOSE"]
    assert [name for name, _ in found.rationale] == ["R-OK-1", "dose-slip-pounds"]


def test_a_thiopurine_in_a_young_male_raises_the_indicator():
    thiopurine = MedicationUse(MedicationConcept.THIOPURINE, source())
    born = date(2001, 1, 1)
    of = course(sex=Sex.MALE, birth_earliest=born, birth_latest=born, medications=(thiopurine,))
    found = decided(of, assessment(QUIET))
    assert [gate.gate for gate in found.gates] == ["S-HSTCL"]
    assert (found.verdict, found.indicator) == (Verdict.CONTINUE, Indicator.WARNING)


def test_a_note_does_not_raise_the_indicator():
    found = decided(course(safety=(fact(SafetyConcept.PREGNANCY),)), assessment(QUIET))
    assert (found.verdict, found.indicator) == (Verdict.CONTINUE, Indicator.INFO)
    assert [gate.gate for gate in found.gates] == ["S-PREG"]


# ---- gates that decide


def test_a_reaction_holds_critically_on_a_draft_and_suggests_nothing():
    found = decided(course(safety=(fact(SafetyConcept.INFLIXIMAB_REACTION),), draft=draft()))
    assert (found.verdict, found.rule, found.indicator, found.certainty) == (
        Verdict.HOLD,
        "S-HSR",
        Indicator.CRITICAL,
        Certainty.STRONG,
    )
    assert found.options == ()
    assert found.rationale == ()
    assert found.assessment is not None
    chart = decided(course(safety=(fact(SafetyConcept.INFLIXIMAB_REACTION),)))
    assert (chart.verdict, chart.indicator) == (Verdict.HOLD, Indicator.WARNING)


def test_the_first_deciding_gate_decides_and_is_the_only_one_marked():
    concepts = (SafetyConcept.PREGNANCY, SafetyConcept.JAUNDICE, SafetyConcept.SERIOUS_INFECTION)
    found = decided(course(safety=tuple(fact(one) for one in concepts)))
    assert (found.verdict, found.rule) == (Verdict.HOLD, "S-INF")
    assert [(gate.gate, gate.deciding) for gate in found.gates] == [
        ("S-INF", True),
        ("S-LIVER", False),
        ("S-PREG", False),
    ]


def test_a_gap_asks_for_antibodies_first():
    found = decided(course(doses=(dose(200),)))
    assert (found.verdict, found.rule, found.certainty, found.indicator) == (
        Verdict.ASSESS,
        "S-GAP",
        Certainty.MODERATE,
        Indicator.INFO,
    )
    assert [(option.kind, option.recommended) for option in found.options] == [(K.MEASURE_ATI, True)]


def test_a_held_course_keeps_its_issues_and_unread_gates():
    doubt = DataIssue(IssueCode.LEVEL_PENDING, "level")
    held = course(
        safety=(fact(SafetyConcept.SERIOUS_INFECTION),),
        recorded_indications=frozenset(),
        evaluable=frozenset(SafetyConcept) - {SafetyConcept.PREGNANCY},
        draft=draft(amount_mg=900),
    )
    found = decided(held, assessment(issues=(doubt,)))
    assert codes(found) == [
        IssueCode.LEVEL_PENDING,
        IssueCode.TUBERCULOSIS_SCREENING_ABSENT,
        IssueCode.HEPATITIS_B_SCREENING_ABSENT,
        IssueCode.INDICATION_UNVERIFIED,
    ]
    assert found.not_evaluated == (UnreadGate("S-PREG", (Unread.NO_CODE,)),)
    assert [name for name, _ in found.rationale] == ["dose-above-maximum"]
    assert IssueCode.INDICATION_UNVERIFIED not in codes(
        decided(course(safety=(fact(SafetyConcept.SERIOUS_INFECTION),)))
    )


@pytest.mark.parametrize(
    ("gate", "key", "of"),
    [
        ("S-GAP", "policy.new_course_gap_days", {"doses": (dose(200),)}),
        ("S-LIVER", "policy.alt_hold_multiple", {"safety": (fact(SafetyConcept.JAUNDICE),)}),
        ("S-INF", "", {"safety": (fact(SafetyConcept.SERIOUS_INFECTION),)}),
    ],
)
def test_a_gate_on_a_replaced_limit_says_local_policy(gate, key, of):
    others = frozenset({"policy.rules_off", "policy.vial_mg"})
    assert decided(course(**of), local_keys=others).rule == gate
    assert not decided(course(**of), local_keys=others).local_policy
    assert decided(course(**of), local_keys=others | {key}).local_policy is bool(key)


def test_a_gate_cites_its_evidence():
    name = next(iter(shipped_knowledge().evidence))
    of = course(safety=(fact(SafetyConcept.SERIOUS_INFECTION),))
    found = decided(of, rule_evidence={"S-INF": (name,)}, evidence=citable_evidence(name))
    assert found.evidence == (name,)


def citable_evidence(name):
    row = replace(shipped_knowledge().evidence[name], verification=Verification.VERIFIED)
    return {name: row}


# ---- gates that caution


def test_heart_failure_narrows_the_options_to_the_interval():
    failure = (fact(SafetyConcept.HEART_FAILURE),)
    found = decided(course(safety=failure, draft=draft()))
    assert (found.verdict, found.rule) == (Verdict.INTENSIFY, "R-PK-1")
    assert kinds(found) == [K.SHORTEN_INTERVAL_2_WEEKS, K.SHORTEN_INTERVAL_4_WEEKS]
    assert [gate.gate for gate in found.gates] == ["S-HF"]
    none_left = decided(course(safety=failure), assessment(regimen=regimen(interval_days=28)))
    assert (none_left.verdict, none_left.rule) == (Verdict.SWITCH, "R-CAP-1")


@pytest.mark.parametrize(
    ("concept", "gate"),
    [(SafetyConcept.DEMYELINATING_DISEASE, "S-DEMYEL"), (SafetyConcept.LYMPHOMA, "S-MALIG")],
)
def test_demyelination_and_lymphoma_turn_intensify_into_review(concept, gate):
    found = decided(course(safety=(fact(concept), fact(SafetyConcept.PREGNANCY))))
    assert (found.verdict, found.rule, found.indicator) == (Verdict.ASSESS, gate, Indicator.INFO)
    assert [(option.kind, option.recommended) for option in found.options] == [(K.SPECIALIST_REVIEW, True)]
    assert [(one.gate, one.deciding) for one in found.gates] == [(gate, True), ("S-PREG", False)]
    assert found.rationale == ()


def test_demyelination_leaves_other_verdicts_but_offers_no_more_drug():
    of = course(safety=(fact(SafetyConcept.DEMYELINATING_DISEASE),))
    found = decided(of, assessment(situation(ati=AtiClass.NOT_MEASURED)))
    assert (found.verdict, found.rule) == (Verdict.ASSESS, "R-ATI-1")
    assert kinds(found) == [K.MEASURE_ATI]
    assert [(gate.gate, gate.deciding) for gate in found.gates] == [("S-DEMYEL", False)]
    grey = decided(of, assessment(situation(level=LevelClass.GREY, level_ug_ml=12)))
    assert kinds(grey) == [K.SWITCH_OUT_OF_CLASS]


def test_an_immunomodulator_brings_its_limits():
    immunogenic = assessment(situation(ati=AtiClass.POSITIVE_LOW))
    pregnant = course(safety=(fact(SafetyConcept.PREGNANCY),))
    found = decided(pregnant, immunogenic)
    assert [gate.gate for gate in found.gates] == ["S-IMM", "S-PREG"]
    assert IssueCode.THIOPURINE_METABOLISM_UNKNOWN in codes(found)
    assert [name for name, _ in found.rationale] == [
        "R-IMM-5",
        "recheck-after-two-infusions",
        "immunomodulator-no-methotrexate",
    ]
    young = course(sex=Sex.MALE, birth_earliest=date(2001, 1, 1), birth_latest=date(2001, 1, 1))
    assert decided(young, immunogenic).rationale[-1][0] == "immunomodulator-no-thiopurine-young-male"


def test_a_target_row_that_the_site_replaced_says_local_policy():
    local = replace(shipped_knowledge().targets["adult-maintenance-active"], local=True)
    known = {"local_keys": frozenset({"targets.adult-maintenance-active"})}
    here = assessment(target=local, situation_targets=(local,))
    assert decided(assessed=here, **known).local_policy
    packaged = replace(local, local=False)
    assert not decided(
        assessed=assessment(target=packaged, situation_targets=(packaged,)), **known
    ).local_policy


# ---- issues of the decision itself


def test_a_limit_that_leaves_the_answer_open_is_named_with_day_value_and_record():
    reading = LevelReading(4.0, ago(10), source("level"), comparator=Comparator.BELOW)
    low = situation(level_ug_ml=1.0)
    undetectable = situation(level=LevelClass.UNDETECTABLE, level_ug_ml=0.0, ati=AtiClass.POSITIVE_HIGH)
    open_choice = assessment(low, undetectable, level=reading)
    found = decided(assessed=open_choice)
    assert found.rule == "R-CENSOR-1"
    said = (("day", reading.drawn.day.isoformat()), ("value", "< 4 µg/mL"))
    assert DataIssue(IssueCode.LEVEL_COMPARATOR_UNDECIDED, "level", said, reading.source) in found.issues
    undated = decided(assessed=replace(open_choice, level=replace(reading, drawn=None)))
    issue = next(one for one in undated.issues if one.code is IssueCode.LEVEL_COMPARATOR_UNDECIDED)
    assert issue.parameters[0] == ("day", "unknown date")


def test_a_draft_of_another_route_is_named_as_an_order():
    found = decided(course(draft=draft()), assessment(draft_changes_route=True))
    assert DataIssue(IssueCode.DRAFT_ROUTE_DIFFERS, "order") in found.issues
    assert IssueCode.DRAFT_ROUTE_DIFFERS not in codes(decided(course(draft=draft())))


def test_an_order_within_the_trough_window_of_an_observed_interval_does_not_differ():
    quiet = situation(level=LevelClass.WINDOW, level_ug_ml=7, activity=Activity.REMISSION)
    observed = regimen(interval_days=56, observed_interval_days=56)
    well = assessment(quiet, regimen=observed)
    assert IssueCode.DRAFT_DIFFERS_FROM_REGIMEN not in codes(
        decided(course(draft=draft(interval_days=60)), well)
    )
    assert IssueCode.DRAFT_DIFFERS_FROM_REGIMEN in codes(decided(course(draft=draft(interval_days=28)), well))


# ---- rules that a site switched off


def test_a_row_that_is_switched_off_gives_no_card():
    found = decided(**rules_off("R-PK-1"))
    assert (found.verdict, found.rule, found.indicator) == (
        Verdict.NOT_APPLICABLE,
        "R-NA-2",
        Indicator.INFO,
    )
    assert found.rationale == (("R-NA-2", (("rule", "R-PK-1"),)),)
    assert found.local_policy
    assert found.assessment is not None
    assert decided(**rules_off("R-PK-2")).rule == "R-PK-1"


def test_a_filter_and_the_row_it_filtered_can_both_be_switched_off():
    capped = assessment(situation(at_cap=True))
    assert decided(assessed=capped).rule == "R-CAP-1"
    assert decided(assessed=capped, **rules_off("R-CAP-1")).rule == "R-NA-2"
    assert decided(assessed=capped, **rules_off("R-PK-1")).rule == "R-NA-2"


def test_a_gate_still_speaks_where_the_row_is_switched_off():
    safety = (fact(SafetyConcept.PREGNANCY),)
    of = course(safety=safety, draft=draft(amount_mg=900))
    found = decided(of, **rules_off("R-PK-1"))
    assert (found.verdict, found.rule, found.certainty, found.indicator) == (
        Verdict.ASSESS,
        "S-PREG",
        Certainty.MODERATE,
        Indicator.WARNING,
    )
    assert [(gate.gate, gate.deciding) for gate in found.gates] == [("S-PREG", True), ("S-DOSE", False)]
    assert [name for name, _ in found.rationale] == ["dose-above-maximum"]
    assert found.options == ()
    assert found.local_policy
    assert found.assessment is not None
    assert IssueCode.TUBERCULOSIS_SCREENING_ABSENT in codes(found)


def test_a_gate_beside_a_row_that_is_switched_off_keeps_version_evidence_issues_and_unread_gates():
    name = next(iter(shipped_knowledge().evidence))
    doubt = DataIssue(IssueCode.LEVEL_PENDING, "level")
    of = course(
        safety=(fact(SafetyConcept.PREGNANCY),),
        evaluable=frozenset(SafetyConcept) - {SafetyConcept.JAUNDICE},
    )
    found = decided(
        of,
        assessment(issues=(doubt,)),
        rule_evidence={"S-PREG": (name,)},
        evidence=citable_evidence(name),
        **rules_off("R-PK-1"),
    )
    assert found.knowledge_version == shipped_knowledge().version
    assert found.not_evaluated == (UnreadGate("S-LIVER", (Unread.NO_CODE,)),)
    assert found.evidence == (name,)
    assert doubt in found.issues
    assert found.issues[0] == doubt
    quiet = decided(**rules_off("R-PK-1"))
    assert (quiet.knowledge_version, quiet.gates) == (shipped_knowledge().version, ())


# ---- the draft


def test_a_draft_that_already_does_it_is_recognised():
    assert decided(course(draft=draft(amount_mg=600))).draft_already_does_it
    assert decided(course(draft=draft(interval_days=42))).draft_already_does_it
    assert not decided(course(draft=draft())).draft_already_does_it
    assert not decided().draft_already_does_it


def test_only_an_intensification_can_be_done_already():
    unknown = assessment(situation(level=LevelClass.WINDOW, level_ug_ml=7, activity=Activity.REMISSION))
    assert not decided(course(draft=draft(amount_mg=600)), unknown).draft_already_does_it


def test_a_draft_of_another_route_is_not_compared_but_named():
    found = decided(course(draft=draft(amount_mg=600)), assessment(draft_changes_route=True))
    assert not found.draft_already_does_it
    assert DataIssue(IssueCode.DRAFT_ROUTE_DIFFERS, "order") in found.issues
    assert IssueCode.DRAFT_ROUTE_DIFFERS not in codes(decided(course(draft=draft())))


# ---- what stands behind it


def test_issues_are_named_once_and_in_order():
    doubt = DataIssue(IssueCode.DOSE_PER_KG_UNKNOWN, "dose")
    weightless = regimen(dose_mg_per_kg=None, weight_kg=None)
    found = decided(assessed=assessment(issues=(doubt,), regimen=weightless))
    assert codes(found) == [
        IssueCode.DOSE_PER_KG_UNKNOWN,
        IssueCode.TUBERCULOSIS_SCREENING_ABSENT,
        IssueCode.HEPATITIS_B_SCREENING_ABSENT,
    ]


def test_what_did_not_arrive_is_named():
    of = course(
        shortfalls=(
            (FactGroup.LABORATORY, Shortfall.NOT_PROVIDED),
            (FactGroup.ORDERS, Shortfall.TRUNCATED),
        )
    )
    found = decided(of, assessment(situation(level=LevelClass.NONE, level_ug_ml=None)))
    assert [name for name, _ in found.rationale[:2]] == ["R-DATA-1", "laboratory-unseen"]
    assert found.rationale[2:] == (
        ("missing-laboratory", (("state", "not-provided"),)),
        ("missing-orders", (("state", "truncated"),)),
    )
    assert [(unread.gate, *unread.reasons) for unread in found.not_evaluated] == [
        ("S-TB", Unread.NOT_PROVIDED),
        ("S-HBV", Unread.NOT_PROVIDED),
        ("S-LIVER", Unread.NOT_PROVIDED),
        ("S-HSTCL", Unread.TRUNCATED),
    ]


def test_each_group_has_its_sentence():
    assert all(f"missing-{group}" in shipped_knowledge().rules for group in FactGroup)


def test_every_sentence_of_every_answer_can_be_filled():
    knowledge = shipped_knowledge()
    of = story(sex=Sex.MALE, safety=(fact(SafetyConcept.PREGNANCY),))
    found = decide(of, now=NOW, knowledge=knowledge)
    for name, parameters in found.rationale:
        assert "{" not in knowledge.rules[name].text.format_map(dict(parameters))


def test_a_replaced_rounding_of_the_dose_says_local_policy():
    assert decided(**VIALS).local_policy
    assert not decided(assessed=assessment(QUIET), **VIALS).local_policy


def test_evidence_of_the_row_and_of_its_target_is_cited():
    knowledge = shipped_knowledge()
    target = knowledge.targets["adult-maintenance-active"]
    found = decided(assessed=assessment(target=target))
    assert set(found.evidence) >= {name for name in target.evidence if name in found.evidence}
    assert found.evidence
    without = decided(assessed=assessment(target=None))
    assert set(without.evidence) < set(found.evidence)


def test_the_target_of_the_situation_that_answered_is_cited():
    fields = dict.fromkeys(("act_below_ug_ml", "aim_ug_ml", "aim_upper_ug_ml", "ceiling_ug_ml"))
    name = next(iter(shipped_knowledge().evidence))
    own = Target("own", grey_limit_ug_ml=15, evidence=(name,), **fields)
    other = Target("other", grey_limit_ug_ml=15, **fields)
    sure, unsure = situation(level_ug_ml=4.0), situation(aim_ug_ml=1.0)
    both = assessment(sure, unsure, target=None, situation_targets=(other, own))
    assert decided(assessed=both, evidence=citable_evidence(name), rule_evidence={}).evidence == (name,)
