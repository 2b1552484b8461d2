"""What the Kang/Choi cohort of children showed at a given trough, for one sentence of a card.

The cohort: children with luminal Crohn's disease in intravenous maintenance, refractory perianal disease
excluded. It says nothing about adults, induction, subcutaneous infliximab or perianal fistulas, and a share
of children that healed is not a chance of healing for the child at hand.
"""

from __future__ import annotations

from dataclasses import dataclass

from tdm.decision import AgeGroup, Phase, Situation
from tdm.facts import Route
from tdm.knowledge.model import EvidenceRow, Knowledge

# Highest cut-off first: the first one that a level reaches is the nearest at or below it.
HEALING_TABLE = tuple(f"kang-choi-2019-table-4-{cut}" for cut in ("8-5", "6", "5-3", "5", "4-5", "3-5", "3"))
HEALING_AT_8 = "kang-choi-2019-healing-at-8"
HEALING_BELOW_2 = "kang-choi-2019-healing-below-2"
HIGH_FROM_UG_ML = 8.0
LOW_BELOW_UG_ML = 2.0


@dataclass(frozen=True, slots=True)
class CohortFinding:
    """One figure of the cohort at a level. Percentages are 0-100; None: not given, or disputed.

    `from_ug_ml` and `below_ug_ml` bound the levels it speaks of. `healed_percent` is the share of those
    children whose mucosa had healed (SES-CD 0): for a cut-off that is its positive predictive value.
    `approximate` marks a figure that the authors read from a chart.
    """

    evidence_id: str
    healed_percent: float
    from_ug_ml: float | None = None
    below_ug_ml: float | None = None
    approximate: bool = False
    sensitivity: float | None = None
    specificity: float | None = None
    ppv: float | None = None
    npv: float | None = None
    n: int | None = None


def cohort_findings(situation: Situation, knowledge: Knowledge) -> tuple[CohortFinding, ...]:
    """What the cohort showed at the situation's level; nothing where the cohort does not speak of it."""
    if (
        situation.level_ug_ml is None
        or situation.age_group is not AgeGroup.CHILD
        or situation.route is not Route.INTRAVENOUS
        or situation.phase is not Phase.MAINTENANCE
        or situation.perianal_row
    ):
        return ()
    return findings_at(situation.level_ug_ml, knowledge)


def findings_at(level_ug_ml: float, knowledge: Knowledge) -> tuple[CohortFinding, ...]:
    """The one figure nearest at or below the level: a cut-off, or the chart's where the level is in its ends.

    From 2 to below 3 µg/mL the paper gives no figure, and the answer is empty.
    """
    evidence = knowledge.evidence
    if level_ug_ml < LOW_BELOW_UG_ML:
        return (_share(evidence[HEALING_BELOW_2], below_ug_ml=LOW_BELOW_UG_ML),)
    for name in HEALING_TABLE:
        row = evidence[name]
        if row.value is None or level_ug_ml < row.value:
            continue
        if row.value < HIGH_FROM_UG_ML <= level_ug_ml:
            break
        return (_cutoff(row),)
    if level_ug_ml >= HIGH_FROM_UG_ML:
        return (_share(evidence[HEALING_AT_8], from_ug_ml=HIGH_FROM_UG_ML),)
    return ()


def _cutoff(row: EvidenceRow) -> CohortFinding:
    return CohortFinding(
        evidence_id=row.id,
        healed_percent=row.ppv or 0.0,
        from_ug_ml=row.value,
        sensitivity=_undisputed(row, "sensitivity", row.sensitivity),
        specificity=_undisputed(row, "specificity", row.specificity),
        ppv=_undisputed(row, "ppv", row.ppv),
        npv=_undisputed(row, "npv", row.npv),
        n=row.n,
    )


def _share(
    row: EvidenceRow, *, from_ug_ml: float | None = None, below_ug_ml: float | None = None
) -> CohortFinding:
    return CohortFinding(
        evidence_id=row.id,
        healed_percent=row.value or 0.0,
        from_ug_ml=from_ug_ml,
        below_ug_ml=below_ug_ml,
        approximate=True,
        n=row.n,
    )


def _undisputed(row: EvidenceRow, name: str, value: float | None) -> float | None:
    """A number of the row, unless its source contradicts it."""
    return None if name in row.disputed else value
