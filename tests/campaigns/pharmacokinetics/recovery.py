"""Recovery: how near the next trough is foretold before and after feedback; how honest the interval is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from tests.campaigns.pharmacokinetics import courses
from tests.campaigns.pharmacokinetics.courses import Case, Schedule
from tests.campaigns.pharmacokinetics.patients import ADULTS, CHILDREN
from tests.campaigns.pharmacokinetics.published import HANZEL, MODELS

COVERAGE_PERCENT = (75.0, 85.0)  # of an interval that promises 80
ASKED_UG_ML = 5.0
CHANCES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)  # stated chances are looked at by fifths
MOST_ASTRAY_POINTS = 10.0
MOST_OFF_HALF_POINTS = 10.0  # of the share of patients above the foretold median
MOST_RELATIVE_BIAS_PERCENT = 15.0  # after feedback
RELATIVE_FROM_UG_ML = courses.QUANTIFICATION_LIMIT  # relative errors only where there is a level to relate to


class Foretold(NamedTuple):
    """A median with the ends of its 80 % interval, µg/mL, and the chance of at least `ASKED_UG_ML`."""

    median_ug_ml: float
    lower_ug_ml: float
    upper_ug_ml: float
    chance: float = 0.0


class Answers(NamedTuple):
    """The next trough as foretold without the levels and with them, and the settled trough of the option."""

    before: Foretold
    after: Foretold
    option: Foretold


class Pair(NamedTuple):
    """One case as foretold, and the truth: of the next trough, and of the option."""

    levels: int
    any_below: bool
    before: Foretold
    after: Foretold
    true_ug_ml: float
    option: Foretold
    option_true_ug_ml: float


Forecaster = Callable[[str, Case], Answers]


def arms() -> tuple[tuple[str, str, Schedule], ...]:
    """Return (model, name of the arm, schedule): every model by vein, Hanzel's under the skin as well."""
    by_vein = [(model, MODELS[model].name, courses.intravenous()) for model in MODELS]
    return (*by_vein, (HANZEL, f"{MODELS[HANZEL].name}, subcutaneous", courses.subcutaneous()))


def run(
    arm: tuple[str, str, Schedule],
    count: int,
    seed: int,
    foretell: Forecaster,
    *,
    by_phase: bool = False,
    child: bool | None = None,
) -> list[Pair]:
    """Simulate and foretell one arm; in children or adults, by default as the model was made for."""
    identifier, _, schedule = arm
    model = MODELS[identifier]
    population = CHILDREN if (model.children if child is None else child) else ADULTS
    simulated = courses.cases(
        model, population, schedule, count, np.random.default_rng(seed), by_phase=by_phase
    )
    pairs = []
    for case in simulated:
        before, after, option = foretell(identifier, case)
        pairs.append(
            Pair(
                levels=len(case.levels),
                any_below=any(level.below for level in case.levels),
                before=before,
                after=after,
                true_ug_ml=case.next_trough_ug_ml,
                option=option,
                option_true_ug_ml=case.option.trough_ug_ml,
            )
        )
    return pairs


def summary(pairs: Sequence[Pair]) -> dict[str, object]:
    """Return the figures of one arm: all cases, and by the number of levels fed back."""
    return {
        "patients": len(pairs),
        "before": _figures((pair.before, pair.true_ug_ml) for pair in pairs),
        "after": _figures((pair.after, pair.true_ug_ml) for pair in pairs),
        "option": _figures((pair.option, pair.option_true_ug_ml) for pair in pairs),
        "by_levels": {
            str(number): _figures((pair.after, pair.true_ug_ml) for pair in pairs if pair.levels == number)
            for number in (1, 2, 3)
        },
        "patients_with_a_level_below_quantification": sum(pair.any_below for pair in pairs),
        "after_where_below_quantification": _figures(
            (pair.after, pair.true_ug_ml) for pair in pairs if pair.any_below
        ),
    }


