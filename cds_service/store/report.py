"""What became of the cards: accepted, overridden and why, or left without an answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, and_, func, select

from cds_service.store.records import Outcome
from cds_service.store.tables import CARDS, FEEDBACK

UNANSWERED: Final = "unanswered"
"""What is reported of a card to which nothing came back: clients report no card that was merely ignored."""


@dataclass(frozen=True, slots=True)
class Period:
    """Which cards count: those shown from `since` up to, not including, `until`, to one client or to all."""

    since: datetime | None = None
    until: datetime | None = None
    client: str = ""


@dataclass(frozen=True, slots=True)
class ReportLine:
    """How many cards of one rule met one outcome.

    `shown` are all cards of the rule. `detail` is the reason of an override, or the kinds of the suggestions
    that were accepted together. Rule and verdict are "" for answers to cards that are not on record.
    """

    verdict: str
    rule: str
    shown: int
    outcome: str
    detail: str
    system: str
    cards: int


def feedback_report(engine: Engine, period: Period) -> list[ReportLine]:
    """Return the lines of all rules, in order; every card counts once, by its last answer.

    An answer belongs to a card when the same client and tenant got that card. Raises SQLAlchemyError.
    """
    with engine.connect().execution_options(reading=True) as connection, connection.begin():
        shown = _shown(connection, period)
        answers = Counter(_answers(connection, period))
        strangers = Counter(_strangers(connection, period))
    return [*_lines(shown, answers), *_lines_of_strangers(strangers)]


_Rule = tuple[str, str]
_Answer = tuple[str, str, str]


def _within(column: ColumnElement[Any], client: ColumnElement[Any], period: Period) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = []
    if period.since is not None:
        conditions.append(column >= period.since)
    if period.until is not None:
        conditions.append(column < period.until)
    if period.client:
        conditions.append(client == period.client)
    return and_(True, *conditions)  # noqa: FBT003 (a condition in SQL)


def _shown(connection: Connection, period: Period) -> dict[_Rule, int]:
    query = (
        select(CARDS.c.verdict, CARDS.c.rule, func.count())
        .where(_within(CARDS.c.created_at, CARDS.c.client, period))
        .group_by(CARDS.c.verdict, CARDS.c.rule)
    )
    return {(verdict, rule): count for verdict, rule, count in connection.execute(query)}


_SAME_CARD: Final = and_(
    FEEDBACK.c.card == CARDS.c.card,
    FEEDBACK.c.client == CARDS.c.client,
    FEEDBACK.c.tenant == CARDS.c.tenant,
)


def _answers(connection: Connection, period: Period) -> Iterator[tuple[_Rule, _Answer]]:
    """Yield the last answer to each card that has one."""
    query = (
        select(CARDS.c.verdict, CARDS.c.rule, CARDS.c.suggestions, FEEDBACK)
        .join(FEEDBACK, _SAME_CARD)
        .where(_within(CARDS.c.created_at, CARDS.c.client, period))
        .order_by(FEEDBACK.c.card)
        .execution_options(yield_per=500)
    )
    for _card, rows in groupby(connection.execute(query), key=lambda row: row.card):
        yield _last(rows)


def _strangers(connection: Connection, period: Period) -> Iterator[_Answer]:
    """Yield the last answer to each card that is not on record for who answered."""
    query = (
        select(FEEDBACK, CARDS.c.suggestions)
        .outerjoin(CARDS, _SAME_CARD)
        .where(CARDS.c.card.is_(None), _within(FEEDBACK.c.received_at, FEEDBACK.c.client, period))
        .order_by(FEEDBACK.c.card, FEEDBACK.c.client, FEEDBACK.c.tenant)
        .execution_options(yield_per=500)
    )
    rows = connection.execute(query)
    for _scope, same in groupby(rows, key=lambda row: (row.card, row.client, row.tenant)):
        yield _answer(max(same, key=_when), {})


def _last(rows: Iterable[Any]) -> tuple[_Rule, _Answer]:
    row = max(rows, key=_when)
    return (row.verdict, row.rule), _answer(row, row.suggestions)


def _when(row: Any) -> tuple[datetime, datetime, str]:
    """Return what orders the answers to a card: nothing is done later than it is reported."""
    return min(row.outcome_at, row.received_at), row.received_at, row.item_key


def _answer(row: Any, kinds: dict[str, str]) -> _Answer:
    if row.outcome == Outcome.OVERRIDDEN:
        return row.outcome, row.reason_code, row.reason_system
    return row.outcome, "+".join(sorted({kinds.get(one, "") for one in row.accepted} - {""})), ""


def _lines(shown: dict[_Rule, int], answers: Counter[tuple[_Rule, _Answer]]) -> Iterator[ReportLine]:
    for rule, count in sorted(shown.items()):
        met = {answer: cards for (of_rule, answer), cards in answers.items() if of_rule == rule}
        for (outcome, detail, system), cards in sorted(met.items()):
            yield ReportLine(*rule, count, outcome, detail, system, cards)
        if unanswered := count - sum(met.values()):
            yield ReportLine(*rule, count, UNANSWERED, "", "", unanswered)


def _lines_of_strangers(answers: Counter[_Answer]) -> Iterator[ReportLine]:
    for (outcome, detail, system), cards in sorted(answers.items()):
        yield ReportLine("", "", 0, outcome, detail, system, cards)
