"""Makes docs/prefetch.md: the prefetch keys, why each is asked for and what is lost without it."""

from fhir_mappings.prefetch import KEYS, OPTIONAL_KEYS, PrefetchKey

INTRODUCTION = """---
audience: integrators, security officers
type: reference
---
# Prefetch

Generated from `fhir_mappings/prefetch.py`; change it there.

All templates stay within the subset of CDS Hooks 2.0 that every client knows: instance reads and type
searches with equality on tokens and `_count`. Observations are asked for by category, because some servers
refuse a search without one. Nothing is asked for that the decision does not use; selecting by code and date
is done by the service.

All three services publish the same keys. A key that is absent or null counts as *not provided*, an
OperationOutcome as *failed*, a Bundle without entries as *nothing found*, and a page with a next link, or
with a total above what it brings, as *incomplete*: these are four different things on the card. All but
*nothing found* are [fetched](fetching.md) where the client lets the service ask its FHIR server.
"""


def generate() -> dict[str, str]:
    """Return the document by its path."""
    text = "\n".join(
        [
            INTRODUCTION,
            "## Published keys",
            "",
            *_table(KEYS),
            "",
            "## Keys that are read when a client sends them",
            "",
            *_table(OPTIONAL_KEYS),
        ]
    )
    return {"docs/prefetch.md": text}


def _table(keys: tuple[PrefetchKey, ...]) -> list[str]:
    rows = ["| key | template | needed for | without it |", "|---|---|---|---|"]
    for entry in keys:
        template = entry.template.replace("|", "\\|")
        rows.append(f"| `{entry.key}` | `{template}` | {entry.needed_for} | {entry.without_it} |")
    return rows
