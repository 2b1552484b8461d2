"""A Bundle is split only where its parts account for every byte of it."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from fhir_mappings.raw_bundle import RawBundle, joined, shortest_length, split

ENTRY = {"resource": {"resourceType": "Patient", "id": "p"}}
WHOLE = {
    "resourceType": "Bundle",
    "id": "b",
    "meta": {"versionId": "1"},
    "type": "searchset",
    "timestamp": "2026-03-01",
    "total": 2,
    "link": [{"relation": "self", "url": "u"}],
    "entry": [{"fullUrl": "urn:1", **ENTRY, "search": {"mode": "match"}}, ENTRY],
}


def text_of(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


BUNDLES = [
    {"resourceType": "Bundle"},
    *({"resourceType": "Bundle", name: WHOLE[name]} for name in WHOLE if name != "resourceType"),
    {"resourceType": "Bundle", "entry": []},
    {"resourceType": "Bundle", "entry": [ENTRY]},
    {"resourceType": "Bundle", "entry": [ENTRY, ENTRY, ENTRY]},
    {"resourceType": "Bundle", "entry": [{**ENTRY, "fullUrl": "u"}, {**ENTRY, "fullUrl": "uu"}]},
    {"resourceType": "Bundle", "entry": [{**ENTRY, "search": {"mode": "match"}}, ENTRY]},
    WHOLE,
]


@pytest.mark.parametrize("bundle", BUNDLES)
def test_a_bundle_without_white_space_is_as_long_as_its_parts(bundle: dict[str, Any]) -> None:
    text = text_of(bundle)
    assert shortest_length(msgspec.json.decode(text, type=RawBundle)) == len(text)
    found = split(text)
    assert found is not None
    assert [bytes(entry.resource) for entry in found.entry or ()] == [
        text_of(entry["resource"]) for entry in bundle.get("entry", ())
    ]


@pytest.mark.parametrize("bundle", BUNDLES)
def test_white_space_between_the_parts_is_no_part(bundle: dict[str, Any]) -> None:
    assert split(json.dumps(bundle, indent=2).encode()) is not None


@pytest.mark.parametrize(
    "text",
    [
        text_of({**WHOLE, "extension": [1]}),
        text_of({**WHOLE, "entry": [{"fullUrl": "u"}]}),
        text_of({**WHOLE, "entry": [{**ENTRY, "request": {}}]}),
        text_of({**WHOLE, "resourceType": "List"}),
        b'{"resourceType":"Bundle","id":"a","id":"b"}',
        b'{"resourceType":"Bundle","entry":[{"resource":{},"resource":{}}]}',
        b'{"resourceType":"Bundle"',
        b"[]",
        b"",
    ],
)
def test_what_its_parts_do_not_account_for_is_not_split(text: bytes) -> None:
    assert split(text) is None


def test_a_bundle_in_which_a_resource_is_missing_has_no_length() -> None:
    text = text_of({**WHOLE, "entry": [ENTRY, {"fullUrl": "u"}]})
    assert shortest_length(msgspec.json.decode(text, type=RawBundle)) == 0


def test_raw_values_are_joined_as_one_list() -> None:
    assert joined([]) == b"[]"
    assert joined([msgspec.Raw(b"1"), msgspec.Raw(b"{}")]) == b"[1,{}]"
