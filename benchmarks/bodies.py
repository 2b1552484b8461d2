"""Order-sign bodies of a chosen size: one infliximab order and a prefetch of exactly n resources.

The decisive resources (patient, level, antibodies, last infusion, CRP, disease, orders, weight, calprotectin,
infusions) come first in this order of importance. What is left is filled with the blood counts and chemistry
panels drawn at every infusion: one panel of 25 results every eight weeks, newest first.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from tests.support import ehr

PATIENT = "synthetic-benchmark"
FILLER = tuple(ehr.PANEL)


def _decisive(now: datetime) -> list[tuple[str, ehr.Resource]]:
    crohns = ehr.CONDITIONS["crohns"]
    resources = [
        ("patient", ehr.patient(PATIENT, birth_date="1988-03-02", gender="male")),
        ("laboratory", ehr.laboratory("level-1", PATIENT, "level", 1.8, now - timedelta(days=1))),
        ("laboratory", ehr.laboratory("ati-1", PATIENT, "ati", "Negative", now - timedelta(days=1))),
        ("medicationAdministrations", ehr.administration("dose-1", PATIENT, 350, now - timedelta(days=56))),
        ("laboratory", ehr.laboratory("crp-1", PATIENT, "crp", 24.0, now - timedelta(days=1))),
        ("conditions", ehr.condition("condition-1", PATIENT, crohns)),
        (
            "medicationRequests",
            ehr.medication_request(
                "order-1",
                PATIENT,
                "infliximab",
                status="active",
                authored=now - timedelta(days=400),
                instruction=ehr.dosage(350, 8),
            ),
        ),
        ("weights", ehr.weight("weight-1", PATIENT, 70.0, now - timedelta(days=20))),
        (
            "laboratory",
            ehr.laboratory("calprotectin-1", PATIENT, "calprotectin", 900, now - timedelta(days=9)),
        ),
    ]
    resources += [
        (
            "medicationAdministrations",
            ehr.administration(f"dose-{number}", PATIENT, 350, now - timedelta(days=56 * number)),
        )
        for number in range(2, 8)
    ]
    return resources


def body(resources: int, *, now: datetime | None = None) -> bytes:
    """Return the bytes of an order-sign request whose prefetch holds exactly `resources` resources.

    Its dates are counted from `now`, by default this moment: a served worker runs by the real clock, and an
    old chart would be answered by a shorter way (S-GAP).
    """
    now = now if now is not None else datetime.now(UTC)
    chosen = _decisive(now)[:resources]
    number = 0
    while len(chosen) < resources:
        test = FILLER[number % len(FILLER)]
        drawn = now - timedelta(days=56 * (number // len(FILLER)) + 1)
        # An albumin that a person can have: one that nobody can is refused, and then three models are asked.
        value = 3.8 if test == "albumin" else 10.0 + number % 7
        chosen.append(("laboratory", ehr.laboratory(f"other-{number}", PATIENT, test, value, drawn)))
        number += 1
    keys: dict[str, list[ehr.Resource]] = {}
    for key, resource in chosen:
        keys.setdefault(key, []).append(resource)
    prefetch: dict[str, Any] = {"patient": keys.pop("patient")[0]}
    for key in (
        "laboratory",
        "weights",
        "conditions",
        "medicationRequests",
        "medicationAdministrations",
        "allergies",
    ):
        prefetch[key] = ehr.searchset(keys.get(key, []))
    request = {
        "hook": "order-sign",
        "hookInstance": "5f1f2a5c-3c3b-4a1d-8f61-0a54f4f0c8de",
        "context": {
            "userId": "Practitioner/example-gastroenterologist",
            "patientId": PATIENT,
            "draftOrders": {
                "resourceType": "Bundle",
                "type": "collection",
                "entry": [
                    {
                        "resource": ehr.medication_request(
                            "draft-1",
                            PATIENT,
                            "infliximab",
                            status="draft",
                            authored=now,
                            instruction=ehr.dosage(350, 8),
                            reason=ehr.CONDITIONS["crohns"],
                        )
                    }
                ],
            },
        },
        "prefetch": prefetch,
    }
    return orjson.dumps(request)
