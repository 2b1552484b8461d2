"""What the forecast adds to a decision, and all that it leaves alone."""

from dataclasses import replace

import pytest

from tdm.decide import decide
from tdm.decision import LESS_DRUG, Option, Regimen, Verdict
from tdm.decision import OptionKind as K
from tdm.facts import AtiWord, Comparator, MedicationConcept, Route, SafetyConcept, SafetyState
from tdm.forecast import deciding as module
from tdm.forecast.compose import NoFit
from tdm.forecast.deciding import apart, names_regimen, too_strong
from tdm.forecast.result import Absence, Forecast, ModelTrough, NoChoice, Remark, TroughForecast
from tdm.issues import IssueCode
from tdm.knowledge.model import TreatmentGoal
from tests.support.course_builder import (
    NOW,
    SC,
    adult,
    ati,
    course,
    crohns,
    draft,
    infusion,
    infusions,
    level,
    maintenance,
    medication,
    order,
    safety,
    weight,
)
from tests.tdm.forecast.cases import (
    active,
    albumin,
    assessed,
    decided,
    knowledge,
    option,
    person,
    quiet,
    relapse,
    trough,
)


def recommended(decision):
    return [one for one in decision.options if one.recommended]


def stripped(options):
    return sorted(
        (one.kind.value, one.dose_mg, one.interval_days, one.provisional, one.off_label) for one in options
    )


def test_every_regimen_of_the_ladder_has_its_trough():
    decision = decided(relapse())
    assert decision.forecast.absent is None
    assert decision.forecast.individual
    assert all(one.predicted is not None for one in decision.options)
    assert decision.forecast.in_force.medians_ug_ml[0] < 3


def test_the_recommendation_moves_to_what_is_likely_to_be_enough():
    of = relapse(value=1.2)
    without, with_forecast = decided(of, forecast_enabled=False), decided(of)
    assert recommended(without)[0].kind is K.RAISE_DOSE
    (chosen,) = recommended(with_forecast)
    assert with_forecast.forecast.ranked
    assert chosen.predicted.reaches >= 0.5
    assert with_forecast.options[0] is chosen
    assert stripped(without.options) == stripped(with_forecast.options)


def test_a_site_that_switched_it_off_gets_the_card_of_the_rules():
    decision = decided(relapse(), forecast_enabled=False)
    assert decision.forecast is None
    assert all(one.predicted is None for one in decision.options)


def test_nothing_is_forecast_where_nothing_would_be_added(monkeypatch):
    monkeypatch.setattr(module, "fit", None)
    decision = decided(person(order(500), maintenance(), level(5.0), ati("negative"), quiet()))
    assert (decision.verdict, decision.forecast) == (Verdict.CONTINUE, None)


def test_a_failure_leaves_the_decision_standing_and_says_where(monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError("41.7 kg")

    monkeypatch.setattr(module, "fit", broken)
    decision, without = decided(relapse()), decided(relapse(), forecast_enabled=False)
    assert decision.forecast.absent is Absence.INTERNAL
    assert decision.forecast.failed_at.startswith("ZeroDivisionError at test_deciding.py:")
    assert "41.7" not in decision.forecast.failed_at
    assert decision.options == without.options
    assert module.where(ValueError("never raised")) == "ValueError"


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ((safety(SafetyConcept.PREGNANCY),), Absence.PREGNANCY),
        ((draft(mg=5, mg_per_kg=None),), Absence.DOSE_IN_DOUBT),
    ],
)
def test_what_the_gates_know_may_speak_against_a_forecast(parts, reason):
    decision = decided(relapse(*parts))
    assert decision.forecast.absent is reason
    assert all(one.predicted is None for one in decision.options)
    assert recommended(decision)[0].kind is K.RAISE_DOSE


def test_an_unexpected_level_is_a_doubt_and_leaves_no_number():
    well = person(order(500), maintenance(), level(90.0), ati("negative"), albumin(4.3), quiet())
    decision = decided(well)
    assert decision.rule == "R-OK-2"
    assert decision.forecast.absent is Absence.LEVEL_UNEXPECTED
    assert IssueCode.LEVEL_UNEXPECTED in [one.code for one in decision.issues]
    assert IssueCode.LEVEL_UNEXPECTED not in [one.code for one in decided(relapse()).issues]


