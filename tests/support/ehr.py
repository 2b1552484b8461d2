"""Synthetic FHIR R4 resources in the shapes that EHRs really send, for stories and benchmarks.

Every function returns plain JSON (a dict). Times are given as aware datetimes; nothing reads the clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

Resource = dict[str, Any]

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
BASE = "https://ehr.example/fhir/R4"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
UCUM = "http://unitsofmeasure.org"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
LOCAL = "urn:oid:1.2.840.114350.1.13.0.1.7.5.737384"

INFLIXIMAB = {"system": RXNORM, "code": "310994", "display": "infliximab 100 MG Injection"}
INFLIXIMAB_SC = {
    "system": RXNORM,
    "code": "2675742",
    "display": "infliximab-dyyb 120 MG/ML Prefilled Syringe",
}

LABORATORY_TESTS: dict[str, tuple[dict[str, str], str]] = {
    "level": (
        {"system": LOINC, "code": "39803-2", "display": "inFLIXimab [Mass/volume] in Serum or Plasma"},
        "ug/mL",
    ),
    "ati": ({"system": LOCAL, "code": "LAB4711", "display": "Infliximab antibodies"}, "U/mL"),
    "crp": (
        {"system": LOINC, "code": "1988-5", "display": "C reactive protein [Mass/volume] in Serum or Plasma"},
        "mg/L",
    ),
    "calprotectin": (
        {"system": LOINC, "code": "38445-3", "display": "Calprotectin [Mass/mass] in Stool"},
        "ug/g",
    ),
    "albumin": (
        {"system": LOINC, "code": "1751-7", "display": "Albumin [Mass/volume] in Serum or Plasma"},
        "g/dL",
    ),
    "esr": ({"system": LOINC, "code": "30341-2", "display": "Erythrocyte sedimentation rate"}, "mm/h"),
    "alt": (
        {
            "system": LOINC,
            "code": "1742-6",
            "display": "Alanine aminotransferase [Enzymatic activity/volume]",
        },
        "U/L",
    ),
    "hemoglobin": (
        {"system": LOINC, "code": "718-7", "display": "Hemoglobin [Mass/volume] in Blood"},
        "g/dL",
    ),
    "leukocytes": (
        {"system": LOINC, "code": "6690-2", "display": "Leukocytes [#/volume] in Blood"},
        "10*3/uL",
    ),
    "hematocrit": (
        {"system": LOINC, "code": "4544-3", "display": "Hematocrit [Volume Fraction] of Blood"},
        "%",
    ),
    "sodium": (
        {"system": LOINC, "code": "2951-2", "display": "Sodium [Moles/volume] in Serum or Plasma"},
        "mmol/L",
    ),
    "creatinine": (
        {"system": LOINC, "code": "2160-0", "display": "Creatinine [Mass/volume] in Serum or Plasma"},
        "mg/dL",
    ),
    "glucose": (
        {"system": LOINC, "code": "2345-7", "display": "Glucose [Mass/volume] in Serum or Plasma"},
        "mg/dL",
    ),
}


def _loinc(code: str, display: str, unit: str) -> tuple[dict[str, str], str]:
    return {"system": LOINC, "code": code, "display": display}, unit


# What an infusion visit draws besides level and antibodies: a blood count, a chemistry panel, CRP and ESR.
PANEL: dict[str, tuple[dict[str, str], str]] = {
    name: LABORATORY_TESTS[name]
    for name in (
        "hemoglobin",
        "leukocytes",
        "hematocrit",
        "sodium",
        "creatinine",
        "glucose",
        "crp",
        "esr",
        "albumin",
        "alt",
    )
} | {
    "platelets": _loinc("777-3", "Platelets [#/volume] in Blood by Automated count", "10*3/uL"),
    "erythrocytes": _loinc("789-8", "Erythrocytes [#/volume] in Blood by Automated count", "10*6/uL"),
    "mcv": _loinc("787-2", "MCV [Entitic volume] by Automated count", "fL"),
    "mch": _loinc("785-6", "MCH [Entitic mass] by Automated count", "pg"),
    "neutrophils": _loinc("751-8", "Neutrophils [#/volume] in Blood by Automated count", "10*3/uL"),
    "lymphocytes": _loinc("731-0", "Lymphocytes [#/volume] in Blood by Automated count", "10*3/uL"),
    "potassium": _loinc("2823-3", "Potassium [Moles/volume] in Serum or Plasma", "mmol/L"),
    "chloride": _loinc("2075-0", "Chloride [Moles/volume] in Serum or Plasma", "mmol/L"),
    "bicarbonate": _loinc("2028-9", "Carbon dioxide, total [Moles/volume] in Serum or Plasma", "mmol/L"),
    "urea": _loinc("3094-0", "Urea nitrogen [Mass/volume] in Serum or Plasma", "mg/dL"),
    "calcium": _loinc("17861-6", "Calcium [Mass/volume] in Serum or Plasma", "mg/dL"),
    "bilirubin": _loinc("1975-2", "Bilirubin.total [Mass/volume] in Serum or Plasma", "mg/dL"),
    "alkaline-phosphatase": _loinc("6768-6", "Alkaline phosphatase [Enzymatic activity/volume]", "U/L"),
    "ast": _loinc("1920-8", "Aspartate aminotransferase [Enzymatic activity/volume]", "U/L"),
    "protein": _loinc("2885-2", "Protein [Mass/volume] in Serum or Plasma", "g/dL"),
}

CONDITIONS: dict[str, list[dict[str, str]]] = {
    "crohns": [
        {
            "system": ICD10CM,
            "code": "K50.90",
            "display": "Crohn's disease, unspecified, without complications",
        },
        {"system": SNOMED, "code": "34000006", "display": "Crohn's disease"},
    ],
    "ulcerative-colitis": [{"system": SNOMED, "code": "64766004", "display": "Ulcerative colitis"}],
    "perianal-crohns": [{"system": SNOMED, "code": "235796008", "display": "Perianal Crohn's disease"}],
    "perianal-fistula": [{"system": ICD10CM, "code": "K60.30", "display": "Anal fistula, unspecified"}],
    "heart-failure": [{"system": SNOMED, "code": "84114007", "display": "Heart failure"}],
    "tuberculosis": [{"system": SNOMED, "code": "56717001", "display": "Tuberculosis"}],
    "latent-tuberculosis": [{"system": ICD10CM, "code": "Z22.7", "display": "Latent tuberculosis"}],
    "hepatitis-b": [{"system": SNOMED, "code": "61977001", "display": "Chronic type B viral hepatitis"}],
    "multiple-sclerosis": [{"system": SNOMED, "code": "24700007", "display": "Multiple sclerosis"}],
    "lymphoma": [{"system": SNOMED, "code": "118600007", "display": "Malignant lymphoma"}],
    "pregnancy": [{"system": SNOMED, "code": "77386006", "display": "Pregnancy"}],
    "abscess": [
        {"system": ICD10CM, "code": "K50.914", "display": "Crohn's disease, unspecified, with abscess"}
    ],
    "sepsis": [{"system": ICD10CM, "code": "A41.9", "display": "Sepsis, unspecified organism"}],
    "rheumatoid-arthritis": [
        {"system": ICD10CM, "code": "M05.79", "display": "Rheumatoid arthritis with rheumatoid factor"}
    ],
}

MEDICINES: dict[str, dict[str, str]] = {
    "infliximab": INFLIXIMAB,
    "infliximab-sc": INFLIXIMAB_SC,
    "azathioprine": {"system": RXNORM, "code": "1256", "display": "azathioprine"},
    "methotrexate": {"system": RXNORM, "code": "6851", "display": "methotrexate"},
    "prednisone": {"system": RXNORM, "code": "8640", "display": "prednisone"},
    "isoniazid": {"system": RXNORM, "code": "6038", "display": "isoniazid"},
    "entecavir": {"system": RXNORM, "code": "306266", "display": "entecavir"},
}

ROUTES = {
    "intravenous": {"system": SNOMED, "code": "47625008", "display": "Intravenous route"},
    "subcutaneous": {"system": SNOMED, "code": "34206005", "display": "Subcutaneous route"},
}


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def reference(patient_id: str) -> dict[str, str]:
    """Return a reference to the patient, as every clinical resource carries it."""
    return {"reference": f"Patient/{patient_id}", "display": "Example, Patient"}


def patient(patient_id: str, *, birth_date: str | None, gender: str | None) -> Resource:
    """Return a Patient; `birth_date` may be partial or None."""
    resource: Resource = {
        "resourceType": "Patient",
        "id": patient_id,
        "meta": {"versionId": "3", "lastUpdated": "2026-01-04T08:12:31Z"},
        "identifier": [
            {"use": "usual", "system": "urn:oid:1.2.840.114350.1.13.0.1.7.5.737384.14", "value": "SYNTHETIC"}
        ],
        "active": True,
        "name": [{"use": "official", "family": "Example", "given": ["Patient"]}],
        "birthDate": birth_date,
    }
    if gender is not None:
        resource["gender"] = gender
    if birth_date is None:
        del resource["birthDate"]
    return resource


def laboratory(
    identifier: str,
    patient_id: str,
    test: str,
    value: float | str,
    drawn: datetime | str,
    *,
    unit: str | None = None,
    status: str = "final",
    comparator: str | None = None,
    laboratory_name: str = "University Hospital Laboratory",
    reference_high: float | None = None,
    method: str | None = None,
) -> Resource:
    """Return a laboratory Observation: a number becomes valueQuantity, a text valueString."""
    coding, default_unit = LABORATORY_TESTS[test] if test in LABORATORY_TESTS else PANEL[test]
    when = drawn if isinstance(drawn, str) else _stamp(drawn)
    shown_unit = default_unit if unit is None else unit
    resource: Resource = {
        "resourceType": "Observation",
        "id": identifier,
        "meta": {
            "versionId": "1",
            "lastUpdated": when,
            "profile": ["http://hl7.org/fhir/us/core/StructureDefinition/us-core-observation-lab"],
        },
        "identifier": [{"use": "official", "system": f"{LOCAL}.798268", "value": identifier}],
        "basedOn": [{"reference": f"ServiceRequest/order-{identifier}", "display": coding["display"]}],
        "status": status,
        "category": [
            {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/observation-category",
                        "code": "laboratory",
                        "display": "Laboratory",
                    }
                ],
                "text": "Laboratory",
            }
        ],
        "code": {"coding": [coding], "text": coding["display"]},
        "subject": reference(patient_id),
        "effectiveDateTime": when,
        "issued": when if len(when) > 10 else f"{when}T12:00:00Z",
        "performer": [{"display": laboratory_name}],
        "specimen": {"display": "Specimen, venous blood"},
    }
    if method is not None:
        resource["method"] = {"text": method}
    if isinstance(value, str):
        resource["valueString"] = value
    else:
        quantity: dict[str, Any] = {"value": value, "unit": shown_unit, "system": UCUM, "code": shown_unit}
        if comparator is not None:
            quantity["comparator"] = comparator
        resource["valueQuantity"] = quantity
    if reference_high is not None:
        resource["referenceRange"] = [
            {
                "high": {"value": reference_high, "unit": shown_unit, "system": UCUM, "code": shown_unit},
                "text": f"<={reference_high} {shown_unit}",
            }
        ]
    return resource


def weight(identifier: str, patient_id: str, kilograms: float, measured: datetime) -> Resource:
    """Return a body weight in kilograms."""
    return {
        "resourceType": "Observation",
        "id": identifier,
        "status": "final",
        "category": [
            {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/observation-category",
                        "code": "vital-signs",
                        "display": "Vital Signs",
                    }
                ]
            }
        ],
        "code": {
            "coding": [{"system": LOINC, "code": "29463-7", "display": "Body weight"}],
            "text": "Weight",
        },
        "subject": reference(patient_id),
        "effectiveDateTime": _stamp(measured),
        "issued": _stamp(measured),
        "valueQuantity": {"value": kilograms, "unit": "kg", "system": UCUM, "code": "kg"},
    }


def finding(
    identifier: str, patient_id: str, name: str, value: float | str, when: datetime, category: str
) -> Resource:
    """Return an Observation known by its name alone: activity scores, endoscopy, imaging, examination."""
    resource: Resource = {
        "resourceType": "Observation",
        "id": identifier,
        "status": "final",
        "category": [
            {
                "coding": [
                    {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": category}
                ]
            }
        ],
        "code": {"text": name},
        "subject": reference(patient_id),
        "effectiveDateTime": _stamp(when),
    }
    if isinstance(value, str):
        resource["valueString"] = value
    else:
        resource["valueQuantity"] = {"value": value, "unit": "{score}", "system": UCUM, "code": "{score}"}
    return resource


def condition(
    identifier: str,
    patient_id: str,
    codings: Sequence[dict[str, str]],
    *,
    clinical_status: str = "active",
    onset: date | None = None,
) -> Resource:
    """Return a Condition on the problem list."""
    resource: Resource = {
        "resourceType": "Condition",
        "id": identifier,
        "clinicalStatus": {
            "coding": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/condition-clinical",
                    "code": clinical_status,
                }
            ]
        },
        "verificationStatus": {
            "coding": [
                {"system": "http://terminology.hl7.org/CodeSystem/condition-ver-status", "code": "confirmed"}
            ]
        },
        "category": [
            {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/condition-category",
                        "code": "problem-list-item",
                        "display": "Problem List Item",
                    }
                ]
            }
        ],
        "code": {"coding": list(codings), "text": codings[0]["display"]},
        "subject": reference(patient_id),
    }
    if onset is not None:
        resource["onsetDateTime"] = onset.isoformat()
    return resource


def dosage(
    dose_mg: float | None,
    interval_weeks: float | None,
    *,
    route: str = "intravenous",
    text: str | None = None,
) -> dict[str, Any]:
    """Return one dosage instruction: total mg per dose every so many weeks."""
    shown = text if text is not None else _dosage_text(dose_mg, interval_weeks)
    instruction: dict[str, Any] = {"route": {"coding": [ROUTES[route]], "text": route.capitalize()}}
    if shown:
        instruction["text"] = shown
    if interval_weeks is not None:
        period = int(interval_weeks) if float(interval_weeks).is_integer() else interval_weeks
        instruction["timing"] = {"repeat": {"frequency": 1, "period": period, "periodUnit": "wk"}}
    if dose_mg is not None:
        instruction["doseAndRate"] = [
            {
                "type": {
                    "coding": [
                        {"system": "http://terminology.hl7.org/CodeSystem/dose-rate-type", "code": "ordered"}
                    ]
                },
                "doseQuantity": {"value": dose_mg, "unit": "mg", "system": UCUM, "code": "mg"},
            }
        ]
    return instruction


def _dosage_text(dose_mg: float | None, interval_weeks: float | None) -> str:
    dose = "" if dose_mg is None else f"{dose_mg:g} mg"
    interval = "" if interval_weeks is None else f"every {interval_weeks:g} weeks"
    return " ".join(part for part in (dose, interval) if part)


def medication_request(
    identifier: str,
    patient_id: str,
    medicine: str,
    *,
    status: str,
    authored: datetime,
    instruction: dict[str, Any] | None = None,
    intent: str = "order",
    reason: Sequence[dict[str, str]] | None = None,
) -> Resource:
    """Return a MedicationRequest, active or draft."""
    coding = MEDICINES[medicine]
    resource: Resource = {
        "resourceType": "MedicationRequest",
        "id": identifier,
        "status": status,
        "intent": intent,
        "category": [
            {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/medicationrequest-category",
                        "code": "outpatient",
                        "display": "Outpatient",
                    }
                ]
            }
        ],
        "medicationCodeableConcept": {"coding": [coding], "text": coding["display"]},
        "subject": reference(patient_id),
        "authoredOn": _stamp(authored),
        "requester": {
            "reference": "Practitioner/example-gastroenterologist",
            "display": "Gastroenterologist, Example",
        },
    }
    if reason is not None:
        resource["reasonCode"] = [{"coding": list(reason), "text": reason[0]["display"]}]
    if instruction is not None:
        resource["dosageInstruction"] = [instruction]
    return resource


def administration(
    identifier: str,
    patient_id: str,
    dose_mg: float | None,
    given: datetime,
    *,
    medicine: str = "infliximab",
    route: str = "intravenous",
    status: str = "completed",
) -> Resource:
    """Return one MedicationAdministration of infliximab."""
    coding = MEDICINES[medicine]
    dose: dict[str, Any] = {"route": {"coding": [ROUTES[route]]}}
    if dose_mg is not None:
        dose["dose"] = {"value": dose_mg, "unit": "mg", "system": UCUM, "code": "mg"}
    return {
        "resourceType": "MedicationAdministration",
        "id": identifier,
        "status": status,
        "medicationCodeableConcept": {"coding": [coding], "text": coding["display"]},
        "subject": reference(patient_id),
        "effectiveDateTime": _stamp(given),
        "dosage": dose,
    }


def allergy(
    identifier: str,
    patient_id: str,
    *,
    display: str,
    coding: dict[str, str] | None = None,
    criticality: str = "high",
    reaction: str = "Anaphylaxis",
    severity: str = "severe",
) -> Resource:
    """Return an AllergyIntolerance."""
    code: dict[str, Any] = {"text": display}
    if coding is not None:
        code["coding"] = [coding]
    return {
        "resourceType": "AllergyIntolerance",
        "id": identifier,
        "clinicalStatus": {
            "coding": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical",
                    "code": "active",
                }
            ]
        },
        "verificationStatus": {
            "coding": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification",
                    "code": "confirmed",
                }
            ]
        },
        "criticality": criticality,
        "code": code,
        "patient": reference(patient_id),
        "reaction": [{"manifestation": [{"text": reaction}], "severity": severity}],
    }


def searchset(resources: Iterable[Resource], *, next_link: bool = False) -> Resource:
    """Return a searchset Bundle; an empty one has no `entry`, as servers send it."""
    listed = list(resources)
    bundle: Resource = {"resourceType": "Bundle", "type": "searchset", "total": len(listed)}
    if next_link:
        bundle["link"] = [
            {"relation": "self", "url": "https://ehr.example/fhir/R4/x"},
            {"relation": "next", "url": "https://ehr.example/fhir/R4/x?page=2"},
        ]
    if listed:
        bundle["entry"] = [
            {
                "fullUrl": f"{BASE}/{resource['resourceType']}/{resource.get('id', 'x')}",
                "resource": resource,
                "search": {"mode": "match"},
            }
            for resource in listed
        ]
    return bundle
