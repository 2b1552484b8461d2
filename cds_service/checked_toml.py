"""Reads a TOML file strictly against its schema: an unknown key is refused with the nearest known one."""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, ValidationError


def read_tables(path: Path, error_type: type[ValueError]) -> dict[str, Any]:
    """Return the tables of a TOML file as they are written; raises `error_type` naming the file."""
    try:
        text = path.read_text(encoding="utf-8-sig")  # some editors put a mark first
    except OSError as error:
        raise error_type(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise error_type(f"{path}: not UTF-8") from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise error_type(f"{path}: {error}") from error
    except RecursionError as error:
        raise error_type(f"{path}: nested more deeply than is read") from error


def check_tables(tables: Mapping[str, Any], schema: str, error_type: type[ValueError]) -> dict[str, Any]:
    """Return the tables if they satisfy the packaged schema of that name, else raise `error_type`."""
    text = files("cds_service").joinpath("schema", schema).read_text(encoding="utf-8")
    faults = sorted(
        Draft202012Validator(json.loads(text)).iter_errors(tables),
        key=lambda fault: list(map(str, fault.absolute_path)),
    )
    if faults:
        raise error_type("; ".join(sentence for fault in faults for sentence in _sentences(fault)))
    return dict(tables)


def did_you_mean(word: str, known: list[str]) -> str:
    """Return "; did you mean x?" for the nearest known word, or the list of what is known."""
    near = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {near[0]}?" if near else f"; known are {', '.join(sorted(known))}"


def _sentences(fault: ValidationError) -> Iterator[str]:
    place = [str(part) for part in fault.absolute_path]
    schema: Any = fault.schema
    expected: Any = fault.validator_value
    given: Any = fault.instance
    if fault.validator == "additionalProperties":
        known = sorted(schema.get("properties", {}))
        for key in sorted(set(given) - set(known)):
            yield f"unknown key {'.'.join([*place, key])}{did_you_mean(key, known)}"
    elif fault.validator == "required":
        missing = sorted(set(expected) - set(given))
        yield f"{'.'.join(place)}: missing {', '.join(missing)}"
    elif schema.get("writeOnly"):
        yield f"{'.'.join(place)}: is not what it should be"  # its value may be a secret by mistake
    else:
        yield f"{'.'.join(place)}: {fault.message}"
