"""Puts the figures of the forecast study into `docs/forecast.md`; `make forecast-study` makes the figures."""

import json
import math
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tdm.knowledge.loader import load_knowledge
from tdm.pharmacokinetics.model import Combination

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = "docs/forecast.md"
FIGURES = "docs/forecast-figures.json"

MINUS = "\N{MINUS SIGN}"
STRATEGIES = {
    "standard": "(a) 5 mg/kg every 8 weeks",
    "stepwise": "(b) stepwise by trough",
    "proportional": "(c) proportional",
    "forecast": "(d) forecast",
}
COMBINATIONS = {
    Combination.VARIANCE_SUM: "variances add",
    Combination.SD_SUM: "standard deviations add",
}
SCENARIOS = {"same": "deciding models", "other": "other models"}


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head, *body = [f"| {' | '.join(cells)} |" for cells in (heads, *rows)]
    columns = head.count("|") - 1
    return "\n".join([head, "|---|" + "---:|" * (columns - 1), *body])


def _whole(figure: float) -> str:
    """Return a signed whole number; nothing is "-0"."""
    return f"{round(figure):+d}" if round(figure) else "0"


def _recovery(arms: dict[str, dict[str, Any]]) -> str:
    rows = []
    for name, arm in arms.items():
        before, after = arm["before"], arm["after"]
        by_levels = " / ".join(f"{arm['by_levels'][number]['rmse_ug_ml']:.2f}" for number in ("1", "2", "3"))
        rows.append(
            (
                name,
                f"{before['bias_ug_ml']:+.2f} → {after['bias_ug_ml']:+.2f}",
                f"{before['rmse_ug_ml']:.2f} → {by_levels}",
                f"{_whole(before['relative_bias_percent'])} → {_whole(after['relative_bias_percent'])} %",
                f"{before['relative_rmse_percent']:.0f} → {after['relative_rmse_percent']:.0f} %",
                f"{before['coverage_percent']:.1f} → {after['coverage_percent']:.1f} %",
                f"{arm['option']['coverage_percent']:.1f} %",
            )
        )
    heads = (
        "Model",
        "Bias, µg/mL",
        "RMSE, µg/mL: none → 1 / 2 / 3 levels",
        "Relative bias",
        "Relative RMSE",
        "80 % interval covers",
        "... and of an option",
    )
    return _table(heads, rows)


def _coverage(figures: dict[str, Any]) -> str:
    rows = []
    for name, arm in figures["recovery"].items():
        below = arm["after_where_below_quantification"]
        by_phase = figures["recovery_by_phase"].get(name)
        rows.append(
            (
                name,
                *(f"{arm['by_levels'][number]['coverage_percent']:.0f} %" for number in ("1", "2", "3")),
                f"{below['coverage_percent']:.0f} % of {below['cases']}" if below else "none",
                f"{by_phase['after']['coverage_percent']:.0f} %" if by_phase else "–",
            )
        )
    heads = (
        "Model",
        "1 level",
        "2 levels",
        "3 levels",
        "Where a level was below quantification",
        "Were induction and maintenance the only occasions",
    )
    return _table(heads, rows)


def _other(rows: list[dict[str, Any]]) -> str:
    return _table(
        ("Who follows which model", "Asked", "Relative bias, next trough", "Before", "After", "Option"),
        [
            (
                f"{row['population'].capitalize()}: {row['truth']}",
                " and ".join(row["asked"]),
                f"{_whole(row['after']['relative_bias_percent'])} %",
                *(f"{row[what]['coverage_percent']:.0f} %" for what in ("before", "after", "option")),
            )
            for row in rows
        ],
    )


def _calibration(rows: list[dict[str, float]]) -> str:
    return _table(
        ("Chance stated", "Forecasts", "Stated on average", "Came true"),
        [
            (
                f"{row['from_percent']:.0f} to {row['to_percent']:.0f} %",
                f"{row['cases']:,}",
                f"{row['stated_percent']:.0f} %",
                f"{row['came_true_percent']:.0f} %",
            )
            for row in rows
        ],
    )


