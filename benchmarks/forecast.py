"""The forecast beside `orjson.loads` of the 50-resource request, in turn: `python -m benchmarks.forecast`.

One forecast is what an adult's card needs: estimates under two models from 60 infusions and 5 levels, and 20
regimens under each, with the chance of reaching the aim and of passing the ceiling. `--growth 100000` counts
the memory that so many estimates leave behind instead, `--scipy` sets general minimisers beside our own.
"""

from __future__ import annotations

import argparse
import gc
import random
import statistics
import time
from collections.abc import Callable

import orjson

from benchmarks.bodies import body
from tdm.knowledge.loader import load_knowledge
from tdm.pharmacokinetics.estimate import estimates
from tdm.pharmacokinetics.history import Administration, Covariates, History, Sample, history_of
from tdm.pharmacokinetics.model import PkModel
from tdm.pharmacokinetics.prediction import Plan, predict_troughs

TWO_HOURS = 2 / 24
LEVELS = ((47, 2.0), (50, 4.0), (53, 1.5), (56, 3.0), (59, 2.5))
AIM, CEILING = 5.0, 9.0
ROUNDS = 2000
TARGET_RATIO = 3.0
TARGET_TAIL = 2.0


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


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.forecast")
    parser.parse_args()
    speed()


if __name__ == "__main__":
    main()
