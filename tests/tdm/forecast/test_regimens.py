"""The regimens that a forecast is asked about, in maintenance and in induction."""

from dataclasses import replace

import pytest

from tdm.decide import decide
from tdm.decision import OptionKind as K
from tdm.decision import Phase
from tdm.facts import Route
from tdm.forecast.compose import fit
from tdm.forecast.regimens import (
    Question,
    answers,
    course_of,
    of_option,
    of_order,
    regimen_in_force,
    same_regimen,
)
from tdm.forecast.result import Remark
from tdm.pharmacokinetics.history import Administration
from tests.support.course_builder import (
    NOW,
    ati,
    child,
    course,
    crohns,
    draft,
    infusions,
    level,
    maintenance,
    order,
    weight,
)
from tests.tdm.forecast.cases import active, albumin, assessed, fitted, knowledge, option, person, relapse
from tests.tdm.pharmacokinetics import oracle

IV = Route.INTRAVENOUS


def question_of(of):
    return course_of(fitted(of), assessed(of), NOW, knowledge())


def induction(*days_ago, interval=56, value=8.0):
    return person(
        order(max(days_ago) + 3, interval=interval),
        infusions(*days_ago),
        level(value, 0),
        ati("negative"),
        albumin(4.0),
        active(),
    )


def test_maintenance_asks_for_the_settled_trough_against_the_aim():
    (predicted,) = answers(question_of(relapse()), [Question(350, 56, IV)])
    assert (predicted.settled, predicted.at_least_ug_ml, predicted.above_ug_ml) == (True, 6, 9)


def test_a_level_of_week_14_is_followed_by_troughs_that_are_asked_as_maintenance_asks():
    of = person(order(105), infusions(98, 84, 56), level(4.0, 0), ati("negative"), albumin(4.0), active())
    assert assessed(of).situations[0].phase is Phase.POST_INDUCTION
    (predicted,) = answers(question_of(of), [Question(350, 42, IV)])
    assert (predicted.settled, predicted.at_least_ug_ml, predicted.above_ug_ml) == (True, 6, 9)
    decision = decide(of, now=NOW, knowledge=knowledge())
    assert {one.predicted.at_least_ug_ml for one in decision.options if one.predicted} == {6}
    assert (Remark.COUNTED_MAINTENANCE, (("level", "6"),)) in decision.forecast.counted


def test_the_regimen_in_force_is_that_of_the_assessment():
    question = regimen_in_force(question_of(relapse()))
    assert (question.amount_mg, question.interval_days, question.route) == (350, 56, IV)


def test_more_drug_gives_more_and_the_same_drug_more_often_too():
    question = question_of(relapse())
    base, double, often = answers(
        question, [Question(350, 56, IV), Question(700, 56, IV), Question(350, 28, IV)]
    )
    for place in range(2):
        assert double.medians_ug_ml[place] == pytest.approx(2 * base.medians_ug_ml[place])
        assert often.medians_ug_ml[place] > double.medians_ug_ml[place]


@pytest.mark.parametrize("unknown", [Question(None, 56, IV), Question(350, None, IV), Question(0, 56, IV)])
def test_an_unknown_dose_or_interval_has_no_trough_and_costs_the_others_nothing(unknown):
    question = question_of(relapse())
    alone = answers(question, [Question(350, 42, IV)])
    assert answers(question, [unknown, Question(350, 42, IV)]) == [None, *alone]


@pytest.mark.parametrize("keeping", [False, True])
def test_the_regimen_in_force_is_asked_as_the_options_beside_it_are(keeping):
    question = question_of(relapse())
    (predicted,) = answers(question, [regimen_in_force(question, keeping=keeping)])
    assert (predicted.at_least_ug_ml, predicted.above_ug_ml) == ((5, None) if keeping else (6, 9))


def test_few_infusions_on_record_in_maintenance_are_no_induction():
    question = question_of(person(order(500), infusions(112, 56), level(3.0), albumin(4.1), active()))
    assert question.next_dose is None
    assert answers(question, [Question(350, 56, IV)])[0].settled


def settled_by_oracle(question, amount, interval, duration, *, subcutaneous):
    """The settled trough of a typical patient by matrix exponentials, by each model."""
    dose = Administration(0.0, amount, duration, subcutaneous)
    return [oracle.settled_level(dose, interval, one.estimate.typical) for one in question.found.bracket]


def test_without_a_level_a_regimen_gives_what_the_typical_patient_reaches():
    of = person(order(500), maintenance(), albumin(4.1))
    question = question_of(of)
    for amount, interval in ((350, 56), (700, 42)):
        (predicted,) = answers(question, [Question(amount, interval, IV)])
        expected = settled_by_oracle(question, amount, interval, 2 / 24, subcutaneous=False)
        assert [one.median_ug_ml for one in predicted.by_model] == pytest.approx(expected, rel=1e-6)


def test_without_a_level_injections_give_what_the_typical_patient_absorbs():
    of = person(order(500), maintenance(), albumin(4.1))
    found = fit(of, assessed(of), NOW, knowledge(), subcutaneous=True)
    question = course_of(found, assessed(of), NOW, knowledge())
    (predicted,) = answers(question, [Question(120, 14, Route.SUBCUTANEOUS)])
    expected = settled_by_oracle(question, 120, 14, 0.0, subcutaneous=True)
    assert [one.median_ug_ml for one in predicted.by_model] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("mg", "interval", "asked"),
    [(700, 49, True), (701, 49, False), (400, 28, True), (400, 27, False)],
)
def test_an_order_is_asked_about_up_to_the_highest_dose_and_the_shortest_interval(mg, interval, asked):
    """Of 70 kg: 10 mg/kg, every four weeks."""
    question = question_of(relapse(draft(mg=mg, mg_per_kg=None, interval=interval)))
    assert (of_order(question, ()) is not None) is asked


