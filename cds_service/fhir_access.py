"""What a request says of its FHIR server: where it is, and the token that opens it; read tolerantly.

Nothing here is required, and a value of the wrong type is passed over with a code: the request can still be
answered from what it brought along. Only JSON whose meaning is doubtful is refused, as everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from cds_service.envelope import Members, member_value
from fhir_mappings.acquisition.token import AccessToken

SERVER_NOT_TEXT: Final = "fhir-server-not-text"
AUTHORIZATION_NOT_AN_OBJECT: Final = "fhir-authorization-not-an-object"
TOKEN_UNUSABLE: Final = "access-token-unusable"  # noqa: S105 (a code, not a token)
TOKEN_OF_ANOTHER_KIND: Final = "token-type-not-bearer"  # noqa: S105 (as above)


@dataclass(frozen=True, slots=True)
class FhirAccess:
    """Where the client's FHIR server is ("" for nowhere), its token, and codes of what was odd."""

    server: str = field(default="", repr=False)
    token: AccessToken | None = field(default=None, repr=False)
    notes: tuple[str, ...] = ()


_NONE: Final = FhirAccess()


def fhir_access(envelope: Members) -> FhirAccess:
    """Read `fhirServer` and `fhirAuthorization`; raises StrictJsonError as every reading does."""
    if "fhirServer" not in envelope and "fhirAuthorization" not in envelope:
        return _NONE
    notes: list[str] = []
    server = member_value(envelope.get("fhirServer"))
    if server is not None and not isinstance(server, str):
        notes.append(SERVER_NOT_TEXT)
    token = _token(member_value(envelope.get("fhirAuthorization")), notes)
    return FhirAccess(server if isinstance(server, str) else "", token, tuple(notes))


def _token(authorization: Any, notes: list[str]) -> AccessToken | None:
    """Return the token; clients leave out what else the specification requires, and it is not needed."""
    if authorization is None:
        return None
    if not isinstance(authorization, dict):
        notes.append(AUTHORIZATION_NOT_AN_OBJECT)
        return None
    kind = authorization.get("token_type")
    if isinstance(kind, str) and kind.strip().lower() != "bearer":
        notes.append(TOKEN_OF_ANOTHER_KIND)
        return None
    secret = authorization.get("access_token")
    try:
        return AccessToken(secret.strip() if isinstance(secret, str) else "")
    except ValueError:
        notes.append(TOKEN_UNUSABLE)
        return None
