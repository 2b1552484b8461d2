"""The regimen in force: route, dose, interval and cap."""

import pytest

from tdm.course_history import History
from tdm.decision import Regimen
from tdm.facts import FactGroup, Order, OrderState, Route
from tdm.history import read_history
from tdm.issues import DataIssue, IssueCode
from tdm.knowledge.loader import load_knowledge
from tdm.regimen import (
    days_text,
    dose_text,
    draft_regimen,
    is_at_cap,
    observed_interval,
    ordered_interval,
    planned_interval,
    regimen_in_force,
    route_at,
)
from tests.support.course_builder import (
    IV,
    NOW,
    SC,
    course,
    draft,
    infusion,
    infusions,
    lacking,
    maintenance,
    moment,
    order,
    weight,
)

POLICY = load_knowledge().policy
STOPPED = OrderState.STOPPED


def history(*parts: object) -> History:
    return read_history(course(*parts), NOW, POLICY)[0]


def regimen(*parts: object, asked: Order | None = None, kilograms: float | None = 70, route: Route = IV):
    weighed = None if kilograms is None else weight(kilograms)
    found, issues = regimen_in_force(NOW, route, history(*parts), asked, weighed, POLICY)
    return found, [issue.code for issue in issues]


# ---- interval


@pytest.mark.parametrize(
    ("orders", "interval"),
    [
        ((order(400, interval=56), order(100, interval=42)), 42),
        ((order(400, interval=56), order(100, interval=None)), 56),
        ((order(None, interval=28), order(400, interval=56)), 56),
        ((order(None, interval=28),), 28),
        ((order(0, interval=28), order(400, interval=56)), 28),
        ((order(-1, interval=28), order(400, interval=56)), 56),
        ((order(100, interval=28, state=STOPPED), order(400, interval=56)), 56),
        ((order(100, interval=28, state=STOPPED, ended_days_ago=0), order(400, interval=56)), 56),
        ((order(100, interval=28, state=STOPPED, ended_days_ago=-1), order(400, interval=56)), 28),
        ((), None),
    ],
)
def test_the_latest_order_in_force_gives_the_interval(orders, interval):
    assert ordered_interval(history(*orders).orders, NOW) == interval


def test_a_stopped_order_was_in_force_until_its_end():
    orders = history(order(400, interval=28, state=STOPPED, ended_days_ago=50)).orders
    assert ordered_interval(orders, moment(51)) == 28
    assert ordered_interval(orders, moment(50)) is None


def test_the_observed_interval_is_the_median_of_the_last_three_steps():
    found = history(*infusions(0, 42, 98, 140, 240, 340))
    assert observed_interval(found.infusions, found, POLICY) == 42


def test_the_steps_of_induction_are_not_observed():
    found = history(*infusions(0, 28, 42))
    assert observed_interval(found.infusions, found, POLICY) is None
    four = history(*infusions(0, 56, 84, 98))
    assert observed_interval(four.infusions, four, POLICY) == 56


def test_a_restarted_course_has_no_induction_to_skip():
    found = history(*infusions(0, 40, 300))
    assert observed_interval(found.infusions, found, POLICY) == 40


@pytest.mark.parametrize(
    ("parts", "asked", "expected"),
    [
        ((order(400, interval=42), *maintenance()), draft(interval=28), (42, False)),
        ((order(10, interval=42), *maintenance(60)), draft(interval=28), (56, False)),
        ((order(10, interval=42), infusion(56)), draft(interval=28), (42, False)),
        ((order(10, interval=None), infusion(56)), draft(interval=28), (28, True)),
        ((infusion(56),), draft(interval=None), (None, False)),
        ((infusion(56),), None, (None, False)),
        ((order(10, interval=42), order(9, interval=35), infusion(56)), None, (35, False)),
    ],
)
def test_the_planned_interval_is_ordered_else_observed_else_of_a_later_order_else_the_drafts(
    parts, asked, expected
):
    assert planned_interval(moment(20), history(*parts), asked, POLICY) == expected


def test_order_and_infusions_that_disagree_are_both_shown():
    found, codes = regimen(*maintenance(14, every=28), order(400, interval=56))
    assert (found.interval_days, found.ordered_interval_days, found.observed_interval_days) == (56, 56, 28)
    assert codes == [IssueCode.INTERVAL_DISAGREES]


