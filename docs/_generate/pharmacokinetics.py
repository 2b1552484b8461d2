"""Makes `docs/pharmacokinetics.md`: its text from `_pharmacokinetics.md`, its tables from the models."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from tdm.knowledge.loader import load_knowledge
from tdm.pharmacokinetics.model import (
    Combination,
    Covariate,
    Effect,
    Form,
    PkModel,
    TypicalValue,
)

TEXT = Path(__file__).with_name("_pharmacokinetics.md")

SYMBOLS = {
    Covariate.WEIGHT: "weight",
    Covariate.ALBUMIN: "albumin",
    Covariate.ATI_POSITIVE: "ATI",
    Covariate.IMMUNOMODULATOR: "immunomodulator",
    Covariate.MALE: "man",
    Covariate.CROHNS_DISEASE: "Crohn's disease",
}


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def number(value: float) -> str:
    """Return a number as the file gives it."""
    return f"{value:.10g}"


def effect(one: Effect) -> str:
    """Return an effect as a factor of an equation."""
    name, coefficient = SYMBOLS[one.covariate], number(one.coefficient)
    yes_or_no = one.unit == "yes/no"
    match one.form:
        case Form.PROPORTIONAL:
            return name
        case Form.POWER:
            return f"({name}/{number(one.reference)})^{coefficient}"
        case Form.LINEAR:
            difference = name if yes_or_no else f"({name} - {number(one.reference)})"
            return f"(1 {'-' if one.coefficient < 0 else '+'} {number(abs(one.coefficient))} · {difference})"
        case Form.FACTOR:
            return f"{coefficient}^{name}"
        case Form.EXPONENTIAL:
            difference = name if yes_or_no else f"({name} - {number(one.reference)})"
            return f"exp({coefficient} · {difference})"


def equation(part: TypicalValue) -> str:
    """Return the equation of one typical value."""
    return " · ".join([number(part.value), *map(effect, part.effects)])


def models_table(models: Iterable[PkModel]) -> str:
    """Return who the models are for and where they come from."""
    citations = load_knowledge().citations
    rows = [
        [
            f"`{model.id}`",
            model.population,
            f"{', '.join(sorted(model.age_groups))}; {', '.join(sorted(model.routes))}",
            model.role.value,
            ", ".join(citations[name].short for name in model.sources),
            model.status,
        ]
        for model in models
    ]
    return table(["model", "population", "used for", "role", "sources", "status"], rows)


def equations(models: Iterable[PkModel]) -> str:
    """Return the equations and notes of every model."""
    parts = []
    for model in models:
        albumin = {
            one.unit for part in model.typical for one in part.effects if one.covariate is Covariate.ALBUMIN
        }
        units = f" Albumin in {albumin.pop()}." if albumin else ""
        rows = [[part.parameter.value, f"{equation(part)} {part.unit}"] for part in model.typical]
        parts.append(
            f"### {model.name}\n\n{model.note}{units}\n\n{table(['parameter', 'typical value'], rows)}\n"
        )
    return "\n".join(parts)


def variability(models: Iterable[PkModel]) -> str:
    """Return variances and residual errors."""
    rows = []
    for model in models:
        between = ", ".join(
            f"{parameter.value} {number(model.omega[place][place])}"
            for place, parameter in enumerate(model.random)
        )
        residual = model.residual
        how = "v = (p·f)² + a²" if residual.combination is Combination.VARIANCE_SUM else "v = (p·f + a)²"
        rows.append(
            [
                f"`{model.id}`",
                between,
                number(model.iov_cl) if model.iov_cl else "–",
                number(residual.proportional_sd),
                number(residual.additive_sd_ug_ml),
                how,
                residual.basis,
            ]
        )
    head = ["model", "variance of η", "of occasions, CL", "p", "a, µg/mL", "together", "on what that rests"]
    return table(head, rows)


def ranges(models: Iterable[PkModel]) -> str:
    """Return the ranges of the covariates."""
    rows = [
        [
            f"`{model.id}`",
            f"{SYMBOLS[one.covariate]}, {one.unit}",
            f"{number(one.valid_lower)} to {number(one.valid_upper)}",
            f"{number(one.typical_lower)} to {number(one.typical_upper)}",
            one.basis,
        ]
        for model in models
        for one in model.ranges
    ]
    return table(["model", "covariate", "valid", "typical", "basis of the typical range"], rows)


def accuracy(models: Iterable[PkModel]) -> str:
    """Return what is known of how well each model predicts."""
    citations = load_knowledge().citations
    rows = [
        [
            f"`{model.id}`",
            model.accuracy,
            ", ".join(citations[name].short for name in model.accuracy_sources),
        ]
        for model in models
    ]
    return table(["model", "accuracy", "source"], rows)


def generate() -> dict[str, str]:
    """Return the page by its path from the project's root."""
    models = list(load_knowledge().models.values())
    text = TEXT.read_text(encoding="utf-8")
    for name, made in (
        ("models", models_table(models)),
        ("equations", equations(models)),
        ("variability", variability(models)),
        ("ranges", ranges(models)),
        ("accuracy", accuracy(models)),
    ):
        text = text.replace(f"<!-- {name} -->", made)
    return {"docs/pharmacokinetics.md": text}
