"""Medications that records only refer to and that were not sent along: which to read, and where they go."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from fhir_mappings.acquired import AcquiredKey, AcquiredResources, KeyState, Resource
from fhir_mappings.acquisition.addresses import Address, AddressRefusedError, FhirBase, resolve
from fhir_mappings.acquisition.questions import Question
from fhir_mappings.choosing import MEDICATION_TYPES
from fhir_mappings.medication import Medicines, medicine_of
from fhir_mappings.references import text_of
from tdm.issues import DataIssue, IssueCode

MEDICATIONS: Final = "medications"
"""The place of what was read, beside the prefetch keys; no client sends it."""

REFUSED_ISSUE: Final = DataIssue(IssueCode.FHIR_ADDRESS_REFUSED, "record")


def leads_nowhere(records: Iterable[Resource], medicines: Medicines) -> list[str]:
    """Return the references to Medications that were not sent and are needed, each once, in their order.

    Needed is one whose record names no medicine, or infliximab by name only: a name that says something else
    settles it, and what is neither cannot matter.
    """
    found: dict[str, None] = {}
    for record in records:
        reference = record.get("medicationReference")
        if not isinstance(reference, dict) or record.get("resourceType") not in MEDICATION_TYPES:
            continue
        written = text_of(reference.get("reference"))
        if not written or written.startswith(("#", "urn:")) or medicines.find(written, record) is not None:
            continue
        medicine = medicine_of(record, medicines)
        if medicine.unresolved or (medicine.by_name and medicine.is_infliximab):
            found[written] = None
    return list(found)


def medication_questions(references: Iterable[str], base: FhirBase) -> tuple[list[Question], list[DataIssue]]:
    """Return the reads for references, each once, and an issue where one leads elsewhere."""
    questions: dict[Address, Question] = {}
    issues: list[DataIssue] = []
    for written in references:
        try:
            address = resolve(base, written.partition("/_history")[0])
        except AddressRefusedError:
            issues = [REFUSED_ISSUE]
            continue
        kind, _, identifier = address.path.removeprefix(f"{base.path}/").partition("/")
        if kind == "Medication" and identifier and "/" not in identifier and not address.query:
            questions.setdefault(address, Question(written, "Medication", address, is_search=False))
    return list(questions.values()), issues


def with_medications(
    acquired: AcquiredResources, questions: Iterable[Question], issues: Iterable[DataIssue]
) -> AcquiredResources:
    """Return what was acquired with the Medications that were read, by the references to them."""
    read = [(question.name, question.resource) for question in questions if question.resource is not None]
    before = acquired.keys.get(MEDICATIONS, AcquiredKey(MEDICATIONS, KeyState.FETCHED))
    every = tuple(dict.fromkeys((*before.issues, *issues)))
    if not read and every == before.issues:
        return acquired
    resources = (*before.resources, *(resource for _, resource in read))
    urls = (*before.full_urls, *(name for name, _ in read))
    place = AcquiredKey(
        MEDICATIONS, KeyState.FETCHED, resources, len(resources), issues=every, full_urls=urls
    )
    return AcquiredResources({**acquired.keys, MEDICATIONS: place})
