"""Which tests a mutant meets: those that reach it, and first those that are likeliest to notice it."""

from types import SimpleNamespace

import pytest
from mutmut.state import state

from tools.mutation_choosing import LATELY, Choosing

MUTANT = "tdm.phase.x_phase_at__mutmut_1"
OF_OTHERS = "tests/tdm/test_decide.py::test_quick"
SLOWER = "tests/tdm/test_decide.py::test_slower"
OWN = "tests/tdm/test_phase.py::test_own"
ELSEWHERE = "tests/tdm/test_age.py::test_elsewhere"


@pytest.fixture
def reach(monkeypatch):
    monkeypatch.setitem(state().tests_by_mangled_function_name, "tdm.phase.x_phase_at", {OF_OTHERS, SLOWER})
    for test, seconds in ((OF_OTHERS, 0.1), (SLOWER, 0.2), (OWN, 0.3)):
        monkeypatch.setitem(state().duration_by_test, test, seconds)


def choosing(*tests):
    return Choosing([SimpleNamespace(nodeid=test) for test in tests])


def names(tests):
    return [test.nodeid for test in tests]


def test_tests_of_the_module_come_first_then_the_quickest_that_reach_the_function(reach):
    found = choosing(ELSEWHERE, SLOWER, OF_OTHERS, OWN).tests_for(MUTANT)
    assert names(found) == [OWN, OF_OTHERS, SLOWER]


def test_of_an_inner_package_its_own_tests_come_before_the_quicker_ones_of_others(monkeypatch):
    inner = "tests/tdm/pharmacokinetics/test_courses.py::test_slow"
    reach = {OF_OTHERS, inner}
    monkeypatch.setitem(state().tests_by_mangled_function_name, "tdm.pharmacokinetics.layout.x_f", reach)
    monkeypatch.setitem(state().duration_by_test, inner, 0.5)
    found = choosing(OF_OTHERS, inner).tests_for("tdm.pharmacokinetics.layout.x_f__mutmut_1")
    assert names(found) == [inner, OF_OTHERS]


def test_what_noticed_a_mutant_of_the_module_lately_comes_before_all(reach):
    tests = choosing(ELSEWHERE, SLOWER, OF_OTHERS, OWN)
    tests.noticed("tdm.phase.x_phase_at__mutmut_7", 2)
    tests.noticed("tdm.phase.x_phase_of_day__mutmut_2", 1)
    assert names(tests.tests_for(MUTANT)) == [SLOWER, OF_OTHERS, OWN]
    tests.noticed("tdm.phase.x_phase_at__mutmut_8", 2)
    assert names(tests.tests_for(MUTANT)) == [OF_OTHERS, SLOWER, OWN]


def test_what_noticed_a_mutant_of_another_module_changes_nothing(reach):
    tests = choosing(ELSEWHERE, SLOWER, OF_OTHERS, OWN)
    tests.noticed("tdm.age.x_age__mutmut_1", 1)
    assert names(tests.tests_for(MUTANT)) == [OWN, OF_OTHERS, SLOWER]


def test_a_function_that_no_test_reaches_meets_the_tests_of_its_module_alone():
    assert names(choosing(ELSEWHERE, OWN).tests_for("tdm.phase.x_unknown__mutmut_1")) == [OWN]
    assert choosing(ELSEWHERE).tests_for("tdm.phase.x_unknown__mutmut_1") == []


def test_only_so_many_of_those_that_noticed_are_remembered_first(reach):
    many = [f"tests/tdm/test_decide.py::test_{place}" for place in range(LATELY)]
    tests = choosing(OF_OTHERS, *many, OWN)
    tests.noticed(MUTANT, 0)
    for place in range(1, LATELY + 1):
        tests.noticed(MUTANT, place)
    assert names(tests.tests_for(MUTANT)) == [OWN, OF_OTHERS]
