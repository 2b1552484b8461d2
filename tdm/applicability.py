"""Whether an order or a chart has anything to do with infliximab in Crohn's disease."""

from __future__ import annotations

from tdm.facts import FactGroup, Indication, TreatmentCourse
from tdm.issues import DataIssue, IssueCode


def not_applicable_rule(course: TreatmentCourse) -> str | None:
    """Return the id under which the course is none of ours, None where it is to be evaluated.

    R-NA-1: the order's reason is another disease, or only other diseases are on record, on a problem list
    that arrived whole and names no inflammatory bowel disease of any status. R-NA-3: a chart without any
    trace of infliximab, where everything that could hold one has arrived.
    """
    if course.order_indication is Indication.OTHER_DISEASE:
        return "R-NA-1"
    if course.order_indication is None and only_other_diseases(course):
        return "R-NA-1"
    if course.draft is not None or course.orders or course.doses or course.levels or course.atis:
        return None
    decisive = {FactGroup.ORDERS, FactGroup.ADMINISTRATIONS, FactGroup.LABORATORY}
    if any(group in decisive for group, _ in course.shortfalls):
        return None
    return "R-NA-3"


def only_other_diseases(course: TreatmentCourse) -> bool:
    """Return whether the chart, as far as it can be trusted, gives infliximab another purpose alone."""
    if course.recorded_indications != {Indication.OTHER_DISEASE}:
        return False
    if course.inflammatory_bowel_disease_recorded:
        return False
    return not any(group is FactGroup.CONDITIONS for group, _ in course.shortfalls)


def indication_issue(course: TreatmentCourse) -> DataIssue | None:
    """Return the issue of Crohn's disease that nobody recorded; it costs one step of certainty."""
    if course.order_indication is None and Indication.CROHNS_DISEASE not in course.recorded_indications:
        return DataIssue(IssueCode.INDICATION_UNVERIFIED, "indication")
    return None
