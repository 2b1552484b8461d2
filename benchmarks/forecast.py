"""The forecast beside `orjson.loads` of the 50-resource request, in turn: `python -m benchmarks.forecast`.

One forecast is what an adult's card needs: estimates under two models from 60 infusions and 5 levels, and 20
regimens under each, with the chance of reaching the aim and of passing the ceiling. CPU time of the thread.

`--growth 100000` counts the memory that so many estimates leave behind; `--scipy` sets general minimisers
beside our own (they need the tools of development; the service has neither numpy nor scipy).
"""

from __future__ import annotations

import argparse
import gc
import math
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial

import orjson
import psutil

from benchmarks.bodies import body
from tdm.knowledge.loader import load_knowledge
from tdm.pharmacokinetics.concentration import levels
from tdm.pharmacokinetics.estimate import estimates
from tdm.pharmacokinetics.history import Administration, Covariates, History, Sample, history_of
from tdm.pharmacokinetics.individual import shifted
from tdm.pharmacokinetics.minimum import minimum
from tdm.pharmacokinetics.model import PkModel
from tdm.pharmacokinetics.objective import Task, point_at
from tdm.pharmacokinetics.prediction import Plan, predict_troughs
from tests.tdm.pharmacokinetics.patients import task_of

TWO_HOURS = 2 / 24
LEVELS = ((47, 2.0), (50, 4.0), (53, 1.5), (56, 3.0), (59, 2.5))
AIM, CEILING = 5.0, 9.0
ROUNDS = 2000


def patient(seed: int = 1) -> History:
    """Nine years of infusions, each within three days of its date; levels at every third of the last."""
    days = random.Random(seed)
    doses = [Administration(56.0 * n + days.uniform(-3, 3), 350.0, TWO_HOURS) for n in range(60)]
    samples = [Sample(doses[n].at_days - 0.1, level) for n, level in LEVELS]
    covariates = Covariates(0.0, 70.0, 4.1, ati_positive=False, immunomodulator=False, male=True)
    return history_of(doses, [covariates], samples)


def plans() -> list[Plan]:
    return [
        Plan(3400.0, 70.0 * mg_per_kg, 7.0 * weeks, subcutaneous=False, duration_days=TWO_HOURS)
        for mg_per_kg in (5.0, 6.0, 7.5, 10.0)
        for weeks in (4, 5, 6, 7, 8)
    ]


def forecast(models: tuple[PkModel, ...], history: History, options: list[Plan]) -> float:
    best = 0.0
    for estimate in estimates(models, history):
        for predicted in predict_troughs(estimate, history, options, None):
            if predicted.probability_above(CEILING) < 0.9:
                best = max(best, predicted.probability_at_least(AIM))
    return best


def microseconds(step: Callable[[], object]) -> float:
    started = time.thread_time_ns()
    step()
    return (time.thread_time_ns() - started) / 1000


def speed() -> None:
    known = load_knowledge().models
    models = (known["fasanmade-2011-combined"], known["xu-wojciechowski-2017"])
    history, options, payload = patient(), plans(), body(50)
    steps: dict[str, Callable[[], object]] = {
        "orjson.loads": lambda: orjson.loads(payload),
        "estimates": lambda: estimates(models, history),
        "forecast": lambda: forecast(models, history, options),
    }
    for step in steps.values():
        step()
    gc.collect()
    gc.freeze()
    times: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(ROUNDS):
        for name, step in steps.items():
            times[name].append(microseconds(step))
    medians = {name: statistics.median(found) for name, found in times.items()}
    for name, found in times.items():
        tail = sorted(found)[int(0.99 * ROUNDS)]
        ratio = medians[name] / medians["orjson.loads"]
        print(f"{name:>14}: median {medians[name]:6.0f} µs, p99 {tail:6.0f} µs, {ratio:.2f} x orjson.loads")


def growth(estimates_made: int) -> None:
    """Print what estimates leave in memory, by the resident set and by Python's own count."""
    known = load_knowledge().models
    models = (known["fasanmade-2011-combined"], known["xu-wojciechowski-2017"])
    histories = [patient(seed) for seed in range(50)]
    for history in histories:
        estimates(models, history)
    gc.collect()
    resident, blocks = psutil.Process().memory_info().rss, sys.getallocatedblocks()
    for number in range(estimates_made // 2):
        estimates(models, histories[number % len(histories)])
    gc.collect()
    grown = psutil.Process().memory_info().rss - resident
    print(f"{estimates_made} estimates: resident memory {grown / 1024:+.0f} KiB, ", end="")
    print(f"blocks held by Python {sys.getallocatedblocks() - blocks:+d}")


def against_scipy(rounds: int = 200) -> None:
    """Print what the same minimum costs by scipy, with the same objective and gradient."""
    from scipy.optimize import least_squares, minimize  # noqa: PLC0415 (not a dependency of the service)

    history = patient()
    for name in ("fasanmade-2011-combined", "xu-wojciechowski-2017"):
        model = load_knowledge().models[name]
        task, start = task_of(model, history)

        def gradient(eta: Sequence[float], task: Task = task) -> tuple[float, list[float]]:
            point = point_at(task, list(eta))
            return point.objective, point.gradient

        def residuals(eta: Sequence[float], task: Task = task) -> list[float]:
            values = levels(task.found, shifted(task.typical, task.places, eta), ()).values
            spread = [
                (level - value) / math.sqrt((one.quadratic * value + one.linear) * value + one.constant)
                for one, value, level in zip(
                    task.observed, values, (o.level_ug_ml for o in task.observed), strict=True
                )
            ]
            prior = [math.sqrt(task.precision[n][n]) * value for n, value in enumerate(eta)]
            return [*spread, *prior]

        origin = [0.0] * len(task.places)
        ways: dict[str, Callable[[], object]] = {
            "own": partial(minimum, task, start),
            "L-BFGS-B": partial(minimize, gradient, origin, jac=True, method="L-BFGS-B"),
            "BFGS": partial(minimize, gradient, origin, jac=True, method="BFGS"),
            "least_squares, without ln v": partial(least_squares, residuals, origin),
        }
        for way, step in ways.items():
            found = statistics.median(microseconds(step) for _ in range(rounds))
            print(f"{name:>24}, {way}: {found:.0f} µs")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.forecast")
    parser.add_argument(
        "--growth", type=int, metavar="N", help="make so many estimates, count what they leave"
    )
    parser.add_argument("--scipy", action="store_true", help="general minimisers beside our own")
    options = parser.parse_args()
    if options.growth:
        growth(options.growth)
    elif options.scipy:
        against_scipy()
    else:
        speed()


if __name__ == "__main__":
    main()
