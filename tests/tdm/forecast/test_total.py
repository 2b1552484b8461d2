"""Whatever is read, a forecast is there or has its reason; no digit depends on the order of the records."""

from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tdm.decide import decide
from tdm.facts import Route
from tdm.forecast.asking import WhatIf, ask
from tdm.forecast.result import Absence, Forecast
from tests.tdm.cases import NOW
from tests.tdm.enumeration import shipped_knowledge
from tests.tdm.test_assess_properties import courses as likely_courses
from tests.tdm.test_decide_total import courses as any_courses

ASKED = (WhatIf(42, amount_mg_per_kg=5), WhatIf(14, amount_mg=120, route=Route.SUBCUTANEOUS))


def is_sound(forecast: Forecast) -> bool:
    if forecast.absent is not None:
        return forecast.absent is not Absence.INTERNAL and forecast.in_force is None
    troughs = [one for one in (forecast.in_force, forecast.opinion) if one is not None]
    if forecast.projection is not None:
        troughs.append(forecast.projection.trough)
    for trough in troughs:
        assert trough.by_model
        for one in trough.by_model:
            assert 0 <= one.lower_ug_ml <= one.median_ug_ml <= one.upper_ug_ml
            assert all(chance is None or 0 <= chance <= 1 for chance in (one.reaches, one.exceeds))
    return bool(forecast.models)


@settings(max_examples=300, deadline=None)
@given(st.one_of(any_courses, likely_courses))
def test_every_course_is_forecast_or_has_a_reason(course):
    decision = decide(course, now=NOW, knowledge=shipped_knowledge())
    assert decision.forecast is None or is_sound(decision.forecast), decision.forecast
    for answered in ask(course, decision, ASKED, now=NOW, knowledge=shipped_knowledge()):
        assert is_sound(answered.forecast), answered.forecast


@settings(max_examples=100, deadline=None)
@given(likely_courses, st.randoms(use_true_random=False))
def test_the_order_of_the_records_changes_no_digit(course, chance: Random):
    names = ("levels", "atis", "markers", "weights", "doses", "orders", "medications", "safety")
    turned = replace(
        course,
        **{name: tuple(chance.sample(getattr(course, name), len(getattr(course, name)))) for name in names},
    )
    decision = decide(course, now=NOW, knowledge=shipped_knowledge())
    other = decide(turned, now=NOW, knowledge=shipped_knowledge())
    assert decision.forecast == other.forecast
    assert decision.options == other.options


@settings(max_examples=100, deadline=None)
@given(likely_courses)
def test_the_forecast_changes_no_answer(course):
    knowledge = shipped_knowledge()
    off = replace(knowledge, policy=replace(knowledge.policy, forecast_enabled=False), content_hash="off")
    decision, without = (decide(course, now=NOW, knowledge=one) for one in (knowledge, off))
    for name in ("verdict", "rule", "certainty", "indicator", "gates", "rationale"):
        assert getattr(decision, name) == getattr(without, name)
    assert without.forecast is None
