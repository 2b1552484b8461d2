"""The bearer token of one call: handed to its own server, and shown nowhere else."""

from __future__ import annotations

import re
from typing import Final, NoReturn, final

_MAX_LENGTH: Final = 16_384
_WRITTEN = re.compile(r"[\x21-\x7e]+", re.ASCII)


@final
class AccessToken:
    """A token of `fhirAuthorization`. It has no text of its own, so it cannot slip into a log or message."""

    __slots__ = ("_secret",)

    def __init__(self, secret: str) -> None:
        if not 0 < len(secret) <= _MAX_LENGTH or _WRITTEN.fullmatch(secret) is None:
            raise ValueError("not a token")  # nothing that was given is quoted
        self._secret = secret

    def __repr__(self) -> str:
        return "AccessToken(not shown)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a token is not copied anywhere")

    def authorization(self) -> str:
        """Return the value of the Authorization header; only for the client that sends it."""
        return f"Bearer {self._secret}"
