"""A site's own targets, policies and assays: checked against the bounds, signed, and marked as local."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from tdm.knowledge.building import frozen
from tdm.knowledge.checks import check_assays, check_policy_order, check_target_order
from tdm.knowledge.model import AppliedOverride, Knowledge
from tdm.knowledge.overlay_assays import override_assay
from tdm.knowledge.overlay_policy import override_policy
from tdm.knowledge.overlay_targets import override_target


@dataclass(frozen=True, slots=True)
class TdmOverlay:
    """The tables of a site's overlay file that concern the medicine, as TOML gives them.

    `policy` maps a policy name to {value, reason, approver, date}; `targets` a target row to the numbers it
    changes (act_below, aim, aim_upper, ceiling, grey_limit) with {reason, approver, date}; `assays` an id to
    an assay as in assays.toml with {reason, approver, date}: it adds an assay, or replaces the one of that
    id. Rules are switched off by `policy.rules_off`. Nothing is checked before `apply_overlay`.
    """

    policy: Mapping[str, Any] = field(default_factory=dict)
    targets: Mapping[str, Any] = field(default_factory=dict)
    assays: Mapping[str, Any] = field(default_factory=dict)


def apply_overlay(knowledge: Knowledge, overlay: TdmOverlay) -> Knowledge:
    """Return the knowledge as the site uses it; the same object where the overlay is empty.

    Raises `KnowledgeError` naming the dotted key ("policy.alt_hold_multiple") for an unknown key (with the
    nearest known one), a value out of bounds or of the wrong type, a fixed value, a rule that stays on, a
    missing reason, approver or date, and for values that are no longer in order with each other.
    """
    if not (overlay.policy or overlay.targets or overlay.assays):
        return knowledge
    applied: list[AppliedOverride] = []

    policy = knowledge.policy
    for name, entry in sorted(overlay.policy.items()):
        policy, done = override_policy(policy, name, entry, knowledge)
        applied.append(done)
    check_policy_order(policy)

    targets = dict(knowledge.targets)
    for row, entry in sorted(overlay.targets.items()):
        targets[row], changed = override_target(row, entry, knowledge)
        check_target_order(row, targets[row])
        applied.extend(changed)

    assays = {assay.id: assay for assay in knowledge.assays}
    for name, entry in sorted(overlay.assays.items()):
        assays[name], done = override_assay(name, entry, knowledge)
        applied.append(done)
    check_assays(assays.values())

    return replace(
        knowledge,
        policy=policy,
        targets=frozen(targets),
        # the site's own assays are tried first: they know their laboratory better than the packaged table
        assays=tuple(sorted(assays.values(), key=lambda assay: (not assay.local, assay.id))),
        policy_evidence=MappingProxyType(
            {name: ids for name, ids in knowledge.policy_evidence.items() if name not in overlay.policy}
        ),
        local_keys=knowledge.local_keys | {override.key for override in applied},
        overrides=(*knowledge.overrides, *applied),
        content_hash=overlaid_hash(knowledge.content_hash, applied),
    )


def overlaid_hash(base: str, applied: list[AppliedOverride]) -> str:
    """SHA-256 of the packaged content hash and every override, in the order of their keys."""
    entries = [
        [done.key, done.after, done.reason, done.approver, done.day]
        for done in sorted(applied, key=lambda done: done.key)
    ]
    return hashlib.sha256(json.dumps([base, entries], ensure_ascii=False).encode()).hexdigest()
