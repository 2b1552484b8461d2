"""The one error of the knowledge: a fault in its files or in a site's overlay, named by dotted key."""

from __future__ import annotations


class KnowledgeError(Exception):
    """The knowledge cannot be used. `key` is the dotted name of the fault ("policy.toml: vial_mg").

    Raised at start-up only, from files that hold no patient data; its text may be shown and logged.
    """

    def __init__(self, key: str, fault: str) -> None:
        super().__init__(f"{key}: {fault}")
        self.key = key
        self.fault = fault
