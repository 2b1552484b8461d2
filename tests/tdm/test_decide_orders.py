"""What the decision does with the order in front of the clinician."""

from dataclasses import replace

from tdm.decide import decide_assessed
from tdm.decision import Decision
from tdm.issues import IssueCode
from tests.tdm.cases import NOW, assessment, course, draft, regimen
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
