"""The members of a request and those of its prefetch: parsed where the body is small, else split in one pass.

A small body is parsed as a whole. A large one is not: a second look at every byte would cost as much as the
first. So all levels, down to the entries of its Bundles, are split at once, and lengths prove that nothing
was dropped (see `fhir_mappings.raw_bundle`). Any other body takes the exact path, one level after the other,
and its prefetched values stay whole.

The size of a body decides how it is read, not what is answered: a small one that is not strict JSON
throughout is split like a large one, so that what is passed over is judged in neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from fhir_mappings.prefetch import READ_KEYS
from fhir_mappings.raw_bundle import ABSENT, UNREADABLE, RawBundle, shortest_length
from fhir_mappings.strict_json import MAX_MEMBERS, StrictJsonError, loads_strict, strict_members

Members = dict[str, Any]
"""The members of a request by name: values, or raw text (`msgspec.Raw`) of a body that was split."""

Prefetched = dict[str, Any]
"""What came under each prefetch key: a value, raw text, or a Bundle that was split (`RawBundle`)."""

_SMALL = 32_768
"""So many bytes are parsed faster than they are split and chosen from."""

_Prefetch: Any = msgspec.defstruct(
    "_Prefetch",
    [
        (key, msgspec.Raw, ABSENT)
        if key == "patient"
        else (key, RawBundle | msgspec.UnsetType, msgspec.UNSET)
        for key in READ_KEYS
    ],
)


class _Envelope(msgspec.Struct):
    """The members that requests usually have, by their names in the specification."""

    hook: msgspec.Raw = ABSENT
    hookInstance: msgspec.Raw = ABSENT  # noqa: N815 (the name in the specification)
    context: msgspec.Raw = ABSENT
    fhirServer: msgspec.Raw = ABSENT  # noqa: N815
    fhirAuthorization: msgspec.Raw = ABSENT  # noqa: N815
    extension: msgspec.Raw = ABSENT
    prefetch: _Prefetch | None = None


_DECODER = msgspec.json.Decoder(_Envelope)
_RAW_MEMBERS = tuple(name for name in _Envelope.__struct_fields__ if name != "prefetch")


class PrefetchShapeError(ValueError):
    """The prefetch is neither an object nor null."""


def split(body: bytes) -> tuple[Members, Prefetched]:
    """Return the members of a request except its prefetch, and those of the prefetch ({} without one).

    Names are checked for duplicates; the values of a large body are only scanned. Raises StrictJsonError, or
    PrefetchShapeError.
    """
    if len(body) <= _SMALL and (parsed := _parsed(body)) is not None:
        return parsed
    try:
        envelope = _DECODER.decode(body)
    except UNREADABLE:
        return _split_exactly(body)
    members = {name: raw for name in _RAW_MEMBERS if len(raw := getattr(envelope, name))}
    length = _object_length({name: len(raw) for name, raw in members.items()})
    prefetched: Prefetched = {}
    if envelope.prefetch is not None:
        prefetched, lengths = _prefetched(envelope.prefetch)
        length += (1 if members else 0) + len('"prefetch":') + _object_length(lengths)
    return (members, prefetched) if length == len(body) else _split_exactly(body)


def member_value(member: Any) -> Any:
    """Return the value of a member; that of a large body is still text. Raises StrictJsonError."""
    return loads_strict(member) if isinstance(member, msgspec.Raw) else member


def _parsed(body: bytes) -> tuple[Members, Prefetched] | None:
    """Return the parts of a body that is strict JSON throughout, and an object; None for any other.

    Nor for one of more members than anybody sends: the exact path refuses it, as it does a large one.
    """
    try:
        members = loads_strict(body)
    except StrictJsonError:
        return None
    if not isinstance(members, dict) or len(members) > MAX_MEMBERS:
        return None
    prefetch = members.pop("prefetch", None)
    if prefetch is None:
        return members, {}
    if not isinstance(prefetch, dict):
        raise PrefetchShapeError
    return (members, prefetch) if len(prefetch) <= MAX_MEMBERS else None


def _prefetched(prefetch: Any) -> tuple[Prefetched, dict[str, int]]:
    """Return what came under each key, and the least length of each."""
    values: Prefetched = {}
    lengths: dict[str, int] = {}
    for key in READ_KEYS:
        value = getattr(prefetch, key)
        if isinstance(value, RawBundle):
            values[key], lengths[key] = value, shortest_length(value)
        elif value is not msgspec.UNSET and value:
            values[key], lengths[key] = value, len(value)
    return values, lengths


def _object_length(lengths: Mapping[str, int]) -> int:
    """Return the least number of bytes for an object whose members, by their ASCII names, are so long."""
    names = sum([len(name) + len('"":') for name in lengths])
    return len("{}") + names + sum(lengths.values()) + max(len(lengths) - 1, 0)


def _split_exactly(body: bytes) -> tuple[Members, Prefetched]:
    members = strict_members(body)
    raw = members.pop("prefetch", None)
    if raw is None or bytes(memoryview(raw)[:5]) == b"null":
        return members, {}
    try:
        return members, {**strict_members(raw)}
    except StrictJsonError as error:
        if error.code == "not-an-object":
            raise PrefetchShapeError from None
        raise