def test_less_drug_is_not_proposed_on_an_unexpected_level():
    def lowering(decision):
        return [one.kind for one in decision.options if one.kind in LESS_DRUG]

    strong = order(500, mg=700, mg_per_kg=10), maintenance(mg=700)
    well = person(*strong, level(150.0), ati("negative"), albumin(4.3), quiet())
    decision, without = decided(well), decided(well, forecast_enabled=False)
    assert (decision.verdict, decision.rule, decision.certainty) == (
        without.verdict,
        without.rule,
        without.certainty,
    )
    assert decision.forecast.absent is Absence.LEVEL_UNEXPECTED
    assert lowering(without) == [K.LOWER_DOSE, K.LENGTHEN_INTERVAL]
    assert (lowering(decision), decision.forecast.less_withheld) == ([], True)


def test_a_goal_of_the_site_recommends_no_step_that_is_refused_without_it():
    of = person(order(500), maintenance(), level(2.0), ati("negative"), albumin(4.1), quiet())
    usual, goal = decided(of), decided(of, treatment_goal=TreatmentGoal.HISTOLOGIC)
    assert [one.interval_days for one in recommended(usual)] == [42]
    assert (recommended(goal), goal.forecast.no_choice) == ([], NoChoice.GOAL)
    (often,) = [one for one in goal.options if one.interval_days == 28]
    assert often.predicted.reaches > 0.5 > often.predicted.exceeds
    assert often.predicted.exceeds_usual > 0.7


def test_each_of_several_odd_levels_is_named_and_less_drug_is_not_proposed_beside_them():
    old = level(120.0, 56, hour=8), level(110.0, 112, hour=8)
    decision = decided(
        person(order(500), maintenance(), level(11.0), *old, ati("negative"), albumin(4.3), quiet())
    )
    assert decision.rule == "R-OK-2"
    assert (decision.forecast.absent, decision.forecast.less_withheld) == (Absence.LEVELS_UNEXPECTED, True)
    odd = [one for one in decision.issues if one.code is IssueCode.LEVEL_UNEXPECTED]
    assert [dict(one.parameters)["day"] for one in odd] == ["2026-01-12", "2025-11-17"]


def test_more_drug_is_still_offered_on_an_unexpected_level_and_nothing_is_said_to_be_withheld(monkeypatch):
    without = decided(relapse(), forecast_enabled=False)
    nothing = NoFit(Absence.LEVEL_UNEXPECTED, level_days=("2026-03-09",))
    monkeypatch.setattr(module, "fit", lambda *_, **__: nothing)
    decision = decided(relapse())
    assert decision.forecast.absent is Absence.LEVEL_UNEXPECTED
    assert recommended(decision)
    assert (decision.options, decision.forecast.less_withheld) == (without.options, False)
    (doubt,) = [one for one in decision.issues if one.code is IssueCode.LEVEL_UNEXPECTED]
    assert (doubt.subject, dict(doubt.parameters)["day"]) == ("level", "2026-03-09")
    assert all(one.predicted is None for one in decision.options)


def test_what_was_left_out_is_named_with_a_forecast_and_with_an_absence():
    parts = crohns(), order(500), level(1.8), ati("negative"), active()
    unbounded = level(20, 56, hour=8, comparator=Comparator.AT_LEAST)
    found = decided(relapse(unbounded)).forecast
    assert found.left_out == ((Remark.LEVEL_AT_LEAST, (("day", "2026-01-12"),)),)
    absent = decided(course(adult(), weight(190), maintenance(mg=950), *parts)).forecast
    assert absent.absent is Absence.OUT_OF_RANGE
    assert [remark for remark, _ in absent.left_out] == [Remark.MODEL_OUT_OF_RANGE] * 2


def test_an_absence_for_another_reason_is_no_doubt_of_the_level():
    heavy = replace(relapse(), weights=())
    decision = decided(heavy)
    assert decision.forecast.absent is Absence.NO_WEIGHT
    assert IssueCode.LEVEL_UNEXPECTED not in [one.code for one in decision.issues]


