"""Invented patients of the tests: covariates, regimens and histories in one line each."""

from __future__ import annotations

from collections.abc import Sequence

from tdm.knowledge.loader import load_knowledge
from tdm.pharmacokinetics.concentration import Levels, levels
from tdm.pharmacokinetics.expectation import observations
from tdm.pharmacokinetics.history import Administration, Covariates, History, Sample, history_of
from tdm.pharmacokinetics.individual import laid_out, shifted
from tdm.pharmacokinetics.model import PkModel
from tdm.pharmacokinetics.objective import Point, Task, weighed
from tdm.pharmacokinetics.parameters import Vector, random_places, typical_parameters

TWO_HOURS = 2 / 24
# By id. Not a fixture: a property that fails would print all of them.
MODELS = load_knowledge().models


def covariates(
    weight_kg: float = 70.0,
    albumin_g_dl: float = 4.1,
    *,
    from_days: float = 0.0,
    ati_positive: bool = False,
    immunomodulator: bool = False,
    male: bool = True,
) -> Covariates:
    return Covariates(from_days, weight_kg, albumin_g_dl, ati_positive, immunomodulator, male)


def standard_doses(amount_mg: float, doses: int = 12) -> list[Administration]:
    """Weeks 0, 2, 6, then every eight."""
    days = [0.0, 14.0, 42.0, *(98.0 + 56.0 * number for number in range(doses - 3))]
    return [Administration(day, amount_mg, TWO_HOURS) for day in days]


def standard_history(
    patient: Covariates, mg_per_kg: float = 5.0, samples: list[Sample] | None = None
) -> History:
    return history_of(standard_doses(mg_per_kg * patient.weight_kg), [patient], samples or [])


def predicted(
    model: PkModel, history: History, moments: Sequence[float], eta: Sequence[float] = ()
) -> Levels:
    """The levels of a patient with these deviations from the typical one; of the typical one without."""
    found, typical = laid_out(model, history, moments)
    places = random_places(model)
    return levels(found, shifted(typical, places, eta or [0.0] * len(places)), places)


def changes(model: PkModel, history: History, eta: Sequence[float]) -> list[tuple[float, Vector]]:
    """The parameters of the patient from each change of covariates on, as the oracle wants them."""
    places = random_places(model)
    return [
        (entry.from_days, shifted([typical_parameters(model, entry)], places, eta)[0])
        for entry in history.covariates
    ]


def task_of(model: PkModel, history: History) -> tuple[Task, Point]:
    """What the search for an estimate is given: the task, and the point that it starts from."""
    found, typical = laid_out(model, history, [sample.at_days for sample in history.samples])
    places = random_places(model)
    prior = levels(found, typical, places)
    observed = observations(model, history.samples, prior)
    task = Task(model.precision, observed, found, typical, places)
    return task, weighed(task, [0.0] * len(places), prior)
