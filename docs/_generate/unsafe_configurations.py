"""Makes `docs/unsafe-configurations.md`: what refuses to start, from the service's own texts."""

from cds_service.trust.unsafe import UNSAFE

HEAD = """---
audience: those who run servers, security officers
type: reference
---
<!-- made by `make docs` from cds_service/trust/unsafe.toml; do not edit -->

# Unsafe configurations

`infliximab-cds serve` refuses to start with any of these and names the key; so does
`infliximab-cds check-config --trust trust.toml`, with exit code 4. All findings are named at once, by their
code, and no message holds a value of the configuration. Keys that begin with `client` or `service` stand in
trust.toml, the others are environment variables.

| Code | Key | What must hold | What would happen otherwise |
|---|---|---|---|
"""


def generate() -> dict[str, str]:
    """Return the page, by its path."""
    rows = [
        f"| `{unsafe.value}` | `{text.key}` | {text.must} | {text.otherwise} |"
        for unsafe, text in UNSAFE.items()
    ]
    return {"docs/unsafe-configurations.md": HEAD + "\n".join(rows) + f"\n\n{len(rows)} in all.\n"}
