"""The pipeline of one call: resources, draft orders, course, decision, card.

Once an infliximab order was recognised, every failure ends in a card that says what was not checked: an EHR
hides error answers, and to a clinician silence reads as "all clear". So each step that works on the patient's
data is guarded here, and only here; the guards keep a code and the place of the failure, never a message.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from cards.build import build_card
from cards.model import Card
from cards.not_completed import NotCompletedReason as Reason
from cards.not_completed import not_completed_card
from cds_service.callers import Caller
from cds_service.errors import Fault, RequestRefusedError
from cds_service.fetching import fetch_missing
from cds_service.log import DraftRecord, RequestRecord, fetch_line, where_it_failed
from cds_service.render import render_json
from cds_service.request import Hook, HookRequest, fault_of_json
from cds_service.services import Services
from cds_service.trace_context import TraceContext
from cds_service.unread_orders import holds_unnamed_infliximab, names_unread_infliximab
from fhir_mappings.acquire import acquire
from fhir_mappings.acquired import AcquiredResources, KeyState
from fhir_mappings.acquisition.session import FetchReport
from fhir_mappings.context import ReadingContext
from fhir_mappings.course import build_course
from fhir_mappings.drafts import DraftOrder, find_drafts
from fhir_mappings.laboratory_order import laboratory_order
from fhir_mappings.medication import names_infliximab
from fhir_mappings.prefetch import templates
from fhir_mappings.strict_json import StrictJsonError
from tdm.actionable import is_actionable
from tdm.decide import decide
from tdm.decision import Decision, Verdict
from tdm.facts import Moment, TreatmentCourse
from tdm.forecast.result import Absence
from tdm.issues import IssueCode


@dataclass(frozen=True, slots=True)
class Evaluated:
    """One order (or chart) after its evaluation. `card` is None when there is nothing to show.

    `reason` and `failed_at` are set when the check was not completed; `course` and `decision` are as far as
    it got.
    """

    draft: DraftOrder | None
    course: TreatmentCourse | None = None
    decision: Decision | None = None
    card: Card | None = None
    rendered: bytes = b""
    reason: str | None = None
    failed_at: str = ""


@dataclass(frozen=True, slots=True)
class Examination:
    """What one request holds: its resources and the infliximab orders among its drafts.

    `fetch` says what was fetched, None where there was no need.
    """

    context: ReadingContext
    acquired: AcquiredResources
    drafts: tuple[DraftOrder, ...]
    failure: str = ""
    failed_at: str = ""
    unread_orders: bool = False
    fetch: FetchReport | None = None
    fetch_failed_at: str = ""


_ALWAYS_EVALUATED: Final = 20
_WORK_OF_AN_ORDER: Final = 50  # in resources: what an order costs when the record is empty
_MOST_FORECAST: Final = 5  # orders of one request; a forecast costs more than all else of an order
_MOST_WORK: Final = 50_000  # resources read for all orders together, less than a second's work

_NOTHING: Final = AcquiredResources(keys={})
_KEYS: Final = frozenset(templates())


def evaluate(request: HookRequest, services: Services, now: Moment) -> list[dict[str, Any]]:
    """Return the cards of one call as JSON values; raises RequestRefusedError where there is no answer."""
    evaluated = evaluate_all(examine(request, services, now), request, services, now)
    return [one.card.to_json() for one in evaluated if one.card is not None]


def answer(
    request: HookRequest,
    services: Services,
    now: Moment,
    record: RequestRecord,
    *,
    caller: Caller | None = None,
) -> tuple[Evaluated, ...]:
    """Return what one call is answered with and note codes and counts for the log line.

    `caller` is who may have which FHIR servers asked; without one nothing is fetched.
    """
    examination = examine(request, services, now, caller=caller, trace=record.trace)
    for name, key in examination.acquired.keys.items():
        record.resources += key.seen
        if name in _KEYS:  # any other name is the client's own text
            record.keys[name] = (key.shortfall or key.state).value
    record.notes = request.notes
    record.failed_at = examination.fetch_failed_at
    if examination.fetch is not None:
        record.fetch = fetch_line(examination.fetch)
    evaluated = evaluate_all(examination, request, services, now)
    record.evaluated.extend(_logged(one) for one in evaluated)
    return evaluated


def examine(
    request: HookRequest,
    services: Services,
    now: Moment,
    *,
    caller: Caller | None = None,
    trace: TraceContext | None = None,
) -> Examination:
    """Read the prefetched data, fetch what is lacking, find the infliximab orders among the drafts."""
    began = services.fetcher.now() if services.fetcher is not None else 0.0
    context = ReadingContext(patient_id=request.patient_id, zone=services.zone, now=now, codes=services.codes)
    failure = "" if request.patient_id else Reason.NO_PATIENT
    failed_at = ""
    try:
        acquired = acquire(request.prefetch, codes=services.codes, patient_id=request.patient_id)
    except StrictJsonError as error:
        raise RequestRefusedError(fault_of_json(error)) from None
    except Exception as error:  # noqa: BLE001 (whatever the data did to it, the orders must still be looked at)
        acquired, failure, failed_at = _NOTHING, Reason.DATA_UNREADABLE, where_it_failed(error)
    fetched = fetch_missing(
        request, acquired, services, context, caller=caller, answer_began=began, trace=trace
    )
    found = Examination(
        context,
        fetched.acquired,
        (),
        failure,
        failed_at,
        fetch=fetched.report,
        fetch_failed_at=fetched.failed_at,
    )
    if request.hook is Hook.PATIENT_VIEW:
        return found
    try:
        drafts = find_drafts(request.draft_orders, request.selections, found.acquired, context)
    except Exception as error:  # an unreadable order list may hold an infliximab order: ask by name instead
        if not names_infliximab(request.draft_orders):
            raise
        unreadable, failed_at = Reason.ORDER_UNREADABLE, where_it_failed(error)
        return replace(found, failure=unreadable, failed_at=failed_at, unread_orders=True)
    return replace(found, drafts=drafts, unread_orders=names_unread_infliximab(request.draft_orders))


def evaluate_all(
    examination: Examination, request: HookRequest, services: Services, now: Moment
) -> tuple[Evaluated, ...]:
    """Evaluate every infliximab order of the request, or the chart itself where one was opened."""
    if request.hook is Hook.PATIENT_VIEW:
        return (_evaluate_chart(examination, services, now),)
    drafts = examination.drafts
    several = len(drafts) > 1
    most = _most_evaluated(examination.acquired) if several else _ALWAYS_EVALUATED
    evaluated = [
        _evaluate_draft(
            examination,
            draft,
            draft.label if several else None,
            services,
            now,
            no_forecast=Absence.MANY_ORDERS if place >= _MOST_FORECAST else None,
        )
        for place, draft in enumerate(drafts[:most])
    ]
    if drafts[most:]:
        rest = f"{most + 1} to {len(drafts)} of {len(drafts)}"
        evaluated.append(_not_completed(Evaluated(None), Reason.TOO_SLOW, "", services, label=rest))
    if examination.unread_orders:
        failed_at = "" if drafts else examination.failed_at
        evaluated.append(_not_completed(Evaluated(None), Reason.ORDER_UNREADABLE, failed_at, services))
        return tuple(evaluated)  # its card speaks for an order without a name as well
    return (*evaluated, *_unnamed(examination, request, services))


def _unnamed(examination: Examination, request: HookRequest, services: Services) -> tuple[Evaluated, ...]:
    """Return the card for orders that name no medicine, where the record does not rule infliximab out."""
    try:
        found = holds_unnamed_infliximab(request, examination.acquired, examination.context)
    except Exception as error:  # noqa: BLE001 (an order that may be for infliximab must not end in silence)
        failed_at = where_it_failed(error)
        return (_not_completed(Evaluated(None), Reason.INTERNAL, failed_at, services),)
    return (_not_completed(Evaluated(None), Reason.ORDER_UNNAMED, "", services),) if found else ()


def _most_evaluated(acquired: AcquiredResources) -> int:
    """Return how many orders one request may have evaluated.

    Every order goes through the whole record, so hostile numbers of both would hold a worker for hours. What
    people sign is far below; where it is not, one card names the orders that were left out.
    """
    resources = sum(len(key.resources) for key in acquired.keys.values())
    return max(_ALWAYS_EVALUATED, _MOST_WORK // (_WORK_OF_AN_ORDER + resources))


def _evaluate_draft(
    examination: Examination,
    draft: DraftOrder,
    label: str | None,
    services: Services,
    now: Moment,
    *,
    no_forecast: Absence | None,
) -> Evaluated:
    if examination.failure:
        return _not_completed(
            Evaluated(draft), examination.failure, examination.failed_at, services, label=label
        )
    if any(issue.code is IssueCode.DRAFT_SUBJECT_DIFFERS for issue in draft.issues):
        # Whatever this patient's level says, it says nothing of an order for somebody else.
        return _not_completed(Evaluated(draft), Reason.OTHER_PATIENT, "", services, label=label)
    course: TreatmentCourse | None = None
    decision: Decision | None = None
    try:
        course = build_course(examination.acquired, draft=draft, context=examination.context)
        decision = decide(course, now=now, knowledge=services.knowledge, no_forecast=no_forecast)
        if decision.verdict is Verdict.NOT_APPLICABLE:
            return Evaluated(draft, course, decision)
        return _completed(examination, draft, course, decision, label, services)
    except Exception as error:  # noqa: BLE001 (an order was recognised: any failure must end in a card)
        return _not_completed(
            Evaluated(draft, course, decision),
            Reason.INTERNAL,
            where_it_failed(error),
            services,
            label=label,
        )


def _evaluate_chart(examination: Examination, services: Services, now: Moment) -> Evaluated:
    """Evaluate an opened chart: silent unless infliximab is on record and something is actionable."""
    keys = examination.acquired.keys.values()
    if not examination.failure and all(key.state is KeyState.UNAVAILABLE for key in keys):
        raise RequestRefusedError(Fault.NO_USABLE_DATA)
    if examination.failure:
        return _not_completed(Evaluated(None), examination.failure, examination.failed_at, services)
    course: TreatmentCourse | None = None
    decision: Decision | None = None
    try:
        course = build_course(examination.acquired, draft=None, context=examination.context)
        if not (course.levels or course.atis or course.doses or course.orders):
            return Evaluated(None, course)
        decision = decide(course, now=now, knowledge=services.knowledge)
        quiet = not is_actionable(course, decision, now=now, knowledge=services.knowledge)
        if quiet or decision.verdict is Verdict.NOT_APPLICABLE:
            return Evaluated(None, course, decision)
        return _completed(examination, None, course, decision, None, services)
    except Exception as error:  # noqa: BLE001 (a failed check must not look like a quiet chart)
        return _not_completed(
            Evaluated(None, course, decision), Reason.INTERNAL, where_it_failed(error), services
        )


def _completed(
    examination: Examination,
    draft: DraftOrder | None,
    course: TreatmentCourse,
    decision: Decision,
    label: str | None,
    services: Services,
) -> Evaluated:
    lab_order = laboratory_order(
        decision.options,
        order_codes=services.laboratory_orders,
        patient_id=examination.context.patient_id,
        draft=draft,
        acquired=examination.acquired,
        codes=services.codes,
    )
    card = build_card(
        decision,
        knowledge=services.knowledge,
        draft=draft,
        order_label=label,
        order_count=len(examination.drafts),
        lab_order=lab_order,
        shortfalls=course.shortfalls,
        source_url=services.source_url,
    )
    return Evaluated(draft, course, decision, card, render_json(card.to_json()))


def _not_completed(
    so_far: Evaluated, reason: str, failed_at: str, services: Services, *, label: str | None = None
) -> Evaluated:
    card = not_completed_card(
        reason,
        knowledge_version=services.knowledge.version,
        order_label=label,
        shortfalls=so_far.course.shortfalls if so_far.course is not None else (),
        source_url=services.source_url,
    )
    return Evaluated(
        so_far.draft,
        so_far.course,
        so_far.decision,
        card,
        render_json(card.to_json()),
        reason=reason,
        failed_at=failed_at,
    )


def _logged(one: Evaluated) -> DraftRecord:
    """Return the codes of one evaluation; parameters and sources stay behind, they may hold record text."""
    decision = one.decision
    if one.reason is not None or decision is None:
        verdict = Verdict.NOT_COMPLETED.value if one.reason is not None else ""
        return DraftRecord(verdict=verdict, reason=one.reason or "", failed_at=one.failed_at)
    forecast = decision.forecast
    return DraftRecord(
        verdict=decision.verdict,
        rule=decision.rule,
        certainty=decision.certainty or "",
        issues=tuple(sorted({issue.code for issue in decision.issues})),
        failed_at=forecast.failed_at if forecast is not None else "",
        forecast=(forecast.absent or "given") if forecast is not None else "",
    )
