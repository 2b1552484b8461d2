"""Pages of a search: read strictly, their next links found, and put together as one Bundle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import orjson

from fhir_mappings.acquired import Resource
from fhir_mappings.acquisition.outcomes import FetchFault
from fhir_mappings.raw_bundle import ABSENT, RawBundle, RawEntry, split
from fhir_mappings.references import text_of
from fhir_mappings.strict_json import RawJson, StrictJsonError, loads_strict

_MEMBERS = ("fullUrl", "resource", "search")


@dataclass(frozen=True, slots=True, repr=False)
class Page:
    """One page: its text (split already or not), how many entries it has, and where the next one is.

    `next_link` is None on a last page and "" where a next page is promised without an address. `total` is
    what the Bundle counts, None where it does not.
    """

    raw: RawJson | RawBundle
    entries: int
    next_link: str | None = None
    total: int | None = None


def read_page(content: bytes) -> Page | FetchFault:
    """Read the answer to a search; all of it is read strictly, so it can be used without further care."""
    value = _strict_object(content)
    if isinstance(value, FetchFault):
        return value
    kind = text_of(value.get("resourceType"))
    if kind != "Bundle":
        return FetchFault.OUTCOME if kind == "OperationOutcome" else FetchFault.NOT_FHIR
    entries = value.get("entry")
    if entries is not None and not isinstance(entries, list):
        return FetchFault.NOT_FHIR
    return Page(content, len(entries or ()), _next_link(value.get("link")), _total(value.get("total")))


def read_single(content: bytes, resource_type: str) -> Resource | FetchFault:
    """Read the answer to the read of one resource of a type."""
    value = _strict_object(content)
    if isinstance(value, FetchFault):
        return value
    kind = text_of(value.get("resourceType"))
    if kind == resource_type:
        return value
    return FetchFault.OUTCOME if kind == "OperationOutcome" else FetchFault.NOT_FHIR


def prefetched_page(raw: RawJson | RawBundle) -> Page | None:
    """Return the page that a client sent along; None where it is no Bundle."""
    bundle = raw if isinstance(raw, RawBundle) else split(bytes(raw))
    if bundle is not None:
        link = loads_strict(bundle.link) if bundle.link else None
        total = loads_strict(bundle.total) if bundle.total else None
        return Page(bundle, len(bundle.entry or ()), _next_link(link), _total(total))
    page = read_page(bytes(raw))  # type: ignore[arg-type]  # a RawBundle was a bundle above
    return page if isinstance(page, Page) else None


def merged(pages: Sequence[Page]) -> RawJson | RawBundle:
    """Return the pages as one Bundle without next link; a single last page stays what it is."""
    if len(pages) == 1 and pages[0].next_link is None:
        return pages[0].raw
    totals = [page.total for page in pages if page.total is not None]
    entries = [entry for page in pages for entry in _entries(page.raw)]
    total = msgspec.Raw(b"%d" % max(totals)) if totals else ABSENT
    return RawBundle(resourceType="Bundle", total=total, entry=entries)


def _entries(raw: RawJson | RawBundle) -> list[RawEntry]:
    bundle = raw if isinstance(raw, RawBundle) else split(bytes(raw))
    if bundle is None:
        bundle = split(_plain(bytes(raw)))  # type: ignore[arg-type]  # as above
    return list(bundle.entry or ()) if bundle is not None else []


def _plain(text: bytes) -> bytes:
    """Return a Bundle of an unusual shape with nothing but its entries, in the usual shape."""
    entries = orjson.loads(text).get("entry") or ()
    plain = [
        {name: entry[name] for name in _MEMBERS if name in entry}
        for entry in entries
        if isinstance(entry, dict) and isinstance(entry.get("resource"), dict)
    ]
    return orjson.dumps({"resourceType": "Bundle", "entry": plain})


def _strict_object(content: bytes) -> dict[str, Any] | FetchFault:
    try:
        value = loads_strict(content)
    except StrictJsonError:
        return FetchFault.NOT_JSON
    return value if isinstance(value, dict) else FetchFault.NOT_FHIR


def _next_link(links: Any) -> str | None:
    for link in links if isinstance(links, list) else [links]:
        if isinstance(link, dict) and text_of(link.get("relation")) == "next":
            return text_of(link.get("url"))
    return None


def _total(total: Any) -> int | None:
    return total if isinstance(total, int) and not isinstance(total, bool) and total >= 0 else None
