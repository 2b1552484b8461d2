"""Changes to a request that change nothing of its meaning: order, copies, ids, equal units and instants."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

Request = dict[str, Any]
Resource = dict[str, Any]

MICROGRAM_ALIASES = ("ug/mL", "mcg/mL", "\u00b5g/mL", "\u03bcg/mL", "mg/L")


def resources(request: Request) -> Iterator[Resource]:
    """Yield every resource of the prefetch."""
    for value in request.get("prefetch", {}).values():
        if isinstance(value, dict) and value.get("resourceType") == "Bundle":
            for entry in value.get("entry", []):
                yield entry["resource"]
        elif isinstance(value, dict):
            yield value


def bundles(request: Request) -> Iterator[Resource]:
    """Yield every bundle of the prefetch that has entries."""
    for value in request.get("prefetch", {}).values():
        if isinstance(value, dict) and value.get("entry"):
            yield value


def shuffle(chance: random.Random, request: Request) -> None:
    """Put the entries of every bundle, and the prefetch keys, in another order."""
    for bundle in bundles(request):
        chance.shuffle(bundle["entry"])
    keys = list(request["prefetch"])
    chance.shuffle(keys)
    request["prefetch"] = {key: request["prefetch"][key] for key in keys}


def duplicate(chance: random.Random, request: Request) -> None:
    """Send some resources twice, as overlapping queries do."""
    for bundle in bundles(request):
        bundle["entry"].extend(
            copy.deepcopy(entry) for entry in list(bundle["entry"]) if chance.random() < 0.4
        )


def reidentify(chance: random.Random, request: Request) -> None:
    """Give every clinical resource another id; the patient keeps theirs.

    Two versions of one record (released, and taken back) stay versions of one record.
    """
    renamed: dict[tuple[str, str], str] = {}
    contents: dict[tuple[str, str], set[str]] = {}
    clinical = [r for r in resources(request) if r.get("resourceType") != "Patient" and "id" in r]
    for resource in clinical:
        contents.setdefault(_name(resource), set()).add(json.dumps(resource, sort_keys=True))
    versions = {name for name, texts in contents.items() if len(texts) > 1}
    for resource in clinical:
        name, fresh = _name(resource), f"{chance.getrandbits(64):x}"
        resource["id"] = renamed.setdefault(name, fresh) if name in versions else fresh


def _name(resource: Resource) -> tuple[str, str]:
    return resource["resourceType"], str(resource["id"])


def reunite(chance: random.Random, request: Request) -> None:
    """Write levels in another unit of equal meaning, CRP in mg/dL, and weights in grams."""
    for resource in resources(request):
        quantity = resource.get("valueQuantity")
        if not isinstance(quantity, dict) or not isinstance(quantity.get("value"), int | float):
            continue
        unit = quantity.get("unit")
        if unit == "ug/mL":
            alias = chance.choice(MICROGRAM_ALIASES)
            quantity["unit"] = alias
            quantity["code"] = "ug/mL" if chance.random() < 0.5 else alias
        elif unit == "mg/L":
            quantity |= {
                "value": float(Decimal(str(quantity["value"])) / 10),
                "unit": "mg/dL",
                "code": "mg/dL",
            }
        elif unit == "kg":
            quantity |= {"value": quantity["value"] * 1000, "unit": "g", "code": "g"}


def reclock(chance: random.Random, request: Request) -> None:
    """Write every instant with another offset; the instants stay."""
    for resource in resources(request):
        for key in ("effectiveDateTime", "issued", "authoredOn"):
            written = resource.get(key)
            if isinstance(written, str) and "T" in written and not written.endswith("Z"):
                zone = timezone(timedelta(hours=chance.randrange(-11, 13), minutes=chance.choice((0, 30))))
                resource[key] = datetime.fromisoformat(written).astimezone(zone).isoformat()


def add_noise(chance: random.Random, request: Request) -> None:
    """Add what vendors add: extensions, narrative, unknown fields, unrelated results."""
    for resource in resources(request):
        if chance.random() < 0.5:
            resource["extension"] = [{"url": "https://vendor.example/extension", "valueString": "4.2 ug/mL"}]
            resource["text"] = {"status": "generated", "div": "<div>infliximab 99 ug/mL</div>"}
            resource["_vendor"] = {"infliximab": [None]}
    request["extension"] = {"com.vendor.request": {"fhir-version": "R4"}}


def pad_status(chance: random.Random, request: Request) -> None:
    """Add the blanks that some servers leave around a status."""
    for resource in resources(request):
        status = resource.get("status")
        if isinstance(status, str) and chance.random() < 0.5:
            resource["status"] = f"{status} "


CHANGES: tuple[Callable[[random.Random, Request], None], ...] = (
    shuffle,
    duplicate,
    reidentify,
    reunite,
    reclock,
    add_noise,
    pad_status,
)


def same_meaning(seed: int, request: Request) -> Request:
    """Return a copy of the request, changed in every way that must not matter, chosen by `seed`."""
    chance = random.Random(seed)
    changed = copy.deepcopy(request)
    chosen = [change for change in CHANGES if chance.random() < 0.6] or list(CHANGES)
    chance.shuffle(chosen)
    for change in chosen:
        change(chance, changed)
    return changed
