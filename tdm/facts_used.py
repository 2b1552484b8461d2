"""The facts that an assessment rests on, as a card shows them: name, value with unit, day, source."""

from __future__ import annotations

from collections.abc import Iterable

from tdm.activity import ActivityReading
from tdm.antibody_result import ati_text
from tdm.decision import FactUsed, Regimen
from tdm.exposure import Exposure
from tdm.facts import (
    AtiReading,
    Comparator,
    LevelReading,
    Marker,
    MarkerReading,
    Moment,
    PerianalFistula,
    TreatmentCourse,
    WeightReading,
)
from tdm.plausibility import level_text
from tdm.regimen import days_text
from tdm.source import Source

MARKER_NAMES = {
    Marker.CRP: ("C-reactive protein", "mg/L"),
    Marker.CALPROTECTIN: ("Faecal calprotectin", "µg/g"),
    Marker.SES_CD: ("SES-CD", "points"),
    Marker.ENDOSCOPY: ("Endoscopy", ""),
    Marker.IMAGING: ("Imaging", ""),
    Marker.FISTULA_EXAMINATION: ("Fistula examination", ""),
    Marker.PCDAI: ("PCDAI", "points"),
    Marker.HBI: ("Harvey-Bradshaw index", "points"),
    Marker.CDAI: ("CDAI", "points"),
    Marker.ALBUMIN: ("Albumin", "g/dL"),
    Marker.ESR: ("Erythrocyte sedimentation rate", "mm/h"),
}


def facts_used(
    course: TreatmentCourse,
    regimen: Regimen,
    exposure: Exposure,
    ati: AtiReading | None,
    activity: ActivityReading,
    weight: WeightReading | None,
    last_dose: Moment | None,
) -> tuple[FactUsed, ...]:
    """The facts in a fixed order: level and trend, antibodies, regimen, activity, fistula."""
    facts: list[FactUsed] = []
    if exposure.newest is not None:
        facts.append(level_fact("Infliximab trough", exposure.newest.sampling.reading))
    facts += [level_fact("Earlier trough", reading) for reading in exposure.trend]
    if ati is not None:
        facts.append(FactUsed("Antibodies to infliximab", ati_text(ati), day_of(ati.drawn), ati.source))
    dose = regimen_text(regimen)
    if dose:
        facts.append(FactUsed("Dose", dose, ""))
    if regimen.interval_days is not None:
        facts.append(FactUsed("Interval", f"every {days_text(regimen.interval_days)}", ""))
    if last_dose is not None:
        day = day_of(last_dose)
        facts.append(FactUsed("Last dose", day, day))
    if weight is not None:
        facts.append(FactUsed("Weight", f"{weight.kilograms:g} kg", day_of(weight.measured), weight.source))
    facts += [marker_fact(reading) for reading in activity.markers]
    if course.fistulas:
        facts += fistula_facts(course.fistulas)
    return tuple(facts)


def fistula_facts(fistulas: Iterable[PerianalFistula]) -> list[FactUsed]:
    """Perianal fistulas, the active ones first, each record once."""
    records = sorted({(not one.active, one.source.resource_type, one.source.reference) for one in fistulas})
    return [
        FactUsed(
            "Perianal fistula",
            "in the history" if inactive else "active",
            "",
            Source(resource_type, reference),
        )
        for inactive, resource_type, reference in records
    ]


def level_fact(name: str, reading: LevelReading) -> FactUsed:
    """A level as reported."""
    return FactUsed(name, level_text(reading), day_of(reading.drawn), reading.source)


def regimen_text(regimen: Regimen) -> str:
    """Dose in mg/kg and mg as far as they are known."""
    parts = []
    if regimen.dose_mg_per_kg is not None:
        parts.append(f"{regimen.dose_mg_per_kg:.3g} mg/kg")
    if regimen.dose_mg is not None:
        parts.append(f"{regimen.dose_mg:.0f} mg")
    return ", ".join(parts)


def marker_fact(reading: MarkerReading) -> FactUsed:
    """A marker with its unit, or its finding in words."""
    name, unit = MARKER_NAMES[reading.marker]
    if reading.value is None:
        text = "" if reading.finding is None else reading.finding.value
    else:
        sign = "" if reading.comparator is Comparator.EXACT else f"{reading.comparator} "
        text = f"{sign}{reading.value:g} {unit}".rstrip()
    return FactUsed(name, text, day_of(reading.drawn), reading.source)


def day_of(moment: Moment | None) -> str:
    """The calendar day of a moment, "" where there is none."""
    return "" if moment is None else moment.day.isoformat()
