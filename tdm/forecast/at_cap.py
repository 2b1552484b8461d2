"""What the most that is allowed would give: asked where no step of the ladder is likely to be enough."""

from __future__ import annotations

from collections.abc import Sequence

from tdm.decision import Option, OptionKind
from tdm.forecast.ranking import is_candidate
from tdm.forecast.regimens import Course, answers, of_option, same_regimen
from tdm.forecast.result import AtCap, TroughForecast
from tdm.knowledge.model import Policy
from tdm.options_dose import dose_for


def at_cap(question: Course, options: Sequence[Option]) -> AtCap | None:
    """The highest dose at the shortest interval; None where an option is likely enough, or no dose fits.

    The ladder goes one rung at a time, and from every eight weeks its strongest rung is not the cap. That
    nothing within the limits is likely enough can be said only of the cap itself. It is several steps at
    once, so it is shown as a number and is no option: the forecast ranks what the rule offers and adds
    nothing to it.
    """
    policy = question.knowledge.policy
    rated = [one for one in options if is_candidate(one)]
    if any(_is_enough(one.predicted, policy) for one in rated):
        return None
    highest, interval = policy.maximum_dose_mg_per_kg, policy.minimum_interval_days
    dose = dose_for(highest, question.assessment.regimen.weight_kg, highest, policy)
    single_vial_too_much = dose.mg_per_kg > highest * (1 + 1e-9)
    mg = None if single_vial_too_much else dose.mg
    strongest = Option(OptionKind.RAISE_DOSE_AND_SHORTEN_INTERVAL, mg, dose.mg_per_kg, interval)
    listed = [one.predicted for one in rated if same_regimen(strongest, one)]
    trough = (listed or answers(question, [of_option(question, strongest)]))[0]
    if mg is None or trough is None:
        return None
    enough = _is_enough(trough, policy)
    return AtCap(mg, dose.mg_per_kg, interval, trough, enough=enough, listed=bool(listed))


def _is_enough(predicted: TroughForecast | None, policy: Policy) -> bool:
    """Whether a regimen has the chance of the aim that the site asks of a recommended option."""
    return ((predicted and predicted.reaches) or 0.0) >= policy.forecast_least_chance
