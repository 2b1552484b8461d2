"""Results of infliximab that are not there as a result: pending, or only in a conclusion or a document."""

from __future__ import annotations

from fhir_mappings.codes import ObservationConcept
from fhir_mappings.readers.frame import dated_issue
from fhir_mappings.readers.reading import Reading
from tdm.facts import Moment
from tdm.issues import IssueCode
from tdm.source import Source

_UNREAD = {
    ObservationConcept.INFLIXIMAB_LEVEL: (IssueCode.LEVEL_VALUE_UNREADABLE, "level"),
    ObservationConcept.INFLIXIMAB_ANTIBODY: (IssueCode.ATI_UNREADABLE, "ati"),
    ObservationConcept.INFLIXIMAB_PANEL: (IssueCode.PANEL_VALUE_NOT_USED, "level"),
}
INFLIXIMAB_RESULTS = frozenset(_UNREAD)


def unread(concept: ObservationConcept, drawn: Moment | None, source: Source) -> Reading:
    """Return the issue that names a result that could not be read; `concept` is one of infliximab's."""
    code, subject = _UNREAD[concept]
    return Reading(issues=(dated_issue(code, subject, drawn, source),))


_PENDING = {
    ObservationConcept.INFLIXIMAB_LEVEL: ((IssueCode.LEVEL_PENDING, "level"),),
    ObservationConcept.INFLIXIMAB_ANTIBODY: ((IssueCode.ATI_PENDING, "ati"),),
    ObservationConcept.INFLIXIMAB_PANEL: ((IssueCode.LEVEL_PENDING, "level"), (IssueCode.ATI_PENDING, "ati")),
}


def pending(concept: ObservationConcept, drawn: Moment | None, source: Source) -> Reading:
    """Return the issues of a result that is to come, of a panel both; `concept` is one of infliximab's."""
    issues = [dated_issue(code, subject, drawn, source) for code, subject in _PENDING[concept]]
    return Reading(issues=tuple(issues))
