"""Options that raise exposure are more drug than there is, those that lower it are less."""

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tdm.decide import decide
from tdm.decision import LESS_DRUG, MORE_DRUG, Decision, Option, OptionKind, Regimen, Verdict
from tdm.facts import Marker, Route
from tdm.issues import IssueCode
from tdm.knowledge.loader import load_knowledge
from tdm.options_weekly import keeping_their_word, weekly_of
from tests.support.course_builder import (
    NOW,
    adult,
    ati,
    child,
    course,
    crohns,
    draft,
    infusion,
    level,
    marker,
    order,
    weight,
)

KNOWLEDGE = load_knowledge()
IV = Route.INTRAVENOUS
K = OptionKind
HALF_CHARTED = Regimen(IV, 175, 2.5, 56, 56, 56, 70, ordered_mg=350, ordered_mg_per_kg=5)
ASKED = Regimen(IV, 350, 5, 56, 56, None, 70)
SIX_WEEKS = Option(K.SHORTEN_INTERVAL_2_WEEKS, 175, 2.5, 42, recommended=True)
FOUR_WEEKS = Option(K.SHORTEN_INTERVAL_4_WEEKS, 175, 2.5, 28)
RAISED = Option(K.RAISE_DOSE, 700, 10, 56, recommended=True)


def test_half_of_what_is_ordered_more_often_is_no_more_drug():
    kept = keeping_their_word((SIX_WEEKS, FOUR_WEEKS, RAISED), HALF_CHARTED, ASKED)
    assert kept.options == (FOUR_WEEKS, replace(RAISED, recommended=False))
    assert kept.issue is not None
    assert kept.issue.code is IssueCode.DOSES_BESIDE_ORDER
    assert kept.issue.parameters == (
        ("ordered", "350 mg or 5 mg/kg every 56 days"),
        ("given", "175 mg or 2.5 mg/kg every 56 days"),
    )


def test_without_an_order_in_front_the_one_on_record_counts_and_its_interval_may_be_the_courses():
    untimed = replace(HALF_CHARTED, ordered_interval_days=None)
    kept = keeping_their_word((SIX_WEEKS, FOUR_WEEKS), untimed, None)
    assert kept.options == (FOUR_WEEKS,)
    assert kept.issue is not None


def test_what_is_more_than_the_order_in_front_stays_as_it_is():
    lowered = replace(ASKED, dose_mg=175, dose_mg_per_kg=2.5)
    assert keeping_their_word((SIX_WEEKS,), HALF_CHARTED, lowered).options == (SIX_WEEKS,)
    untimed = replace(lowered, interval_days=None)
    assert keeping_their_word((SIX_WEEKS,), HALF_CHARTED, untimed).options == (SIX_WEEKS,)


def test_an_order_in_front_that_is_stronger_than_the_course_is_no_doubt_about_the_doses():
    in_force = replace(ASKED, ordered_mg=350, ordered_mg_per_kg=5)
    usual = Option(K.SHORTEN_INTERVAL_2_WEEKS, 350, 5, 42, recommended=True)
    doubled = replace(ASKED, dose_mg=700, dose_mg_per_kg=10)
    kept = keeping_their_word((usual,), in_force, doubled)
    assert (kept.options, kept.issue) == ((usual,), None)


def test_doses_that_fit_no_weight_are_held_against_the_order_in_front():
    unfit = Regimen(IV, 175, None, 56, None, 56)
    asked = Regimen(IV, 350, None, 56)
    named = replace(SIX_WEEKS, dose_mg_per_kg=None)
    assert keeping_their_word((named,), unfit, asked).options == (named,)
    kept = keeping_their_word((named,), unfit, asked, doses_unfit=True)
    assert kept.options == ()
    assert kept.issue is not None
    assert keeping_their_word((named,), unfit, None, doses_unfit=True).options == (named,)
    half = replace(unfit, ordered_mg=175)
    assert keeping_their_word((named,), half, asked, doses_unfit=True).options == ()
    assert keeping_their_word((named,), half, asked).options == (named,)
    per_kg = replace(unfit, ordered_mg_per_kg=5)
    assert keeping_their_word((named,), per_kg, asked, doses_unfit=True).options == ()
    assert keeping_their_word((named,), per_kg, asked).options == (named,)


