"""A first look at a prefetch value: find the few resources that may matter without building all of them.

A Bundle is split into the raw texts of its resources, all of them are decoded only as far as their type,
code, medicine and subject, and the chosen ones are then read in full and strictly. What the quick look does
not understand is read in full instead: nothing is left out because it was odd. What is left out is not read,
and so not judged either (`strict_json` says what that means).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from fhir_mappings.acquired import Resource
from fhir_mappings.choosing import Choice, Relevance, choose
from fhir_mappings.raw_bundle import UNREADABLE, RawBundle, RawEntry, joined, split
from fhir_mappings.strict_json import StrictJsonError, loads_strict

_FEW = 8
"""So many resources are read in full faster than they are looked at first. It finds the same."""

_NO_URL = msgspec.Raw(b'""')
_NULL = msgspec.Raw(b"null")
_RAW = (bytes, bytearray, memoryview, msgspec.Raw)
_ALL = Choice([])


class Peeked(msgspec.Struct, frozen=True):
    """One prefetch value after the first look.

    `resource_type` is that of the value itself ("Bundle", or a single resource's), "" for null. `resources`
    are those that may matter, `full_urls` run parallel to them ("" where the entry has none). `seen`
    counts all resources, `has_more` says that there are more than were sent. `loose` and `conditions` say of
    those passed over what `Choice` says.
    """

    resource_type: str
    resources: tuple[Resource, ...] = ()
    full_urls: tuple[str, ...] = ()
    seen: int = 0
    has_more: bool = False
    loose: frozenset[str] = frozenset()
    conditions: frozenset[str] = frozenset()


_NOTHING_FOUND = Peeked("Bundle")


class UnreadableValueError(ValueError):
    """A prefetch value is valid JSON but neither null nor a FHIR resource."""


def read_value(value: Any, matters: Relevance, patient_id: str) -> Peeked:
    """Read one prefetch value: null, a single resource, or a Bundle of any type; parsed, as text, or split.

    Raises `StrictJsonError` where what has to be read is not strict JSON, and `UnreadableValueError` for any
    value that FHIR does not know. The size of a Bundle decides how it is read, but not what is found or
    refused: where reading all of a small one is refused, it is looked at like a large one.
    """
    if isinstance(value, dict):
        return _read_parsed(value)
    bundle = _as_split(value)
    if bundle is None:
        return read_whole(value)
    entries = bundle.entry or ()
    if len(entries) <= _FEW:
        try:
            return read_whole(bundle)
        except StrictJsonError:
            pass
    raws = [entry.resource for entry in entries]
    urls = [entry.fullUrl for entry in entries]
    try:
        choice = choose(raws, urls, matters, patient_id)
    except UNREADABLE:
        return read_whole(bundle)
    return _read_entries(bundle, [entries[place] for place in choice.places], choice)


def read_in_full(value: Any) -> Peeked:
    """Read every resource of a prefetch value; of a Bundle no more than `read_value` does around them."""
    bundle = _as_split(value)
    return read_whole(value if bundle is None else bundle)


def _as_split(value: Any) -> RawBundle | None:
    """Return a Bundle that is still text in its parts; None for anything else."""
    if isinstance(value, RawBundle):
        return value
    return split(bytes(value)) if isinstance(value, _RAW) else None


def read_whole(value: Any) -> Peeked:
    """Read everything: what is small or parsed, no Bundle, or one that the quick look did not understand."""
    if isinstance(value, RawBundle):
        return _read_entries(value, value.entry or [])
    return _read_parsed(loads_strict(value) if isinstance(value, _RAW) else value)


def _read_entries(bundle: RawBundle, entries: list[RawEntry], choice: Choice = _ALL) -> Peeked:
    """Read some entries of a Bundle, and what it says of itself; all are counted."""
    texts = joined([entry.resource for entry in entries])
    addresses = joined([entry.fullUrl or _NO_URL for entry in entries])
    parts = loads_strict(b"[%b,%b,%b,%b]" % (texts, addresses, bundle.link or _NULL, bundle.total or _NULL))
    kept = _readable(zip(parts[0], parts[1], strict=True))
    seen = len(kept) if choice is _ALL else len(bundle.entry or ())
    return _peeked(kept, seen, has_more=_has_more(parts[2], parts[3], seen), choice=choice)


def _read_parsed(value: Any) -> Peeked:
    if value is None:
        return Peeked("")
    resource_type = value.get("resourceType") if isinstance(value, dict) else None
    if not isinstance(resource_type, str):
        raise UnreadableValueError
    if resource_type.strip() != "Bundle":
        return Peeked(resource_type.strip(), (value,), ("",), 1)
    link, total, entries = value.get("link"), value.get("total"), value.get("entry")
    if not (entries or link or total):
        return _NOTHING_FOUND
    entries = [entries] if isinstance(entries, dict) else entries if isinstance(entries, list) else []
    readable = _readable(
        [(entry.get("resource"), entry.get("fullUrl")) for entry in entries if isinstance(entry, dict)]
    )
    more = _has_more(link, total, len(readable))
    return _peeked(readable, len(readable), has_more=more)


def _readable(entries: Iterable[tuple[Any, Any]]) -> list[tuple[Resource, str]]:
    """Return the resources with their addresses, those that are resources at all."""
    return [(resource, _full_url(url)) for resource, url in entries if isinstance(resource, dict)]


def _peeked(kept: list[tuple[Resource, str]], seen: int, *, has_more: bool, choice: Choice = _ALL) -> Peeked:
    if not seen and not has_more:
        return _NOTHING_FOUND
    return Peeked(
        "Bundle",
        tuple([resource for resource, _ in kept]),
        tuple([url for _, url in kept]),
        seen,
        has_more,
        choice.loose,
        choice.conditions,
    )


def _full_url(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _has_more(links: Any, total: Any, received: int) -> bool:
    """Say whether a Bundle is one page of several: it says so by a link, or counts more than it brings."""
    for link in (links if isinstance(links, list) else [links]) if links else ():
        relation = link.get("relation") if isinstance(link, dict) else None
        if isinstance(relation, str) and relation.strip() == "next":
            return True
    return isinstance(total, int) and total > received
