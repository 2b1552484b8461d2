"""Makes `docs/services.md`: hooks and ids, from the discovery document itself."""

from cds_service.discovery import discovery_document
from cds_service.request import Hook

HEAD = """---
audience: integrators
type: reference
---
<!-- made by `make docs` from the discovery document; do not edit -->

# Services

Discovery: `GET {base}/cds-services`. Each service answers `POST {base}/cds-services/{id}`. The ids differ on
purpose: some clients keep only one service for each id.
"""

TAIL = """
All three ask for the same data by the same keys: see [prefetch](prefetch.md).
"""


def generate() -> dict[str, str]:
    """Return the page, by its path."""
    services = discovery_document(tuple(Hook))["services"]
    rows = [f"| `{one['hook']}` | `{one['id']}` | {one['description']} |" for one in services]
    return {"docs/services.md": "\n".join([HEAD, "| Hook | Id | What it does |\n|---|---|---|", *rows, TAIL])}
