"""Our own written contract for a response, compiled once: `schema/card_response.json`."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.protocols import Validator


@cache
def response_validator() -> Validator:
    """Return the validator of a whole CDS Hooks response, compiled on the first call."""
    schema = json.loads(files("cards").joinpath("schema", "card_response.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def response_faults(response: Any) -> tuple[str, ...]:
    """Return where a response breaks the contract, as "place: keyword"; empty if it keeps it.

    The offending values are left out: they may come from a record, and a fault may be logged.
    """
    faults = {
        f"{'.'.join(str(part) for part in error.absolute_path) or '(top)'}: {error.validator}"
        for error in response_validator().iter_errors(response)
    }
    return tuple(sorted(faults))
