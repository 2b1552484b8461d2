"""The counters: closed sets of labels, nothing of the client's own text, one registry for each app."""

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from cds_service.application import create_app
from cds_service.log import RequestRecord
from cds_service.metric_list import METRICS, NONE, OTHER, PREFIX, Name, closed_sets
from cds_service.metrics import Counters, counters_for
from cds_service.services import load_services
from cds_service.settings import Settings
from cds_service.trust.authenticator import UNAUTHENTICATED
from tests.cds_service.conftest import NOW, SIGN, VIEW, Running, loaded

RULES = ("R-PK-1",)
SETS = closed_sets(RULES)


def series(counters: Counters) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample that is not zero, by name and labels."""
    return {
        (sample.name.removeprefix(PREFIX), tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(counters.exposition().decode())
        for sample in family.samples
        if sample.value and not sample.name.endswith(("_created", "_bucket", "_sum"))
    }


@pytest.fixture
def counting(run: Callable[..., Running]) -> Running:
    """The service with counters that start at zero."""
    running = run()
    services = replace(running.services, counters=counters_for(running.services.knowledge))
    return replace(running, client=create_app(services=services).test_client(), services=services)


def test_an_order_is_counted_by_verdict_rule_and_what_the_prefetch_brought(
    counting: Running, order: dict[str, Any]
) -> None:
    del order["prefetch"]["weights"]
    counting.client.post(SIGN, json=order)
    counted = series(counting.services.counters)
    service = ("service", "infliximab-tdm-order-sign")
    assert counted["requests_total", (("endpoint", "hooks.service"), service, ("status", "2xx"))] == 1
    assert counted["request_seconds_count", (("endpoint", "hooks.service"),)] == 1
    assert counted["cards_total", (service,)] == 1
    (evaluation,) = counting.lines[0]["evaluated"]
    assert evaluation["rule"] == "R-PK-1"
    assert (
        counted[
            "evaluations_total",
            (
                ("certainty", evaluation["certainty"]),
                ("rule", "R-PK-1"),
                service,
                ("verdict", "intensify"),
            ),
        ]
        == 1
    )
    for code in evaluation["issues"]:
        assert counted["data_issues_total", (("code", code),)] == 1
    assert counted["prefetch_keys_total", (("key", "laboratory"), ("state", "prefetched"))] == 1
    assert counted["prefetch_keys_total", (("key", "weights"), ("state", "not-provided"))] == 1


def test_what_was_refused_or_not_completed_is_counted_by_its_code(
    counting: Running, order: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    counting.client.post(SIGN, data=b"{")
    counting.client.get("/nothing-here")
    counting.client.post(VIEW, json=order)

    def fail(*_: Any, **__: Any) -> None:
        raise ValueError

    monkeypatch.setattr("cds_service.evaluate.build_course", fail)
    counting.client.post(SIGN, json=order)
    monkeypatch.setattr("cds_service.hooks.parse_request", fail)
    counting.client.post(SIGN, json=order)
    counted = series(counting.services.counters)
    service = ("service", "infliximab-tdm-order-sign")
    assert counted["faults_total", (("fault", "body-not-json"),)] == 1
    assert counted["faults_total", (("fault", "unknown-path"),)] == 1
    assert counted["faults_total", (("fault", "hook-of-another-service"),)] == 1
    assert counted["faults_total", (("fault", "internal"),)] == 1
    assert counted["not_completed_total", (("reason", "E-INTERNAL-1"), service)] == 1
    assert counted["failures_total", (("cost", "evaluation"),)] == 1
    assert counted["failures_total", (("cost", "request"),)] == 1
    assert counted["requests_total", (("endpoint", "none"), ("service", "none"), ("status", "4xx"))] == 1
    assert counted["requests_total", (("endpoint", "hooks.service"), service, ("status", "5xx"))] == 1


def test_every_route_has_its_name_in_the_list() -> None:
    for sandbox in (False, True):
        app = create_app(services=loaded(Settings(sandbox=sandbox)))
        assert set(app.view_functions) <= SETS["endpoint"]


def test_every_metric_is_described_and_bounded() -> None:
    assert [metric.name for metric in METRICS] == list(Name)
    for metric in METRICS:
        assert metric.help.endswith(".")
        assert {of for _, of in metric.labels} <= set(SETS)
    assert {of for metric in METRICS for _, of in metric.labels} == set(SETS)


def test_every_verdict_that_the_service_can_give_has_a_row_in_the_list() -> None:
    knowledge = loaded(Settings()).knowledge
    bounded = closed_sets((*knowledge.rules, *knowledge.gates))
    assert {"R-PK-1", "S-GAP", "E-INTERNAL-1", "none"} <= bounded["rule"]


@settings(max_examples=40)
@given(st.sampled_from([metric for metric in METRICS if not metric.seconds]), st.data())
def test_whatever_a_label_is_given_only_listed_values_come_out(metric: Any, data: st.DataObject) -> None:
    counters = Counters(RULES)
    given_labels = {label: data.draw(st.text(max_size=40)) for label, _ in metric.labels}
    counters.count(metric.name, **given_labels)
    counters.count(metric.name, **given_labels)
    ((name, labels),) = series(counters)
    assert name == f"{metric.name}_total"
    assert series(counters)[name, labels] == 2
    for label, value in labels:
        assert value in SETS[dict(metric.labels)[label]] | {OTHER}
        assert value == given_labels[label] or value == OTHER


def test_foreign_text_does_not_pile_up_in_memory() -> None:
    counters = Counters(RULES)
    for number in range(50):
        counters.count(Name.FAULTS, fault=f"canary-{number}")
    assert len(counters._series) == 0
    assert series(counters) == {("faults_total", (("fault", OTHER),)): 50}


@pytest.mark.parametrize("labels", [{}, {"fault": "internal", "patient": "x"}, {"patient": "x"}])
def test_a_label_that_is_not_in_the_list_is_a_programming_error(labels: dict[str, str]) -> None:
    with pytest.raises(KeyError):
        Counters(RULES).count(Name.FAULTS, **labels)


@pytest.mark.parametrize(
    ("what", "counted"),
    [
        ("expired", ("authentication_failures_total", (("reason", "expired"),))),
        ("keys-fetch-failed", ("jwks_refreshes_total", (("outcome", "keys-fetch-failed"),))),
        ("replay-store-unavailable", ("replay_fallbacks_total", (("event", "replay-store-unavailable"),))),
        ("a-new-reason", ("authentication_failures_total", (("reason", OTHER),))),
    ],
)
def test_what_trust_tells_is_counted_where_it_belongs(what: str, counted: Any) -> None:
    counters = Counters(RULES)
    counters.count_trust(what)
    assert series(counters) == {counted: 1}


def test_an_alarm_finds_the_zero_before_the_first_failure() -> None:
    text = Counters(RULES).exposition().decode()
    assert f'{PREFIX}authentication_failures_total{{reason="expired"}} 0.0' in text
    assert f'{PREFIX}store_records_total{{outcome="cards_dropped"}} 0.0' in text


def test_two_apps_do_not_count_together() -> None:
    one, other = Counters(RULES), Counters(RULES)
    one.count(Name.STORE_RECORDS, outcome="cards_dropped")
    assert series(one)
    assert not series(other)


def test_where_nothing_was_evaluated_the_labels_say_none(counting: Running, order: dict[str, Any]) -> None:
    order["prefetch"] = {"patient": order["prefetch"]["patient"]}
    order["hook"] = "patient-view"
    del order["context"]["draftOrders"]
    assert counting.client.post(VIEW, json=order).get_json() == {"cards": []}
    labels = (
        ("certainty", NONE),
        ("rule", NONE),
        ("service", "infliximab-tdm-patient-view"),
        ("verdict", NONE),
    )
    assert series(counting.services.counters)["evaluations_total", labels] == 1


_TWO_WORKERS = """
import os, json
from cds_service.metrics import Counters
from cds_service.log import RequestRecord
from cds_service.metric_list import Name
child = os.fork()
counters = Counters(["R-PK-1"])
counters.count(Name.STORE_RECORDS, 2 if child else 3, outcome="cards_dropped")
counters.observe(Name.REQUEST_SECONDS, 0.2, endpoint="none")
if child:
    os.waitpid(child, 0)
    print(counters.exposition().decode())
