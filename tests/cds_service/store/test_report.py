"""The report: every card counts once, by its last answer, and only the answers of who got it."""

from datetime import timedelta

import pytest

from cds_service.store.records import Outcome
from cds_service.store.report import UNANSWERED, Period, ReportLine, feedback_report
from tests.cds_service.store.conftest import NOW, call, card, item, uuid_of


def lines(database, **period):
    return [
        (line.rule, line.shown, line.outcome, line.detail, line.cards)
        for line in feedback_report(database.engine, Period(**period))
    ]


def at(minutes):
    moment = NOW + timedelta(minutes=minutes)
    return {"outcome_at": moment, "outcome_timestamp": moment.isoformat()}


def accepted(number, *suggestions, **changes):
    return item(number, outcome=Outcome.ACCEPTED, accepted=suggestions, **changes)


def test_acceptance_and_override_by_rule_and_reason(database):
    database.write_cards([card(number, rule="R-1") for number in range(6)])
    database.write_cards([card(6, rule="R-2", verdict="switch")])
    database.write_feedback(
        [
            call(
                accepted(0, uuid_of(1000)),
                accepted(1, uuid_of(1001), uuid_of(2001)),
                item(2, reason_code="patient-refuses", reason_system="http://x"),
                item(3, reason_code="patient-refuses", reason_system="http://x"),
                item(4),
            )
        ]
    )
    assert feedback_report(database.engine, Period()) == [
        ReportLine("intensify", "R-1", 6, "accepted", "laboratory-order+raise-dose", "", 1),
        ReportLine("intensify", "R-1", 6, "accepted", "raise-dose", "", 1),
        ReportLine("intensify", "R-1", 6, "overridden", "", "", 1),
        ReportLine("intensify", "R-1", 6, "overridden", "patient-refuses", "http://x", 2),
        ReportLine("intensify", "R-1", 6, UNANSWERED, "", "", 1),
        ReportLine("switch", "R-2", 1, UNANSWERED, "", "", 1),
    ]


def test_the_last_answer_counts_in_whatever_order_they_came(database):
    database.write_cards([card(1)])
    database.write_feedback(
        [call(item(1, **at(5), reason_code="later"), received_at=NOW + timedelta(hours=1))]
    )
    database.write_feedback(
        [call(item(1, **at(2), reason_code="sooner"), received_at=NOW + timedelta(hours=2))]
    )
    assert lines(database) == [("R-1", 1, "overridden", "later", 1)]


def test_a_time_in_the_future_does_not_win_for_ever(database):
    database.write_cards([card(1)])
    wrong = item(1, **at(60 * 24 * 365 * 50), reason_code="clock-ahead")
    database.write_feedback([call(wrong, received_at=NOW + timedelta(hours=1))])
    database.write_feedback(
        [call(item(1, **at(120), reason_code="right"), received_at=NOW + timedelta(hours=3))]
    )
    assert lines(database) == [("R-1", 1, "overridden", "right", 1)]


@pytest.mark.parametrize("stranger", [{"client": "oracle"}, {"tenant": "south"}, {"tenant": ""}])
def test_an_answer_of_somebody_else_does_not_count_for_the_card(database, stranger):
    database.write_cards([card(1)])
    database.write_feedback([call(item(1, reason_code="forged"), **stranger)])
    assert lines(database) == [("R-1", 1, UNANSWERED, "", 1), ("", 0, "overridden", "forged", 1)]
    assert lines(database, client="epic")[0] == ("R-1", 1, UNANSWERED, "", 1)


def test_a_card_that_comes_on_record_after_its_answer_is_joined(database):
    database.write_feedback([call(item(1))])
    assert lines(database) == [("", 0, "overridden", "", 1)]
    database.write_cards([card(1)])
    assert lines(database) == [("R-1", 1, "overridden", "", 1)]


def test_a_suggestion_that_was_not_on_the_card_is_not_counted_as_one(database):
    database.write_cards([card(1)])
    database.write_feedback([call(accepted(1, uuid_of(99)))])
    assert lines(database) == [("R-1", 1, "accepted", "", 1)]


def test_a_period_takes_the_cards_from_its_first_instant_to_before_its_last(database):
    database.write_cards([card(number, created_at=NOW + timedelta(hours=number)) for number in range(4)])
    period = {"since": NOW + timedelta(hours=1), "until": NOW + timedelta(hours=3)}
    assert lines(database, **period) == [("R-1", 2, UNANSWERED, "", 2)]


def test_answers_to_unknown_cards_belong_to_the_period_they_came_in(database):
    database.write_feedback(
        [call(item(1), received_at=NOW), call(item(2), received_at=NOW + timedelta(days=1))]
    )
    assert lines(database, since=NOW + timedelta(hours=1)) == [("", 0, "overridden", "", 1)]
    assert lines(database, until=NOW + timedelta(hours=1)) == [("", 0, "overridden", "", 1)]
    assert lines(database, client="oracle") == []


def test_one_unknown_card_counts_once_for_each_who_answered(database):
    database.write_feedback([call(item(1, **at(1)), item(1, **at(2))), call(item(1), tenant="south")])
    assert lines(database) == [("", 0, "overridden", "", 2)]


def test_many_cards_are_counted_without_losing_one(database):
    database.write_cards([card(number) for number in range(1200)])
    database.write_feedback([call(*[item(number, reason_code=f"r{number % 3}") for number in range(1100)])])
    counted = lines(database)
    assert [line[2:] for line in counted] == [
        ("overridden", "r0", 367),
        ("overridden", "r1", 367),
        ("overridden", "r2", 366),
        (UNANSWERED, "", 100),
    ]


def test_nothing_on_record_makes_an_empty_report(database):
    assert lines(database) == []


def test_a_report_does_not_keep_writers_waiting(database):
    database.write_cards([card(1)])
    with database.engine.connect().execution_options(reading=True) as connection, connection.begin():
        connection.exec_driver_sql("SELECT count(*) FROM cards").scalar()
        database.write_feedback([call(item(1))])
