"""Strict JSON at the speed of a lenient parser: no duplicate names, no infinities, no surprises in depth.

A parser that lets the last of two equal names win can be made to show one dose to a reviewer and another to
the service, so what is read is read strictly. Detecting duplicates with the standard library costs about
three times a fast parse; here a fast parse is kept and duplicates are excluded by counting: every member
of an object puts `":` into the text once, and so does its compact re-encoding. Only where the counts
differ, or where the text is written in a way that could make them lie, the exact slow check decides.
What is skipped over by `strict_members` is not read, and so not checked either, apart from its syntax.

Errors carry a code and never any part of the text.
"""

from __future__ import annotations

import codecs
import json
import re
from math import isfinite
from typing import Any, NoReturn, TypeAlias

import msgspec
import orjson

RawJson: TypeAlias = bytes | bytearray | memoryview | msgspec.Raw

_HEADROOM = 16
MAX_DEPTH = 254 - _HEADROOM
"""Deepest nesting that is read: what the encoder can write (254), less room for the answer around it.

An order that was read may be sent back inside a card, a few levels deeper. FHIR resources stay below 20.
"""

MAX_MEMBERS = 1_000
"""Most members of an object that `strict_members` splits: a request has about ten, its prefetch as many.

Every member costs time and memory even where it is passed over, and a body has room for a million.
"""

_ESCAPED_MARK = re.compile(rb"\\u00(?:22|3[aA])")
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_MEMBER_MARK = b'":'


class StrictJsonError(ValueError):
    """The text is not acceptable JSON. `code` names why and is safe to show and to log."""

    def __init__(self, code: str) -> None:
        """Keep the code as the only text."""
        super().__init__(code)
        self.code = code


def loads_strict(raw: RawJson) -> Any:
    """Parse JSON text, refusing what makes its meaning doubtful.

    Refused, by code: `malformed`, `invalid-utf-8`, `lone-surrogate`, `non-finite` (NaN, Infinity, 1e400),
    `too-deep` (see `MAX_DEPTH`), `nul-character`, `duplicate-name`. Whole numbers beyond 64 bits become the
    nearest double, since JSON knows one kind of number only.
    """
    text = raw if type(raw) is bytes else bytes(raw)
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        _refuse(text)
    if b"\\u0000" in text and _NUL.search(text) is not None:
        raise StrictJsonError("nul-character")
    try:
        compact = orjson.dumps([[[[[[[[[[[[[[[[value]]]]]]]]]]]]]]]])[_HEADROOM:-_HEADROOM]
    except orjson.JSONEncodeError:
        raise StrictJsonError("too-deep") from None
    if compact != text and not _counts_exclude_duplicates(text, compact):
        json.loads(text, object_pairs_hook=_unique)
    return value


class _Name(str):
    """A name as the parser hands it over; a kind of its own, so that each is seen once as it is read."""

    __slots__ = ()


def strict_members(raw: RawJson) -> dict[str, msgspec.Raw]:
    """Split one JSON object into its members without reading their values.

    The names are checked for duplicates exactly; the values are only scanned for their end. Raises
    `StrictJsonError` as `loads_strict` does, with `not-an-object` for any other JSON value, and with
    `too-many-members` as soon as there are more than `MAX_MEMBERS`.
    """
    text = raw if type(raw) is bytes else bytes(raw)
    names = 0

    def counted(kind: type, name: str) -> str:
        nonlocal names
        names += 1
        if names > MAX_MEMBERS:
            raise ValueError  # ends the parsing; the count says why
        return str.__new__(kind, name)

    try:
        members: dict[str, msgspec.Raw] = msgspec.json.Decoder(_MEMBERS, dec_hook=counted).decode(text)
    except msgspec.ValidationError:
        raise StrictJsonError("too-many-members" if names > MAX_MEMBERS else "not-an-object") from None
    except RecursionError:
        raise StrictJsonError("too-deep") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        _refuse(text)
    if len(members) != names:
        raise StrictJsonError("duplicate-name")
    return members


_MEMBERS: Any = dict[_Name, msgspec.Raw]
_CHUNK = 65_536


def check_whole_body(text: bytes) -> None:
    """Check what only the whole text can show: that it is UTF-8 throughout, also where nothing is read.

    Done piece by piece: as one text, a large body with one rare character in it would take four times its
    size.
    Depth needs no check of its own: skipping is bounded by the parser and reading by `MAX_DEPTH`.
    """
    if text.isascii():
        return
    view = memoryview(text)
    position = 0
    try:
        while position < len(text):
            end = position + _CHUNK
            _, read = codecs.utf_8_decode(view[position:end], "strict", end >= len(text))
            position += read
    except UnicodeDecodeError:
        raise StrictJsonError("invalid-utf-8") from None


def _counts_exclude_duplicates(text: bytes, compact: bytes) -> bool:
    """Compare how often `":` occurs in the text and in its re-encoding; False means undecided.

    White space before a colon, or a quotation mark or colon written as an escape, changes the count without
    changing the number of members, so that it could hide a duplicate: such texts stay undecided.
    """
    return (
        text.count(_MEMBER_MARK) == compact.count(_MEMBER_MARK)
        and b" :" not in text
        and not any(blank in text and blank + b":" in text for blank in (b"\n", b"\t", b"\r"))
        and (b"\\" not in text or _ESCAPED_MARK.search(text) is None)
    )


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise StrictJsonError("duplicate-name")
    return members


def _non_finite(_text: str) -> NoReturn:
    raise StrictJsonError("non-finite")


def _finite(text: str) -> float:
    number = float(text)
    return number if isfinite(number) else _non_finite(text)


def _refuse(text: bytes) -> NoReturn:
    """Name the reason why the fast parser refused a text."""
    try:
        json.loads(text.decode(), parse_constant=_non_finite, parse_float=_finite, parse_int=_finite)
    except UnicodeDecodeError:
        raise StrictJsonError("invalid-utf-8") from None
    except StrictJsonError:
        raise
    except RecursionError:
        raise StrictJsonError("too-deep") from None
    except ValueError:
        raise StrictJsonError("malformed") from None
    # Two things are left that the fast parser does not accept and the standard library does.
    lone = re.search(rb"\\u[dD][89a-fA-F]", text) is not None
    raise StrictJsonError("lone-surrogate" if lone else "too-deep")
