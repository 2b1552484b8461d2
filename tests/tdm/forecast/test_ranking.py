"""The recommended option: the least drug that is about as good as the best, or none."""

from dataclasses import replace
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdm.decision import OptionKind as K
from tdm.forecast.ranking import Condition, at_even_odds, deciding_conditions, rank, weekly_mg
from tdm.forecast.result import NoChoice
from tests.tdm.forecast.cases import knowledge, option, trough

POLICY = knowledge().policy
UNRATED = option(K.CONFIRM_INFLAMMATION, None, None)


def rung(chance, exceeds=0.1, *, mg=350, days=56, **more):
    return option(mg=mg, days=days, predicted=trough(chance, exceeds), **more)


def recommended(ranking):
    return [(one.dose_mg, one.interval_days) for one in ranking.options if one.recommended]


def test_the_best_is_recommended_where_the_others_are_far_behind():
    ranking = rank([rung(0.3, recommended=True), rung(0.9, mg=700, days=42)], POLICY)
    assert recommended(ranking) == [(700, 42)]
    assert [one.dose_mg for one in ranking.options] == [700, 350]
    assert ranking.no_choice is None


def test_within_ten_points_of_the_best_the_least_drug_is_recommended():
    ranking = rank(
        [rung(0.9, mg=700, days=42), rung(0.8, mg=350, days=28), rung(0.79, mg=350, days=42)], POLICY
    )
    assert recommended(ranking) == [(350, 28)]
    assert [one.interval_days for one in ranking.options] == [28, 42, 42]
    assert [(one.dose_mg, one.recommended) for one in ranking.about_as_good] == [(350, True), (700, False)]


def test_behind_the_recommended_option_the_likelier_ones_come_first():
    options = [rung(0.2, mg=350, days=70), rung(0.4, mg=350, days=56), rung(0.9, mg=350, days=28)]
    ranking = rank(options, POLICY)
    assert [one.interval_days for one in ranking.options] == [28, 56, 70]


def test_of_equal_drug_per_week_the_fewer_visits_are_recommended():
    ranking = rank([rung(0.8, mg=350, days=28), rung(0.78, mg=700, days=56)], POLICY)
    assert recommended(ranking) == [(700, 56)]


def test_the_cut_is_the_sites():
    options = [rung(0.9, mg=700, days=42), rung(0.75, mg=350, days=42)]
    assert recommended(rank(options, POLICY)) == [(700, 42)]
    assert recommended(rank(options, knowledge(forecast_within_points=15).policy)) == [(350, 42)]


def test_what_is_likely_to_pass_the_ceiling_is_not_recommended():
    options = [rung(0.9, 0.71, days=28), rung(0.6, 0.7, days=42)]
    assert recommended(rank(options, POLICY)) == [(350, 42)]
    strict = rank(options, knowledge(forecast_ceiling_chance_limit=0.5).policy)
    assert (recommended(strict), strict.no_choice) == ([], NoChoice.ABOVE_CEILING)


def test_what_is_set_aside_for_passing_the_ceiling_is_no_reason_for_more_drug():
    often, strong = rung(0.8, 0.75, mg=350, days=28), rung(0.62, 0.4, mg=700, days=42)
    ranking = rank([often, strong, rung(0.2, mg=350, days=42)], POLICY)
    assert (recommended(ranking), ranking.no_choice) == ([], NoChoice.MORE_DRUG)
    assert recommended(rank([rung(0.8, 0.7, mg=350, days=28), strong], POLICY)) == [(350, 28)]
    even = rung(0.5, 0.4, mg=700, days=42)
    assert rank([often, even], POLICY).no_choice is NoChoice.MORE_DRUG


def test_as_much_drug_as_what_was_set_aside_may_be_recommended():
    options = [rung(0.8, 0.75, mg=350, days=28), rung(0.6, 0.4, mg=700, days=56)]
    assert recommended(rank(options, POLICY)) == [(700, 56)]


def test_rounding_of_doses_makes_no_difference_of_drug():
    options = [rung(0.8, 0.75, mg=221, days=28), rung(0.6, 0.4, mg=443, days=56)]  # 5 and 10 mg/kg of 44.3 kg
    assert recommended(rank(options, POLICY)) == [(443, 56)]


def lifted(chance, exceeds, usual, **more):
    """A rung whose limit a goal of the site lifted: the chance of passing that, and the usual one."""
    one = rung(chance, exceeds, **more)
    by_model = tuple(replace(model, exceeds_usual=usual) for model in one.predicted.by_model)
    return replace(one, predicted=replace(one.predicted, by_model=by_model, usually_above_ug_ml=7.0))


