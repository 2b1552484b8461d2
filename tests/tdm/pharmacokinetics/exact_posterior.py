"""How far predicted chances are from an exact posterior.

`python -m tests.tdm.pharmacokinetics.exact_posterior` prints it for the models where they are farthest.

The posterior is sampled: patients drawn from the population, each weighted by the likelihood of the levels.
It shares the likelihood with the code under test, and none of its shortcuts. Patients of whom the service
would show nothing by the model, which does not explain their newest level, are counted and left out.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np

from tdm.forecast.steadiness import contradicts
from tdm.pharmacokinetics.concentration import levels
from tdm.pharmacokinetics.estimate import estimate
from tdm.pharmacokinetics.history import Administration, History, Sample, history_of
from tdm.pharmacokinetics.individual import laid_out, shifted
from tdm.pharmacokinetics.likelihood import costs
from tdm.pharmacokinetics.model import PkModel
from tdm.pharmacokinetics.parameters import random_places, typical_parameters
from tdm.pharmacokinetics.prediction import Plan, predict_trough
from tdm.pharmacokinetics.settled import Giving, Settled
from tests.tdm.pharmacokinetics.patients import MODELS, TWO_HOURS, covariates, task_of

LIMITS = (3.0, 5.0, 7.0, 9.0)
DAYS = (0.0, 14.0, 42.0, 98.0, 154.0, 210.0, 266.0, 322.0)
INTERVAL_DAYS = 42.0
# Draws that a posterior must be worth; below, its own error would count as ours.
ENOUGH = 300


def patients(model: PkModel, number: int, *, natural: bool, seed: int = 3) -> Iterator[tuple[History, float]]:
    """Adults with one to three levels, each with a dose of 5 mg/kg.

    `natural`: the levels come from the model, with its error; else they are drawn from plausible ranges.
    """
    random = np.random.default_rng(seed)
    places = random_places(model)
    root = np.linalg.cholesky(np.array(model.omega))
    for _ in range(number):
        weight = random.uniform(40, 90)
        known = [covariates(weight, random.normal(4, 0.4))]
        doses = [Administration(day, 5 * weight, TWO_HOURS) for day in DAYS]
        drawn = sorted([98.0, DAYS[-1] - random.uniform(10, 30), DAYS[-1]][: random.integers(1, 4)])
        found, typical = laid_out(model, history_of(doses, known), drawn)
        eta = (root @ random.standard_normal(len(places))).tolist()
        true = levels(found, shifted(typical, places, eta), ()).values
        samples = []
        for day, level in zip(drawn, true, strict=True):
            error = model.residual.proportional_sd * random.standard_normal() * level
            error += model.residual.additive_sd_ug_ml * random.standard_normal()
            invented = random.uniform(1, 8) if day in DAYS else random.uniform(8, 30)
            seen = float(level + error if natural else invented)
            samples.append(Sample(day, seen) if seen > 0.5 else Sample(day, 0.5, below=True))
        yield history_of(doses, known, samples), 5 * weight


def undetected() -> Iterator[tuple[History, float]]:
    """Adults with one trough below quantification under 5 mg/kg, each with the doubled dose asked about."""
    for limit, albumin, weight in product((0.3, 0.5, 1.0), (3.2, 4.0), (45.0, 70.0)):
        doses = [Administration(day, 5 * weight, TWO_HOURS) for day in DAYS]
        sample = Sample(DAYS[-1], limit, below=True)
        yield history_of(doses, [covariates(weight, albumin)], [sample]), 10 * weight


def exact_chances(model: PkModel, history: History, amount: float, draws: int) -> list[float]:
    """The chances that the settled trough is at least each of `LIMITS`; none where too few draws count."""
    random = np.random.default_rng(1)
    task, _ = task_of(model, history)
    typical = typical_parameters(model, history.covariates[-1])
    giving = Giving(TWO_HOURS, subcutaneous=False)
    weights, troughs = [], []
    for eta in random.multivariate_normal(
        np.zeros(len(model.omega)), np.array(model.omega), size=draws
    ).tolist():
        values = levels(task.found, shifted(task.typical, task.places, eta), ()).values
        weights.append(costs(task.observed, values).value)
        individual = shifted((typical,), task.places, eta)[0]
        troughs.append(amount * Settled.of(individual, (), giving).level(INTERVAL_DAYS))
    shares = np.exp(-0.5 * (np.array(weights) - min(weights)))
    if shares.sum() ** 2 / (shares**2).sum() < ENOUGH:
        return []
    return [float(shares[np.array(troughs) >= limit].sum() / shares.sum()) for limit in LIMITS]


def differences(
    model: PkModel, asked: Iterator[tuple[History, float]], draws: int = 30_000
) -> tuple[np.ndarray, int]:
    """Predicted minus exact chance, for each patient and limit; and how many patients were left out."""
    found, left_out = [], 0
    for history, amount in asked:
        plan = Plan(400.0, amount, INTERVAL_DAYS, subcutaneous=False, duration_days=TWO_HOURS)
        individual = estimate(model, history)
        if contradicts(individual, history):
            left_out += 1
            continue
        predicted = predict_trough(individual, history, plan, None)
        exact = exact_chances(model, history, amount, draws)
        found += [
            predicted.probability_at_least(limit) - chance
            for limit, chance in zip(LIMITS, exact, strict=False)
        ]
    return np.array(found), left_out


def main() -> None:
    """Print mean, root mean square and largest difference in points."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=15, help="patients of each kind")
    count = parser.parse_args().count
    for name in ("fasanmade-2011-combined", "xu-wojciechowski-2017", "dubinsky-2017"):
        model = replace(MODELS[name], iov_cl=0.0)
        for kind, asked in (
            ("simulated levels", patients(model, count, natural=True)),
            ("invented levels", patients(model, count, natural=False)),
            ("one level below quantification", undetected()),
        ):
            shares, left_out = differences(model, asked)
            found = 100 * shares
            sys.stdout.write(
                f"{name}, {kind}: mean {found.mean():+.1f}, "
                f"rms {np.sqrt((found**2).mean()):.1f}, largest {np.abs(found).max():.0f} points, "
                f"{100 * (np.abs(found) > 10).mean():.0f} % of them above 10 "
                f"({found.size // len(LIMITS)} patients, {left_out} left out)\n"
            )


if __name__ == "__main__":
    main()
