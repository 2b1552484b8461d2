"""Edge tables: a chart, one number moved across its thresholds, and the rule on each side by the protocol."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.story import Story

AS_OF = datetime(2026, 6, 15, 9, 30, tzinfo=UTC)
Written = dict[str, Any]
REGULAR = [56, 112, 168, 224, 280, 336, 392, 420, 434]
HMSA = {"laboratory_name": "Prometheus Laboratories", "method": "HMSA"}


@dataclass(frozen=True)
class Edge:
    """One chart and one number: `steps` are (number, expected rule); `place` writes the number in."""

    name: str
    chart: Written
    place: Callable[[Written, float], None]
    steps: tuple[tuple[float, str], ...]


def _result(test: str, value: float | str, days_ago: float = 1, **more: Any) -> Written:
    return {"test": test, "value": value, "days_ago": days_ago, **more}


NEGATIVE = _result("ati", "Negative")
ACTIVE = [_result("crp", 24.0), _result("calprotectin", 900, 9)]
QUIET = [_result("crp", 1.0), _result("calprotectin", 60, 9)]


def chart(
    results: list[Written],
    *,
    age_years: int = 34,
    infusions: list[float] | None = None,
    ordered: float = 434,
    route: str = "intravenous",
    **more: Any,
) -> Written:
    """Return a chart of one person on 5 mg/kg every 8 weeks (or 120 mg every 2 weeks under the skin)."""
    subcutaneous = route == "subcutaneous"
    weight = 70 if age_years >= 18 else 40
    dose = 120 if subcutaneous else 5 * weight
    weeks = 2 if subcutaneous else 8
    given = infusions if infusions is not None else list(range(14, 210, 14)) if subcutaneous else REGULAR
    regimen = {
        "dose_mg": dose,
        "interval_weeks": weeks,
        "ordered_days_ago": ordered,
        "infusions_days_ago": given,
        "route": route,
    }
    return {
        "patient": {"age_years": age_years, "sex": "female", "weight_kg": weight},
        "regimens": [regimen],
        "drafts": [{"dose_mg": dose, "interval_weeks": weeks, "route": route}],
        "results": results,
        **more,
    }


def _level(written: Written, value: float) -> None:
    written["results"].append(_result("level", value))


def _ati(written: Written, value: float) -> None:
    written["results"].append(_result("ati", value, **HMSA))


def _mayo(written: Written, value: float) -> None:
    written["results"].append(_result("ati", value, laboratory_name="Mayo Clinic Laboratories"))


def _marker(test: str) -> Callable[[Written, float], None]:
    return lambda written, value: written["results"].append(_result(test, value))


def _score(name: str, category: str) -> Callable[[Written, float], None]:
    def place(written: Written, value: float) -> None:
        written["findings"] = [{"name": name, "value": value, "days_ago": 2, "category": category}]

    return place


def _days_after_infusion(written: Written, days: float) -> None:
    """Draw the level so many days after the last infusion: the infusion is moved, the level stays fresh."""
    written["regimens"][0]["infusions_days_ago"] = [days + 1 + 56 * step for step in range(8)]


def _level_age(written: Written, days: float) -> None:
    """Let the level and antibodies be so many days old, 55 days after an infusion, infusions going on."""
    written["results"] += [_result("level", 1.8, days), _result("ati", "Negative", days)]
    written["regimens"][0]["infusions_days_ago"] = sorted((days - 1) % 56 + 56 * step for step in range(9))


def _last_dose(written: Written, days: float) -> None:
    written["regimens"][0]["infusions_days_ago"] = [days + 56 * step for step in range(7)]


def _age(written: Written, days: float) -> None:
    """Let the eighteenth birthday be so many days ago (negative: still to come)."""
    eighteenth = AS_OF.date() - timedelta(days=days)
    written["patient"]["birth_date"] = eighteenth.replace(year=eighteenth.year - 18).isoformat()


def _alt(written: Written, value: float) -> None:
    written["results"].append(_result("alt", value, reference_high=40.0))


def _draft_dose(written: Written, value: float) -> None:
    written["drafts"][0]["dose_mg"] = value


def _infused_since(written: Written, days: float) -> None:
    """Let the first infusion be so many days before yesterday's level, the last one 55 days before."""
    first = days + 1
    written["regimens"][0] |= {"infusions_days_ago": [first, first - 14, 56], "ordered_days_ago": first}