def test_a_goal_re_admits_nothing_that_is_refused_without_it():
    often, seldom = lifted(0.7, 0.3, 0.71, mg=350, days=28), lifted(0.2, 0.1, 0.3, mg=350, days=42)
    ranking = rank([often, seldom], POLICY)
    assert (recommended(ranking), ranking.no_choice) == ([], NoChoice.GOAL)
    assert recommended(rank([lifted(0.7, 0.3, 0.7, mg=350, days=28), seldom], POLICY)) == [(350, 28)]


def test_what_only_a_goal_would_admit_is_no_reason_for_more_drug_either():
    often, strong = lifted(0.7, 0.3, 0.9, mg=350, days=28), lifted(0.6, 0.3, 0.6, mg=700, days=42)
    assert rank([often, strong], POLICY).no_choice is NoChoice.GOAL


def test_a_goal_that_nothing_reaches_is_not_what_stands_in_the_way():
    assert rank([lifted(0.4, 0.3, 0.9), lifted(0.3, 0.3, 0.3)], POLICY).no_choice is NoChoice.BETWEEN
    assert rank([lifted(0.4, 0.8, 0.9)], POLICY).no_choice is NoChoice.ABOVE_CEILING
    assert rank([lifted(0.9, 0.8, 0.9)], POLICY).no_choice is NoChoice.ABOVE_CEILING


def test_less_drug_is_at_even_odds_within_the_sites_cut_of_a_half():
    def longer(chance, kind=K.LENGTHEN_INTERVAL):
        return option(kind, predicted=trough(chance, None))

    assert at_even_odds(longer(0.59), POLICY)
    assert at_even_odds(longer(0.2, K.LOWER_DOSE), POLICY)
    assert not at_even_odds(longer(0.6), POLICY)
    assert not at_even_odds(longer(0.59), knowledge(forecast_within_points=5).policy)
    assert not at_even_odds(longer(0.2, K.RAISE_DOSE), POLICY)
    assert not at_even_odds(longer(None), POLICY)
    assert not at_even_odds(option(K.LOWER_DOSE), POLICY)


def test_drug_per_week_is_in_milligrams():
    assert weekly_mg(option(mg=400, days=56)) == 50
    assert weekly_mg(option(mg=400, days=None)) == weekly_mg(option(mg=None, days=56)) == 0


def test_two_per_cent_more_is_still_as_much_drug():
    options = [rung(0.8, 0.75, mg=100), rung(0.6, 0.4, mg=102)]
    assert recommended(rank(options, POLICY)) == [(102, 56)]
    assert recommended(rank([options[0], rung(0.6, 0.4, mg=103)], POLICY)) == []


def test_where_the_forecast_chooses_none_what_it_cannot_judge_keeps_its_mark():
    ranking = rank([rung(0.3), replace(UNRATED, recommended=True)], POLICY)
    assert ranking.no_choice is NoChoice.NO_EVEN_CHANCE
    assert [one.recommended for one in ranking.options] == [False, True]


def test_an_option_without_a_ceiling_passes_none():
    assert recommended(rank([rung(0.9, None)], POLICY)) == [(350, 56)]


def test_none_is_recommended_where_none_has_an_even_chance():
    ranking = rank([rung(0.3, recommended=True), rung(0.49, mg=700), UNRATED], POLICY)
    assert [one.dose_mg for one in ranking.options] == [350, 700, None]
    assert (recommended(ranking), ranking.no_choice, ranking.about_as_good) == (
        [],
        NoChoice.NO_EVEN_CHANCE,
        (),
    )


def test_an_even_chance_is_enough_and_what_lies_within_the_cut_but_below_it_is_not():
    assert recommended(rank([rung(0.5)], POLICY)) == [(350, 56)]
    assert recommended(rank([rung(0.55, mg=700), rung(0.49, mg=350)], POLICY)) == [(700, 56)]
    assert recommended(rank([rung(0.79)], knowledge(forecast_least_chance=0.8).policy)) == []
    assert recommended(rank([rung(0.8)], knowledge(forecast_least_chance=0.8).policy)) == [(350, 56)]


def test_none_is_recommended_between_too_little_and_too_much():
    ranking = rank([rung(0.9, 0.9, days=28), rung(0.4, 0.1, days=42)], POLICY)
    assert (recommended(ranking), ranking.no_choice) == ([], NoChoice.BETWEEN)


def test_provisional_and_unrated_options_keep_their_places_and_are_never_recommended():
    options = [
        UNRATED,
        rung(0.5, mg=350),
        rung(0.99, mg=100, provisional=True),
        rung(0.9, mg=700),
        option(predicted=trough(None, None, at_least=None)),
    ]
    ranking = rank(options, POLICY)
    assert [one.dose_mg for one in ranking.options] == [None, 700, 100, 350, 350]
    assert recommended(ranking) == [(700, 56)]


