"""What a row of the decision table is made of: conditions over a `Situation` and the outcome it gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from tdm.decision import Certainty, OptionKind, Situation, SwitchDirection, Verdict


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a row, in words for people and as a predicate for the machine.

    A condition that asks for nothing but a value of one field of the situation names that `field` and the
    `values` for which it holds, so that rows which cannot match are set aside beforehand.
    """

    words: str
    holds: Callable[[Situation], bool]
    field: str = ""
    values: tuple[object, ...] = ()


class OptionFamily(StrEnum):
    """Options that depend on the regimen in force and are worked out by `tdm.options`."""

    ESCALATION = "escalation"
    DEESCALATION = "de-escalation"


@dataclass(frozen=True, slots=True)
class Offer:
    """An option as a row names it, before doses and intervals are filled in.

    `recommended`: the row advises it. `provisional`: named, but not advised until a missing fact is there.
    """

    kind: OptionKind | OptionFamily
    recommended: bool = False
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a row answers. `remarks` are ids of further sentences in `knowledge/rules.toml`.

    `direction` is where a switch leads first, `alternatives` where else it may.
    """

    verdict: Verdict
    certainty: Certainty
    offers: tuple[Offer, ...] = ()
    direction: SwitchDirection | None = None
    alternatives: tuple[SwitchDirection, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the decision table under its contract id.

    All conditions must hold. `policy_keys` are the names of the site policies that the row reads.
    """

    id: str
    conditions: tuple[Condition, ...]
    outcome: Callable[[Situation], Outcome]
    policy_keys: tuple[str, ...] = ()

    def matches(self, situation: Situation) -> bool:
        """Return whether the row answers this situation, its place in the table left aside."""
        for condition in self.conditions:  # noqa: SIM110 - a plain loop: the hottest line of a decision
            if not condition.holds(situation):
                return False
        return True

    def failing(self, situation: Situation) -> tuple[str, ...]:
        """Return in words the conditions that do not hold."""
        return tuple(condition.words for condition in self.conditions if not condition.holds(situation))


@dataclass(frozen=True, slots=True)
class TableNumbers:
    """The numbers, in µg/mL, that rows compare a level with beside its class.

    Below `immunogenic_low_below` a low level with high antibodies is immunogenic failure;
    `subcutaneous_active_from` is the subcutaneous level that active disease asks for;
    `deescalation_fistula_above` is the level above which less drug is an option in spite of a past fistula.
    """

    immunogenic_low_below: float
    subcutaneous_active_from: float
    deescalation_fistula_above: float
