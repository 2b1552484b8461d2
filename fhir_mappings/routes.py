"""The route of a dosage: intravenous or subcutaneous, by code or by name."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from fhir_mappings.codes import Codings, codings_of
from fhir_mappings.naming import fold
from tdm.facts import Route

# SNOMED CT, HL7 v3 RouteOfAdministration and EDQM standard terms; a code is unique across these systems.
_CODES = {
    "47625008": Route.INTRAVENOUS, "418114005": Route.INTRAVENOUS, "IV": Route.INTRAVENOUS,
    "IVINF": Route.INTRAVENOUS, "IVDRIP": Route.INTRAVENOUS, "20045000": Route.INTRAVENOUS,
    "34206005": Route.SUBCUTANEOUS, "SC": Route.SUBCUTANEOUS, "SQ": Route.SUBCUTANEOUS,
    "SUBCUT": Route.SUBCUTANEOUS, "SUBQ": Route.SUBCUTANEOUS, "20066000": Route.SUBCUTANEOUS,
}  # fmt: skip
_NAMES = {
    Route.INTRAVENOUS: (" intraven", " iv ", " i v ", " infus", " ivgtt "),
    Route.SUBCUTANEOUS: (" subcut", " subkut", " sous cutan", " s c ", " sc ", " sq ", " subq "),
}


def route_of(value: Any) -> Route | None:
    """Return the route that a CodeableConcept or a text names; None when it names none of ours, or both."""
    return _route(*codings_of(value)) if value else None


@lru_cache(maxsize=1024)
def _route(codings: Codings, text: str) -> Route | None:
    coded = {_CODES.get(code.strip().upper()) for _, code, _ in codings} - {None}
    if coded:
        return coded.pop() if len(coded) == 1 else None
    folded = [fold(word) for word in (text, *(display for _, _, display in codings))]
    named = {
        route for route, stems in _NAMES.items() if any(stem in words for stem in stems for words in folded)
    }
    return named.pop() if len(named) == 1 else None
