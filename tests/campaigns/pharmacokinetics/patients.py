"""Who is simulated: the covariates of children and adults, drawn from distributions that are stated here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Array = np.ndarray


@dataclass(frozen=True)
class Patients:
    """Covariates of many patients, one array element each; they stay as they are for the time simulated."""

    weight_kg: Array
    albumin_g_dl: Array
    ati_positive: Array  # 0.0 or 1.0, as the others below
    immunomodulator: Array
    male: Array

    @property
    def count(self) -> int:
        """How many patients these are."""
        return len(self.weight_kg)


@dataclass(frozen=True)
class Population:
    """Distributions: weight log-normal about its median, albumin normal, both cut; the rest are shares."""

    weight_median_kg: float
    weight_log_sd: float
    weight_range_kg: tuple[float, float]
    albumin_mean_g_dl: float
    albumin_sd_g_dl: float
    albumin_range_g_dl: tuple[float, float]
    ati_share: float
    immunomodulator_share: float
    male_share: float


# Assumed, not published: school age to 17 years, and a mixed adult clinic.
CHILDREN = Population(44.0, 0.35, (18.0, 90.0), 4.0, 0.4, (2.8, 5.0), 0.10, 0.50, 0.60)
ADULTS = Population(70.0, 0.20, (45.0, 120.0), 4.1, 0.4, (2.8, 5.0), 0.10, 0.40, 0.50)


def draw(population: Population, count: int, random: np.random.Generator) -> Patients:
    """Draw `count` patients."""

    def share(of: float) -> Array:
        return (random.random(count) < of).astype(float)

    weight = population.weight_median_kg * np.exp(random.normal(0.0, population.weight_log_sd, count))
    albumin = random.normal(population.albumin_mean_g_dl, population.albumin_sd_g_dl, count)
    return Patients(
        weight_kg=np.round(np.clip(weight, *population.weight_range_kg), 1),
        albumin_g_dl=np.round(np.clip(albumin, *population.albumin_range_g_dl), 1),
        ati_positive=share(population.ati_share),
        immunomodulator=share(population.immunomodulator_share),
        male=share(population.male_share),
    )
