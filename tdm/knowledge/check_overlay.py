"""Checks of the bounds of a site's overlay: every value is bounded or fixed, and the defaults keep them."""

from __future__ import annotations

from tdm.knowledge.building import POLICY_NAMES
from tdm.knowledge.check_evidence import target_numbers
from tdm.knowledge.errors import KnowledgeError
from tdm.knowledge.model import Bound, Knowledge

# Which rows a site may switch off is said by `never_off`, not by a bound.
RULES_OFF = "rules_off"


def check_bounds(knowledge: Knowledge) -> None:
    """Every policy value and target number has a bound or is fixed, none is bounded that does not exist."""
    bounds = knowledge.bounds
    for name in (*bounds.policy, *bounds.fixed):
        if name not in POLICY_NAMES:
            raise KnowledgeError(f"bounds.toml: {name}", "no such policy value")
    for name in POLICY_NAMES:
        if name == RULES_OFF:
            continue
        if (name in bounds.policy) is (name in bounds.fixed):
            raise KnowledgeError(f"bounds.toml: {name}", "must be either bounded or fixed")
        if name in bounds.policy and not within(bounds.policy[name], getattr(knowledge.policy, name)):
            raise KnowledgeError(f"bounds.toml: policy.{name}", "the default is out of bounds")
    for row in bounds.rows:
        if row not in knowledge.targets:
            raise KnowledgeError(f"bounds.toml: rows.{row}", "no such target row")
    for row, target in knowledge.targets.items():
        for name, value in target_numbers(target).items():
            bound = bounds.rows.get(row, {}).get(name) or bounds.targets.get(name)
            if value is not None and (bound is None or not within(bound, value)):
                raise KnowledgeError(f"bounds.toml: rows.{row}.{name}", "the default is not within a bound")


def within(bound: Bound, value: object) -> bool:
    """Whether a value keeps its bound: a number within the range, or one of the choices.

    No treatment goal is the choice "none". A bool is no number, and a number is no choice.
    """
    if bound.choices:
        return ("none" if value is None else value) in bound.choices
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return bound.minimum is not None and bound.maximum is not None and bound.minimum <= value <= bound.maximum
