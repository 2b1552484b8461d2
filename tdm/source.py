"""Where a fact was read; in a module of its own, for facts and issues both name it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact was read: a resource type and the reference to show ("Observation/123")."""

    resource_type: str
    reference: str
