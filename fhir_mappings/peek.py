"""A first look at a prefetch value: find the few resources that may matter without building all of them.

Bundle entries are kept as raw text, each resource is decoded only as far as its type, code and medicine,
and the chosen ones are then read in full and strictly. What the quick look does not understand is read in
full instead: nothing is left out because it was odd. What is left out is not read, and so not judged either
(`strict_json` says what that means).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec

from fhir_mappings.acquired import Resource
from fhir_mappings.codes import CodeSets, Codings
from fhir_mappings.naming import MAX_TEXT
from fhir_mappings.references import relative_reference
from fhir_mappings.strict_json import RawJson, StrictJsonError, loads_strict

Matters: TypeAlias = Callable[[str, Codings, str], bool]
"""(resource type, codings, text) -> may this concept be something that the decision needs?"""

MEDICATION_TYPES = frozenset(
    {"MedicationRequest", "MedicationAdministration", "MedicationDispense", "MedicationStatement"}
)
_ALWAYS_KEPT = frozenset({"Patient", "AllergyIntolerance", "Medication", "OperationOutcome"})
_KEPT_BY_CODE = frozenset({"Observation", "DiagnosticReport", "Condition", "Procedure", "ServiceRequest"})


# Field names are those of FHIR: the decoder looks for them by name.
# ruff: noqa: N815


class _Coding(msgspec.Struct, gc=False):
    system: str | None = None
    code: str | None = None
    display: str | None = None


class _Concept(msgspec.Struct, gc=False):
    coding: list[_Coding | None] | None = None
    text: str | None = None


class _Reference(msgspec.Struct, gc=False):
    reference: str | None = None
    display: str | None = None


class _Component(msgspec.Struct, gc=False):
    code: _Concept | None = None


class _Ingredient(msgspec.Struct, gc=False):
    itemCodeableConcept: _Concept | None = None
    itemReference: _Reference | None = None


class _Look(msgspec.Struct, gc=False):
    """As much of any resource as is needed to choose."""

    resourceType: str
    id: str | None = None
    code: _Concept | None = None
    component: list[_Component | None] | None = None
    hasMember: list[_Reference | None] | None = None
    result: list[_Reference | None] | None = None
    specimen: _Reference | list[_Reference | None] | None = None
    contained: Any = None
    medicationCodeableConcept: _Concept | None = None
    medicationReference: _Reference | None = None
    ingredient: list[_Ingredient | None] | None = None


class _Entry(msgspec.Struct, gc=False):
    resource: msgspec.Raw = msgspec.Raw(b"")


class _Bundle(msgspec.Struct, gc=False):
    resourceType: str
    entry: list[_Entry | None] | None = None


_LOOK = msgspec.json.Decoder(_Look)
_BUNDLE = msgspec.json.Decoder(_Bundle)
_SHORT = 12_000
"""Bytes below which reading in full is faster than looking first."""

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


def relevance(codes: CodeSets) -> Matters:
    """Return what matters to these code sets: the same look-ups that the readers use, so that both agree."""
    medication = codes.medication
    observation = codes.observation
    conditions = codes.conditions

    def matters(resource_type: str, codings: Codings, text: str) -> bool:
        if resource_type == "Observation":
            return observation(codings, text) is not None
        if resource_type == "Medication" or resource_type in MEDICATION_TYPES:
            return medication(codings, text) is not None
        return (
            bool(conditions(codings, text))
            or observation(codings, text) is not None
            or medication(codings, text) is not None
        )

    return matters


class UnreadableValueError(ValueError):
    """A prefetch value is valid JSON but neither null nor a FHIR resource."""


def read_value(raw: RawJson, matters: Matters) -> Peeked:
    """Read one prefetch value: null, a single resource, or a Bundle of any type.

    Raises `StrictJsonError` where what has to be read is not strict JSON, and `UnreadableValueError` for any
    value that FHIR does not know. Short values are read in full, because that is faster than looking twice.
    """
    text = raw if type(raw) is bytes else bytes(raw)
    if len(text) < _SHORT:
        return _read_whole(text, matters)
    try:
        bundle = _BUNDLE.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _read_whole(text, matters)
    if bundle.resourceType != "Bundle":
        return _read_whole(text, matters)
    raws = [entry.resource for entry in bundle.entry or () if entry is not None and entry.resource]
    frame = _read_frame(text, raws)
    if frame is None:
        return _read_whole(text, matters)
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
        found = _RESOURCE.search(text, position)
        if found is None or not text.startswith(resource, found.end()):
            return None
        pieces.append(text[position : found.end()])
        position = found.end() + len(resource)
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


def _read_whole(text: bytes, matters: Matters) -> Peeked:
    """Read what is no Bundle, or one that the quick look did not understand, whatever each entry is."""
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
    urls = [_full_url(entry) for entry in readable]
    looks = [_convert(entry["resource"]) for entry in readable]
    kept = [(readable[index]["resource"], urls[index]) for index in _choose(looks, urls, matters)]
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


def _convert(resource: Resource) -> _Look | None:
    """Look at a resource that was read in full already; None as for `_look_at`."""
    try:
        return msgspec.convert(resource, _Look)
    except msgspec.ValidationError:
        return None


def _may_matter(look: _Look, matters: Matters) -> bool:
    """Judge a resource by itself; references to other entries of the Bundle are followed in `_choose`."""
    resource_type = look.resourceType
    if resource_type in _KEPT_BY_CODE:
        if _concept_matters(look.code, resource_type, matters):
            return True
        if look.component is not None:
            return any(
                part is not None and _concept_matters(part.code, resource_type, matters)
                for part in look.component
            )
        # Contained results are rare and belong to a report whose own code need not say what is in it.
        return resource_type == "DiagnosticReport" and bool(look.contained)
    if resource_type in MEDICATION_TYPES:
        return _concept_matters(look.medicationCodeableConcept, resource_type, matters)
    return resource_type in _ALWAYS_KEPT or resource_type != resource_type.strip()


def _concept_matters(concept: _Concept | None, resource_type: str, matters: Matters) -> bool:
    if concept is None:
        return False
    codings = tuple(
        [
            (coding.system or "", coding.code or "", coding.display or "")
            for coding in concept.coding or ()
            if coding is not None
        ]
    )
    return matters(resource_type, codings, (concept.text or "")[:MAX_TEXT])


def _choose(looks: Sequence[_Look | None], urls: Sequence[str], matters: Matters) -> list[int]:
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
    look: _Look, reference: _Reference, medicines: dict[str, bool], matters: Matters
) -> bool:
    """Follow a medicine given by reference; one that leads nowhere and bears no name is kept, to be named."""
    written = (reference.reference or "").strip()
    display = reference.display or ""
    if display and matters(look.resourceType, (), display[:MAX_TEXT]):
        return True
    if written.startswith("#"):
        return _contained_matters(look, written[1:], matters)
    known = medicines.get(written, medicines.get(relative_reference(written))) if written else None
    return not display.strip() if known is None else known


def _contained_matters(look: _Look, wanted: str, matters: Matters) -> bool:
    try:
        contained = msgspec.convert(look.contained or [], list[_Look])
    except msgspec.ValidationError:
        return True
    found = [inner for inner in contained if inner.id == wanted]
    return not found or any(_medication_matters(inner, matters) for inner in found)


def _medication_matters(look: _Look, matters: Matters) -> bool:
    """Judge a Medication by its code and ingredients; one that says nothing may be anything."""
    concepts = [look.code, *(part.itemCodeableConcept for part in look.ingredient or () if part is not None)]
    if any(_concept_matters(concept, "Medication", matters) for concept in concepts):
        return True
    return all(concept is None or not (concept.coding or concept.text) for concept in concepts)
