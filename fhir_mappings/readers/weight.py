"""Body weight in kilograms; whether it fits the dose is judged elsewhere."""

from __future__ import annotations

from fhir_mappings.readers.frame import ResultFrame, shown_unit
from fhir_mappings.readers.reading import NOTHING, Reading
from fhir_mappings.readers.values import ResultValue
from fhir_mappings.text import ResultWord
from fhir_mappings.units import Quantity, Unit, find_unit
from tdm.facts import Comparator, WeightReading
from tdm.issues import IssueCode

LIGHTEST_KG, HEAVIEST_KG = 2.0, 400.0
"""Outside these no patient of this treatment stands on a scale: a slip of unit or of typing."""

_NAME = "body-weight"


def read_weight(value: ResultValue, frame: ResultFrame) -> Reading:
    """Return the weight, or the issue that says why there is none."""
    if not value.present or value.word in {ResultWord.PENDING, ResultWord.NOT_DONE}:
        return NOTHING
    if value.number is None or value.titre or value.comparator is not Comparator.EXACT:
        return _fault(IssueCode.RESULT_UNREADABLE, frame)
    unit = find_unit(Quantity.WEIGHT, value.unit, value.code)
    if not isinstance(unit, Unit):
        shown = shown_unit(value.unit, value.code) or "no unit"
        return _fault(IssueCode.RESULT_UNIT_UNKNOWN, frame, unit=shown)
    if frame.drawn is None:
        return _fault(IssueCode.RESULT_UNDATED, frame)
    kilograms = unit.convert(value.number)
    if not LIGHTEST_KG <= kilograms <= HEAVIEST_KG:
        return _fault(IssueCode.WEIGHT_IMPLAUSIBLE, frame, value=value.original)
    return Reading(weights=(WeightReading(kilograms, frame.drawn, frame.source),))


def _fault(code: IssueCode, frame: ResultFrame, **parameters: str) -> Reading:
    if code is not IssueCode.WEIGHT_IMPLAUSIBLE:
        parameters["test"] = _NAME
    return Reading(issues=(frame.issue(code, "weight", **parameters),))
