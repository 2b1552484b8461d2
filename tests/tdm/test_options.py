"""Options from the regimen in force: the ladder, its numbers, what is recommended, what the draft does."""

from dataclasses import replace

import pytest

from tdm.decision import Activity, AgeGroup, Option, OptionKind, Phase, Regimen
from tdm.facts import Route
from tdm.issues import IssueCode
from tdm.options import draft_does_it, plan_options
from tdm.options_dose import (
    current_mg,
    current_mg_per_kg,
    dose_for,
    lowered_dose,
    raised_dose,
    shortened_large,
    shortened_small,
)
from tdm.options_ladder import deescalation, escalation
from tdm.rules import Offer, OptionFamily
from tests.tdm.cases import draft, policy, regimen, situation

K = OptionKind
UNKNOWN = Regimen(Route.INTRAVENOUS)
CHILD = situation(age_group=AgeGroup.CHILD)
REMISSION = situation(activity=Activity.REMISSION)
SUBCUTANEOUS = situation(route=Route.SUBCUTANEOUS)
INDUCTION = situation(phase=Phase.INDUCTION_WEEK_6)


def ladder(of=None, force=None, **keywords):
    return escalation(of or situation(), force or regimen(), policy(), **keywords)


def numbers(option: Option) -> tuple:
    return (option.kind, option.dose_mg, option.dose_mg_per_kg, option.interval_days, option.off_label)


def recommended(options) -> list[OptionKind]:
    return [option.kind for option in options if option.recommended]


# ---- the ladder, intravenous


def test_the_ladder_of_an_adult_who_lost_response():
    assert [numbers(option) for option in ladder(recommend=True)] == [
        (K.SHORTEN_INTERVAL_2_WEEKS, 300, 5, 42, True),
        (K.SHORTEN_INTERVAL_4_WEEKS, 300, 5, 28, True),
        (K.RAISE_DOSE, 600, 10, 56, False),
        (K.RAISE_DOSE_AND_SHORTEN_INTERVAL, 600, 10, 42, True),
    ]
    assert recommended(ladder(recommend=True)) == [K.RAISE_DOSE]


def test_in_children_the_interval_comes_first_and_all_is_off_label():
    options = ladder(CHILD, recommend=True)
    assert recommended(options) == [K.SHORTEN_INTERVAL_2_WEEKS]
    assert all(option.off_label for option in options)


@pytest.mark.parametrize(
    "of",
    [
        REMISSION,
        situation(activity=Activity.UNKNOWN),
        situation(phase=Phase.POST_INDUCTION),
    ],
)
def test_without_a_labelled_rung_the_first_of_the_ladder_is_recommended(of):
    options = ladder(of, recommend=True)
    assert recommended(options) == [K.SHORTEN_INTERVAL_2_WEEKS]
    assert all(option.off_label for option in options)


def test_unconfirmed_activity_is_loss_of_response_as_well():
    assert recommended(ladder(situation(activity=Activity.ACTIVE_UNCONFIRMED), recommend=True)) == [
        K.RAISE_DOSE
    ]


@pytest.mark.parametrize(("interval", "off_label"), [(55, True), (56, False), (70, False)])
def test_10_mg_per_kg_is_labelled_at_8_weeks_or_more(interval, off_label):
    options = ladder(force=regimen(interval_days=interval))
    assert [option.off_label for option in options if option.kind is K.RAISE_DOSE] == [off_label]


def test_nothing_is_recommended_unless_asked_for_and_provisional_marks_all():
    assert recommended(ladder()) == []
    options = ladder(provisional=True)
    assert len(options) == 4
    assert all(option.provisional for option in options)
    assert not any(option.provisional for option in ladder())


def test_the_shortest_interval_is_not_undercut():
    at_42 = ladder(force=regimen(interval_days=42))
    assert [option.kind for option in at_42] == [
        K.SHORTEN_INTERVAL_2_WEEKS,
        K.RAISE_DOSE,
        K.RAISE_DOSE_AND_SHORTEN_INTERVAL,
    ]
    assert at_42[0].interval_days == 28
    at_28 = ladder(force=regimen(interval_days=28), recommend=True)
    assert [option.kind for option in at_28] == [K.RAISE_DOSE]
    assert recommended(at_28) == [K.RAISE_DOSE]


