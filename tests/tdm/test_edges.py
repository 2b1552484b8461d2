"""Edges of order, source and limit that nothing else pins down: changes that no test noticed found them."""

from dataclasses import replace
from itertools import permutations

import pytest

from tdm.activity import marker_issue, possible_values, read_activity
from tdm.activity import reading_order as order_of_markers
from tdm.antibody_result import assay_known, assay_of, ati_issue
from tdm.antibody_result import reading_order as order_of_antibodies
from tdm.decide import decide_assessed
from tdm.decision import AtiClass, Certainty, LevelClass, Option, OptionKind, Unread, UnreadGate, Verdict
from tdm.exposure import candidate_values
from tdm.facts import (
    AtiReading,
    Comparator,
    Finding,
    Marker,
    MarkerReading,
    ResultStatus,
    Route,
    SafetyConcept,
    SafetyState,
)
from tdm.gates import GateReport, blind_gates, gate_needs, readable_screenings, with_immunomodulator
from tdm.gates_dose import describe_dose, dose_slip, dose_warning
from tdm.gates_hold import exceeds_limit, gap, newest_fact
from tdm.history import dose_issue, order_order
from tdm.immunogenicity import Antibodies, LevelSeen, read_antibodies
from tdm.issues import DataIssue, IssueCode
from tdm.knowledge.model import Assay
from tdm.options import plan_options
from tdm.options_dose import dose_for, lowered_dose, raised_dose
from tdm.rules import Offer, OptionFamily
from tdm.rules_conditions import detectable
from tdm.table import build_table, first_match, numbers_of
from tests.support.course_builder import NOW, ati, crp, level, marker, moment
from tests.tdm.cases import NOW as CASE_NOW
from tests.tdm.cases import (
    ago,
    assessment,
    context,
    course,
    dose,
    draft,
    fact,
    order,
    policy,
    regimen,
    situation,
)
from tests.tdm.enumeration import shipped_knowledge

FINAL, PRELIMINARY = ResultStatus.FINAL, ResultStatus.PRELIMINARY

# ---- the order of results of one moment --------------------------------------------------------------------

MARKERS_IN_ORDER = (
    marker(Marker.IMAGING, None, reference="z"),
    marker(Marker.IMAGING, None, finding=Finding.ACTIVE, reference="z"),
    marker(Marker.IMAGING, None, finding=Finding.QUIET, reference="a"),
    marker(Marker.CRP, 0.0, reference="a"),
    marker(Marker.CRP, 4.0, reference="a"),
    marker(Marker.CRP, 4.0, reference="b"),
    marker(Marker.CRP, 1.0, hour=9, reference="a"),
    marker(Marker.CRP, 1.0, hour=None, reference="a"),
    marker(Marker.CRP, 1.0, status=PRELIMINARY, reference="a"),
)


def test_markers_of_one_moment_have_one_order():
    for some in permutations(MARKERS_IN_ORDER[:4]):
        assert sorted(some, key=order_of_markers) == list(MARKERS_IN_ORDER[:4])
    assert sorted([*MARKERS_IN_ORDER[4:], *MARKERS_IN_ORDER[:4]], key=order_of_markers) == list(
        MARKERS_IN_ORDER
    )


ANTIBODIES_IN_ORDER = (
    ati("negative", status=ResultStatus.CORRECTED, coded=False, reference="z"),
    ati(None, None, reference="a"),
    ati(None, 0.0, reference="a"),
    ati(None, 4.0, reference="a"),
    ati(None, 4.0, reference="a", reference_upper=0.0),
    ati(None, 4.0, reference="a", reference_upper=3.0),
    ati("negative", 1.0, reference="a"),
    ati("positive", 0.0, reference="a"),
    ati("negative", 1.0, coded=False, reference="a"),
    ati("negative", 1.0, status=PRELIMINARY, reference="a"),
)


def test_antibody_results_of_one_moment_have_one_order():
    assert sorted([*ANTIBODIES_IN_ORDER[5:], *ANTIBODIES_IN_ORDER[:5]], key=order_of_antibodies) == list(
        ANTIBODIES_IN_ORDER
    )
    for one, other in permutations(ANTIBODIES_IN_ORDER, 2):
        earlier = ANTIBODIES_IN_ORDER.index(one) < ANTIBODIES_IN_ORDER.index(other)
        assert (order_of_antibodies(one) < order_of_antibodies(other)) is earlier


