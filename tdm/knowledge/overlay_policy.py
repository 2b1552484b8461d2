"""One policy value of a site, within its bound."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite
from typing import Any

from tdm.knowledge.building import POLICY_NAMES, is_number, policy_value
from tdm.knowledge.check_overlay import RULES_OFF, within
from tdm.knowledge.errors import KnowledgeError
from tdm.knowledge.model import AppliedOverride, Bound, Knowledge, Policy
from tdm.knowledge.overlay_signature import SIGNATURE, refuse_unknown, signature, table


def override_policy(
    policy: Policy, name: str, entry: object, knowledge: Knowledge
) -> tuple[Policy, AppliedOverride]:
    """The policy with one value replaced, and the record of it; `KnowledgeError` on any fault."""
    key = f"policy.{name}"
    refuse_unknown(name, POLICY_NAMES, key, "policy")
    if name in knowledge.bounds.fixed:
        raise KnowledgeError(key, f"cannot be changed by a site: {knowledge.bounds.fixed[name]}")
    fields = table(entry, key)
    for field in fields:
        refuse_unknown(field, ("value", *SIGNATURE), f"{key}.{field}", "field")
    if "value" not in fields:
        raise KnowledgeError(f"{key}.value", "is missing")
    value = policy_value(name, fields["value"], f"{key}.value")
    if name == RULES_OFF:
        check_rules_off(value, knowledge)
    else:
        check_bound(knowledge.bounds.policy[name], value, f"{key}.value")
    signed = signature(fields, key)
    done = AppliedOverride(
        key=key,
        before=spoken(getattr(policy, name)),
        after=spoken(value),
        reason=signed.reason,
        approver=signed.approver,
        day=signed.day,
    )
    changed: Any = {name: value}
    return replace(policy, **changed), done


def check_bound(bound: Bound, value: object, key: str) -> None:
    """A value outside its bound is a `KnowledgeError` that says the bound and why it is there."""
    if is_number(value) and not isfinite(value):
        raise KnowledgeError(key, "must be a finite number")
    if within(bound, value):
        return
    if bound.choices:
        allowed = "one of " + ", ".join(spoken(choice) for choice in bound.choices)
    else:
        allowed = f"from {spoken(bound.minimum)} to {spoken(bound.maximum)}"
    raise KnowledgeError(key, f"{spoken(value)} is out of bounds: {allowed}. {bound.why}")


def check_rules_off(rules: Any, knowledge: Knowledge) -> None:
    """Only rows of the decision table that give advice may be switched off."""
    key = f"policy.{RULES_OFF}"
    for rule in sorted(rules):
        for stays in knowledge.bounds.never_off:
            if rule == stays or (stays.endswith("-") and rule.startswith(stays)):
                raise KnowledgeError(key, f"{rule} cannot be switched off")
        refuse_unknown(rule, (name for name in knowledge.rules if name.startswith("R-")), key, f"rule {rule}")


def spoken(value: object) -> str:
    """A value as a person writes it: 5 rather than 5.0, true, a sorted list, "none"."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, frozenset):
        return ", ".join(sorted(value)) or "none"
    return str(value)