def test_the_highest_dose_is_not_exceeded():
    at_10 = ladder(force=regimen(dose_mg=600, dose_mg_per_kg=10), recommend=True)
    assert [option.kind for option in at_10] == [K.SHORTEN_INTERVAL_2_WEEKS, K.SHORTEN_INTERVAL_4_WEEKS]
    assert recommended(at_10) == [K.SHORTEN_INTERVAL_2_WEEKS]


def test_at_the_cap_there_is_no_ladder():
    assert ladder(situation(at_cap=True)) == ()
    assert ladder(force=regimen(dose_mg=600, dose_mg_per_kg=10, interval_days=28)) == ()


def test_heart_failure_leaves_only_the_interval():
    options = ladder(interval_only=True, recommend=True)
    assert [option.kind for option in options] == [K.SHORTEN_INTERVAL_2_WEEKS, K.SHORTEN_INTERVAL_4_WEEKS]
    assert recommended(options) == [K.SHORTEN_INTERVAL_2_WEEKS]
    assert ladder(force=regimen(interval_days=28), interval_only=True) == ()
    assert [option.kind for option in ladder(INDUCTION, interval_only=True)] == [K.BRING_NEXT_DOSE_FORWARD]
    assert ladder(SUBCUTANEOUS, interval_only=True) == ()


def test_unknown_numbers_leave_rungs_without_numbers_that_nobody_recommends():
    options = ladder(force=UNKNOWN, recommend=True)
    assert [numbers(option) for option in options] == [
        (K.SHORTEN_INTERVAL_2_WEEKS, None, None, None, True),
        (K.RAISE_DOSE, None, None, None, True),
    ]
    assert recommended(options) == []


def test_an_unknown_dose_leaves_the_interval_to_recommend():
    options = ladder(force=regimen(dose_mg=None, dose_mg_per_kg=None), recommend=True)
    assert recommended(options) == [K.SHORTEN_INTERVAL_2_WEEKS]
    assert [option.kind for option in options] == [
        K.SHORTEN_INTERVAL_2_WEEKS,
        K.SHORTEN_INTERVAL_4_WEEKS,
        K.RAISE_DOSE,
    ]


def test_an_unknown_interval_leaves_the_dose_to_recommend():
    options = ladder(force=regimen(interval_days=None), recommend=True)
    assert [numbers(option) for option in options] == [
        (K.SHORTEN_INTERVAL_2_WEEKS, None, None, None, True),
        (K.RAISE_DOSE, 600, 10, None, True),
    ]
    assert recommended(options) == [K.RAISE_DOSE]


@pytest.mark.parametrize("phase", [Phase.INDUCTION_WEEK_2, Phase.INDUCTION_WEEK_6])
def test_in_induction_the_next_dose_comes_earlier_or_is_raised(phase):
    options = ladder(situation(phase=phase), recommend=True)
    assert [numbers(option) for option in options] == [
        (K.BRING_NEXT_DOSE_FORWARD, None, None, None, True),
        (K.RAISE_DOSE, 600, 10, None, True),
    ]
    assert recommended(options) == [K.BRING_NEXT_DOSE_FORWARD]


def test_in_induction_at_the_highest_or_an_unknown_dose():
    highest = ladder(INDUCTION, regimen(dose_mg=600, dose_mg_per_kg=10))
    assert [option.kind for option in highest] == [K.BRING_NEXT_DOSE_FORWARD]
    unknown = ladder(INDUCTION, UNKNOWN)
    assert [numbers(option)[:4] for option in unknown] == [
        (K.BRING_NEXT_DOSE_FORWARD, None, None, None),
        (K.RAISE_DOSE, None, None, None),
    ]


# ---- the ladder, subcutaneous


@pytest.mark.parametrize(
    ("dose_mg", "interval", "expected"), [(120, 14, 14), (120, None, 14), (120, 7, 7), (None, 14, 14)]
)
def test_subcutaneous_goes_back_to_infusions_or_doubles_and_the_specialist_chooses(
    dose_mg, interval, expected
):
    force = Regimen(Route.SUBCUTANEOUS, dose_mg, None, interval)
    options = ladder(SUBCUTANEOUS, force, recommend=True)
    assert [numbers(option) for option in options] == [
        (K.RETURN_TO_INTRAVENOUS, None, None, None, False),
        (K.SUBCUTANEOUS_DOUBLE_DOSE, 240, None, expected, True),
    ]
    assert recommended(options) == []


