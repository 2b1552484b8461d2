"""What the decision does with the order in front of the clinician."""

from dataclasses import replace

import pytest

from tdm.decide import decide_assessed
from tdm.decision import Activity, Decision, LevelClass, OptionKind, Phase, Verdict
from tdm.facts import SafetyConcept
from tdm.issues import DataIssue, IssueCode
from tests.tdm.cases import NOW, assessment, course, draft, fact, regimen, situation
from tests.tdm.enumeration import shipped_knowledge


def decided(order=None, assessed=None, **fields) -> Decision:
    """The decision on an order, for the usual assessment (600 mg every 8 weeks is recommended)."""
    of = course(draft=order, **fields)
    return decide_assessed(of, assessed or assessment(), now=NOW, knowledge=shipped_knowledge())


def codes(decision: Decision) -> list[IssueCode]:
    return [issue.code for issue in decision.issues]


def test_an_order_that_is_stronger_in_part_is_not_changed_and_the_card_says_so():
    found = decided(draft(interval_days=49))
    assert found.update_withheld
    assert IssueCode.ORDER_STRONGER in codes(found)
    assert not found.draft_already_does_it


def test_a_weaker_order_may_be_changed():
    found = decided(draft())
    assert not found.update_withheld
    assert IssueCode.ORDER_STRONGER not in codes(found)


def test_without_a_weight_an_order_of_the_doubled_dose_is_not_halved():
    unweighed = assessment(regimen=regimen(dose_mg_per_kg=None, weight_kg=None))
    found = decided(draft(amount_mg=600), unweighed)
    assert found.update_withheld
    assert IssueCode.ORDER_STRONGER in codes(found)


def test_an_order_that_changes_the_route_is_not_compared():
    other_route = replace(assessment(), draft_changes_route=True)
    assert IssueCode.ORDER_STRONGER not in codes(decided(draft(interval_days=42), other_route))


def test_an_order_above_the_highest_dose_never_does_it_already():
    found = decided(draft(amount_mg=900))
    assert [gate.gate for gate in found.gates] == ["S-DOSE"]
    assert not found.draft_already_does_it
    assert found.update_withheld
    assert IssueCode.ORDER_DOSE_IN_DOUBT in codes(found)
    assert decided(draft(amount_mg=600)).draft_already_does_it


def test_no_mg_are_named_while_the_order_reads_like_a_slip():
    slip = decided(draft(amount_mg=661))
    assert "dose-slip-pounds" in [name for name, _ in slip.rationale]
    assert all(option.dose_mg is None for option in slip.options)
    assert [option.dose_mg_per_kg for option in slip.options] == [10, 5, 5, 10]
    assert [option.dose_mg for option in decided(draft(amount_mg=900)).options] == [600, 300, 300, 600]
    unweighed = assessment(regimen=regimen(dose_mg_per_kg=None, weight_kg=None))
    assert decided(draft(amount_mg=900), unweighed).options[0].dose_mg == 300


IN_WINDOW = {"level": LevelClass.WINDOW, "level_ug_ml": 7.0, "activity": Activity.REMISSION}
PREGNANT = {"safety": (fact(SafetyConcept.PREGNANCY),)}


def test_an_order_other_than_the_regimen_that_is_to_continue_is_named():
    quiet = assessment(situation(**IN_WINDOW))
    differing = IssueCode.DRAFT_DIFFERS_FROM_REGIMEN
    for order in (draft(amount_mg=200), draft(interval_days=84), draft(amount_mg=600, interval_days=28)):
        found = decided(order, quiet)
        assert found.verdict is Verdict.CONTINUE
        assert differing in codes(found)
    assert differing not in codes(decided(draft(), quiet))
    assert differing not in codes(decided(None, quiet))
    assert differing not in codes(decided(draft(amount_mg=200), replace(quiet, draft_changes_route=True)))
    assert differing not in codes(decided(draft(amount_mg=200)))  # the advice is to intensify


def test_in_induction_the_interval_is_meant_to_change():
    induction = assessment(situation(**IN_WINDOW, phase=Phase.INDUCTION_WEEK_6))
    found = decided(draft(amount_mg=200), induction)
    assert found.verdict is Verdict.CONTINUE
    assert IssueCode.DRAFT_DIFFERS_FROM_REGIMEN not in codes(found)


@pytest.mark.parametrize(
    ("activity", "withheld"),
    [
        (Activity.REMISSION, True),
        (Activity.ACTIVE_CONFIRMED, False),
    ],
)
def test_in_pregnancy_a_low_level_without_activity_gets_no_button(activity, withheld):
    low = assessment(situation(activity=activity))
    found = decided(draft(), low, **PREGNANT)
    assert found.verdict is Verdict.INTENSIFY
    assert any(option.recommended and option.interval_days for option in found.options)
    assert found.update_withheld is withheld
    assert (IssueCode.ORDER_IN_PREGNANCY in codes(found)) is withheld
    assert not decided(draft(), low).update_withheld


def test_in_pregnancy_less_drug_is_not_offered():
    high = assessment(
        situation(level=LevelClass.HIGH, level_ug_ml=12.0, activity=Activity.REMISSION, deep_remission=True)
    )
    offered = decided(draft(), high)
    assert [one.kind for one in offered.options] == [OptionKind.LENGTHEN_INTERVAL]
    found = decided(draft(), high, **PREGNANT)
    assert (found.verdict, found.rule, found.options) == (Verdict.CONTINUE, "R-OK-2", ())


@pytest.mark.parametrize("code", [IssueCode.DRAFT_DO_NOT_PERFORM, IssueCode.DRAFT_WITHDRAWN])
def test_an_order_that_is_not_to_be_given_is_neither_the_advice_nor_compared_with_it(code):
    said = (DataIssue(code, "draft", (("status", "cancelled"),)),)
    assert decided(draft(amount_mg=600)).draft_already_does_it
    found = decided(draft(amount_mg=600), issues=said)
    assert found.verdict is Verdict.INTENSIFY
    assert not found.draft_already_does_it
    assert IssueCode.ORDER_STRONGER not in codes(decided(draft(interval_days=49), issues=said))
    quiet = assessment(situation(activity=Activity.REMISSION, level=LevelClass.WINDOW, level_ug_ml=6.0))
    assert IssueCode.DRAFT_DIFFERS_FROM_REGIMEN in codes(decided(draft(amount_mg=600), quiet))
    assert IssueCode.DRAFT_DIFFERS_FROM_REGIMEN not in codes(
        decided(draft(amount_mg=600), quiet, issues=said)
    )
