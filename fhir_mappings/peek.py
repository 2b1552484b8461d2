"""A first look at a prefetch value: find the few resources that may matter without building all of them.

Bundle entries are kept as raw text, each resource is decoded only as far as its type, code and medicine,
and the chosen ones are then read in full and strictly. What the quick look does not understand is read in
full instead: nothing is left out because it was odd. What is left out is not read, and so not judged either
(`strict_json` says what that means).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec
import orjson

from fhir_mappings.acquired import Resource
from fhir_mappings.codes import CodeSets, codings_of
from fhir_mappings.naming import MAX_TEXT
from fhir_mappings.references import relative_reference
from fhir_mappings.strict_json import RawJson, StrictJsonError, loads_strict

MEDICATION_TYPES = frozenset(
    {"MedicationRequest", "MedicationAdministration", "MedicationDispense", "MedicationStatement"}
)
_ALWAYS_KEPT = frozenset({"Patient", "AllergyIntolerance", "Medication", "OperationOutcome"})
_KEPT_BY_CODE = frozenset({"Observation", "DiagnosticReport", "Condition", "Procedure", "ServiceRequest"})


# Field names are those of FHIR: the decoder looks for them by name.
# ruff: noqa: N815

_ABSENT = msgspec.Raw(b"")


class _Reference(msgspec.Struct, gc=False):
    reference: str | None = None
    display: str | None = None


class _Component(msgspec.Struct, gc=False):
    code: msgspec.Raw = _ABSENT


class _Ingredient(msgspec.Struct, gc=False):
    itemCodeableConcept: msgspec.Raw = _ABSENT


class _Look(msgspec.Struct, gc=False):
    """As much of any resource as is needed to choose."""

    resourceType: str
    id: str | None = None
    code: msgspec.Raw = _ABSENT
    component: list[_Component | None] | None = None
    hasMember: list[_Reference | None] | None = None
    result: list[_Reference | None] | None = None
    specimen: _Reference | list[_Reference | None] | None = None
    contained: msgspec.Raw = _ABSENT
    medicationCodeableConcept: msgspec.Raw = _ABSENT
    medicationReference: _Reference | None = None
    ingredient: list[_Ingredient | None] | None = None


class _Entry(msgspec.Struct, gc=False):
    resource: msgspec.Raw = msgspec.Raw(b"")


class _Bundle(msgspec.Struct, gc=False):
    resourceType: str
    entry: list[_Entry | None] | None = None


_LOOK = msgspec.json.Decoder(_Look)
_LOOKS = msgspec.json.Decoder(list[_Look])
_BUNDLE = msgspec.json.Decoder(_Bundle)
_SHORT = 12_000
"""Bytes below which reading in full is faster than looking first."""

_MAX_VERDICTS = 8192
_MAX_REMEMBERED = 1000
_RESOURCE_NAME = b'"resource":'
_RESOURCE = re.compile(rb'"resource"[ \t\r\n]*:[ \t\r\n]*')


@dataclass(frozen=True, slots=True)
class Peeked:
    """One prefetch value after the first look.

    `resource_type` is that of the value itself ("Bundle", or a single resource's), "" for null. `resources`
    are those that may matter, `full_urls` run parallel to them ("" where the entry has none). `seen`
    counts all resources, `has_more` says that there are more than were sent.
    """

    resource_type: str
    resources: tuple[Resource, ...] = ()
    full_urls: tuple[str, ...] = ()
    seen: int = 0
    has_more: bool = False


class Relevance:
    """What matters to some code sets: the same look-ups that the readers use, so that both agree.

    Laboratories write the code of a test the same way each time, so verdicts are remembered by its text.
    """

    __slots__ = ("_codes", "_verdicts")

    def __init__(self, codes: CodeSets) -> None:
        self._codes = codes
        self._verdicts: dict[tuple[str, bytes], bool] = {}

    def concept(self, resource_type: str, raw: msgspec.Raw) -> bool:
        """Say whether a CodeableConcept may name something that the decision needs."""
        if not raw:
            return False
        key = (resource_type, bytes(raw))
        known = self._verdicts.get(key)
        if known is None:
            known = self._judge(*key)
            if len(key[1]) <= _MAX_REMEMBERED:
                if len(self._verdicts) >= _MAX_VERDICTS:
                    self._verdicts.clear()
                self._verdicts[key] = known
        return known

    def name(self, text: str) -> bool:
        """Say whether a name stands for a medicine that matters."""
        return self._codes.medication((), text[:MAX_TEXT]) is not None

    def _judge(self, resource_type: str, text: bytes) -> bool:
        try:
            codings, name = codings_of(orjson.loads(text))
        except orjson.JSONDecodeError:
            return True  # reading it in full will say what is wrong with it
        codes = self._codes
        if resource_type == "Medication" or resource_type in MEDICATION_TYPES:
            return codes.medication(codings, name) is not None
        if codes.observation(codings, name) is not None:
            return True
        return resource_type != "Observation" and (
            bool(codes.conditions(codings, name)) or codes.medication(codings, name) is not None
        )


@lru_cache(maxsize=8)
def relevance(codes: CodeSets) -> Relevance:
    """Return what matters to code sets; one per code sets and process."""
    return Relevance(codes)


class UnreadableValueError(ValueError):
    """A prefetch value is valid JSON but neither null nor a FHIR resource."""


def read_value(raw: RawJson, matters: Relevance) -> Peeked:
    """Read one prefetch value: null, a single resource, or a Bundle of any type.

    Raises `StrictJsonError` where what has to be read is not strict JSON, and `UnreadableValueError` for any
    value that FHIR does not know. Short values are read in full, because that is faster than looking twice.
    """
    text = raw if type(raw) is bytes else bytes(raw)
    if len(text) < _SHORT:
        return _read_whole(text)
    try:
        bundle = _BUNDLE.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _read_whole(text)
    if bundle.resourceType != "Bundle":
        return _read_whole(text)
    raws = [entry.resource for entry in bundle.entry or () if entry is not None and entry.resource]
    frame = _read_frame(text, raws)
    if frame is None:
        return _read_whole(text)
    urls = [
        _full_url(entry)
        for entry in frame.get("entry") or ()
        if isinstance(entry, dict) and "resource" in entry
    ]
    looks = [_look_at(raw) for raw in raws]
    chosen = _choose(looks, urls, matters)
    kept = [(loads_strict(bytes(raws[index])), urls[index]) for index in chosen]
    return _peeked(kept, has_more=_has_more(frame, len(raws)), seen=len(raws))


def _read_frame(text: bytes, raws: list[msgspec.Raw]) -> Resource | None:
    """Read strictly what a Bundle says around its resources, each of which is replaced by a number.

    None: the resources are not where they should be (one entry with two of them, for example).
    """
    pieces = []
    position = 0
    for raw in raws:
        resource = bytes(raw)
        name = text.find(_RESOURCE_NAME, position)
        start = name + len(_RESOURCE_NAME)
        if name < 0 or not text.startswith(resource, start):
            found = _RESOURCE.search(text, position)
            if found is None or not text.startswith(resource, found.end()):
                return None
            start = found.end()
        pieces.append(text[position:start])
        position = start + len(resource)
    pieces.append(text[position:])
    try:
        frame: Resource = loads_strict(b"0".join(pieces))
    except StrictJsonError:
        return None
    return frame


def _full_url(entry: Resource) -> str:
    url = entry.get("fullUrl")
    return url.strip() if isinstance(url, str) else ""


def _has_more(bundle: Resource, received: int) -> bool:
    """Say whether a Bundle is one page of several: it says so by a link, or counts more than it brings."""
    links = bundle.get("link")
    total = bundle.get("total")
    for link in (links if isinstance(links, list) else [links]) if links else ():
        relation = link.get("relation") if isinstance(link, dict) else None
        if isinstance(relation, str) and relation.strip() == "next":
            return True
    return isinstance(total, int) and total > received


def _read_whole(text: bytes) -> Peeked:
    """Read everything: what is short, no Bundle, or a Bundle that the quick look did not understand."""
    value = loads_strict(text)
    if value is None:
        return Peeked("")
    resource_type = value.get("resourceType") if isinstance(value, dict) else None
    if not isinstance(resource_type, str):
        raise UnreadableValueError
    if resource_type.strip() != "Bundle":
        return Peeked(resource_type.strip(), (value,), ("",), 1)
    entries = value.get("entry")
    if not entries:
        return Peeked("Bundle", has_more=_has_more(value, 0))
    if isinstance(entries, dict):
        entries = [entries]
    readable = [
        entry
        for entry in (entries if isinstance(entries, list) else ())
        if isinstance(entry, dict) and isinstance(entry.get("resource"), dict)
    ]
    kept = [(entry["resource"], _full_url(entry)) for entry in readable]
    return _peeked(kept, has_more=_has_more(value, len(readable)), seen=len(readable))


def _peeked(kept: list[tuple[Any, str]], *, has_more: bool, seen: int) -> Peeked:
    resources = [pair for pair in kept if isinstance(pair[0], dict)]
    return Peeked(
        "Bundle",
        tuple([resource for resource, _ in resources]),
        tuple([url for _, url in resources]),
        seen,
        has_more,
    )


def _look_at(raw: msgspec.Raw) -> _Look | None:
    """Look at a resource quickly; None where it is not shaped as expected and must be read in full."""
    try:
        return _LOOK.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _may_matter(look: _Look, matters: Relevance) -> bool:
    """Judge a resource by itself; references to other entries of the Bundle are followed in `_choose`."""
    resource_type = look.resourceType
    if resource_type in _KEPT_BY_CODE:
        if matters.concept(resource_type, look.code):
            return True
        if look.component is not None:
            return any(
                part is not None and matters.concept(resource_type, part.code) for part in look.component
            )
        # Contained results are rare and belong to a report whose own code need not say what is in it.
        return resource_type == "DiagnosticReport" and bool(look.contained)
    if resource_type in MEDICATION_TYPES:
        return matters.concept(resource_type, look.medicationCodeableConcept)
    return resource_type in _ALWAYS_KEPT or resource_type != resource_type.strip()


def _choose(looks: Sequence[_Look | None], urls: Sequence[str], matters: Relevance) -> list[int]:
    """Choose by each resource itself first, then add what needs the others to be judged."""
    chosen = [look is None or _may_matter(look, matters) for look in looks]
    wanted: set[str] = set()
    medicines: dict[str, bool] = {}
    referring = []
    for index, look in enumerate(looks):
        if look is None:
            continue
        if chosen[index]:
            wanted.update(_references(look.hasMember, look.result, look.specimen))
        if look.medicationReference is not None and not chosen[index]:
            referring.append((index, look, look.medicationReference))
        elif look.resourceType == "Medication":
            medicines[f"Medication/{look.id}"] = medicines[urls[index]] = _medication_matters(look, matters)
    for index, look, reference in referring:
        chosen[index] = _reference_matters(look, reference, medicines, matters)
    if wanted:
        for index, look in enumerate(looks):
            if look is not None and (f"{look.resourceType}/{look.id}" in wanted or urls[index] in wanted):
                chosen[index] = True
    return [index for index, keep in enumerate(chosen) if keep]


def _references(*fields: list[_Reference | None] | _Reference | None) -> list[str]:
    """List what is pointed to, both as written and as "Type/id"."""
    found = []
    for references in fields:
        if references is not None:
            for reference in references if isinstance(references, list) else [references]:
                if reference is not None and reference.reference:
                    written = reference.reference.strip()
                    found += [written, relative_reference(written)]
    return found


def _reference_matters(
    look: _Look, reference: _Reference, medicines: dict[str, bool], matters: Relevance
) -> bool:
    """Follow a medicine given by reference; one that leads nowhere and bears no name is kept, to be named."""
    written = (reference.reference or "").strip()
    display = reference.display or ""
    if display and matters.name(display):
        return True
    if written.startswith("#"):
        return _contained_matters(look, written[1:], matters)
    known = medicines.get(written, medicines.get(relative_reference(written))) if written else None
    return not display.strip() if known is None else known


def _contained_matters(look: _Look, wanted: str, matters: Relevance) -> bool:
    if not look.contained:
        return True
    try:
        contained = _LOOKS.decode(look.contained)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return True
    found = [inner for inner in contained if inner.id == wanted]
    return not found or any(_medication_matters(inner, matters) for inner in found)


def _medication_matters(look: _Look, matters: Relevance) -> bool:
    """Judge a Medication by its code and ingredients; one that says nothing may be anything."""
    concepts = [
        concept
        for concept in (
            look.code,
            *(part.itemCodeableConcept for part in look.ingredient or () if part is not None),
        )
        if concept
    ]
    return not concepts or any(matters.concept("Medication", concept) for concept in concepts)
