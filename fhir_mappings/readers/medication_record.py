"""What the readers of medication records share: their facts, the medicine, the dosage, the route."""

from __future__ import annotations

from typing import Any

import msgspec

from fhir_mappings.acquired import Resource
from fhir_mappings.context import ReadingContext
from fhir_mappings.dates import read_moment
from fhir_mappings.dosage import ReadDosage, Setting
from fhir_mappings.medication import Medicine, Medicines, medicine_of
from fhir_mappings.references import Belongs, belongs_to, source_reference, text_of
from tdm.facts import Dose, MedicationUse, Moment, Order, Route
from tdm.issues import DataIssue, IssueCode
from tdm.source import Source

_MAX_STATUS = 40
_PEN_MG = (120.0, 240.0)
_PEN_DAYS = 14.0
"""Nothing intravenous is given every two weeks; the loading schedule is no interval."""


class MedicationReading(msgspec.Struct, frozen=True):
    """Facts of one medication record."""

    orders: tuple[Order, ...] = ()
    doses: tuple[Dose, ...] = ()
    uses: tuple[MedicationUse, ...] = ()
    issues: tuple[DataIssue, ...] = ()


NO_MEDICATION = MedicationReading()


class Record(msgspec.Struct, frozen=True):
    """One medication record of this patient, with what all readers need of it."""

    resource: Resource
    medicine: Medicine
    source: Source
    status: str
    issues: tuple[DataIssue, ...]

    @property
    def setting(self) -> Setting:
        """Return where the record's dosages stand, named by the medicine."""
        return Setting(self.medicine, self.medicine.label or "an infliximab record", self.source)


def record_of(resource: Resource, medicines: Medicines, context: ReadingContext) -> Record:
    """Return a record with its medicine, and the issues of its recognition.

    A record of another patient loses its medicine: it is then of no interest to any reader.
    """
    source = Source(text_of(resource.get("resourceType")), source_reference(resource))
    status = text_of(resource.get("status")).lower()[:_MAX_STATUS]
    subject = resource.get("subject")
    usual = isinstance(subject, dict) and subject.get("reference") == f"Patient/{context.patient_id}"
    if not usual and belongs_to(resource, context.patient_id) is Belongs.OTHER:
        issue = DataIssue(IssueCode.OTHER_PATIENT, "record", (("count", "1"),), source)
        return Record(resource, Medicine(None, ""), source, status, (issue,))
    medicine = medicine_of(resource, medicines)
    issues: tuple[DataIssue, ...] = ()
    if medicine.unresolved:
        issues = (DataIssue(IssueCode.MEDICINE_UNRESOLVED, "medicine", (), source),)
    elif medicine.is_infliximab and medicine.by_name:
        issues = (DataIssue(IssueCode.MEDICINE_BY_NAME, "medicine", (("name", medicine.label),), source),)
    return Record(resource, medicine, source, status, issues)


def settled_route(
    medicine: Medicine, written: Route | None, source: Source
) -> tuple[Route | None, tuple[DataIssue, ...]]:
    """Return the route of the product where it settles it, else the written one; a conflict is named."""
    if medicine.route is None or written is None or written is medicine.route:
        return medicine.route or written, ()
    return medicine.route, (DataIssue(IssueCode.ROUTE_CONFLICT, "route", (), source),)


def settled_order_route(setting: Setting, dosage: ReadDosage) -> tuple[Route | None, tuple[DataIssue, ...]]:
    """Return the route of an order; without one, that of the pen where dose and interval are the pen's."""
    route, issues = settled_route(setting.medicine, dosage.route, setting.source)
    if route is None and dosage.amount_mg in _PEN_MG and dosage.interval_days == _PEN_DAYS:
        issue = DataIssue(IssueCode.ROUTE_FROM_DOSE, "route", (("what", setting.what),), setting.source)
        return Route.SUBCUTANEOUS, (issue,)
    return route, issues


def period_end(value: Any, context: ReadingContext) -> Moment | None:
    """Return the end of a Period; None for an open or unreadable one."""
    return read_moment(value.get("end"), context.zone) if isinstance(value, dict) else None


def period_start(value: Any, context: ReadingContext) -> Moment | None:
    """Return the start of a Period; None where it has none that can be read."""
    return read_moment(value.get("start"), context.zone) if isinstance(value, dict) else None
