"""Typical parameters of a patient: the values of a model under its covariate effects."""

from __future__ import annotations

import math

from tdm.pharmacokinetics.history import Covariates
from tdm.pharmacokinetics.model import PARAMETERS, Covariate, Effect, Form, PkModel, Range

Vector = tuple[float, float, float, float, float, float]
"""CL, V1, Q, V2, F, ka in the order of `PARAMETERS`; 0.0 for what a model has not."""

CLEARANCE, CENTRAL_VOLUME, BIOAVAILABILITY, ABSORPTION = 0, 1, 4, 5
"""Places within a `Vector`."""

_FIELD = {
    covariate: Covariates._fields.index(name)
    for covariate, name in (
        (Covariate.WEIGHT, "weight_kg"),
        (Covariate.ALBUMIN, "albumin_g_dl"),
        (Covariate.ATI_POSITIVE, "ati_positive"),
        (Covariate.IMMUNOMODULATOR, "immunomodulator"),
        (Covariate.MALE, "male"),
    )
}
_PLACE = {parameter: place for place, parameter in enumerate(PARAMETERS)}


def covariate_value(covariates: Covariates, covariate: Covariate) -> float:
    """The value in the record's unit: kg, g/dL, or 1.0 for yes and 0.0 for no."""
    return 1.0 if covariate is Covariate.CROHNS_DISEASE else float(covariates[_FIELD[covariate]])


def multiplier(effect: Effect, covariates: Covariates) -> float:
    """What an effect multiplies its parameter with."""
    form, covariate, _, scale, reference, coefficient = effect
    value = covariate_value(covariates, covariate) * scale
    match form:
        case Form.POWER:
            return math.pow(value / reference, coefficient)
        case Form.PROPORTIONAL:
            return value
        case Form.LINEAR:
            return 1.0 + coefficient * (value - reference)
        case Form.FACTOR:
            return math.pow(coefficient, value)
        case _:  # Form.EXPONENTIAL
            return math.exp(coefficient * (value - reference))


def typical_parameters(model: PkModel, covariates: Covariates) -> Vector:
    """The parameters of a typical patient with these covariates."""
    values = [0.0] * len(PARAMETERS)
    for parameter, before, _, effects in model.typical:
        value = before
        for effect in effects:
            value *= multiplier(effect, covariates)
        values[_PLACE[parameter]] = value
    clearance, central, exchange, peripheral, bioavailability, absorption = values
    return clearance, central, exchange, peripheral, bioavailability, absorption


def random_places(model: PkModel) -> tuple[int, ...]:
    """The places of the parameters with an eta within a `Vector`."""
    return tuple([_PLACE[parameter] for parameter in model.random])


def outside(ranges: tuple[Range, ...], covariates: Covariates, *, typical: bool) -> tuple[Covariate, ...]:
    """The covariates beyond their typical or, with `typical=False`, their valid range."""
    found = []
    for one in ranges:
        value = covariate_value(covariates, one.covariate) * one.scale
        lower, upper = (
            (one.typical_lower, one.typical_upper) if typical else (one.valid_lower, one.valid_upper)
        )
        if not lower <= value <= upper:
            found.append(one.covariate)
    return tuple(found)
