"""What is pending is awaited instead of ordered again, as long as it can still be the missing result."""

import pytest

from tdm.awaited import AWAITING, awaited_results, awaiting_remarks, with_awaited
from tdm.decision import LevelClass, Option, OptionKind, Verdict
from tdm.facts import AtiReading, LevelReading
from tdm.issues import DataIssue, IssueCode
from tests.tdm.cases import NOW, ago, assessment, course, dose, policy, situation, source
from tests.tdm.test_decide import decided

K = OptionKind
LEVEL, ATI = IssueCode.LEVEL_PENDING, IssueCode.ATI_PENDING
BOTH = frozenset({LEVEL, ATI})


def pending(code: IssueCode, days: float | None) -> DataIssue:
    day = "unknown date" if days is None else ago(days).day.isoformat()
    subject = "level" if code is LEVEL else "ati"
    return DataIssue(code, subject, (("day", day),), source())


def awaited(*issues: DataIssue, level: float | None = None, ati: float | None = None) -> frozenset[IssueCode]:
    assessed = assessment(
        level=None if level is None else LevelReading(1.8, ago(level), source()),
        ati=None if ati is None else AtiReading(ago(ati), source()),
    )
    return awaited_results(issues, assessed, NOW, policy())


def test_a_pending_result_is_awaited_while_an_antibody_result_would_count():
    valid = policy().ati_valid_days
    for code in BOTH:
        assert awaited(pending(code, valid)) == {code}
        assert awaited(pending(code, valid + 1)) == frozenset()
        assert awaited(pending(code, None)) == {code}
    assert awaited(pending(LEVEL, 3), pending(ATI, 3)) == BOTH
    assert awaited(DataIssue(IssueCode.LEVEL_UNIT_MISSING, "level", (("day", "2026-11-20"),))) == frozenset()


def test_a_pending_result_that_a_newer_one_has_overtaken_is_not_awaited():
    assert awaited(pending(LEVEL, 3), level=4) == {LEVEL}
    assert awaited(pending(LEVEL, 4), level=4) == frozenset()
    assert awaited(pending(ATI, 4), ati=4) == {ATI}
    assert awaited(pending(ATI, 5), ati=4) == frozenset()


def test_a_result_that_nobody_can_date_overtakes_none():
    assessed = assessment(level=LevelReading(1.8, None, source()), ati=AtiReading(None, source()))
    issues = (pending(LEVEL, 3), pending(ATI, 3))
    assert awaited_results(issues, assessed, NOW, policy()) == BOTH


@pytest.mark.parametrize(
    ("kind", "tests", "kinds"),
    [
        (K.MEASURE_LEVEL_AND_ATI, BOTH, [K.AWAIT_LEVEL_AND_ATI]),
        (K.MEASURE_LEVEL_AND_ATI, {LEVEL}, [K.AWAIT_LEVEL, K.MEASURE_ATI]),
        (K.MEASURE_LEVEL_AND_ATI, {ATI}, [K.AWAIT_ATI, K.MEASURE_LEVEL]),
        (K.MEASURE_LEVEL, BOTH, [K.AWAIT_LEVEL]),
        (K.MEASURE_ATI, BOTH, [K.AWAIT_ATI]),
        (K.MEASURE_ATI, {LEVEL}, [K.MEASURE_ATI]),
        (K.QUANTIFY_ATI, {ATI}, [K.AWAIT_ATI]),
        (K.RAISE_DOSE, BOTH, [K.RAISE_DOSE]),
    ],
)
def test_measuring_what_is_pending_becomes_waiting_and_the_rest_is_measured(kind, tests, kinds):
    changed = with_awaited((Option(kind, recommended=True),), frozenset(tests))
    assert [option.kind for option in changed] == kinds
    assert [option.recommended for option in changed] == [True] + [False] * (len(kinds) - 1)


def test_nothing_pending_changes_nothing_and_nothing_is_awaited_twice():
    options = (Option(K.MEASURE_ATI), Option(K.QUANTIFY_ATI))
    assert with_awaited(options, frozenset()) is options
    assert with_awaited(options, frozenset({ATI})) == (Option(K.AWAIT_ATI),)


def test_what_stands_behind_an_option_that_nothing_pending_touches_is_awaited_too():
    options = (Option(K.RAISE_DOSE, recommended=True), Option(K.MEASURE_ATI))
    assert with_awaited(options, frozenset({ATI})) == (options[0], Option(K.AWAIT_ATI))


def test_waiting_has_its_sentence():
    assert {awaiting_remarks([Option(kind)]) for kind in AWAITING} == {("results-awaited",)}
    assert awaiting_remarks([Option(K.MEASURE_ATI)]) == ()


def test_a_decision_without_a_level_awaits_the_one_that_is_pending():
    no_level = assessment(situation(level=LevelClass.NONE, level_ug_ml=None))
    found = decided(course(issues=(pending(LEVEL, 1), pending(ATI, 1))), no_level)
    assert (found.verdict, found.rule) == (Verdict.ASSESS, "R-DATA-1")
    assert found.options == (Option(K.AWAIT_LEVEL_AND_ATI, recommended=True),)
    assert "results-awaited" in [name for name, _ in found.rationale]
    assert decided(course(), no_level).options == (Option(K.MEASURE_LEVEL_AND_ATI, recommended=True),)


def test_after_a_gap_pending_antibodies_are_awaited():
    of = course(doses=(dose(140),), issues=(pending(ATI, 2),))
    gap = assessment(gap_days=140.0, last_dose=ago(140))
    found = decided(of, gap)
    assert (found.rule, found.options) == ("S-GAP", (Option(K.AWAIT_ATI, recommended=True),))
    assert "results-awaited" in [name for name, _ in found.rationale]
