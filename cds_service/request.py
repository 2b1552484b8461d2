"""From a request body to a `HookRequest`: strict about JSON, tolerant about what clients really send.

Only the envelope and the context are read here; prefetched values stay raw and are read where they are
needed. Content types are not checked, clients send several. Tolerated: no prefetch, unknown fields, a
hookInstance that is no UUID or is missing (nothing here depends on it), ids of any length, a patient id
written as a reference, draft orders in any container. Refused, each with its own code: what is listed in
`cds_service.errors.Fault`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from typing import Any, Final

import msgspec
from flask import Request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from cds_service.envelope import Members, Prefetched, PrefetchShapeError, member_value, split
from cds_service.errors import Fault, RequestRefusedError
from cds_service.fhir_access import fhir_access
from fhir_mappings.acquisition.token import AccessToken
from fhir_mappings.strict_json import StrictJsonError, check_whole_body


class Hook(StrEnum):
    """The hooks that are answered."""

    PATIENT_VIEW = "patient-view"
    ORDER_SELECT = "order-select"
    ORDER_SIGN = "order-sign"


@dataclass(frozen=True, slots=True)
class HookRequest:
    """One call of a service, as far as it matters here.

    `patient_id` is "" when an order hook came without one. `draft_orders` is the context's value as parsed.
    `selections` is None when missing or not a list. `prefetch` holds a value, raw JSON or a split Bundle
    per key, None for null. `fhir_server` is the address that the client named, "" for none, and
    `access_token` what opens it; nothing of either is trusted yet. `notes` are codes of what of them was odd.
    """

    hook: Hook
    patient_id: str
    draft_orders: Any
    selections: tuple[str, ...] | None
    prefetch: Prefetched
    fhir_server: str = ""
    access_token: AccessToken | None = None
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Show the hook only: all else is a patient's or a server's, and a repr may end in a log."""
        return f"HookRequest({self.hook.value})"


_FAULT_OF_CODE: Final = {
    "not-an-object": Fault.NOT_AN_OBJECT,
    "too-deep": Fault.BODY_TOO_DEEP,
    "duplicate-name": Fault.DUPLICATE_KEY,
    "non-finite": Fault.NUMBER_NOT_FINITE,
    "too-many-members": Fault.TOO_MANY_MEMBERS,
}
_UNCOMPRESSED: Final = frozenset({"", "identity"})
_PART_BYTES: Final = 65_536


def fault_of_json(error: StrictJsonError) -> Fault:
    """Return the fault to answer when a part of the body that is read is not acceptable JSON."""
    return _FAULT_OF_CODE.get(error.code, Fault.BODY_NOT_JSON)


def read_body(request: Request) -> bytes:
    """Read the whole body within the app's limit; raises RequestRefusedError, or Werkzeug's 413."""
    if request.headers.get("Content-Encoding", "").strip().lower() not in _UNCOMPRESSED:
        raise RequestRefusedError(Fault.BODY_ENCODED)
    try:
        length = request.content_length
        body = request.get_data(cache=False) if length is None else _announced(request, length)
        cut = length is None and _goes_on(request, len(body))
    except RequestEntityTooLarge:
        raise
    except Exception:  # noqa: BLE001 (each server has its own kinds for a broken chunk or a cut connection)
        raise RequestRefusedError(Fault.BODY_NOT_READ) from None  # whichever: the client's fault, not ours
    if cut:
        raise RequestRefusedError(Fault.BODY_TOO_LARGE)
    return body


def _announced(request: Request, length: int) -> bytes:
    """Read a body of known length; Werkzeug's own reading would copy it twice more.

    In small parts: asked for all at once, the server grows one buffer, in a time that grows with the square.
    They are written to one buffer, which becomes the body as it is: a list of them would be held beside it.
    """
    limit = request.max_content_length
    if limit is not None and length > limit:
        raise RequestEntityTooLarge
    stream, body = request.environ["wsgi.input"], BytesIO()
    while length > 0:
        part = stream.read(min(length, _PART_BYTES))
        if not part:
            raise ClientDisconnected
        body.write(part)
        length -= len(part)
    return body.getvalue()


def _goes_on(request: Request, read_bytes: int) -> bool:
    """Say whether a body of unknown length was cut at the limit; Werkzeug cuts such bodies without a word."""
    limit = request.max_content_length
    return limit is not None and read_bytes >= limit and bool(request.environ["wsgi.input"].read(1))


