"""Kinds of clinical mutation: what can go wrong with a chart on its way, and how the card must own up to it.

A kind changes one request. If the decision then differs, at least one of its `issues` must be newly named,
or one of its `rules` must have fired (rules whose own sentence says what is missing), or one of its `shown`
texts must newly stand on the card. A kind without any of these must not change the decision at all. `always`:
the issue must be named even where the decision stays.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.campaigns.same_meaning import MICROGRAM_ALIASES, resources
from tests.support import ehr

Request = dict[str, Any]
Resource = dict[str, Any]
Mutation = Callable[[Request, datetime], bool]


@dataclass(frozen=True)
class Kind:
    """One kind of mutation; `mutate` returns whether there was anything to change."""

    name: str
    mutate: Mutation
    issues: frozenset[str] = frozenset()
    rules: frozenset[str] = frozenset()
    shown: tuple[str, ...] = ()
    always: bool = False


def apply(kind: Kind, request: Request, as_of: datetime) -> Request | None:
    """Return the mutated copy, or None where the kind does not apply."""
    changed = copy.deepcopy(request)
    return changed if kind.mutate(changed, as_of) else None


def _tests(request: Request, test: str) -> Iterator[Resource]:
    coding = ehr.LABORATORY_TESTS[test][0]
    for resource in resources(request):
        code = resource.get("code")
        if isinstance(code, dict) and coding in code.get("coding", []):
            yield resource


def _newest(request: Request, test: str) -> Resource | None:
    found = sorted(_tests(request, test), key=lambda resource: str(resource.get("effectiveDateTime")))
    return found[-1] if found else None


def _on(test: str, change: Callable[[Resource], bool]) -> Mutation:
    def mutate(request: Request, _as_of: datetime) -> bool:
        resource = _newest(request, test)
        return resource is not None and change(resource)

    return mutate


def _quantity(change: Callable[[dict[str, Any]], None]) -> Callable[[Resource], bool]:
    def mutate(resource: Resource) -> bool:
        quantity = resource.get("valueQuantity")
        if not isinstance(quantity, dict) or "comparator" in quantity:
            return False
        change(quantity)
        return True

    return mutate


def _set(**fields: Any) -> Callable[[Resource], bool]:
    def mutate(resource: Resource) -> bool:
        resource.update(fields)
        return True

    return mutate


def _unit(unit: str | None) -> Callable[[Resource], bool]:
    def change(quantity: dict[str, Any]) -> None:
        quantity.pop("unit", None)
        quantity.pop("code", None)
        quantity.pop("system", None)
        if unit is not None:
            quantity["unit"] = unit

    return _quantity(change)


def _rescale(factor: str, unit: str) -> Callable[[Resource], bool]:
    def change(quantity: dict[str, Any]) -> None:
        quantity["value"] = float(Decimal(str(quantity["value"])) * Decimal(factor))
        quantity["unit"] = quantity["code"] = unit

    return _quantity(change)


def _as_text(resource: Resource) -> bool:
    quantity = resource.get("valueQuantity")
    if not isinstance(quantity, dict) or "comparator" in quantity:
        return False
    del resource["valueQuantity"]
    resource["valueString"] = f"{quantity['value']} {quantity['unit']}"
    return True


def _as_component(resource: Resource) -> bool:
    quantity = resource.pop("valueQuantity", None)
    if quantity is None:
        return False
    resource["component"] = [{"code": resource["code"], "valueQuantity": quantity}]
    resource["code"] = {"text": "Therapeutic drug monitoring panel"}
    return True


def _remove_value(resource: Resource) -> bool:
    resource.pop("valueQuantity", None)
    resource.pop("valueString", None)
    resource["dataAbsentReason"] = {"coding": [{"code": "unknown"}]}
    return True


def _shift(days: float) -> Callable[[Resource], bool]:
    def mutate(resource: Resource) -> bool:
        when = resource.get("effectiveDateTime")
        if not isinstance(when, str) or "T" not in when:
            return False
        resource["effectiveDateTime"] = (datetime.fromisoformat(when) + timedelta(days=days)).isoformat()
        return True

    return mutate


def _undate(resource: Resource) -> bool:
    return resource.pop("effectiveDateTime", None) is not None


def _copy_with(test: str, **fields: Any) -> Mutation:
    """Add a second result beside the newest, differing in `fields` (a callable gets the old value)."""

    def mutate(request: Request, _as_of: datetime) -> bool:
        original = _newest(request, test)
        if original is None or not isinstance(original.get("valueQuantity"), dict):
            return False
        if "comparator" in original["valueQuantity"]:
            return False
        second = copy.deepcopy(original)
        second["id"] = f"{original['id']}-second"
        second["identifier"] = [{"system": f"{ehr.LOCAL}.798268", "value": second["id"]}]
        for name, value in fields.items():
            if name == "value":
                second["valueQuantity"]["value"] = value
            else:
                second[name] = value
        request["prefetch"]["laboratory"]["entry"].append({"resource": second})
        return True

    return mutate


def _without(key: str) -> Mutation:
    return lambda request, _as_of: request["prefetch"].pop(key, None) is not None


def _key_becomes(key: str, value: Any) -> Mutation:
    def mutate(request: Request, _as_of: datetime) -> bool:
        request["prefetch"][key] = copy.deepcopy(value)
        return True

    return mutate


def _cut_page(key: str) -> Mutation:
    def mutate(request: Request, _as_of: datetime) -> bool:
        bundle = request["prefetch"].get(key)
        if not isinstance(bundle, dict) or not bundle.get("entry"):
            return False
        bundle["link"] = [{"relation": "next", "url": f"{ehr.BASE}?page=2"}]
        return True

    return mutate


def _remove_test(test: str) -> Mutation:
    def mutate(request: Request, _as_of: datetime) -> bool:
        bundle = request["prefetch"].get("laboratory")
        found = list(_tests(request, test))
        if not isinstance(bundle, dict) or not found:
            return False
        bundle["entry"] = [entry for entry in bundle["entry"] if entry["resource"] not in found]
        return True

    return mutate


def _each(resource_type: str, change: Callable[[Resource], bool]) -> Mutation:
    def mutate(request: Request, _as_of: datetime) -> bool:
        changed = [
            change(resource) for resource in resources(request) if resource["resourceType"] == resource_type
        ]
        return any(changed)

    return mutate


def _pounds(resource: Resource) -> bool:
    quantity = resource.get("valueQuantity")
    if not isinstance(quantity, dict) or quantity.get("unit") != "kg":
        return False
    quantity["value"] = round(quantity["value"] * 2.20462, 1)
    return True


def _pounds_said(resource: Resource) -> bool:
    quantity = resource.get("valueQuantity")
    if not isinstance(quantity, dict) or quantity.get("unit") != "kg":
        return False
    exact = Decimal(str(quantity["value"])) / Decimal("0.45359237")
    quantity |= {"value": float(round(exact, 6)), "unit": "[lb_av]", "code": "[lb_av]"}
    return True


def _biosimilar(resource: Resource) -> bool:
    concept = resource.get("medicationCodeableConcept")
    if not isinstance(concept, dict) or concept.get("coding") != [ehr.INFLIXIMAB]:
        return False
    concept["coding"] = [
        {"system": ehr.RXNORM, "code": "1790541", "display": "infliximab-dyyb 100 MG Injection"}
    ]
    concept["text"] = "infliximab-dyyb 100 MG Injection"
    return True


def _contained(resource: Resource) -> bool:
    concept = resource.pop("medicationCodeableConcept", None)
    if concept is None:
        return False
    resource["contained"] = [{"resourceType": "Medication", "id": "med", "code": concept}]
    resource["medicationReference"] = {"reference": "#med"}
    return True


def _other_drug(resource: Resource) -> bool:
    concept = resource.get("medicationCodeableConcept")
    if not isinstance(concept, dict) or concept.get("coding") != [ehr.INFLIXIMAB]:
        return False
    concept["coding"] = [{"system": ehr.RXNORM, "code": "121191", "display": "rituximab"}]
    concept["text"] = "rituximab"
    return True


def _days_not_weeks(resource: Resource) -> bool:
    for instruction in resource.get("dosageInstruction", []):
        repeat = instruction.get("timing", {}).get("repeat")
        if repeat is not None and repeat.get("periodUnit") == "wk":
            repeat |= {"period": repeat["period"] * 7, "periodUnit": "d"}
            return True
    return False


def _interval_as_text(resource: Resource) -> bool:
    for instruction in resource.get("dosageInstruction", []):
        timing = instruction.pop("timing", None)
        if timing is not None:
            return True
    return False


OTHER = {"reference": "Patient/somebody-else"}
OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "processing"}]}
NO_LEVEL = frozenset({"R-DATA-1", "R-DATA-2", "R-START-1", "R-CENSOR-1"})
MICROGRAMS = (_on("level", _unit(alias)) for alias in MICROGRAM_ALIASES)


def kinds() -> tuple[Kind, ...]:
    """Return every kind, the harmless ones first."""
    alike = [
        Kind(f"level in {alias}", change) for alias, change in zip(MICROGRAM_ALIASES, MICROGRAMS, strict=True)
    ]
    return (
        *alike,
        Kind("level in ng/mL, converted", _on("level", _rescale("1000", "ng/mL"))),
        Kind("level as text with its unit", _on("level", _as_text)),
        Kind("level inside a panel's component", _on("level", _as_component)),
        Kind("CRP in mg/dL, converted", _on("crp", _rescale("0.1", "mg/dL"))),
        Kind("status of the level with a trailing blank", _on("level", _set(status="final "))),
        Kind("weight in pounds, converted and said so", _each("Observation", _pounds_said)),
        Kind("biosimilar on the administrations", _each("MedicationAdministration", _biosimilar)),
        Kind("medicine of the administrations contained", _each("MedicationAdministration", _contained)),
        Kind("interval of orders in days", _each("MedicationRequest", _days_not_weeks)),
        Kind("interval of orders in the text only", _each("MedicationRequest", _interval_as_text)),
        Kind(
            "level known by its name only",
            _on("level", _set(code={"text": "Infliximab level, serum"})),
            frozenset({"level-recognised-by-text"}),
            always=True,
        ),
        Kind("level without unit", _on("level", _unit(None)), frozenset({"level-unit-missing"}), always=True),
        Kind("level in IU", _on("level", _unit("IU")), frozenset({"level-unit-unknown"}), always=True),
        Kind(
            "level in an antibody unit",
            _on("level", _unit("U/mL")),
            frozenset({"level-unit-unknown"}),
            always=True,
        ),
        Kind("level in ng/mL, not converted", _on("level", _unit("ng/mL")), shown=("0.0",)),
        Kind(
            "level a thousand times too high",
            _on("level", _rescale("1000", "ug/mL")),
            frozenset({"level-implausible"}),
            always=True,
        ),
        Kind(
            "level ten times too high",
            _on("level", _rescale("10", "ug/mL")),
            shown=("µg/mL",),
            issues=frozenset({"level-implausible"}),
        ),
        Kind(
            "level negative",
            _on("level", _rescale("-1", "ug/mL")),
            frozenset({"level-implausible"}),
            always=True,
        ),
        Kind(
            "comparator < on the level",
            _on("level", _quantity(lambda q: q.update(comparator="<"))),
            shown=("below ",),
            rules=NO_LEVEL,
        ),
        Kind(
            "comparator > on the level",
            _on("level", _quantity(lambda q: q.update(comparator=">"))),
            shown=("above ",),
            rules=NO_LEVEL,
        ),
        Kind(
            "level in words that say nothing",
            _on("level", lambda r: _remove_value(r) and _set(valueString="zie commentaar")(r)),
            frozenset({"level-value-unreadable"}),
            always=True,
        ),
        Kind(
            "level without a value",
            _on("level", _remove_value),
            frozenset({"level-value-unreadable", "level-pending"}),
            always=True,
        ),
        Kind(
            "level pending",
            _on("level", lambda r: _remove_value(r) and _set(status="registered")(r)),
            frozenset({"level-pending", "level-status-not-counted"}),
            always=True,
        ),
        Kind(
            "level entered in error",
            _on("level", _set(status="entered-in-error")),
            frozenset({"level-status-not-counted"}),
            always=True,
        ),
        Kind(
            "level cancelled",
            _on("level", _set(status="cancelled")),
            frozenset({"level-status-not-counted"}),
            always=True,
        ),
        Kind(
            "level preliminary",
            _on("level", _set(status="preliminary")),
            frozenset({"level-preliminary"}),
            always=True,
        ),
        Kind(
            "level of unknown status",
            _on("level", _set(status="unknown")),
            frozenset({"level-status-unknown"}),
            always=True,
        ),
        Kind(
            "level of another patient",
            _on("level", _set(subject=OTHER)),
            frozenset({"other-patient"}),
            always=True,
        ),
        Kind("level dated next week", _on("level", _shift(8)), frozenset({"level-in-future"}), always=True),
        Kind("level without a date", _on("level", _undate), frozenset({"level-undated"}), always=True),
        Kind(
            "level drawn in mid-interval",
            _on("level", _shift(-25)),
            frozenset(
                {
                    "level-not-a-trough",
                    "level-outdated",
                    "level-superseded",
                    "level-timing-unverified",
                    "ati-not-paired",
                }
            ),
            rules=NO_LEVEL,
        ),
        Kind(
            "level drawn half a year earlier",
            _on("level", _shift(-190)),
            frozenset({"level-outdated", "level-not-a-trough", "level-superseded"}),
            rules=NO_LEVEL,
        ),
        Kind(
            "another level at the same instant",
            _copy_with("level", value=33.0),
            frozenset({"level-conflict"}),
            always=True,
        ),
        Kind("the same level twice", _copy_with("level")),
        Kind(
            "level under the code of adalimumab",
            _on(
                "level",
                _set(
                    code={
                        "coding": [
                            {
                                "system": ehr.LOCAL,
                                "code": "ADA1",
                                "display": "Adalimumab [Mass/volume] in Serum",
                            }
                        ]
                    }
                ),
            ),
            rules=NO_LEVEL,
        ),
        Kind(
            "antibodies not there",
            _remove_test("ati"),
            shown=("not measured",),
            rules=frozenset({"R-ATI-1", "R-ATI-2"}),
            issues=frozenset({"ati-reflex-limit"}),
        ),
        Kind(
            "antibodies in another laboratory's unit",
            _on("ati", _unit("AU/mL")),
            frozenset({"ati-not-comparable", "ati-assay-unknown", "ati-unreadable"}),
        ),
        Kind(
            "antibodies in ng/mL",
            _on("ati", _unit("ng/mL")),
            frozenset({"ati-not-comparable", "ati-assay-unknown", "ati-unreadable"}),
        ),
        Kind(
            "antibodies entered in error",
            _on("ati", _set(status="entered-in-error")),
            frozenset({"ati-status-not-counted"}),
            always=True,
        ),
        Kind(
            "antibodies of another patient",
            _on("ati", _set(subject=OTHER)),
            frozenset({"other-patient"}),
            always=True,
        ),
        Kind(
            "CRP in an unknown unit", _on("crp", _unit("IU")), frozenset({"result-unit-unknown"}), always=True
        ),
        Kind(
            "CRP entered in error",
            _on("crp", _set(status="entered-in-error")),
            frozenset({"result-status-not-counted"}),
        ),
        Kind(
            "weight in pounds, written as kilograms",
            _each("Observation", _pounds),
            shown=("kg",),
            issues=frozenset({"weight-conflict", "weight-contradicted"}),
        ),
        Kind("laboratory page cut", _cut_page("laboratory"), shown=("aborator",)),
        Kind("laboratory not sent", _without("laboratory"), shown=("aborator",), rules=NO_LEVEL),
        Kind("laboratory null", _key_becomes("laboratory", None), shown=("aborator",), rules=NO_LEVEL),
        Kind("laboratory failed", _key_becomes("laboratory", OUTCOME), shown=("aborator",), rules=NO_LEVEL),
        Kind(
            "administrations not sent",
            _without("medicationAdministrations"),
            shown=("dministration",),
            issues=frozenset(
                {"level-timing-unverified", "level-infusions-incomplete", "first-infusion-unknown"}
            ),
        ),
        Kind("problem list not sent", _without("conditions"), frozenset({"indication-unverified"})),
        Kind(
            "administrations of another medicine",
            _each("MedicationAdministration", _other_drug),
            frozenset({"level-timing-unverified", "first-infusion-unknown"}),
        ),
        Kind(
            "administrations never done",
            _each("MedicationAdministration", _set(status="not-done")),
            frozenset({"level-timing-unverified", "first-infusion-unknown"}),
        ),
        Kind(
            "problem list of another patient",
            _each("Condition", _set(subject=OTHER)),
            frozenset({"other-patient"}),
            always=True,
        ),
        Kind(
            "birth date gone",
            _each("Patient", lambda r: r.pop("birthDate", None) is not None),
            frozenset({"birth-date-unknown"}),
            always=True,
        ),
    )
