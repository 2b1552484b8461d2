"""Phase of the course and what is presumed where its start is unknown."""

import pytest

from tdm.course_history import History, Infusion
from tdm.decision import Phase
from tdm.facts import FactGroup, OrderState, Shortfall
from tdm.history import read_history
from tdm.issues import IssueCode
from tdm.knowledge.loader import load_knowledge
from tdm.phase import PhaseReading, is_starting, phase_at, phase_of_day
from tests.support.course_builder import (
    NOW,
    course,
    draft,
    infusion,
    infusions,
    issue,
    lacking,
    level,
    moment,
    order,
    source,
)

POLICY = load_knowledge().policy
CUT = lacking(FactGroup.ADMINISTRATIONS, Shortfall.TRUNCATED)


def phase(*parts: object, at=NOW, starting: bool = False) -> PhaseReading:
    return phase_at(at, read_history(course(*parts), NOW, POLICY)[0], POLICY, starting=starting)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (0, Phase.INDUCTION_WEEK_2),
        (28, Phase.INDUCTION_WEEK_2),
        (29, Phase.INDUCTION_WEEK_6),
        (83, Phase.INDUCTION_WEEK_6),
        (84, Phase.POST_INDUCTION),
        (125, Phase.POST_INDUCTION),
        (126, Phase.MAINTENANCE),
    ],
)
def test_the_day_of_the_course_gives_the_phase(day, expected):
    assert phase_of_day(day, POLICY) is expected


def test_days_of_the_course_are_calendar_days():
    history = History(
        (Infusion(moment(84, hour=23), source("MedicationAdministration", "1")),), (), True, False
    )
    assert phase_at(moment(0, hour=1), history, POLICY, starting=False) == PhaseReading(Phase.POST_INDUCTION)


def test_a_known_start_gives_the_phase_without_a_doubt():
    assert phase(*infusions(14, 28)) == PhaseReading(Phase.INDUCTION_WEEK_2)


@pytest.mark.parametrize(("days_ago", "presumed"), [(126, False), (125, True)])
def test_a_dose_eighteen_weeks_ago_proves_maintenance_whenever_the_course_began(days_ago, presumed):
    found = phase(infusion(days_ago), CUT)
    assert found.phase is Phase.MAINTENANCE
    assert found.presumed is presumed
    assert (found.issue is not None) is presumed


@pytest.mark.parametrize(("count", "presumed"), [(4, False), (3, True)])
def test_four_infusions_on_record_let_maintenance_be_presumed(count, presumed):
    found = phase(*infusions(*range(0, 28 * count, 28)), CUT)
    assert found.phase is Phase.MAINTENANCE
    assert found.presumed is presumed
    code = IssueCode.FIRST_INFUSION_UNKNOWN if presumed else IssueCode.MAINTENANCE_PRESUMED
    assert found.issue is not None
    assert found.issue.code is code


@pytest.mark.parametrize(
    ("days_ago", "state", "presumed"),
    [
        (127, OrderState.ACTIVE, False),
        (126, OrderState.ACTIVE, True),
        (127, OrderState.ENDED, False),
        (None, OrderState.ACTIVE, True),
    ],
)
def test_an_order_older_than_eighteen_weeks_lets_maintenance_be_presumed(days_ago, state, presumed):
    at = moment(0)
    assert phase(order(days_ago, state=state), at=at).presumed is presumed


def test_the_age_of_the_order_is_counted_at_the_sample():
    assert phase(order(130), at=moment(10)).presumed


def test_a_starting_course_is_in_induction_without_a_doubt():
    assert phase(starting=True) == PhaseReading(Phase.INDUCTION_WEEK_2)


def starting(*parts: object) -> bool:
    patient = course(*parts)
    return is_starting(patient, read_history(patient, NOW, POLICY)[0], NOW, POLICY)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((), True),
        ((draft(),), True),
        ((order(14, hour=10),), True),
        ((order(15, hour=10),), False),
        ((order(None),), False),
        ((infusion(7),), False),
        ((level(4.0),), False),
        ((level(0.0),), False),
        ((issue(IssueCode.LEVEL_UNIT_UNKNOWN),), False),
        ((issue(IssueCode.LEVEL_UNIT_MISSING),), False),
        ((issue(IssueCode.LEVEL_VALUE_UNREADABLE),), False),
        ((issue(IssueCode.LEVEL_NAMED_NOT_TROUGH),), False),
        ((issue(IssueCode.OTHER_PATIENT),), False),
        ((issue(IssueCode.LEVEL_PENDING),), True),
        ((lacking(FactGroup.LABORATORY),), False),
        ((lacking(FactGroup.ORDERS),), False),
        ((lacking(FactGroup.ADMINISTRATIONS),), False),
        ((lacking(FactGroup.CONDITIONS),), True),
    ],
)
def test_a_course_starts_where_nothing_is_on_record_and_all_was_asked_for(parts, expected):
    assert starting(*parts) is expected