@pytest.mark.parametrize(("every", "disagree"), [(33, True), (34, False), (50, False), (51, True)])
def test_infusions_within_the_trough_window_of_the_order_agree(every, disagree):
    cut = lacking(FactGroup.ADMINISTRATIONS)
    _, codes = regimen(*infusions(0, every, 2 * every), cut, order(400, interval=40))
    assert (IssueCode.INTERVAL_DISAGREES in codes) is disagree


def test_the_issue_of_a_disagreement_says_both_sides_and_whose_dose_it_is():
    given = infusion(10, mg=350, reference="a")
    parts = (order(400, mg_per_kg=10, interval=56), given, infusion(38), infusion(66), infusion(94))
    _, issues = regimen_in_force(NOW, IV, history(*parts), None, weight(70), POLICY)
    doses = (("ordered", "10 mg/kg"), ("given", "350 mg"))
    intervals = (("ordered", "8 weeks"), ("observed", "4 weeks"))
    assert issues == (
        DataIssue(IssueCode.DOSE_DISAGREES, "dose", doses, given.source),
        DataIssue(IssueCode.INTERVAL_DISAGREES, "interval", intervals),
    )


def test_the_interval_observed_is_that_of_the_route_asked_for():
    parts = (*infusions(60, 116, 172, 228, mg=300), infusion(4, route=SC, mg=120))
    assert planned_interval(NOW, history(*parts), None, POLICY, IV) == (56, False)
    assert planned_interval(NOW, history(*parts), None, POLICY) == (None, False)
    assert regimen(*parts)[0].interval_days == 56
    assert regimen(*parts, route=SC)[0].interval_days is None


def test_the_interval_of_the_draft_is_the_regimens_only_for_want_of_another():
    assert regimen(asked=draft(interval=42))[0].interval_days == 42
    assert regimen(order(400, interval=56), asked=draft(interval=42))[0].interval_days == 56


# ---- dose


def test_the_last_dose_is_in_force_and_the_weight_gives_mg_per_kg():
    found, codes = regimen(*maintenance(), order(400))
    assert (found.dose_mg, found.dose_mg_per_kg, found.weight_kg) == (350, 5, 70)
    assert codes == []


def test_without_a_weight_mg_per_kg_stays_unknown():
    found, _ = regimen(*maintenance(), kilograms=None)
    assert (found.dose_mg, found.dose_mg_per_kg, found.weight_kg) == (350, None, None)


def test_mg_follow_from_mg_per_kg_and_weight():
    found, _ = regimen(order(400, mg_per_kg=10))
    assert (found.dose_mg, found.dose_mg_per_kg) == (700, 10)


def test_what_the_record_states_is_not_recomputed():
    found, _ = regimen(order(400, mg=400, mg_per_kg=5))
    assert (found.dose_mg, found.dose_mg_per_kg) == (400, 5)


def test_an_order_after_the_last_dose_announces_the_next_one():
    found, codes = regimen(*maintenance(56), order(400), order(10, mg_per_kg=10))
    assert found.dose_mg_per_kg == 10
    assert codes == [IssueCode.DOSE_DISAGREES]


@pytest.mark.parametrize("days_ago", [56, 400, None])
def test_an_order_not_after_the_last_dose_yields_to_it(days_ago):
    found, codes = regimen(*maintenance(56), order(days_ago, mg_per_kg=10))
    assert found.dose_mg_per_kg == 5
    assert codes == [IssueCode.DOSE_DISAGREES]


def test_the_draft_gives_the_dose_only_where_there_is_nothing_else():
    assert regimen(asked=draft(mg_per_kg=10))[0].dose_mg_per_kg == 10
    assert regimen(order(400), asked=draft(mg_per_kg=10))[0].dose_mg_per_kg == 5
    assert regimen(infusion(56), asked=draft(mg_per_kg=10))[0].dose_mg_per_kg == 5
    assert regimen()[0] == Regimen(IV, weight_kg=70)


def test_doses_and_orders_of_another_route_or_without_an_amount_give_no_dose():
    found, _ = regimen(
        infusion(56), infusion(10, route=SC, mg=120), order(400), order(9, route=SC, mg=120, mg_per_kg=None)
    )
    assert found.dose_mg == 350
    found, _ = regimen(infusion(56), infusion(10, mg=None), order(9, mg_per_kg=None))
    assert found.dose_mg == 350
    found, _ = regimen(infusion(56, route=None), order(9, route=None, mg_per_kg=10))
    assert found.dose_mg_per_kg == 10


