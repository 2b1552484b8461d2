"""What every reader needs to know beside the resource: whose record, which zone, when, which codes."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from fhir_mappings.codes import CodeSets
from tdm.facts import Moment


@dataclass(frozen=True, slots=True)
class ReadingContext:
    """The request's frame of reading. `patient_id` is the bare id, without "Patient/"."""

    patient_id: str
    zone: ZoneInfo
    now: Moment
    codes: CodeSets
