"""Checks of the evidence: it cites, it adds up, and every published number of a target row rests on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from tdm.decision import Target
from tdm.knowledge.citing import citable
from tdm.knowledge.cohort import HEALING_AT_8, HEALING_BELOW_2, HEALING_TABLE
from tdm.knowledge.errors import KnowledgeError
from tdm.knowledge.model import EvidenceRow, Knowledge

# A printed percentage may be rounded to a whole number, no further.
ROUNDING_PERCENT = 0.5


def check_evidence(knowledge: Knowledge) -> None:
    """Every citation resolves and is used, and no row contradicts itself."""
    used = set()
    for row in knowledge.evidence.values():
        key = f"evidence.toml: rows.{row.id}"
        for name in (row.citation, *([row.quoted_in] if row.quoted_in else [])):
            if name not in knowledge.citations:
                raise KnowledgeError(key, f"citation {name!r} is not in citations.toml")
            used.add(name)
        check_row(row, key)
    for model in knowledge.models.values():
        used.update(model.sources, model.accuracy_sources)
    for name in knowledge.citations:
        if name not in used:
            raise KnowledgeError(f"citations.toml: {name}", "no evidence row and no model cites it")


def check_row(row: EvidenceRow, key: str) -> None:
    """Ranges enclose their value, and a share agrees with its count."""
    if row.value is None:
        return
    if row.value_upper is not None and row.value_upper <= row.value:
        raise KnowledgeError(f"{key}.value_upper", "must be above value")
    if not encloses(row.lower, row.value, row.upper):
        raise KnowledgeError(f"{key}.lower", "the interval does not contain the value")
    if not encloses(row.versus_lower, row.versus, row.versus_upper):
        raise KnowledgeError(f"{key}.versus_lower", "the interval does not contain the value")
    if row.count is None or row.n is None:
        return
    if abs(100 * row.count / row.n - row.value) > ROUNDING_PERCENT:
        raise KnowledgeError(f"{key}.value", f"{row.count} of {row.n} is another percentage")


def encloses(lower: float | None, value: float | None, upper: float | None) -> bool:
    """Whether an interval contains its value; an interval that is not given contradicts nothing."""
    return lower is None or value is None or upper is None or lower <= value <= upper


def check_references(knowledge: Knowledge) -> None:
    """Every evidence id that is named anywhere exists; what can reach a card can also be cited."""
    for key, ids in cited_anywhere(knowledge):
        for name in ids:
            if name not in knowledge.evidence:
                raise KnowledgeError(key, f"evidence {name!r} does not exist")
            if not citable(knowledge, name):
                raise KnowledgeError(key, f"evidence {name!r} is unverified or policy and cannot be cited")
    for rule in knowledge.rule_evidence:
        if rule not in knowledge.rules and rule not in knowledge.gates:
            raise KnowledgeError(f"rule_evidence.toml: {rule}", "no rule or gate of this id has a sentence")
    for entry in knowledge.ledger:
        for name in entry.evidence:
            if name not in knowledge.evidence:
                raise KnowledgeError(f"ledger.toml: {entry.id}", f"evidence {name!r} does not exist")


def cited_anywhere(knowledge: Knowledge) -> Iterator[tuple[str, Iterable[str]]]:
    """Every list of evidence ids that can reach a card, with the key where it stands."""
    for row, target in knowledge.targets.items():
        yield f"targets.toml: rows.{row}.evidence", target.evidence
    for goal, goal_ids in knowledge.goal_evidence.items():
        yield f"targets.toml: goals.{goal}.evidence", goal_ids
    for name, ids in knowledge.policy_evidence.items():
        yield f"policy.toml: {name}.evidence", ids
    for assay in knowledge.assays:
        yield f"assays.toml: {assay.id}.evidence", assay.evidence
    for rule, rule_ids in knowledge.rule_evidence.items():
        yield f"rule_evidence.toml: {rule}", rule_ids
    yield "tdm/knowledge/cohort.py", (*HEALING_TABLE, HEALING_AT_8, HEALING_BELOW_2)


def check_target_support(knowledge: Knowledge) -> None:
    """Every number of a target row or goal is policy, or stands in an evidence row that it names."""
    for row, target in knowledge.targets.items():
        supported = supported_numbers(target.evidence, knowledge.evidence)
        for name, value in target_numbers(target).items():
            if value is None or name in knowledge.target_policy.get(row, ()):
                continue
            if value not in supported:
                raise KnowledgeError(f"targets.toml: rows.{row}.{name}", f"no evidence named gives {value}")
    for (goal, age_group), value in knowledge.goal_values.items():
        if value not in supported_numbers(knowledge.goal_evidence[goal], knowledge.evidence):
            key = f"targets.toml: goals.{goal}.{age_group}"
            raise KnowledgeError(key, f"no evidence named gives {value}")


def supported_numbers(ids: Iterable[str], evidence: Mapping[str, EvidenceRow]) -> frozenset[float]:
    """The values that the named rows give."""
    values = ((evidence[name].value, evidence[name].value_upper) for name in ids)
    return frozenset(value for pair in values for value in pair if value is not None)


def target_numbers(target: Target) -> dict[str, float | None]:
    """The numbers of a row by the names that the files use."""
    return {
        "act_below": target.act_below_ug_ml,
        "aim": target.aim_ug_ml,
        "aim_upper": target.aim_upper_ug_ml,
        "ceiling": target.ceiling_ug_ml,
        "grey_limit": target.grey_limit_ug_ml,
    }