def test_an_option_without_an_interval_needs_no_visits_to_be_ranked():
    assert recommended(rank([rung(0.9, days=None, mg=700), rung(0.85, days=56)], POLICY)) == [(700, None)]


CHANCES = st.floats(0, 1)


def plain(options):
    return sorted(
        (one.dose_mg, one.interval_days, one.predicted.reaches, one.predicted.exceeds, one.provisional)
        for one in options
    )


@given(
    st.lists(
        st.builds(
            rung,
            CHANCES,
            CHANCES,
            mg=st.sampled_from([350, 500, 700]),
            days=st.sampled_from([28, 42, 56]),
            provisional=st.booleans(),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_whatever_the_chances_the_options_stay_the_same_and_at_most_one_is_recommended(options):
    ranking = rank(options, POLICY)
    assert plain(ranking.options) == plain(options)
    chosen = [one for one in ranking.options if one.recommended]
    assert len(chosen) == (ranking.no_choice is None and any(not one.provisional for one in options))
    for one in chosen:
        assert not one.provisional
        assert one.predicted.reaches >= POLICY.forecast_least_chance
        assert one.predicted.exceeds <= POLICY.forecast_ceiling_chance_limit
        aside = [
            weekly_mg(other)
            for other in options
            if not other.provisional and other.predicted.exceeds > POLICY.forecast_ceiling_chance_limit
        ]
        assert weekly_mg(one) <= min(aside, default=inf) * 1.02
        for other in options:
            if other.provisional or other.predicted.exceeds > POLICY.forecast_ceiling_chance_limit:
                continue
            if weekly_mg(other) <= weekly_mg(one):
                assert one.predicted.reaches >= other.predicted.reaches - 0.1 - 1e-12


def by_hand(options, conditions):
    """What the conditions leave of the options, worked out from their definitions; chosen of it the least."""
    passing = [one for one in options if one.predicted.exceeds > POLICY.forecast_ceiling_chance_limit]
    left = [one for one in options if not (Condition.CEILING in conditions and one in passing)]
    if Condition.NO_MORE_DRUG in conditions and passing:
        left = [one for one in left if weekly_mg(one) <= 1.02 * min(map(weekly_mg, passing))]
    if Condition.LEAST_CHANCE in conditions:
        left = [one for one in left if one.predicted.reaches >= POLICY.forecast_least_chance]
    best = max(one.predicted.reaches for one in left)
    near = [one for one in left if one.predicted.reaches >= best - POLICY.forecast_within_points / 100]
    return min(near, key=lambda one: (weekly_mg(one), -one.interval_days))


CHOICES = st.lists(
    st.builds(
        rung, CHANCES, CHANCES, mg=st.sampled_from([350, 500, 700]), days=st.sampled_from([28, 42, 56])
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda one: (one.dose_mg, one.interval_days),
)


@given(CHOICES)
def test_the_conditions_that_are_named_lead_to_the_recommended_option(options):
    ranking = rank(options, POLICY)
    if ranking.no_choice is None:
        chosen = by_hand(ranking.options, deciding_conditions(ranking.options, POLICY))
        assert chosen.recommended


def test_no_condition_is_named_that_changes_nothing():
    aside, strong = rung(0.99, 0.9, mg=400, days=28), rung(0.9, 0.3, mg=700, days=42)
    ceiling = {Condition.CEILING}
    for options, conditions in [
        ([rung(0.9), rung(0.3)], set()),
        ([rung(0.95, 0.2, mg=350, days=28), aside], set()),
        ([rung(0.7, 0.2, mg=350, days=28), aside], ceiling),
        ([rung(0.49, mg=350), rung(0.55, mg=700)], {Condition.LEAST_CHANCE}),
        ([rung(0.6, mg=350, days=42), aside, strong], ceiling | {Condition.NO_MORE_DRUG}),
        (
            [rung(0.49, mg=350, days=42), rung(0.55, mg=350, days=28), aside],
            ceiling | {Condition.LEAST_CHANCE},
        ),
        (
            [rung(0.49, mg=350, days=42), rung(0.55, mg=350, days=28), aside, strong],
            set(Condition),
        ),
    ]:
        ranking = rank(options, POLICY)
        assert ranking.no_choice is None
        assert deciding_conditions(ranking.options, POLICY) == conditions


@pytest.mark.parametrize("turn", range(3))
def test_the_order_of_the_options_does_not_choose(turn):
    options = [rung(0.9, mg=700, days=42), rung(0.85, mg=350, days=28), rung(0.2, mg=350, days=42)]
    assert recommended(rank(options[turn:] + options[:turn], POLICY)) == [(350, 28)]