def test_the_highest_dose_in_place_of_a_higher_one_is_no_more_drug():
    above = Regimen(IV, 1050, 15, 56, 56, 56, 70, ordered_mg=1050, ordered_mg_per_kg=15)
    given_only = replace(above, ordered_mg=None, ordered_mg_per_kg=None)
    less = Option(K.SHORTEN_INTERVAL_2_WEEKS, 700, 10, 42)
    more = Option(K.SHORTEN_INTERVAL_4_WEEKS, 700, 10, 28, recommended=True)
    for regimen in (above, given_only):
        kept = keeping_their_word((less, more), regimen, None)
        assert (kept.options, kept.issue) == ((more,), None)


def test_where_the_recommended_step_is_no_more_drug_the_next_one_is_recommended():
    above = Regimen(IV, 1050, 15, 56, 56, 56, 70, ordered_mg=1050, ordered_mg_per_kg=15)
    less = Option(K.SHORTEN_INTERVAL_2_WEEKS, 700, 10, 42, recommended=True)
    more = Option(K.SHORTEN_INTERVAL_4_WEEKS, 700, 10, 28)
    other = Option(K.MEASURE_LEVEL)
    kept = keeping_their_word((less, other, more), above, None)
    assert kept.options == (replace(more, recommended=True), other)
    assert keeping_their_word((less, other), above, None).options == (other,)


def test_what_lowers_exposure_gives_no_more_than_is_ordered():
    twice = Regimen(IV, 700, 10, 56, 56, 56, 70, ordered_mg=350, ordered_mg_per_kg=5)
    longer = Option(K.LENGTHEN_INTERVAL, 700, 10, 70)
    lower = Option(K.LOWER_DOSE, 350, 5, 56)
    kept = keeping_their_word((lower, longer), twice, ASKED)
    assert kept.options == (lower,)
    assert kept.issue is not None
    assert keeping_their_word(
        (lower, longer), replace(twice, ordered_mg=700, ordered_mg_per_kg=10), ASKED
    ) == (keeping_their_word((lower, longer), replace(twice, ordered_mg=None, ordered_mg_per_kg=None), None))


def test_amounts_without_a_common_unit_or_an_interval_are_not_compared():
    per_kg = Option(K.RAISE_DOSE, None, 10, 56)
    bare = Option(K.RAISE_DOSE)
    other = Option(K.MEASURE_LEVEL)
    in_mg = Regimen(IV, 350, None, 56, ordered_mg=350)
    assert keeping_their_word((per_kg, bare, other), in_mg, None).options == (per_kg, bare, other)
    assert weekly_of(350, 5, 0.0) == (None, None)
    assert weekly_of(350, 5, 49) == (50, 5 / 7)


amounts = st.sampled_from([100.0, 175.0, 200.0, 300.0, 350.0, 500.0, 700.0, 1050.0])
intervals = st.sampled_from([28.0, 42.0, 56.0, 70.0, 84.0])


def charted(mg: float, days_ago: int, number: int) -> object:
    return infusion(days_ago, mg=mg, hour=9 + number, reference=f"{days_ago}-{number}")


def labs(trough: float, *, active: bool) -> tuple[object, ...]:
    return (
        level(trough, 1),
        ati("negative", days_ago=1),
        marker(Marker.CRP, 30.0 if active else 1.0, 1),
        marker(Marker.CALPROTECTIN, 900.0 if active else 40.0, 9),
    )


