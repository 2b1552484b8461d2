"""Trace context: read strictly, never trusted further than its shape, passed on with a span of our own."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service import trace_context
from cds_service.trace_context import TraceContext, parse, server_span
from tests.cds_service.conftest import SIGN, Running

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"
WELL_FORMED = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[01]", re.ASCII)


@pytest.mark.parametrize(
    ("value", "sampled"),
    [
        (f"00-{TRACE}-{SPAN}-01", True),
        (f"00-{TRACE}-{SPAN}-00", False),
        (f"00-{TRACE}-{SPAN}-03", True),  # a later flag beside the one we know
        (f"00-{TRACE}-{SPAN}-fe", False),
        (f"cc-{TRACE}-{SPAN}-01", True),  # a later version is read as far as we know it
        (f"cc-{TRACE}-{SPAN}-01-what-the-future-brings", True),
    ],
)
def test_a_well_formed_header_is_read(value: str, sampled: bool) -> None:
    assert parse(value) == TraceContext(TRACE, SPAN, sampled)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        TRACE,
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{TRACE}-{SPAN}-01.",
        f"cc-{TRACE}-{SPAN}-01more",
        f"00-{TRACE}-{SPAN}-1",
        f"0-{TRACE}-{SPAN}-01",
        f"00-{TRACE[:-1]}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}x-01",
        f" 00-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01\n",
        f"00-{TRACE}-{SPAN}-01,00-{TRACE}-{SPAN}-01",
        f"00-{TRACE[:-1]}\uff15-{SPAN}-01",
        f"cc-{TRACE}-{SPAN}-01-" + "x" * 300,
    ],
)
def test_anything_else_is_ignored(value: str | None) -> None:
    assert parse(value) is None
    begun = server_span(value)
    assert begun.trace_id != TRACE
    assert WELL_FORMED.fullmatch(begun.header())


def test_each_span_is_new_and_the_trace_stays() -> None:
    incoming = server_span(f"00-{TRACE}-{SPAN}-01")
    outgoing = incoming.child()
    assert incoming.trace_id == outgoing.trace_id == TRACE
    assert len({SPAN, incoming.span_id, outgoing.span_id}) == 3
    assert outgoing.header() == f"00-{TRACE}-{outgoing.span_id}-01"


def test_a_span_of_zeros_is_never_made(monkeypatch: pytest.MonkeyPatch) -> None:
    made = iter(["0" * 16, SPAN])
    monkeypatch.setattr(trace_context.secrets, "token_hex", lambda _: next(made))
    assert TraceContext(TRACE, "1" * 16).child().span_id == SPAN


@given(st.text(max_size=80) | st.from_regex(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}.?"))
def test_whatever_comes_what_goes_on_is_well_formed(value: str) -> None:
    span = server_span(value)
    assert WELL_FORMED.fullmatch(span.header())
    assert parse(span.header()) == span


def test_the_log_line_carries_the_callers_trace(service: Running, order: dict[str, Any]) -> None:
    service.client.post(SIGN, json=order, headers={"traceparent": f"00-{TRACE}-{SPAN}-01"})
    service.client.post(SIGN, json=order, headers={"traceparent": f"00-{TRACE}-{SPAN}-01-CANARY"})
    first, second = service.lines
    assert first["trace"] == TRACE
    assert first["span"] != SPAN
    assert second["trace"] != TRACE
    assert "CANARY" not in json.dumps(second)