def test_where_none_has_an_even_chance_none_is_recommended_and_no_button_follows():
    decision = decided(relapse(albumin(2.9, 3), draft(), value=0.6))
    assert decision.forecast.no_choice is NoChoice.NO_EVEN_CHANCE
    assert recommended(decision) == []
    assert not decision.draft_already_does_it
    assert decision.verdict is Verdict.INTENSIFY
    assert not decision.update_withheld


def test_where_none_is_recommended_an_open_safety_question_of_the_order_is_still_named():
    suspected = safety(SafetyConcept.SERIOUS_INFECTION, SafetyState.UNCLEAR)
    without = decided(relapse(albumin(2.9, 3), suspected, value=0.6))
    ordered = decided(relapse(albumin(2.9, 3), suspected, draft(), value=0.6))
    assert ordered.forecast.no_choice is NoChoice.NO_EVEN_CHANCE
    assert IssueCode.ORDER_SAFETY_OPEN in [one.code for one in ordered.issues]
    assert IssueCode.ORDER_SAFETY_OPEN not in [one.code for one in without.issues]
    settled = decided(relapse(albumin(2.9, 3), draft(), value=0.6))
    assert settled.forecast.no_choice is NoChoice.NO_EVEN_CHANCE
    assert IssueCode.ORDER_SAFETY_OPEN not in [one.code for one in settled.issues]


def test_in_heart_failure_the_smallest_step_stays_the_recommended_one():
    failing = safety(SafetyConcept.HEART_FAILURE)
    decision = decided(relapse(failing, draft()))
    assert [one.kind for one in recommended(decision)] == [K.SHORTEN_INTERVAL_2_WEEKS]
    assert recommended(decision)[0].predicted.reaches < 0.5
    assert not decision.forecast.ranked
    assert all(one.dose_mg_per_kg <= 5 for one in decision.options)


def unforecast(of):
    return decide(of, now=NOW, knowledge=knowledge(), no_forecast=Absence.MANY_ORDERS)


def test_an_order_beside_those_that_are_forecast_recommends_nothing_of_its_own():
    of = relapse(draft(mg_per_kg=10, interval=56))
    alone, beside = decided(of, forecast_enabled=False), unforecast(of)
    assert (beside.verdict, beside.rule, beside.certainty) == (alone.verdict, alone.rule, alone.certainty)
    assert alone.draft_already_does_it
    assert not beside.draft_already_does_it
    assert (recommended(beside), stripped(beside.options)) == ([], stripped(alone.options))
    assert beside.forecast.absent is Absence.MANY_ORDERS
    assert (beside.forecast.no_choice, beside.forecast.less_withheld) == (NoChoice.NOT_FORECAST, False)


def test_where_no_forecast_would_have_chosen_the_rules_own_step_stays():
    failing = relapse(safety(SafetyConcept.HEART_FAILURE))
    starting = person(order(48), infusions(42, 28), level(2.0, 0), ati("negative"), albumin(4.0), active())
    for of in (failing, starting):
        beside = unforecast(of)
        assert beside.options == decided(of, forecast_enabled=False).options
        assert (beside.forecast.absent, beside.forecast.no_choice) == (Absence.MANY_ORDERS, None)
        assert recommended(beside)


def test_less_drug_is_not_proposed_where_nobody_asked_whether_the_level_is_expected():
    of = person(order(500), maintenance(), level(11.0), ati("negative"), albumin(4.3), quiet())
    beside = unforecast(of)
    assert beside.rule == "R-OK-2"
    assert beside.options == ()
    assert (beside.forecast.no_choice, beside.forecast.less_withheld) == (None, True)


def test_of_injections_the_specialist_chooses():
    decision = decided(
        person(
            order(200, mg=120, mg_per_kg=None, interval=14, route=SC),
            tuple(infusion(days, mg=120, route=SC) for days in range(14, 200, 14)),
            level(9.0, 1),
            ati("negative", days_ago=1),
            albumin(4.1),
            active(),
        )
    )
    assert decision.rule == "R-SC-1"
    assert recommended(decision) == []
    (doubled,) = [one for one in decision.options if one.kind is K.SUBCUTANEOUS_DOUBLE_DOSE]
    assert [one.model for one in doubled.predicted.by_model] == ["hanzel-2021"]
    assert doubled.predicted.at_least_ug_ml == 17.5
    assert not decision.forecast.ranked


