"""One antibody assay of a site: a new one, or one that takes the place of a packaged one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tdm.knowledge.building import build_assay
from tdm.knowledge.errors import KnowledgeError
from tdm.knowledge.files import check_schema, schema_of
from tdm.knowledge.model import AppliedOverride, Assay, Knowledge
from tdm.knowledge.overlay_policy import check_bound
from tdm.knowledge.overlay_signature import SIGNATURE, refuse_unknown, signature, table

_IDENTIFIER = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII)
# A site states its laboratory's limits; how far they are published is not for it to say.
_NOT_FOR_SITES = ("verification", "low_verification", "evidence")


def override_assay(name: str, entry: object, knowledge: Knowledge) -> tuple[Assay, AppliedOverride]:
    """The site's assay, marked local and as policy, and the record of it; `KnowledgeError` on any fault."""
    key = f"assays.{name}"
    if not _IDENTIFIER.fullmatch(name):
        raise KnowledgeError(key, "an id is made of small letters, digits and single hyphens")
    fields = table(entry, key)
    known = [field for field in assay_fields() if field not in _NOT_FOR_SITES]
    for field in fields:
        refuse_unknown(field, (*known, *SIGNATURE), f"{key}.{field}", "field")
    assay: dict[str, Any] = {field: value for field, value in fields.items() if field not in SIGNATURE}
    complete = {**assay, "verification": "policy", "low_verification": "policy", "evidence": []}
    check_schema("assays", {name: complete}, prefix="assays")
    for field, bound in knowledge.bounds.assays.items():
        if field in assay:
            check_bound(bound, assay[field], f"{key}.{field}")
    signed = signature(fields, key)
    replaced = next((packaged for packaged in knowledge.assays if packaged.id == name), None)
    done = AppliedOverride(
        key=key,
        before="none" if replaced is None else replaced.name,
        after=summary(assay),
        reason=signed.reason,
        approver=signed.approver,
        day=signed.day,
    )
    return build_assay(name, complete, local=True), done


def summary(assay: Mapping[str, Any]) -> str:
    """All that the site said of its assay, in a fixed order: what the content hash and a reader see."""
    return ", ".join(f"{field} {assay[field]}" for field in sorted(assay))


def assay_fields() -> tuple[str, ...]:
    """The fields that an assay may have, from its schema."""
    (shape,) = schema_of("assays")["patternProperties"].values()
    return tuple(shape["properties"])
