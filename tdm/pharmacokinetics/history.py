"""What a forecast is made from: doses, covariates and levels on one axis of days, in canonical order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple


class Administration(NamedTuple):
    """One dose: `amount_mg` from `at_days` on, over `duration_days` (0: at once; so when subcutaneous)."""

    at_days: float
    amount_mg: float
    duration_days: float
    subcutaneous: bool = False


class Covariates(NamedTuple):
    """What is true of the patient from `from_days` on, until the next entry. The first holds before, too."""

    from_days: float
    weight_kg: float
    albumin_g_dl: float
    ati_positive: bool
    immunomodulator: bool
    male: bool


class Sample(NamedTuple):
    """One level, drawn before a dose of the same moment. `below`: the true value is under the one given."""

    at_days: float
    value_ug_ml: float
    below: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """Doses, covariates (at least one entry) and samples, each in order. Made by `history_of`."""

    administrations: tuple[Administration, ...]
    covariates: tuple[Covariates, ...]
    samples: tuple[Sample, ...] = ()


def history_of(
    administrations: Iterable[Administration],
    covariates: Iterable[Covariates],
    samples: Iterable[Sample] = (),
) -> History:
    """The history in canonical order: any order of the same facts gives the same answers to the last digit.

    Entries of covariates that change nothing are dropped; of two with the same moment the last in order
    holds. Raises `ValueError` without covariates: nothing is assumed here.
    """
    kept: list[Covariates] = []
    for entry in sorted(covariates):
        if kept and kept[-1].from_days == entry.from_days:
            kept.pop()
        if not kept or kept[-1][1:] != entry[1:]:
            kept.append(entry)
    if not kept:
        raise ValueError("a history needs covariates")
    given = tuple(sorted(one for one in administrations if one.amount_mg > 0))
    return History(given, tuple(kept), tuple(sorted(samples)))