# ---- activity ----------------------------------------------------------------------------------------------


def activity_of(*readings: MarkerReading):
    return read_activity(readings, NOW, shipped_knowledge().policy, not_before=None, last_change=None)


def test_an_older_result_that_cannot_be_used_is_not_named_beside_a_newer_one():
    assert activity_of(crp(-1, 20), crp(2, 10)).issues == ()
    assert [issue.code for issue in activity_of(crp(2, 20), crp(-1, 10)).issues] == [
        IssueCode.MARKER_IMPLAUSIBLE
    ]


def test_a_superseded_result_hides_no_other_marker():
    shown = activity_of(crp(2, 1), crp(9, 2), marker(Marker.CALPROTECTIN, 40, 3)).markers
    assert [reading.marker for reading in shown] == [Marker.CALPROTECTIN, Marker.CRP]


def test_of_equal_results_of_one_moment_the_first_in_order_is_shown():
    later, first = crp(2, reference="b"), crp(2, reference="a")
    assert activity_of(later, first).markers == (first,)
    assert activity_of(first, later).markers == (first,)


@pytest.mark.parametrize(
    ("value", "comparator", "least", "most"),
    [
        (0.0, Comparator.BELOW, 0.0, 0.0),
        (0.5, Comparator.AT_MOST, 0.0, 0.5),
        (2.0, Comparator.AT_LEAST, 2.0, float("inf")),
        (2.0, Comparator.EXACT, 2.0, float("inf")),
    ],
)
def test_a_limit_stands_for_its_values(value, comparator, least, most):
    if comparator is not Comparator.EXACT:
        assert possible_values(value, comparator) == (least, most)


def test_a_number_below_a_limit_stands_for_what_is_just_below_it():
    least, most = possible_values(0.5, Comparator.BELOW)
    assert least == 0.0
    assert 0.4999 < most < 0.5


def test_an_issue_of_a_marker_names_marker_day_and_source():
    reading = crp(2, reference="a")
    assert marker_issue(IssueCode.MARKER_CONFLICT, reading) == DataIssue(
        IssueCode.MARKER_CONFLICT,
        "activity",
        (("marker", "crp"), ("day", NOW.day.isoformat())),
        reading.source,
    )


# ---- antibodies --------------------------------------------------------------------------------------------

TOLERANT = Assay(
    "tolerant", "Tolerant", "U/mL", laboratory_pattern="north", positive_from=3.3, high_above=9.1
)
SENSITIVE = Assay(
    "sensitive", "Sensitive", "AU/mL", laboratory_pattern="south", positive_from=10, drug_sensitive=True
)
REFLEX = Assay(
    "reflex",
    "Reflex",
    "U/mL",
    laboratory_pattern="west",
    method_pattern="mobility",
    positive_from=50,
    reflex_level_below_ug_ml=5.1,
)
KNOWLEDGE = replace(shipped_knowledge(), assays=(TOLERANT, SENSITIVE, REFLEX))


def antibodies(*readings: AtiReading, beside: LevelSeen | None = None, pending: bool = False) -> Antibodies:
    return read_antibodies(readings, beside, NOW, KNOWLEDGE, pending=pending)


def beside(value: float, days_ago: float = 0, **more: str) -> LevelSeen:
    return LevelSeen(level(value, days_ago, **more), moment(days_ago), value, undetectable=False)


def north(value: float, days_ago: float = 0, **more: object) -> AtiReading:
    return ati(value=value, days_ago=days_ago, unit="U/mL", laboratory="North", **more)


def south(value: float, **more: object) -> AtiReading:
    return ati(value=value, unit="AU/mL", laboratory="South", **more)


def test_of_two_results_of_one_day_the_later_decides():
    found = antibodies(north(1.0, hour=6, reference="a"), north(20.0, hour=9, reference="b"))
    assert (found.ati, found.reading.value) == (AtiClass.POSITIVE_HIGH, 20.0)


