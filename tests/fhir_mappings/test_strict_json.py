"""Strict JSON: what is refused, by which code, and that the fast check agrees with the slow one."""

from __future__ import annotations

import json
import sys
import tracemalloc
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_mappings.strict_json import (
    MAX_DEPTH,
    MAX_MEMBERS,
    StrictJsonError,
    check_whole_body,
    loads_strict,
    strict_members,
)

TRICKY_TEXT = st.sampled_from(
    ["a", "b", 'a"', ":", '":', '"', "\\", '\\"', "é", "\u0001", " ", '" :', "a:", "☃", "/", "\t"]
)
TEXT = st.lists(TRICKY_TEXT, max_size=3).map("".join)
BLANK = st.sampled_from(["", "", " ", "\n", "\t ", "\r\n"])


def _written(draw: st.DrawFn, text: str) -> str:
    """Write a string the way some sender might: plain, escaped to ASCII, or with every character escaped."""
    style = draw(st.integers(0, 2))
    if style == 0:
        return json.dumps(text, ensure_ascii=False)
    if style == 1:
        return json.dumps(text)
    return '"' + "".join(f"\\u{ord(character):04x}" for character in text) + '"'


@st.composite
def json_texts(draw: st.DrawFn, depth: int = 3) -> str:
    """JSON text with every freedom a sender has, and duplicate names now and then."""
    kind = draw(st.integers(0, 5 if depth else 3))
    if kind == 0:
        return draw(
            st.sampled_from(["null", "true", "0", "-1", "4.20", "1e3", "18446744073709551616", '"":"":'[:2]])
        )
    if kind <= 3:
        return _written(draw, draw(TEXT))
    blank = draw(BLANK)
    if kind == 4:
        items = draw(st.lists(json_texts(depth=depth - 1), max_size=3))
        return "[" + ",".join(f"{blank}{item}{blank}" for item in items) + "]"
    names = draw(st.lists(TEXT, max_size=4, unique=draw(st.booleans())))
    members = [
        f"{blank}{_written(draw, name)}{draw(BLANK)}:{draw(BLANK)}"
        + draw(json_texts(depth=depth - 1))
        + blank
        for name in names
    ]
    return "{" + ",".join(members) + "}"


