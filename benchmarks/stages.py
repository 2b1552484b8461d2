"""`python -m benchmarks.stages`: what each step of a decision takes by itself, called again and again.

CPU time of the calling thread; nine calls of ten take longer. A step that is repeated finds its code and data
at hand; within a whole request it takes up to twice as long: the steps before it have used the caches.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from benchmarks.bodies import body
from benchmarks.served import percentile
from cards.build import build_card
from cds_service.application import freeze_after_warm_up
from cds_service.request import Hook, parse_request
from cds_service.services import Services, load_services
from cds_service.settings import Settings
from fhir_mappings.acquire import acquire
from fhir_mappings.context import ReadingContext
from fhir_mappings.course import build_course
from fhir_mappings.drafts import find_drafts
from tdm.decide import decide


def microseconds(step: Callable[[], object], calls: int = 400) -> float:
    """Return what one step takes; nine calls of ten take longer."""
    times = []
    for _ in range(calls):
        started = time.thread_time_ns()
        step()
        times.append((time.thread_time_ns() - started) / 1000)
    return percentile(times, 0.1)


def stages(services: Services, resources: int) -> dict[str, float]:
    """Return what each step takes for a body of so many resources, in microseconds."""
    payload, now = body(resources), services.now()
    request = parse_request(payload, Hook.ORDER_SIGN)
    codes, patient_id = services.codes, request.patient_id
    context = ReadingContext(patient_id=patient_id, zone=services.zone, now=now, codes=codes)
    acquired = acquire(request.prefetch, codes=codes, patient_id=patient_id)
    drafts = find_drafts(request.draft_orders, request.selections, acquired, context)
    course = build_course(acquired, draft=drafts[0], context=context)
    decision = decide(course, now=now, knowledge=services.knowledge)
    steps: dict[str, Callable[[], object]] = {
        "request": lambda: parse_request(payload, Hook.ORDER_SIGN),
        "resources": lambda: acquire(request.prefetch, codes=codes, patient_id=patient_id),
        "draft": lambda: find_drafts(request.draft_orders, request.selections, acquired, context),
        "course": lambda: build_course(acquired, draft=drafts[0], context=context),
        "decision": lambda: decide(course, now=now, knowledge=services.knowledge),
        "card": lambda: build_card(decision, knowledge=services.knowledge, draft=drafts[0], order_count=1),
    }
    return {name: microseconds(step) for name, step in steps.items()}


def main() -> None:
    """Print a table in microseconds."""
    services = load_services(Settings())
    sizes = (5, 50, 500)
    stages(services, 50)
    freeze_after_warm_up()
    figures = [stages(services, size) for size in sizes]
    print(f"{'resources':>10} {sizes[0]:>8} {sizes[1]:>8} {sizes[2]:>8}")
    for name in figures[0]:
        print(f"{name:>10} " + " ".join(f"{figure[name]:>8.0f}" for figure in figures))


if __name__ == "__main__":
    main()
