"""What of a hospital's own data is recognised, what is not, and the lines to add to its site.toml."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fhir_mappings.acquired import Resource
from fhir_mappings.codes import CodeSets, Codings, ObservationConcept, codings_of
from fhir_mappings.readers.frame import contained
from fhir_mappings.readers.status import read_status
from fhir_mappings.references import text_of
from fhir_mappings.units import Quantity, Unit, find_unit

_CODE_ELEMENTS = {
    "Observation": "code",
    "Condition": "code",
    "AllergyIntolerance": "code",
    "DiagnosticReport": "code",
    "Medication": "code",
    "MedicationRequest": "medicationCodeableConcept",
    "MedicationAdministration": "medicationCodeableConcept",
    "MedicationDispense": "medicationCodeableConcept",
    "MedicationStatement": "medicationCodeableConcept",
}
_QUANTITIES: dict[ObservationConcept, Quantity] = {
    ObservationConcept.INFLIXIMAB_LEVEL: Quantity.LEVEL,
    ObservationConcept.INFLIXIMAB_ANTIBODY: Quantity.ATI,
    ObservationConcept.CRP: Quantity.CRP,
    ObservationConcept.CALPROTECTIN: Quantity.CALPROTECTIN,
    ObservationConcept.ALBUMIN: Quantity.ALBUMIN,
    ObservationConcept.ESR: Quantity.ESR,
    ObservationConcept.ALT: Quantity.ALT,
    ObservationConcept.BODY_WEIGHT: Quantity.WEIGHT,
    ObservationConcept.HBI: Quantity.SCORE,
    ObservationConcept.CDAI: Quantity.SCORE,
    ObservationConcept.PCDAI: Quantity.SCORE,
    ObservationConcept.SES_CD: Quantity.SCORE,
}


@dataclass(frozen=True, slots=True)
class SeenCode:
    """One code as the hospital sends it. `concept` is "" when it is not recognised.

    `by_name`: recognised by its name only; adding the code to site.toml removes the doubt. `look_alike`:
    a known wrong code, which never counts.
    """

    resource_type: str
    system: str
    code: str
    display: str
    count: int
    concept: str = ""
    by_name: bool = False
    look_alike: bool = False


@dataclass(frozen=True, slots=True)
class SeenUnit:
    """One unit of one kind of result, with the unit it was understood as ("" when it is unknown)."""

    concept: str
    unit: str
    count: int
    understood: str = ""


@dataclass(frozen=True, slots=True)
class SeenStatus:
    """One status of observations, and whether results with it count."""

    status: str
    count: int
    counts: bool


@dataclass(frozen=True, slots=True)
class InspectionReport:
    """What was seen, most frequent first; `site_lines` is TOML to add to site.toml after checking it."""

    resources: tuple[tuple[str, int], ...]
    recognised: tuple[SeenCode, ...]
    unrecognised: tuple[SeenCode, ...]
    units: tuple[SeenUnit, ...]
    statuses: tuple[SeenStatus, ...]
    site_lines: tuple[str, ...]


def inspect_bundle(resources: Iterable[Resource], codes: CodeSets) -> InspectionReport:
    """Return what these resources would be understood as. Contained resources and components included."""
    kinds: Counter[str] = Counter()
    seen: Counter[tuple[str, str, str, str, str, bool, bool]] = Counter()
    units: Counter[tuple[str, str, str]] = Counter()
    statuses: Counter[tuple[str, bool]] = Counter()
    for resource in _with_contained(resources):
        kind = text_of(resource.get("resourceType"))
        kinds[kind] += 1
        if kind in _CODE_ELEMENTS:
            seen.update(_seen_codes(kind, resource.get(_CODE_ELEMENTS[kind]), codes))
        if kind == "Observation":
            status = read_status(resource.get("status"))
            statuses[(status.said or "(none)", status.counted is not None)] += 1
            for element in _elements(resource):
                units.update(_seen_units(element, codes))
    found = [SeenCode(*key[:4], count, *key[4:]) for key, count in seen.items()]
    found.sort(key=lambda code: (-code.count, code.resource_type, code.system, code.code, code.display))
    return InspectionReport(
        resources=_ranked(kinds),
        recognised=tuple(code for code in found if code.concept),
        unrecognised=tuple(code for code in found if not code.concept),
        units=tuple(
            SeenUnit(concept, unit, count, understood)
            for (concept, unit, understood), count in _ranked(units)
        ),
        statuses=tuple(SeenStatus(status, count, counts) for (status, counts), count in _ranked(statuses)),
        site_lines=_site_lines(found),
    )


def _ranked(counter: Counter[Any]) -> tuple[tuple[Any, int], ...]:
    return tuple(sorted(counter.items(), key=lambda item: (-item[1], item[0])))


def _with_contained(resources: Iterable[Any]) -> Iterable[Resource]:
    for resource in resources:
        if not isinstance(resource, dict):
            continue
        yield resource
        yield from contained(resource)


def _elements(resource: Resource) -> list[dict[str, Any]]:
    components = resource.get("component")
    parts = [part for part in components if isinstance(part, dict)] if isinstance(components, list) else []
    return [resource, *parts]


def _concept_of(kind: str, codings: Codings, text: str, codes: CodeSets) -> tuple[str, bool]:
    """Return the concept (or "") and whether it was recognised by a code."""
    if kind in {"Observation", "DiagnosticReport"}:
        match = codes.observation(codings, text)
        return ("", False) if match is None else (match.concept.value, match.coded)
    if kind == "Condition":
        concepts = codes.conditions(codings, text)
        by_code = any(codes.concept_ids(system, code) for system, code, _ in codings)
        return " + ".join(concept.value for concept in concepts), by_code
    if kind == "AllergyIntolerance":
        found = codes.is_infliximab_allergen(codings, text)
        by_code = any(codes.concept_ids(system, code) for system, code, _ in codings)
        return ("infliximab-product" if found else ""), by_code
    medication = codes.medication(codings, text)
    if medication is None:
        return "", False
    name = "infliximab-product" if medication.concept is None else medication.concept.value
    return name, medication.coded


def _seen_codes(
    kind: str, codeable: Any, codes: CodeSets
) -> Iterable[tuple[str, str, str, str, str, bool, bool]]:
    codings, text = codings_of(codeable)
    concept, coded = _concept_of(kind, codings, text, codes)
    if not codings:
        if text:
            yield kind, "", "", text, concept, bool(concept), False
        return
    for system, code, display in codings:
        look_alike = codes.is_look_alike(system, code)
        own = bool(codes.concept_ids(system, code))
        by_name = bool(concept) and not coded
        recognised = concept if own or by_name else ""
        yield kind, system.strip(), code.strip(), display or text, recognised, by_name, look_alike


def _seen_units(element: Mapping[str, Any], codes: CodeSets) -> Iterable[tuple[str, str, str]]:
    match = codes.observation(*codings_of(element.get("code")))
    quantity = element.get("valueQuantity")
    if match is None or match.concept not in _QUANTITIES or not isinstance(quantity, dict):
        return
    shown, code = text_of(quantity.get("unit")), text_of(quantity.get("code"))
    unit = find_unit(_QUANTITIES[match.concept], shown, code)
    both = f"{shown} ({code})" if shown and code and shown != code else shown or code or "(none)"
    yield match.concept.value, both, unit.canonical if isinstance(unit, Unit) else ""


_NOT_FOR_A_SITE = frozenset({ObservationConcept.INFLIXIMAB_PANEL.value, ObservationConcept.DRUG_TEST.value})
"""Names that may stand for more than one test: a site looks at what is meant before it adds a code."""


def _site_lines(found: list[SeenCode]) -> tuple[str, ...]:
    """Return TOML tables for codes that were recognised by name only and are no look-alikes."""
    lines: list[str] = []
    for seen in sorted(found, key=lambda code: (code.concept, code.system, code.code)):
        if not seen.by_name or seen.look_alike or not seen.code or "+" in seen.concept:
            continue
        if seen.concept in _NOT_FOR_A_SITE:
            continue
        lines += [
            f"[[codes.{seen.concept}]]",
            f"system = {_toml(seen.system)}",
            f"code = {_toml(seen.code)}",
            f"display = {_toml(seen.display)}",
            "",
        ]
    return tuple(lines)


def _toml(text: str) -> str:
    """Return a TOML basic string; what cannot be printed is left out."""
    kept = "".join(character for character in text if character.isprintable())
    return '"' + kept.replace("\\", "\\\\").replace('"', '\\"') + '"'