def test_exactly_three_days_is_a_pair_beside_another_result_too():
    found = antibodies(north(20.0, 3), north(1.0, 40), beside=beside(2.0))
    assert found.ati is AtiClass.POSITIVE_HIGH
    assert [issue.code for issue in found.issues] == []


def test_two_negatives_of_one_moment_by_a_drug_sensitive_assay_prove_nothing_beside_drug():
    found = antibodies(south(5, reference="a"), south(6, reference="b"), beside=beside(2.0))
    assert found.ati is AtiClass.INCONCLUSIVE
    assert {issue.code for issue in found.issues} == {IssueCode.ATI_DRUG_SENSITIVE}


def test_results_of_one_moment_that_say_nothing_do_not_contradict_each_other():
    found = antibodies(ati("inconclusive", reference="a"), ati("inconclusive", reference="b"))
    assert (found.ati, found.issues) == (AtiClass.INCONCLUSIVE, ())


def test_positives_of_one_moment_without_a_titre_do_not_contradict_each_other():
    found = antibodies(ati("positive", reference="a"), ati("positive", reference="b"))
    assert (found.ati, found.issues) == (AtiClass.POSITIVE_UNQUANTIFIED, ())


def test_a_conflict_of_one_moment_names_the_first_result_in_order():
    found = antibodies(ati("positive", reference="b"), ati("negative", reference="a"))
    (issue,) = (one for one in found.issues if one.code is IssueCode.ATI_CONFLICT)
    assert issue.source.reference == "Observation/a"


def test_numbers_that_are_not_compared_are_named_by_the_newest():
    found = antibodies(north(5.0, 1), south(20, days_ago=9))
    (issue,) = (one for one in found.issues if one.code is IssueCode.ATI_NOT_COMPARABLE)
    assert issue.source.reference == "Observation/ati-1"


def test_an_awaited_result_leaves_an_outdated_one_without_reflex():
    seen = beside(8.0, laboratory="West")
    outdated = north(1.0, 200)
    assert antibodies(outdated, beside=seen, pending=True).ati is AtiClass.NOT_MEASURED
    assert antibodies(outdated, beside=seen).ati is AtiClass.NEGATIVE


def test_the_reflex_limit_needs_the_laboratorys_own_method_and_names_the_level():
    seen = beside(8.0, laboratory="West", method="mobility shift", reference="own")
    found = antibodies(beside=seen)
    assert found.ati is AtiClass.NEGATIVE
    assert found.issues == (
        DataIssue(IssueCode.ATI_REFLEX_LIMIT, "ati", (("limit", "5.1 µg/mL"),), seen.reading.source),
    )
    other = beside(8.0, laboratory="West", method="sent away for ELISA")
    assert antibodies(beside=other).ati is AtiClass.NOT_MEASURED


def test_the_code_of_an_assay_counts_more_than_two_names_that_fit_another():
    by_names = Assay("names", "Names", "U/mL", laboratory_pattern="north", method_pattern="shift")
    by_code = Assay("code", "Code", "U/mL", laboratory_pattern="x", codes=("local|1",))
    reading = ati(value=5, unit="U/mL", laboratory="", method="shift", code="local|1")
    assert assay_of(reading, (by_names, by_code)) is by_code


def test_an_issue_of_an_antibody_result_names_its_source():
    reading = north(5.0, reference="a")
    assert ati_issue(IssueCode.ATI_CONFLICT, reading).source == reading.source


BY_CODE = Assay("by-code", "By code", "AU/mL", laboratory_pattern="x", codes=("local|1",), positive_from=1)
BY_METHOD = Assay("by-method", "By method", "ng/mL", laboratory_pattern="x", method_pattern="shift")


@pytest.mark.parametrize(
    ("reading", "assay"),
    [
        (ati(value=5, unit="AU/mL", code="local|1"), BY_CODE),
        (ati(value=5, unit="U/mL", code="local|1"), None),
        (ati("positive", unit="U/mL", code="local|1"), BY_CODE),
        (ati(value=5, unit="ng/mL", method="mobility shift"), BY_METHOD),
        (ati(value=5, unit="U/mL", laboratory="North"), TOLERANT),
        (ati(value=5, unit="AU/mL", laboratory="North"), None),
        (ati("negative", unit="", laboratory="North"), TOLERANT),
    ],
)
def test_an_assay_of_the_knowledge_is_known_by_code_laboratory_method_and_unit(reading, assay):
    knowledge = replace(shipped_knowledge(), assays=(TOLERANT, BY_CODE, BY_METHOD))
    assert assay_known(reading, knowledge) is assay


