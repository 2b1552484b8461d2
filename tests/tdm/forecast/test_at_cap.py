"""What the most that is allowed would give, where no step of the ladder is likely to be enough."""

from dataclasses import replace

from tdm.decision import Verdict
from tdm.facts import Route, SafetyConcept
from tdm.forecast.at_cap import at_cap
from tdm.forecast.regimens import Question, answers, course_of
from tdm.forecast.result import NoChoice
from tests.support.course_builder import NOW, ati, infusions, level, order, safety
from tests.tdm.forecast.cases import (
    active,
    albumin,
    assessed,
    decided,
    fitted,
    knowledge,
    option,
    person,
    relapse,
    trough,
)


def severe(value=0.6, albumin_g_dl=3.0, dose_mg_per_kg=5, interval=56):
    return person(
        order(500, mg=70 * dose_mg_per_kg, mg_per_kg=dose_mg_per_kg, interval=interval),
        infusions(*range(interval, 500, interval), mg=70 * dose_mg_per_kg),
        level(value),
        ati("negative"),
        albumin(albumin_g_dl),
        active(),
    )


def question_of(of, **policies):
    return course_of(fitted(of), assessed(of), NOW, knowledge(**policies))


def test_where_no_option_is_likely_enough_the_most_that_is_allowed_is_asked_too():
    decision = decided(severe())
    assert decision.forecast.no_choice is NoChoice.NO_EVEN_CHANCE
    assert max(one.predicted.reaches for one in decision.options) < 0.5
    found = decision.forecast.at_cap
    assert (found.dose_mg, found.dose_mg_per_kg, found.interval_days) == (700, 10, 28)
    assert found.enough
    assert found.trough.reaches >= 0.5
    assert (found.trough.at_least_ug_ml, found.trough.above_ug_ml) == (6, 9)
    assert found.trough == answers(question_of(severe()), [Question(700, 28, Route.INTRAVENOUS)])[0]
    assert not found.listed


def test_it_is_no_option_and_nothing_is_recommended_or_changed_for_it():
    decision, without = decided(severe()), decided(severe(), forecast_enabled=False)
    assert not any(one.recommended for one in decision.options)
    assert decision.verdict is Verdict.INTENSIFY
    assert {(one.kind, one.dose_mg, one.interval_days) for one in decision.options} == {
        (one.kind, one.dose_mg, one.interval_days) for one in without.options
    }
    assert (700, 28) not in [(one.dose_mg, one.interval_days) for one in decision.options]


def test_where_the_cap_fails_too_it_says_so():
    found = decided(severe(0.5, 2.2)).forecast.at_cap
    assert found.trough.reaches < 0.5
    assert not found.enough


def test_where_the_cap_is_an_option_its_numbers_are_those_of_the_option():
    decision = decided(severe(0.5, 2.0, interval=42))
    assert decision.forecast.no_choice is NoChoice.NO_EVEN_CHANCE
    found = decision.forecast.at_cap
    assert found.listed
    assert not found.enough
    (strongest,) = [one for one in decision.options if (one.dose_mg, one.interval_days) == (700, 28)]
    assert found.trough is strongest.predicted


def test_where_an_option_is_likely_enough_the_cap_is_not_asked():
    of = relapse(value=1.2)
    assert decided(of).forecast.at_cap is None
    question = question_of(of)
    assert at_cap(question, [option(predicted=trough(0.5))]) is None
    assert at_cap(question, [option(predicted=trough(0.49))]) is not None
    assert at_cap(question, [option(predicted=trough(0.9), provisional=True)]) is not None


def test_the_chance_that_is_asked_is_that_of_the_site():
    of = severe()
    chance = decided(of).forecast.at_cap.trough.reaches
    assert not decided(of, forecast_least_chance=chance + 0.01).forecast.at_cap.enough
    assert at_cap(question_of(of, forecast_least_chance=0.7), [option(predicted=trough(0.6))]) is not None


def test_an_option_set_aside_for_passing_the_ceiling_is_enough_for_the_aim():
    question = question_of(relapse(value=2.6))
    assert at_cap(question, [option(predicted=trough(0.2)), option(predicted=trough(0.9, 0.9))]) is None


def test_where_each_option_is_likely_to_be_too_much_more_is_not_spoken_of():
    of = relapse(value=2.6)
    ceiling = decided(of, forecast_ceiling_chance_limit=0.01, forecast_least_chance=0.999)
    assert ceiling.forecast.no_choice is NoChoice.ABOVE_CEILING
    assert max(one.predicted.reaches for one in ceiling.options) < 0.999
    assert ceiling.forecast.at_cap is None


def test_in_heart_failure_the_cap_of_other_patients_is_not_spoken_of():
    decision = decided(relapse(safety(SafetyConcept.HEART_FAILURE), albumin(3.0, 3), value=0.6))
    assert decision.forecast.absent is None
    assert decision.forecast.at_cap is None


def test_the_cap_is_rounded_to_vials_where_the_site_does_and_never_above_the_highest_dose():
    question = question_of(severe(), round_to_vials=True)
    weak = [option(predicted=trough(0.1))]
    assert at_cap(question, weak).dose_mg == 700
    for kilograms, expected in ((68.0, 600), (9.0, None)):
        regimen = replace(question.assessment.regimen, weight_kg=kilograms)
        of = question._replace(assessment=replace(question.assessment, regimen=regimen))
        found = at_cap(of, weak)
        assert (None if found is None else found.dose_mg) == expected
