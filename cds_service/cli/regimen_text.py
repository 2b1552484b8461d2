"""A regimen as people write it ("5 mg/kg q6w", "350 mg every 6 weeks"), as numbers or as what is wrong."""

from __future__ import annotations

import re
from typing import NamedTuple

from tdm.facts import Route

_PATTERN = re.compile(
    r"(?P<before>sc|iv)?\s*(?P<dose>\d+(?:\.\d+)?)\s*(?P<unit>mg/kg|mg)\s*"
    r"(?:q\s*|every\s+)(?P<every>\d+(?:\.\d+)?)?\s*(?P<period>weeks?|w|days?|d)\s*(?P<after>sc|iv)?",
    re.ASCII | re.IGNORECASE,
)
_WORDS = {"subcutaneously": "sc", "subcutaneous": "sc", "intravenously": "iv", "intravenous": "iv"}
_ROUTES = {"sc": Route.SUBCUTANEOUS, "iv": Route.INTRAVENOUS}
_DAYS_PER_WEEK = 7
HIGHEST_MG = 5000
HIGHEST_MG_PER_KG = 50
INTERVAL_DAYS = (7, 182)
EXAMPLES = '"5 mg/kg q6w", "350 mg every 6 weeks" or "120 mg q2w sc"'


class WrittenRegimen(NamedTuple):
    """What was written. `route` is None where it is not named: then it is that of the course."""

    text: str
    interval_days: float
    amount_mg: float | None
    amount_mg_per_kg: float | None
    route: Route | None


def read_regimen(text: str) -> WrittenRegimen:
    """Return the regimen that a text names; `ValueError` with what to write instead."""
    plain = text.strip().lower()
    for word, short in _WORDS.items():
        plain = plain.replace(word, short)
    match = _PATTERN.fullmatch(plain)
    if match is None:
        raise ValueError(f"{text!r} is not a dose with an interval; write {EXAMPLES}")
    days = float(match["every"] or 1) * (_DAYS_PER_WEEK if match["period"].startswith("w") else 1)
    dose, per_kg = float(match["dose"]), match["unit"].endswith("kg")
    shortest, longest = INTERVAL_DAYS
    if not shortest <= days <= longest:
        raise ValueError(f"{text!r}: the interval must be from {shortest} to {longest} days")
    if not 0 < dose <= (HIGHEST_MG_PER_KG if per_kg else HIGHEST_MG):
        limits = f"above 0 and at most {HIGHEST_MG_PER_KG} mg/kg or {HIGHEST_MG} mg"
        raise ValueError(f"{text!r}: the dose must be {limits}")
    named = {match["before"], match["after"]} - {None}
    if len(named) > 1:
        raise ValueError(f"{text!r} names two routes")
    route = _ROUTES[named.pop()] if named else None
    if route is Route.SUBCUTANEOUS and per_kg:
        raise ValueError(f'{text!r}: injections are given in mg, for example "120 mg q2w sc"')
    return WrittenRegimen(text, days, None if per_kg else dose, dose if per_kg else None, route)
