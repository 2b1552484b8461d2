"""A regimen as people write it, and what is said where it is none."""

import pytest

from cds_service.cli.regimen_text import read_regimen
from tdm.facts import Route

SC, IV = Route.SUBCUTANEOUS, Route.INTRAVENOUS


@pytest.mark.parametrize(
    ("text", "days", "mg", "per_kg", "route"),
    [
        ("5 mg/kg q6w", 42, None, 5, None),
        ("10mg/kg q8w", 56, None, 10, None),
        ("7.5 mg/kg every 6 weeks", 42, None, 7.5, None),
        ("350 mg every 6 weeks", 42, 350, None, None),
        ("350 MG  Q 6 W", 42, 350, None, None),
        (" 350 mg every 42 days ", 42, 350, None, None),
        ("350 mg q42d", 42, 350, None, None),
        ("350 mg every 4.5 weeks iv", 31.5, 350, None, IV),
        ("120 mg every week sc", 7, 120, None, SC),
        ("120 mg q2w subcutaneous", 14, 120, None, SC),
        ("SC 120 mg q2w", 14, 120, None, SC),
        ("120 mg q2w subcutaneously", 14, 120, None, SC),
        ("sc 120 mg q2w sc", 14, 120, None, SC),
        ("5 mg/kg q8w intravenously", 56, None, 5, IV),
    ],
)
def test_dose_interval_and_route_are_read(text, days, mg, per_kg, route):
    found = read_regimen(text)
    assert (found.interval_days, found.amount_mg, found.amount_mg_per_kg, found.route) == (
        days,
        mg,
        per_kg,
        route,
    )
    assert found.text == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not a dose with an interval"),
        ("5 mg/kg", "is not a dose with an interval"),
        ("q6w", "is not a dose with an interval"),
        ("5 q6w", "is not a dose with an interval"),
        ("5 mg/kg every 6 months", "is not a dose with an interval"),
        ("-5 mg/kg q6w", "is not a dose with an interval"),
        ("5 mg/kg q6w; rm", "is not a dose with an interval"),
        ("5 mg/kg q0w", "the interval must be from 7 to 182 days"),
        ("5 mg/kg q6d", "the interval must be from 7 to 182 days"),
        ("5 mg/kg q27w", "the interval must be from 7 to 182 days"),
        ("0 mg q6w", "the dose must be above 0"),
        ("5001 mg q6w", "at most 50 mg/kg or 5000 mg"),
        ("51 mg/kg q6w", "at most 50 mg/kg or 5000 mg"),
        ("iv 120 mg q2w sc", "names two routes"),
        ("5 mg/kg q2w sc", "injections are given in mg"),
    ],
)
def test_what_is_none_is_refused_with_what_to_write(text, said):
    with pytest.raises(ValueError, match=said):
        read_regimen(text)
    if "not a dose" in said:
        with pytest.raises(ValueError, match="5 mg/kg q6w"):
            read_regimen(text)