def _has_duplicate(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise KeyError
    return dict(pairs)


@given(json_texts())
def test_the_fast_check_decides_exactly_as_the_standard_library_would(text: str) -> None:
    try:
        expected = json.loads(text, object_pairs_hook=_has_duplicate)
    except KeyError:
        with pytest.raises(StrictJsonError, match=r"^duplicate-name$"):
            loads_strict(text.encode())
    else:
        assert loads_strict(text.encode()) == expected


@given(json_texts(), json_texts())
def test_members_are_split_exactly_and_duplicate_names_are_found(text: str, other: str) -> None:
    for body in (text, "{" + f'"x" : {other} ,"y":{text}' + "}", "{" + f'"x":{other},"\\u0078":{text}' + "}"):
        pairs = json.loads(body, object_pairs_hook=lambda pairs: pairs)
        if not body.lstrip().startswith("{"):
            with pytest.raises(StrictJsonError, match=r"^not-an-object$"):
                strict_members(body.encode())
        elif len(dict(pairs)) != len(pairs):
            with pytest.raises(StrictJsonError, match=r"^duplicate-name$"):
                strict_members(body.encode())
        else:
            members = strict_members(body.encode())
            assert list(members) == [name for name, _ in pairs]
            for name, value in pairs:
                assert json.loads(bytes(members[name]), object_pairs_hook=lambda pairs: pairs) == value


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b'{"a":1,"a":1}', "duplicate-name"),
        (b'{"a":{"b":1,"b":2}}', "duplicate-name"),
        (b'{"a":1,"\\u0061":2}', "duplicate-name"),
        (b'{"a":1,"a":"\\u0022:"}', "duplicate-name"),
        (b'{"a":1,"a":"\\"\\u003a"}', "duplicate-name"),
        (b'{"a":1,"a":"\\"\\u003A"}', "duplicate-name"),
        (b'{"a":1,"a":1,"b" :1}', "duplicate-name"),
        (b'{"a":1,"a":1,"b"\t:1}', "duplicate-name"),
        (b'{"a":1,"a":1,"b"\n:1}', "duplicate-name"),
        (b'{"a":1,"a":1,"b"\r:1}', "duplicate-name"),
        (b"NaN", "non-finite"),
        (b'{"a":Infinity}', "non-finite"),
        (b'{"a":-Infinity}', "non-finite"),
        (b'{"a":1e400}', "non-finite"),
        (b'{"a":-1e400}', "non-finite"),
        (b"9" * 400, "non-finite"),
        (b"9" * 5000, "non-finite"),
        (b"[" + b"[]," * 300 + b"1e400]", "non-finite"),
        (b"[" + b"{}," * 300 + b"1e400]", "non-finite"),
        (b'{"a":"\xff"}', "invalid-utf-8"),
        (b'{"a":"\xed\xa0\x80"}', "invalid-utf-8"),
        (b'{"a":"\\ud800"}', "lone-surrogate"),
        (b'{"a":"\\udc00"}', "lone-surrogate"),
        (b'{"a":"\\uD800"}', "lone-surrogate"),
        (b'{"a":"\\uDFFF"}', "lone-surrogate"),
        (b'{"a":"\\udAbC"}', "lone-surrogate"),
        (b'{"a":"x\\u0000"}', "nul-character"),
        (b'{"a":"\\\\\\u0000"}', "nul-character"),
        (b'{"a":"x\x00"}', "malformed"),
        (b"", "malformed"),
        (b'{"a":1}x', "malformed"),
        (b'{"a":1,}', "malformed"),
        (b"{'a':1}", "malformed"),
        (b'\xef\xbb\xbf{"a":1}', "malformed"),
        (b"[" * 200_000, "too-deep"),
        (b"[" * 900 + b"]" * 900, "too-deep"),
        (b"[" * 5000 + b"]" * 5000, "too-deep"),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "too-deep"),
        (b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1), "too-deep"),
    ],
)
def test_doubtful_text_is_refused_and_named(text: bytes, code: str) -> None:
    with pytest.raises(StrictJsonError) as caught:
        loads_strict(text)
    assert caught.value.code == code
    assert str(caught.value) == code


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b'{"a":1e308}', {"a": 1e308}),
        (b'{"a":"\\ud83d\\ude00"}', {"a": "😀"}),
        (b'{"a":"\\\\u0000"}', {"a": "\\u0000"}),
        (b'{"a":"\\u0022:"}', {"a": '":'}),
        (b'{"a" :1}', {"a": 1}),
        (b' {"a":{"a":1}} ', {"a": {"a": 1}}),
        (b'[{"a":1},{"a":1}]', [{"a": 1}, {"a": 1}]),
        (b"18446744073709551616", 1.8446744073709552e19),
        (b"null", None),
    ],
)
def test_unusual_but_clear_text_is_read(text: bytes, value: Any) -> None:
    assert loads_strict(text) == value
    assert loads_strict(bytearray(text)) == value
    assert loads_strict(memoryview(text)) == value


@pytest.mark.parametrize("text", [b"[" * 3000 + b"]" * 3000, b'{"a":' * 3000 + b"1" + b"}" * 3000])
def test_depth_is_named_where_the_standard_library_would_go_as_deep(text: bytes) -> None:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    try:
        with pytest.raises(StrictJsonError, match=r"^too-deep$"):
            loads_strict(text)
    finally:
        sys.setrecursionlimit(before)


@pytest.mark.parametrize("kind", [bytearray, memoryview, msgspec.Raw])
def test_text_in_any_kind_of_buffer_is_split_or_refused_alike(kind: Any) -> None:
    assert strict_members(kind(b'{"a":1}')) == {"a": msgspec.Raw(b"1")}
    with pytest.raises(StrictJsonError, match=r"^malformed$"):
        strict_members(kind(b'{"a":1'))
    with pytest.raises(StrictJsonError, match=r"^malformed$"):
        loads_strict(kind(b'{"a":1'))


def test_the_deepest_text_allowed_is_read() -> None:
    lists = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    objects = '{"a": ' * (MAX_DEPTH - 1) + "{}" + "}" * (MAX_DEPTH - 1)
    for text in (lists, objects):
        assert json.dumps(loads_strict(text.encode())) == text


