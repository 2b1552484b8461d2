"""Which models are asked for a patient: the pair of the population, and a third where albumin is missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tdm.decision import AgeGroup
from tdm.facts import Route
from tdm.forecast.result import Note, Remark
from tdm.pharmacokinetics.history import Covariates
from tdm.pharmacokinetics.model import Covariate, PkModel, Role
from tdm.pharmacokinetics.parameters import outside


class Chosen(NamedTuple):
    """The models of a patient. `bracket` ranks; `opinion` is shown beside it and never ranks."""

    bracket: tuple[PkModel, ...]
    opinion: PkModel | None


def models_for(
    models: Iterable[PkModel], route: Route, age_group: AgeGroup, *, albumin_known: bool
) -> Chosen:
    """The models made for a route and age group, by id.

    Where albumin is missing the pair goes by its own typical value, and a model that does without albumin
    says beside it what it would expect.
    """
    fitting = sorted(
        (one for one in models if route in one.routes and age_group in one.age_groups), key=lambda one: one.id
    )
    opinions = [one for one in fitting if one.role is Role.OPINION and not needs_albumin(one)]
    return Chosen(
        tuple([one for one in fitting if one.role is Role.BRACKET]),
        opinions[0] if opinions and not albumin_known else None,
    )


def may_speak(opinion: PkModel, covariates: Covariates) -> bool:
    """Whether a further model knows such patients: within its range, and with antibodies if there are any."""
    if outside(opinion.ranges, covariates, typical=False):
        return False
    return not covariates.ati_positive or knows(opinion, Covariate.ATI_POSITIVE)


def knows(model: PkModel, covariate: Covariate) -> bool:
    """Whether a covariate changes any parameter of the model."""
    return any(effect.covariate is covariate for part in model.typical for effect in part.effects)


def short_name(model: PkModel) -> str:
    """Author and year of a model: what stands before a comma or a bracket in its name."""
    return model.name.partition(",")[0].partition(" (")[0]


def needs_albumin(model: PkModel) -> bool:
    """Whether albumin changes any parameter of the model."""
    return knows(model, Covariate.ALBUMIN)


def typical_albumin_g_dl(model: PkModel) -> float:
    """The albumin at which the model states its typical values; 0.0 where it does not know albumin."""
    return _albumin_reference(model) or 0.0


def _albumin_reference(model: PkModel) -> float | None:
    for part in model.typical:
        for effect in part.effects:
            if effect.covariate is Covariate.ALBUMIN:
                return effect.reference / effect.scale
    return None


def range_notes(
    models: Sequence[PkModel], covariates: dict[str, Covariates]
) -> tuple[tuple[PkModel, ...], list[Note], list[Note]]:
    """The models that may speak; notes on those left out, and on what is unusual for those that are not."""
    kept: list[PkModel] = []
    left_out: list[Note] = []
    unusual: list[Note] = []
    for model in models:
        beyond = outside(model.ranges, covariates[model.id], typical=False)
        if beyond:
            left_out.append((Remark.MODEL_OUT_OF_RANGE, _named(model, beyond)))
            continue
        kept.append(model)
        rare = outside(model.ranges, covariates[model.id], typical=True)
        if rare:
            unusual.append((Remark.UNUSUAL_FOR_MODEL, _named(model, rare)))
    return tuple(kept), left_out, unusual


def _named(model: PkModel, covariates: Iterable[Covariate]) -> tuple[tuple[str, str], ...]:
    return (("model", short_name(model)), ("what", " and ".join(one.value for one in covariates)))
