"""How a FHIR server wants to be asked: presets from dialects.toml, and what a site sets differently."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Final

import jsonschema

from fhir_mappings.prefetch import PUBLISHED_KEYS

DEFAULT_DIALECT: Final = "generic"


class DialectError(ValueError):
    """A dialect that does not exist, or a value that it cannot have; the message names which."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one server is asked; the fields are described in dialects.toml.

    `extra` adds search parameters ("name=value") to the search of a prefetch key, where a server demands
    more.
    """

    name: str
    page_size: int
    newest_first: bool
    weights_by_code: bool
    typed_patient: bool
    laboratory_days: int
    administrations_days: int
    administration_date_parameter: str
    date_with_time: bool
    extra: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)


def dialect_named(name: str, changes: Mapping[str, Any] | None = None) -> Dialect:
    """Return a preset with a site's changes; raises DialectError."""
    presets = _presets()
    if name not in presets:
        raise DialectError(f"unknown dialect {name!r}; known are {', '.join(sorted(presets))}")
    values = {**presets[name], **(changes or {})}
    _check({name: values})
    extra = {key: tuple(added) for key, added in values.pop("extra", {}).items()}
    unknown = sorted(set(extra) - PUBLISHED_KEYS)
    if unknown:
        raise DialectError(f"extra: no prefetch key {', '.join(unknown)}")
    return Dialect(name=name, extra=extra, **values)


def dialect_names() -> tuple[str, ...]:
    """Return the names of the presets."""
    return tuple(sorted(_presets()))


@cache
def _presets() -> Mapping[str, Mapping[str, Any]]:
    presets = tomllib.loads(
        (files("fhir_mappings.acquisition") / "dialects.toml").read_text(encoding="utf-8")
    )
    _check(presets)
    return presets


def _check(dialects: Mapping[str, Any]) -> None:
    try:
        _validator().validate(dialects)
    except jsonschema.ValidationError as error:
        place = ".".join(map(str, error.absolute_path))
        raise DialectError(f"{place}: {error.message}") from None


@cache
def _validator() -> Any:
    schema = json.loads((files("fhir_mappings") / "schema" / "dialects.json").read_text(encoding="utf-8"))
    return jsonschema.Draft202012Validator(schema)
