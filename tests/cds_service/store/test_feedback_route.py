"""`POST /cds-services/<id>/feedback` on both databases: durable or refused, once, and to each its own."""

import json
from dataclasses import replace

import pytest

from cds_service.application import create_app
from cds_service.settings import Settings
from cds_service.store.errors import StoreUnavailableError
from cds_service.store.report import Period, feedback_report
from cds_service.store.store import Store
from cds_service.store.tables import CARDS, FEEDBACK
from tests.cds_service.conftest import SIGN, example, loaded
from tests.cds_service.store.conftest import PATIENT, count, rows, site_on, uuid_of

FEEDBACK_PATH = SIGN + "/feedback"
AT = "2026-03-09T14:31:00Z"


def overridden(card, **changes):
    return {"card": card, "outcome": "overridden", "outcomeTimestamp": AT, **changes}


def shown(site, caller="epic/north"):
    response = site.post(SIGN, example(), caller)
    assert response.status_code == 200
    return response.get_json()["cards"]


@pytest.mark.requirement("cds-hooks_2.0@148", "cds-hooks_2.0@82")
def test_feedback_is_answered_with_200_and_joins_the_card_that_was_shown(site):
    (card,) = shown(site)
    suggestion = next(one for one in card["suggestions"] if one.get("isRecommended"))
    accepted = {
        "card": card["uuid"],
        "outcome": "accepted",
        "acceptedSuggestions": [{"id": suggestion["uuid"]}],
        "outcomeTimestamp": AT,
    }
    response = site.post(FEEDBACK_PATH, {"feedback": [accepted]})
    assert (response.status_code, response.get_json()) == (200, {})
    assert count(site.database, FEEDBACK) == 1
    site.settle()
    (record,) = rows(site.database, CARDS)
    stamp = card["extension"]["org.infliximab-cds.decision"]
    assert {name: record[name] for name in ("verdict", "rule", "certainty", "knowledge")} == stamp
    assert record["suggestions"].keys() == {one["uuid"] for one in card["suggestions"]}
    (line,) = feedback_report(site.database.engine, Period())
    assert (line.verdict, line.rule, line.outcome, line.cards) == (
        stamp["verdict"],
        stamp["rule"],
        "accepted",
        1,
    )
    assert line.detail.startswith(("shorten-interval", "raise-dose"))


def test_a_card_says_which_service_showed_it_to_whom_and_nothing_of_the_patient(site):
    shown(site, "oracle/south")
    site.settle()
    (record,) = rows(site.database, CARDS)
    assert (record["client"], record["tenant"], record["service"]) == (
        "oracle",
        "south",
        "infliximab-tdm-order-sign",
    )
    request = example()
    text = json.dumps(record, default=str)
    patient = request["prefetch"]["patient"]
    for canary in (request["context"]["patientId"], patient["birthDate"], patient["name"][0]["family"]):
        assert canary not in text


def test_a_card_that_could_not_be_completed_is_on_record_too(site):
    request = example()
    del request["context"]["patientId"]
    site.post(SIGN, request)
    site.settle()
    (record,) = rows(site.database, CARDS)
    assert (record["verdict"], record["certainty"], record["suggestions"]) == ("not-completed", "", {})


def test_an_answer_without_cards_leaves_no_record(site):
    request = example()
    request["context"]["draftOrders"]["entry"] = []
    assert site.post(SIGN, request).get_json() == {"cards": []}
    site.settle()
    assert count(site.database, CARDS) == 0


def test_several_items_and_repeats_are_kept_once_each(site):
    items = [overridden(uuid_of(number)) for number in range(5)]
    for _ in range(3):
        assert site.post(FEEDBACK_PATH, {"feedback": items + items}).status_code == 200
    assert count(site.database, FEEDBACK) == 5