def test_in_induction_the_clinician_chooses_and_sees_the_trough_after_the_next_dose():
    decision = decided(
        person(order(48), infusions(42, 28), level(2.0, 0), ati("negative"), albumin(4.0), active())
    )
    assert decision.rule == "R-IND-1"
    assert [one.kind for one in recommended(decision)] == [K.BRING_NEXT_DOSE_FORWARD]
    assert (decision.forecast.ranked, decision.forecast.no_choice) == (False, None)
    (raised,) = [one for one in decision.options if one.kind is K.RAISE_DOSE]
    assert not raised.predicted.settled
    assert raised.predicted.at_least_ug_ml == 7.8


def test_provisional_options_have_numbers_and_are_never_recommended():
    decision = decided(person(order(500), maintenance(), level(1.8), albumin(4.1), active()))
    assert decision.rule == "R-ATI-1"
    escalating = [one for one in decision.options if one.predicted is not None]
    assert len(escalating) == 4
    assert not any(one.recommended for one in escalating)
    assert [one.kind for one in recommended(decision)] == [K.MEASURE_ATI]
    assert (decision.forecast.ranked, decision.forecast.no_choice) == (False, None)


def test_reinduction_stays_recommended_beside_numbers():
    decision = decided(
        person(order(105), infusions(98, 84, 56), level(None, 0), ati("negative"), albumin(3.6), active())
    )
    assert decision.rule == "R-IND-3"
    assert [one.kind for one in recommended(decision)] == [K.REINDUCTION]
    assert (decision.forecast.ranked, decision.forecast.no_choice) == (False, None)
    assert sum(one.predicted is not None for one in decision.options) == 4


def test_less_drug_has_the_chance_of_staying():
    decision = decided(person(order(500), maintenance(), level(11.0), ati("negative"), albumin(4.3), quiet()))
    assert decision.rule == "R-OK-2"
    (longer,) = [one for one in decision.options if one.kind is K.LENGTHEN_INTERVAL]
    assert longer.predicted.at_least_ug_ml == 3
    assert longer.predicted.exceeds is None
    assert decision.forecast.in_force.at_least_ug_ml == 3
    assert decision.forecast.in_force.above_ug_ml is None
    assert not decision.forecast.ranked


def test_a_level_within_the_interval_is_projected_and_decides_nothing():
    decision = decided(
        person(
            order(500), maintenance(), level(6.5, 16), ati("negative", days_ago=16), albumin(4.1), active()
        )
    )
    assert (decision.verdict, decision.rule) == (Verdict.ASSESS, "R-DATA-1")
    assert decision.forecast.projection is not None
    assert [one.kind for one in recommended(decision)] == [K.MEASURE_LEVEL_AND_ATI]


def test_beside_a_projection_alone_no_limit_is_explained_that_nothing_speaks_of():
    of = person(order(500), maintenance(), level(6.5, 16), ati("negative"), albumin(4.1), quiet())
    decision = decided(of)
    assert decision.forecast.projection is not None
    assert decision.forecast.counted == ()


def test_where_a_gate_holds_no_level_is_projected():
    of = person(order(500), maintenance(), level(6.5, 16), ati("negative", days_ago=16), albumin(4.1))
    held = decided(replace(of, safety=(safety(SafetyConcept.INFLIXIMAB_REACTION),)))
    assert (held.verdict, held.forecast) == (Verdict.HOLD, None)
    assert decided(of).forecast.projection is not None


def test_beside_a_projection_no_order_is_weighed():
    of = person(
        order(500), maintenance(), level(6.5, 16), ati("negative", days_ago=16), albumin(4.1), active()
    )
    ordered = replace(of, draft=draft(mg=525, mg_per_kg=None, interval=42))
    assert decided(ordered).forecast.projection is not None
    assert decided(ordered).forecast.of_order is None


def test_a_trough_well_apart_from_what_is_expected_of_the_regimen_is_told_in_the_forecast():
    decision = decided(person(order(500), maintenance(), level(11.0), ati("negative"), albumin(4.3), quiet()))
    assert decision.forecast.in_force.medians_ug_ml[1] < 11.0 / 1.2
    assert decision.forecast.measured_ug_ml == 11.0
    assert decided(relapse()).forecast.measured_ug_ml is None


