"""Steps of certainty: how doubts about the data lower the certainty of an answer."""

from __future__ import annotations

from tdm.decision import Certainty


def step_down(certainty: Certainty, steps: int) -> Certainty:
    """Return `certainty` lowered by `steps`: strong, moderate, weak. Weak and conflicting stay."""
    if steps <= 0 or certainty in (Certainty.WEAK, Certainty.CONFLICTING):
        return certainty
    if certainty is Certainty.STRONG and steps == 1:
        return Certainty.MODERATE
    return Certainty.WEAK


def caution_rank(certainty: Certainty) -> int:
    """Return a rank that is lowest for the certainty to show when several readings agree on the verdict.

    Conflicting comes first: that the sources disagree must not be lost behind a mere "weak".
    """
    order = (Certainty.CONFLICTING, Certainty.WEAK, Certainty.MODERATE, Certainty.STRONG)
    return order.index(certainty)
