"""Several records of one dose: copies of one amount, parts of a sum, or nothing certain."""

from dataclasses import replace
from itertools import permutations

import pytest

from tdm.course_history import History, Infusion
from tdm.facts import Dose, OrderState
from tdm.history import read_history
from tdm.issues import DataIssue, IssueCode
from tdm.knowledge.loader import load_knowledge
from tdm.source import Source
from tests.support.course_builder import (
    IV,
    NOW,
    SC,
    course,
    draft,
    infusion,
    moment,
    order,
    weight,
)

POLICY = load_knowledge().policy
JOINED, UNCLEAR = IssueCode.DOSE_RECORDS_JOINED, IssueCode.DOSE_AMOUNTS_DIFFER
ORDERED = order(400, mg=350, mg_per_kg=None)


def history(*parts: object) -> tuple[History, tuple[DataIssue, ...]]:
    return read_history(course(*parts), NOW, POLICY)


def bags(*amounts: float | None, days_ago: float = 56, **more: object) -> list[Dose]:
    """Bags of one infusion, an hour apart."""
    return [
        infusion(days_ago, mg=amount, hour=9 + number, reference=f"bag-{days_ago:g}-{number}", **more)
        for number, amount in enumerate(amounts)
    ]


def copies(amount: float, *, days_ago: float = 56, count: int = 2) -> list[Dose]:
    """Records that differ in their id only."""
    return [infusion(days_ago, mg=amount, reference=f"copy-{days_ago:g}-{number}") for number in range(count)]


def joined(doses: list[Dose], *parts: object) -> tuple[float | None, list[IssueCode]]:
    """The amount in mg of the only infusion, with the issues, the same in every order of the records."""
    found = set()
    for some in permutations(doses):
        read, issues = history(*some, *parts)
        (one,) = read.infusions
        assert one.given.at == min(dose.given.at for dose in doses)
        assert one.unclear is (UNCLEAR in [issue.code for issue in issues])
        found.add((one, tuple(issues)))
    assert len(found) == 1
    ((infused, issues),) = found
    return infused.amount_mg, [issue.code for issue in issues]


@pytest.mark.parametrize(
    "doses",
    [
        bags(175, 175),
        copies(175),
        bags(200, 150),
        bags(100, 100, 100, 50),
        [*bags(175, 175), infusion(56, mg=175, hour=9, reference="copy")],
    ],
)
def test_parts_that_come_to_what_is_ordered_are_one_infusion_and_named(doses):
    assert joined(doses, ORDERED) == (350, [JOINED])


@pytest.mark.parametrize("doses", [bags(350, 350), copies(350), bags(320, 320), copies(350, count=3)])
def test_records_that_each_say_what_is_ordered_are_one_dose(doses):
    assert joined(doses, ORDERED) == (doses[0].amount_mg, [])


@pytest.mark.parametrize(
    "doses", [bags(300, 50), bags(350, 100), bags(350, 175, 175), bags(175, 175, 175), bags(120, 120)]
)
def test_records_that_come_to_no_such_amount_leave_the_dose_unclear(doses):
    assert joined(doses, ORDERED) == (None, [UNCLEAR])


def test_an_order_per_kilogram_counts_at_the_weight_nearest_to_the_day():
    per_kg = order(400, mg_per_kg=5)
    grown = [weight(70, 60), weight(35, 300)]
    assert joined(bags(175, 175), per_kg, *grown) == (350, [JOINED])
    assert joined(bags(175, 175, days_ago=280), per_kg, *grown) == (175, [])
    assert joined(bags(175, 175), per_kg) == (None, [UNCLEAR])
    assert joined(copies(175), per_kg, weight(0, 60), weight(float("inf"), 60)) == (175, [])


