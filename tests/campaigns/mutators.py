"""Mutations of a request that know nothing of medicine: JSON nodes and raw bytes, from one seeded source."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

ODD: tuple[Any, ...] = (
    None, "", " ", [], {}, 0, -1, 1, True, False, 1e308, -0.0, 2**63, 10**30, "NaN", "1_000",
    "\uff15", "\u0000", "\u202e4.2", "x" * 5000, [[]], [None], {"": None}, "2026-02-30", "2026-06-15",
    "24:00", "<0.4", "> 8", "volgt",
    "entered-in-error ", "draft", {"value": "4.2"}, {"coding": None}, {"coding": [None]}, "Patient/other",
    {"reference": "Patient/other"}, {"resourceType": "Bundle"}, {"resourceType": "OperationOutcome"},
    {"resourceType": 7}, "http://evil.example/<script>alert(1)</script>", "[x](javascript:alert(1))",
)  # fmt: skip


def _nodes(root: Any) -> list[tuple[Any, Any]]:
    """Return every (container, key) of a JSON value, parents first."""
    found: list[tuple[Any, Any]] = []
    waiting = [root]
    while waiting:
        node = waiting.pop()
        keys = (
            list(node) if isinstance(node, dict) else list(range(len(node))) if isinstance(node, list) else []
        )
        for key in keys:
            found.append((node, key))
            waiting.append(node[key])
    return found


def _pick(chance: random.Random, root: Any) -> tuple[Any, Any] | None:
    nodes = _nodes(root)
    return chance.choice(nodes) if nodes else None


def drop(chance: random.Random, root: Any) -> None:
    """Remove one node."""
    if (where := _pick(chance, root)) is not None:
        del where[0][where[1]]


def replace(chance: random.Random, root: Any) -> None:
    """Replace one node by something odd."""
    if (where := _pick(chance, root)) is not None:
        where[0][where[1]] = copy.deepcopy(chance.choice(ODD))


def wrap(chance: random.Random, root: Any) -> None:
    """Wrap one node in a list, or take the first member of a list out."""
    if (where := _pick(chance, root)) is not None:
        node = where[0][where[1]]
        where[0][where[1]] = node[0] if isinstance(node, list) and node else [node]


def swap(chance: random.Random, root: Any) -> None:
    """Copy one subtree over another."""
    source, target = _pick(chance, root), _pick(chance, root)
    if source is not None and target is not None:
        target[0][target[1]] = copy.deepcopy(source[0][source[1]])


def rename(chance: random.Random, root: Any) -> None:
    """Rename one key."""
    if (where := _pick(chance, root)) is not None and isinstance(where[0], dict):
        where[0][chance.choice(("", "x", "resourceType", "value", where[1].upper()))] = where[0].pop(where[1])


def repeat(chance: random.Random, root: Any) -> None:
    """Repeat or shuffle the members of a list."""
    if (where := _pick(chance, root)) is not None:
        node = where[0][where[1]]
        if isinstance(node, list) and len(node) < 200:
            node.extend(copy.deepcopy(node))
            chance.shuffle(node)


def deepen(chance: random.Random, root: Any) -> None:
    """Bury one node under many lists."""
    if (where := _pick(chance, root)) is not None:
        node = where[0][where[1]]
        for _ in range(chance.choice((3, 30, 90, 300))):
            node = [node]
        where[0][where[1]] = node


def stringify(chance: random.Random, root: Any) -> None:
    """Turn a number into a text, or a text into a number."""
    if (where := _pick(chance, root)) is not None:
        node = where[0][where[1]]
        if isinstance(node, bool):
            return
        if isinstance(node, int | float):
            where[0][where[1]] = str(node)
        elif isinstance(node, str):
            where[0][where[1]] = chance.choice((4.2, -4.2, 0, 1e9))


STRUCTURAL = (drop, replace, replace, wrap, swap, rename, repeat, deepen, stringify)


def _truncate(chance: random.Random, raw: bytes) -> bytes:
    return raw[: chance.randrange(len(raw))]


def _flip(chance: random.Random, raw: bytes) -> bytes:
    at = chance.randrange(len(raw))
    return raw[:at] + bytes((chance.randrange(256),)) + raw[at + 1 :]


def _literal(chance: random.Random, raw: bytes) -> bytes:
    at = raw.find(b":", chance.randrange(len(raw)))
    return (
        raw
        if at < 0
        else raw[: at + 1] + chance.choice((b"NaN,", b"1e400,", b"-Infinity,", b"01,")) + raw[at + 1 :]
    )


def _duplicate_key(chance: random.Random, raw: bytes) -> bytes:
    at = raw.find(b"{", chance.randrange(len(raw)))
    return raw if at < 0 else raw[: at + 1] + b'"id":"a","id":"b",' + raw[at + 1 :]


def _encode(chance: random.Random, raw: bytes) -> bytes:
    return raw.decode("utf-8", "replace").encode(chance.choice(("utf-16", "utf-8-sig", "utf-32")))


BYTES = (_truncate, _flip, _flip, _literal, _duplicate_key, _encode)


# What several deepenings of one node come to: too deep for this generator itself to copy or write.
VERY_DEEP = b"[" * 4000 + b"]" * 4000


def mutant(chance: random.Random, request: dict[str, Any]) -> tuple[bytes, Any]:
    """Return a mutated body, and its JSON value where the mutation kept it JSON (else None)."""
    value = copy.deepcopy(request)
    try:
        for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
            chance.choice(STRUCTURAL)(chance, value)
        raw = json.dumps(value, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")
    except RecursionError:
        return VERY_DEEP, None
    if raw and chance.random() < 0.12:
        return chance.choice(BYTES)(chance, raw), None
    return raw, value
