"""Which resources of a Bundle may matter: judged by type, code, medicine and patient, before they are read.

The rule is to keep too much rather than too little. What is passed over here would have told the readers
nothing: the look-ups are theirs, and whatever refers to a kept resource, or is referred to by one, is kept.
Links that leave the Bundle cannot be followed here; they are handed on (`Choice.loose`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec
import orjson

from fhir_mappings.codes import CodeSets, codings_of
from fhir_mappings.raw_bundle import ABSENT, UNREADABLE
from fhir_mappings.references import (
    Belongs,
    belongs_to,
    reference_text,
    relative_reference,
    source_reference,
    text_of,
)

MEDICATION_TYPES = frozenset(
    {"MedicationRequest", "MedicationAdministration", "MedicationDispense", "MedicationStatement"}
)
_ALWAYS_KEPT = frozenset({"Patient", "AllergyIntolerance", "Medication", "OperationOutcome"})
_KEPT_BY_CODE = frozenset({"Observation", "DiagnosticReport", "Condition", "Procedure", "ServiceRequest"})
_WITHDRAWN = frozenset({"entered-in-error", "cancelled"})
_MAX_VERDICTS = 8192
_MAX_REMEMBERED = 1000

_NULL = msgspec.Raw(b"null")
_FINAL = msgspec.Raw(b'"final"')


# Field names are those of FHIR: the decoder looks for them by name.
# ruff: noqa: N815


class Look(msgspec.Struct, gc=False):
    """As much of any resource as settles most of them; members stay raw until one of them decides."""

    resourceType: str
    status: msgspec.Raw = ABSENT
    code: msgspec.Raw = ABSENT
    subject: msgspec.Raw = ABSENT
    component: msgspec.Raw = ABSENT
    contained: msgspec.Raw = ABSENT
    hasMember: msgspec.Raw = ABSENT


class CloseLook(Look, gc=False):
    """As much of any resource as is needed to choose."""

    id: msgspec.Raw = ABSENT
    patient: msgspec.Raw = ABSENT
    result: msgspec.Raw = ABSENT
    specimen: msgspec.Raw = ABSENT
    medicationCodeableConcept: msgspec.Raw = ABSENT
    medicationReference: msgspec.Raw = ABSENT
    ingredient: msgspec.Raw = ABSENT


class _Part(msgspec.Struct, gc=False):
    code: msgspec.Raw = ABSENT


_look = msgspec.json.Decoder(Look).decode
_look_closely = msgspec.json.Decoder(CloseLook).decode
_CONTAINED = msgspec.json.Decoder(list[CloseLook])
_PARTS = msgspec.json.Decoder(list[_Part | None] | None)


@dataclass(frozen=True, slots=True)
class Choice:
    """What to read of a Bundle: the places of the resources in it.

    `loose` holds what could still tie a passed-over resource to one under another prefetch key: what it
    refers to, or the address of a Specimen. `conditions` are the addresses of Conditions passed over.
    """

    places: list[int]
    loose: frozenset[str] = frozenset()
    conditions: frozenset[str] = frozenset()


class Relevance:
    """What matters to some code sets: the same look-ups that the readers use, so that both agree.

    Laboratories write the code of a test the same way each time, so verdicts are remembered by its text.
    """

    __slots__ = ("_codes", "_verdicts", "of_observations")

    def __init__(self, codes: CodeSets) -> None:
        self._codes = codes
        self.of_observations: dict[bytes, bool] = {}
        of_medicines: dict[bytes, bool] = {}
        of_others: dict[bytes, bool] = {}
        self._verdicts = (
            dict.fromkeys(_KEPT_BY_CODE, of_others)
            | dict.fromkeys(MEDICATION_TYPES, of_medicines)
            | {"Observation": self.of_observations}
        )

    def concept(self, resource_type: str, raw: msgspec.Raw) -> bool:
        """Say whether the text of a CodeableConcept may name something that the decision needs."""
        text = bytes(raw)
        verdicts = self._verdicts[resource_type]
        known = verdicts.get(text)
        if known is None:
            known = bool(text) and self._judge(resource_type, text)
            if len(text) <= _MAX_REMEMBERED:
                if len(verdicts) >= _MAX_VERDICTS:
                    verdicts.clear()
                verdicts[text] = known
        return known

    def _judge(self, resource_type: str, text: bytes) -> bool:
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError:
            return True  # reading it in full will say what is wrong with it
        if resource_type in MEDICATION_TYPES:
            return self.medicine(value)
        concept = codings_of(value)
        if self._codes.observation(*concept) is not None:
            return True
        return resource_type != "Observation" and (
            bool(self._codes.conditions(*concept)) or self._codes.medication(*concept) is not None
        )

    def medicine(self, value: Any) -> bool:
        """Say whether a CodeableConcept or a name, as read, stands for a medicine that matters."""
        return self._codes.medication(*codings_of(value)) is not None


@lru_cache(maxsize=8)
def relevance(codes: CodeSets) -> Relevance:
    """Return what matters to code sets; one per code sets and process."""
    return Relevance(codes)


def choose(
    raws: Sequence[msgspec.Raw], urls: Sequence[msgspec.Raw], matters: Relevance, patient_id: str
) -> Choice:
    """Choose among the resources of one Bundle; `urls` are their addresses in it, run parallel.

    Raises one of `UNREADABLE` where a resource is not what the quick look understands.
    """
    kept: list[int] = []
    aside: list[int] = []
    verdicts = matters.of_observations
    whose = _Whose(patient_id)
    usual = whose.usual
    for place, raw in enumerate(raws):
        look = _look(raw)
        if look.resourceType == "Observation":
            # Most of a Bundle are results of other tests. They are settled here, in as few steps as can be.
            verdict = verdicts.get(bytes(look.code))
            if verdict:
                kept.append(place)
                continue
            if (
                verdict is False
                and look.subject == usual
                and look.status == _FINAL
                and look.component is look.contained is look.hasMember is ABSENT
            ):
                continue
        close = _look_closely(raw)
        if _may_matter(close, matters) or whose.of_another(close) or _is_withdrawn(close):
            kept.append(place)
        elif _may_be_tied(close):
            aside.append(place)
        usual = whose.usual
    return _follow(raws, urls, kept, aside, matters) if aside else Choice(kept)


class _Whose:
    """Whether resources name another patient: those are read in full, so that they can be counted."""

    __slots__ = ("_known", "_patient_id", "usual")

    def __init__(self, patient_id: str) -> None:
        self._patient_id = patient_id
        self._known: dict[tuple[bytes, bytes], bool] = {}
        self.usual = msgspec.Raw(b"0")  # nobody

    def of_another(self, look: CloseLook) -> bool:
        """Say so; the subject that is this patient becomes the `usual` one, as it nearly always is."""
        written = (bytes(look.subject), bytes(look.patient))
        known = self._known.get(written)
        if known is None:
            known = self._known[written] = self._judge(*written)
        if not known and look.subject and look.subject != _NULL:
            self.usual = look.subject
        return known

    def _judge(self, subject: bytes, patient: bytes) -> bool:
        try:
            about = {"subject": orjson.loads(subject or b"null"), "patient": orjson.loads(patient or b"null")}
        except orjson.JSONDecodeError:
            return True  # reading it in full will say what is wrong with it
        return belongs_to(about, self._patient_id) is Belongs.OTHER


def _may_matter(look: CloseLook, matters: Relevance) -> bool:
    """Judge a resource by itself; what ties it to others is followed afterwards."""
    resource_type = look.resourceType
    if resource_type in _KEPT_BY_CODE:
        # Contained results are rare, and the code around them need not say what is in them.
        return (
            bool(look.contained)
            or matters.concept(resource_type, look.code)
            or (bool(look.component) and _part_matters(look, matters))
        )
    if resource_type in MEDICATION_TYPES:
        return matters.concept(resource_type, look.medicationCodeableConcept)
    return resource_type in _ALWAYS_KEPT or resource_type != resource_type.strip()


def _is_withdrawn(look: CloseLook) -> bool:
    """Say whether a record was taken back: it then takes back its other copies, whatever it still says."""
    return text_of(_value(look.status)).lower() in _WITHDRAWN


def _may_be_tied(look: CloseLook) -> bool:
    """Say whether a resource that does not matter by itself may matter by a link."""
    resource_type = look.resourceType
    if resource_type in MEDICATION_TYPES:
        return bool(look.medicationReference)
    return bool(look.hasMember or look.result) or resource_type in {"Specimen", "Condition"}


def _part_matters(look: CloseLook, matters: Relevance) -> bool:
    try:
        parts = _PARTS.decode(look.component)
    except UNREADABLE:
        return True
    return any(part is not None and matters.concept(look.resourceType, part.code) for part in parts or ())


def _follow(
    raws: Sequence[msgspec.Raw],
    urls: Sequence[msgspec.Raw],
    kept: list[int],
    aside: list[int],
    matters: Relevance,
) -> Choice:
    """Keep what is tied to a kept resource: reports and panels of it, its Specimen, orders of a medicine."""
    looks = {place: _look_closely(raws[place]) for place in (*kept, *aside)}
    medicines = _medicines(looks, urls, kept, matters)
    addresses = {_address(looks[place]) for place in kept}
    specimens = {reference for place in kept for reference in _references(looks[place].specimen)}
    loose: set[str] = set()
    conditions: set[str] = set()
    for place in aside:
        look = looks[place]
        if look.resourceType == "Condition":
            conditions.add(_address(look))
            continue
        if look.resourceType == "Specimen":
            ties = {_address(look)}
            tied = bool(ties & specimens)
        elif look.resourceType in MEDICATION_TYPES:
            tied, ties = _medicine_tie(look, medicines, matters)
        else:
            ties = {*_references(look.result), *_references(look.hasMember)}
            tied = bool(ties & addresses)
        if tied:
            kept.append(place)
        else:
            loose |= ties
    return Choice(sorted(kept), frozenset(loose), frozenset(conditions))


def _address(look: CloseLook) -> str:
    return source_reference({"resourceType": look.resourceType, "id": _value(look.id)})


def _value(raw: msgspec.Raw) -> Any:
    """Return the value of a member that is only a hint for choosing: nothing at all where it is not JSON."""
    try:
        return orjson.loads(bytes(raw)) if raw else None
    except orjson.JSONDecodeError:
        return None


def _references(raw: msgspec.Raw) -> list[str]:
    """Return the references of a member that may hold several, each as "Type/id"."""
    value = _value(raw)
    references = value if isinstance(value, list) else [value]
    return [relative_reference(text) for text in map(reference_text, references) if text]


def _medicines(
    looks: Mapping[int, CloseLook], urls: Sequence[msgspec.Raw], kept: Sequence[int], matters: Relevance
) -> dict[str, bool]:
    """Return whether the Medications of the Bundle matter, by every address they have."""
    found: dict[str, bool] = {}
    for place in kept:
        look = looks[place]
        if look.resourceType == "Medication":
            for address in (f"Medication/{text_of(_value(look.id))}", text_of(_value(urls[place]))):
                found[address] = found.get(address, False) or _medication_matters(look, matters)
    return found


def _medicine_tie(look: CloseLook, medicines: dict[str, bool], matters: Relevance) -> tuple[bool, set[str]]:
    """Follow a medicine given by reference; one that leads nowhere and bears no name is kept, to be named."""
    reference = _value(look.medicationReference)
    if not isinstance(reference, dict):
        return bool(reference), set()
    display = text_of(reference.get("display"))
    if display and matters.medicine(display):
        return True, set()
    written = text_of(reference.get("reference"))
    if written.startswith("#"):
        return _contained_matters(look, written[1:], matters), set()
    ties = {written, relative_reference(written)} - {""}
    known = [medicines[tie] for tie in ties if tie in medicines]
    return any(known) if known else not display, ties


def _contained_matters(look: CloseLook, wanted: str, matters: Relevance) -> bool:
    try:
        contained = _CONTAINED.decode(look.contained)
    except UNREADABLE:
        return True
    found = [inner for inner in contained if _value(inner.id) == wanted]
    return not found or any(_medication_matters(inner, matters) for inner in found)


def _medication_matters(look: CloseLook, matters: Relevance) -> bool:
    """Judge a Medication by its code and ingredients; one that says nothing may be anything."""
    ingredients = _value(look.ingredient)
    concepts = [_value(look.code)]
    for part in ingredients if isinstance(ingredients, list) else [ingredients]:
        if isinstance(part, dict):
            item = part.get("itemReference")
            concepts += [
                part.get("itemCodeableConcept"),
                item.get("display") if isinstance(item, dict) else None,
            ]
    said = [concept for concept in concepts if concept]
    return not said or any(matters.medicine(concept) for concept in said)
