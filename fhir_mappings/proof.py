"""Proof that what is emitted is valid FHIR R4, once per shape and worker.

Validating with full models costs more than the whole decision, so a shape (which elements, of which kind)
is proven the first time it is emitted and remembered. The models are loaded only then; `warm_up` does it
before the first request.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache
from typing import Any

from fhir_mappings.acquired import Resource

_MAX_SHAPES = 512
_proven: dict[Hashable, bool] = {}


@lru_cache(maxsize=1)
def _models() -> dict[str, Any]:
    """Load the R4B models of what is emitted; R4 and R4B are the same for these types."""
    from fhir.resources.R4B.medicationrequest import MedicationRequest  # noqa: PLC0415 (half a second to load)
    from fhir.resources.R4B.servicerequest import ServiceRequest  # noqa: PLC0415

    return {"MedicationRequest": MedicationRequest, "ServiceRequest": ServiceRequest}


def warm_up() -> None:
    """Load the models and prove a small order, so that no request has to wait for it."""
    subject = {"reference": "Patient/example"}
    is_valid(
        {
            "resourceType": "ServiceRequest",
            "status": "draft",
            "intent": "order",
            "code": {"text": "example"},
            "subject": subject,
        }
    )
    is_valid(
        {
            "resourceType": "MedicationRequest",
            "status": "draft",
            "intent": "order",
            "medicationCodeableConcept": {"text": "example"},
            "subject": subject,
        }
    )


def is_valid(resource: Resource) -> bool:
    """Say whether a MedicationRequest or ServiceRequest is valid R4; never throws."""
    model = _models().get(str(resource.get("resourceType")))
    if model is None:
        return False
    try:
        model.model_validate(resource)
    except Exception:  # noqa: BLE001 (the models raise more kinds than they document, all mean "not valid")
        return False
    return True


def stays_valid(before: Resource, after: Resource) -> bool:
    """Say whether a change kept an order valid. An order that was not valid cannot lose it."""
    shape = (shape_of(before), shape_of(after))
    known = _proven.get(shape)
    if known is None:
        known = is_valid(after) or not is_valid(before)
        _remember(shape, valid=known)
    return known


def proven(resource: Resource) -> bool:
    """Say whether a resource that is made here is valid."""
    shape = shape_of(resource)
    known = _proven.get(shape)
    if known is None:
        known = is_valid(resource)
        _remember(shape, valid=known)
    return known


def _remember(shape: Hashable, *, valid: bool) -> None:
    if len(_proven) >= _MAX_SHAPES:
        _proven.clear()
    _proven[shape] = valid


def shape_of(value: Any) -> Hashable:
    """Return the names and kinds of a JSON value without its contents; lists by their different members."""
    if isinstance(value, dict):
        return tuple([(name, shape_of(value[name])) for name in sorted(value)])
    if isinstance(value, list):
        return frozenset([shape_of(item) for item in value])
    return type(value).__name__
