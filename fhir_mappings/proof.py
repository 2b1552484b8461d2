"""Proof by the official models that what is emitted is valid FHIR R4: for tests and for `explain`.

Loading the models takes half a second, and validating one order longer than the decision about it, so no
request does it. What a request emits is valid by construction, and the tests prove that with these functions.
R4 and R4B are the same for the types emitted here.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from fhir_mappings.acquired import Resource


@lru_cache(maxsize=1)
def _models() -> dict[str, Any]:
    """Load the models of what is emitted: only on the first proof, so that a serving process never has to."""
    from fhir.resources.R4B.medicationrequest import MedicationRequest  # noqa: PLC0415 (half a second to load)
    from fhir.resources.R4B.servicerequest import ServiceRequest  # noqa: PLC0415

    return {"MedicationRequest": MedicationRequest, "ServiceRequest": ServiceRequest}


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
    return is_valid(after) or not is_valid(before)
