"""The facts that an assessment rests on, as a card shows them."""

import pytest

from tdm.activity import ActivityReading
from tdm.antibody_result import ati_text
from tdm.decision import Activity, FactUsed, Regimen
from tdm.exposure import Exposure, Timing, Trough
from tdm.facts import AtiReading, Comparator, Finding, Marker
from tdm.facts_used import facts_used, marker_fact, regimen_text
from tdm.plausibility import Sampling
from tests.support.course_builder import (
    IV,
    NOW,
    ati,
    course,
    crp,
    fistula,
    level,
    marker,
    moment,
    source,
    weight,
)

QUIET = ActivityReading(Activity.UNKNOWN, deep_remission=False, markers=(), issues=())
NOTHING = Exposure(None, (), ())


def facts(
    *parts: object, regimen=None, exposure=NOTHING, reading=None, activity=QUIET, kilograms=None, last=None
):
    used = facts_used(course(*parts), regimen or Regimen(IV), exposure, reading, activity, kilograms, last)
    return [(fact.name, fact.value, fact.day) for fact in used]


def test_without_facts_nothing_is_shown():
    assert facts() == []


def test_facts_stand_in_a_fixed_order_with_value_unit_and_day():
    newest = level(1.8)
    exposure = Exposure(Trough(Sampling(newest, moment(0)), Timing.TROUGH), (level(3.0, 56),), ())
    activity = ActivityReading(
        Activity.ACTIVE_CONFIRMED, deep_remission=False, markers=(crp(18, 2),), issues=()
    )
    shown = facts(
        fistula(),
        regimen=Regimen(IV, 350, 5, 56),
        exposure=exposure,
        reading=ati("negative"),
        activity=activity,
        kilograms=weight(70, 7),
        last=moment(56),
    )
    assert shown == [
        ("Infliximab trough", "1.8 µg/mL", "2026-03-09"),
        ("Earlier trough", "3 µg/mL", "2026-01-12"),
        ("Antibodies to infliximab", "negative", "2026-03-09"),
        ("Dose", "5 mg/kg, 350 mg", ""),
        ("Interval", "every 8 weeks", ""),
        ("Last dose", "2026-01-12", "2026-01-12"),
        ("Weight", "70 kg", "2026-03-02"),
        ("C-reactive protein", "18 mg/L", "2026-03-07"),
        ("Perianal fistula", "active", ""),
    ]


def test_a_fact_carries_its_record():
    reading = level(1.8)
    exposure = Exposure(Trough(Sampling(reading, moment(0)), Timing.TROUGH), (), ())
    (fact,) = facts_used(course(), Regimen(IV), exposure, None, QUIET, None, None)
    assert fact == FactUsed("Infliximab trough", "1.8 µg/mL", "2026-03-09", reading.source)


def test_every_fact_of_a_record_carries_it():
    newest, earlier, antibodies, kilograms = level(1.8), level(3.0, 56), ati("negative"), weight(70, 7)
    exposure = Exposure(Trough(Sampling(newest, moment(0)), Timing.TROUGH), (earlier,), ())
    marked = ActivityReading(Activity.UNKNOWN, deep_remission=False, markers=(crp(18, 2),), issues=())
    used = facts_used(
        course(fistula(reference="f")), Regimen(IV, 350, 5, 56), exposure, antibodies, marked, kilograms, NOW
    )
    assert [fact.source for fact in used] == [
        newest.source,
        earlier.source,
        antibodies.source,
        None,
        None,
        None,
        kilograms.source,
        crp(18, 2).source,
        fistula(reference="f").source,
    ]


def test_active_fistulas_come_before_those_of_the_history_and_each_once():
    shown = facts(fistula(active=False, reference="a"), fistula(reference="b"), fistula(reference="b"))
    assert shown == [("Perianal fistula", "active", ""), ("Perianal fistula", "in the history", "")]


@pytest.mark.parametrize(
    ("reading", "text"),
    [
        (ati("positive"), "positive"),
        (ati(value=12.5, unit="U/mL"), "12.5 U/mL"),
        (ati(value=12.5), "12.5"),
        (ati(value=22, unit="ng/mL", comparator=Comparator.BELOW), "< 22 ng/mL"),
        (ati("positive", 12.5, unit="U/mL"), "12.5 U/mL (positive)"),
        (AtiReading(NOW, source("Observation", "1"), original="POS 1:80"), "POS 1:80"),
    ],
)
def test_an_antibody_result_is_shown_as_reported_or_rebuilt(reading, text):
    assert ati_text(reading) == text


@pytest.mark.parametrize(
    ("reading", "name", "text"),
    [
        (crp(10, comparator=Comparator.ABOVE), "C-reactive protein", "> 10 mg/L"),
        (marker(Marker.IMAGING, finding=Finding.ACTIVE), "Imaging", "active"),
        (marker(Marker.IMAGING), "Imaging", ""),
        (marker(Marker.HBI, 3), "Harvey-Bradshaw index", "3 points"),
    ],
)
def test_a_marker_is_shown_with_its_unit_or_finding(reading, name, text):
    fact = marker_fact(reading)
    assert (fact.name, fact.value) == (name, text)
    assert fact.source is reading.source


def test_every_marker_has_a_name():
    for kind in Marker:
        assert marker_fact(marker(kind, 1)).name


def test_a_dose_shows_what_is_known_of_it():
    assert regimen_text(Regimen(IV)) == ""
    assert regimen_text(Regimen(IV, 350)) == "350 mg"
    assert regimen_text(Regimen(IV, None, 7.5)) == "7.5 mg/kg"
