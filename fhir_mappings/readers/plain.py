"""Numeric results in the one shape that nearly all come in, read without detours.

One final Observation, of this patient, with a time and a number in a known unit, and nothing inside it.
This is no second opinion: whatever departs from the shape is left to `read_observation`, and what is read
here is what `read_observation` would have read (tests/fhir_mappings/readers/test_plain.py holds them
together).
"""

from __future__ import annotations

from fhir_mappings.acquired import Resource
from fhir_mappings.codes import ObservationConcept, codings_of
from fhir_mappings.context import ReadingContext
from fhir_mappings.dates import read_date
from fhir_mappings.numbers import json_comparator
from fhir_mappings.readers.markers import MARKER_NUMBERS
from fhir_mappings.readers.reading import Findings
from fhir_mappings.readers.safety_labs import alt_fact
from fhir_mappings.readers.weight import HEAVIEST_KG, LIGHTEST_KG
from fhir_mappings.references import source_reference
from fhir_mappings.units import Quantity, Unit, find_unit
from tdm.facts import Comparator, MarkerReading, Moment, Source, WeightReading

_LARGEST = 1e6
"""Well inside of what a number may be; a larger one is looked at with care."""

_QUANTITIES: dict[ObservationConcept, Quantity] = {
    **{concept: quantity for concept, (_, quantity) in MARKER_NUMBERS.items()},
    ObservationConcept.BODY_WEIGHT: Quantity.WEIGHT,
    ObservationConcept.ALT: Quantity.ALT,
}


def read_plain(resource: Resource, context: ReadingContext, found: Findings) -> bool:
    """Add the result of an Observation of the usual shape; False: nothing was added, read it with care."""
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
    quantity = None if match is None else _QUANTITIES.get(match.concept)
    value = resource.get("valueQuantity")
    if match is None or quantity is None or type(value) is not dict:
        return False
    number, comparator = value.get("value"), json_comparator(value.get("comparator"))
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
    return _add(match.concept, resource, unit, float(number), comparator, date.moment, found)


def _add(
    concept: ObservationConcept,
    resource: Resource,
    unit: Unit,
    number: float,
    comparator: Comparator,
    drawn: Moment,
    found: Findings,
) -> bool:
    source = Source("Observation", source_reference(resource, "Observation"))
    known = MARKER_NUMBERS.get(concept)
    if known is not None:
        found.markers.append(MarkerReading(known[0], drawn, source, unit.convert(number), comparator))
        return True
    if concept is ObservationConcept.BODY_WEIGHT:
        kilograms = unit.convert(number)
        if comparator is not Comparator.EXACT or not LIGHTEST_KG <= kilograms <= HEAVIEST_KG:
            return False
        found.weights.append(WeightReading(kilograms, drawn, source))
        return True
    if number < 0:
        return False
    fact, issue = alt_fact(resource, number, unit, source, drawn)
    found.safety.append(fact)
    if issue is not None:
        found.issues.append(issue)
    return True