"""


def test_any_worker_answers_for_all_where_they_share_a_directory(tmp_path: Path, repository: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _TWO_WORKERS],
        env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)},
        cwd=repository,
        capture_output=True,
        text=True,
        check=True,
    )
    assert f'{PREFIX}store_records_total{{outcome="cards_dropped"}} 5.0' in done.stdout
    assert f'{PREFIX}request_seconds_count{{endpoint="none"}} 2.0' in done.stdout
    assert all(path.suffix == ".db" for path in tmp_path.iterdir())


_TWO_WORKERS_OF_SERVE = f"""
from cds_service.metrics import Counters
from cds_service.metrics_folder import shared_numbers
import sys
with shared_numbers():
    folder = os.environ["PROMETHEUS_MULTIPROC_DIR"]
    assert os.stat(folder).st_mode & 0o077 == 0
{textwrap.indent(_TWO_WORKERS.partition("child = ")[1] + _TWO_WORKERS.partition("child = ")[2], "    ")}
    if not child:
        os._exit(0)
print("left behind:", os.path.exists(folder))
"""


def test_the_workers_of_serve_share_a_private_directory_where_none_is_named(
    tmp_path: Path, repository: Path
) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PROMETHEUS_MULTIPROC_DIR"}
    done = subprocess.run(
        [sys.executable, "-c", _TWO_WORKERS.partition("child = ")[0] + _TWO_WORKERS_OF_SERVE],
        env={**environment, "TMPDIR": str(tmp_path)},
        cwd=repository,
        capture_output=True,
        text=True,
        check=True,
    )
    assert f'{PREFIX}store_records_total{{outcome="cards_dropped"}} 5.0' in done.stdout
    assert "left behind: False" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_what_was_fetched_is_counted_by_its_outcome() -> None:
    counters = Counters(RULES)
    record = RequestRecord(started=0.0)
    record.fetch = {
        "access": "allowed",
        "keys": {"laboratory": "fetched", "weights": "timeout", "exams": "fetched"},
    }
    counters.count_request(record, endpoint="hooks.service", status=200, now=0.1)
    counted = series(counters)
    assert counted["fetches_total", (("outcome", "fetched"),)] == 2
    assert counted["fetches_total", (("outcome", "timeout"),)] == 1


def test_the_log_and_the_numbers_agree(counting: Running, order: dict[str, Any]) -> None:
    for _ in range(3):
        counting.client.post(SIGN, json=order)
    lines = [json.loads(line) for line in counting.text.splitlines()]
    total = sum(
        value for (name, _), value in series(counting.services.counters).items() if name == "requests_total"
    )
    assert total == len(lines) == 3


def test_what_the_store_keeps_and_drops_is_counted(tmp_path: Path, order: dict[str, Any]) -> None:
    services = load_services(
        Settings(database_url=f"sqlite:///{tmp_path}/kept.sqlite3"), clock=lambda: NOW, trust=UNAUTHENTICATED
    )
    client = create_app(services=services).test_client()
    card = client.post(SIGN, json=order).get_json()["cards"][0]
    answer = {"card": card["uuid"], "outcome": "overridden", "outcomeTimestamp": "2026-03-09T14:31:00Z"}
    assert client.post(f"{SIGN}/feedback", json={"feedback": [answer]}).status_code == 200
    services.store.close()
    counted = series(services.counters)
    assert counted["store_records_total", (("outcome", "cards_kept"),)] == 1
    assert counted["store_records_total", (("outcome", "calls_kept"),)] == 1
