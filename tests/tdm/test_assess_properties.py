"""What holds of every assessment, whatever the course."""

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from tdm.assess import assess
from tdm.decision import LevelClass
from tdm.facts import (
    AtiWord,
    Comparator,
    FactGroup,
    Finding,
    Marker,
    Moment,
    OrderState,
    ResultStatus,
    Route,
    Shortfall,
    TreatmentCourse,
)
from tdm.knowledge.loader import load_knowledge
from tests.support.course_builder import (
    NOW,
    adult,
    ati,
    born,
    child,
    course,
    draft,
    fistula,
    infusion,
    lacking,
    level,
    marker,
    order,
    weight,
)

KNOWLEDGE = load_knowledge()
TUPLES = ("levels", "atis", "markers", "weights", "doses", "orders", "fistulas")

days = st.one_of(st.sampled_from([0, 3, 14, 28, 42, 56, 84, 98, 112, 126, 182]), st.integers(-2, 420))
hours = st.one_of(st.none(), st.sampled_from([0.0, 8.0, 9.0, 23.5]))
references = st.sampled_from(["a", "b", "c", "d"])
comparators = st.sampled_from(Comparator)
statuses = st.sampled_from(ResultStatus)
routes = st.one_of(st.none(), st.sampled_from(Route))
amounts = st.one_of(st.none(), st.sampled_from([300.0, 350.0, 700.0, 120.0]))
odd_values = st.one_of(
    st.sampled_from([0.0, 0.4, 0.5, 1.0, 3.0, 5.0, 9.0, 15.0, 17.5]), st.floats(-1, 250), st.floats()
)

levels = st.builds(
    level,
    st.one_of(st.none(), odd_values),
    days,
    hour=hours,
    comparator=comparators,
    status=statuses,
    coded=st.booleans(),
    undated=st.sampled_from([False, False, False, True]),
    laboratory=st.sampled_from(["", "Mayo", "Prometheus"]),
    reference=references,
)
atis = st.builds(
    ati,
    st.one_of(st.none(), st.sampled_from(AtiWord)),
    st.one_of(st.none(), odd_values),
    days,
    unit=st.sampled_from(["", "U/mL", "AU/mL"]),
    hour=hours,
    comparator=comparators,
    reference_upper=st.one_of(st.none(), st.sampled_from([3.0, 10.0])),
    status=statuses,
    laboratory=st.sampled_from(["", "Mayo", "Prometheus", "Elsewhere"]),
    reference=references,
)
markers = st.builds(
    marker,
    st.sampled_from(Marker),
    st.one_of(st.none(), odd_values),
    days,
    finding=st.one_of(st.none(), st.sampled_from(Finding)),
    comparator=comparators,
    hour=hours,
    status=statuses,
    reference=references,
)
doses = st.builds(
    infusion,
    days,
    mg=amounts,
    mg_per_kg=st.one_of(st.none(), st.sampled_from([5.0, 10.0])),
    route=routes,
    hour=hours,
    reported=st.booleans(),
    reference=references,
)
orders = st.builds(
    order,
    st.one_of(st.none(), days),
    interval=st.one_of(st.none(), st.sampled_from([14.0, 28.0, 42.0, 56.0])),
    mg=amounts,
    mg_per_kg=st.one_of(st.none(), st.sampled_from([5.0, 10.0])),
    route=routes,
    state=st.sampled_from([OrderState.ACTIVE, OrderState.STOPPED, OrderState.ENDED]),
    ended_days_ago=st.one_of(st.none(), days),
    loading=st.booleans(),
    hour=hours,
    reference=references,
)
facts = st.one_of(
    levels,
    atis,
    markers,
    doses,
    orders,
    st.builds(weight, st.sampled_from([60.0, 70.0, 154.0, 0.0]), days, hour=hours),
    st.builds(fistula, active=st.booleans(), reference=references),
)
patients = st.sampled_from([adult(), child(), born(18, days=0), {}])
frames = st.sampled_from([{}, lacking(FactGroup.ADMINISTRATIONS, Shortfall.TRUNCATED)])
drafts = st.one_of(st.just({}), st.builds(draft, interval=st.sampled_from([None, 28.0, 56.0]), route=routes))
courses = st.builds(
    lambda patient, frame, asked, parts: course(patient, frame, asked, *parts),
    patients,
    frames,
    drafts,
    st.lists(facts, max_size=14),
)


