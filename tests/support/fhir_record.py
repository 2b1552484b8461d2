"""A FHIR server's answers for one patient: the record of a request's prefetch, searched, paged and read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from fhir_mappings.acquisition.addresses import Address
from fhir_mappings.acquisition.allowance import Allowance
from fhir_mappings.acquisition.client import Call
from fhir_mappings.acquisition.outcomes import Body, FetchFault, Refusal
from fhir_mappings.acquisition.token import AccessToken

Json = dict[str, Any]

KEY_OF_CATEGORY = {
    "laboratory": "laboratory",
    "vital-signs": "weights",
    "survey": "surveys",
    "exam": "exams",
    "imaging": "imaging",
    "procedure": "procedures",
}
KEY_OF_TYPE = {
    "Condition": "conditions",
    "MedicationRequest": "medicationRequests",
    "MedicationAdministration": "medicationAdministrations",
    "AllergyIntolerance": "allergies",
}


def resources_of(value: Any) -> list[Json]:
    """The resources of a prefetch value."""
    if not isinstance(value, dict):
        return []
    if value.get("resourceType") != "Bundle":
        return [value]
    return [entry["resource"] for entry in value.get("entry", []) if "resource" in entry]


@dataclass
class FhirRecord:
    """Answers for one patient at `base`; `page_size` 0 gives everything on one page."""

    base: str
    prefetch: Mapping[str, Any]
    page_size: int = 0
    medications: Mapping[str, Json] = field(default_factory=dict)
    unavailable: frozenset[str] = frozenset()

    def key_of(self, target: str) -> str:
        """The prefetch key that an address below the base asks for; "medications" for a Medication."""
        parts = urlsplit(target.removeprefix(urlsplit(self.base).path).lstrip("/"))
        kind = parts.path.partition("/")[0]
        query = dict(parse_qsl(parts.query))
        if kind == "_page":
            return query["key"]
        if kind == "Observation":
            return KEY_OF_CATEGORY[query["category"]]
        return KEY_OF_TYPE.get(kind, {"Patient": "patient", "Medication": "medications"}.get(kind, kind))

    def answer(self, target: str) -> tuple[int, Json]:
        """Status and resource for an address, as its path and query."""
        key = self.key_of(target)
        parts = urlsplit(target.removeprefix(urlsplit(self.base).path).lstrip("/"))
        identifier = parts.path.partition("/")[2]
        if key == "medications":
            found = self.medications.get(identifier)
            return (200, found) if found is not None else (404, outcome("not-found"))
        value = self.prefetch.get(key)
        if key in self.unavailable:
            return 404, outcome("not-found")
        if key == "patient":
            return (200, value) if isinstance(value, dict) else (404, outcome("not-found"))
        return 200, self._page(key, resources_of(value), int(dict(parse_qsl(parts.query)).get("offset", "0")))

    def _page(self, key: str, resources: list[Json], offset: int) -> Json:
        size = self.page_size or max(len(resources), 1)
        shown = resources[offset : offset + size]
        bundle: Json = {"resourceType": "Bundle", "type": "searchset", "total": len(resources), "link": []}
        bundle["link"] = [{"relation": "self", "url": f"{self.base}/_page?key={key}&offset={offset}"}]
        if offset + size < len(resources):
            url = f"{self.base}/_page?key={key}&offset={offset + size}"
            bundle["link"].append({"relation": "next", "url": url})
        bundle["entry"] = [{"resource": resource, "search": {"mode": "match"}} for resource in shown]
        return bundle


def outcome(code: str, severity: str = "error") -> Json:
    """An OperationOutcome."""
    return {"resourceType": "OperationOutcome", "issue": [{"severity": severity, "code": code}]}


@dataclass
class RecordClient:
    """In the place of the client: the answers of a record, without a network; remembers what was asked."""

    record: FhirRecord
    asked: list[str] = field(default_factory=list)

    def get(
        self,
        address: Address,
        token: AccessToken | None,
        call: Call,
        *,
        most_bytes: int,
        allowance: Allowance,
    ) -> Body | Refusal:
        target = address.text.removeprefix(str(address.origin))
        self.asked.append(target)
        status, resource = self.record.answer(target)
        content = json.dumps(resource).encode()
        if status != 200:
            return Refusal(FetchFault.NOT_FOUND)
        kept = len(content) <= most_bytes and allowance.take(len(content))
        return Body(content) if kept else Refusal(FetchFault.TOO_LARGE)

    def close(self) -> None:
        """Nothing is open."""