def test_amounts_per_kilogram_are_added_up_too():
    halves = [infusion(56, mg=None, mg_per_kg=2.5, hour=hour, reference=f"{hour}") for hour in (9, 10)]
    for parts in ((order(400, mg_per_kg=5),), (order(400, mg=350, mg_per_kg=None), weight(70, 60))):
        read, issues = history(*halves, *parts)
        assert (read.infusions[0].amount_mg, read.infusions[0].amount_mg_per_kg) == (None, 5)
        assert dict(issues[0].parameters)["records"] == "2.5 mg/kg + 2.5 mg/kg"
        assert dict(issues[0].parameters)["taken"] == "5 mg/kg"
    assert joined(halves, ORDERED) == (None, [UNCLEAR])


def test_what_was_ordered_for_the_day_goes_before_all_else():
    doubled = order(30, mg=700, mg_per_kg=None, reference="later")
    assert joined(bags(350, 350), ORDERED, doubled) == (350, [])
    assert joined(bags(350, 350, days_ago=20), ORDERED, doubled) == (700, [JOINED])
    stopped = order(400, mg=700, mg_per_kg=None, state=OrderState.STOPPED, ended_days_ago=40)
    assert joined(bags(350, 350), stopped, draft(mg=350, mg_per_kg=None)) == (700, [JOINED])


@pytest.mark.parametrize("state", [OrderState.STOPPED, OrderState.ENDED])
def test_an_order_of_another_time_speaks_where_nothing_contradicts_it(state):
    former = order(400, mg=350, mg_per_kg=None, state=state)
    assert joined(bags(175, 175), former) == (350, [JOINED])
    assert joined(bags(175, 175), former, weight(35, 60)) == (350, [JOINED])
    assert joined(bags(175, 175), former, weight(17, 60)) == (None, [UNCLEAR])


def test_doses_of_other_days_tell_parts_from_copies():
    whole = [infusion(days, mg=350) for days in (112, 168)]
    for doses, amount in ((bags(175, 175), 350), (bags(350, 350), 350)):
        read, issues = history(*doses, *whole)
        assert [one.amount_mg for one in read.infusions] == [350, 350, amount]
        assert [issue.code for issue in issues] == (
            [JOINED] if len({d.amount_mg for d in doses} & {175}) else []
        )
    both = [infusion(112, mg=350), infusion(168, mg=700)]
    assert history(*bags(350, 350), *both)[0].infusions[-1].unclear


def test_the_weight_tells_where_only_one_amount_is_a_dose_that_is_given():
    assert joined(bags(175, 175), weight(70, 60)) == (350, [JOINED])
    assert joined(bags(700, 700), weight(70, 60)) == (700, [])
    assert joined(bags(350, 350), weight(70, 60)) == (None, [UNCLEAR])
    assert joined(bags(120, 120, route=SC), weight(30, 60)) == (None, [UNCLEAR])


def test_an_order_that_is_no_dose_at_the_weight_does_not_settle_what_its_parts_come_to():
    half = order(400, mg=175, mg_per_kg=None)
    assert joined(bags(175, 175), half) == (175, [])
    assert joined(bags(175, 175), half, weight(35, 60)) == (175, [])
    assert joined(bags(175, 175), half, weight(70, 60)) == (None, [UNCLEAR])


def test_the_order_in_front_may_say_that_records_are_copies_but_never_alone_that_they_are_parts():
    renewed, doubled = draft(mg=350, mg_per_kg=None), draft(mg=700, mg_per_kg=None)
    assert joined(bags(350, 350), renewed) == (350, [])
    assert joined(bags(350, 350), doubled) == (None, [UNCLEAR])
    assert joined(copies(350), doubled) == (None, [UNCLEAR])
    assert joined(bags(175, 175), renewed, weight(70, 60)) == (350, [JOINED])
    assert joined(bags(700, 700), draft(mg=1400, mg_per_kg=None), weight(70, 60)) == (None, [UNCLEAR])


def test_where_nothing_speaks_records_of_one_moment_are_copies_and_others_are_unclear():
    assert joined(copies(350)) == (350, [])
    assert joined(bags(350, 350)) == (None, [UNCLEAR])
    assert joined(bags(200, 150)) == (None, [UNCLEAR])


