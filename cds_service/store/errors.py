"""What the store can fail with; messages hold codes, never a statement, a value or an address."""

from __future__ import annotations


class StoreError(Exception):
    """The base of all failures of the store."""


class StoreRefusedError(StoreError):
    """The store is configured in a way that is not safe; the sentence names the setting."""


class StoreUnavailableError(StoreError):
    """The database could not do it now. `code` is the kind of the failure and the database's own code."""

    def __init__(self, code: str, *, content: bool = False) -> None:
        """Keep the code; `content` says that the values themselves were refused, so a retry is in vain."""
        super().__init__(code)
        self.code = code
        self.content = content
