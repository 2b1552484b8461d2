"""Turns the checked tables of `models.toml` into population models; judges the covariance matrix only."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from tdm.decision import AgeGroup
from tdm.facts import Route
from tdm.knowledge.errors import KnowledgeError
from tdm.pharmacokinetics.linear_algebra import inverse
from tdm.pharmacokinetics.model import (
    PARAMETERS,
    Combination,
    Covariate,
    Effect,
    Form,
    Parameter,
    PkModel,
    Range,
    Residual,
    Role,
    TypicalValue,
)

Table = Mapping[str, Any]
Matrix = tuple[tuple[float, ...], ...]

# From the unit of the record (kg, g/dL) to that of the publication.
SCALES = {"kg": 1.0, "g/dL": 1.0, "g/L": 10.0, "yes/no": 1.0}


def build_models(table: Table) -> Mapping[str, PkModel]:
    """All models, in the order of the file."""
    return MappingProxyType(
        {identifier: build_model(identifier, entry) for identifier, entry in table.items()}
    )


def build_model(identifier: str, table: Table) -> PkModel:
    """One model."""
    variability = table["variability"]
    random = tuple(parameter for parameter in PARAMETERS if parameter.value in variability["variance"])
    key = f"models.toml: {identifier}.variability"
    omega = build_omega(random, variability, key)
    return PkModel(
        id=identifier,
        name=table["name"],
        population=table["population"],
        routes=frozenset(map(Route, table["routes"])),
        age_groups=frozenset(map(AgeGroup, table["age_groups"])),
        role=Role(table["role"]),
        typical=tuple(
            build_typical(parameter, table["typical"][parameter.value])
            for parameter in PARAMETERS
            if parameter.value in table["typical"]
        ),
        random=random,
        omega=omega,
        precision=build_precision(omega, key),
        iov_cl=float(variability.get("occasion_CL", 0.0)),
        residual=build_residual(table["residual"]),
        ranges=tuple(build_range(Covariate(name), entry) for name, entry in table["ranges"].items()),
        sources=tuple(table["sources"]),
        status=table["status"],
        accuracy=table["accuracy"],
        accuracy_sources=tuple(table["accuracy_sources"]),
        note=table.get("note", ""),
    )


def build_omega(random: tuple[Parameter, ...], table: Table, key: str) -> Matrix:
    """The covariance matrix of the etas; a covariance of something without an eta: `KnowledgeError`."""
    places = {parameter.value: place for place, parameter in enumerate(random)}
    omega = [[0.0] * len(random) for _ in random]
    for name, variance in table["variance"].items():
        omega[places[name]][places[name]] = float(variance)
    for entry in table.get("covariance", ()):
        if not places.keys() >= set(entry["of"]):
            raise KnowledgeError(
                f"{key}.covariance", f"{' and '.join(entry['of'])} do not both have a variance"
            )
        row, column = (places[name] for name in entry["of"])
        omega[row][column] = omega[column][row] = float(entry["value"])
    return tuple(map(tuple, omega))


def build_precision(omega: Matrix, key: str) -> Matrix:
    """The inverse of the covariance matrix; where it has none that is one: `KnowledgeError`."""
    try:
        return tuple(map(tuple, inverse(omega)))
    except ValueError as error:
        raise KnowledgeError(f"{key}.covariance", str(error)) from None


def build_typical(parameter: Parameter, table: Table) -> TypicalValue:
    """One typical value with its effects."""
    effects = tuple(
        Effect(
            form=Form(entry["form"]),
            covariate=Covariate(entry["covariate"]),
            unit=entry["unit"],
            scale=SCALES[entry["unit"]],
            reference=float(entry.get("reference", 0.0)),
            coefficient=float(entry.get("coefficient", 1.0)),
        )
        for entry in table["effects"]
    )
    return TypicalValue(parameter, float(table["value"]), table["unit"], effects)


def build_residual(table: Table) -> Residual:
    """The residual error."""
    return Residual(
        proportional_sd=float(table["proportional_sd"]),
        additive_sd_ug_ml=float(table["additive_sd"]),
        combination=Combination(table["combination"]),
        basis=table["basis"],
    )


def build_range(covariate: Covariate, table: Table) -> Range:
    """The ranges of one covariate."""
    valid, typical = table["valid"], table["typical"]
    return Range(
        covariate=covariate,
        unit=table["unit"],
        scale=SCALES[table["unit"]],
        valid_lower=float(valid[0]),
        valid_upper=float(valid[1]),
        typical_lower=float(typical[0]),
        typical_upper=float(typical[1]),
        basis=table["basis"],
    )