def test_feedback_may_come_in_any_order_and_before_its_card_is_on_record(site):
    (card,) = shown(site)
    late = overridden(card["uuid"], outcomeTimestamp="2026-03-09T15:00:00Z")
    early = {
        "card": card["uuid"],
        "outcome": "accepted",
        "acceptedSuggestions": [{"id": card["suggestions"][0]["uuid"]}],
        "outcomeTimestamp": "2026-03-09T14:00:00Z",
    }
    for one in (late, early):
        assert site.post(FEEDBACK_PATH, {"feedback": [one]}).status_code == 200
    site.settle()
    (line,) = feedback_report(site.database.engine, Period())
    assert (line.outcome, line.cards) == ("overridden", 1)


def test_an_unknown_card_is_kept_unjoined_under_the_caller(site):
    assert site.post(FEEDBACK_PATH, {"feedback": [overridden(uuid_of(1))]}, "oracle/south").status_code == 200
    (row,) = rows(site.database, FEEDBACK)
    assert (row["client"], row["tenant"]) == ("oracle", "south")
    (line,) = feedback_report(site.database.engine, Period())
    assert (line.rule, line.shown, line.cards) == ("", 0, 1)


def test_all_or_nothing_of_a_call_is_kept(site):
    response = site.post(FEEDBACK_PATH, {"feedback": [overridden(uuid_of(1)), overridden("not ours")]})
    assert response.status_code == 400
    outcome = response.get_json()
    assert outcome["resourceType"] == "OperationOutcome"
    assert [(one["diagnostics"], one["expression"]) for one in outcome["issue"]] == [
        ("feedback-card", ["feedback[1].card"])
    ]
    assert "not ours" not in response.text
    assert count(site.database, FEEDBACK) == 0


def test_feedback_for_a_service_that_is_not_there_is_404(site):
    response = site.post("/cds-services/other/feedback", {"feedback": [overridden(uuid_of(1))]})
    assert (response.status_code, response.get_json()["issue"][0]["diagnostics"]) == (404, "unknown-service")


def test_feedback_for_a_service_that_was_switched_off_since_is_taken(tmp_path, database):
    path = tmp_path / "site.toml"
    path.write_text('site = "X"\n\n[hooks]\norder-sign = false\n', encoding="utf-8")
    services = loaded(Settings(site_path=path))
    store = Store(database, limits=PATIENT)
    client = create_app(services=replace(services, store=store)).test_client()
    assert client.post(SIGN, json=example()).status_code == 404
    assert client.post(FEEDBACK_PATH, json={"feedback": [overridden(uuid_of(1))]}).status_code == 200
    store.close()


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_only_post_is_answered(site, method):
    assert site.client.open(FEEDBACK_PATH, method=method).status_code == 405


def test_a_browser_may_ask_beforehand(site):
    response = site.client.options(
        FEEDBACK_PATH, headers={"Origin": "https://ehr.example", "Access-Control-Request-Method": "POST"}
    )
    assert response.status_code == 204
    assert response.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"feedback":' + b" " * 1024 * 1024 + b"}", 413, "body-too-large"),
        (
            json.dumps(
                {
                    "feedback": [
                        overridden(uuid_of(1), overrideReason={"userComment": "x" * 1024 * 1024}),
                    ]
                }
            ).encode(),
            413,
            "body-too-large",
        ),
        (b'{"feedback":[' + b",".join([b"{}"] * 100_000) + b"]}", 413, "feedback-too-many"),
        (b"\xff", 400, "body-not-json"),
    ],
    ids=["blank", "comment", "items", "bytes"],
)
def test_what_is_too_large_is_refused_by_its_code(site, body, status, code):
    response = site.client.post(FEEDBACK_PATH, data=body)
    assert (response.status_code, response.get_json()["issue"][0]["diagnostics"]) == (status, code)


def test_a_hundred_replays_of_a_hundred_items_leave_a_hundred_rows(site):
    body = json.dumps({"feedback": [overridden(uuid_of(number)) for number in range(100)]}).encode()
    for _ in range(100):
        assert site.client.post(FEEDBACK_PATH, data=body).status_code == 200
    assert count(site.database, FEEDBACK) == 100


class Failing:
    """A database that cannot."""

    def write_cards(self, records):
        raise StoreUnavailableError("OperationalError")

    def write_feedback(self, calls):
        raise StoreUnavailableError("OperationalError")

    def forget(self): ...
    def dispose(self): ...


