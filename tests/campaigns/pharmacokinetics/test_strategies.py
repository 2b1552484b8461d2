"""The four strategies, and the year that is counted: each rule by hand."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from tdm.forecast.result import ModelTrough, TroughForecast
from tdm.knowledge.loader import load_knowledge
from tdm.pharmacokinetics.prediction import Plan
from tests.campaigns.pharmacokinetics import decision_value
from tests.campaigns.pharmacokinetics.courses import Dose, Level, Person
from tests.campaigns.pharmacokinetics.decision_value import TARGETS, Group, luck, manage
from tests.campaigns.pharmacokinetics.forecaster import bracket, deciding, ranked, recommend
from tests.campaigns.pharmacokinetics.published import COMBINED, MODELS
from tests.campaigns.pharmacokinetics.strategies import (
    STANDARD,
    Choice,
    Regimen,
    Visit,
    by_forecast,
    options,
    proportional,
    standard,
    stepwise,
)

PERSON = Person(50.0, 4.0, ati_positive=False, immunomodulator=False, male=True)


def visit(value: float, regimen: Regimen = STANDARD, *, child: bool = True, below: bool = False) -> Visit:
    level = Level(98.0, value, below)
    return Visit(child, PERSON, (), (level,), regimen, TARGETS[child], 98.0)


@pytest.mark.parametrize(
    ("child", "ladder"),
    [
        (True, [(5, 56), (5, 42), (5, 28), (10, 28), (10, 28)]),
        (False, [(5, 56), (10, 56), (10, 42), (10, 28), (10, 28)]),
    ],
)
def test_stepwise_climbs_the_ladder_rung_by_rung_and_comes_down_the_same_way(child, ladder):
    rungs = [Regimen(*rung) for rung in ladder]
    for rung, higher in pairwise(rungs):
        assert stepwise(visit(1.0, rung, child=child)).regimen == higher
        assert stepwise(visit(7.0, rung, child=child)).regimen == rung
    for rung, lower in zip(rungs[3:0:-1], rungs[2::-1], strict=True):
        assert stepwise(visit(12.0, rung, child=child)).regimen == lower
    assert stepwise(visit(12.0, child=child)).regimen == STANDARD


@pytest.mark.parametrize(
    ("value", "child", "moves"),
    [
        (5.9, True, True),
        (6.0, True, False),
        (4.9, False, True),
        (5.0, False, False),
        (9.0, True, False),
        (9.1, True, True),
    ],
)
def test_a_level_asks_for_a_change_below_act_below_and_above_the_ceiling_only(value, child, moves):
    regimen = Regimen(10.0, 42.0)
    assert (stepwise(visit(value, regimen, child=child)).regimen != regimen) is moves
    assert (proportional(visit(value, regimen, child=child)).regimen != regimen) is moves


def test_standard_never_moves():
    assert standard(visit(0.5, below=True)).regimen == STANDARD


@pytest.mark.parametrize(
    ("value", "regimen", "expected"),
    [
        (5.0, STANDARD, (7.5, 56.0)),  # 5 * 7.5 / 5
        (3.0, STANDARD, (10.0, 42.0)),  # 12.5 is past the cap
        (0.5, Regimen(10.0, 28.0), (10.0, 28.0)),  # at both caps
        (15.0, Regimen(10.0, 42.0), (5.0, 42.0)),
        (15.0, Regimen(5.0, 42.0), (5.0, 56.0)),  # 2.5 is less than the standard
        (15.0, STANDARD, (5.0, 56.0)),
    ],
)
def test_proportional_dosing_scales_the_dose_within_the_caps(value, regimen, expected):
    assert proportional(visit(value, regimen)).regimen == Regimen(*expected)


def test_the_options_are_those_of_the_protocol():
    assert options(STANDARD, 1) == ((5, 42), (5, 28), (10, 56), (10, 42))
    assert options(Regimen(5.0, 42.0), 1) == ((5, 28), (10, 42), (10, 28))
    assert options(Regimen(10.0, 42.0), 1) == ((10, 28),)
    assert options(Regimen(10.0, 28.0), 1) == ()
    assert options(Regimen(10.0, 42.0), -1) == ((5, 42), (10, 56))
    assert options(STANDARD, -1) == ()
    assert options(STANDARD, 0) == ()


OFFERED = options(STANDARD, 1)
Chances = tuple[float, float]  # of reaching the aim, of passing the ceiling


def expected_choice(offered: tuple[Regimen, ...], chances: list[Chances]) -> Regimen | None:
    """The rule, written down apart from the service's; only the site's three limits are taken from there."""
    policy = load_knowledge().policy
    near, least = policy.forecast_within_points / 100, policy.forecast_least_chance
    passing = [
        option.mg_per_kg / option.interval_days
        for option, (_, passes) in zip(offered, chances, strict=True)
        if passes > policy.forecast_ceiling_chance_limit
    ]
    allowed = [
        (option, reaches)
        for option, (reaches, passes) in zip(offered, chances, strict=True)
        if passes <= policy.forecast_ceiling_chance_limit
        and option.mg_per_kg / option.interval_days <= min(passing, default=1.0)
    ]
    best = max((reaches for _, reaches in allowed), default=0.0)
    good = [option for option, reaches in allowed if reaches >= max(best - near, least)]
    by_change = [(option.mg_per_kg / option.interval_days, -option.interval_days, option) for option in good]
    return min(by_change)[2] if by_change else None


def shipped_choice(offered: tuple[Regimen, ...], chances: list[Chances]) -> Regimen | None:
    plans = [Plan(98.0, one.mg_per_kg * 50, one.interval_days, False, 2 / 24) for one in offered]
    troughs = [TroughForecast((ModelTrough("any", 1.0, 0.5, 2.0, *chance),), 6.0, 9.0) for chance in chances]
    return ranked(offered, plans, troughs, load_knowledge().policy)


@pytest.mark.parametrize(
    ("reaches", "passes", "expected"),
    [
        ((0.55, 0.90, 0.80, 0.95), (0, 0, 0, 0), (5, 28)),  # within ten points of the best: least drug, ...
        ((0.55, 0.80, 0.86, 0.95), (0, 0, 0, 0), (10, 56)),
        ((0.55, 0.90, 0.90, 0.95), (0, 0, 0, 0), (10, 56)),  # ... then the fewest visits
        ((0.86, 0.90, 0.80, 0.95), (0, 0, 0, 0), (5, 42)),
        ((0.55, 0.90, 0.80, 0.95), (0, 0.91, 0.91, 0.95), (5, 42)),  # the others pass the ceiling too likely
        ((0.55, 0.90, 0.80, 0.95), (0.9, 0.9, 0.9, 0.9), None),
        ((0.30, 0.80, 0.40, 0.70), (0, 0.9, 0, 0), None),  # more drug than what was set aside is no way out
        ((0.30, 0.80, 0.60, 0.70), (0, 0.9, 0, 0), (10, 56)),  # as much drug is
        ((0.1, 0.2, 0.3, 0.49), (0, 0, 0, 0), None),
        ((0.1, 0.2, 0.45, 0.52), (0, 0, 0, 0), (10, 42)),  # near the best, but below an even chance
    ],
)
def test_the_ranking_takes_the_smallest_change_near_the_best(reaches, passes, expected):
    chances = list(zip(reaches, passes, strict=True))
    assert expected_choice(OFFERED, chances) == expected
    assert shipped_choice(OFFERED, chances) == expected


def test_the_ranking_of_the_service_is_the_one_written_down_here():
    random = np.random.default_rng(8)
    chosen = set()
    for _ in range(500):
        chances = [(float(one), float(two)) for one, two in random.random((len(OFFERED), 2))]
        choice = expected_choice(OFFERED, chances)
        assert shipped_choice(OFFERED, chances) == choice
        chosen.add(choice)
    assert chosen == {*OFFERED, None}


@pytest.mark.parametrize(("child", "row"), [(True, "child-maintenance"), (False, "adult-maintenance-active")])
def test_the_targets_are_those_of_the_knowledge(child, row):
    known = load_knowledge().targets[row]
    assert TARGETS[child] == (known.act_below_ug_ml, known.aim_ug_ml, known.ceiling_ug_ml)


def test_the_models_that_decide_are_those_of_the_scenario_same():
    for child in (True, False):
        truths = {group.truth for group in decision_value.SCENARIOS["same"] if group.child == child}
        assert {model.id for model in deciding(child=child)} == truths


def test_the_forecast_follows_the_ladder_where_it_recommends_nothing():
    unsure = by_forecast(lambda *_: None)
    assert unsure(visit(1.0)) == Choice(Regimen(5.0, 42.0), unsure=True)
    assert unsure(visit(12.0, Regimen(10.0, 28.0))) == Choice(Regimen(5.0, 28.0), unsure=True)
    assert unsure(visit(1.0, Regimen(10.0, 28.0))) == Choice(Regimen(10.0, 28.0))
    sure = by_forecast(lambda _, offered: offered[-1])
    assert sure(visit(1.0)) == Choice(Regimen(10.0, 42.0))
    assert sure(visit(7.0)) == Choice(STANDARD)


DOSES = tuple(Dose(day, 250.0, subcutaneous=False) for day in (0.0, 14.0, 42.0, 98.0, 154.0))


def seen(*levels: tuple[float, float]) -> Visit:
    at = levels[-1][0]
    return Visit(
        True,
        PERSON,
        tuple(dose for dose in DOSES if dose.at_days < at),
        tuple(Level(day, value, below=False) for day, value in levels),
        STANDARD,
        TARGETS[True],
        at,
    )


def test_the_forecast_asks_the_service_with_the_history_as_it_is():
    now = seen((98.0, 3.0))
    assert recommend(now, (Regimen(5.0, 56.0), Regimen(10.0, 42.0))) == Regimen(10.0, 42.0)
    assert recommend(now, (Regimen(5.0, 56.0),)) is None


def test_as_in_the_service_a_level_that_no_model_expects_gives_no_recommendation():
    assert bracket(seen((98.0, 90.0))) == []
    assert recommend(seen((98.0, 90.0)), OFFERED) is None


def test_as_in_the_service_a_level_that_contradicts_older_ones_is_used_alone():
    both, alone = bracket(seen((98.0, 9.0), (210.0, 1.0))), bracket(seen((210.0, 1.0)))
    assert [one.estimate for one in both] == [one.estimate for one in alone]
    steady = bracket(seen((98.0, 3.0), (210.0, 3.0)))
    assert all(len(one.history.samples) == 2 for one in steady)


def test_a_standard_year_is_six_and_a_half_infusions_and_counts_every_day_once():
    group = Group(COMBINED, child=False, share=1.0)
    chance = luck(MODELS[COMBINED], child=False, count=50, random=np.random.default_rng(2))
    year = manage(group, chance, standard)
    assert year.infusions == pytest.approx(6.5)
    assert year.mg_per_kg == pytest.approx(32.5, rel=0.01)
    between = 1 - year.in_range - year.below - year.above
    assert np.all(between > -1e-9)
    assert np.all((year.in_range + year.below + year.above) <= 1 + 1e-9)
    assert np.all(year.unsure == 0)
    assert year.asked.sum() > 100


def test_every_strategy_sees_levels_in_week_14_and_before_every_second_infusion():
    seen: list[tuple[float, ...]] = []

    def watch(now: Visit) -> Choice:
        seen.append(tuple(level.at_days for level in now.levels))
        assert now.doses[-1].at_days < now.at_days
        return Choice(STANDARD)

    chance = luck(MODELS[COMBINED], child=False, count=1, random=np.random.default_rng(2))
    manage(Group(COMBINED, child=False, share=1.0), chance, watch)
    assert seen[-1] == (98.0, 210.0, 322.0, 434.0)
    assert [len(levels) for levels in seen] == [1, 2, 3, 4]


def test_more_drug_gives_less_time_below_and_more_above():
    strategies = {"standard": standard, "forecast": lambda _: Choice(Regimen(10.0, 28.0))}
    figures = decision_value.summary(decision_value.run("same", 80, 3, strategies))
    for group in figures.values():
        assert group["forecast"]["below_percent"] < 30 < group["standard"]["below_percent"]
        assert group["forecast"]["above_percent"] > 50 > group["standard"]["above_percent"]
        assert group["forecast"]["forecast_gain_points"] == 0
