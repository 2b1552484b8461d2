"""Typed shape of one population model: structure, covariate effects, variability, residual error, ranges."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from tdm.decision import AgeGroup
from tdm.facts import Route


class Parameter(StrEnum):
    """A parameter of disposition or absorption; the order of the members is the order of every vector."""

    CLEARANCE = "CL"  # L/day
    CENTRAL_VOLUME = "V1"  # L
    INTERCOMPARTMENTAL_CLEARANCE = "Q"  # L/day; a model of one compartment has none
    PERIPHERAL_VOLUME = "V2"  # L; a model of one compartment has none
    BIOAVAILABILITY = "F"  # fraction of a subcutaneous dose; intravenous models have none
    ABSORPTION_RATE = "ka"  # 1/day; intravenous models have none


PARAMETERS = tuple(Parameter)


class Covariate(StrEnum):
    """What a model may know of a patient. A yes or no counts as 1 or 0."""

    WEIGHT = "weight"
    ALBUMIN = "albumin"
    ATI_POSITIVE = "ati_positive"
    IMMUNOMODULATOR = "immunomodulator"
    MALE = "male"
    CROHNS_DISEASE = "crohns_disease"  # always yes here; kept because a model may have fitted other diseases


class Form(StrEnum):
    """How a covariate changes a parameter. Each multiplies the parameter's value."""

    PROPORTIONAL = "proportional"  # x
    POWER = "power"  # (x / reference) ^ coefficient
    LINEAR = "linear"  # 1 + coefficient * (x - reference)
    FACTOR = "factor"  # coefficient ^ x, x being 0 or 1
    EXPONENTIAL = "exponential"  # exp(coefficient * (x - reference))


class Combination(StrEnum):
    """How proportional and additive residual error combine."""

    VARIANCE_SUM = "variance-sum"  # v = (proportional * f)^2 + additive^2
    SD_SUM = "sd-sum"  # v = (proportional * f + additive)^2


class Role(StrEnum):
    """How a model is used where several suit a patient."""

    BRACKET = "bracket"  # one of the two whose answers are shown side by side and may rank options
    OPINION = "opinion"  # a further opinion; never ranks


class Effect(NamedTuple):
    """One covariate effect. `scale` turns the record's unit (kg, g/dL) into that of the publication."""

    form: Form
    covariate: Covariate
    unit: str
    scale: float
    reference: float
    coefficient: float


class TypicalValue(NamedTuple):
    """A parameter's value in its unit before any effect, and the effects that multiply it."""

    parameter: Parameter
    value: float
    unit: str
    effects: tuple[Effect, ...]


class Range(NamedTuple):
    """Where a covariate may lie. `valid`: beyond it the model is not used; `typical`: beyond it, a caution.

    In `unit`, as the publication has it; `scale` turns the record's unit (kg, g/dL) into it. `basis` is
    "published" or "policy".
    """

    covariate: Covariate
    unit: str
    scale: float
    valid_lower: float
    valid_upper: float
    typical_lower: float
    typical_upper: float
    basis: str


class Residual(NamedTuple):
    """Residual error of a level: `proportional_sd` is a fraction, `additive_sd_ug_ml` in µg/mL.

    `basis` says where the way of combining was read.
    """

    proportional_sd: float
    additive_sd_ug_ml: float
    combination: Combination
    basis: str


@dataclass(frozen=True, slots=True)
class PkModel:
    """One published population model, as one table of `knowledge/models.toml` gives it.

    Individual parameters are typical value * effects * exp(eta). `random` names the parameters that have an
    eta, in the order of `PARAMETERS`; `omega` is the covariance matrix of these etas, `precision` its
    inverse. `iov_cl` is the inter-occasion variance of clearance, 0.0 where none was published. `accuracy`
    is a sentence on how well the model predicted other patients, with its `accuracy_sources`.
    """

    id: str
    name: str
    population: str
    routes: frozenset[Route]
    age_groups: frozenset[AgeGroup]
    role: Role
    typical: tuple[TypicalValue, ...]
    random: tuple[Parameter, ...]
    omega: tuple[tuple[float, ...], ...]
    precision: tuple[tuple[float, ...], ...]
    iov_cl: float
    residual: Residual
    ranges: tuple[Range, ...]
    sources: tuple[str, ...]
    status: str
    accuracy: str
    accuracy_sources: tuple[str, ...]
    note: str = ""

    @property
    def compartments(self) -> int:
        """One or two."""
        return 2 if any(part.parameter is Parameter.PERIPHERAL_VOLUME for part in self.typical) else 1

    @property
    def absorbs(self) -> bool:
        """Whether subcutaneous doses are within the model. Without, they would count as nothing at all."""
        return any(part.parameter is Parameter.ABSORPTION_RATE for part in self.typical)

    def __hash__(self) -> int:
        """Hash by id: within one knowledge an id names one model."""
        return hash(self.id)
