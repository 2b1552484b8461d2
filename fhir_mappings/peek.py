"""A first look at a prefetch value: find the few resources that may matter without building all of them.

A Bundle is split into the raw texts of its resources, all of them are decoded only as far as their type,
code, medicine and subject, and the chosen ones are then read in full and strictly. What the quick look does
not understand is read in full instead: nothing is left out because it was odd. What is left out is not read,
and so not judged either (`strict_json` says what that means).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from fhir_mappings.acquired import Resource
from fhir_mappings.choosing import LOOKS, Choice, Relevance, choose
from fhir_mappings.raw_bundle import UNREADABLE, RawBundle, joined, split
from fhir_mappings.strict_json import RawJson, StrictJsonError, loads_strict

_FEW = 8
"""So many resources are read in full faster than they are looked at first. It finds the same."""

_NO_URL = msgspec.Raw(b'""')
_ALL = Choice([])


@dataclass(frozen=True, slots=True)
class Peeked:
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


class UnreadableValueError(ValueError):
    """A prefetch value is valid JSON but neither null nor a FHIR resource."""


def read_value(raw: RawJson | RawBundle, matters: Relevance, patient_id: str) -> Peeked:
    """Read one prefetch value: null, a single resource, or a Bundle of any type, which may be split already.

    Raises `StrictJsonError` where what has to be read is not strict JSON, and `UnreadableValueError` for any
    value that FHIR does not know. The size of a Bundle decides how it is read, but not what is found or
    refused: where reading all of a small one is refused, it is looked at like a large one.
    """
    bundle = raw if isinstance(raw, RawBundle) else split(bytes(raw))
    if bundle is None:
        return read_whole(raw)
    entries = bundle.entry or ()
    if len(entries) <= _FEW:
        try:
            return read_whole(bundle)
        except StrictJsonError:
            pass
    raws = [entry.resource for entry in entries]
    try:
        looks = LOOKS.decode(joined(raws))
    except UNREADABLE:
        return read_whole(bundle)
    urls = [entry.fullUrl for entry in entries]
    return _read_chosen(bundle, raws, urls, choose(looks, urls, matters, patient_id))


def read_in_full(raw: RawJson | RawBundle) -> Peeked:
    """Read every resource of a prefetch value; of a Bundle no more than `read_value` does around them."""
    bundle = raw if isinstance(raw, RawBundle) else split(bytes(raw))
    return read_whole(raw if bundle is None else bundle)


def _read_chosen(
    bundle: RawBundle, raws: list[msgspec.Raw], urls: list[msgspec.Raw], choice: Choice
) -> Peeked:
    resources = loads_strict(joined([raws[place] for place in choice.places]))
    addresses = loads_strict(joined([urls[place] or _NO_URL for place in choice.places]))
    kept = _readable(zip(resources, addresses, strict=True))
    return _peeked(kept, len(raws), has_more=_goes_on(bundle, len(raws)), choice=choice)


def read_whole(raw: RawJson | RawBundle) -> Peeked:
    """Read everything: what is small, no Bundle, or a Bundle that the quick look did not understand."""
    if not isinstance(raw, RawBundle):
        return _read_text(raw)
    entries = raw.entry
    if not entries:
        return Peeked("Bundle", has_more=_goes_on(raw, 0))
    resources = loads_strict(joined([entry.resource for entry in entries]))
    addresses = loads_strict(joined([entry.fullUrl or _NO_URL for entry in entries]))
    readable = _readable(zip(resources, addresses, strict=True))
    return _peeked(readable, len(readable), has_more=_goes_on(raw, len(readable)))


def _read_text(raw: RawJson) -> Peeked:
    value = loads_strict(raw)
    if value is None:
        return Peeked("")
    resource_type = value.get("resourceType") if isinstance(value, dict) else None
    if not isinstance(resource_type, str):
        raise UnreadableValueError
    if resource_type.strip() != "Bundle":
        return Peeked(resource_type.strip(), (value,), ("",), 1)
    entries = value.get("entry")
    entries = [entries] if isinstance(entries, dict) else entries if isinstance(entries, list) else []
    members = [entry for entry in entries if isinstance(entry, dict)]
    readable = _readable((member.get("resource"), member.get("fullUrl")) for member in members)
    more = _has_more(value.get("link"), value.get("total"), len(readable))
    return _peeked(readable, len(readable), has_more=more)


def _readable(entries: Iterable[tuple[Any, Any]]) -> list[tuple[Resource, str]]:
    """Return the resources with their addresses, those that are resources at all."""
    return [(resource, _full_url(url)) for resource, url in entries if isinstance(resource, dict)]


def _peeked(kept: list[tuple[Resource, str]], seen: int, *, has_more: bool, choice: Choice = _ALL) -> Peeked:
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


def _goes_on(bundle: RawBundle, received: int) -> bool:
    link = loads_strict(bundle.link) if bundle.link else None
    total = loads_strict(bundle.total) if bundle.total else None
    return _has_more(link, total, received)


def _has_more(links: Any, total: Any, received: int) -> bool:
    """Say whether a Bundle is one page of several: it says so by a link, or counts more than it brings."""
    for link in (links if isinstance(links, list) else [links]) if links else ():
        relation = link.get("relation") if isinstance(link, dict) else None
        if isinstance(relation, str) and relation.strip() == "next":
            return True
    return isinstance(total, int) and total > received
