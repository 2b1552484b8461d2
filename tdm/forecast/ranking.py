"""Which option is recommended once each has its chances: the smallest change that is about as good as any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import inf
from typing import NamedTuple

from tdm.decision import Option
from tdm.forecast.result import NoChoice
from tdm.knowledge.model import Policy

DAYS_PER_WEEK = 7
SAME_DRUG = 1.02  # doses are rounded to mg or to vials: half the dose twice as often is no less drug


class Ranking(NamedTuple):
    """The options in their new order with at most one recommended, and those that are about as good as it.

    `no_choice` says why none is recommended.
    """

    options: tuple[Option, ...]
    about_as_good: tuple[Option, ...] = ()
    no_choice: NoChoice | None = None


class Rated(NamedTuple):
    """A candidate with what it is judged by, asked once. `chance` is the cautious one to reach the aim."""

    option: Option
    chance: float
    weekly_mg: float
    passes_ceiling: bool


def rank(options: Sequence[Option], policy: Policy) -> Ranking:
    """Move the recommendation to the smallest change within the site's cut of the best option.

    A candidate is an option with a chance that is not provisional and keeps below the site's limit of passing
    the ceiling. What is set aside for passing it is no reason for more drug: nothing that uses more of it per
    week is recommended instead. What has less than an even chance is never recommended; where all have, none
    is, and all keep the order of the rule. Otherwise candidates change their places: by chance, then by drug
    per week, then by visits.
    """
    places = [place for place, one in enumerate(options) if is_candidate(one)]
    rated = [_rated(options[place], policy) for place in places]
    within = [one for one in rated if not one.passes_ceiling]
    if not within:
        return Ranking(_placed(options, places, rated), no_choice=NoChoice.ABOVE_CEILING)
    least_aside = min([one.weekly_mg for one in rated if one.passes_ceiling], default=inf)
    allowed = [one for one in within if one.weekly_mg <= least_aside * SAME_DRUG]
    best = max([one.chance for one in allowed], default=0.0)
    cut = max(best - policy.forecast_within_points / 100, policy.forecast_least_chance)
    good = sorted([one for one in allowed if one.chance >= cut], key=_by_change)
    if not good:
        why = NoChoice.NO_EVEN_CHANCE if len(within) == len(rated) else NoChoice.BETWEEN
        if any(one.chance >= policy.forecast_least_chance for one in within):
            why = NoChoice.MORE_DRUG
        return Ranking(_placed(options, places, rated), no_choice=why)
    chosen = good[0]
    order = sorted(rated, key=lambda one: (one is not chosen, -one.chance, _by_change(one)))
    return Ranking(_placed(options, places, order, chosen), tuple([_marked(one, chosen) for one in good]))


def is_candidate(option: Option) -> bool:
    """Whether an option has a chance to be judged by and may be advised."""
    return not option.provisional and option.predicted is not None and option.predicted.reaches is not None


def _rated(option: Option, policy: Policy) -> Rated:
    predicted = option.predicted
    reaches = None if predicted is None else predicted.reaches
    return Rated(option, reaches or 0.0, weekly_mg(option), passes_ceiling(option, policy))


def passes_ceiling(option: Option, policy: Policy) -> bool:
    """Whether an option is more likely to pass the ceiling than the site allows."""
    exceeds = None if option.predicted is None else option.predicted.exceeds
    return exceeds is not None and exceeds > policy.forecast_ceiling_chance_limit


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