def _decision(scenarios: dict[str, Any]) -> str:
    rows = []
    for scenario, groups in scenarios.items():
        for group, strategies in groups.items():
            for place, (name, year) in enumerate(strategies.items()):
                gain = f"{year['forecast_gain_points']:+.1f} ± {year['forecast_gain_half_width']:.1f}"
                rows.append(
                    (
                        f"{group.capitalize()}, {SCENARIOS[scenario]}" if place == 0 else "",
                        STRATEGIES[name],
                        f"{year['in_range_percent']:.1f} %",
                        f"{year['below_percent']:.1f} %",
                        f"{year['above_percent']:.1f} %",
                        f"{year['patients_last_above_percent']:.1f} %",
                        f"{year['mg_per_kg']:.0f}",
                        f"{year['infusions']:.1f}",
                        "–" if name == "forecast" else gain,
                    )
                )
    heads = (
        "Who follows which models",
        "Strategy",
        "Time in range",
        "Too low",
        "Above 9",
        "Patients above 9 at the end",
        "mg/kg a year",
        "Infusions a year",
        "Forecast gains, points",
    )
    table = _table(heads, rows)
    return table.replace("|---|---:|", "|---|---|", 1)


def _cohort(rows: list[dict[str, Any]]) -> str:
    def quartiles(row: dict[str, Any], key: str) -> str:
        low, middle, high = row[key]
        return f"{middle:.2f} [{low:.2f}–{high:.2f}]"

    return _table(
        ("Population, model", "True trough", "As measured", "Median from elsewhere"),
        [
            (
                f"{row['population'].capitalize()}: {row['name']}",
                quartiles(row, "true_quartiles_ug_ml"),
                quartiles(row, "measured_quartiles_ug_ml"),
                f"{row['elsewhere_median_ug_ml']:.2f}",
            )
            for row in rows
        ],
    )


def _limits(limits: dict[str, Any]) -> str:
    """Return the means over all groups, which are of the same size, for each limit of a site."""
    rows = []
    for limit, scenarios in limits.items():
        years = [group["forecast"] for groups in scenarios.values() for group in groups.values()]

        def mean(figure: str, years: list[dict[str, float]] = years) -> float:
            return sum(year[figure] for year in years) / len(years)

        rows.append(
            (
                f"{100 * float(limit):.0f} %",
                f"{mean('unsure_percent'):.0f} %",
                f"{mean('in_range_percent'):.1f} %",
                f"{mean('below_percent'):.1f} %",
                f"{mean('above_percent'):.1f} %",
                f"{mean('mg_per_kg'):.0f}",
                f"{mean('infusions'):.1f}",
            )
        )
    heads = (
        "At most this chance of passing the ceiling",
        "Without a recommendation",
        "Time in range",
        "Too low",
        "Above 9",
        "mg/kg a year",
        "Infusions a year",
    )
    return _table(heads, rows)


def _errors() -> str:
    """Return how each model's residual errors combine, from the knowledge."""
    rows = []
    for model in load_knowledge().models.values():
        error = model.residual
        occasions = f"{100 * math.sqrt(model.iov_cl):.0f} %" if model.iov_cl else "none published"
        rows.append(
            (
                model.name,
                model.role.value,
                f"{100 * error.proportional_sd:.1f} %",
                f"{error.additive_sd_ug_ml:g} µg/mL" if error.additive_sd_ug_ml else "none",
                COMBINATIONS[error.combination],
                occasions,
            )
        )
    heads = ("Model", "Role", "Proportional", "Additive", "Combined", "Clearance between occasions")
    return _table(heads, rows)


def _policy() -> str:
    policy = load_knowledge().policy
    return (
        f"The site's limits as shipped, all policy: within {policy.forecast_within_points:g} points of the "
        f"best, at least {100 * policy.forecast_least_chance:g} % for the aim, "
        f"at most {100 * policy.forecast_ceiling_chance_limit:g} % for passing the ceiling."
    )


def generate() -> dict[str, str]:
    """Return the page with every marked block filled from the figures."""
    figures = json.loads((ROOT / FIGURES).read_text(encoding="utf-8"))
    blocks = {
        "errors": _errors(),
        "policy": _policy(),
        "recovery": _recovery(figures["recovery"]),
        "coverage": _coverage(figures),
        "other": _other(figures["other_bodies"]),
        "calibration": _calibration(figures["calibration"]),
        "decision": _decision(figures["decision"]),
        "limits": _limits(figures["ceiling_limits"]),
        "cohort": _cohort(figures["cohort"]),
    }
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    for name, made in blocks.items():
        block = re.sub(r"(?<=[| ])-(?=\d)", MINUS, made)
        begin, end = f"<!-- {name}: made by `make docs`, do not edit -->", f"<!-- end of {name} -->"
        before, found, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not found or not closed:
            raise ValueError(f"{PAGE} has no place for {name}")
        text = f"{before}{begin}\n\n{block}\n\n{end}{after}"
    return {PAGE: text}