def test_the_pair_three_days_from_the_level_decides_before_a_newer_result():
    found = antibodies(north(20.0, 13), north(1.0, 2), beside=beside(2.0, 10))
    assert (found.ati, found.reading.value) == (AtiClass.POSITIVE_HIGH, 20.0)


def test_a_negative_that_a_positive_elsewhere_outweighs_stays_the_result_shown():
    negative = ati("negative", 0.5, unit="ng/mL", reference="unknown-assay")
    found = antibodies(negative, north(20.0, 9), beside=beside(2.0))
    assert (found.ati, found.reading) == (AtiClass.INCONCLUSIVE, negative)
    issue = next(one for one in found.issues if one.code is IssueCode.ATI_POSITIVE_ELSEWHERE)
    assert (issue.subject, issue.parameters[0][0], issue.source.reference) == (
        "ati",
        "day",
        "Observation/ati-9",
    )


def test_an_issue_of_a_dose_names_its_day_and_source():
    given = dose(3)
    assert dose_issue(IssueCode.DOSE_IN_FUTURE, given.given, given.source) == DataIssue(
        IssueCode.DOSE_IN_FUTURE, "dose", (("day", given.given.day.isoformat()),), given.source
    )


ORDERS_IN_ORDER = (
    order(authored=None, route=None, amount_mg=300),
    order(authored=None, amount_mg=None),
    order(authored=None, amount_mg=0.5),
    order(authored=None, amount_mg=300, interval_days=None),
    order(authored=None, amount_mg=300, interval_days=0.5),
    order(authored=None, amount_mg=300, interval_days=0.5, amount_mg_per_kg=0.5),
    order(authored=None, amount_mg=300, interval_days=0.5, amount_mg_per_kg=0.5, ended=ago(9)),
    order(authored=ago(400)),
)


def test_orders_of_one_moment_have_one_order():
    for one, other in permutations(ORDERS_IN_ORDER, 2):
        earlier = ORDERS_IN_ORDER.index(one) < ORDERS_IN_ORDER.index(other)
        assert (order_order(one) < order_order(other)) is earlier


# ---- gates -------------------------------------------------------------------------------------------------


def test_a_gate_is_blind_where_one_of_its_concepts_has_no_code():
    everything = frozenset(SafetyConcept)
    assert blind_gates(everything) == ()
    assert blind_gates(everything - {SafetyConcept.JAUNDICE}) == (UnreadGate("S-LIVER", (Unread.NO_CODE,)),)
    needing = tuple(name for name, concepts, _ in gate_needs() if concepts)
    assert tuple(unread.gate for unread in blind_gates(frozenset())) == needing


def test_an_immunomodulator_leaves_the_other_gates_that_were_not_evaluated():
    unread = tuple(UnreadGate(name, (Unread.ERROR,)) for name in ("S-INF", "S-TB"))
    report = GateReport((), unread, (), ())
    added = with_immunomodulator(report, context(), (Option(OptionKind.ADD_IMMUNOMODULATOR),))
    assert [gate.gate for gate in added.fired] == ["S-IMM"]
    assert added.not_evaluated == unread


def test_a_screening_can_be_missed_only_where_its_test_has_codes():
    concept = SafetyConcept
    tests = frozenset({concept.TUBERCULOSIS_TEST, concept.HEPATITIS_B_SURFACE_ANTIGEN})
    (tuberculosis, first), (hepatitis, second) = readable_screenings(tests)
    assert tuberculosis == (
        concept.TUBERCULOSIS_TEST,
        concept.TUBERCULOSIS_LATENT,
        concept.TUBERCULOSIS_ACTIVE,
    )
    assert hepatitis == (concept.HEPATITIS_B_SURFACE_ANTIGEN, concept.HEPATITIS_B)
    assert first == DataIssue(IssueCode.TUBERCULOSIS_SCREENING_ABSENT, "screening")
    assert second == DataIssue(IssueCode.HEPATITIS_B_SCREENING_ABSENT, "screening")
    assert readable_screenings(frozenset(SafetyConcept) - tests) == ()


