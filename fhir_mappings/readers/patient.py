"""The patient: birth date, as far as it is known, and sex."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from fhir_mappings.acquired import Resource
from fhir_mappings.context import ReadingContext
from fhir_mappings.dates import birth_bounds
from fhir_mappings.readers.observation import other_patient
from fhir_mappings.references import source_reference, text_of
from tdm.facts import Sex
from tdm.issues import DataIssue
from tdm.source import Source

_SEXES = {"male": Sex.MALE, "female": Sex.FEMALE, "other": Sex.OTHER}


@dataclass(frozen=True, slots=True)
class PatientFacts:
    """Bounds of the birth date (equal when known to the day, None when unknown) and sex."""

    birth_earliest: date | None = None
    birth_latest: date | None = None
    sex: Sex | None = None
    issues: tuple[DataIssue, ...] = ()


def read_patient(resource: Resource, context: ReadingContext) -> PatientFacts:
    """Return what is known of the patient; another patient's resource gives nothing but an issue.

    A birth date in the future of the request is no birth date.
    """
    identifier = text_of(resource.get("id"))
    if identifier and identifier != context.patient_id.strip().rpartition("/")[2]:
        source = Source("Patient", source_reference(resource))
        return PatientFacts(issues=(other_patient(source),))
    earliest, latest = birth_bounds(resource.get("birthDate"))
    if earliest is not None and earliest > context.now.day:
        earliest, latest = None, None
    return PatientFacts(earliest, latest, _SEXES.get(text_of(resource.get("gender")).lower()))
