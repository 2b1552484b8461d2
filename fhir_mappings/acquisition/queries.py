"""What to ask a FHIR server for each prefetch key: the published template, in the server's dialect."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, timedelta
from typing import Final
from urllib.parse import quote

from fhir_mappings.acquisition.addresses import Address, FhirBase, resolve
from fhir_mappings.acquisition.dialects import Dialect
from fhir_mappings.prefetch import KEYS, OPTIONAL_KEYS
from tdm.facts import Moment

_TEMPLATES: Final = {entry.key: entry.template for entry in (*KEYS, *OPTIONAL_KEYS)}
_PATIENT: Final = "{{context.patientId}}"
_UNESCAPED: Final = ":/.,-_~"


def query_of(key: str, *, base: FhirBase, dialect: Dialect, patient_id: str, now: Moment) -> Address:
    """Return the address that answers a prefetch key.

    Raises AddressRefusedError for a patient's id that cannot stand in an address.
    """
    kind, mark, parameters = _TEMPLATES[key].partition("?")
    if not mark:
        return resolve(base, kind.replace(_PATIENT, quote(patient_id, safe="")))
    pairs = [_in_dialect(pair, dialect, patient_id) for pair in parameters.split("&")]
    asked = [pair for pair in pairs if not _is_left_out(pair, key, dialect)]
    asked += _added(key, dialect, now)
    return resolve(base, f"{kind}?{'&'.join(asked)}")


def type_of(key: str) -> str:
    """Return the type of the resources that a prefetch key brings."""
    return _TEMPLATES[key].partition("?")[0].partition("/")[0]


def is_search(key: str) -> bool:
    """Say whether a prefetch key is a search, which a Bundle answers, or the read of one resource."""
    return "?" in _TEMPLATES[key]


def _in_dialect(pair: str, dialect: Dialect, patient_id: str) -> str:
    name, _, value = pair.partition("=")
    if value != _PATIENT:
        return f"{name}={quote(value, safe=_UNESCAPED)}"
    typed = "Patient/" if dialect.typed_patient else ""
    return f"{name}={typed}{quote(patient_id, safe='')}"


def _is_left_out(pair: str, key: str, dialect: Dialect) -> bool:
    name = pair.partition("=")[0]
    return name == "_count" or (key == "weights" and name == "code" and not dialect.weights_by_code)


def _added(key: str, dialect: Dialect, now: Moment) -> Iterator[str]:
    if key == "laboratory":
        if dialect.laboratory_days:
            yield f"date={_since(dialect.laboratory_days, dialect, now)}"
        if dialect.newest_first:
            yield "_sort=-date"
    if key == "medicationAdministrations" and dialect.administrations_days:
        name = dialect.administration_date_parameter
        yield f"{name}={_since(dialect.administrations_days, dialect, now)}"
    for pair in dialect.extra.get(key, ()):
        name, _, value = pair.partition("=")
        yield f"{name}={quote(value, safe=_UNESCAPED)}"
    if dialect.page_size:
        yield f"_count={dialect.page_size}"


def _since(days: int, dialect: Dialect, now: Moment) -> str:
    since = (now.at - timedelta(days=days)).astimezone(UTC)
    return since.strftime("ge%Y-%m-%dT00:00:00Z" if dialect.date_with_time else "ge%Y-%m-%d")
