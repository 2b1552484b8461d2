"""One structured line per request: codes, counts and durations; never an identifier or a clinical value.

The line is built from a `RequestRecord`, whose fields are the complete list of what can be logged. Exception
messages are never logged, because a message may quote what was being read.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, BinaryIO

import orjson
import structlog

from cds_service.trace_context import TraceContext
from fhir_mappings.acquisition.session import FetchReport

PACKAGES = frozenset({"tdm", "fhir_mappings", "cards", "cds_service"})


@dataclass(slots=True)
class DraftRecord:
    """What is logged of one evaluated order or chart: codes only.

    `forecast` is "given", or the code of why there is none; "" where none was needed.
    """

    verdict: str = ""
    rule: str = ""
    certainty: str = ""
    issues: tuple[str, ...] = ()
    reason: str = ""
    failed_at: str = ""
    forecast: str = ""


@dataclass(slots=True)
class RequestRecord:
    """What is logged of one request. `failed_at` is the kind of an exception and its place in our code.

    `refused` is the code of why its caller was not believed, which the caller itself is not told.
    """

    started: float
    trace: TraceContext | None = None
    service: str = ""
    fault: str = ""
    failed_at: str = ""
    refused: str = ""
    keys: dict[str, str] = field(default_factory=dict)
    resources: int = 0
    body_bytes: int = 0
    cards: int = 0
    feedback_items: int = 0
    evaluated: list[DraftRecord] = field(default_factory=list)
    notes: tuple[str, ...] = ()
    fetch: dict[str, Any] = field(default_factory=dict)


def fetch_line(report: FetchReport) -> dict[str, Any]:
    """Return what is logged of fetching: why or why not, how often, and what came of each prefetch key."""
    line: dict[str, Any] = {"access": report.access.value, "attempts": report.attempts}
    if report.faults:
        line["keys"] = {name: fault.value if fault else "fetched" for name, fault in report.faults.items()}
    return line


def where_it_failed(error: BaseException) -> str:
    """Return "ValueError at fhir_mappings/course.py:120": kind and deepest place in our own packages."""
    place = ""
    for frame in traceback.extract_tb(error.__traceback__):
        parts = PurePath(frame.filename).parts
        owned = [index for index, part in enumerate(parts) if part in PACKAGES]
        if owned:
            place = f"{'/'.join(parts[owned[-1] :])}:{frame.lineno}"
    return f"{type(error).__name__} at {place}" if place else type(error).__name__


def _render(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> bytes:
    return orjson.dumps(event)


def make_logger(stream: BinaryIO | None = None) -> Any:
    """Return a logger that writes one JSON object per line to `stream` (standard output by default)."""
    target: BinaryIO = stream if stream is not None else sys.stdout.buffer
    return structlog.wrap_logger(
        structlog.BytesLogger(target),
        processors=[structlog.processors.TimeStamper(fmt="iso", utc=True), _render],
        wrapper_class=structlog.make_filtering_bound_logger("info"),
    ).bind()


def request_line(
    logger: Any,
    record: RequestRecord,
    *,
    endpoint: str,
    method: str,
    status: int,
    now: float,
    knowledge_version: str,
) -> None:
    """Write the line of one finished request. `endpoint` is a route's name, never the path itself."""
    line: dict[str, Any] = {
        "endpoint": endpoint,
        "method": method,
        "status": status,
        "duration_ms": round((now - record.started) * 1000, 3),
        "knowledge": knowledge_version,
    }
    if record.trace is not None:
        line["trace"], line["span"] = record.trace.trace_id, record.trace.span_id
    if record.service:
        line["service"] = record.service
        line["body_bytes"] = record.body_bytes
        line["prefetch"] = record.keys
        line["resources"] = record.resources
        line["cards"] = record.cards
        line["evaluated"] = [
            {name: getattr(draft, name) for name in DraftRecord.__slots__ if getattr(draft, name)}
            for draft in record.evaluated
        ]
    if record.notes:
        line["notes"] = record.notes
    if record.fetch:
        line["fetch"] = record.fetch
    if record.feedback_items:
        line["feedback_items"] = record.feedback_items
    if record.fault:
        line["fault"] = record.fault
    if record.refused:
        line["refused"] = record.refused
    if record.failed_at:
        line["failed_at"] = record.failed_at
    logger.info("request", **line)
