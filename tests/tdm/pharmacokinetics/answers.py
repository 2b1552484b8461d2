"""Every digit of many answers: `python -m tests.tdm.pharmacokinetics.answers` prints one line for each model.

Two builds of one source are compared by what this prints. The patients are invented at random, and odd on
purpose: covariates that change, levels below quantification, infusions of several durations, injections.
"""

from __future__ import annotations

import hashlib
import random
import sys
from collections.abc import Iterator

import tdm.pharmacokinetics.minimum
from tdm.pharmacokinetics.estimate import estimate
from tdm.pharmacokinetics.history import Administration, Covariates, History, Sample, history_of
from tdm.pharmacokinetics.prediction import Plan, predict_at, predict_troughs
from tests.tdm.pharmacokinetics.patients import MODELS

PATIENTS = 200
LAST_DAY = 900.0


def invented(rng: random.Random, *, injects: bool) -> History:
    doses, at = [], 0.0
    while at < LAST_DAY:
        under_the_skin = injects and at > LAST_DAY / 2
        takes = 0.0 if under_the_skin else rng.choice((1 / 24, 2 / 24, 2 / 24, 2 / 24))
        doses.append(Administration(at, rng.uniform(100.0, 900.0), takes, under_the_skin))
        at += rng.uniform(10.0, 16.0) if under_the_skin else rng.uniform(20.0, 70.0)
    known = [
        Covariates(
            rng.uniform(-10.0, LAST_DAY),
            rng.uniform(15.0, 120.0),
            rng.uniform(2.0, 5.2),
            rng.random() < 0.3,
            rng.random() < 0.3,
            rng.random() < 0.5,
        )
        for _ in range(rng.choice((1, 1, 2, 6)))
    ]
    samples = [
        Sample(rng.uniform(1.0, LAST_DAY), 10.0 ** rng.uniform(-1.0, 1.5), rng.random() < 0.2)
        for _ in range(rng.randrange(5))
    ]
    return history_of(doses, known, samples)


def answers(name: str) -> Iterator[str]:
    model, rng = MODELS[name], random.Random(name)
    plans = [
        Plan(LAST_DAY, amount, interval, under, 0.0 if under else 2 / 24)
        for amount, interval, under in (
            (350.0, 56.0, False),
            (700.0, 28.0, False),
            (120.0, 14.0, model.absorbs),
        )
    ]
    for _ in range(PATIENTS):
        history = invented(rng, injects=model.absorbs)
        found = estimate(model, history)
        yield repr(
            (found.eta, found.covariance, found.line, found.fitted_ug_ml, found.a_priori, found.objective)
        )
        predicted = predict_troughs(found, history, plans, None)
        yield repr(
            (predicted, predict_troughs(found, history, plans, 2), predict_at(found, history, LAST_DAY - 3.0))
        )
        yield repr([(one.probability_at_least(5.0), one.probability_above(9.0)) for one in predicted])


def main() -> None:
    lines = [tdm.pharmacokinetics.minimum.__file__.rpartition(".")[2]]
    for name in sorted(MODELS):
        digest = hashlib.sha256("\n".join(answers(name)).encode()).hexdigest()
        lines.append(f"{name}: {PATIENTS} patients, {digest}")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
