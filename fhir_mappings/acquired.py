"""What arrived for a request: per prefetch key, the relevant resources and whether they are all there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from tdm.facts import Shortfall
from tdm.issues import DataIssue

Resource: TypeAlias = dict[str, Any]
"""A FHIR resource as plain JSON; may be dirty in every way."""


class KeyState(StrEnum):
    """How a prefetch key was answered."""

    PREFETCHED = "prefetched"
    FETCHED = "fetched"  # asked for by this service, all of it or what the client's page left out
    EMPTY = "empty"  # the search was run and found nothing
    UNAVAILABLE = "unavailable"  # see `AcquiredKey.shortfall`


@dataclass(frozen=True, slots=True)
class AcquiredKey:
    """One prefetch key: its resources that may matter (others were only peeked at, and counted).

    `full_urls` run parallel to `resources`: the Bundle's own address of each, "" where it has none.
    `conditions_passed_over` are the addresses of Conditions that were only peeked at.
    """

    key: str
    state: KeyState
    resources: tuple[Resource, ...] = ()
    seen: int = 0
    shortfall: Shortfall | None = None
    issues: tuple[DataIssue, ...] = ()
    full_urls: tuple[str, ...] = ()
    conditions_passed_over: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class AcquiredResources:
    """All prefetch keys of one request, by key."""

    keys: Mapping[str, AcquiredKey]

    def resources(self, resource_type: str) -> tuple[Resource, ...]:
        """Return all acquired resources of one type, whichever key brought them."""
        return tuple(
            resource
            for name in sorted(self.keys)
            for resource in self.keys[name].resources
            if resource.get("resourceType") == resource_type
        )
