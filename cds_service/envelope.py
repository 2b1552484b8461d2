"""The outermost members of a request, and those of its prefetch, split in one pass over the body.

A second look at every byte would cost as much as the first, and bodies are large. So both levels are split at
once, and lengths prove that nothing was dropped: the parts with their names, colons, commas and braces add
up to the body exactly only where no name came twice, none is unknown and no white space stands between.
Any other body takes the exact path, one level after the other.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from fhir_mappings.strict_json import StrictJsonError, strict_members

Members = dict[str, msgspec.Raw]

_ABSENT = msgspec.Raw(b"")


class _Envelope(msgspec.Struct):
    """The members that requests usually have, by their names in the specification."""

    hook: msgspec.Raw = _ABSENT
    hookInstance: msgspec.Raw = _ABSENT  # noqa: N815 (the name in the specification)
    context: msgspec.Raw = _ABSENT
    fhirServer: msgspec.Raw = _ABSENT  # noqa: N815
    fhirAuthorization: msgspec.Raw = _ABSENT  # noqa: N815
    extension: msgspec.Raw = _ABSENT
    prefetch: Members | None = None


_DECODER = msgspec.json.Decoder(_Envelope)
_RAW_MEMBERS = tuple(name for name in _Envelope.__struct_fields__ if name != "prefetch")


class PrefetchShapeError(ValueError):
    """The prefetch is neither an object nor null."""


def split(body: bytes) -> tuple[Members, Members]:
    """Return the members of a request except its prefetch, and those of the prefetch ({} without one).

    Names are checked for duplicates on both levels; values are only scanned. Raises StrictJsonError, or
    PrefetchShapeError.
    """
    try:
        envelope = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _split_exactly(body)
    members = {name: raw for name in _RAW_MEMBERS if len(raw := getattr(envelope, name))}
    prefetch = envelope.prefetch
    length = _object_length(members.items())
    if prefetch is not None:
        length += (1 if members else 0) + len('"prefetch":') + _object_length(prefetch.items())
    if length != len(body):
        return _split_exactly(body)
    return members, prefetch if prefetch is not None else {}


def _object_length(members: Iterable[tuple[str, msgspec.Raw]]) -> int:
    """Return the least number of bytes in which an object with these members can be written."""
    lengths = [len(name.encode()) + len(raw) + len('"":') for name, raw in members]
    return len("{}") + sum(lengths) + max(len(lengths) - 1, 0)


def _split_exactly(body: bytes) -> tuple[Members, Members]:
    members = strict_members(body)
    raw = members.pop("prefetch", None)
    if raw is None or bytes(memoryview(raw)[:5]) == b"null":
        return members, {}
    try:
        return members, strict_members(raw)
    except StrictJsonError as error:
        if error.code == "not-an-object":
            raise PrefetchShapeError from None
        raise
