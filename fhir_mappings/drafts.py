"""The orders in front of the clinician: find infliximab among them, whatever shape they come in.

An order is never overlooked for being odd: a missing Bundle type, a bare resource, an unknown status or a
strange id change what can be suggested, not whether the order is seen.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from fhir_mappings.acquired import AcquiredResources, Resource
from fhir_mappings.codes import (
    INFLIXIMAB_PRODUCT,
    INFLIXIMAB_SUBCUTANEOUS,
    CodeSets,
    ConditionConcept,
    ObservationConcept,
    codings_of,
)
from fhir_mappings.context import ReadingContext
from fhir_mappings.dates import read_moment
from fhir_mappings.dosage import Setting, read_dosages
from fhir_mappings.medication import Medicine, Medicines, contained, medicine_of, medicines_of
from fhir_mappings.readers.medication_record import settled_order_route
from fhir_mappings.references import Belongs, belongs_to, relative_reference, source_reference, text_of
from tdm.facts import Indication, MedicationUse, Order, OrderState
from tdm.issues import DataIssue, IssueCode
from tdm.source import Source

_MAX_SHOWN = 40
_GONE = frozenset({"cancelled", "entered-in-error", "stopped", "completed"})
_NOT_TO_GIVE = _GONE | {"on-hold", "revoked", "ended"}
_LABORATORY_CATEGORIES = frozenset({"laboratory", "lab", "108252007"})
_TESTS = {
    ObservationConcept.INFLIXIMAB_LEVEL: frozenset({"level"}),
    ObservationConcept.INFLIXIMAB_ANTIBODY: frozenset({"ati"}),
    ObservationConcept.INFLIXIMAB_PANEL: frozenset({"level", "ati"}),
}


@dataclass(frozen=True, slots=True)
class DraftOrder:
    """One infliximab order in front of the clinician.

    `raw` is the resource as sent. `medications` are other medicines ordered beside it, `laboratory_tests`
    what of "level" and "ati" is ordered beside it. `changeable` is False where an issue says why no change
    may be suggested.
    """

    raw: Resource
    order: Order
    label: str
    medicine: Medicine
    medications: tuple[MedicationUse, ...] = ()
    indication: Indication | None = None
    laboratory_tests: frozenset[str] = frozenset()
    changeable: bool = True
    issues: tuple[DataIssue, ...] = ()


def find_drafts(
    draft_orders: Any, selections: Sequence[str] | None, acquired: AcquiredResources, context: ReadingContext
) -> tuple[DraftOrder, ...]:
    """Return the infliximab orders among the drafts, each once, in a canonical order.

    With selections, only selected orders count; selections that match no order at all are not usable, and
    then every infliximab order counts.
    """
    entries = list(_entries(draft_orders))
    medicines = _medicines(entries, acquired, context.codes)
    beside = _medications_beside(entries, medicines) if len(entries) > 1 else ()
    tests = _tests_beside(entries, context.codes)
    found: dict[str, DraftOrder] = {}
    for resource, _ in _selected(entries, selections):
        if text_of(resource.get("resourceType")) not in {"MedicationRequest", "ServiceRequest"}:
            continue
        medicine = medicine_of(resource, medicines)
        if medicine.is_infliximab and not _tests_of(resource, medicine, context.codes):
            text = json.dumps(resource, sort_keys=True) if len(entries) > 1 else ""
            found[text] = _read(resource, medicine, beside, tests, acquired, context)
    return tuple(
        found[text] for text in sorted(found, key=lambda text: (found[text].order.source.reference, text))
    )


def selected_drafts(
    draft_orders: Any, selections: Sequence[str] | None, acquired: AcquiredResources, codes: CodeSets
) -> tuple[list[Resource], Medicines]:
    """Return the selected resources among the drafts, and the Medications that they may refer to."""
    entries = list(_entries(draft_orders))
    selected = [resource for resource, _ in _selected(entries, selections)]
    return selected, _medicines(entries, acquired, codes)


def draft_resources(draft_orders: Any) -> list[Resource]:
    """Return the resources among the drafts, of whatever type."""
    return [resource for resource, _ in _entries(draft_orders)]


def _entries(draft_orders: Any) -> Iterable[tuple[Resource, str]]:
    """Yield the resources with their addresses: of a Bundle, of a list, or a bare one."""
    if isinstance(draft_orders, list):
        items = draft_orders
    elif isinstance(draft_orders, dict):
        entries = draft_orders.get("entry")
        is_bundle = text_of(draft_orders.get("resourceType")) in {"", "Bundle"}
        items = (entries if isinstance(entries, list) else [entries]) if is_bundle else [draft_orders]
    else:
        items = []
    for item in items:
        if isinstance(item, dict):
            resource = item.get("resource", item)
            if isinstance(resource, dict):
                yield resource, text_of(item.get("fullUrl"))


def _selected(
    entries: Sequence[tuple[Resource, str]], selections: Sequence[str] | None
) -> Sequence[tuple[Resource, str]]:
    """Return the selected entries; those without any address cannot be deselected."""
    wanted = {text.strip() for text in selections or () if text.strip()}
    wanted |= {relative_reference(text) for text in wanted}
    if not wanted:
        return entries
    matched = [bool(_addresses(resource, url) & wanted) for resource, url in entries]
    if not any(matched):
        return entries
    return [
        entry
        for entry, hit in zip(entries, matched, strict=True)
        if hit or not _addresses(entry[0], entry[1])
    ]


def _addresses(resource: Resource, url: str) -> set[str]:
    identifier = text_of(resource.get("id"))
    own = {identifier, f"{text_of(resource.get('resourceType'))}/{identifier}"} if identifier else set()
    return own | ({url, relative_reference(url)} if url else set())


def _medicines(
    entries: Iterable[tuple[Resource, str]], acquired: AcquiredResources, codes: CodeSets
) -> Medicines:
    """Let drafts refer to Medications that are sent beside them as well as to prefetched ones."""
    drafted = {}
    for resource, url in entries:
        if text_of(resource.get("resourceType")) == "Medication":
            drafted.update(dict.fromkeys(_addresses(resource, url), resource))
    return medicines_of(acquired, codes).with_more(drafted)


def _medications_beside(
    entries: Iterable[tuple[Resource, str]], medicines: Medicines
) -> tuple[MedicationUse, ...]:
    uses = set()
    for resource, _ in entries:
        if text_of(resource.get("resourceType")) == "MedicationRequest" and _is_live(resource):
            match = medicine_of(resource, medicines).match
            if match is not None and match.concept is not None:
                uses.add(MedicationUse(match.concept, _source(resource), draft=True))
    return tuple(sorted(uses, key=repr))


def _is_live(resource: Resource) -> bool:
    return resource.get("doNotPerform") is not True and text_of(resource.get("status")).lower() not in _GONE


def _tests_beside(entries: Iterable[tuple[Resource, str]], codes: CodeSets) -> frozenset[str]:
    """Return what of "level" and "ati" is ordered beside the infliximab order."""
    found: frozenset[str] = frozenset()
    for resource, _ in entries:
        if text_of(resource.get("resourceType")) == "ServiceRequest" and _is_live(resource):
            found |= _tests_of(resource, None, codes)
    return found


def _tests_of(resource: Resource, medicine: Medicine | None, codes: CodeSets) -> frozenset[str]:
    """Return the tests a ServiceRequest orders: none for an infusion that is ordered as a procedure.

    "Infliximab" alone may be either; it is the infusion unless the category says laboratory.
    """
    if text_of(resource.get("resourceType")) != "ServiceRequest":
        return frozenset()
    concept = codings_of(resource.get("code"))
    match = codes.observation(*concept)
    tests = _TESTS.get(match.concept, frozenset()) if match is not None else frozenset()
    if not tests or (match is not None and match.coded) or _is_laboratory(resource):
        return tests
    product = medicine.match if medicine is not None else codes.medication(*concept)
    return frozenset() if product is not None and product.is_infliximab else tests


def tests_ordered(resource: Resource, codes: CodeSets) -> frozenset[str]:
    """Return what of "level" and "ati" a ServiceRequest orders."""
    return _tests_of(resource, None, codes)


def _is_laboratory(resource: Resource) -> bool:
    categories = resource.get("category")
    for category in categories if isinstance(categories, list) else [categories]:
        codings, text = codings_of(category)
        words = {text.strip().lower(), *(code.strip().lower() for _, code, _ in codings)}
        if words & _LABORATORY_CATEGORIES:
            return True
    return False


def _read(
    resource: Resource,
    medicine: Medicine,
    beside: tuple[MedicationUse, ...],
    tests: frozenset[str],
    acquired: AcquiredResources,
    context: ReadingContext,
) -> DraftOrder:
    source = _source(resource)
    label = medicine.label or "infliximab"
    setting = Setting(medicine, "this order", source)
    dosage = read_dosages(resource.get("dosageInstruction"), setting)
    route, route_issues = settled_order_route(setting, dosage)
    doubts = _doubts(resource, medicine, source, context)
    by_name = (DataIssue(IssueCode.MEDICINE_BY_NAME, "medicine", (("name", label),), source),)
    return DraftOrder(
        raw=resource,
        order=Order(
            state=OrderState.DRAFT,
            source=source,
            authored=read_moment(resource.get("authoredOn"), context.zone),
            route=route,
            amount_mg=dosage.amount_mg,
            amount_mg_per_kg=dosage.amount_mg_per_kg,
            interval_days=dosage.interval_days,
            loading_schedule=dosage.loading_schedule,
            label=label,
        ),
        label=label,
        medicine=medicine,
        medications=beside,
        indication=_indication(resource, acquired, context.codes),
        laboratory_tests=tests,
        changeable=not doubts,
        issues=dosage.issues + route_issues + doubts + (by_name if medicine.by_name else ()),
    )


def _doubts(
    resource: Resource, medicine: Medicine, source: Source, context: ReadingContext
) -> tuple[DataIssue, ...]:
    """Return why no change of this order may be suggested."""
    doubts = []
    status = text_of(resource.get("status")).lower()
    if status and status != "draft":
        shown = (("status", status[:_MAX_SHOWN]),)
        code = IssueCode.DRAFT_WITHDRAWN if status in _NOT_TO_GIVE else IssueCode.DRAFT_STATUS
        doubts.append(DataIssue(code, "draft", shown, source))
    if resource.get("doNotPerform") is True:
        doubts.append(DataIssue(IssueCode.DRAFT_DO_NOT_PERFORM, "draft", (), source))
    if source.resource_type == "ServiceRequest":
        doubts.append(DataIssue(IssueCode.DRAFT_IS_SERVICE_REQUEST, "draft", (), source))
    if belongs_to(resource, context.patient_id) is Belongs.OTHER:
        doubts.append(DataIssue(IssueCode.DRAFT_SUBJECT_DIFFERS, "draft", (), source))
    if medicine.by_name and _names_other_medicine(resource, medicine, context.codes):
        doubts.append(DataIssue(IssueCode.DRAFT_NAMES_OTHER_MEDICINE, "draft", (), source))
    return tuple(doubts)


def _names_other_medicine(resource: Resource, medicine: Medicine, codes: CodeSets) -> bool:
    codings, text = codings_of(resource.get("medicationCodeableConcept"))
    named = codes.named("medication", codings, f"{text}; {medicine.label}")
    return not {INFLIXIMAB_PRODUCT, INFLIXIMAB_SUBCUTANEOUS}.issuperset(named)


def _indication(resource: Resource, acquired: AcquiredResources, codes: CodeSets) -> Indication | None:
    """Return what the order is for by its own reason; Crohn's disease among several reasons is the reason.

    A reason that names another disease beside an inflammatory bowel disease leaves it to the chart.
    """
    concepts: set[ConditionConcept] = set()
    named: set[str] = set()
    for reason in _items(resource.get("reasonCode")):
        found = codes.conditions(*codings_of(reason))
        concepts.update(found)
        if ConditionConcept.OTHER_INDICATION in found:
            named.update(codes.named("condition", *codings_of(reason)))
    for reason in _items(resource.get("reasonReference")):
        if isinstance(reason, dict):
            concepts.update(_referred(reason, resource, acquired, codes))
    if ConditionConcept.CROHNS_DISEASE in concepts or ConditionConcept.PERIANAL_FISTULA in concepts:
        return Indication.CROHNS_DISEASE
    if ConditionConcept.INFLAMMATORY_BOWEL_DISEASE in concepts | named:
        return None
    return Indication.OTHER_DISEASE if ConditionConcept.OTHER_INDICATION in concepts else None


def _referred(
    reason: Resource, resource: Resource, acquired: AcquiredResources, codes: CodeSets
) -> tuple[ConditionConcept, ...]:
    reference = text_of(reason.get("reference"))
    if reference.startswith("#"):
        conditions = [inner for inner in contained(resource) if inner.get("id") == reference[1:]]
    else:
        wanted = relative_reference(reference)
        if any(wanted in key.conditions_passed_over for key in acquired.keys.values()):
            return ()
        conditions = [c for c in acquired.resources("Condition") if source_reference(c) == wanted]
    for condition in conditions:
        return codes.conditions(*codings_of(condition.get("code")))
    return codes.conditions((), text_of(reason.get("display")))


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _source(resource: Resource) -> Source:
    return Source(text_of(resource.get("resourceType")), source_reference(resource))
