"""The regimens that a forecast is asked about, in maintenance and in induction."""

import pytest

from tdm.decision import OptionKind as K
from tdm.decision import Phase
from tdm.facts import Route
from tdm.forecast.regimens import Question, answers, course_of, of_option, regimen_in_force
from tests.support.course_builder import (
    NOW,
    ati,
    child,
    course,
    crohns,
    infusions,
    level,
    maintenance,
    order,
    weight,
)
from tests.tdm.forecast.cases import active, albumin, assessed, fitted, knowledge, option, person, relapse

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


def test_less_drug_is_asked_whether_it_stays_where_nothing_must_be_raised():
    question = question_of(relapse())
    (predicted,) = answers(question, [of_option(question, option(K.LENGTHEN_INTERVAL, days=70))])
    assert (predicted.at_least_ug_ml, predicted.above_ug_ml) == (5, None)


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
