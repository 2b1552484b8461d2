"""Code sets: which concept a coding or, as a last resort, a name stands for.

Built once at start (`load_code_sets`), extended by a site (`CodeSets.with_site`), then only looked up:
codes by dictionary, whole concepts by a cache, because laboratories repeat themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeAlias

from fhir_mappings.code_sets_file import CodeSetError, CodeSetFile, ConceptSet, SiteCode, read_code_sets
from fhir_mappings.code_systems import SystemNames, normal_code, system_of_bare_code
from fhir_mappings.name_index import NameIndex
from fhir_mappings.naming import MAX_TEXT
from tdm.facts import MedicationConcept, Route, SafetyConcept

__all__ = [
    "CodeSetError",
    "CodeSets",
    "Codings",
    "ConditionConcept",
    "MedicationMatch",
    "ObservationConcept",
    "ObservationMatch",
    "SiteCode",
    "codings_of",
    "load_code_sets",
]

Codings: TypeAlias = tuple[tuple[str, str, str], ...]
"""System, code and display of each coding, as sent (cut to a sane length); hashable on purpose."""


class ObservationConcept(StrEnum):
    """What an Observation can be about; the values are the keys of code_sets.toml."""

    INFLIXIMAB_PANEL = "infliximab-panel"
    INFLIXIMAB_ANTIBODY = "infliximab-antibody"
    INFLIXIMAB_LEVEL = "infliximab-level"
    CRP = "crp"
    CALPROTECTIN = "calprotectin"
    ALBUMIN = "albumin"
    ESR = "esr"
    ALT = "alt"
    BODY_WEIGHT = "body-weight"
    HBI = "hbi"
    PCDAI = "pcdai"
    CDAI = "cdai"
    SES_CD = "ses-cd"
    ENDOSCOPY = "endoscopy"
    IMAGING = "imaging"
    FISTULA_EXAMINATION = "fistula-examination"
    HEPATITIS_B_SURFACE_ANTIGEN = "hepatitis-b-surface-antigen"
    TUBERCULOSIS_TEST = "tuberculosis-test"
    TPMT_NUDT15 = "tpmt-nudt15"
    PREGNANCY_STATUS = "pregnancy-status"
    DRUG_TEST = "drug-test"


class ConditionConcept(StrEnum):
    """What a Condition, a reason or an indication can be about."""

    CROHNS_DISEASE = "crohns-disease"
    INFLAMMATORY_BOWEL_DISEASE = "inflammatory-bowel-disease"
    OTHER_INDICATION = "other-indication"
    PERIANAL_FISTULA = "perianal-fistula"
    FISTULA_HISTORY = "fistula-history"
    SERIOUS_INFECTION = "serious-infection"
    TUBERCULOSIS_ACTIVE = "tuberculosis-active"
    TUBERCULOSIS_LATENT = "tuberculosis-latent"
    HEPATITIS_B = "hepatitis-b"
    HEART_FAILURE = "heart-failure"
    JAUNDICE = "jaundice"
    DEMYELINATING_DISEASE = "demyelinating-disease"
    LYMPHOMA = "lymphoma"
    PREGNANCY = "pregnancy"
    INFLIXIMAB_REACTION = "infliximab-reaction"
    REACTION = "reaction"


INFLIXIMAB_PRODUCT = "infliximab-product"
INFLIXIMAB_SUBCUTANEOUS = "infliximab-subcutaneous-product"
INFLIXIMAB_ALLERGY = "infliximab-allergy"
OTHER_TARGETED_MEDICINE = "other-targeted-medicine"
TNF_BLOCKER_ALLERGY = "tnf-blocker-allergy"
SEVERITY_MILD = "severity-mild"
SEVERITY_MODERATE_OR_SEVERE = "severity-moderate-or-severe"

_HIERARCHIES = frozenset({"icd10", "icd9", "ndc"})  # their codes begin with the code of what is above
_SAFETY_SOURCES: dict[SafetyConcept, tuple[str, ...]] = {
    SafetyConcept.INFLIXIMAB_REACTION: (INFLIXIMAB_PRODUCT,),
    SafetyConcept.SERIOUS_INFECTION: ("serious-infection",),
    SafetyConcept.TUBERCULOSIS_ACTIVE: ("tuberculosis-active",),
    SafetyConcept.TUBERCULOSIS_LATENT: ("tuberculosis-latent",),
    SafetyConcept.TUBERCULOSIS_TEST: ("tuberculosis-test",),
    SafetyConcept.HEPATITIS_B_SURFACE_ANTIGEN: ("hepatitis-b-surface-antigen",),
    SafetyConcept.HEPATITIS_B: ("hepatitis-b",),
    SafetyConcept.HEART_FAILURE: ("heart-failure",),
    SafetyConcept.ALT: ("alt",),
    SafetyConcept.JAUNDICE: ("jaundice",),
    SafetyConcept.DEMYELINATING_DISEASE: ("demyelinating-disease",),
    SafetyConcept.LYMPHOMA: ("lymphoma",),
    SafetyConcept.PREGNANCY: ("pregnancy", "pregnancy-status"),
    SafetyConcept.TPMT_NUDT15: ("tpmt-nudt15",),
}


@dataclass(frozen=True, slots=True)
class ObservationMatch:
    """The concept of an Observation. `code` is "system|code" as sent, "" when known by name only."""

    concept: ObservationConcept
    coded: bool
    code: str = ""


@dataclass(frozen=True, slots=True)
class MedicationMatch:
    """What a medicine is: infliximab (`concept` None) or another that matters.

    `route` is set where the product itself says so (subcutaneous pens). `unit_mg` is the amount one
    billing unit stands for (10 for HCPCS codes), else None. `coded` is False when known by name only.
    """

    concept: MedicationConcept | None
    coded: bool
    route: Route | None = None
    unit_mg: float | None = None
    code: str = ""

    @property
    def is_infliximab(self) -> bool:
        """Return whether the medicine is infliximab itself."""
        return self.concept is None


@dataclass(frozen=True, slots=True)
class _Entry:
    concept: str
    prefix: bool
    unit_mg: float | None


class CodeSets:
    """Compiled code sets. Immutable; two requests may share one."""

    __slots__ = ("_exact", "_file", "_infliximab", "_names", "_prefixes", "_site", "_systems", "conditions",
                 "medication", "observation")  # fmt: skip

    def __init__(self, file: CodeSetFile, site: tuple[SiteCode, ...] = ()) -> None:
        self._file = file
        self._site = site
        self._systems = SystemNames(file.systems)
        self._exact: dict[tuple[str, str], tuple[_Entry, ...]] = {}
        self._prefixes: dict[tuple[str, str], tuple[_Entry, ...]] = {}
        for concept in file.concepts.values():
            self._add_concept(concept)
        for code in site:
            self._add(code.system, code.code, _Entry(code.concept, prefix=code.prefix, unit_mg=code.unit_mg))
        self._names = {
            kind: NameIndex((c.id, c.pattern) for c in file.concepts.values() if c.kind == kind)
            for kind in ("observation", "condition", "severity", "medication", "allergy", "reason")
        }
        level = file.concepts.get(ObservationConcept.INFLIXIMAB_LEVEL)
        self._infliximab = {part.strip() for term in level.pattern.names for part in term} if level else set()
        self.observation = lru_cache(maxsize=8192)(self._observation)
        self.conditions = lru_cache(maxsize=4096)(self._conditions)
        self.medication = lru_cache(maxsize=4096)(self._medication)

    def _add_concept(self, concept: ConceptSet) -> None:
        for code in concept.codes:
            if code.usable:
                self._add(code.system, code.code, _Entry(concept.id, code.prefix, code.unit_mg))

    def _add(self, system: str, code: str, entry: _Entry) -> None:
        canonical = self._systems.canonical(system)
        key = (canonical, normal_code(canonical, code))
        table = self._prefixes if entry.prefix else self._exact
        table[key] = (*table.get(key, ()), entry)

    def canonical_system(self, system: str) -> str:
        """Return the short name of a code system ("loinc"), or its spelling when it is not known."""
        return self._systems.canonical(system)

    def _entries(self, system: str, code: str) -> tuple[_Entry, ...]:
        """Return what a single code stands for, exact entries first."""
        canonical, normal = self._key(system, code)
        found = self._exact.get((canonical, normal), ())
        if canonical in _HIERARCHIES:
            for length in range(len(normal), 2, -1):
                found += self._prefixes.get((canonical, normal[:length]), ())
        return found

    def _key(self, system: str, code: str) -> tuple[str, str]:
        canonical = self._systems.canonical(system) if system.strip() else system_of_bare_code(code)
        return canonical, normal_code(canonical, code)

    def is_look_alike(self, system: str, code: str) -> bool:
        """Return whether a code is on the list of codes that are mistaken for one of ours."""
        return self._key(system, code) in self._file.look_alikes

    def concept_ids(self, system: str, code: str) -> frozenset[str]:
        """Return the ids of all concepts that one code stands for."""
        return frozenset(entry.concept for entry in self._entries(system, code))

    def _match(
        self, kind: str, codings: Codings, text: str
    ) -> tuple[tuple[str, bool, str, float | None], ...]:
        """Return (concept, coded, "system|code", unit_mg) in file order; names count only without codes."""
        concepts = self._file.concepts
        coded: dict[str, tuple[str, float | None]] = {}
        look_alike = False
        for system, code, _ in codings:
            look_alike = look_alike or self.is_look_alike(system, code)
            for entry in self._entries(system, code):
                if concepts[entry.concept].kind == kind:
                    label = f"{system.strip()}|{code.strip()}"
                    known = coded.get(entry.concept)
                    coded[entry.concept] = (
                        min(known, (label, entry.unit_mg)) if known else (label, entry.unit_mg)
                    )
        if coded:
            return tuple((c, True, *coded[c]) for c in concepts if c in coded)
        if look_alike:
            return ()
        named = self.named(kind, codings, text)
        return tuple((c, False, "", None) for c in named)

    def named(self, kind: str, codings: Codings, text: str) -> tuple[str, ...]:
        """Return the concepts of one kind that the texts name, in the order of the file."""
        return self._names[kind].named({t for t in (text, *(display for _, _, display in codings)) if t})

    def may_name_infliximab(self, text: str) -> bool:
        """Return quickly whether a text of any length may speak of a result of infliximab."""
        folded = text.casefold()
        return any(stem in folded for stem in self._infliximab)

    def _observation(self, codings: Codings, text: str) -> ObservationMatch | None:
        """Return what an Observation (or one of its components) is about; None: nothing we read.

        Two contradicting answers, a level's code under a name that says antibody, or another such medicine in
        the name make it a panel: its own value is then not used.
        """
        matches = self._match("observation", codings, text)
        if not matches:
            return None
        concepts = {ObservationConcept(match[0]) for match in matches}
        concept, coded, code, _ = matches[0]
        level_or_antibody = {ObservationConcept.INFLIXIMAB_LEVEL, ObservationConcept.INFLIXIMAB_ANTIBODY}
        panel = ObservationConcept.INFLIXIMAB_PANEL in concepts or level_or_antibody <= concepts
        if coded and concept == ObservationConcept.INFLIXIMAB_LEVEL:
            named = self.named("observation", codings, text)
            antibody = ObservationConcept.INFLIXIMAB_ANTIBODY in named
            panel = panel or (antibody and ObservationConcept.INFLIXIMAB_PANEL not in named)
        if concept in level_or_antibody:
            panel = panel or OTHER_TARGETED_MEDICINE in self.named("medication", codings, text)
        if panel:
            return ObservationMatch(ObservationConcept.INFLIXIMAB_PANEL, coded)
        return ObservationMatch(ObservationConcept(concept), coded, code)

    def _conditions(self, codings: Codings, text: str) -> tuple[ConditionConcept, ...]:
        """Return all concepts of a condition; names count only where no code is known."""
        return tuple(ConditionConcept(match[0]) for match in self._match("condition", codings, text))

    def _medication(self, codings: Codings, text: str) -> MedicationMatch | None:
        """Return what a medicine is, infliximab before anything else; None: of no interest here."""
        matches = [m for m in self._match("medication", codings, text) if m[0] != OTHER_TARGETED_MEDICINE]
        by_concept = {match[0]: match for match in matches}
        infliximab = by_concept.get(INFLIXIMAB_SUBCUTANEOUS) or by_concept.get(INFLIXIMAB_PRODUCT)
        if infliximab is not None:
            concepts = (infliximab[0], *self.named("medication", codings, text))
            route = Route.SUBCUTANEOUS if INFLIXIMAB_SUBCUTANEOUS in concepts else None
            return MedicationMatch(None, infliximab[1], route, infliximab[3], infliximab[2])
        if not matches:
            return None
        concept, coded, code, unit_mg = matches[0]
        return MedicationMatch(MedicationConcept(concept), coded, None, unit_mg, code)

    def ids(self, kind: str, codings: Codings, text: str) -> frozenset[str]:
        """Return the ids of all concepts of one kind."""
        return frozenset(match[0] for match in self._match(kind, codings, text))

    def severity(self, codings: Codings, text: str) -> str | None:
        """Return SEVERITY_MODERATE_OR_SEVERE, SEVERITY_MILD or None; the worse wins."""
        found = self.ids("severity", codings, text)
        if SEVERITY_MODERATE_OR_SEVERE in found:
            return SEVERITY_MODERATE_OR_SEVERE
        return SEVERITY_MILD if SEVERITY_MILD in found else None

    def is_infliximab_allergen(self, codings: Codings, text: str) -> bool:
        """Return whether a substance is infliximab (by product code or name) or murine protein."""
        medication = self.medication(codings, text)
        product = medication is not None and medication.is_infliximab and medication.coded
        return product or INFLIXIMAB_ALLERGY in self.ids("allergy", codings, text)

    def with_site(self, site: Iterable[SiteCode]) -> CodeSets:
        """Return new code sets with a site's own codes added.

        Raises CodeSetError for an unknown concept, for a look-alike and for a code that already means
        something else.
        """
        added = tuple(site)
        for code in added:
            self._check_site_code(code)
        return CodeSets(self._file, self._site + added)

    def _check_site_code(self, code: SiteCode) -> None:
        if code.concept not in self._file.concepts:
            raise CodeSetError.unknown_concept(code.concept, sorted(self._file.concepts))
        if not code.code.strip():
            raise CodeSetError(f"an empty code for {code.concept}")
        if code.prefix and self.canonical_system(code.system) not in _HIERARCHIES:
            raise CodeSetError(
                f"{code.system}|{code.code}: only ICD and NDC codes can stand for all below them"
            )
        if self.is_look_alike(code.system, code.code):
            raise CodeSetError(
                f"{code.system}|{code.code} is a known look-alike and cannot mean {code.concept}"
            )
        kind = self._file.concepts[code.concept].kind
        others = {
            c
            for c in self.concept_ids(code.system, code.code)
            if c != code.concept and self._file.concepts[c].kind == kind
        }
        if others:
            raise CodeSetError(f"{code.system}|{code.code} already means {', '.join(sorted(others))}")

    def evaluable(self) -> frozenset[SafetyConcept]:
        """Return the safety concepts for which at least one usable code is configured.

        Names alone do not make a gate evaluable: a record they miss would look like a clean one.
        """
        with_code = {
            entry.concept for table in (self._exact, self._prefixes) for es in table.values() for entry in es
        }
        return frozenset(c for c, sources in _SAFETY_SOURCES.items() if with_code.intersection(sources))


def codings_of(codeable: Any) -> tuple[Codings, str]:
    """Return codings and text of a CodeableConcept, whatever was sent in its place.

    A bare string counts as text and a bare Coding as one coding. What is not text is left out.
    """
    if isinstance(codeable, str):
        return (), codeable[:MAX_TEXT]
    if not isinstance(codeable, dict):
        return (), ""
    raw = codeable.get("coding")
    if isinstance(raw, dict):
        raw = [raw]
    if not isinstance(raw, list):
        raw = [codeable] if "code" in codeable else []
    codings = []
    for coding in raw:  # spelled out, because this runs for every coding of every request
        if isinstance(coding, dict):
            system, code, display = coding.get("system"), coding.get("code"), coding.get("display")
            shown = (
                system[:MAX_TEXT] if isinstance(system, str) else "",
                code[:MAX_TEXT] if isinstance(code, str) else "",
                display[:MAX_TEXT] if isinstance(display, str) else "",
            )
            codings.append(shown)
    text = codeable.get("text")
    return tuple(codings), text[:MAX_TEXT] if isinstance(text, str) else ""


@lru_cache(maxsize=1)
def load_code_sets() -> CodeSets:
    """Return the packaged code sets, read and checked once per process."""
    return CodeSets(read_code_sets())