def calibration(pairs: Iterable[Pair]) -> list[dict[str, float]]:
    """Return, by fifths of the stated chance after feedback, what was stated and how often it came true."""
    stated, came = np.array(
        [
            (foretold.chance, true >= ASKED_UG_ML)
            for pair in pairs
            for foretold, true in ((pair.after, pair.true_ug_ml), (pair.option, pair.option_true_ug_ml))
        ]
    ).T
    rows = []
    for lower, upper in pairwise(CHANCES):
        inside = (stated >= lower) & ((stated < upper) | (upper == CHANCES[-1]))
        if inside.any():
            rows.append(
                {
                    "from_percent": 100.0 * lower,
                    "to_percent": 100.0 * upper,
                    "cases": int(inside.sum()),
                    "stated_percent": 100.0 * float(stated[inside].mean()),
                    "came_true_percent": 100.0 * float(came[inside].mean()),
                }
            )
    return rows


def astray(rows: Iterable[Mapping[str, float]]) -> list[str]:
    """Return in words where a stated chance is not what came true."""
    return [
        f"of chances of {row['stated_percent']:.0f} % {row['came_true_percent']:.0f} % came true"
        for row in rows
        if abs(row["stated_percent"] - row["came_true_percent"]) > MOST_ASTRAY_POINTS
    ]


def complaints(summaries: Mapping[str, Mapping[str, Any]], *, standard_errors: float = 0.0) -> list[str]:
    """Return in words what is not as it should be, none when all is well.

    Coverage is judged before and after feedback, its bounds widened by so many of its own standard errors:
    none for the full study, which has 1.3 points of it, some for a small run that would cry wolf by chance.
    """
    found = []
    for name, arm in summaries.items():
        before, after = arm["before"], arm["after"]
        margin = standard_errors * 100.0 * np.sqrt(0.8 * 0.2 / arm["patients"])
        for what in ("before", "after", "option"):
            covered = arm[what]["coverage_percent"]
            if not COVERAGE_PERCENT[0] - margin <= covered <= COVERAGE_PERCENT[1] + margin:
                found.append(f"{name}: the interval covers {covered:.1f} % ({what})")
            above = arm[what]["above_median_percent"]
            if abs(above - 50.0) > MOST_OFF_HALF_POINTS + margin * 0.5 / 0.4:
                found.append(f"{name}: {above:.0f} % are above the median ({what})")
        if abs(after["relative_bias_percent"]) > MOST_RELATIVE_BIAS_PERCENT:
            found.append(f"{name}: relative bias {after['relative_bias_percent']:+.0f} % after feedback")
        if after["rmse_ug_ml"] >= before["rmse_ug_ml"]:
            found.append(f"{name}: levels do not bring the forecast nearer")
    return found


def _figures(cases: Iterable[tuple[Foretold, float]]) -> dict[str, float]:
    listed = list(cases)
    if not listed:
        return {}
    true = np.array([truth for _, truth in listed])
    error = np.array([foretold.median_ug_ml for foretold, _ in listed]) - true
    inside = [foretold.lower_ug_ml <= truth <= foretold.upper_ug_ml for foretold, truth in listed]
    figures = {
        "cases": len(listed),
        "bias_ug_ml": float(error.mean()),
        "rmse_ug_ml": float(np.sqrt((error**2).mean())),
        "coverage_percent": 100.0 * float(np.mean(inside)),
        "above_median_percent": 100.0 * float(np.mean(error < 0)),
    }
    related = true >= RELATIVE_FROM_UG_ML
    if related.any():
        relative = error[related] / true[related]
        figures |= {
            "relative_bias_percent": 100.0 * float(relative.mean()),
            "relative_rmse_percent": 100.0 * float(np.sqrt((relative**2).mean())),
            "within_1_ug_ml_percent": 100.0 * float(np.mean(np.abs(error) <= 1.0)),
        }
    return figures
