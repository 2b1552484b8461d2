"""The example patients: complete order-sign requests as an EHR would send them, kept with relative dates."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from cds_service.sandbox.dates import expand


@dataclass(frozen=True, slots=True)
class ExamplePatient:
    """One story: `expected_verdict` is what the service answers on every day of the year."""

    slug: str
    title: str
    story: str
    expected_verdict: str
    template: dict[str, Any]

    def request(self, *, today: date, zone: ZoneInfo) -> dict[str, Any]:
        """Return the CDS Hooks request of this patient as of `today`."""
        expanded: dict[str, Any] = expand(self.template, today=today, zone=zone)
        return expanded


@lru_cache(maxsize=1)
def example_patients() -> tuple[ExamplePatient, ...]:
    """Return all example patients in the order in which they are told."""
    folder = files("cds_service.sandbox").joinpath("requests")
    patients = []
    for path in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if path.name.endswith(".json"):
            written = json.loads(path.read_text(encoding="utf-8"))
            patients.append(
                ExamplePatient(
                    slug=path.name.removesuffix(".json").split("-", 1)[1],
                    title=written["title"],
                    story=written["story"],
                    expected_verdict=written["expected_verdict"],
                    template=written["request"],
                )
            )
    return tuple(patients)


def example_patient(slug: str) -> ExamplePatient | None:
    """Return one example patient by its slug, or None."""
    return next((patient for patient in example_patients() if patient.slug == slug), None)
