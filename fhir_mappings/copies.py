"""Administrations that were sent twice under two ids: the same identifiers, and nothing else that differs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fhir_mappings.acquired import Resource
from fhir_mappings.references import text_of

_OF_THE_COPY = frozenset({"id", "meta", "text"})
"""What a server gives each copy of a record anew."""


def without_copies(resources: Sequence[Resource]) -> Sequence[Resource]:
    """Return administrations without copies; of a record and its copies the smallest id stays.

    Only an identifier shows a copy for certain. Without one, two records of one amount may as well be the
    two bags of one infusion; which of them it is, is decided from the whole course.
    """
    if not any(resource.get("identifier") for resource in resources):
        return resources
    kept: dict[frozenset[tuple[str, str]], list[Resource]] = {}
    result: list[Resource] = []
    for resource in sorted(resources, key=lambda one: text_of(one.get("id"))):
        names = _names(resource.get("identifier"))
        if not names:
            result.append(resource)
            continue
        others = kept.setdefault(names, [])
        if not any(_content(resource) == _content(other) for other in others):
            others.append(resource)
            result.append(resource)
    return result


def _names(identifiers: Any) -> frozenset[tuple[str, str]]:
    """Return system and value of each identifier that has a value."""
    items = identifiers if isinstance(identifiers, list) else [identifiers]
    return frozenset(
        (text_of(item.get("system")), text_of(item.get("value")))
        for item in items
        if isinstance(item, dict) and text_of(item.get("value"))
    )


def _content(resource: Resource) -> dict[str, Any]:
    return {name: value for name, value in resource.items() if name not in _OF_THE_COPY}
