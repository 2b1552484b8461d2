"""`python -m benchmarks.stages`: what each step of a decision takes, by itself and within a request.

CPU time of the calling thread; nine calls of ten take longer. A step that is called again and again finds its
code, its data and the branches it takes at hand in the processor. Within a request other steps and the web
framework have taken their place, and the same step takes up to twice as long. What a request takes beside its
steps, and the constant route as a whole, stand below.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.bodies import body
from benchmarks.inprocess import environ
from benchmarks.served import percentile
from benchmarks.server import application
from benchmarks.serving import CONSTANT_PATH, SERVICE_PATH
from cards.build import build_card
from cds_service import evaluate, hooks
from cds_service.application import freeze_after_warm_up
from cds_service.log import make_logger
from cds_service.request import Hook, parse_request
from cds_service.services import Services
from fhir_mappings.acquire import acquire
from fhir_mappings.context import ReadingContext
from fhir_mappings.course import build_course
from fhir_mappings.drafts import find_drafts
from tdm.decide import decide

SIZES = (5, 50, 500)
CALLS = 400
FAST = 0.1  # the share of calls that are quicker than what is shown: the rest were disturbed
STEPS: tuple[tuple[str, Any, str], ...] = (
    ("request", hooks, "parse_request"),
    ("resources", evaluate, "acquire"),
    ("draft", evaluate, "find_drafts"),
    ("course", evaluate, "build_course"),
    ("decision", evaluate, "decide"),
    ("card", evaluate, "build_card"),
)
"""Each step with the place where the service calls it."""


def microseconds(step: Callable[[], object]) -> float:
    """Return what one step takes; nine calls of ten take longer."""
    times: list[float] = []
    for _ in range(CALLS):
        timed(step, times)()
    return percentile(times, FAST)


def timed(step: Callable[..., Any], times: list[float]) -> Callable[..., Any]:
    """Return a function that does the same and notes what it took, in microseconds."""

    def measured(*arguments: Any, **named: Any) -> Any:
        started = time.thread_time_ns()
        result = step(*arguments, **named)
        times.append((time.thread_time_ns() - started) / 1000)
        return result

    return measured


def alone(services: Services, resources: int) -> dict[str, float]:
    """Return what each step takes by itself for a body of so many resources, in microseconds."""
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


def within(call: Callable[[str, bytes], object], resources: int) -> dict[str, float]:
    """Return what each step takes within a request, what the rest of it takes, and the constant route."""
    payload = body(resources)
    taken: dict[str, list[float]] = defaultdict(list)
    plain = {name: getattr(module, function) for name, module, function in STEPS}
    whole, constant = timed(call, taken["whole"]), timed(call, taken["constant"])
    try:
        for name, module, function in STEPS:
            setattr(module, function, timed(plain[name], taken[name]))
        for _ in range(CALLS):
            whole(SERVICE_PATH, payload)
            constant(CONSTANT_PATH, payload)
    finally:
        for name, module, function in STEPS:
            setattr(module, function, plain[name])
    names = [name for name, _, _ in STEPS]
    assert all(len(taken[name]) == CALLS for name in names), "a step was not called where it is looked for"
    rest = [
        all_of_it - sum(steps)
        for all_of_it, *steps in zip(taken["whole"], *(taken[name] for name in names), strict=True)
    ]
    figures = {name: percentile(taken[name], FAST) for name in names}
    return {**figures, "the rest": percentile(rest, FAST), "constant": percentile(taken["constant"], FAST)}


def main() -> None:
    """Print a table in microseconds."""
    with Path(os.devnull).open("wb") as nowhere:
        app = application(logger=make_logger(nowhere))

        def call(path: str, payload: bytes) -> None:
            b"".join(app.wsgi_app(environ(path, payload), lambda *_: None))

        for _ in range(20):
            call(SERVICE_PATH, body(50))
        freeze_after_warm_up()
        services: Services = app.extensions["infliximab-cds"]
        by_itself = [alone(services, size) for size in SIZES]
        in_request = [within(call, size) for size in SIZES]
    print(f"{'':>10} {'by itself':>26} {'within a request':>26}")
    print(f"{'resources':>10} " + " ".join(f"{size:>8}" for size in (*SIZES, *SIZES)))
    for name in in_request[0]:
        figures = [figure.get(name) for figure in (*by_itself, *in_request)]
        print(f"{name:>10} " + " ".join(f"{'-' if one is None else round(one):>8}" for one in figures))


if __name__ == "__main__":
    main()