HALF = (
    adult(),
    crohns(),
    *(charted(175, 56 * step, 0) for step in range(1, 7)),
    order(500, mg=350, mg_per_kg=None),
    weight(70, 20),
    *labs(1.8, active=True),
)
TWICE = (
    adult(),
    crohns(),
    *(charted(700, 56 * step, 0) for step in range(1, 7)),
    order(500, mg=350, mg_per_kg=None),
    weight(70, 20),
    *labs(20.0, active=False),
)


@st.composite
def charts(draw: st.DrawFn) -> tuple[object, ...]:
    """A course in maintenance, charted in one record or several, as ordered, in part, twice, or otherwise."""
    mg, days = draw(amounts), draw(intervals)
    parts = draw(
        st.sampled_from([[mg], [mg / 2], [mg / 3], [mg * 2], [mg / 2] * 2, [mg] * 2, [mg / 4] * 3])
        | st.lists(amounts, min_size=1, max_size=3)
    )
    given = tuple(
        charted(part, int(days) * step, number) for step in range(1, 7) for number, part in enumerate(parts)
    )
    like = st.just((mg, days)) | st.tuples(amounts, intervals)
    on_record = [
        order(500, mg=one, mg_per_kg=None, interval=every) for one, every in draw(st.lists(like, max_size=1))
    ]
    asked = [draft(mg=one, mg_per_kg=None, interval=every) for one, every in draw(st.lists(like, max_size=1))]
    weighed = [weight(kilograms, 20) for kilograms in draw(st.lists(st.sampled_from([70, 35]), max_size=1))]
    found = labs(draw(st.sampled_from([0.2, 1.8, 1.8, 4.0, 12.0, 20.0])), active=draw(st.booleans()))
    return (draw(st.sampled_from([adult(), child()])), crohns(), *given, *on_record, *asked, *weighed, *found)


def ordered(decision: Decision) -> Regimen | None:
    """The order on record as a regimen; None without one."""
    assert decision.assessment is not None
    found = decision.assessment.regimen
    if found.ordered_mg is None:
        return None
    days = found.ordered_interval_days or found.interval_days
    return replace(found, dose_mg=found.ordered_mg, interval_days=days)


def per_week(one: Option | Regimen) -> float | None:
    return one.dose_mg / one.interval_days if one.dose_mg and one.interval_days else None


@settings(deadline=None)
@given(charts())
@example(HALF)
@example((*HALF, draft(mg=350, mg_per_kg=None)))
@example(TWICE)
@example((*TWICE, draft(mg=350, mg_per_kg=None)))
def test_no_option_is_the_opposite_of_what_it_says(parts):
    decision = decide(course(*parts), now=NOW, knowledge=KNOWLEDGE)
    assessment = decision.assessment
    assert assessment is not None
    standing = [per_week(one) for one in (assessment.regimen, ordered(decision)) if one is not None]
    in_force = [amount for amount in standing if amount is not None]
    asked = None if assessment.draft_regimen is None else per_week(assessment.draft_regimen)
    for option in decision.options:
        amount = per_week(option)
        if amount is None or not in_force:
            continue
        if option.kind in MORE_DRUG:
            floor = max(in_force) if asked is None else min(max(in_force), asked)
            assert amount >= floor * 0.979, option
        if option.kind in LESS_DRUG:
            ceiling = min(in_force) if asked is None else max(min(in_force), asked)
            assert amount <= ceiling * 1.021, option
    codes = [issue.code for issue in decision.issues]
    if IssueCode.DOSES_BESIDE_ORDER in codes:
        assert not any(option.recommended and option.kind in MORE_DRUG for option in decision.options)
    if decision.verdict is Verdict.INTENSIFY and assessment.regimen.dose_doubtful:
        assert not any(option.recommended and option.kind in MORE_DRUG for option in decision.options)


@pytest.mark.parametrize("kind", sorted(MORE_DRUG | LESS_DRUG))
def test_an_option_is_of_more_drug_or_of_less(kind):
    assert (kind in MORE_DRUG) is not (kind in LESS_DRUG)
