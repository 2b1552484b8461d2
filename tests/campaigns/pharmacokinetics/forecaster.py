"""The service's forecast, asked about simulated patients: the only module that knows the code under test."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import floor, prod

from tdm.decision import AgeGroup, Option, OptionKind
from tdm.facts import Route
from tdm.forecast.choosing import models_for
from tdm.forecast.compose import Asked, Fitted, troughs_of, unexpected_samples
from tdm.forecast.ranking import rank
from tdm.forecast.result import TroughForecast
from tdm.forecast.steadiness import contradicts
from tdm.knowledge.loader import load_knowledge
from tdm.knowledge.model import Policy
from tdm.pharmacokinetics.estimate import estimate, estimates
from tdm.pharmacokinetics.history import Administration, Covariates, History, Sample, history_of
from tdm.pharmacokinetics.model import PkModel
from tdm.pharmacokinetics.prediction import Plan, Predicted, predict_trough
from tests.campaigns.pharmacokinetics.bodies import INFUSION_DAYS
from tests.campaigns.pharmacokinetics.courses import Case, Dose, Level, Person
from tests.campaigns.pharmacokinetics.recovery import ASKED_UG_ML, Answers, Foretold
from tests.campaigns.pharmacokinetics.strategies import Regimen, Visit


@cache
def model(identifier: str) -> PkModel:
    """Return a model as the service's knowledge has it."""
    return load_knowledge().models[identifier]


def history(person: Person, doses: Sequence[Dose], levels: Sequence[Level]) -> History:
    """Return what the service would be given."""
    return history_of(
        [
            Administration(
                dose.at_days, dose.amount_mg, 0.0 if dose.subcutaneous else INFUSION_DAYS, dose.subcutaneous
            )
            for dose in doses
        ],
        [Covariates(0.0, **person._asdict())],
        [Sample(level.at_days, level.value_ug_ml, level.below) for level in levels],
    )


def foretell(identifier: str, case: Case) -> Answers:
    """Return the next trough without the levels and with them, and what the option settles at, with them."""
    under, duration = case.next_dose.subcutaneous, 0.0 if case.next_dose.subcutaneous else INFUSION_DAYS
    first = case.next_dose.at_days
    same = Plan(first, case.next_dose.amount_mg, case.next_interval_days, under, duration)
    option = Plan(first, case.option.amount_mg, case.option.interval_days, under, duration)

    def asked(levels: Sequence[Level], *plans: tuple[Plan, int | None]) -> list[Foretold]:
        given = history(case.person, case.doses, levels)
        found = estimate(model(identifier), given)
        if not found.converged:  # the service would show nothing; the study counts none of that as success
            raise RuntimeError(f"{identifier} did not converge")
        return [_foretold(predict_trough(found, given, plan, doses)) for plan, doses in plans]

    return Answers(*asked((), (same, 1)), *asked(case.levels, (same, 1), (option, None)))


def foretell_together(identifiers: Sequence[str], case: Case) -> Answers:
    """Return the bracket: the interval that holds those of all models, and the lowest chance.

    The median is the middle of theirs, on the logarithmic scale; a card shows both.
    """
    asked = [foretell(identifier, case) for identifier in identifiers]
    return Answers(
        *[
            Foretold(
                prod(one.median_ug_ml for one in same) ** (1 / len(same)),
                min(one.lower_ug_ml for one in same),
                max(one.upper_ug_ml for one in same),
                min(one.chance for one in same),
            )
            for same in zip(*asked, strict=True)
        ]
    )


def _foretold(predicted: Predicted) -> Foretold:
    chance = predicted.probability_at_least(ASKED_UG_ML)
    return Foretold(predicted.median_ug_ml, predicted.lower_ug_ml, predicted.upper_ug_ml, chance)


def recommend(visit: Visit, offered: Sequence[Regimen], policy: Policy | None = None) -> Regimen | None:
    """Return the option that the service recommends, by its own policy if none is given."""
    found = bracket(visit)
    if not found:
        return None
    plans = [
        Plan(
            first_dose_days=visit.at_days,
            amount_mg=float(floor(regimen.mg_per_kg * visit.person.weight_kg)),
            interval_days=regimen.interval_days,
            subcutaneous=False,
            duration_days=INFUSION_DAYS,
        )
        for regimen in offered
    ]
    asked = Asked(visit.target.aim, visit.target.ceiling)
    troughs = troughs_of(found, [(plan, asked) for plan in plans], settled=True)
    return ranked(offered, plans, troughs, policy or load_knowledge().policy)


def bracket(visit: Visit) -> list[Fitted]:
    """Return what the service makes of a visit: its models fitted, or none where level and models disagree.

    As the service does, one older level that no model would have expected is left out, where the newest level
    contradicts the older ones it is used alone, and a model that does not explain it then is left out.
    """
    levels = visit.levels
    found = _fitted(visit, levels)
    odd = [sample.at_days for sample in unexpected_samples(found)]
    if odd and (len(odd) > 1 or levels[-1].at_days in odd):
        return []
    if odd:
        levels = [one for one in levels if one.at_days not in odd]
        found = _fitted(visit, levels)
    found = [one for one in found if one.estimate.converged]
    if len(levels) > 1 and any(contradicts(one.estimate, one.history) for one in found):
        found = [one for one in _fitted(visit, levels[-1:]) if one.estimate.converged]
    return [one for one in found if not contradicts(one.estimate, one.history)]


def _fitted(visit: Visit, levels: Sequence[Level]) -> list[Fitted]:
    given = history(visit.person, visit.doses, levels)
    return [Fitted(one, given) for one in estimates(deciding(child=visit.child), given)]


@cache
def deciding(*, child: bool) -> tuple[PkModel, ...]:
    """Return the models that the service asks for a child or an adult whose albumin is known."""
    group = AgeGroup.CHILD if child else AgeGroup.ADULT
    models = load_knowledge().models.values()
    return models_for(models, Route.INTRAVENOUS, group, albumin_known=True).bracket


def ranked(
    offered: Sequence[Regimen], plans: Sequence[Plan], troughs: Sequence[TroughForecast], policy: Policy
) -> Regimen | None:
    """Ask the service's ranking; the kind of an option has no part in it."""
    options = [
        Option(
            OptionKind.RAISE_DOSE,
            dose_mg=plan.amount_mg,
            dose_mg_per_kg=regimen.mg_per_kg,
            interval_days=regimen.interval_days,
            predicted=trough,
        )
        for regimen, plan, trough in zip(offered, plans, troughs, strict=True)
    ]
    found = next((one for one in rank(options, policy).options if one.recommended), None)
    if found is None:
        return None
    return next(
        regimen
        for regimen, plan in zip(offered, plans, strict=True)
        if (plan.amount_mg, plan.interval_days) == (found.dose_mg, found.interval_days)
    )
