"""The words of a card, read once from `wording.toml` and checked against its schema."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from cards.model import Coding, Source
from tdm.decision import Verdict

DAYS_PER_WEEK: Final = 7
_USUAL_WEEKS: Final = 26

Words = Mapping[str, str]
"""One table of words; the schema says which keys it has."""


class WordingError(Exception):
    """A packaged wording file is not what its schema says; names the file and the dotted key."""


@dataclass(frozen=True, slots=True)
class Button:
    """The words of one suggestion: the button's label, and what is shown of its action."""

    label: str
    description: str


@dataclass(frozen=True, slots=True)
class Wording:
    """All words of a card, by table. `sources` holds the ready source of each verdict, without url.

    `week_intervals` holds the words for the intervals that are usual, whole weeks, by their days.
    """

    titles: Mapping[Verdict, str]
    sources: Mapping[Verdict, Source]
    headings: Words
    indicators: Words
    certainties: Words
    ati: Words
    activity: Words
    switch_directions: Words
    comparators: Words
    fact_groups: Words
    shortfalls: Words
    summary: Words
    gates: Words
    not_evaluated: Words
    lines: Words
    cannot_update: Words
    actions: Mapping[str, Button]
    regimen: Words
    week_intervals: Mapping[float, str]
    forecast: Words
    forecast_absent: Words
    forecast_notes: Words
    not_completed: Words
    not_completed_reasons: Mapping[str, Words]

    def source(self, verdict: Verdict, url: str = "") -> Source:
        """Return the source of a card on this verdict, with the site's address where it has one."""
        source = self.sources[verdict]
        return Source(label=source.label, topic=source.topic, url=url) if url else source


@cache
def load_wording() -> Wording:
    """Return the packaged words; `WordingError` on any fault in the file."""
    return wording_from(read_checked("wording"))


def read_checked(name: str) -> dict[str, Any]:
    """Return a packaged TOML file of this package, checked against the schema of the same name."""
    return checked(name, tomllib.loads(files("cards").joinpath(f"{name}.toml").read_text("utf-8")))


def checked(name: str, table: dict[str, Any]) -> dict[str, Any]:
    """Return the table if it satisfies the packaged schema `name`, else raise `WordingError`."""
    schema = json.loads(files("cards").joinpath("schema", f"{name}.json").read_text("utf-8"))
    fault = best_match(Draft202012Validator(schema).iter_errors(table))
    if fault is not None:
        key = ".".join(str(part) for part in fault.absolute_path) or "(top)"
        raise WordingError(f"{name}.toml: {key}: {fault.message}")
    return table


def wording_from(tables: Mapping[str, Any]) -> Wording:
    """Return the words of checked tables."""
    not_completed = dict(tables["not_completed"])
    reasons = not_completed.pop("reasons")
    verdicts = {Verdict(name): entry for name, entry in tables["verdicts"].items()}
    return Wording(
        titles={verdict: entry["title"] for verdict, entry in verdicts.items()},
        sources={verdict: _source(tables["source"], entry) for verdict, entry in verdicts.items()},
        actions={
            name: Button(entry["label"], entry["description"]) for name, entry in tables["actions"].items()
        },
        week_intervals=_week_intervals(tables["regimen"]),
        not_completed=not_completed,
        not_completed_reasons=reasons,
        **{
            name: tables[name]
            for name in (
                "headings",
                "indicators",
                "certainties",
                "ati",
                "activity",
                "switch_directions",
                "comparators",
                "fact_groups",
                "shortfalls",
                "summary",
                "gates",
                "not_evaluated",
                "lines",
                "cannot_update",
                "regimen",
                "forecast",
                "forecast_absent",
                "forecast_notes",
            )
        },
    )


def _week_intervals(words: Words) -> Mapping[float, str]:
    intervals: dict[float, str] = {DAYS_PER_WEEK: words["week"]}
    for weeks in range(2, _USUAL_WEEKS + 1):
        intervals[DAYS_PER_WEEK * weeks] = words["weeks"].format(weeks=weeks)
    return intervals


def _source(words: Words, verdict: Words) -> Source:
    topic = Coding(code=verdict["topic"], system=words["topic_system"], display=verdict["display"])
    return Source(label=words["label"], topic=topic)
