"""Clinical stories: a short TOML a clinician can read, expanded into the CDS Hooks request an EHR would send.

The expansion is deterministic: the same story gives the same bytes, so `request.json` beside each story is
generated and checked for drift.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from tests.support import ehr

VIGNETTES = Path(__file__).parent.parent / "vignettes"

KEY_OF_CATEGORY = {
    "survey": "surveys",
    "procedure": "procedures",
    "imaging": "imaging",
    "exam": "exams",
}


@dataclass(frozen=True)
class Story:
    """One vignette as written; `expect` holds what the service must answer."""

    slug: str
    title: str
    narrative: str
    as_of: datetime
    hook: str
    covers: tuple[str, ...]
    written: dict[str, Any]
    expect: dict[str, Any]
    folder: Path = field(default=VIGNETTES)

    @property
    def site_path(self) -> Path | None:
        """Return the site overlay that this story runs under, if it has one."""
        path = self.folder / "site.toml"
        return path if path.exists() else None


def load_story(folder: Path) -> Story:
    """Read `story.toml` of one vignette folder."""
    written = tomllib.loads((folder / "story.toml").read_text(encoding="utf-8"))
    return Story(
        slug=folder.name,
        title=written["title"],
        narrative=written["narrative"],
        as_of=written["as_of"],
        hook=written.get("hook", "order-sign"),
        covers=tuple(written["covers"]),
        written=written,
        expect=written["expect"],
        folder=folder,
    )


def all_stories() -> list[Story]:
    """Return every vignette, by slug."""
    return [load_story(path.parent) for path in sorted(VIGNETTES.glob("*/story.toml"))]


class _Expansion:
    """Collects the resources of one story, with ids that say what they are."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.patient_id = f"synthetic-{story.slug}"
        self.keys: dict[str, list[ehr.Resource]] = {}
        self.counter = 0

    def moment(self, item: dict[str, Any]) -> datetime:
        return self.story.as_of - timedelta(days=item.get("days_ago", 0), hours=item.get("hours_ago", 0))

    def name(self, kind: str) -> str:
        self.counter += 1
        return f"{kind}-{self.counter}"

    def add(self, key: str, resource: ehr.Resource) -> None:
        self.keys.setdefault(key, []).append(resource)


def _patient(expansion: _Expansion) -> ehr.Resource:
    written = expansion.story.written.get("patient", {})
    birth_date = written.get("birth_date")
    if birth_date is None and "age_years" in written:
        as_of = expansion.story.as_of
        birth_date = (as_of - timedelta(days=round(365.25 * written["age_years"]) + 40)).date().isoformat()
    if "weight_kg" in written:
        measured = expansion.story.as_of - timedelta(days=written.get("weight_days_ago", 14))
        expansion.add("weights", ehr.weight("weight", expansion.patient_id, written["weight_kg"], measured))
    return ehr.patient(expansion.patient_id, birth_date=birth_date, gender=written.get("sex"))


def _course(expansion: _Expansion) -> None:
    for regimen in expansion.story.written.get("regimens", []):
        route = regimen.get("route", "intravenous")
        medicine = "infliximab-sc" if route == "subcutaneous" else "infliximab"
        if "ordered_days_ago" in regimen:
            expansion.add(
                "medicationRequests",
                ehr.medication_request(
                    expansion.name("order"),
                    expansion.patient_id,
                    medicine,
                    status=regimen.get("status", "active"),
                    authored=expansion.moment({"days_ago": regimen["ordered_days_ago"]}),
                    instruction=ehr.dosage(
                        regimen.get("dose_mg"),
                        regimen.get("interval_weeks"),
                        route=route,
                        text=regimen.get("text"),
                    ),
                ),
            )
        # `bags_mg`: each infusion is charted bag by bag, an hour apart.
        bags = regimen.get("bags_mg", [regimen.get("dose_mg")])
        for days_ago in regimen.get("infusions_days_ago", []):
            for number, dose_mg in enumerate(bags):
                expansion.add(
                    "medicationAdministrations",
                    ehr.administration(
                        expansion.name("dose"),
                        expansion.patient_id,
                        dose_mg,
                        expansion.moment({"days_ago": days_ago, "hours_ago": -number}),
                        medicine=medicine,
                        route=route,
                    ),
                )


def _results(expansion: _Expansion) -> None:
    for item in expansion.story.written.get("results", []):
        options = {
            key: item[key]
            for key in ("unit", "status", "comparator", "laboratory_name", "reference_high", "method")
            if key in item
        }
        drawn: datetime | str = item["drawn"] if "drawn" in item else expansion.moment(item)
        expansion.add(
            "laboratory",
            ehr.laboratory(
                expansion.name(item["test"]),
                expansion.patient_id,
                item["test"],
                item["value"],
                drawn,
                **options,
            ),
        )
    for item in expansion.story.written.get("findings", []):
        category = item["category"]
        expansion.add(
            KEY_OF_CATEGORY[category],
            ehr.finding(
                expansion.name("finding"),
                expansion.patient_id,
                item["name"],
                item["value"],
                expansion.moment(item),
                category,
            ),
        )


