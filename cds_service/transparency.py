"""`GET /transparency`: what the recommendations rest on, for anyone who wants to check."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from importlib.resources import files
from typing import Any

import orjson
from flask import Blueprint, Response

from cds_service.discovery import SERVICES
from cds_service.services import Services
from tdm.knowledge.model import EvidenceRow, Knowledge
from tdm.pharmacokinetics.model import PkModel


def transparency_document(services: Services) -> dict[str, Any]:
    """Return the whole document; empty values are left out."""
    knowledge = services.knowledge
    about = tomllib.loads(files("cds_service").joinpath("about.toml").read_text(encoding="utf-8"))
    return {
        "name": about["name"],
        "intendedUse": about["intended_use"],
        "limits": about["limits"],
        "inputsNeverUsed": about["inputs_never_used"],
        "privacy": about["privacy"],
        "services": [service.id for service in SERVICES if service.hook in services.hooks],
        "knowledge": {
            "version": knowledge.version,
            "contentHash": knowledge.content_hash,
            "localPolicy": sorted(knowledge.local_keys),
            "rulesSwitchedOff": sorted(knowledge.policy.rules_off),
            "targets": _targets(knowledge),
            "citations": [
                {"id": key, "short": citation.short, "reference": citation.reference, "year": citation.year}
                | ({"url": citation.url} if citation.url else {})
                for key, citation in sorted(knowledge.citations.items())
            ],
            "evidence": [_evidence_row(row) for _, row in sorted(knowledge.evidence.items())],
            "models": [_model(model) for model in knowledge.models.values()],
        },
    }


def _targets(knowledge: Knowledge) -> dict[str, dict[str, Any]]:
    return {
        name: {
            field.name: value
            for field in fields(target)
            if field.name != "row" and (value := getattr(target, field.name)) not in (None, (), False)
        }
        for name, target in sorted(knowledge.targets.items())
    }


def _evidence_row(row: EvidenceRow) -> dict[str, Any]:
    return {
        field.name: value
        for field in fields(row)
        if (value := getattr(row, field.name)) is not None and value != ""
    }


def _model(model: PkModel) -> dict[str, Any]:
    """What a population model is and where it comes from; its equations are in `docs/pharmacokinetics.md`."""
    return {
        "id": model.id,
        "name": model.name,
        "population": model.population,
        "routes": sorted(model.routes),
        "ageGroups": sorted(model.age_groups),
        "role": model.role,
        "status": model.status,
        "sources": model.sources,
        "accuracy": model.accuracy,
        "accuracySources": model.accuracy_sources,
    } | ({"note": model.note} if model.note else {})


def transparency_blueprint(services: Services) -> Blueprint:
    """Return the route; the document is rendered once."""
    blueprint = Blueprint("transparency", __name__)
    body = orjson.dumps(transparency_document(services), option=orjson.OPT_INDENT_2)

    @blueprint.get("/transparency")
    def transparency() -> Response:
        return Response(body, mimetype="application/json")

    return blueprint
