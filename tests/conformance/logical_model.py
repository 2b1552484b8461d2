"""Checks JSON against an official logical model: cardinalities, primitive types, fixed values, invariants.

The models are read where they stand, beside the repository. What is not checked: bindings to value sets (our
own schema has the enumerations) and the insides of FHIR resources (the R4B models prove those).
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from fhirpathpy import compile as compile_fhirpath

_JSON_NAME = "http://hl7.org/fhir/tools/StructureDefinition/json-name"
_PROPERTY_KEY = "http://hl7.org/fhir/tools/StructureDefinition/json-property-key"
_UUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}")

_PRIMITIVES = {
    "string": lambda value: isinstance(value, str) and value.strip() != "",
    "markdown": lambda value: isinstance(value, str) and value.strip() != "",
    "code": lambda value: isinstance(value, str) and re.fullmatch(r"\S+( \S+)*", value) is not None,
    "id": lambda value: isinstance(value, str) and value != "",
    "url": lambda value: isinstance(value, str) and re.fullmatch(r"\S+", value) is not None,
    "uri": lambda value: isinstance(value, str) and re.fullmatch(r"\S+", value) is not None,
    "uuid": lambda value: isinstance(value, str) and _UUID.fullmatch(value) is not None,
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "Coding": lambda value: (
        isinstance(value, dict) and set(value) <= {"system", "code", "display", "extension"}
    ),
    "Resource": lambda value: isinstance(value, dict) and isinstance(value.get("resourceType"), str),
    "Bundle": lambda value: isinstance(value, dict) and value.get("resourceType") == "Bundle",
}


class LogicalModel:
    """One StructureDefinition, asked about instances."""

    def __init__(self, path: Path) -> None:
        definition = json.loads(path.read_text(encoding="utf-8"))
        self.name = definition["type"].rpartition("/")[2]
        self.elements = {element["path"]: element for element in definition["differential"]["element"]}

    def complaints(self, instance: Any) -> list[str]:
        """Return what the model does not allow; empty when the instance fits."""
        return list(self._check(self.name, instance))

    def _check(self, path: str, value: Any) -> Iterator[str]:
        element = self.elements[path]
        yield from self._check_invariants(path, value)
        yield from self._check_type(path, element, value)
        children = self._children(path)
        if not children:
            return
        if not isinstance(value, dict):
            yield f"{path} is not an object"
            return
        names = {_json_name(self.elements[child]): child for child in children}
        yield from (
            f"{path} has the unknown field {name}" for name in value if name not in {*names, "extension"}
        )
        for name, child in names.items():
            yield from self._check_cardinality(child, name in value, value.get(name))

    def _check_cardinality(self, path: str, present: bool, value: Any) -> Iterator[str]:
        element = self.elements[path]
        if not present:
            if element.get("min", 0) > 0:
                yield f"{path} is missing"
            return
        if _PROPERTY_KEY in _extensions(element):
            yield from self._check_map(path, value)
            return
        if element.get("max", "1") == "1":
            yield from self._check(path, value)
            return
        if not isinstance(value, list):
            yield f"{path} is not a list"
            return
        for one in value:
            yield from self._check(path, one)

    def _check_map(self, path: str, value: Any) -> Iterator[str]:
        """Check an object whose names are keys; null is a value that a client may send for one."""
        if not isinstance(value, dict):
            yield f"{path} is not an object"
            return
        for key, one in value.items():
            yield from self._check_type(f"{path}.key", self.elements[f"{path}.key"], key)
            if one is not None:
                yield from self._check_type(f"{path}.value", self.elements[f"{path}.value"], one)

    def _check_type(self, path: str, element: dict[str, Any], value: Any) -> Iterator[str]:
        types = [type_["code"].rpartition("/")[2] for type_ in element.get("type", [])]
        known = [_PRIMITIVES[name] for name in types if name in _PRIMITIVES]
        if known and not any(fits(value) for fits in known):
            yield f"{path} is no {' or '.join(types)}"
        fixed = element.get("fixedCode")
        if fixed is not None and value != fixed:
            yield f"{path} is not {fixed}"

    def _check_invariants(self, path: str, value: Any) -> Iterator[str]:
        # A primitive is seen by FHIRPath through its `value`, as in FHIR.
        context = value if isinstance(value, dict) else {"value": value}
        for constraint in self.elements[path].get("constraint", []):
            if _compiled(constraint["expression"])(context) not in ([True], []):
                yield f"{path} breaks {constraint['key']}"

    def _children(self, path: str) -> list[str]:
        return [one for one in self.elements if one.rpartition(".")[0] == path]


@cache
def _compiled(expression: str) -> Any:
    # One invariant has a hyphen amid a character class: a hyphen to the models' tools, an error to Python's.
    return compile_fhirpath(expression.replace("w-.]", "w.-]"))


def _extensions(element: dict[str, Any]) -> dict[str, Any]:
    return {extension["url"]: extension for extension in element.get("extension", [])}


def _json_name(element: dict[str, Any]) -> str:
    renamed = _extensions(element).get(_JSON_NAME)
    return renamed["valueString"] if renamed else element["path"].rpartition(".")[2]