def with_tuples(patient: TreatmentCourse, **changed: object) -> TreatmentCourse:
    values = {field.name: getattr(patient, field.name) for field in fields(patient)}
    return TreatmentCourse(**{**values, **changed})


@given(courses, st.data())
def test_the_order_of_records_never_changes_the_assessment(patient, data):
    shuffled = {name: tuple(data.draw(st.permutations(getattr(patient, name)))) for name in TUPLES}
    expected = assess(patient, now=NOW, knowledge=KNOWLEDGE)
    assert assess(with_tuples(patient, **shuffled), now=NOW, knowledge=KNOWLEDGE) == expected


@given(courses, st.data())
def test_duplicates_never_change_the_assessment(patient, data):
    doubled = {}
    for name in TUPLES:
        held = getattr(patient, name)
        again = data.draw(st.lists(st.sampled_from(held), max_size=3)) if held else []
        doubled[name] = (*held, *again)
    expected = assess(patient, now=NOW, knowledge=KNOWLEDGE)
    assert assess(with_tuples(patient, **doubled), now=NOW, knowledge=KNOWLEDGE) == expected


@given(courses)
def test_every_course_has_situations_that_fit_their_targets(patient):
    found = assess(patient, now=NOW, knowledge=KNOWLEDGE)
    assert len(found.situations) == len(found.situation_targets) >= 1
    for situation, target in zip(found.situations, found.situation_targets, strict=True):
        assert target is not None
        assert situation.act_below_ug_ml == target.act_below_ug_ml
        assert (situation.level is LevelClass.NONE) is (found.level is None)
        if situation.level is LevelClass.LOW:
            assert situation.level_ug_ml < target.act_below_ug_ml
        if situation.level in (LevelClass.GREY, LevelClass.HIGH):
            assert situation.level_ug_ml > target.ceiling_ug_ml
    assert not (found.level_conflict and found.level is not None)
    for one in found.issues:
        assert KNOWLEDGE.issues[one.code].text.format(**dict(one.parameters))
    assert list(found.issues) == list(dict.fromkeys(found.issues))


def in_zone(moment: Moment | None, zone: ZoneInfo) -> Moment | None:
    return None if moment is None else Moment(moment.at.astimezone(zone), moment.day, moment.timed)


def rezoned(fact: object, zone: ZoneInfo) -> object:
    changed = {
        field.name: in_zone(value, zone)
        for field in fields(fact)
        if isinstance(value := getattr(fact, field.name), Moment)
    }
    values = {field.name: getattr(fact, field.name) for field in fields(fact)}
    return type(fact)(**{**values, **changed})


@given(courses, st.sampled_from(["America/New_York", "Asia/Kolkata", "Pacific/Auckland", "Europe/Berlin"]))
def test_the_zone_in_which_instants_are_written_never_changes_the_answer(patient, name):
    zone = ZoneInfo(name)
    moved = {
        part: tuple(rezoned(fact, zone) for fact in getattr(patient, part))
        for part in TUPLES
        if part != "fistulas"
    }
    expected = assess(patient, now=NOW, knowledge=KNOWLEDGE)
    found = assess(with_tuples(patient, **moved), now=in_zone(NOW, zone), knowledge=KNOWLEDGE)
    assert found.situations == expected.situations
    assert found.certainty_steps_down == expected.certainty_steps_down


@given(courses, st.integers(0, 400))
def test_time_may_pass_without_an_exception(patient, later):
    at = datetime(2026, 3, 9, 10, tzinfo=UTC) + timedelta(days=later)
    assert assess(patient, now=Moment(at, at.date()), knowledge=KNOWLEDGE).situations
