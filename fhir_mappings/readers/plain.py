"""Results in the one shape that nearly all come in, read without detours.

One final Observation, of this patient, with a time and a number in a known unit (antibodies also in words),
and nothing inside it.
This is no second opinion: whatever departs from the shape is left to `read_observation`, and what is read
here is what `read_observation` would have read (tests/fhir_mappings/readers/test_plain.py holds them
together).
"""

from __future__ import annotations

import msgspec

from fhir_mappings.acquired import Resource
from fhir_mappings.codes import ObservationConcept, ObservationMatch, codings_of
from fhir_mappings.context import ReadingContext
from fhir_mappings.dates import ReadDate, read_date
from fhir_mappings.numbers import json_comparator
from fhir_mappings.readers.ati import read_ati
from fhir_mappings.readers.frame import ResultFrame, laboratory_of, method_of
from fhir_mappings.readers.markers import MARKER_NUMBERS
from fhir_mappings.readers.reading import Findings
from fhir_mappings.readers.safety_labs import alt_fact
from fhir_mappings.readers.sampling import other_than_trough
from fhir_mappings.readers.values import read_value, shown_quantity
from fhir_mappings.readers.weight import HEAVIEST_KG, LIGHTEST_KG
from fhir_mappings.references import source_reference, text_of
from fhir_mappings.units import Quantity, Unit, find_unit, level_ug_ml
from tdm.facts import Comparator, LevelReading, Marker, MarkerReading, ResultStatus, WeightReading
from tdm.source import Source

_LARGEST = 1e6
"""Well inside of what a number may be; a larger one is looked at with care."""

_PLAIN: dict[ObservationConcept, tuple[Marker | None, Quantity]] = {
    **MARKER_NUMBERS,
    ObservationConcept.INFLIXIMAB_LEVEL: (None, Quantity.LEVEL),
    ObservationConcept.BODY_WEIGHT: (None, Quantity.WEIGHT),
    ObservationConcept.ALT: (None, Quantity.ALT),
}

# Bound once: looking up the member of an enumeration takes longer than reading a number.
_LEVEL = ObservationConcept.INFLIXIMAB_LEVEL
_ANTIBODY = ObservationConcept.INFLIXIMAB_ANTIBODY
_EXACT = Comparator.EXACT
_WEIGHT = Quantity.WEIGHT


def read_plain(resource: Resource, context: ReadingContext, found: Findings) -> bool:
    """Add the result of an Observation of the usual shape; False: nothing was added, read it with care.

    A plain result of a test that does not matter is done with: there is nothing to add.
    """
    subject = resource.get("subject")
    if (
        type(subject) is not dict
        or subject.get("reference") != f"Patient/{context.patient_id}"
        or resource.get("status") != "final"
        or resource.get("component")
        or resource.get("contained")
    ):
        return False
    match = context.codes.observation(*codings_of(resource.get("code")))
    if match is None:
        return True
    if match.concept is _ANTIBODY:
        return _add_ati(resource, match, context, found)
    plain, value = _PLAIN.get(match.concept), resource.get("valueQuantity")
    if plain is None or type(value) is not dict:
        return False
    marker, quantity = plain
    number, sign = value.get("value"), value.get("comparator")
    comparator = _EXACT if sign is None else json_comparator(sign)
    unit = find_unit(quantity, value.get("unit"), value.get("code"))
    if (
        (type(number) is not float and type(number) is not int)
        or not -_LARGEST <= number <= _LARGEST
        or comparator is None
        or type(unit) is not Unit
    ):
        return False
    date = read_date(resource.get("effectiveDateTime"), context.zone)
    if date is None:
        return False
    source = Source("Observation", source_reference(resource, "Observation"))
    if marker is not None:
        found.markers.append(
            MarkerReading(marker, date.moment, source, unit.convert(float(number)), comparator)
        )
        return True
    result = _Plain(resource, source, float(number), unit, comparator, date)
    if match.concept is _LEVEL:
        return _add_level(result, found, coded=match.coded)
    return _add_weight(result, found) if quantity is _WEIGHT else _add_alt(result, found)


def _add_ati(resource: Resource, match: ObservationMatch, context: ReadingContext, found: Findings) -> bool:
    """Antibodies come in words, numbers and flags: the circumstances are plain, the value is read in full."""
    date, value = read_date(resource.get("effectiveDateTime"), context.zone), read_value(resource)
    if date is None or date.zone_assumed or not value.present:
        return False
    frame = ResultFrame(
        context,
        Source("Observation", source_reference(resource, "Observation")),
        ResultStatus.FINAL,
        date.moment,
        match.coded,
        match.code,
        laboratory_of(resource),
        method_of(resource),
    )
    found.add(read_ati(resource, value, frame))
    return True


class _Plain(msgspec.Struct, frozen=True):
    resource: Resource
    source: Source
    number: float
    unit: Unit
    comparator: Comparator
    date: ReadDate


def _add_level(result: _Plain, found: Findings, *, coded: bool) -> bool:
    """A flag, a clock without a zone, or a name like "peak" has more to say than the number alone."""
    resource, date = result.resource, result.date
    if resource.get("interpretation") or date.zone_assumed or other_than_trough(resource.get("code")):
        return False
    value = resource["valueQuantity"]
    shown = text_of(value.get("unit")) or text_of(value.get("code"))
    level = LevelReading(
        level_ug_ml(result.unit, result.number),
        date.moment,
        result.source,
        result.comparator,
        coded=coded,
        laboratory=laboratory_of(resource),
        method=method_of(resource),
        original=shown_quantity(result.number, result.comparator, shown),
    )
    found.levels.append(level)
    return True


def _add_weight(result: _Plain, found: Findings) -> bool:
    kilograms = result.unit.convert(result.number)
    if result.comparator is not _EXACT or not LIGHTEST_KG <= kilograms <= HEAVIEST_KG:
        return False
    found.weights.append(WeightReading(kilograms, result.date.moment, result.source))
    return True


def _add_alt(result: _Plain, found: Findings) -> bool:
    if result.number < 0:
        return False
    fact, issue = alt_fact(result.resource, result.number, result.unit, result.source, result.date.moment)
    found.safety.append(fact)
    if issue is not None:
        found.issues.append(issue)
    return True