def test_what_cannot_be_made_durable_is_503_with_retry_after_and_the_cards_go_on():
    failing = site_on(Failing())
    response = failing.post(FEEDBACK_PATH, {"feedback": [overridden(uuid_of(1))]})
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "5"
    assert response.get_json()["issue"][0]["diagnostics"] == "feedback-not-kept"
    assert len(shown(failing)) == 1
    failing.store.close()


def test_without_a_store_feedback_is_refused_and_the_cards_go_on():
    client = create_app(services=loaded(Settings())).test_client()
    assert client.post(FEEDBACK_PATH, json={"feedback": [overridden(uuid_of(1))]}).status_code == 503
    assert client.post(SIGN, json=example()).status_code == 200


def test_the_log_line_counts_and_names_nothing(site):
    reason = {"reason": {"code": "CANARY-code", "system": "urn:CANARY"}, "userComment": "CANARY"}
    site.post(FEEDBACK_PATH, {"feedback": [overridden(uuid_of(77), overrideReason=reason)]}, "CANARY/CANARY")
    site.post(FEEDBACK_PATH, {"feedback": [overridden("CANARY", overrideReason="CANARY")]}, "CANARY/CANARY")
    kept, refused = site.lines
    assert (kept["endpoint"], kept["status"], kept["feedback_items"]) == ("feedback.feedback", 200, 1)
    assert (refused["status"], refused["fault"]) == (400, "feedback-card")
    text = site.stream.getvalue().decode()
    assert "CANARY" not in text
    assert uuid_of(77) not in text


def test_free_text_is_nowhere_in_the_database(site, tmp_path):
    reason = {"reason": {"code": "patient-refuses", "display": "CANARY"}, "userComment": "CANARY Mrs Smith"}
    item = overridden(uuid_of(1), overrideReason=reason, extension={"x": "CANARY"})
    assert site.post(FEEDBACK_PATH, {"feedback": [item]}).status_code == 200
    (row,) = rows(site.database, FEEDBACK)
    assert row["commented"] is True
    assert "CANARY" not in json.dumps(row, default=str)
    for path in tmp_path.rglob("store.sqlite3*"):
        assert b"CANARY" not in path.read_bytes()


TENANTS = ["epic/north", "epic/south", "oracle/north", "oracle/south", "sandbox/"]


def test_no_tenant_reads_or_answers_for_another(site):
    """Five tenants answer each other's cards: an answer counts only for who got the card."""
    cards = {tenant: shown(site, tenant)[0]["uuid"] for tenant in TENANTS}
    for position, tenant in enumerate(TENANTS):
        for of_tenant, card in cards.items():
            code = f"by-{position}"
            item = overridden(card, overrideReason={"reason": {"code": code}})
            assert site.post(FEEDBACK_PATH, {"feedback": [item]}, tenant).status_code == 200, of_tenant
    site.settle()
    assert count(site.database, FEEDBACK) == len(TENANTS) ** 2
    with_cards = [line for line in feedback_report(site.database.engine, Period()) if line.rule]
    # Each card has exactly one answer, and it is its own tenant's.
    assert [(line.shown, line.detail, line.cards) for line in with_cards] == [
        (len(TENANTS), f"by-{position}", 1) for position in range(len(TENANTS))
    ]
    for client in ("epic", "oracle", "sandbox"):
        lines = feedback_report(site.database.engine, Period(client=client))
        own = {f"by-{n}" for n, tenant in enumerate(TENANTS) if tenant.startswith(client)}
        assert {line.detail for line in lines} == own


def test_cross_origin_headers_are_on_a_refusal_too(site):
    response = site.client.post(FEEDBACK_PATH, data=b"{}", headers={"Origin": "https://ehr.example"})
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Cache-Control"] == "no-store"


def test_a_limit_below_the_feedback_limit_holds_for_feedback_too(database):
    services = replace(loaded(Settings()), settings=Settings(body_limit_bytes=1024))
    client = create_app(services=replace(services, store=Store(None))).test_client()
    assert client.post(FEEDBACK_PATH, data=b" " * 1025).status_code == 413
