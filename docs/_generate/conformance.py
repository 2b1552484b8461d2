"""Makes `docs/conformance.md`: each requirement that binds a CDS Service, and the tests that verify it."""

from collections import defaultdict

from tests.conformance.requirement_table import (
    COVERED,
    NOT_APPLICABLE,
    OPEN,
    Requirement,
    find_verifications,
    read_requirements,
)

FRONT_MATTER = """---
audience: integrators, security officers
type: reference
---
<!-- made by `make docs` from tests/conformance/requirements.csv and the tests; do not edit -->

# Conformance with CDS Hooks 2.0

Each requirement that binds a CDS Service, in our own words, by its number in the public requirement lists of
CDS Hooks 2.0 and of the hook library 1.0.1. A requirement is *covered* when at least one test says that it
verifies it; the names below are those tests. Requirements that bind only the CDS Client are not listed.
"""


def generate() -> dict[str, str]:
    """Return the page, by its path."""
    tests = defaultdict(list)
    for verification in find_verifications():
        tests[verification.identifier].append(f"`{verification.path}::{verification.test}`")
    requirements = read_requirements()
    groups = {
        status: [one for one in requirements if one.status == status]
        for status in (COVERED, OPEN, NOT_APPLICABLE)
    }
    counts = ", ".join(f"{len(group)} {status.replace('-', ' ')}" for status, group in groups.items())
    parts = [
        FRONT_MATTER,
        f"Of {len(requirements)} requirements: {counts}.\n",
        "## Covered\n",
        _table("Tests", [(one, "<br>".join(tests[one.identifier])) for one in groups[COVERED]]),
        "## Open\n",
        _table("What will bring it", [(one, one.reason) for one in groups[OPEN]]),
        "## Not applicable\n",
        _table("Why", [(one, one.reason) for one in groups[NOT_APPLICABLE]]),
    ]
    return {"docs/conformance.md": "\n".join(parts)}


def _table(heading: str, rows: list[tuple[Requirement, str]]) -> str:
    head = f"| Requirement | | In our words | {heading} |\n|---|---|---|---|\n"
    return head + "".join(
        f"| {one.identifier} | {one.conformance} | {one.summary} | {last} |\n" for one, last in rows
    )
