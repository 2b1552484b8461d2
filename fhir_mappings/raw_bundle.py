"""Bundles split into raw parts: the text of each resource, without reading any.

That no name came twice and none is unknown is proved by lengths. The parts with their names, colons, commas
and brackets make the shortest text in which they can be written; a name that comes twice, an unknown one, an
escaped one or white space makes the text longer than that.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

ABSENT = msgspec.Raw(b"")
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_AROUND_TYPE = len('{"resourceType":"Bundle"}')
_AROUND_ENTRIES = len(',"entry":[]')

# Field names are those of FHIR: the decoder looks for them by name.
# ruff: noqa: N815


class RawEntry(msgspec.Struct, gc=False):
    """One entry of a Bundle."""

    fullUrl: msgspec.Raw = ABSENT
    resource: msgspec.Raw = ABSENT
    search: msgspec.Raw = ABSENT


class RawBundle(msgspec.Struct, gc=False):
    """A Bundle of the usual shape. To be used only once `shortest_length` has proved it whole."""

    resourceType: Literal["Bundle"]
    id: msgspec.Raw = ABSENT
    meta: msgspec.Raw = ABSENT
    type: msgspec.Raw = ABSENT
    timestamp: msgspec.Raw = ABSENT
    total: msgspec.Raw = ABSENT
    link: msgspec.Raw = ABSENT
    entry: list[RawEntry] | None = None


_BUNDLE = msgspec.json.Decoder(RawBundle)


def split(text: bytes) -> RawBundle | None:
    """Split a Bundle; None where it is none, or where its parts are not where they should be.

    White space between the parts hides the proof, so it is removed where there is some.
    """
    try:
        bundle = _BUNDLE.decode(text)
        if shortest_length(bundle) == len(text):
            return bundle
        compact = msgspec.json.format(text, indent=-1)
        bundle = _BUNDLE.decode(compact)
    except UNREADABLE:
        return None
    return bundle if shortest_length(bundle) == len(compact) else None


def shortest_length(bundle: RawBundle) -> int:
    """Return the least number of bytes in which a Bundle of these parts can be written; 0: one is missing."""
    length = _AROUND_TYPE
    for name, raw in (
        ("id", bundle.id),
        ("meta", bundle.meta),
        ("type", bundle.type),
        ("timestamp", bundle.timestamp),
        ("total", bundle.total),
        ("link", bundle.link),
    ):
        if raw:
            length += len(name) + len(raw) + len(',"":')
    entries = bundle.entry
    if not entries:
        return length if entries is None else length + _AROUND_ENTRIES
    count = len(entries)
    resources = [len(entry.resource) for entry in entries]
    if 0 in resources:
        return 0
    urls = [len(entry.fullUrl) for entry in entries]
    searches = [len(entry.search) for entry in entries]
    with_url, with_search = count - urls.count(0), count - searches.count(0)
    length += _AROUND_ENTRIES + count - 1
    length += count * len('{"resource":}') + with_url * len(',"fullUrl":') + with_search * len(',"search":')
    return length + sum(resources) + sum(urls) + sum(searches)


def joined(raws: Iterable[msgspec.Raw]) -> bytes:
    """Return raw values as the text of one JSON list."""
    return b"[%b]" % b",".join(raws)
