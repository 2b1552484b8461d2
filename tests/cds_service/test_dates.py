"""Relative dates of the example requests."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from cds_service.sandbox.dates import expand

VIENNA = ZoneInfo("Europe/Vienna")
TODAY = date(2026, 4, 2)


def test_a_day_and_a_time_are_counted_from_today() -> None:
    template = {"a": ["${days:-56}", "${days:+1 at 08:15}", 5, None, True], "b": {"c": "from ${days:0} on"}}
    assert expand(template, today=TODAY, zone=VIENNA) == {
        "a": ["2026-02-05", "2026-04-03T08:15:00+02:00", 5, None, True],
        "b": {"c": "from 2026-04-02 on"},
    }


def test_a_time_carries_the_offset_of_its_own_day() -> None:
    assert expand("${days:-30 at 07:50}", today=TODAY, zone=VIENNA) == "2026-03-03T07:50:00+01:00"


def test_the_template_is_left_as_it_was() -> None:
    template = {"a": ["${days:0}"]}
    expand(template, today=TODAY, zone=VIENNA)
    assert template == {"a": ["${days:0}"]}


@pytest.mark.parametrize("text", ["${day:1}", "${days:1", "${days:x}", "${days:1 at 8:15}", "${days:\u0665}"])
def test_a_misspelt_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="misspelt"):
        expand(text, today=TODAY, zone=VIENNA)
