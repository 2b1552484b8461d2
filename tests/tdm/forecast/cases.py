"""Courses and their readings for the tests of the forecast."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tdm.assess import assess
from tdm.decide import decide
from tdm.decision import Assessment, Decision, Option, OptionKind
from tdm.facts import Marker, MarkerReading, TreatmentCourse
from tdm.forecast.compose import Fit, NoFit, fit
from tdm.forecast.inputs import Inputs, read_inputs
from tdm.forecast.result import Absence, ModelTrough, Remark, TroughForecast
from tdm.forecast.timeline import Timeline
from tdm.history import read_history
from tdm.knowledge.model import Knowledge
from tests.support.course_builder import (
    NOW,
    adult,
    ati,
    calprotectin,
    course,
    crohns,
    crp,
    evaluable,
    level,
    maintenance,
    marker,
    order,
    weight,
)
from tests.tdm.enumeration import shipped_knowledge

TIMELINE = Timeline(NOW)


def knowledge(**policies: Any) -> Knowledge:
    """The shipped knowledge with some policies replaced."""
    shipped = shipped_knowledge()
    return replace(shipped, policy=replace(shipped.policy, **policies)) if policies else shipped


def albumin(value: float | None, days_ago: float = 7, **more: Any) -> MarkerReading:
    """Albumin in g/dL."""
    return marker(Marker.ALBUMIN, value, days_ago, **more)


def active() -> tuple[MarkerReading, ...]:
    """Markers of active disease."""
    return crp(24), calprotectin(900, 9)


def quiet() -> tuple[MarkerReading, ...]:
    """Markers of remission."""
    return crp(1), calprotectin(60, 9)


def person(*parts: object) -> TreatmentCourse:
    """An adult of 70 kg with Crohn's disease; the rest as given."""
    return course(adult(), crohns(), evaluable(), weight(70), *parts)


def relapse(*parts: object, value: float = 1.8) -> TreatmentCourse:
    """Loss of response on 5 mg/kg every 8 weeks: a low trough without antibodies, albumin 4.1."""
    return person(order(500), maintenance(), level(value), ati("negative"), albumin(4.1), active(), *parts)


def assessed(of: TreatmentCourse) -> Assessment:
    """The assessment of a course now."""
    return assess(of, now=NOW, knowledge=shipped_knowledge())


def decided(of: TreatmentCourse, **policies: Any) -> Decision:
    """The decision on a course now."""
    return decide(of, now=NOW, knowledge=knowledge(**policies))


def inputs_of(of: TreatmentCourse, **policies: Any) -> Inputs | Absence:
    """The inputs of a forecast."""
    return read_inputs(of, assessed(of), NOW, knowledge(**policies))


def read(of: TreatmentCourse) -> Inputs:
    """The inputs of a forecast that there is."""
    found = inputs_of(of)
    assert isinstance(found, Inputs)
    return found


def fitted(of: TreatmentCourse) -> Fit:
    """The fit of a course that can be fitted."""
    found = fit(of, assessed(of), NOW, shipped_knowledge())
    assert isinstance(found, Fit), found
    return found


def unfitted(of: TreatmentCourse) -> NoFit:
    """Why there is no fit."""
    found = fit(of, assessed(of), NOW, shipped_knowledge())
    assert isinstance(found, NoFit)
    return found


def history_of_course(of: TreatmentCourse) -> Any:
    """The history as the decision reads it."""
    return read_history(of, NOW, shipped_knowledge().policy)[0]


def remarks(notes: tuple[tuple[Remark, Any], ...]) -> list[Remark]:
    """The ids of notes."""
    return [remark for remark, _ in notes]


def trough(
    reaches: float | None, exceeds: float | None = 0.1, *, at_least: float | None = 6.0, above: float = 9.0
) -> TroughForecast:
    """A predicted trough with its chances by one model."""
    return TroughForecast((ModelTrough("one", 5.0, 3.0, 8.0, reaches, exceeds),), at_least, above)


def option(
    kind: OptionKind = OptionKind.RAISE_DOSE, mg: float | None = 350, days: float | None = 56, **more: Any
) -> Option:
    """An option with dose and interval."""
    return Option(kind, mg, None if mg is None else mg / 70, days, **more)