def test_a_doubled_subcutaneous_dose_is_not_doubled_again():
    def kinds(dose_mg: float) -> list[OptionKind]:
        force = Regimen(Route.SUBCUTANEOUS, dose_mg, None, 14)
        return [option.kind for option in ladder(SUBCUTANEOUS, force)]

    assert kinds(240) == [K.RETURN_TO_INTRAVENOUS]
    assert kinds(239) == [K.RETURN_TO_INTRAVENOUS, K.SUBCUTANEOUS_DOUBLE_DOSE]


# ---- less drug


def test_less_drug_goes_back_towards_5_mg_per_kg_every_8_weeks():
    strong = regimen(dose_mg=600, dose_mg_per_kg=10, interval_days=28)
    assert [numbers(option) for option in deescalation(situation(), strong, policy())] == [
        (K.LOWER_DOSE, 300, 5, 28, True),
        (K.LENGTHEN_INTERVAL, 600, 10, 42, True),
    ]
    at_6_weeks = deescalation(situation(), regimen(interval_days=42), policy())
    assert [numbers(option) for option in at_6_weeks] == [(K.LENGTHEN_INTERVAL, 300, 5, 56, False)]
    at_7_weeks = deescalation(situation(), regimen(interval_days=49), policy())
    assert at_7_weeks[0].interval_days == 56
    at_8_weeks = deescalation(situation(), regimen(), policy())
    assert [numbers(option) for option in at_8_weeks] == [(K.LENGTHEN_INTERVAL, 300, 5, 70, True)]


def test_lowering_to_5_mg_per_kg_every_8_weeks_is_labelled():
    high = regimen(dose_mg=600, dose_mg_per_kg=10)
    assert [numbers(option) for option in deescalation(situation(), high, policy())] == [
        (K.LOWER_DOSE, 300, 5, 56, False),
        (K.LENGTHEN_INTERVAL, 600, 10, 70, True),
    ]


@pytest.mark.parametrize(("age", "off_label"), [(AgeGroup.ADULT, False), (AgeGroup.CHILD, True)])
def test_10_mg_per_kg_every_8_weeks_stays_off_label_in_children(age, off_label):
    strong = regimen(dose_mg=600, dose_mg_per_kg=10, interval_days=42)
    options = deescalation(situation(age_group=age), strong, policy())
    assert [option.off_label for option in options if option.kind is K.LENGTHEN_INTERVAL] == [off_label]


def test_less_drug_is_never_recommended_and_stays_without_numbers_where_they_are_unknown():
    assert recommended(deescalation(situation(), regimen(), policy())) == []
    assert [numbers(option) for option in deescalation(situation(), UNKNOWN, policy())] == [
        (K.LENGTHEN_INTERVAL, None, None, None, False),
        (K.LOWER_DOSE, None, None, None, False),
    ]


# ---- arithmetic


def test_a_new_dose_is_rounded_down_to_whole_mg():
    change = dose_for(10, 61.37, 10, policy())
    assert (change.mg, change.mg_per_kg) == (613, 613 / 61.37)
    assert dose_for(10, 60, 10, policy()).mg == 600
    assert dose_for(5, 0.1 * 3 * 200, 10, policy()).mg == 300  # 60.000000000000014 kg


def test_a_new_dose_without_weight_stays_per_kg():
    change = dose_for(10, None, 10, policy())
    assert (change.mg, change.mg_per_kg) == (None, 10)


@pytest.mark.parametrize(
    ("target", "weight", "cap", "expected"),
    [
        (10, 60, 10, 600),
        (10, 68, 10, 600),  # 680 mg: 7 vials would be 10.3 mg/kg
        (10, 64, 10, 600),
        (5, 68, 10, 300),
        (5, 72, 10, 400),
        (5, 72, 5, 300),  # heart failure: 4 vials would be 5.6 mg/kg
        (5, 10, 10, 100),
        (5, 8, 5, 100),
    ],
)
def test_vials_are_rounded_but_never_above_the_cap(target, weight, cap, expected):
    change = dose_for(target, weight, cap, policy(round_to_vials=True))
    assert (change.mg, change.mg_per_kg) == (expected, expected / weight)


def test_a_single_vial_above_the_cap_is_no_raised_dose():
    small = regimen(dose_mg=25, dose_mg_per_kg=5, weight_kg=5)
    assert raised_dose(small, 10, policy(round_to_vials=True)) is None
    assert raised_dose(small, 10, policy()).mg == 50


