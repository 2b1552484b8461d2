"""What every override needs: a known key, a reason, an approver and a date."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from tdm.knowledge.errors import KnowledgeError

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
SIGNATURE = ("reason", "approver", "date")


@dataclass(frozen=True, slots=True)
class Signature:
    """Why a value was changed, who approved it, and on which day ("2026-11-22")."""

    reason: str
    approver: str
    day: str


def signature(entry: Mapping[str, Any], key: str) -> Signature:
    """Read the signature of one override; whatever is missing or empty is a `KnowledgeError`."""
    return Signature(
        reason=_words(entry, "reason", key),
        approver=_words(entry, "approver", key),
        day=_day(entry, key),
    )


def table(entry: object, key: str) -> Mapping[str, Any]:
    """An override as a table; "alt_hold_multiple = 4" alone carries no signature and is refused."""
    if not isinstance(entry, Mapping):
        raise KnowledgeError(key, "must be a table with its value, reason, approver and date")
    return entry


def refuse_unknown(name: str, known: Iterable[str], key: str, what: str) -> None:
    """Refuse a name that is not known, and name the nearest one that is."""
    names = sorted(known)
    if name in names:
        return
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise KnowledgeError(key, f"no such {what}{hint}")


def _words(entry: Mapping[str, Any], name: str, key: str) -> str:
    value = entry.get(name)
    if not isinstance(value, str) or not value.strip():
        raise KnowledgeError(f"{key}.{name}", "must be given in words")
    return value.strip()


def _day(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get("date")
    # datetime is a date to Python; an approval has a day, not a time
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    # fromisoformat alone would also take week dates and dates without hyphens
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError:
            pass
    raise KnowledgeError(f"{key}.date", "must be a date such as 2026-11-22")
