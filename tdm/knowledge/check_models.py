"""Checks of the population models: units, ranges, signs and citations."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from tdm.facts import Route
from tdm.knowledge.errors import KnowledgeError
from tdm.knowledge.model import Knowledge
from tdm.pharmacokinetics.history import Covariates
from tdm.pharmacokinetics.model import Covariate, Form, PkModel, Range
from tdm.pharmacokinetics.parameters import typical_parameters

UNITS = {
    Covariate.WEIGHT: ("kg",),
    Covariate.ALBUMIN: ("g/dL", "g/L"),
    Covariate.ATI_POSITIVE: ("yes/no",),
    Covariate.IMMUNOMODULATOR: ("yes/no",),
    Covariate.MALE: ("yes/no",),
    Covariate.CROHNS_DISEASE: ("yes/no",),
}
ROUNDING = 1e-9
MEASURED = (Covariate.WEIGHT, Covariate.ALBUMIN)


def check_models(knowledge: Knowledge) -> None:
    """Every model is whole, in order and cited."""
    for model in knowledge.models.values():
        key = f"models.toml: {model.id}"
        for name in (*model.sources, *model.accuracy_sources):
            if name not in knowledge.citations:
                raise KnowledgeError(key, f"citation {name!r} is not in citations.toml")
        if Route.SUBCUTANEOUS in model.routes and not model.absorbs:
            raise KnowledgeError(f"{key}.routes", "a subcutaneous model needs F and ka")
        if not set(model.random) <= {part.parameter for part in model.typical}:
            raise KnowledgeError(f"{key}.variability.variance", "varies what the model does not have")
        if model.residual.proportional_sd == model.residual.additive_sd_ug_ml == 0.0:
            raise KnowledgeError(f"{key}.residual", "no level is without error")
        check_effects(model, key)
        check_ranges(model, key)
        check_signs(model, key)


def check_effects(model: PkModel, key: str) -> None:
    """Each covariate stands in one of its own units, and each that is measured has its ranges in the same."""
    ranged = {one.covariate: one.unit for one in model.ranges}
    for part in model.typical:
        for effect in part.effects:
            place = f"{key}.typical.{part.parameter}.effects"
            if effect.unit not in UNITS[effect.covariate]:
                raise KnowledgeError(place, f"{effect.covariate} is not given in {effect.unit}")
            if effect.form is Form.PROPORTIONAL and effect.covariate not in MEASURED:
                raise KnowledgeError(place, f"nothing is proportional to {effect.covariate}")
            if effect.covariate in MEASURED and effect.covariate not in ranged:
                raise KnowledgeError(f"{key}.ranges.{effect.covariate}", "the ranges are missing")
            if ranged.get(effect.covariate, effect.unit) != effect.unit:
                raise KnowledgeError(
                    f"{key}.ranges.{effect.covariate}", "the effect and the range are in different units"
                )


def check_ranges(model: PkModel, key: str) -> None:
    """The typical range lies within the valid one, and neither is empty or begins at nothing."""
    for one in model.ranges:
        place = f"{key}.ranges.{one.covariate}"
        if one.unit not in UNITS[one.covariate]:
            raise KnowledgeError(place, f"{one.covariate} is not given in {one.unit}")
        ends = one.valid_lower, one.typical_lower, one.typical_upper, one.valid_upper
        if not 0.0 < ends[0] <= ends[1] < ends[2] <= ends[3]:
            raise KnowledgeError(place, "0 < valid <= typical < typical <= valid does not hold")


def check_signs(model: PkModel, key: str) -> None:
    """Within its valid ranges a model has no clearance or volume that is not positive.

    Also: the heavier of two patients has no smaller clearance, and no larger one per kilogram. An exponent of
    weight with the wrong sign breaks one of them, and misstates the clearance of a child by a third and more.
    Some publications found no effect of weight on clearance: that is no wrong sign.
    """
    for covariates in corners(model):
        values = typical_parameters(model, covariates)
        if not all(value > 0.0 for value in values[:2]) or min(values) < 0.0:
            raise KnowledgeError(f"{key}.typical", "a parameter is not positive within the valid ranges")
    for one in model.ranges:
        if one.covariate is Covariate.WEIGHT:
            light, heavy = (typical_parameters(model, patient)[0] for patient in _by_weight(model, one))
            per_kg = heavy / one.valid_upper <= light / one.valid_lower * (1.0 + ROUNDING)
            if not (light <= heavy * (1.0 + ROUNDING) and per_kg):
                raise KnowledgeError(
                    f"{key}.typical.CL",
                    "must not fall with weight, nor rise per kilogram: is an exponent's sign wrong?",
                )


def corners(model: PkModel) -> Iterator[Covariates]:
    """Patients at every end of the valid ranges, with and without each yes or no."""
    weights = ends(model, Covariate.WEIGHT, 70.0)
    albumins = ends(model, Covariate.ALBUMIN, 4.0)
    yes_or_no = (False, True)
    for weight, albumin, ati, immunomodulator, male in product(
        weights, albumins, yes_or_no, yes_or_no, yes_or_no
    ):
        yield Covariates(0.0, weight, albumin, ati, immunomodulator, male)


def ends(model: PkModel, covariate: Covariate, otherwise: float) -> tuple[float, ...]:
    """The ends of the valid range in the record's unit, or one value where the model has no range."""
    for one in model.ranges:
        if one.covariate is covariate:
            return one.valid_lower / one.scale, one.valid_upper / one.scale
    return (otherwise,)


def _by_weight(model: PkModel, weight: Range) -> tuple[Covariates, Covariates]:
    albumin = ends(model, Covariate.ALBUMIN, 4.0)[0]
    light, heavy = weight.valid_lower / weight.scale, weight.valid_upper / weight.scale
    return (
        Covariates(0.0, light, albumin, ati_positive=False, immunomodulator=False, male=False),
        Covariates(0.0, heavy, albumin, ati_positive=False, immunomodulator=False, male=False),
    )
