"""What the service asks a CDS Client to send along: one query per key, in the subset every client knows.

CDS Hooks 2.0 allows instance reads and type searches with equality on tokens, dates, `_count` and `_sort`
only. Observations are always asked for by category, because some servers refuse a search without one;
selecting by code and date is done here, after they arrive. Two hundred per page is the most that every known
server accepts. Each key says why it is needed and what is lost
without it: nothing else is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tdm.facts import FactGroup


@dataclass(frozen=True, slots=True)
class PrefetchKey:
    """One prefetch key. `group` is the group of facts that is incomplete without it, if any is."""

    key: str
    template: str
    needed_for: str
    without_it: str
    group: FactGroup | None = None


_PATIENT = "patient={{context.patientId}}"

KEYS: tuple[PrefetchKey, ...] = (
    PrefetchKey(
        "patient",
        "Patient/{{context.patientId}}",
        "birth date (the targets of children and adults differ) and sex (one lymphoma warning, one model)",
        "the order is evaluated as for a child and as for an adult; one answer is given only if both agree",
        FactGroup.PATIENT,
    ),
    PrefetchKey(
        "laboratory",
        f"Observation?{_PATIENT}&category=laboratory&_count=200",
        "infliximab level, antibodies, CRP, calprotectin, albumin, ESR, ALT, hepatitis B, tuberculosis, TPMT",
        "no level is known, so the answer is to measure level and antibodies",
        FactGroup.LABORATORY,
    ),
    PrefetchKey(
        "weights",
        f"Observation?{_PATIENT}&category=vital-signs&code=http://loinc.org|29463-7",
        "dose in mg per kg, and whether an ordered dose is plausible",
        "dose per kg is unknown and said so; the plausibility of the dose is not checked",
        FactGroup.WEIGHT,
    ),
    PrefetchKey(
        "surveys",
        f"Observation?{_PATIENT}&category=survey",
        "activity scores (HBI, CDAI, PCDAI)",
        "activity rests on laboratory markers, endoscopy and imaging alone",
    ),
    PrefetchKey(
        "exams",
        f"Observation?{_PATIENT}&category=exam",
        "a draining fistula on examination",
        "a fistula counts as active only if the problem list says so",
    ),
    PrefetchKey(
        "imaging",
        f"Observation?{_PATIENT}&category=imaging",
        "findings on bowel imaging",
        "activity rests on laboratory markers, scores and endoscopy alone",
    ),
    PrefetchKey(
        "procedures",
        f"Observation?{_PATIENT}&category=procedure",
        "endoscopic findings and SES-CD",
        "activity rests on laboratory markers, scores and imaging alone",
    ),
    PrefetchKey(
        "conditions",
        f"Condition?{_PATIENT}",
        "Crohn's disease as the indication, perianal fistula, and the diseases of the safety gates",
        "the indication is unverified and said so; gates on conditions are not evaluated",
        FactGroup.CONDITIONS,
    ),
    PrefetchKey(
        "medicationRequests",
        f"MedicationRequest?{_PATIENT}&_count=200",
        "the infliximab order in force (dose, interval, route), immunomodulators, steroids, antivirals",
        "the interval rests on administrations alone; a changed regimen may be missed and is said so",
        FactGroup.ORDERS,
    ),
    PrefetchKey(
        "medicationAdministrations",
        f"MedicationAdministration?{_PATIENT}&_count=200",
        "dates and doses of infusions: phase of treatment, and whether a level is a trough",
        "the timing of a level is unverified, certainty is lowered and no switch is advised",
        FactGroup.ADMINISTRATIONS,
    ),
    PrefetchKey(
        "allergies",
        f"AllergyIntolerance?{_PATIENT}",
        "a reaction to infliximab or to murine protein",
        "the gate on reactions is not evaluated and said so",
        FactGroup.ALLERGIES,
    ),
)

OPTIONAL_KEYS: tuple[PrefetchKey, ...] = (
    PrefetchKey(
        "medicationDispenses",
        f"MedicationDispense?{_PATIENT}",
        "subcutaneous pens handed out, and the interval, where orders and administrations do not tell them",
        "nothing, where orders and administrations are recorded",
    ),
    PrefetchKey(
        "medicationStatements",
        f"MedicationStatement?{_PATIENT}",
        "infusions given elsewhere, as reported by the patient",
        "nothing, where orders and administrations are recorded",
    ),
)
"""Read when a client sends them; not published, so that clients without these resources are not asked."""

_GROUPS: Mapping[str, FactGroup] = MappingProxyType(
    {entry.key: entry.group for entry in KEYS if entry.group is not None}
)
READ_KEYS: tuple[str, ...] = tuple(entry.key for entry in (*KEYS, *OPTIONAL_KEYS))
PUBLISHED_KEYS: frozenset[str] = frozenset(entry.key for entry in KEYS)


def templates() -> Mapping[str, str]:
    """Return the published prefetch template of each key."""
    return {entry.key: entry.template for entry in KEYS}


def group_of(key: str) -> FactGroup | None:
    """Return the group of facts that is incomplete when this key is; None where nothing decisive is lost."""
    return _GROUPS.get(key)
