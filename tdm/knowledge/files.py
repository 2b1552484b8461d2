"""Reads the knowledge files: bytes, TOML, JSON Schema, content hash. Knows nothing of their meaning."""

from __future__ import annotations

import hashlib
import json
import math
import tomllib
from collections.abc import Iterable, Mapping
from importlib.abc import Traversable
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from tdm.knowledge.errors import KnowledgeError

NAMES = (
    "assays",
    "bounds",
    "citations",
    "evidence",
    "gates",
    "issues",
    "knowledge",
    "ledger",
    "models",
    "options",
    "policy",
    "rule_evidence",
    "rules",
    "targets",
)


def packaged() -> Traversable:
    """The directory of the knowledge files inside the installed package."""
    return files("tdm.knowledge")


def read_bytes(directory: Traversable) -> dict[str, bytes]:
    """The bytes of every knowledge file, by name without suffix. A missing file is a `KnowledgeError`."""
    contents = {}
    for name in NAMES:
        try:
            contents[name] = directory.joinpath(f"{name}.toml").read_bytes()
        except FileNotFoundError:
            raise KnowledgeError(f"{name}.toml", "the file is missing") from None
    return contents


def content_hash(contents: Mapping[str, bytes]) -> str:
    """SHA-256 over all files in the order of their names.

    Each enters with its name and length, so that none can run into the next.
    """
    digest = hashlib.sha256()
    for name in sorted(contents):
        body = contents[name]
        digest.update(f"{name}\n{len(body)}\n".encode())
        digest.update(body)
    return digest.hexdigest()


def parse(contents: Mapping[str, bytes]) -> dict[str, dict[str, Any]]:
    """Every file as TOML, checked against its schema. Any fault is a `KnowledgeError` with its dotted key."""
    tables = {}
    for name, body in contents.items():
        try:
            table = tomllib.loads(body.decode("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise KnowledgeError(f"{name}.toml", f"not valid TOML: {error}") from None
        refuse_non_finite(table, f"{name}.toml")
        check_schema(name, table)
        tables[name] = table
    return tables


def schema_of(name: str) -> dict[str, Any]:
    """The JSON Schema of one file."""
    schema: dict[str, Any] = json.loads(packaged().joinpath("schema", f"{name}.json").read_bytes())
    return schema


def check_schema(name: str, table: Mapping[str, Any], *, prefix: str = "") -> None:
    """Check a table against `schema/<name>.json`; the error names the dotted key.

    `prefix` stands in place of the file's name where the table is a site's: "assays.our-laboratory.unit".
    """
    error = best_match(Draft202012Validator(schema_of(name)).iter_errors(table))
    if error is not None:
        path = [str(part) for part in error.absolute_path]
        key = ".".join([prefix, *path]) if prefix else dotted(f"{name}.toml", path)
        raise KnowledgeError(key, error.message)


def refuse_non_finite(value: object, key: str) -> None:
    """TOML knows nan and inf, and JSON Schema lets them pass every bound: refuse them here."""
    if isinstance(value, float) and not math.isfinite(value):
        raise KnowledgeError(key, "must be a finite number")
    if isinstance(value, dict):
        for part, below in value.items():
            refuse_non_finite(below, f"{key}: {part}" if key.endswith(".toml") else f"{key}.{part}")
    elif isinstance(value, list):
        for index, below in enumerate(value):
            refuse_non_finite(below, f"{key}[{index}]")


def dotted(file: str, path: Iterable[str]) -> str:
    """The dotted key of a schema error, "policy.toml: vial_mg.value"; the file's name alone at its top."""
    parts = ".".join(path)
    return f"{file}: {parts}" if parts else file