def test_the_place_of_a_failure_is_that_where_it_was_raised():
    def deeper():
        raise KeyError("41.7 kg")

    def through():
        deeper()

    with pytest.raises(KeyError) as error:
        through()
    line = deeper.__code__.co_firstlineno + 1
    assert module.where(error.value) == f"KeyError at test_deciding.py:{line}"


def test_without_albumin_another_model_is_heard():
    decision = decided(person(order(500), maintenance(), level(1.8), ati("negative"), active()))
    assert [one.model for one in decision.forecast.opinion.by_model] == ["passot-2016-adult"]
    assert decided(relapse()).forecast.opinion is None


@pytest.mark.parametrize(
    ("asked", "does_it", "withheld"),
    [
        ({"mg_per_kg": 5, "interval": 28}, True, False),
        ({"mg_per_kg": 5, "interval": 42}, False, False),  # offered by the rules, but hardly ever enough
        ({"mg_per_kg": 10, "interval": 56}, False, True),
    ],
)
def test_an_order_is_compared_with_what_the_forecast_recommends(asked, does_it, withheld):
    decision = decided(relapse(draft(**asked), value=1.2))
    (chosen,) = recommended(decision)
    assert (chosen.dose_mg, chosen.interval_days) == (350, 28)
    assert (decision.draft_already_does_it, decision.update_withheld) == (does_it, withheld)


def test_an_order_that_the_rules_offer_does_it_where_there_is_no_forecast():
    weak = relapse(draft(mg_per_kg=5, interval=42), value=1.2)
    assert decided(weak, forecast_enabled=False).draft_already_does_it


def test_an_immunomodulator_is_not_a_regimen():
    assert not names_regimen(option(K.ADD_IMMUNOMODULATOR, None, None))
    assert not names_regimen(option(K.RAISE_DOSE, None, None))
    assert not names_regimen(option(K.REINDUCTION))
    assert names_regimen(option(K.LOWER_DOSE, 350, None))
    assert names_regimen(Option(K.LOWER_DOSE, 350, None, None))
    assert names_regimen(Option(K.LOWER_DOSE, None, 5.0, None))
    assert names_regimen(option(K.SHORTEN_INTERVAL_2_WEEKS, None, 42))


def test_the_order_of_the_records_changes_no_digit():
    parts = (level(2.2, 56, hour=8), albumin(3.6, 90), medication(MedicationConcept.METHOTREXATE))
    forwards, backwards = decided(relapse(*parts)), decided(relapse(*reversed(parts)))
    assert forwards.options == backwards.options
    assert forwards.forecast == backwards.forecast


@pytest.mark.parametrize(
    "key", ["forecast_within_points", "forecast_ceiling_chance_limit", "forecast_least_chance"]
)
def test_a_choice_by_a_limit_of_the_site_is_local_policy(key):
    local = replace(knowledge(), local_keys=frozenset({f"policy.{key}"}))
    assert decide(relapse(), now=NOW, knowledge=local).local_policy
    provisional = person(order(500), maintenance(), level(1.8), albumin(4.1), active())
    assert not decide(provisional, now=NOW, knowledge=local).local_policy
    assert not decided(relapse()).local_policy


def test_an_order_between_the_steps_of_the_ladder_has_its_own_trough():
    decision = decided(relapse(draft(mg=525, mg_per_kg=None, interval=42)))
    of_order = decision.forecast.of_order
    weaker, stronger = (
        next(one for one in decision.options if (one.dose_mg, one.interval_days) == (mg, 42))
        for mg in (350, 700)
    )
    assert weaker.predicted.medians_ug_ml[0] < of_order.medians_ug_ml[0] < stronger.predicted.medians_ug_ml[0]
    assert of_order.at_least_ug_ml == 6
    assert decided(relapse(draft())).forecast.of_order is None


def test_an_order_for_less_has_the_chance_of_staying():
    of = person(
        order(500),
        maintenance(),
        level(11.0),
        ati("negative"),
        albumin(4.3),
        quiet(),
        draft(mg=300, mg_per_kg=None),
    )
    assert decided(of).forecast.of_order.at_least_ug_ml == 3
    assert decided(of).forecast.of_order.above_ug_ml is None


