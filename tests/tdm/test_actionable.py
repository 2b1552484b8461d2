"""When opening a chart speaks up."""

from dataclasses import replace

import pytest

from tdm.actionable import has_new_result, is_actionable, is_on_treatment, is_overdue
from tdm.decision import Decision, FiredGate, Indicator, Regimen, Verdict
from tdm.facts import AtiReading, LevelReading, OrderState, Route
from tests.tdm.cases import NOW, ago, assessment, course, dose, order, regimen, source
from tests.tdm.enumeration import shipped_knowledge


def decision(verdict=Verdict.CONTINUE, gates=(), force=None) -> Decision:
    assessed = assessment(regimen=force or regimen())
    return Decision(verdict, "R-OK-1", Indicator.INFO, "1", gates=gates, assessment=assessed)


def speaks(of, found=None) -> bool:
    return is_actionable(of, found or decision(), now=NOW, knowledge=shipped_knowledge())


def level(days: float) -> LevelReading:
    return LevelReading(4, ago(days), source())


@pytest.mark.parametrize(("days", "new"), [(0, True), (14, True), (15, False), (-1, False)])
def test_a_level_or_antibody_result_is_new_for_14_days(days, new):
    assert speaks(course(levels=(level(days),))) is new
    assert speaks(course(atis=(AtiReading(ago(days), source()),))) is new


def test_an_undated_result_is_not_new_and_one_new_among_old_ones_is():
    assert not has_new_result(course(levels=(LevelReading(4, None, source()),)), NOW, 14)
    assert has_new_result(course(levels=(level(100), level(3))), NOW, 14)


def test_what_is_not_applicable_is_never_shown_and_a_failure_always():
    fresh = course(levels=(level(1),))
    assert not speaks(fresh, decision(Verdict.NOT_APPLICABLE))
    assert speaks(course(), decision(Verdict.NOT_COMPLETED))


def test_a_gate_speaks_up_for_a_patient_on_treatment_only():
    fired = decision(gates=(FiredGate("S-PREG"),))
    assert speaks(course(), fired)
    off = course(orders=())
    assert not speaks(off, fired)
    assert speaks(replace(off, doses=(dose(112),)), fired)
    assert not speaks(replace(off, doses=(dose(113),)), fired)


def test_a_comment_on_an_option_does_not_speak_up():
    assert not speaks(course(), decision(gates=(FiredGate("S-IMM"),)))
    assert speaks(course(), decision(gates=(FiredGate("S-IMM"), FiredGate("S-HSR"))))


def test_treatment_is_an_active_order_or_a_recent_dose():
    assert is_on_treatment(course(), NOW, 112)
    stopped = course(orders=(order(OrderState.STOPPED),))
    assert not is_on_treatment(stopped, NOW, 112)
    assert is_on_treatment(replace(stopped, doses=(dose(0),)), NOW, 112)
    assert not is_on_treatment(replace(stopped, doses=(dose(-1),)), NOW, 112)


@pytest.mark.parametrize(("days", "late"), [(56, False), (70, False), (71, True)])
def test_an_infusion_is_overdue_beyond_125_percent_of_its_interval(days, late):
    assert speaks(course(doses=(dose(days),))) is late


def test_the_last_infusion_counts_and_none_in_the_future():
    assert not speaks(course(doses=(dose(90), dose(40))))
    assert not speaks(course(doses=(dose(40), dose(90))))
    assert speaks(course(doses=(dose(90), dose(-2))))
    assert not speaks(course(doses=(dose(-2),)))
    assert not speaks(course(doses=(dose(0), dose(90))))


def overdue(of, found) -> bool:
    return is_overdue(of, found, now=NOW, fraction=1.25)


def test_overdue_needs_an_active_order_an_interval_a_dose_and_the_intravenous_route():
    late = course(doses=(dose(90),))
    assert overdue(late, decision())
    assert not overdue(replace(late, orders=(order(OrderState.STOPPED),)), decision())
    assert not overdue(course(), decision())
    assert not overdue(late, decision(force=regimen(interval_days=None)))
    assert not overdue(late, decision(force=Regimen(Route.SUBCUTANEOUS, 120, None, 14)))
    assert not overdue(late, replace(decision(), assessment=None))


def test_a_quiet_chart_stays_quiet():
    assert not speaks(course())
    assert not speaks(course(levels=(level(60),), doses=(dose(30),)))
