"""A draft laboratory order for level and antibodies, from the site's own order codes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from fhir_mappings.acquired import AcquiredResources, Resource
from fhir_mappings.codes import CodeSets
from fhir_mappings.drafts import DraftOrder, tests_ordered
from fhir_mappings.references import text_of
from tdm.decision import Option, OptionKind

_WANTED = {
    OptionKind.MEASURE_LEVEL_AND_ATI: frozenset({"level", "ati"}),
    OptionKind.MEASURE_LEVEL: frozenset({"level"}),
    OptionKind.MEASURE_ATI: frozenset({"ati"}),
    OptionKind.QUANTIFY_ATI: frozenset({"ati"}),
}
# The shapes that FHIR R4 gives to what a site fills in; a coding that breaks them makes the order invalid.
_SHAPES = {
    "system": re.compile(r"\S+"),
    "code": re.compile(r"\S+(?:\s\S+)*"),
    "display": re.compile(r"[ \r\n\t\S]+"),
}
_ORDERED = frozenset({"active", "draft"})
_KEYS: Mapping[frozenset[str], str] = {
    frozenset({"level", "ati"}): "level_and_ati",
    frozenset({"level"}): "level",
    frozenset({"ati"}): "ati",
}


def laboratory_order(
    options: Sequence[Option],
    *,
    order_codes: Mapping[str, Mapping[str, str]],
    patient_id: str,
    draft: DraftOrder | None = None,
    acquired: AcquiredResources | None = None,
    codes: CodeSets | None = None,
) -> Resource | None:
    """Return a draft ServiceRequest for the tests that the options ask for; None where there is none to add.

    None if no option asks for a test, if the site has no order code for exactly what is missing, or if all
    of it is ordered already: beside the draft, or as an active order among the acquired resources. What is
    pending as a result no option asks for (see `tdm.awaited`).
    `order_codes` has the keys "level", "ati", "level_and_ati", each with system, code and display.
    """
    wanted: frozenset[str] = frozenset().union(*(_WANTED.get(option.kind, frozenset()) for option in options))
    if draft is not None:
        wanted -= draft.laboratory_tests
    if acquired is not None and codes is not None:
        wanted -= _ordered_tests(acquired.resources("ServiceRequest"), codes)
    coding = order_codes.get(_KEYS.get(wanted, ""))
    if not coding or not patient_id or not _is_expressible(coding):
        return None
    return {
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": "order",
        "category": [
            {
                "coding": [
                    {
                        "system": "http://snomed.info/sct",
                        "code": "108252007",
                        "display": "Laboratory procedure",
                    }
                ]
            }
        ],
        "code": {
            "coding": [{name: coding[name] for name in ("system", "code", "display") if coding.get(name)}],
            **({"text": coding["display"]} if coding.get("display") else {}),
        },
        "subject": {"reference": f"Patient/{patient_id}"},
    }


def _is_expressible(coding: Mapping[str, str]) -> bool:
    """Say whether FHIR can hold a site's coding: texts of the right shape, and at least a code."""
    written = [(shape, coding.get(name)) for name, shape in _SHAPES.items() if coding.get(name)]
    return bool(coding.get("code")) and all(
        isinstance(text, str) and shape.fullmatch(text) is not None for shape, text in written
    )


def _ordered_tests(orders: Iterable[Resource], codes: CodeSets) -> frozenset[str]:
    tests: frozenset[str] = frozenset()
    for order in orders:
        if text_of(order.get("status")).lower() in _ORDERED:
            tests |= tests_ordered(order, codes)
    return tests