def _chart(expansion: _Expansion) -> None:
    written = expansion.story.written
    for item in written.get("conditions", ["crohns"]):
        entry = {"name": item} if isinstance(item, str) else item
        expansion.add(
            "conditions",
            ehr.condition(
                expansion.name("condition"),
                expansion.patient_id,
                ehr.CONDITIONS[entry["name"]],
                clinical_status=entry.get("status", "active"),
            ),
        )
    for item in written.get("medications", []):
        entry = {"name": item} if isinstance(item, str) else item
        expansion.add(
            "medicationRequests",
            ehr.medication_request(
                expansion.name("medicine"),
                expansion.patient_id,
                entry["name"],
                status=entry.get("status", "active"),
                authored=expansion.moment({"days_ago": entry.get("days_ago", 120)}),
            ),
        )
    for item in written.get("allergies", []):
        expansion.add("allergies", ehr.allergy(expansion.name("allergy"), expansion.patient_id, **item))


def _drafts(expansion: _Expansion) -> list[ehr.Resource]:
    drafts = []
    for number, draft in enumerate(expansion.story.written.get("drafts", []), start=1):
        if "json" in draft:
            drafts.append(json.loads(draft["json"].replace("{patient}", expansion.patient_id)))
            continue
        route = draft.get("route", "intravenous")
        default = "infliximab-sc" if route == "subcutaneous" else "infliximab"
        bare = "dose_mg" not in draft and "interval_weeks" not in draft and "text" not in draft
        drafts.append(
            ehr.medication_request(
                f"draft-{number}",
                expansion.patient_id,
                draft.get("medicine", default),
                status=draft.get("status", "draft"),
                authored=expansion.story.as_of,
                instruction=None
                if bare
                else ehr.dosage(
                    draft.get("dose_mg"), draft.get("interval_weeks"), route=route, text=draft.get("text")
                ),
                reason=ehr.CONDITIONS[draft["reason"]] if "reason" in draft else None,
            )
        )
    return drafts


def _prefetch(expansion: _Expansion, patient: ehr.Resource) -> dict[str, Any]:
    written = expansion.story.written
    for item in written.get("raw", []):
        text = item["json"].replace("{patient}", expansion.patient_id)
        for days in range(400):
            text = text.replace(f"{{days_ago:{days}}}", expansion.moment({"days_ago": days}).isoformat())
        expansion.add(item["key"], json.loads(text))
    prefetch: dict[str, Any] = {"patient": patient}
    for key in (
        "laboratory",
        "weights",
        "surveys",
        "procedures",
        "imaging",
        "exams",
        "conditions",
        "medicationRequests",
        "medicationAdministrations",
        "allergies",
    ):
        prefetch[key] = ehr.searchset(
            expansion.keys.pop(key, []), next_link=key in written.get("truncated", [])
        )
    for key, resources in expansion.keys.items():
        prefetch[key] = ehr.searchset(resources)
    for key in written.get("null", []):
        prefetch[key] = None
    for key in written.get("failed", []):
        prefetch[key] = {
            "resourceType": "OperationOutcome",
            "issue": [{"severity": "error", "code": "processing"}],
        }
    for key in written.get("omit", []):
        prefetch.pop(key, None)
    return prefetch


def request_of(story: Story) -> dict[str, Any]:
    """Expand a story into the whole CDS Hooks request."""
    expansion = _Expansion(story)
    patient = _patient(expansion)
    _course(expansion)
    _results(expansion)
    _chart(expansion)
    context: dict[str, Any] = {
        "userId": "Practitioner/example-gastroenterologist",
        "patientId": expansion.patient_id,
    }
    drafts = _drafts(expansion)
    if story.hook != "patient-view":
        context["draftOrders"] = {
            "resourceType": "Bundle",
            "type": "collection",
            "entry": [{"resource": draft} for draft in drafts],
        }
    if story.hook == "order-select":
        context["selections"] = story.written.get(
            "selections", [f"{draft['resourceType']}/{draft['id']}" for draft in drafts]
        )
    return {
        "hook": story.hook,
        "hookInstance": str(uuid5(NAMESPACE_URL, f"infliximab-cds/{story.slug}")),
        "context": context,
        "prefetch": _prefetch(expansion, patient),
    }


def request_text(story: Story) -> str:
    """Return the request as it stands in `request.json`."""
    return json.dumps(request_of(story), indent=1, ensure_ascii=False) + "\n"
