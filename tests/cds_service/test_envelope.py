"""The one-pass split gives what the exact one gives, and drops nothing in silence."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service import envelope as module
from cds_service.envelope import PrefetchShapeError, split
from fhir_mappings.strict_json import StrictJsonError

names = st.sampled_from(
    [
        "hook",
        "hookInstance",
        "context",
        "fhirServer",
        "fhirAuthorization",
        "extension",
        "prefetch",
        "x",
        "é",
        'q"',
        "",
    ]
)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.text(max_size=3)),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(names, inner, max_size=3)),
    max_leaves=6,
)
pairs = st.lists(st.tuples(names, values), max_size=5)


def written(members: list[tuple[str, Any]], separators: tuple[str, str], ascii_only: bool) -> bytes:
    """An object as text, duplicates kept."""
    comma, colon = separators

    def dumps(value: Any) -> str:
        return json.dumps(value, separators=separators, ensure_ascii=ascii_only)

    return ("{" + comma.join(f"{dumps(name)}{colon}{dumps(value)}" for name, value in members) + "}").encode()


def outcome(function: Any, body: bytes) -> Any:
    try:
        members, prefetch = function(body)
    except StrictJsonError as error:
        return error.code
    except PrefetchShapeError:
        return "prefetch"
    return [{name: bytes(raw) for name, raw in part.items()} for part in (members, prefetch)]


@given(pairs, st.sampled_from([(",", ":"), (", ", ": ")]), st.booleans())
def test_the_quick_split_agrees_with_the_exact_one(
    members: list[tuple[str, Any]], separators: tuple[str, str], ascii_only: bool
) -> None:
    body = written(members, separators, ascii_only)
    assert outcome(split, body) == outcome(module._split_exactly, body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"hook":"a","hook":"b"}',
        b'{"hook":"a","context":{},"hook":"a"}',
        b'{"prefetch":{"a":1,"a":1}}',
        b'{"prefetch":{},"prefetch":{}}',
        b'{"x":1,"x":1}',
        b'{"hook":"a","\\u0068ook":"a"}',
    ],
)
def test_a_name_that_comes_twice_is_refused_on_either_level(body: bytes) -> None:
    with pytest.raises(StrictJsonError) as refused:
        split(body)
    assert refused.value.code == "duplicate-name"


@pytest.mark.parametrize("body", [b'{"hook":"a","prefetch":{"a":[1],"b":null}}', b'{"prefetch":{}}', b"{}"])
def test_a_compact_body_is_not_looked_at_twice(body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = outcome(module._split_exactly, body)
    monkeypatch.delattr(module, "_split_exactly")
    assert outcome(split, body) == expected
