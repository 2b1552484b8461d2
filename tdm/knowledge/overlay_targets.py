"""One target row of a site, each number within its bound."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tdm.decision import Target
from tdm.knowledge.building import is_number
from tdm.knowledge.check_evidence import target_numbers
from tdm.knowledge.errors import KnowledgeError
from tdm.knowledge.model import AppliedOverride, Knowledge
from tdm.knowledge.overlay_policy import check_bound, spoken
from tdm.knowledge.overlay_signature import SIGNATURE, refuse_unknown, signature, table

FIELD_OF = {
    "act_below": "act_below_ug_ml",
    "aim": "aim_ug_ml",
    "aim_upper": "aim_upper_ug_ml",
    "ceiling": "ceiling_ug_ml",
    "grey_limit": "grey_limit_ug_ml",
}


def override_target(row: str, entry: object, knowledge: Knowledge) -> tuple[Target, list[AppliedOverride]]:
    """The row with the site's numbers, and one record per number; `KnowledgeError` on any fault.

    A number that the row does not have cannot be given to it: that would change what the row means.
    """
    key = f"targets.{row}"
    refuse_unknown(row, knowledge.targets, key, "target row")
    fields = table(entry, key)
    for field in fields:
        refuse_unknown(field, (*FIELD_OF, *SIGNATURE), f"{key}.{field}", "field")
    target = knowledge.targets[row]
    before = target_numbers(target)
    changes: dict[str, Any] = {}
    names = [name for name in FIELD_OF if name in fields]
    if not names:
        raise KnowledgeError(key, f"changes nothing; it may give {', '.join(FIELD_OF)}")
    signed = signature(fields, key)
    done = []
    for name in names:
        value = fields[name]
        number_key = f"{key}.{name}"
        if before[name] is None:
            raise KnowledgeError(number_key, "this row has no such number")
        if not is_number(value):
            raise KnowledgeError(number_key, "must be a number")
        bounds = knowledge.bounds
        check_bound(bounds.rows.get(row, {}).get(name) or bounds.targets[name], value, number_key)
        changes[FIELD_OF[name]] = float(value)
        done.append(
            AppliedOverride(
                key=number_key,
                before=spoken(before[name]),
                after=spoken(float(value)),
                reason=signed.reason,
                approver=signed.approver,
                day=signed.day,
            )
        )
    changed = replace(target, local=True, **changes)
    return replace(changed, evidence=remaining_evidence(target, changed, knowledge)), done


def remaining_evidence(before: Target, after: Target, knowledge: Knowledge) -> tuple[str, ...]:
    """The evidence that still speaks for the row: not what supported only a number that the site replaced."""
    kept = set(target_numbers(after).values())
    gone = {value for value in target_numbers(before).values() if value not in kept}
    remaining = []
    for name in before.evidence:
        row = knowledge.evidence[name]
        gives = {row.value, row.value_upper} - {None}
        if gives & kept or not gives & gone:
            remaining.append(name)
    return tuple(remaining)
