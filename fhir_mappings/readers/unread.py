"""Results of infliximab that are there but nowhere as a result: in a conclusion or a document."""

from __future__ import annotations

from fhir_mappings.codes import ObservationConcept
from fhir_mappings.readers.frame import dated_issue
from fhir_mappings.readers.reading import NOTHING, Reading
from tdm.facts import Moment, Source
from tdm.issues import IssueCode

_UNREAD = {
    ObservationConcept.INFLIXIMAB_LEVEL: (IssueCode.LEVEL_VALUE_UNREADABLE, "level"),
    ObservationConcept.INFLIXIMAB_ANTIBODY: (IssueCode.ATI_UNREADABLE, "ati"),
    ObservationConcept.INFLIXIMAB_PANEL: (IssueCode.PANEL_VALUE_NOT_USED, "level"),
}


def unread(concept: ObservationConcept | None, drawn: Moment | None, source: Source) -> Reading:
    """Return the issue that names a result that could not be read; NOTHING unless it is infliximab's."""
    if concept not in _UNREAD:
        return NOTHING
    code, subject = _UNREAD[concept]
    return Reading(issues=(dated_issue(code, subject, drawn, source),))
