"""Record text made harmless: for a plain-text summary, and for Markdown that a client may mix with HTML.

A record is not ours: any string in it may hold HTML, Markdown, a link, a table, a line break or characters
that nobody sees. It is shown as the words it is, on one line, and never becomes markup or a link.

Bare domain names without "www." are left as they are: GitHub Flavored Markdown does not link them, and
breaking them would break "i.v." and decimals as well.
"""

from __future__ import annotations

import re
from typing import Final

RECORD_TEXT_CAP: Final = 160
"""Longest record text shown on a card, in UTF-16 units; longer text ends in an ellipsis."""

ELLIPSIS: Final = "…"

# Printable by Unicode's own word, yet invisible: joiners, fillers, blank Braille, variation selectors.
_INVISIBLE: Final = dict.fromkeys(
    (
        0x034F,
        0x115F,
        0x1160,
        0x17B4,
        0x17B5,
        0x2800,
        0x3164,
        0xFFA0,
        *range(0xFE00, 0xFE10),
        *range(0xE0100, 0xE01F0),
    )
)

# Everything from the first of them on: most texts have nothing so far out and need no closer look.
_MAY_HIDE: Final = re.compile(f"[{chr(min(_INVISIBLE))}-\U0010ffff]").search

# "<", ">" and "&" as entities, for clients that render raw HTML; the rest are Markdown's own characters.
_MARKDOWN: Final = str.maketrans(
    {
        "&": "&amp;",
        "<": "&lt;",
        ">": "&gt;",
        **{character: "\\" + character for character in "\\`*_[]|~$"},
    }
)

_HAS_SPECIAL: Final = re.compile("[" + re.escape("".join(map(chr, _MARKDOWN))) + "]").search

# A plain summary may still reach a careless client that inserts it as HTML: tags cannot start without these.
_PLAIN: Final = str.maketrans({"<": "\u2039", ">": "\u203a"})

# GitHub Flavored Markdown links "www." without being asked.
_WWW: Final = re.compile(r"(www)\.", re.ASCII | re.IGNORECASE)

# Letters, digits and common signs in an order that needs no change: no list number at the head, no space at
# an end. Most texts are so; the few sequences that mean something together are looked for beside it.
_ORDINARY: Final = re.compile(
    r"(?![0-9]+[.)](?: |\Z))[A-Za-z0-9(][A-Za-z0-9 .,:;()/%'\"+=#\-–…µ]*(?<! )"
).fullmatch

_LIST_OR_HEADING: Final = frozenset("#+-=")


def utf16_length(text: str) -> int:
    """Return the length in UTF-16 units, the strictest reading of "140 characters"."""
    if text.isascii():
        return len(text)
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def plain(text: str, cap: int = RECORD_TEXT_CAP) -> str:
    """Return record text for a plain-text place: one visible line, without links, at most `cap` units."""
    return text if is_ordinary(text, cap) else one_line(text, cap).translate(_PLAIN)


def escape(text: str, cap: int = RECORD_TEXT_CAP) -> str:
    """Return record text for Markdown: shown literally wherever in a line it stands."""
    return text if is_ordinary(text, cap) else escaped_with_care(text, cap)


def escaped_with_care(text: str, cap: int) -> str:
    """Return what `escape` returns, for any text."""
    line = one_line(text, cap)
    escaped = escape_sentence(line)
    first = line[:1]
    if first in _LIST_OR_HEADING:
        return "\\" + escaped
    if first.isdigit():
        return _without_list_number(escaped)
    return escaped


def is_ordinary(text: str, cap: int) -> bool:
    """Say whether a text can stand on a card as it is; "no" only means that a closer look is needed."""
    return (
        len(text) <= cap
        and _ORDINARY(text) is not None
        and "  " not in text
        and "://" not in text
        and "w." not in text
        and "W." not in text
    )


def escape_sentence(text: str) -> str:
    """Return a sentence of our own for Markdown: only its special characters are escaped, nothing is cut."""
    return text.translate(_MARKDOWN) if _HAS_SPECIAL(text) else text


def one_line(text: str, cap: int) -> str:
    """Return the visible words of a text on one line, links broken, cut at a word with an ellipsis."""
    # Most texts are short, printable and plain: they pass with a few look-ups and no copy.
    if (
        len(text) <= cap
        and text.isprintable()
        and "  " not in text
        and (text.isascii() or not _MAY_HIDE(text))
    ):
        line = text.strip()
    else:
        # Four times the cap is enough, and a hostile megabyte must not cost a megabyte's work.
        line = " ".join(text[: 4 * cap].split()).translate(_INVISIBLE)
        line = " ".join("".join(filter(str.isprintable, line)).split())
    line = _without_links(line)
    if len(text) > 4 * cap or utf16_length(line) > cap:
        return cut_at_word(line, cap)
    return line


def cut_at_word(line: str, cap: int) -> str:
    """Return the whole words that fit into `cap` units with an ellipsis that shows the cut.

    A number is never left without what follows it: "100 MG" goes or stays as one. A single word longer
    than the room is the one thing that is cut inside, for want of any other place.
    """
    room = cap - 1
    if utf16_length(line) <= room:
        return line + ELLIPSIS
    head = line.encode("utf-16-le")[: 2 * room].decode("utf-16-le", "ignore")
    words = head.split(" ")
    if len(words) == 1:
        return head + ELLIPSIS
    words.pop()
    while len(words) > 1 and words[-1][-1:].isdigit():
        words.pop()
    return " ".join(words) + ELLIPSIS


def _without_links(line: str) -> str:
    """Return the line with whatever a client would turn into a link pulled apart, visibly."""
    if "://" in line:
        line = line.replace("://", ": //")
    if "@" in line:
        line = line.replace("@", "(at)")
    if "www." in line.lower():
        line = _WWW.sub(r"\1 .", line)
    return line


def _without_list_number(escaped: str) -> str:
    """Return the text with a leading "1." or "1)" kept from opening a numbered list."""
    digits = 1
    while escaped[digits : digits + 1].isdigit():
        digits += 1
    if escaped[digits : digits + 1] in {".", ")"} and escaped[digits + 1 : digits + 2] in {"", " "}:
        return f"{escaped[:digits]}\\{escaped[digits:]}"
    return escaped
