"""A button never takes away what the clinician asked for, nor builds on a dose that is in doubt."""

import pytest

from tdm.decision import Option, OptionKind
from tdm.draft_review import asks_for_more, differing_order, withheld_update
from tdm.issues import DataIssue, IssueCode
from tests.tdm.cases import draft, policy, regimen

EVERY_6_WEEKS = Option(OptionKind.SHORTEN_INTERVAL_2_WEEKS, 300, 5, 42, recommended=True)


def withheld(order, option=EVERY_6_WEEKS, *, dose_in_doubt=False, interval_only=False, **force):
    found = withheld_update(
        order,
        (Option(OptionKind.RAISE_DOSE, 300, 5, 42), option),
        regimen(**force),
        policy(),
        dose_in_doubt=dose_in_doubt,
        interval_only=interval_only,
    )
    assert len(found) <= 1
    return found[0] if found else None


@pytest.mark.parametrize(
    ("fields", "weight", "more"),
    [
        ({}, 60, False),
        ({"amount_mg": 306}, 60, False),  # 300 is 98 % of it
        ({"amount_mg": 307}, 60, True),
        ({"amount_mg": 600}, None, True),
        ({"interval_days": 42}, 60, False),
        ({"interval_days": 41}, 60, True),
        ({"interval_days": 28, "amount_mg": 100}, 60, True),
        ({"interval_days": None}, 60, False),
        ({"amount_mg": None}, 60, False),
        ({"amount_mg": None, "amount_mg_per_kg": 5}, None, False),
        ({"amount_mg": None, "amount_mg_per_kg": 5.2}, None, True),
        ({"amount_mg": None, "amount_mg_per_kg": 5.2}, 60, True),
        ({"amount_mg_per_kg": 7}, 60, True),
    ],
)
def test_an_order_asks_for_more_by_its_dose_or_by_its_interval(fields, weight, more):
    assert asks_for_more(draft(**fields), EVERY_6_WEEKS, weight) is more


def test_an_order_per_kg_is_compared_with_an_option_in_mg_by_way_of_the_weight():
    option = Option(OptionKind.SHORTEN_INTERVAL_2_WEEKS, 300, None, 42)
    order = draft(amount_mg=None, amount_mg_per_kg=10)
    assert asks_for_more(order, option, 60)
    assert not asks_for_more(order, option, 30)
    assert not asks_for_more(order, option, None)


def test_an_option_without_an_interval_or_a_dose_is_compared_by_the_other():
    assert not asks_for_more(draft(interval_days=28), Option(OptionKind.RAISE_DOSE, 600, 10), 60)
    assert not asks_for_more(draft(), Option(OptionKind.SHORTEN_INTERVAL_2_WEEKS, interval_days=42), 60)


def test_an_order_per_kg_is_weighed_before_it_is_withheld():
    option = Option(OptionKind.RAISE_DOSE, 400, None, 56, recommended=True)
    order = draft(amount_mg=None, amount_mg_per_kg=10)
    found = withheld_update(order, (option,), regimen(), policy(), dose_in_doubt=False, interval_only=False)
    assert [one.code for one in found] == [IssueCode.ORDER_STRONGER]
    light = regimen(weight_kg=30)
    assert withheld_update(order, (option,), light, policy(), dose_in_doubt=False, interval_only=False) == ()


def test_a_stronger_order_is_left_as_it_is_and_both_are_named():
    issue = withheld(draft(amount_mg=600))
    assert issue is not None
    assert issue.code is IssueCode.ORDER_STRONGER
    assert issue.subject == "order"
    assert issue.parameters == (
        ("order", "600 mg every 56 days"),
        ("option", "300 mg or 5 mg/kg every 42 days"),
    )
    assert issue.source == draft().source


def test_an_order_whose_dose_is_in_doubt_is_left_as_it_is():
    issue = withheld(draft(), dose_in_doubt=True)
    assert issue is not None
    assert (issue.code, issue.subject, issue.source) == (
        IssueCode.ORDER_DOSE_IN_DOUBT,
        "order",
        draft().source,
    )


def test_no_button_writes_more_than_the_highest_dose():
    highest = Option(OptionKind.RAISE_DOSE, 600, 10, 56, recommended=True)
    assert withheld(draft(), highest) is None
    in_heart_failure = withheld(draft(), highest, interval_only=True)
    assert in_heart_failure is not None
    assert in_heart_failure.code is IssueCode.ORDER_DOSE_IN_DOUBT
    assert withheld(draft(), interval_only=True) is None
    above = Option(OptionKind.RAISE_DOSE, 660, 11, 56, recommended=True)
    assert withheld(draft(), above) is not None


@pytest.mark.parametrize(
    "option",
    [
        Option(OptionKind.SHORTEN_INTERVAL_2_WEEKS, 300, 5, 42),
        Option(OptionKind.SPECIALIST_REVIEW, recommended=True),
    ],
)
def test_without_a_recommended_regimen_or_an_order_nothing_is_withheld(option):
    assert withheld(draft(amount_mg=600), option, dose_in_doubt=True) is None
    assert withheld(None, dose_in_doubt=True) is None