def test_a_dose_given_this_very_moment_closes_a_gap():
    given_now = course(doses=(dose(200), replace(dose(0), given=CASE_NOW)))
    assert gap(context(given_now)) is None
    still_to_come = course(doses=(dose(200), dose(-1)))
    assert gap(context(still_to_come)).gate == "S-GAP"


def test_a_limit_is_exceeded_only_beyond_rounding():
    assert not exceeds_limit(10 * (1 + 1e-9), 10)
    assert exceeds_limit(10.0001, 10)


def test_of_facts_of_one_moment_the_one_with_a_measured_multiple_stands():
    measured = fact(SafetyConcept.ALT, multiple_of_upper_limit=0.5, recorded=ago(1))
    bare = fact(SafetyConcept.ALT, SafetyState.PRESENT, recorded=ago(1))
    assert newest_fact((measured, bare)) is measured
    assert newest_fact((bare, measured)) is measured


@pytest.mark.parametrize(
    ("order", "weight_kg", "slip"),
    [
        (draft(amount_mg=None, amount_mg_per_kg=2.5), None, None),
        (draft(amount_mg=None, amount_mg_per_kg=2.49), None, "dose-below-usual"),
        (draft(amount_mg=150, amount_mg_per_kg=5), 60, None),
        (draft(amount_mg=149, amount_mg_per_kg=5), 60, "dose-slip-pounds"),
        (draft(amount_mg=150), 60, None),
        (draft(amount_mg=149), 60, "dose-below-usual"),
    ],
)
def test_half_the_usual_dose_is_just_plausible_where_weights_may_differ_by_two(order, weight_kg, slip):
    assert dose_slip(order, weight_kg, policy(plausible_weight_ratio=2.0)) == slip


def test_a_longer_interval_allows_no_larger_subcutaneous_dose_at_once():
    assessed = assessment(regimen=regimen(route=Route.SUBCUTANEOUS, dose_mg=120, dose_mg_per_kg=None))
    for amount, days, remarks in (
        (240, 28, ()),
        (300, 28, ("dose-above-maximum-subcutaneous",)),
        (240, 7, ("dose-above-maximum-subcutaneous",)),
    ):
        order = draft(route=Route.SUBCUTANEOUS, amount_mg=amount, interval_days=days)
        assert dose_warning(context(course(draft=order), assessed))[1] == remarks


def test_a_dose_per_kg_is_said_with_two_decimals():
    assert describe_dose(None, 5.1278, 56) == "5.13 mg/kg every 56 days"


# ---- doses and rows ----------------------------------------------------------------------------------------


def test_a_small_child_gets_at_least_one_vial_and_a_second_one_only_within_the_cap():
    vials = policy(round_to_vials=True)
    assert dose_for(5, 8, 10, vials).mg == 100
    assert dose_for(10, 15, 10, vials).mg == 100  # two vials would be 13.3 mg/kg
    assert dose_for(10, 20, 10, vials).mg == 200  # exactly the cap


def test_a_raised_dose_is_the_cap_itself_and_more_than_a_twentieth_higher():
    whole = policy()
    assert raised_dose(regimen(), 10, whole).mg_per_kg == 10
    nearly = regimen(dose_mg=None, dose_mg_per_kg=8.0, weight_kg=None)
    assert raised_dose(nearly, 8.0 * 1.05, whole) is None
    assert raised_dose(nearly, 8.41, whole).mg_per_kg == 8.41


def test_doses_are_rounded_to_vials_within_the_cap_in_both_directions():
    vials = policy(round_to_vials=True)
    assert raised_dose(regimen(weight_kg=36, dose_mg=180), 10, vials).mg == 300
    high = regimen(weight_kg=70, dose_mg=700, dose_mg_per_kg=10)
    assert lowered_dose(high, vials).mg == 400