@pytest.mark.parametrize(
    ("per_kg", "raised"), [(5, True), (9.5, True), (9.53, False), (10, False), (12, False)]
)
def test_a_raise_of_less_than_5_percent_is_none(per_kg, raised):
    force = regimen(dose_mg=None, dose_mg_per_kg=per_kg)
    assert (raised_dose(force, 10, policy()) is not None) is raised


@pytest.mark.parametrize(
    ("per_kg", "lowered"), [(5, False), (5.25, False), (5.26, True), (10, True), (4, False)]
)
def test_a_cut_of_less_than_5_percent_is_none(per_kg, lowered):
    force = regimen(dose_mg=None, dose_mg_per_kg=per_kg)
    assert (lowered_dose(force, policy()) is not None) is lowered


def test_unknown_doses_are_neither_raised_nor_lowered():
    assert raised_dose(UNKNOWN, 10, policy()) is None
    assert lowered_dose(UNKNOWN, policy()) is None


@pytest.mark.parametrize(
    ("mg", "per_kg", "weight", "expected_mg", "expected_per_kg"),
    [
        (300, 5, 60, 300, 5),
        (300, None, 60, 300, 5),
        (None, 5, 60, 300, 5),
        (None, 5, 60.1, 300, 5),
        (300, None, None, 300, None),
        (None, 5, None, None, 5),
        (None, None, 60, None, None),
        (300, None, 0, 300, None),
        (None, 5, 0, None, 5),
    ],
)
def test_mg_and_mg_per_kg_complete_each_other(mg, per_kg, weight, expected_mg, expected_per_kg):
    force = Regimen(Route.INTRAVENOUS, mg, per_kg, 56, weight_kg=weight)
    assert (current_mg(force), current_mg_per_kg(force)) == (expected_mg, expected_per_kg)


@pytest.mark.parametrize(
    ("interval", "small", "large"),
    [
        (70, 56, 42),
        (56, 42, 28),
        (55, 41, None),
        (42, 28, None),
        (35, 28, None),
        (30, 28, None),
        (29, None, None),
        (28, None, None),
        (14, None, None),
    ],
)
def test_steps_of_the_interval(interval, small, large):
    assert shortened_small(interval, policy()) == small
    assert shortened_large(interval, policy()) == large


# ---- from offers to options


def plan(*offers: Offer, of=None, force=None, interval_only=False):
    return plan_options(offers, of or situation(), force or regimen(), policy(), interval_only=interval_only)


def test_the_recommended_option_comes_first_and_the_rest_keeps_its_rank():
    planned = plan(Offer(K.CONFIRM_INFLAMMATION), Offer(OptionFamily.ESCALATION, recommended=True))
    assert [option.kind for option in planned.options] == [
        K.RAISE_DOSE,
        K.CONFIRM_INFLAMMATION,
        K.SHORTEN_INTERVAL_2_WEEKS,
        K.SHORTEN_INTERVAL_4_WEEKS,
        K.RAISE_DOSE_AND_SHORTEN_INTERVAL,
    ]
    assert planned.escalates
    assert planned.issues == ()


def test_plain_offers_keep_their_marks():
    planned = plan(Offer(K.MEASURE_ATI, recommended=True), Offer(K.SWITCH_WITHIN_CLASS, provisional=True))
    assert planned.options == (
        Option(K.MEASURE_ATI, recommended=True),
        Option(K.SWITCH_WITHIN_CLASS, provisional=True),
    )
    assert not planned.escalates


def test_a_provisional_ladder_is_provisional_as_a_whole():
    assert all(
        option.provisional for option in plan(Offer(OptionFamily.ESCALATION, provisional=True)).options
    )


def test_the_ladder_of_a_heart_failure_plan_is_narrow():
    planned = plan(Offer(OptionFamily.ESCALATION), Offer(K.REINDUCTION), interval_only=True)
    assert [option.kind for option in planned.options] == [
        K.SHORTEN_INTERVAL_2_WEEKS,
        K.SHORTEN_INTERVAL_4_WEEKS,
    ]
    assert [option.kind for option in plan(Offer(K.REINDUCTION)).options] == [K.REINDUCTION]


def test_one_more_optimisation_needs_something_to_optimise():
    assert plan(Offer(K.ONE_OPTIMISATION)).options == (Option(K.ONE_OPTIMISATION),)
    assert plan(Offer(K.ONE_OPTIMISATION), of=situation(at_cap=True)).options == ()
    at_28 = regimen(interval_days=28)
    assert plan(Offer(K.ONE_OPTIMISATION), force=at_28, interval_only=True).options == ()
    assert plan(Offer(K.ONE_OPTIMISATION), force=at_28).options != ()