def parse_request(body: bytes, hook: Hook) -> HookRequest:
    """Read the envelope of a call to a service for `hook`; raises RequestRefusedError."""
    try:
        return _parse(body, hook)
    except StrictJsonError as error:
        raise RequestRefusedError(fault_of_json(error)) from None
    except PrefetchShapeError:
        raise RequestRefusedError(Fault.PREFETCH_NOT_AN_OBJECT) from None


def _parse(body: bytes, hook: Hook) -> HookRequest:
    check_whole_body(body)
    envelope, prefetch = split(body)
    _check_hook(envelope, hook)
    context = _context(envelope)
    patient_id = _patient_id(context, envelope, hook)
    draft_orders = context.get("draftOrders")
    if hook is not Hook.PATIENT_VIEW and draft_orders is None:
        raise RequestRefusedError(Fault.DRAFT_ORDERS_MISSING)
    access = fhir_access(envelope)
    return HookRequest(
        hook=hook,
        patient_id=patient_id,
        draft_orders=draft_orders,
        selections=_selections(context.get("selections")),
        prefetch=_prefetch(prefetch),
        fhir_server=access.server,
        access_token=access.token,
        notes=access.notes,
    )


def _check_hook(envelope: Members, hook: Hook) -> None:
    named = member_value(envelope.get("hook"))
    if not isinstance(named, str) or not named:
        raise RequestRefusedError(Fault.HOOK_MISSING)
    if named != hook.value:
        raise RequestRefusedError(Fault.HOOK_OF_ANOTHER_SERVICE)


def _context(envelope: Members) -> dict[str, Any]:
    if "context" not in envelope:
        older = "patient" in envelope or "user" in envelope
        raise RequestRefusedError(Fault.OLDER_SHAPE if older else Fault.CONTEXT_MISSING)
    context = member_value(envelope["context"])
    if isinstance(context, list):
        raise RequestRefusedError(Fault.OLDER_SHAPE)
    if not isinstance(context, dict):
        raise RequestRefusedError(Fault.CONTEXT_MISSING)
    return context


def _patient_id(context: Mapping[str, Any], envelope: Members, hook: Hook) -> str:
    """Return the patient's id. An order hook without one goes on: its card then says what was not checked."""
    value = context.get("patientId")
    patient_id = value.strip().rpartition("/")[2] if isinstance(value, str) else ""
    if not patient_id and "patient" in envelope:
        raise RequestRefusedError(Fault.OLDER_SHAPE)
    if not patient_id and hook is Hook.PATIENT_VIEW:
        raise RequestRefusedError(Fault.PATIENT_MISSING)
    return patient_id


def _selections(value: Any) -> tuple[str, ...] | None:
    if not isinstance(value, list):
        return None
    return tuple(item for item in value if isinstance(item, str))


class _Wrapped(msgspec.Struct):
    """The outline of a prefetched value from before 1.0: the resource inside a record of its HTTP answer."""

    resourceType: msgspec.Raw = msgspec.Raw()  # noqa: N815 (the name in FHIR)
    response: msgspec.Raw = msgspec.Raw()


_WRAPPED_DECODER = msgspec.json.Decoder(_Wrapped)
_STARTS_WITH_TYPE = re.compile(rb'\{\s*"resourceType"')


def _is_wrapped(value: Any) -> bool:
    """Say whether a value is wrapped. Clients write resourceType first, which nearly always settles it."""
    if isinstance(value, dict):
        return "response" in value and "resourceType" not in value
    if not isinstance(value, msgspec.Raw):
        return False
    view = memoryview(value)
    if _STARTS_WITH_TYPE.match(view) is not None or bytes(view[:1]) != b"{":
        return False
    try:
        outline = _WRAPPED_DECODER.decode(view)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False  # whatever it is, it is judged where it is read
    return bool(memoryview(outline.response).nbytes) and not memoryview(outline.resourceType).nbytes


def _prefetch(members: Prefetched) -> Prefetched:
    if any(_is_wrapped(value) for value in members.values()):
        raise RequestRefusedError(Fault.OLDER_SHAPE)
    return {key: None if _is_null(value) else value for key, value in members.items()}


def _is_null(value: Any) -> bool:
    return isinstance(value, msgspec.Raw) and bytes(memoryview(value)[:5]) == b"null"