@pytest.mark.parametrize(
    ("mg", "days", "same"),
    [
        (350, 56, True),
        (357, 57, True),
        (343, 55, True),
        (358, 56, False),
        (350, 57.5, False),
        (None, 56, False),
        (350, None, False),
    ],
)
def test_regimens_are_the_same_within_rounding(mg, days, same):
    """Two per cent of the dose and one day; what is not known is the same as nothing."""
    assert same_regimen(option(mg=350, days=56), option(mg=mg, days=days)) is same
    if not same:
        assert not same_regimen(option(mg=mg, days=days), option(mg=350, days=56))


def test_less_drug_is_asked_whether_it_stays_where_nothing_must_be_raised():
    question = question_of(relapse())
    (predicted,) = answers(question, [of_option(question, option(K.LENGTHEN_INTERVAL, days=70))])
    assert (predicted.at_least_ug_ml, predicted.above_ug_ml) == (5, None)


def test_beside_other_questions_each_is_asked_as_it_is_alone():
    question = question_of(relapse())
    asked = [Question(350, 56, IV), Question(350, 70, IV, keeping=True), Question(350, 42, IV)]
    together = answers(question, asked)
    assert [(one.at_least_ug_ml, one.above_ug_ml) for one in together] == [(6, 9), (5, None), (6, 9)]
    assert together == [answers(question, [one])[0] for one in asked]


def test_another_model_answers_where_it_is_asked():
    of = person(order(500), maintenance(), level(1.8))
    question = question_of(of)
    (predicted,) = answers(question, [regimen_in_force(question)], (question.found.opinion,))
    assert [one.model for one in predicted.by_model] == ["passot-2016-adult"]


@pytest.mark.parametrize(
    ("given", "value", "due", "step", "phase"),
    [
        ((10,), 25.0, 4, 28, Phase.INDUCTION_WEEK_6),  # week 2 is due; its trough falls in week 6
        ((34, 20), 8.0, 8, 56, Phase.POST_INDUCTION),  # week 6 is due; its trough falls in week 14
        ((62, 48, 20), 8.0, 36, 56, Phase.MAINTENANCE),  # week 14 is due; its trough falls in week 22
        ((80, 66), 1.0, 0, 56, Phase.MAINTENANCE),  # week 6 was due long ago
    ],
)
def test_in_induction_the_next_dose_is_asked_about(given, value, due, step, phase):
    planned = question_of(induction(*given, value=value)).next_dose
    assert (round(planned.due_days), planned.step_days, planned.phase) == (due, step, phase)


def test_in_induction_every_regimen_has_the_interval_of_the_schedule():
    question = question_of(induction(34, 20))
    normal, raised = answers(question, [Question(350, None, IV), Question(700, 42, IV)])
    assert not normal.settled
    assert normal.at_least_ug_ml == 7.8
    assert raised.medians_ug_ml[0] > normal.medians_ug_ml[0]


def test_after_the_steps_of_induction_nothing_is_next():
    of = course(
        child(), crohns(), weight(40), order(80), infusions(70, 56, 42, 14, mg=200), level(8.0, 0), active()
    )
    assert question_of(of).next_dose is None


def test_an_unknown_interval_after_week_14_leaves_the_next_trough_unknown():
    of = person(infusions(62, 48, 20), level(8.0, 0), ati("negative"), albumin(4.0), active())
    question = question_of(of)
    assert question.next_dose.step_days is None
    assert answers(question, [Question(350, 56, IV)]) == [None]


@pytest.mark.parametrize(
    "asked",
    [
        None,
        draft(mg=350, mg_per_kg=None, interval=56),  # in force
        draft(mg=355, mg_per_kg=None, interval=55),  # in force, nearly
        draft(mg=350, mg_per_kg=None, interval=42),  # an option
        draft(mg=1000, mg_per_kg=None, interval=42),  # more than any dose allowed
        draft(mg=500, mg_per_kg=None, interval=21),  # more often than allowed
        draft(mg=None, mg_per_kg=None, interval=42),
        draft(mg=500, mg_per_kg=None, interval=None),
        draft(mg=240, mg_per_kg=None, interval=14, route=Route.SUBCUTANEOUS),  # another route
    ],
)
def test_nothing_is_asked_for_an_order_that_is_in_force_an_option_or_not_to_be_given(asked):
    question = question_of(relapse(*([] if asked is None else [asked])))
    assert of_order(question, [option(mg=350, days=42), option(mg=700, days=None)]) is None


def test_an_order_of_its_own_kind_is_asked_about():
    question = question_of(relapse(draft(mg=525, mg_per_kg=None, interval=42)))
    unknown = option(mg=None, days=42), option(mg=700, days=None)
    assert of_order(question, [option(mg=350, days=42), *unknown]) == Question(525, 42, IV)


def test_an_order_of_injections_is_asked_about_as_it_is():
    course_of_injections = person(
        order(300, mg=120, mg_per_kg=None, interval=14, route=Route.SUBCUTANEOUS),
        draft(mg=120, mg_per_kg=None, interval=7, route=Route.SUBCUTANEOUS),
        level(9.0),
    )
    question = question_of(course_of_injections)
    assert of_order(question, []) == Question(120, 7, Route.SUBCUTANEOUS)


def test_in_induction_no_order_is_asked_about_apart():
    question = question_of(replace(induction(34, 20), draft=draft(mg=525, mg_per_kg=None, interval=42)))
    assert of_order(question, []) is None