@pytest.mark.parametrize(
    ("reading", "told"),
    [
        (level(9.0), 9.0),
        (level(7.0), None),  # within a fifth of the higher median
        (level(7.3), 7.3),
        (level(0.6), None),
        (level(0.51), None),
        (level(0.45), 0.45),
        (level(4.0, comparator=Comparator.BELOW), None),
        (level(None), None),
    ],
)
def test_a_measured_trough_apart_from_the_expected_one_is_told(reading, told):
    assessment = assessed(person(order(500), maintenance(), reading, ati("negative"), albumin(4.1), active()))
    expected = TroughForecast((ModelTrough("one", 0.6, 0.3, 1.0), ModelTrough("other", 6.0, 3.0, 9.0)))
    assert apart(assessment, expected) == told
    assert apart(assessment, replace(expected, settled=False)) is None
    assert apart(assessment, None) is None


def test_without_a_level_there_is_nothing_to_be_apart_from():
    assessment = assessed(person(order(500), maintenance(), albumin(4.1), active()))
    assert apart(assessment, TroughForecast((ModelTrough("one", 0.6, 0.3, 1.0),))) is None


@pytest.mark.parametrize(
    ("asked", "stronger"),
    [
        ({"mg": 700, "interval": 28}, True),  # beyond all that is offered
        ({"mg": 500, "interval": 28}, True),  # likely to pass the ceiling
        ({"mg": 350, "interval": 28}, False),
        ({"mg": 360, "interval": 28}, False),
    ],
)
def test_an_order_far_above_the_recommended_option_is_never_waved_through(asked, stronger):
    decision = decided(relapse(draft(mg_per_kg=None, **asked), value=1.2))
    (chosen,) = recommended(decision)
    assert (chosen.dose_mg, chosen.interval_days) == (350, 28)
    assert decision.draft_already_does_it is not stronger
    assert (IssueCode.ORDER_STRONGER in [one.code for one in decision.issues]) is stronger


def too_strong_of(draft_regimen, *options, forecast=None):
    assessment = replace(assessed(relapse(draft())), draft_regimen=draft_regimen)
    return too_strong(options, forecast or Forecast(), assessment, knowledge().policy)


def test_an_order_is_too_strong_beyond_all_offered_or_where_its_like_was_set_aside():
    chosen = option(mg=350, days=42, predicted=trough(0.7), recommended=True)
    aside = option(mg=700, days=42, predicted=trough(0.9, 0.9))
    asked = Regimen(Route.INTRAVENOUS, dose_mg=700, interval_days=42)
    assert too_strong_of(asked, chosen, aside)
    fine = option(mg=700, days=42, predicted=trough(0.75, 0.2))
    assert not too_strong_of(asked, chosen, fine)
    between = replace(asked, dose_mg=500)
    assert too_strong_of(between, chosen, fine, forecast=Forecast(of_order=trough(0.8, 0.9)))
    assert not too_strong_of(between, chosen, fine, forecast=Forecast(of_order=trough(0.8, 0.5)))
    lifted = tuple(replace(one, exceeds_usual=0.8) for one in trough(0.8, 0.5).by_model)
    by_goal = Forecast(of_order=replace(trough(0.8, 0.5), by_model=lifted))
    assert too_strong_of(between, chosen, fine, forecast=by_goal)
    assert not too_strong_of(between, chosen, fine)
    assert too_strong_of(replace(asked, interval_days=28), chosen, fine)
    assert not too_strong_of(replace(asked, interval_days=None), chosen, fine)
    seldom = replace(asked, interval_days=84)  # as much drug as is recommended
    assert not too_strong_of(seldom, chosen, fine, forecast=Forecast(of_order=trough(0.8, 0.9)))
    assert not too_strong_of(None, chosen)
    assert not too_strong_of(asked, replace(chosen, recommended=False), aside)


def test_an_implausible_albumin_is_named_among_the_doubts():
    decision = decided(
        person(order(500), maintenance(), level(1.8), ati("negative"), albumin(36.0), active())
    )
    assert IssueCode.MARKER_IMPLAUSIBLE in [one.code for one in decision.issues]