def test_many_brackets_side_by_side_are_not_deep() -> None:
    assert loads_strict(b"[" + b"[{}]," * 100 + b"1]")[-1] == 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b'{"a":12,"a":1}', "duplicate-name"),
        (b'{"a":1,"a":12}', "duplicate-name"),
        (b'{"a":1,"a":1}', "duplicate-name"),
        (b'{"a":1,"b":2,"a":1}', "duplicate-name"),
        (b'{"a":1,"a":[]}', "duplicate-name"),
        (b'{"a":1', "malformed"),
        (b'{"a":NaN}', "non-finite"),
        (b'{"\xff":1}', "invalid-utf-8"),
        (b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}", "too-deep"),
        (b"[]", "not-an-object"),
        (b"null", "not-an-object"),
        (b'"a"', "not-an-object"),
    ],
)
def test_an_object_that_cannot_be_split_is_refused_and_named(text: bytes, code: str) -> None:
    with pytest.raises(StrictJsonError) as caught:
        strict_members(text)
    assert caught.value.code == code


def test_members_keep_their_text_to_the_byte() -> None:
    members = strict_members(b' { "a" : { "b": 4.20 } ,\n"c":[ 1 ]\t} ')
    assert {name: bytes(value) for name, value in members.items()} == {"a": b'{ "b": 4.20 }', "c": b"[ 1 ]"}


def test_values_that_are_skipped_over_are_not_judged() -> None:
    assert list(strict_members(b'{"a":{"b":1,"b":2}}')) == ["a"]


@pytest.mark.parametrize("text", [b"{}", b" { } ", b"{\n}"])
def test_an_empty_object_has_no_members(text: bytes) -> None:
    assert strict_members(text) == {}


def object_of(members: int, name: str = "n") -> bytes:
    return b"{" + b",".join(b'"%b%d":%d' % (name.encode(), n, n) for n in range(members)) + b"}"


def test_an_object_has_so_many_members_and_no_more() -> None:
    assert len(strict_members(object_of(MAX_MEMBERS))) == MAX_MEMBERS
    with pytest.raises(StrictJsonError, match=r"^too-many-members$"):
        strict_members(object_of(MAX_MEMBERS + 1))


def test_counting_ends_with_the_first_member_too_many() -> None:
    rest = b", this is not JSON}"
    with pytest.raises(StrictJsonError, match=r"^too-many-members$"):
        strict_members(object_of(MAX_MEMBERS + 1)[:-1] + rest)
    with pytest.raises(StrictJsonError, match=r"^malformed$"):
        strict_members(object_of(MAX_MEMBERS)[:-1] + rest)


def test_names_are_plain_texts_to_whoever_looks_them_up() -> None:
    members = strict_members(b'{"hook":1,"\\u0061":2}')
    assert members.keys() == {"hook", "a"}
    assert members.pop("a") == msgspec.Raw(b"2")


@pytest.mark.parametrize("body", [b"\xff", b"\xff{}", b"\xc3", b"{}\xc3"])
def test_the_first_and_the_last_character_of_a_body_are_checked_too(body: bytes) -> None:
    check_whole_body("é".encode())
    with pytest.raises(StrictJsonError, match=r"^invalid-utf-8$"):
        check_whole_body(body)


def test_a_whole_body_is_utf_8_or_refused() -> None:
    check_whole_body('{"a":"é"}'.encode())
    with pytest.raises(StrictJsonError, match=r"^invalid-utf-8$"):
        check_whole_body('{"a":"é"}'.encode("latin-1"))


@pytest.mark.parametrize("before", range(65_530, 65_538))
@pytest.mark.parametrize("character", ["é", "→", "😀"])
def test_a_character_on_the_edge_of_a_piece_is_whole(before: int, character: str) -> None:
    check_whole_body(b"x" * before + character.encode())
    check_whole_body(b"x" * before + character.encode() + b"x" * 70_000)
    for broken in (character.encode()[:-1], b"\xff"):
        for after in (b"", b"x" * 70_000):
            with pytest.raises(StrictJsonError, match=r"^invalid-utf-8$"):
                check_whole_body(b"x" * before + broken + after)


def test_a_large_body_with_one_rare_character_takes_no_copy_of_its_size() -> None:
    body = b"x" * 4_000_000 + "😀".encode()
    tracemalloc.start()
    try:
        check_whole_body(body)
        assert tracemalloc.get_traced_memory()[1] < 500_000
    finally:
        tracemalloc.stop()