def test_less_drug_does_not_escalate():
    planned = plan(Offer(OptionFamily.DEESCALATION))
    assert [option.kind for option in planned.options] == [K.LENGTHEN_INTERVAL]
    assert not planned.escalates


def test_missing_numbers_are_named_once_each():
    planned = plan(Offer(OptionFamily.ESCALATION), force=UNKNOWN)
    assert [(issue.code, issue.subject) for issue in planned.issues] == [
        (IssueCode.DOSE_PER_KG_UNKNOWN, "dose"),
        (IssueCode.REGIMEN_UNKNOWN, "interval"),
    ]
    no_interval = plan(Offer(OptionFamily.ESCALATION), force=regimen(interval_days=None))
    assert [issue.code for issue in no_interval.issues] == [IssueCode.REGIMEN_UNKNOWN]
    no_weight = plan(Offer(OptionFamily.ESCALATION), force=regimen(dose_mg_per_kg=None, weight_kg=None))
    assert [issue.code for issue in no_weight.issues] == [IssueCode.DOSE_PER_KG_UNKNOWN]
    subcutaneous = Regimen(Route.SUBCUTANEOUS)
    assert plan(Offer(OptionFamily.ESCALATION), of=SUBCUTANEOUS, force=subcutaneous).issues == ()


# ---- what the draft already does

RUNG = Option(K.RAISE_DOSE, dose_mg=600, dose_mg_per_kg=10, interval_days=56)


def does(option: Option, force=None, **fields) -> bool:
    return draft_does_it(draft(**fields), (Option(K.ADD_IMMUNOMODULATOR), option), force or regimen())


@pytest.mark.parametrize(
    ("amount_mg", "per_kg", "interval", "done"),
    [
        (600, None, 56, True),
        (None, 10, 56, True),
        (588, None, 56, True),
        (587, None, 56, False),
        (600, None, 57, True),
        (600, None, 58, False),
        (600, None, 42, True),
        (600, None, None, False),
        (None, None, 56, False),
        (300, None, 56, False),
    ],
)
def test_a_draft_does_it_with_dose_and_interval_at_least_as_strong(amount_mg, per_kg, interval, done):
    assert does(RUNG, amount_mg=amount_mg, amount_mg_per_kg=per_kg, interval_days=interval) is done


def test_where_the_draft_cannot_be_compared_per_kg_its_mg_are():
    weightless = regimen(weight_kg=None)
    assert does(RUNG, weightless, amount_mg=600)
    assert not does(RUNG, weightless, amount_mg=300)
    per_kg_only = replace(RUNG, dose_mg=None)
    assert not does(per_kg_only, weightless, amount_mg=600)


def test_a_rung_of_one_number_compares_that_number_alone():
    assert does(Option(K.SHORTEN_INTERVAL_2_WEEKS, interval_days=42), interval_days=42)
    assert not does(Option(K.SHORTEN_INTERVAL_2_WEEKS, interval_days=42), interval_days=56)
    assert does(Option(K.SUBCUTANEOUS_DOUBLE_DOSE, dose_mg=240), amount_mg=240)
    assert not does(Option(K.SUBCUTANEOUS_DOUBLE_DOSE, dose_mg=240), amount_mg=235)
    assert does(Option(K.SUBCUTANEOUS_DOUBLE_DOSE, dose_mg=240), amount_mg=236)
    assert does(Option(K.SUBCUTANEOUS_DOUBLE_DOSE, dose_mg=250), amount_mg=245)
    assert not does(Option(K.SUBCUTANEOUS_DOUBLE_DOSE, dose_mg=240), amount_mg=None)


def test_less_drug_provisional_options_and_options_without_numbers_do_not_count():
    assert not does(Option(K.LENGTHEN_INTERVAL, dose_mg=300, interval_days=70))
    assert not does(Option(K.LOWER_DOSE, dose_mg=300, interval_days=56))
    assert not does(replace(RUNG, provisional=True), amount_mg=600)
    assert not does(Option(K.RAISE_DOSE), amount_mg=600)
    assert not draft_does_it(draft(), (), regimen())


def test_any_rung_of_the_ladder_will_do():
    assert draft_does_it(draft(amount_mg=300, interval_days=42), ladder(recommend=True), regimen())
    assert not draft_does_it(draft(amount_mg=300, interval_days=56), ladder(recommend=True), regimen())