def test_an_option_with_only_an_interval_or_only_a_dose_is_withheld_too():
    interval = Option(OptionKind.SHORTEN_INTERVAL_2_WEEKS, interval_days=42, recommended=True)
    milligrams = Option(OptionKind.RAISE_DOSE, dose_mg=240, recommended=True)
    per_kg = Option(OptionKind.RAISE_DOSE, dose_mg_per_kg=4, recommended=True)
    for option in (interval, milligrams, per_kg):
        assert withheld(draft(), option, dose_in_doubt=True) is not None


def test_in_a_pregnancy_without_activity_no_button_changes_the_order():
    def quiet(order, **doubt):
        found = withheld_update(
            order,
            (EVERY_6_WEEKS,),
            regimen(),
            policy(),
            dose_in_doubt=doubt.get("dose_in_doubt", False),
            interval_only=False,
            quiet_pregnancy=True,
        )
        return next(((one.code, one.subject, one.source) for one in found), None)

    assert quiet(draft()) == (IssueCode.ORDER_IN_PREGNANCY, "order", draft().source)
    assert quiet(draft(), dose_in_doubt=True)[0] is IssueCode.ORDER_DOSE_IN_DOUBT
    assert quiet(None) is None


@pytest.mark.parametrize(
    ("fields", "force", "differs"),
    [
        ({}, {}, False),
        ({"amount_mg": 306}, {}, False),  # 300 is 98 % of it
        ({"amount_mg": 307}, {}, True),
        ({"amount_mg": 294}, {}, False),
        ({"amount_mg": 293}, {}, True),
        ({"interval_days": 57}, {}, False),
        ({"interval_days": 58}, {}, True),
        ({"interval_days": 55}, {}, False),
        ({"interval_days": 54}, {}, True),
        ({"interval_days": None, "amount_mg": 600}, {}, False),
        ({"amount_mg": 600}, {"interval_days": None}, False),
        ({"amount_mg": None, "interval_days": 28}, {}, False),
        ({"interval_days": 28}, {"dose_mg": None, "dose_mg_per_kg": None}, False),
        ({"amount_mg": 600, "loading_schedule": True}, {}, False),
        ({"amount_mg": None, "amount_mg_per_kg": 5}, {"dose_mg_per_kg": None}, False),
        ({"amount_mg": None, "amount_mg_per_kg": 6}, {"dose_mg_per_kg": None}, True),
        ({"amount_mg": None, "amount_mg_per_kg": 6}, {"dose_mg_per_kg": None, "weight_kg": None}, False),
        ({"amount_mg": None, "amount_mg_per_kg": 6}, {"dose_mg": None, "weight_kg": None}, True),
        ({"amount_mg": 330, "amount_mg_per_kg": 5}, {}, False),  # the weight has changed, not the dose
        ({"amount_mg": 300, "amount_mg_per_kg": 6}, {}, False),
        # Seen from infusions only: within the days that count as on time.
        ({}, {"interval_days": 60, "observed_interval_days": 60}, False),
        ({}, {"interval_days": 42, "observed_interval_days": 42}, True),
        ({}, {"interval_days": 60, "observed_interval_days": 60, "ordered_interval_days": 60}, True),
        ({}, {"interval_days": 60}, True),
    ],
)
def test_an_order_differs_from_the_regimen_in_force_by_its_dose_or_its_interval(fields, force, differs):
    assert (differing_order(draft(**fields), regimen(**force), policy()) is not None) is differs


def test_an_order_that_differs_is_named_beside_the_regimen_in_force():
    issue = differing_order(draft(amount_mg=200), regimen(), policy())
    assert issue is not None
    assert (issue.code, issue.subject, issue.source) == (
        IssueCode.DRAFT_DIFFERS_FROM_REGIMEN,
        "order",
        draft().source,
    )
    assert issue.parameters == (
        ("ordered", "200 mg every 56 days"),
        ("in_force", "300 mg or 5 mg/kg every 56 days"),
    )
    assert differing_order(None, regimen(), policy()) is None


def test_an_order_in_mg_is_held_against_an_option_per_kg_by_the_weight():
    option = Option(OptionKind.SHORTEN_INTERVAL_2_WEEKS, dose_mg_per_kg=5, interval_days=42)
    assert asks_for_more(draft(amount_mg=600), option, 60)
    assert not asks_for_more(draft(amount_mg=300), option, 60)
    assert not asks_for_more(draft(amount_mg=600), option, None)


OPEN = DataIssue(IssueCode.ORDER_SAFETY_OPEN, "order")


@pytest.mark.parametrize(
    ("order", "doubts", "beside"),
    [
        (draft(), {}, []),
        (draft(amount_mg=600), {}, [IssueCode.ORDER_STRONGER]),
        (draft(amount_mg=600), {"dose_in_doubt": True}, [IssueCode.ORDER_DOSE_IN_DOUBT]),
        (draft(), {"quiet_pregnancy": True}, [IssueCode.ORDER_IN_PREGNANCY]),
    ],
)
def test_an_open_safety_question_is_named_first_and_hides_nothing_of_the_order(order, doubts, beside):
    doubts = {"dose_in_doubt": False, **doubts}
    found = withheld_update(
        order, (EVERY_6_WEEKS,), regimen(), policy(), interval_only=False, open_safety=OPEN, **doubts
    )
    assert [one.code for one in found] == [IssueCode.ORDER_SAFETY_OPEN, *beside]