def edges() -> tuple[Edge, ...]:
    """Return every edge table."""
    active, quiet = [NEGATIVE, *ACTIVE], [NEGATIVE, *QUIET]
    symptoms = _score("Harvey-Bradshaw Index", "survey")
    high = _result("ati", 25.0, **HMSA)
    fistula = {"conditions": ["crohns", "perianal-fistula"]}
    week_6, week_2, week_14 = [28, 42], [15], [56, 84, 98]
    return (
        Edge(
            "adult, active, maintenance: level",
            chart(active),
            _level,
            (
                (0.49, "R-PK-1"),
                (0.5, "R-PK-1"),
                (4.99, "R-PK-1"),
                (5.0, "R-LOR-1"),
                (9.0, "R-LOR-1"),
                (9.01, "R-MECH-1"),
                (15.0, "R-MECH-1"),
                (15.01, "R-MECH-2"),
                (200.0, "R-MECH-2"),
                (200.01, "R-DATA-1"),
                (0.0, "R-DATA-1"),
            ),
        ),
        Edge(
            "adult, remission, maintenance: level",
            chart(quiet),
            _level,
            ((2.99, "R-PK-2"), (3.0, "R-OK-1"), (9.0, "R-OK-1"), (9.01, "R-OK-2")),
        ),
        Edge(
            "adult, active, week 14: level",
            chart(active, infusions=week_14, ordered=100),
            _level,
            (
                (0.49, "R-IND-3"),
                (0.5, "R-PK-1"),
                (3.99, "R-PK-1"),
                (4.0, "R-LOR-1"),
                (9.0, "R-LOR-1"),
                (9.01, "R-MECH-1"),
            ),
        ),
        Edge(
            "adult, active, week 6: level",
            chart(active, infusions=week_6, ordered=44),
            _level,
            ((4.49, "R-IND-1"), (4.5, "R-IND-2")),
        ),
        Edge(
            "adult, active, week 2: level",
            chart(active, infusions=week_2, ordered=16),
            _level,
            ((19.99, "R-IND-1"), (20.0, "R-IND-2")),
        ),
        Edge(
            "adult, remission, week 6: level",
            chart(quiet, infusions=week_6, ordered=44),
            _level,
            ((4.49, "R-IND-4"), (4.5, "R-IND-2")),
        ),
        Edge(
            "child, week 2: level",
            chart([NEGATIVE], age_years=13, infusions=week_2, ordered=16),
            _level,
            ((9.19, "R-IND-1"), (9.2, "R-IND-2")),
        ),
        Edge(
            "child, week 6: level",
            chart([NEGATIVE], age_years=13, infusions=week_6, ordered=44),
            _level,
            ((8.29, "R-IND-1"), (8.3, "R-IND-2")),
        ),
        Edge(
            "child, week 14: level",
            chart([NEGATIVE], age_years=13, infusions=week_14, ordered=100),
            _level,
            ((4.99, "R-PK-2"), (5.0, "R-OK-1"), (9.0, "R-OK-1"), (9.01, "R-OK-2")),
        ),
        Edge(
            "child, remission, maintenance: level",
            chart(quiet, age_years=13),
            _level,
            ((5.99, "R-PK-2"), (6.0, "R-OK-1"), (9.0, "R-OK-1"), (9.01, "R-OK-2")),
        ),
        Edge(
            "child, active, high antibodies: level",
            chart([high, *ACTIVE], age_years=13),
            _level,
            ((4.99, "R-IMM-1"), (5.0, "R-IMM-8"), (5.99, "R-IMM-8"), (6.0, "R-IMM-4")),
        ),
        Edge(
            "adult, remission, high antibodies: level",
            chart([high, *QUIET]),
            _level,
            ((2.99, "R-IMM-2"), (3.0, "R-IMM-3")),
        ),
        Edge(
            "adult, active, antibodies not measured: level",
            chart([*ACTIVE]),
            _level,
            ((4.99, "R-ATI-1"), (5.0, "R-LOR-1")),
        ),
        Edge(
            "adult, remission, antibodies not measured: level",
            chart([*QUIET]),
            _level,
            ((0.49, "R-ATI-1"), (0.5, "R-ATI-2"), (2.99, "R-ATI-2"), (3.0, "R-OK-1")),
        ),
        Edge(
            "adult, active perianal fistula: level",
            chart(active, **fistula),
            _level,
            ((9.99, "R-PK-1"), (10.0, "R-LOR-1"), (12.69, "R-LOR-1"), (12.7, "R-FIST-1"), (30.0, "R-FIST-1")),
        ),
        Edge(
            "subcutaneous, active: level",
            chart(active, route="subcutaneous"),
            _level,
            ((0.49, "R-SC-1"), (17.49, "R-SC-1"), (17.5, "R-SC-3")),
        ),
        Edge(
            "subcutaneous, remission: level",
            chart(quiet, route="subcutaneous"),
            _level,
            ((0.49, "R-SC-4"), (0.5, "R-SC-2"), (17.5, "R-SC-2")),
        ),
        Edge(
            "adult, active, 2.0: antibodies by mobility shift",
            chart([_result("level", 2.0), *ACTIVE]),
            _ati,
            ((3.29, "R-PK-1"), (3.3, "R-IMM-5"), (9.1, "R-IMM-5"), (9.11, "R-IMM-1")),
        ),
        Edge(
            "adult, remission, not detected: antibodies by mobility shift",
            chart([_result("level", "Not detected"), *QUIET]),
            _ati,
            ((3.29, "R-PK-2"), (3.3, "R-IMM-9"), (9.1, "R-IMM-9"), (9.11, "R-IMM-2")),
        ),
        Edge(
            "adult, remission, 2.0: antibodies by mobility shift",
            chart([_result("level", 2.0), *QUIET]),
            _ati,
            ((3.29, "R-PK-2"), (3.3, "R-IMM-6"), (9.1, "R-IMM-6"), (9.11, "R-IMM-2")),
        ),
        Edge(
            "adult, active, 2.0: antibodies at Mayo",
            chart([_result("level", 2.0), *ACTIVE]),
            _mayo,
            ((49.0, "R-PK-1"), (50.0, "R-IMM-7")),
        ),
        Edge(
            "adult, 4.0: CRP",
            chart([_result("level", 4.0), NEGATIVE]),
            _marker("crp"),
            ((2.99, "R-OK-1"), (4.99, "R-OK-1"), (5.0, "R-LOR-2"), (10.0, "R-LOR-2"), (10.01, "R-PK-1")),
        ),
        Edge(
            "adult, 4.0: calprotectin",
            chart([_result("level", 4.0), NEGATIVE]),
            _marker("calprotectin"),
            ((250.0, "R-OK-1"), (250.1, "R-PK-1")),
        ),
        Edge(
            "adult, 4.0: Harvey-Bradshaw index",
            chart([_result("level", 4.0), NEGATIVE]),
            symptoms,
            ((4, "R-OK-1"), (5, "R-LOR-2")),
        ),
        Edge(
            "adult, 4.0: CDAI",
            chart([_result("level", 4.0), NEGATIVE]),
            _score("CDAI", "survey"),
            ((149, "R-OK-1"), (150, "R-LOR-2")),
        ),
        Edge(
            "child, 7.0: PCDAI",
            chart([_result("level", 7.0), NEGATIVE], age_years=13),
            _score("PCDAI", "survey"),
            ((9, "R-OK-1"), (10, "R-LOR-2")),
        ),
        Edge(
            "adult, 4.0: SES-CD",
            chart([_result("level", 4.0), NEGATIVE]),
            _score("SES-CD", "procedure"),
            ((2, "R-OK-1"), (3, "R-PK-1")),
        ),
        Edge(
            "adult, active, 1.8: days after the infusion",
            chart([_result("level", 1.8), *active]),
            _days_after_infusion,
            ((47, "R-DATA-1"), (48, "R-PK-1"), (70, "R-PK-1"), (71, "R-DATA-1")),
        ),
        Edge(
            "adult, active, 1.8: age of the level in days",
            chart([*ACTIVE]),
            _level_age,
            ((84, "R-PK-1"), (85, "R-DATA-1")),
        ),
        Edge(
            "adult, remission, 1.8: age of the level in days",
            chart([*QUIET]),
            _level_age,
            ((182, "R-PK-2"), (183, "R-DATA-1")),
        ),
        Edge(
            "adult, 1.8: days since the last dose",
            chart([_result("level", 1.8), *active]),
            _last_dose,
            ((70, "R-PK-1"), (113, "S-GAP")),
        ),
        Edge(
            "no level: days since the last dose",
            chart([*ACTIVE]),
            _last_dose,
            ((112, "R-DATA-1"), (113, "S-GAP")),
        ),
        Edge(
            "4.5, remission: days since the eighteenth birthday",
            chart([_result("level", 4.5), *quiet]),
            _age,
            ((-1, "R-PK-2"), (0, "R-OK-1")),
        ),
        Edge(
            "adult, 1.8: ALT, limit 40",
            chart([_result("level", 1.8), *active]),
            _alt,
            ((199.9, "R-PK-1"), (200.0, "S-LIVER")),
        ),
        Edge(
            "adult with heart failure, 1.8: dose of the draft at 70 kg",
            chart([_result("level", 1.8), *active], conditions=["crohns", "heart-failure"]),
            _draft_dose,
            ((350, "R-PK-1"), (360, "S-HF")),
        ),
        Edge(
            "adult, remission, 4.0: days since the first infusion",
            chart([_result("level", 4.0), *quiet]),
            _infused_since,
            ((83, "R-IND-4"), (84, "R-OK-1")),
        ),
        Edge(
            "adult, remission, 3.5: days since the first infusion",
            chart([_result("level", 3.5), *quiet]),
            _infused_since,
            ((125, "R-PK-2"), (126, "R-OK-1")),
        ),
    )


def story_of(edge: Edge, value: float) -> Story:
    """Return the chart of an edge with its number in place, as a story."""
    written = copy.deepcopy(edge.chart)
    edge.place(written, value)
    return Story(
        slug="edge",
        title=edge.name,
        narrative="",
        as_of=AS_OF,
        hook="order-sign",
        covers=(),
        written=written,
        expect={},
    )
