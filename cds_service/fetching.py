"""What of a request has to be fetched: nothing, unless an infliximab order or record makes it matter.

The same hooks fire for every order and every opened chart of a hospital, so the FHIR server is asked in
steps: first only what shows whether this is about infliximab, then the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from cds_service.callers import Caller
from cds_service.log import where_it_failed
from cds_service.request import Hook, HookRequest
from cds_service.services import Services
from cds_service.trace_context import TraceContext
from fhir_mappings.acquired import AcquiredResources, Resource
from fhir_mappings.acquisition.completing import Held, complete, complete_medications, lacking
from fhir_mappings.acquisition.session import FetchReport, FetchSession
from fhir_mappings.context import ReadingContext
from fhir_mappings.course import build_course
from fhir_mappings.drafts import draft_resources, find_drafts

_SHOW_INFLIXIMAB: Final = (
    "laboratory",
    "medicationRequests",
    "medicationAdministrations",
    "medicationDispenses",
    "medicationStatements",
)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What there is after fetching, and what is logged of it (None where nothing was to be fetched)."""

    acquired: AcquiredResources
    report: FetchReport | None = None
    failed_at: str = ""


def fetch_missing(
    request: HookRequest,
    acquired: AcquiredResources,
    services: Services,
    context: ReadingContext,
    *,
    caller: Caller | None,
    answer_began: float,
    trace: TraceContext | None = None,
) -> Fetched:
    """Return what was acquired, completed from the FHIR server as far as it is needed and may be had.

    Where nothing is lacking nobody is asked. A failure here leaves what was sent along as it is.
    """
    fetcher = services.fetcher
    if fetcher is None or caller is None or not request.fhir_server or not request.patient_id:
        return Fetched(acquired)
    report: FetchReport | None = None
    try:
        if not lacking(acquired) and not _may_refer(request, acquired):
            return Fetched(acquired)
        with fetcher.session(
            request.fhir_server,
            request.access_token,
            allowed_bases=caller.fhir_bases,
            answer_began=answer_began,
            new_span=trace.child_header if trace is not None else str,
        ) as session:
            report = session.report
            if request.hook is Hook.PATIENT_VIEW:
                acquired = _for_chart(request, acquired, session, context)
            else:
                acquired = _for_orders(request, acquired, session, context)
    except Exception as error:  # noqa: BLE001 (what was sent along must be judged, whatever fetching came to)
        return Fetched(acquired, report, where_it_failed(error))
    return Fetched(acquired, report, where_it_failed(report.errors[0]) if report.errors else "")


def _may_refer(request: HookRequest, acquired: AcquiredResources) -> bool:
    """Say whether any record or draft names its medicine by a reference that leaves it."""
    records = [resource for key in acquired.keys.values() for resource in key.resources]
    return any(_refers(record) for record in (*records, *draft_resources(request.draft_orders)))


def _refers(record: Resource) -> bool:
    reference: Any = record.get("medicationReference")
    written = reference.get("reference") if isinstance(reference, dict) else None
    return isinstance(written, str) and not written.startswith("#")


def _for_orders(
    request: HookRequest, acquired: AcquiredResources, session: FetchSession, context: ReadingContext
) -> AcquiredResources:
    """Complete everything if one of the drafts is for infliximab; a draft may only refer to its medicine."""
    drafts = draft_resources(request.draft_orders)
    held = Held(request.prefetch, acquired)
    held = complete_medications(held, drafts, session, context, records_too=False)
    if find_drafts(request.draft_orders, request.selections, held.acquired, context):
        held = complete(held, held.acquired.keys, session, context)
        held = complete_medications(held, drafts, session, context)
    return held.acquired


def _for_chart(
    request: HookRequest, acquired: AcquiredResources, session: FetchSession, context: ReadingContext
) -> AcquiredResources:
    """Complete what shows whether this patient has infliximab, and the rest only if so."""
    held = complete(Held(request.prefetch, acquired), _SHOW_INFLIXIMAB, session, context)
    held = complete_medications(held, (), session, context)
    course = build_course(held.acquired, draft=None, context=context)
    if course.levels or course.atis or course.doses or course.orders:
        held = complete(held, held.acquired.keys, session, context)
    return held.acquired
