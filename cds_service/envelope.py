"""The members of a request, those of its prefetch, and the entries of its Bundles, split in one pass.

A second look at every byte would cost as much as the first, and bodies are large. So all levels are split at
once, and lengths prove that nothing was dropped (see `fhir_mappings.raw_bundle`). Any other body takes the
exact path, one level after the other, and its prefetched values stay whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from fhir_mappings.prefetch import READ_KEYS
from fhir_mappings.raw_bundle import ABSENT, UNREADABLE, RawBundle, shortest_length
from fhir_mappings.strict_json import StrictJsonError, strict_members

Members = dict[str, msgspec.Raw]
Prefetched = dict[str, msgspec.Raw | RawBundle | None]

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

    Names are checked for duplicates; values are only scanned. Raises StrictJsonError, or PrefetchShapeError.
    """
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
