"""Sixty marked values, put into every field of a request, and the search for them where none may be."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from random import Random
from typing import Any
from urllib.parse import quote

WORDS = tuple(f"Canary{number:02d}-Zürich-{number * 7919 % 10007:05d}" for number in range(40))
"""Stand where names, identifiers, addresses, notes and tokens stand."""

FRACTIONS = tuple(f"{number * 104729 % 899999 + 100000:06d}{number * 10 + 7:03d}" for number in range(1, 13))
"""Digits that are added behind the decimal point of every number: the value stays nearly what it was."""

DATES = tuple(f"19{40 + number:02d}-0{number % 9 + 1}-1{number}" for number in range(8))
"""Stand where dates of birth and other dates stand."""

ALL = WORDS + FRACTIONS + DATES

PERSONAL = {
    "id", "userId", "encounterId", "hookInstance", "family", "given", "prefix", "line", "city", "postalCode",
    "access_token", "subject", "display", "comment", "div", "versionId", "lastUpdated", "author", "fullUrl",
}  # fmt: skip
"""Fields that say who somebody is, or may; what the decision needs stays readable beside them."""

DATED = {"birthDate", "effectiveDateTime", "issued", "authoredOn", "onsetDateTime", "start", "end"}

KEPT = {"resourceType", "hook", "type", "mode", "status", "intent"}


def _word(salt: str) -> str:
    return Random(salt).choice(WORDS)


def marked(value: Any, *, everything: bool, path: str = "") -> Any:
    """Return a copy of a request with canaries in it.

    With `everything`, each string and number but the shape of the resources is a canary. Otherwise what the
    decision is made of stays readable: personal fields are canaries, and numbers are marked in their digits.
    """
    name = path.rpartition("/")[2]
    if isinstance(value, dict):
        changed = {
            key: marked(child, everything=everything, path=f"{path}/{key}") for key, child in value.items()
        }
        if "resourceType" in value and value["resourceType"] != "Bundle":
            changed |= _more(value["resourceType"], path)
        return changed
    if isinstance(value, list):
        return [
            marked(child, everything=everything, path=f"{path}/{number}/{name}")
            for number, child in enumerate(value)
        ]
    if isinstance(value, bool) or value is None or name in KEPT:
        return value
    if isinstance(value, int | float):
        return float(f"{value:.0f}.{Random(path).choice(FRACTIONS)}") if name != "total" else value
    if everything and name in DATED:
        return Random(path).choice(DATES)
    if everything or name in PERSONAL:
        return _word(path)
    return value


def _more(resource_type: str, path: str) -> dict[str, Any]:
    """Further fields that a record may hold and that nothing here reads."""
    more: dict[str, Any] = {
        "text": {"status": "generated", "div": f"<div>{_word(path + 'div')}</div>"},
        "identifier": [{"system": f"urn:{_word(path + 's')}", "value": _word(path + "i")}],
        "note": [{"text": _word(path + "note"), "authorString": _word(path + "author")}],
        "extension": [{"url": f"https://{_word(path + 'u')}", "valueString": _word(path + "x")}],
    }
    if resource_type == "Patient":
        more["name"] = [{"family": _word(path + "f"), "given": [_word(path + "g")]}]
        more["telecom"] = [{"system": "phone", "value": _word(path + "t")}]
        more["address"] = [{"line": [_word(path + "l")], "city": _word(path + "c")}]
    return more


def whole_request(request: dict[str, Any], *, everything: bool) -> dict[str, Any]:
    """Return a request with canaries in every part: patient, prefetch, drafts, token, server, extensions."""
    patient_id = str(request["context"]["patientId"])
    text = json.dumps(request).replace(json.dumps(patient_id)[1:-1], WORDS[0])
    changed = marked(json.loads(text), everything=everything, path=patient_id)
    changed["context"]["patientId"] = WORDS[0]
    changed["context"]["encounterId"] = WORDS[1]
    changed["hookInstance"] = WORDS[2]
    changed["fhirServer"] = f"https://ehr.example/{quote(WORDS[3])}"
    changed["fhirAuthorization"] = {
        "access_token": WORDS[4],
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": f"patient/{WORDS[5]}.read",
        "subject": WORDS[6],
        "patient": WORDS[0],
    }
    changed["extension"] = {WORDS[7]: WORDS[8]}
    changed[WORDS[9]] = WORDS[10]
    changed["prefetch"][WORDS[11]] = {"resourceType": "Patient", "id": WORDS[12]}
    return changed


HEADERS = {
    "Authorization": f"Bearer {quote(WORDS[13])}.{quote(WORDS[14])}.{quote(WORDS[15])}",
    "Cookie": f"session={quote(WORDS[16])}",
    "User-Agent": quote(WORDS[17]),
    "X-Request-Id": quote(WORDS[18]),
    "X-Forwarded-For": quote(WORDS[19]),
    "Referer": f"https://ehr.example/Patient/{quote(WORDS[20])}",
    "Origin": f"https://{quote(WORDS[21])}.example",
    "traceparent": f"00-{quote(WORDS[22])}-01",
    "tracestate": f"ehr={quote(WORDS[23])}",
}


def forms(canary: str) -> set[str]:
    """Return the ways in which a canary may have been written down."""
    if canary in FRACTIONS or canary in DATES:
        return {canary}
    core = re.sub(r"[^A-Za-z0-9]+.*", "", canary)  # "Canary07": survives most ways of escaping
    number = canary.rpartition("-")[2]
    raw = canary.encode()
    return {
        canary.lower(),
        core.lower(),
        f"rich-{number}",
        quote(canary).lower(),
        json.dumps(canary)[1:-1].lower(),
        b64encode(raw)[:12].decode().lower(),
        raw.hex()[:24],
    }


FORMS = {canary: forms(canary) for canary in ALL}


def hits(text: str) -> list[str]:
    """Return the canaries that stand in a text, in any of their forms."""
    lowered = text.lower()
    return [canary for canary, written in FORMS.items() if any(form in lowered for form in written)]
