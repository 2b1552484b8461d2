"""Questions outside of a decision: the regimen in force of any course, and what another would give."""

from dataclasses import replace

import pytest

from tdm.decision import Verdict
from tdm.facts import Route, SafetyConcept
from tdm.forecast import asking as module
from tdm.forecast.asking import WhatIf, ask
from tdm.forecast.result import Absence, Remark
from tests.support.course_builder import NOW, ati, draft, infusions, level, maintenance, order, safety
from tests.tdm.forecast.cases import active, albumin, decided, knowledge, person, quiet, relapse

SC = Route.SUBCUTANEOUS


def asked(of, *regimens, **policies):
    decision = decided(of, **policies)
    return ask(of, decision, regimens, now=NOW, knowledge=knowledge(**policies))


def test_the_regimen_in_force_of_any_course_can_be_asked_for():
    of = person(order(500), maintenance(), level(5.0), ati("negative"), albumin(4.1), quiet())
    assert decided(of).forecast is None
    (answered,) = asked(of)
    assert answered.forecast.in_force.by_model[0].median_ug_ml == pytest.approx(4.0, rel=0.3)
    assert answered.troughs == ()


def test_a_regimen_per_kilogram_is_that_of_the_weight_on_record():
    (answered,) = asked(relapse(), WhatIf(42, amount_mg_per_kg=5), WhatIf(42, amount_mg=350))
    assert answered.troughs[0] == answered.troughs[1]
    options = {(one.dose_mg, one.interval_days): one.predicted for one in decided(relapse()).options}
    assert answered.troughs[0] == options[350, 42]


def test_without_a_weight_a_dose_per_kilogram_is_unknown():
    regimen = replace(decided(relapse()).assessment.regimen, weight_kg=None)
    assert WhatIf(42, amount_mg_per_kg=5).milligrams(regimen) is None
    assert WhatIf(42).milligrams(regimen) is None
    assert WhatIf(42, amount_mg=350).milligrams(regimen) == 350


def test_of_an_amount_and_an_amount_per_kilogram_the_plain_one_counts():
    regimen = decided(relapse()).assessment.regimen
    assert WhatIf(42, amount_mg=350, amount_mg_per_kg=10).milligrams(regimen) == 350


def test_another_route_is_answered_apart_by_the_model_that_knows_it():
    infused, injected = asked(relapse(), WhatIf(42, 350), WhatIf(14, 120, route=SC), WhatIf(56, 700))
    assert (infused.route, injected.route) == (Route.INTRAVENOUS, SC)
    assert len(infused.troughs) == 2
    (trough,) = injected.troughs
    assert [one.model for one in trough.by_model] == ["hanzel-2021"]
    assert trough.at_least_ug_ml == 17.5


def test_which_target_the_chances_count_is_told_beside_a_regimen_of_the_courses_own_route():
    of = person(order(500), maintenance(), level(2.0), ati("negative"), albumin(4.1), quiet())
    infused, injected = asked(of, WhatIf(42, 350), WhatIf(14, 120, route=SC))
    assert [remark for remark, _ in infused.forecast.counted] == [Remark.COUNTED_UPPER]
    assert injected.forecast.counted == asked(of)[0].forecast.counted == ()


def test_in_induction_the_answer_is_that_of_the_decision():
    of = person(order(48), infusions(42, 28), level(2.0, 0), ati("negative"), albumin(4.0), active())
    (answered,) = asked(of, WhatIf(56, 700))
    assert answered.forecast.in_force == decided(of).forecast.in_force
    assert not answered.troughs[0].settled
    assert answered.troughs[0].medians_ug_ml[0] > answered.forecast.in_force.medians_ug_ml[0]


def test_a_level_within_the_interval_is_projected_by_the_route_of_the_course_only():
    of = person(order(500), maintenance(), level(6.5, 16), ati("negative"), albumin(4.1), active())
    infused, injected = asked(of, WhatIf(14, 120, route=SC))
    assert infused.forecast.projection is not None
    assert injected.forecast.projection is None


@pytest.mark.parametrize(
    ("of", "policies", "reason"),
    [
        (relapse(), {"forecast_enabled": False}, Absence.OFF),
        (relapse(safety(SafetyConcept.PREGNANCY)), {}, Absence.PREGNANCY),
        (relapse(draft(mg=5, mg_per_kg=None)), {}, Absence.DOSE_IN_DOUBT),
        (replace(relapse(), weights=()), {}, Absence.NO_WEIGHT),
        (replace(relapse(), doses=maintenance(every=28)), {}, Absence.INTERVAL_IN_DOUBT),
        (
            replace(relapse(), doses=maintenance(mg=175), orders=(order(500, mg=350, mg_per_kg=None),)),
            {},
            Absence.DOSE_IN_DOUBT,
        ),
    ],
)
def test_an_absence_has_its_reason_and_no_troughs(of, policies, reason):
    infused, injected = asked(of, WhatIf(42, 350), WhatIf(14, 120, route=SC), **policies)
    assert (infused.route, injected.route) == (Route.INTRAVENOUS, SC)
    for answered in (infused, injected):
        assert (answered.forecast.absent, answered.troughs) == (reason, (None,))


def test_a_gate_that_holds_does_not_hide_the_forecast_from_those_who_ask():
    of = relapse(safety(SafetyConcept.INFLIXIMAB_REACTION))
    assert decided(of).verdict is Verdict.HOLD
    assert asked(of)[0].forecast.in_force is not None


def test_a_failure_is_an_absence_with_its_place(monkeypatch):
    def broken(*_, **__):
        raise KeyError("no such thing")

    monkeypatch.setattr(module, "fit", broken)
    _, answered = asked(relapse(), WhatIf(42, 350), WhatIf(14, 120, route=SC))
    assert (answered.route, answered.forecast.absent, answered.troughs) == (SC, Absence.INTERNAL, (None,))
    assert answered.forecast.failed_at.startswith("KeyError at test_asking.py:")


def test_another_disease_has_no_forecast():
    decision = replace(decided(relapse()), assessment=None)
    assert ask(relapse(), decision, (), now=NOW, knowledge=knowledge()) == ()