def test_a_subcutaneous_dose_has_no_mg_per_kg():
    found, _ = regimen(order(400, route=SC, mg=120, mg_per_kg=None, interval=14), route=SC)
    assert (found.dose_mg, found.dose_mg_per_kg) == (120, None)


def test_the_regimen_of_the_draft_has_its_own_dose_interval_and_route():
    asked = draft_regimen(draft(mg_per_kg=10, interval=28), IV, weight(70))
    assert asked == Regimen(IV, 700, 10, 28, 28, None, 70)
    assert draft_regimen(draft(route=None), SC, None).route is SC
    assert draft_regimen(draft(route=SC), IV, None).route is SC
    pen = draft_regimen(draft(route=SC, mg=120, mg_per_kg=None), IV, weight(70))
    assert (pen.dose_mg, pen.dose_mg_per_kg) == (120, None)


# ---- route


@pytest.mark.parametrize(
    ("parts", "asked", "route"),
    [
        ((), None, None),
        ((), draft(route=SC), SC),
        ((order(100, route=SC),), draft(route=IV), SC),
        ((infusion(56, route=SC),), draft(route=IV), SC),
        ((infusion(56), order(57, route=SC)), None, IV),
        ((infusion(56), order(56, route=SC)), None, IV),
        ((infusion(56), order(13, route=SC, hour=10)), None, IV),
        ((infusion(56), order(14, route=SC, hour=10)), None, SC),
        ((infusion(56), order(None, route=SC)), None, IV),
        ((infusion(56), infusion(10, route=None)), None, IV),
        ((order(100, route=SC), order(50, route=None)), None, SC),
        ((infusion(0), order(100, route=SC)), None, IV),
    ],
)
def test_the_last_dose_gives_the_route_unless_a_later_order_of_another_has_settled(parts, asked, route):
    assert route_at(NOW, history(*parts), asked, POLICY) is route


def test_the_route_is_that_at_the_moment_asked_for():
    found = history(infusion(100), infusion(20, route=SC))
    assert route_at(moment(21), found, None, POLICY) is IV
    assert route_at(moment(20), found, None, POLICY) is SC


# ---- cap


@pytest.mark.parametrize(
    ("per_kg", "interval", "capped"),
    [
        (10, 28, True),
        (9.5, 29, True),
        (9.49, 28, False),
        (10, 29.1, False),
        (None, 28, False),
        (10, None, False),
    ],
)
def test_the_cap_is_ten_mg_per_kg_every_four_weeks(per_kg, interval, capped):
    assert is_at_cap(Regimen(IV, None, per_kg, interval), POLICY) is capped


@pytest.mark.parametrize(
    ("mg", "interval", "capped"),
    [
        (240, 14, True),
        (120, 14, False),
        (120, 7, True),
        (240, None, True),
        (120, None, False),
        (None, 14, False),
        (228, 14, True),
        (227, 14, False),
    ],
)
def test_the_subcutaneous_cap_is_the_doubled_dose_in_any_rhythm(mg, interval, capped):
    assert is_at_cap(Regimen(SC, mg, None, interval), POLICY) is capped


def test_an_interval_of_no_days_is_none():
    assert ordered_interval((order(400, interval=56), order(100, interval=0)), NOW) == 56
    assert planned_interval(NOW, history(), draft(interval=0), POLICY) == (None, False)
    ended = order(None, interval=0, state=STOPPED)
    assert planned_interval(NOW, history(ended), draft(interval=42), POLICY) == (42, True)
    found, issues = regimen(order(400, interval=0), *infusions(56, 112, 168))
    assert (found.ordered_interval_days, found.interval_days, issues) == (None, 56, [])


# ---- words


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (56, "8 weeks"),
        (7, "1 week"),
        (3, "3 days"),
        (55.8, "8 weeks"),
        (55.4, "55 days"),
        (56.5, "56 days"),
        (56.4, "8 weeks"),
        (60, "60 days"),
        (0.2, "0 days"),
    ],
)
def test_intervals_read_in_weeks_where_they_are_whole(days, text):
    assert days_text(days) == text


def test_a_dose_reads_in_mg_per_kg_and_mg():
    assert dose_text(order(mg=350, mg_per_kg=5)) == "5 mg/kg = 350 mg"
    assert dose_text(infusion(mg=350)) == "350 mg"
    assert dose_text(order(mg_per_kg=7.5)) == "7.5 mg/kg"