def test_a_single_odd_dose_leaves_no_recommendation_and_is_named():
    doses = maintenance(last=112, count=5)
    part = person(
        order(500, mg=350, mg_per_kg=None),
        doses,
        infusion(56, mg=100),
        level(1.8),
        ati("negative"),
        active(),
        draft(),
    )
    for decision in (decided(part), decided(part, forecast_enabled=False)):
        assert decision.verdict is Verdict.INTENSIFY
        assert recommended(decision) == []
        assert IssueCode.DOSE_DISAGREES in [one.code for one in decision.issues]


def test_on_doses_that_nobody_recorded_the_rule_keeps_its_recommendation():
    of = person(order(500), level(1.2), ati("negative"), albumin(4.1), active())
    decision, without = decided(of), decided(of, forecast_enabled=False)
    assert decision.options[0].predicted is not None
    assert not decision.forecast.ranked
    assert [one.kind for one in recommended(decision)] == [one.kind for one in recommended(without)]


def test_infusions_more_often_than_ordered_leave_neither_numbers_nor_a_recommendation():
    often = maintenance(every=28)
    part = person(order(500), often, level(1.8), ati("negative"), albumin(4.1), active(), draft())
    for decision in (decided(part), decided(part, forecast_enabled=False)):
        assert decision.verdict is Verdict.INTENSIFY
        assert recommended(decision) == []
        assert IssueCode.INTERVAL_DISAGREES in [one.code for one in decision.issues]
    assert decided(part).forecast.absent is Absence.INTERVAL_IN_DOUBT


# -- a switch on a level ------------------------------------------------------------------------------------


def unexpected_days(decision):
    return [dict(one.parameters)["day"] for one in decision.issues if one.code is IssueCode.LEVEL_UNEXPECTED]


def test_who_is_to_leave_the_class_on_a_level_is_told_where_the_doses_do_not_explain_it():
    decision = decided(
        person(*active(), maintenance(), order(500), albumin(4.1), ati(AtiWord.NEGATIVE), level(66.0))
    )
    assert decision.verdict is Verdict.SWITCH
    assert unexpected_days(decision) == ["2026-03-09"]
    assert decision.forecast is None  # nobody asked for one


def test_a_switch_on_a_level_that_the_doses_explain_says_nothing_of_it():
    decision = decided(
        person(*active(), maintenance(), order(500), albumin(4.5), ati(AtiWord.NEGATIVE), level(13.0))
    )
    assert decision.verdict is Verdict.SWITCH
    assert unexpected_days(decision) == []


def test_antibodies_explain_a_low_level_even_where_a_model_does_not():
    much = [infusion(28.0 * n, mg=700) for n in range(1, 12)], order(400, mg=700, mg_per_kg=None, interval=28)
    negative, positive = (
        decided(person(*active(), tuple(much[0]), much[1], albumin(4.5), found, level(0.3)))
        for found in (ati(AtiWord.NEGATIVE), ati(AtiWord.POSITIVE, 120.0, unit="AU/mL"))
    )
    assert (negative.verdict, positive.verdict) == (Verdict.SWITCH, Verdict.SWITCH)
    assert unexpected_days(negative) == ["2026-03-09"]
    assert unexpected_days(positive) == []


def test_a_site_without_forecasts_is_not_told():
    parts = *active(), maintenance(), order(500), albumin(4.1), ati(AtiWord.NEGATIVE), level(66.0)
    assert unexpected_days(decided(person(*parts), forecast_enabled=False)) == []


def test_on_a_level_that_nothing_explains_no_button_changes_the_order():
    much = [infusion(28.0 * n, mg=700) for n in range(1, 12)], order(400, mg=700, mg_per_kg=None, interval=28)
    parts = *active(), tuple(much[0]), much[1], albumin(4.5), ati(AtiWord.NEGATIVE)
    doubted, explained = (decided(person(*parts, level(value))) for value in (0.6, 4.9))
    assert [name for name, _ in doubted.rationale][1] == "level-unexplained"
    assert doubted.update_withheld
    assert "level-unexplained" not in [name for name, _ in explained.rationale]


def test_odd_older_levels_alone_leave_the_button():
    old = level(120.0, 56, hour=8), level(110.0, 112, hour=8)
    decision = decided(relapse(*old))
    assert decision.forecast.absent is Absence.LEVELS_UNEXPECTED
    assert "level-unexplained" not in [name for name, _ in decision.rationale]
