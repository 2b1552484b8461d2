"""Single resources and a context for the tests of the readers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from fhir_mappings.codes import CodeSets, SiteCode, load_code_sets
from fhir_mappings.context import ReadingContext
from tdm.facts import Moment

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
LOCAL = "https://laboratory.example/codes"
NOW_AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Brussels")
DRAWN = "2026-03-01T07:30:00+01:00"

LEVEL = {"coding": [{"system": LOINC, "code": "39803-2"}]}
ATI = {"coding": [{"system": LOCAL, "code": "ATI"}], "text": "Antibodies to infliximab"}
CRP = {"coding": [{"system": LOINC, "code": "1988-5"}]}
WEIGHT = {"coding": [{"system": LOINC, "code": "29463-7"}]}
ALT = {"coding": [{"system": LOINC, "code": "1742-6"}]}


def context(patient_id: str = "p1", codes: CodeSets | None = None) -> ReadingContext:
    """The frame of reading of a request about patient p1 in Brussels."""
    now = Moment(NOW_AT, NOW_AT.date())
    return ReadingContext(patient_id, ZONE, now, codes or load_code_sets())


def site_context(*codes: SiteCode) -> ReadingContext:
    """As `context`, with codes that a site has added."""
    return context(codes=load_code_sets().with_site(codes))


def observation(code: Any, **fields: Any) -> dict[str, Any]:
    """A final Observation of patient p1; a field given as None is left out."""
    resource = {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "code": code,
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": DRAWN,
        **fields,
    }
    return {name: value for name, value in resource.items() if value is not None}


def quantity(value: Any, unit: str | None = None, code: str | None = None, **more: Any) -> dict[str, Any]:
    """A Quantity; what is None is left out."""
    parts = {"value": value, "unit": unit, "code": code, **more}
    return {name: part for name, part in parts.items() if part is not None}