@pytest.mark.parametrize(
    ("in_force_mg", "ordered_mg", "offered_mg_per_kg"),
    [(600, 300, 5), (600, 180, 3), (240, 300, 4)],
)
def test_in_heart_failure_options_carry_the_least_of_limit_order_and_dose_in_force(
    in_force_mg, ordered_mg, offered_mg_per_kg
):
    of = course(safety=(fact(SafetyConcept.HEART_FAILURE),), draft=draft(amount_mg=ordered_mg))
    assessed = assessment(regimen=regimen(dose_mg=in_force_mg, dose_mg_per_kg=in_force_mg / 60))
    found = decide_assessed(of, assessed, now=CASE_NOW, knowledge=shipped_knowledge())
    assert {option.dose_mg_per_kg for option in found.options} == {offered_mg_per_kg}


def test_without_heart_failure_options_carry_more_than_its_limit():
    assessed = assessment(regimen=regimen(dose_mg=480, dose_mg_per_kg=8))
    found = decide_assessed(course(draft=draft()), assessed, now=CASE_NOW, knowledge=shipped_knowledge())
    assert max(option.dose_mg_per_kg or 0 for option in found.options) > 5


def test_all_offers_of_a_row_become_options():
    offers = (
        Offer(OptionKind.SPECIALIST_REVIEW),
        Offer(OptionFamily.ESCALATION),
        Offer(OptionFamily.DEESCALATION),
    )
    unknown = regimen(dose_mg=None, dose_mg_per_kg=None, weight_kg=None)
    plan = plan_options((*offers, *offers), situation(), unknown, policy(), interval_only=False)
    kinds = [option.kind for option in plan.options]
    assert kinds.count(OptionKind.SPECIALIST_REVIEW) == 2
    assert kinds.count(OptionKind.RAISE_DOSE) == 2
    assert [issue.code for issue in plan.issues] == [IssueCode.DOSE_PER_KG_UNKNOWN] * 2


def test_the_last_row_of_any_table_is_what_is_left():
    table = build_table(numbers_of(shipped_knowledge()))
    assert first_match((table[0], table[2], table[1]), situation()).id == table[1].id


def test_the_last_resort_recommends_the_specialist():
    table = build_table(numbers_of(shipped_knowledge()))
    review, measure = table[-1].outcome(situation()).offers
    assert (review.kind, review.recommended) == (OptionKind.SPECIALIST_REVIEW, True)
    assert (measure.kind, measure.recommended) == (OptionKind.MEASURE_LEVEL_AND_ATI, False)


def test_without_a_subcutaneous_limit_every_level_is_from_it():
    knowledge = shipped_knowledge()
    row = replace(knowledge.targets["subcutaneous-active"], act_below_ug_ml=None)
    changed = replace(knowledge, targets={**knowledge.targets, "subcutaneous-active": row})
    assert numbers_of(changed).subcutaneous_active_from == 0.0


def test_a_detectable_level_is_low_in_the_window_grey_or_high():
    condition = detectable()
    assert (condition.field, condition.values) == (
        "level",
        (LevelClass.LOW, LevelClass.WINDOW, LevelClass.GREY, LevelClass.HIGH),
    )
    held = {one for one in LevelClass if condition.holds(situation(level=one))}
    assert held == {LevelClass.LOW, LevelClass.WINDOW, LevelClass.GREY, LevelClass.HIGH}


def test_a_level_of_nothing_stands_for_nothing():
    target = shipped_knowledge().targets["adult-maintenance-active"]
    assert candidate_values(level(0.0), target, policy()) == (0.0,)
    assert candidate_values(level(0.0), target, policy(undetectable_below_ug_ml=0.0)) == (0.0,)


@pytest.mark.parametrize(
    ("rule", "changes"),
    [("R-START-1", {"starting": True}), ("R-DATA-1", {})],
)
def test_rows_without_a_level_are_moderately_certain(rule, changes):
    table = build_table(numbers_of(shipped_knowledge()))
    row = next(one for one in table if one.id == rule)
    outcome = row.outcome(situation(**changes))
    assert (outcome.certainty, outcome.verdict) == (Certainty.MODERATE, Verdict.ASSESS)
