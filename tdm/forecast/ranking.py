"""Which option is recommended once each has its chances: the smallest change that is about as good as any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING, NamedTuple

from tdm.decision import LESS_DRUG
from tdm.forecast.result import NoChoice

if TYPE_CHECKING:
    from tdm.decision import Option
    from tdm.knowledge.model import Policy

DAYS_PER_WEEK = 7
EVEN = 0.5
SAME_DRUG = 1.02  # doses are rounded to mg or to vials: half the dose twice as often is no less drug


class Ranking(NamedTuple):
    """The options in their new order with at most one recommended, and those that are about as good as it.

    `no_choice` says why none is recommended.
    """

    options: tuple[Option, ...]
    about_as_good: tuple[Option, ...] = ()
    no_choice: NoChoice | None = None


def rank(options: Sequence[Option], policy: Policy) -> Ranking:
    """Move the recommendation to the smallest change within the site's cut of the best option.

    A candidate is an option with a chance that is not provisional and keeps below the site's limit of passing
    the ceiling. What is set aside for passing it is no reason for more drug: nothing that uses more of it per
    week is recommended instead. Nor does a goal of the site re-admit what would be set aside without it. What
    has less than an even chance is never recommended; where all have, none is, and all keep the order of the
    rule. Otherwise candidates change their places: by chance, then by drug per week, then by visits.
    """
    rated = [one for one in options if is_candidate(one)]
    within = [one for one in rated if not is_set_aside(one, policy)]
    least_aside = min((weekly_mg(one) for one in rated if is_set_aside(one, policy)), default=inf)
    allowed = [one for one in within if weekly_mg(one) <= least_aside * SAME_DRUG]
    best = max((chance(one) for one in allowed), default=0.0)
    cut = max(best - policy.forecast_within_points / 100, policy.forecast_least_chance)
    good = sorted((one for one in allowed if chance(one) >= cut), key=by_change)
    if not good:
        return Ranking(_unmarked(options), no_choice=_why_none(rated, within, policy))
    ranked = _reordered(options, rated, good[0])
    return Ranking(ranked, tuple([replace(one, recommended=one is good[0]) for one in good]))


def _why_none(rated: Sequence[Option], within: Sequence[Option], policy: Policy) -> NoChoice:
    least = policy.forecast_least_chance
    if any(
        chance(one) >= least for one in rated if is_set_aside(one, policy) and not passes_ceiling(one, policy)
    ):
        return NoChoice.GOAL
    if not within:
        return NoChoice.ABOVE_CEILING
    if any(chance(one) >= least for one in within):
        return NoChoice.MORE_DRUG
    return NoChoice.NO_EVEN_CHANCE if len(within) == len(rated) else NoChoice.BETWEEN


def is_candidate(option: Option) -> bool:
    """Whether an option has a chance to be judged by and may be advised."""
    return not option.provisional and option.predicted is not None and option.predicted.reaches is not None


def chance(option: Option) -> float:
    """The cautious chance of a candidate to reach the aim."""
    predicted = option.predicted
    return 0.0 if predicted is None else predicted.reaches or 0.0


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
    return option.predicted.reaches < EVEN + policy.forecast_within_points / 100


def by_change(option: Option) -> tuple[float, float]:
    """Small changes first: the less drug per week, then the fewer visits."""
    return weekly_mg(option), -(option.interval_days or 0.0)


def weekly_mg(option: Option) -> float:
    """Drug per week in mg; 0.0 where the option names no interval."""
    return (option.dose_mg or 0.0) / option.interval_days * DAYS_PER_WEEK if option.interval_days else 0.0


def _unmarked(options: Sequence[Option]) -> tuple[Option, ...]:
    return tuple([replace(one, recommended=False) if is_candidate(one) else one for one in options])


def _reordered(options: Sequence[Option], rated: Sequence[Option], recommended: Option) -> tuple[Option, ...]:
    """The rated options by rank in the places that rated options have; the recommended one leads."""
    order = sorted(rated, key=lambda one: (one is not recommended, -chance(one), by_change(one)))
    queue = iter(replace(one, recommended=one is recommended) for one in order)
    placed = [next(queue) if any(one is other for other in rated) else one for one in options]
    return tuple(placed)