def injections(days_ago: float = 0, **more):
    return order(days_ago, mg=120, mg_per_kg=None, interval=14, route=SC, **more)


def test_the_rhythm_of_injections_is_none_of_infusions():
    found, _ = regimen(infusions(*range(56, 300, 56)), order(300, mg=350, mg_per_kg=None), injections())
    assert (found.dose_mg, found.interval_days) == (350, 56)
    found, _ = regimen(infusions(*range(56, 300, 56)), injections())
    assert (found.dose_mg, found.interval_days) == (350, 56)
    found, _ = regimen(infusions(56), injections())
    assert (found.dose_mg, found.interval_days) == (350, None)
    found, _ = regimen(infusions(56), asked=draft(mg=120, mg_per_kg=None, interval=14, route=SC))
    assert found.interval_days is None


def test_the_rhythm_of_infusions_is_none_of_injections():
    found, _ = regimen(order(100, mg=350, mg_per_kg=None), injections(200), route=SC)
    assert (found.dose_mg, found.interval_days) == (120, 14)


def test_an_interval_of_an_unnamed_route_fits():
    found, _ = regimen(infusions(56), order(300, route=None, interval=42))
    assert found.interval_days == 42


@pytest.mark.parametrize(
    ("parts", "doubtful"),
    [
        ((order(300, mg=350, mg_per_kg=None), infusion(112), infusion(56, mg=100)), True),
        ((order(300, mg=350, mg_per_kg=None), infusion(56, mg=100)), True),
        ((order(300, mg=350, mg_per_kg=None), infusion(112), infusion(56, mg=700)), True),
        ((order(300, mg=350, mg_per_kg=None), infusion(112, mg=700), infusion(56, mg=700)), False),
        ((order(300, mg=350, mg_per_kg=None), infusion(112), infusion(56, mg=400)), False),
        ((order(300, mg=None, mg_per_kg=5), infusion(112), infusion(56, mg=None, mg_per_kg=1.4)), True),
        ((order(10, mg=700, mg_per_kg=None), infusion(112), infusion(56)), False),  # the order announces it
        ((order(300, mg=None, mg_per_kg=None), infusion(112), infusion(56, mg=100)), False),
        ((infusion(112), infusion(56, mg=100)), False),
    ],
)
def test_a_last_dose_that_stands_alone_against_its_order_is_doubtful(parts, doubtful):
    found, _ = regimen(*parts)
    assert found.dose_doubtful is doubtful


def test_without_a_weight_only_doses_in_one_unit_are_compared():
    found, _ = regimen(order(300), infusion(112), infusion(56, mg=100), kilograms=None)
    assert not found.dose_doubtful


@pytest.mark.parametrize(
    ("parts", "doubtful"),
    [
        ((order(500), maintenance(every=28)), True),
        ((order(500), maintenance()), False),
        ((order(500, interval=28), maintenance()), False),  # fewer infusions than ordered: some were missed
        ((order(500), order(10, reference="MedicationRequest/new"), maintenance(every=28)), False),
        (
            (order(500), order(10, interval=None, reference="MedicationRequest/new"), maintenance(every=28)),
            True,
        ),
        ((order(None), maintenance(every=28)), True),
    ],
)
def test_an_order_that_is_outrun_by_its_infusions_is_doubtful_unless_a_newer_one_announces(parts, doubtful):
    found, issues = regimen(*parts)
    assert found.interval_doubtful is doubtful
    assert not doubtful or IssueCode.INTERVAL_DISAGREES in issues


@pytest.mark.parametrize(("hours", "doubtful"), [((9, 10), True), ((9, 9), False)])
def test_a_dose_that_only_the_draft_tells_is_in_doubt_where_records_of_the_last_one_do_not_agree(
    hours, doubtful
):
    halves = [infusion(56, mg=350, hour=hour, reference=f"{number}") for number, hour in enumerate(hours)]
    asked = draft(mg=700, mg_per_kg=None) if doubtful else draft(mg=350, mg_per_kg=None)
    patient = course(*halves, asked)
    found, _ = regimen_in_force(
        NOW, Route.INTRAVENOUS, read_history(patient, NOW, POLICY)[0], patient.draft, None, POLICY
    )
    assert found.dose_doubtful is doubtful
