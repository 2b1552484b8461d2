"""A small body parsed and a large one split give what the exact split gives; nothing is lost in silence."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service import envelope as module
from cds_service.envelope import PrefetchShapeError, member_value, split
from fhir_mappings.choosing import relevance
from fhir_mappings.codes import load_code_sets
from fhir_mappings.peek import UnreadableValueError, read_value
from fhir_mappings.strict_json import StrictJsonError

MATTERS = relevance(load_code_sets())

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
resources = st.fixed_dictionaries({"resourceType": st.sampled_from(["Patient", "Encounter", "Bundle"])})
entries = st.fixed_dictionaries(
    {},
    optional={
        "fullUrl": st.text(max_size=2),
        "resource": resources | st.none(),
        "search": st.none(),
        "x": st.none(),
    },
)
bundles = st.fixed_dictionaries(
    {"resourceType": st.sampled_from(["Bundle", "Bundle", "Bundle", "Patient"])},
    optional={"total": st.integers(0, 99), "link": st.none(), "id": st.just("a"), "x": st.just([]),
              "entry": st.lists(entries | st.none(), max_size=3) | st.none()},
)  # fmt: skip
prefetches = st.dictionaries(
    st.sampled_from(["patient", "laboratory", "weights", "theirs"]), bundles | st.none()
)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.text(max_size=3)),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(names, inner, max_size=3)),
    max_leaves=6,
)
pairs = st.lists(st.tuples(names, values) | st.tuples(st.just("prefetch"), prefetches), max_size=5)


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
    return [{k: said(v) for k, v in members.items()}, {k: seen(v) for k, v in prefetch.items()}]


def said(member: Any) -> Any:
    """Return a member's value, or why there is none."""
    try:
        return member_value(member)
    except StrictJsonError as error:
        return error.code


def seen(value: Any) -> Any:
    """Return what a prefetched value comes to, split or not."""
    try:
        return read_value(value, MATTERS, "p")
    except (StrictJsonError, UnreadableValueError) as error:
        return str(error)


@given(pairs, st.sampled_from([(",", ":"), (", ", ": ")]), st.booleans(), st.booleans())
def test_the_quick_ways_agree_with_the_exact_one(
    members: list[tuple[str, Any]], separators: tuple[str, str], ascii_only: bool, small: bool
) -> None:
    body = written(members, separators, ascii_only)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_SMALL", len(body) if small else 0)
        assert outcome(split, body) == outcome(module._split_exactly, body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"hook":"a","theirs":{"x":1,"x":1}}',
        b'{"hook":"a","prefetch":{"theirs":[1e400]}}',
        b'{"hook":"a","prefetch":{"laboratory":{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Encounter","x":"\\u0000"}}]}}}',
    ],
)
def test_what_is_passed_over_is_not_judged_in_a_small_body_either(body: bytes) -> None:
    assert len(body) <= module._SMALL
    members, _ = split(body)
    assert member_value(members["hook"]) == "a"


@pytest.mark.parametrize("body", [b"[]", b"1", b"null"])
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(StrictJsonError, match=r"^not-an-object$"):
        split(body)


@pytest.mark.parametrize("small", [True, False])
@pytest.mark.parametrize("prefetch", [b"[]", b"1", b'"x"', b"false"])
def test_a_prefetch_that_is_no_object_is_refused(
    prefetch: bytes, small: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SMALL", 1000 if small else 0)
    with pytest.raises(PrefetchShapeError):
        split(b'{"hook":"a","prefetch":%b}' % prefetch)


@pytest.mark.parametrize(
    "body",
    [
        b'{"hook":"a","hook":"b"}',
        b'{"hook":"a","context":{},"hook":"a"}',
        b'{"prefetch":{"a":1,"a":1}}',
        b'{"prefetch":{},"prefetch":{}}',
        b'{"prefetch":{"laboratory":{"resourceType":"Bundle"},"laboratory":{"resourceType":"Bundle"}}}',
        b'{"x":1,"x":1}',
        b'{"hook":"a","\\u0068ook":"a"}',
    ],
)
def test_a_name_that_comes_twice_is_refused_on_either_level(body: bytes) -> None:
    with pytest.raises(StrictJsonError) as refused:
        split(body)
    assert refused.value.code == "duplicate-name"


@pytest.mark.parametrize(
    "body",
    [
        b'{"hook":"a","prefetch":{"patient":[1],"laboratory":{"resourceType":"Bundle","entry":[{"resource":1}]}}}',
        b'{"prefetch":{"laboratory":{"total":0,"resourceType":"Bundle"},"weights":{"resourceType":"Bundle","entry":[]}}}',
        b'{"prefetch":{}}',
        b"{}",
    ],
)
def test_a_compact_body_is_not_looked_at_twice(body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = outcome(module._split_exactly, body)
    monkeypatch.setattr(module, "_SMALL", 0)
    monkeypatch.delattr(module, "_split_exactly")
    assert outcome(split, body) == expected


@pytest.mark.parametrize(
    "bundle",
    [
        b'{"resourceType":"Bundle","total":12,"total":12}',
        b'{"resourceType":"Bundle","entry":[],"entry":[]}',
        b'{"resourceType":"Bundle","resourceType":"Bundle"}',
        b'{"resourceType":"Bundle","entry":[{"resource":{},"resource":{}}]}',
        b'{"resourceType":"Bundle","entry":[{"fullUrl":"a","resource":{},"fullUrl":"a"}]}',
        b'{"resourceType":"Bundle","entry":[{"r\\u0065source":{},"resource":{}}]}',
    ],
)
def test_a_name_that_comes_twice_around_the_resources_is_left_to_the_strict_reading(bundle: bytes) -> None:
    body = b'{"hook":"a","prefetch":{"laboratory":%b}}' % bundle
    _, prefetch = split(body)
    value = prefetch["laboratory"]
    assert value is not None
    with pytest.raises(StrictJsonError, match=r"^duplicate-name$"):
        read_value(value, MATTERS, "p")
