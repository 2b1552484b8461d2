"""W3C trace context: read a caller's `traceparent` strictly, go on with a span of our own, pass it on.

`tracestate` is not passed on: it is free text of the caller, and what we ask may belong to somebody else.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import Final

HEADER: Final = "traceparent"

_TRACEPARENT: Final = re.compile(
    r"(?P<version>[0-9a-f]{2})-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})"
    r"(?P<more>-.*)?",
    re.ASCII,
)
_LONGEST: Final = 256
_SAMPLED: Final = 0x01


@dataclass(frozen=True, slots=True)
class TraceContext:
    """One span of a trace, as hexadecimal text. `sampled` is the caller's wish that it be recorded."""

    trace_id: str
    span_id: str
    sampled: bool = False

    def child(self) -> TraceContext:
        """Return a new span of the same trace: one for each request that is made on behalf of this one."""
        return TraceContext(self.trace_id, _random_hex(8), self.sampled)

    def child_header(self) -> str:
        """Return the value of `traceparent` for one more request on behalf of this span."""
        return self.child().header()

    def header(self) -> str:
        """Return the value of `traceparent` for a request that is made as this span."""
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"


def parse(value: str | None) -> TraceContext | None:
    """Return the caller's span, or None where the header is absent or not exactly as specified."""
    if value is None or len(value) > _LONGEST:
        return None
    match = _TRACEPARENT.fullmatch(value)
    if match is None or match["version"] == "ff" or (match["version"] == "00" and match["more"]):
        return None
    if not match["trace"].strip("0") or not match["span"].strip("0"):
        return None
    return TraceContext(match["trace"], match["span"], bool(int(match["flags"], 16) & _SAMPLED))


def server_span(value: str | None) -> TraceContext:
    """Return the span of a request that came in: of the caller's trace, or of a new one."""
    caller = parse(value)
    return caller.child() if caller is not None else TraceContext(_random_hex(16), _random_hex(8))


def _random_hex(size: int) -> str:
    """Return `size` random bytes in hexadecimal; all zeros would mean "none"."""
    while True:
        text = secrets.token_hex(size)
        if text.strip("0"):
            return text