def test_a_record_without_an_amount_leaves_a_part_unclear():
    stopped_and_restarted = bags(None, 150)
    assert joined(stopped_and_restarted, ORDERED) == (None, [UNCLEAR])
    assert joined(stopped_and_restarted, weight(70, 60)) == (None, [UNCLEAR])
    assert joined(bags(None, 350), ORDERED) == (350, [])
    assert joined(stopped_and_restarted) == (150, [])
    assert joined(bags(None, None), ORDERED) == (None, [])


def test_two_routes_or_reports_are_never_added_up():
    assert joined(
        [infusion(56, mg=175, route=IV, reference="a"), infusion(56, mg=175, route=SC)], ORDERED
    ) == (
        175,
        [],
    )
    assert joined(bags(175, 175, reported=True), ORDERED) == (175, [])


def test_pens_of_one_day_come_to_the_ordered_injection():
    assert joined(bags(120, 120, route=SC), order(400, mg=240, mg_per_kg=None, route=SC)) == (240, [JOINED])
    assert joined(bags(120, 120, route=SC), order(400, mg=120, mg_per_kg=None, route=SC)) == (120, [])


def test_two_versions_of_one_record_are_no_parts():
    before, after = infusion(56, mg=150, hour=9), infusion(56, mg=200, hour=10)
    assert before.source == after.source
    assert joined([before, after], ORDERED) == (None, [UNCLEAR])
    moved = [infusion(56, mg=175, hour=hour) for hour in (9, 10)]
    assert joined(moved, ORDERED) == (175, [])
    assert joined([*moved, infusion(56, mg=175, hour=11, reference="b")], ORDERED) == (350, [JOINED])
    nameless = [replace(one, source=Source("MedicationAdministration", "")) for one in moved]
    assert joined(nameless, ORDERED) == (350, [JOINED])


def test_one_record_sent_twice_is_one_dose():
    one = infusion(56, mg=175)
    assert joined([one, one], ORDERED) == (175, [])


def test_one_issue_names_the_last_of_all_joined_doses_and_how_many_there_are():
    read, issues = history(*bags(175, 175), *bags(175, 175, days_ago=112), ORDERED)
    assert [one.amount_mg for one in read.infusions] == [350, 350]
    (issue,) = issues
    said = {"day": moment(56).day.isoformat(), "records": "175 mg + 175 mg", "taken": "350 mg", "count": "2"}
    assert dict(issue.parameters) == said


@pytest.mark.parametrize("hours", [(23, 1), (None, 1), (23, None), (None, None)])
def test_an_infusion_that_goes_on_past_midnight_is_one_of_the_day_that_it_began(hours):
    before, after = hours
    halves = [
        infusion(57, mg=175, hour=before, reference="a"),
        infusion(56, mg=175, hour=after, reference="b"),
    ]
    assert joined(halves, ORDERED) == (350, [JOINED])
    whole = [
        infusion(57, mg=350, hour=before, reference="a"),
        infusion(56, mg=350, hour=after, reference="b"),
    ]
    assert joined(whole, ORDERED) == (350, [JOINED])
    assert history(*halves, ORDERED)[0].infusions[0].given.day == moment(57).day


def test_three_days_in_a_row_or_two_routes_are_no_infusion_past_midnight():
    three = [infusion(days, mg=350) for days in (55, 56, 57)]
    assert len(history(*three, ORDERED)[0].infusions) == 3
    two = [infusion(57, route=IV), infusion(56, mg=120, route=SC)]
    assert len(history(*two)[0].infusions) == 2


def test_a_record_without_an_amount_is_named_as_such_among_the_joined():
    halves = [infusion(57, mg=None, reference="a"), infusion(56, mg=350, reference="b")]
    _, issues = history(*halves, ORDERED)
    assert dict(issues[0].parameters)["records"] == "no amount + 350 mg"


def test_an_infusion_of_one_record_is_never_unclear():
    assert history(infusion(56, mg=None))[0].infusions == (
        Infusion(moment(56, hour=9), infusion(56).source, IV),
    )
