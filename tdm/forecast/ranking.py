"""Which option is recommended once each has its chances: the smallest change that is about as good as any."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from enum import StrEnum
from math import inf
from typing import NamedTuple

from tdm.decision import LESS_DRUG, Option
from tdm.forecast.result import NoChoice
from tdm.knowledge.model import Policy

DAYS_PER_WEEK = 7
EVEN = 0.5
SAME_DRUG = 1.02  # doses are rounded to mg or to vials: half the dose twice as often is no less drug


class Condition(StrEnum):
    """What a recommended option meets beside the cut; each with its words in the cards."""

    CEILING = "within-ceiling"  # no more likely to pass the ceiling than the site allows
    NO_MORE_DRUG = "no-more-drug"  # no more drug than an option that is set aside for the ceiling
    LEAST_CHANCE = "least-chance"  # at least the site's least chance, an even one as shipped


# The last has all. Without the ceiling nothing is set aside, so that more drug than that means nothing.
SHORTEST_FIRST = (
    frozenset[Condition](),
    frozenset({Condition.CEILING}),
    frozenset({Condition.LEAST_CHANCE}),
    frozenset({Condition.CEILING, Condition.NO_MORE_DRUG}),
    frozenset({Condition.CEILING, Condition.LEAST_CHANCE}),
    frozenset(Condition),
)


class Ranking(NamedTuple):
    """The options in their new order with at most one recommended, and those that are about as good as it.

    `no_choice` says why none is recommended.
    """

    options: tuple[Option, ...]
    about_as_good: tuple[Option, ...] = ()
    no_choice: NoChoice | None = None


class Rated(NamedTuple):
    """A candidate with what it is judged by, asked once. `chance` is the cautious one to reach the aim.

    `set_aside`: too likely to pass the ceiling, or (`by_goal`) only the limit that the site's goal lifted.
    """

    option: Option
    chance: float
    weekly_mg: float
    set_aside: bool
    by_goal: bool


def rank(options: Sequence[Option], policy: Policy) -> Ranking:
    """Move the recommendation to the smallest change within the site's cut of the best option.

    A candidate is an option with a chance that is not provisional and keeps below the site's limit of passing
    the ceiling. What is set aside for passing it is no reason for more drug: nothing that uses more of it per
    week is recommended instead. Nor does a goal of the site re-admit what would be set aside without it. What
    has less than an even chance is never recommended; where all have, none is, and all keep the order of the
    rule. Otherwise candidates change their places: by chance, then by drug per week, then by visits.
    """
    places = [place for place, one in enumerate(options) if is_candidate(one)]
    rated = [_rated(options[place], policy) for place in places]
    good = _good(rated, policy, SHORTEST_FIRST[-1])
    if not good:
        return Ranking(_placed(options, places, rated), no_choice=_why_none(rated, policy))
    chosen = good[0]
    order = sorted(rated, key=lambda one: (one is not chosen, -one.chance, _by_change(one)))
    return Ranking(_placed(options, places, order, chosen), tuple([_marked(one, chosen) for one in good]))


def deciding_conditions(options: Sequence[Option], policy: Policy) -> frozenset[Condition]:
    """The fewest conditions that lead to the recommended option: what a reader needs to follow the choice."""
    rated = [_rated(one, policy) for one in options if is_candidate(one)]
    for conditions in SHORTEST_FIRST[:-1]:
        good = _good(rated, policy, conditions)
        if good and good[0].option.recommended:
            return conditions
    return SHORTEST_FIRST[-1]


def _good(rated: Sequence[Rated], policy: Policy, conditions: Collection[Condition]) -> list[Rated]:
    """What meets the conditions and lies within the site's cut of the best that does: small changes first."""
    allowed, least = list(rated), 0.0
    if Condition.CEILING in conditions:
        allowed = [one for one in rated if not one.set_aside]
    if Condition.NO_MORE_DRUG in conditions:
        least_aside = min([one.weekly_mg for one in rated if one.set_aside], default=inf)
        allowed = [one for one in allowed if one.weekly_mg <= least_aside * SAME_DRUG]
    if Condition.LEAST_CHANCE in conditions:
        least = policy.forecast_least_chance
    best = max([one.chance for one in allowed], default=0.0)
    cut = max(best - policy.forecast_within_points / 100, least)
    return sorted([one for one in allowed if one.chance >= cut], key=_by_change)


def _why_none(rated: Sequence[Rated], policy: Policy) -> NoChoice:
    least, within = policy.forecast_least_chance, [one for one in rated if not one.set_aside]
    if any(one.by_goal and one.chance >= least for one in rated):
        return NoChoice.GOAL
    if not within:
        return NoChoice.ABOVE_CEILING
    if any(one.chance >= least for one in within):
        return NoChoice.MORE_DRUG
    return NoChoice.NO_EVEN_CHANCE if len(within) == len(rated) else NoChoice.BETWEEN


def is_candidate(option: Option) -> bool:
    """Whether an option has a chance to be judged by and may be advised."""
    return not option.provisional and option.predicted is not None and option.predicted.reaches is not None


def _rated(option: Option, policy: Policy) -> Rated:
    predicted = option.predicted
    reaches = None if predicted is None else predicted.reaches
    passes, aside = passes_ceiling(option, policy), is_set_aside(option, policy)
    return Rated(option, reaches or 0.0, weekly_mg(option), aside, by_goal=aside and not passes)


def passes_ceiling(option: Option, policy: Policy) -> bool:
    """Whether an option is more likely to pass the ceiling than the site allows."""
    exceeds = None if option.predicted is None else option.predicted.exceeds
    return exceeds is not None and exceeds > policy.forecast_ceiling_chance_limit


def is_set_aside(option: Option, policy: Policy) -> bool:
    """Whether an option is too likely to pass the ceiling, or the limit that the site's goal lifted."""
    usual = None if option.predicted is None else option.predicted.exceeds_usual
    return passes_ceiling(option, policy) or (
        usual is not None and usual > policy.forecast_ceiling_chance_limit
    )


def at_even_odds(option: Option, policy: Policy) -> bool:
    """Whether less drug is about as likely to lose what is to be kept as not, as far as the models can tell.

    Chances that differ by less than the site's cut count as equal, here as in the ranking.
    """
    if option.kind not in LESS_DRUG or option.predicted is None or option.predicted.reaches is None:
        return False
    return option.predicted.reaches < even_odds_below(policy)


def even_odds_below(policy: Policy) -> float:
    """The chance from which on less drug is clearly more likely than not to keep what is to be kept."""
    return EVEN + policy.forecast_within_points / 100


def weekly_mg(option: Option) -> float:
    """Drug per week in mg; 0.0 where the option names no interval."""
    return (option.dose_mg or 0.0) / option.interval_days * DAYS_PER_WEEK if option.interval_days else 0.0


def _by_change(one: Rated) -> tuple[float, float]:
    """Small changes first: the less drug per week, then the fewer visits."""
    return one.weekly_mg, -(one.option.interval_days or 0.0)


def _placed(
    options: Sequence[Option], places: Sequence[int], rated: Sequence[Rated], chosen: Rated | None = None
) -> tuple[Option, ...]:
    """The options with the rated ones in their order, in the places that rated options have."""
    placed = list(options)
    for place, one in zip(places, rated, strict=True):
        placed[place] = _marked(one, chosen)
    return tuple(placed)


def _marked(one: Rated, chosen: Rated | None) -> Option:
    """The option as recommended or not; most are what they were, and stay themselves."""
    if one.option.recommended is (one is chosen):
        return one.option
    return replace(one.option, recommended=one is chosen)
