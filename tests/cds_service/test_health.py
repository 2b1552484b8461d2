"""Probes and numbers: what they answer, when, and to whom."""

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from cds_service.application import create_app
from cds_service.metrics import counters_for
from cds_service.readiness import DRAIN_SIGNAL, Readiness, State
from cds_service.scrape_access import parse_networks
from cds_service.settings import Settings
from cds_service.warm_up import warm_up
from tests.cds_service.conftest import SIGN, Running, loaded


@pytest.fixture
def fresh(run: Callable[..., Running]) -> Callable[..., Running]:
    """Start the service with a state and counters of its own."""

    def start(**settings: Any) -> Running:
        running = run(**settings)
        services = replace(
            running.services,
            readiness=Readiness(),
            counters=counters_for(running.services.knowledge),
        )
        return replace(running, client=create_app(services=services).test_client(), services=services)

    return start


@pytest.fixture
def no_freezing(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    frozen: list[str] = []
    monkeypatch.setattr("cds_service.warm_up.freeze_after_warm_up", lambda: frozen.append("frozen"))
    return frozen


def test_a_process_is_alive_before_it_is_ready(fresh: Callable[..., Running]) -> None:
    service = fresh()
    assert service.client.get("/livez").status_code == 200
    answer = service.client.get("/readyz")
    assert (answer.status_code, answer.text) == (503, "starting\n")


def test_it_is_ready_once_every_part_was_used(fresh: Callable[..., Running], no_freezing: list[str]) -> None:
    service = fresh()
    assert warm_up(service.services) == 6 * 3
    assert no_freezing == ["frozen"]
    answer = service.client.get("/readyz")
    assert (answer.status_code, answer.text) == (200, "ready\n")


def test_warming_up_is_neither_logged_nor_counted(
    fresh: Callable[..., Running], no_freezing: list[str]
) -> None:
    service = fresh()
    before = service.services.counters.exposition()
    warm_up(service.services)
    assert service.lines == []
    assert service.services.counters.exposition() == before


def test_draining_ends_readiness_for_good_and_nothing_else(
    fresh: Callable[..., Running], order: dict[str, Any]
) -> None:
    service = fresh()
    service.services.readiness.warmed()
    service.services.readiness.drain()
    service.services.readiness.warmed()
    answer = service.client.get("/readyz")
    assert (answer.status_code, answer.text) == (503, "draining\n")
    assert service.client.get("/livez").status_code == 200
    assert service.client.post(SIGN, json=order).status_code == 200


@pytest.fixture
def handler_put_back() -> Iterator[None]:
    before = signal.getsignal(DRAIN_SIGNAL)
    yield
    signal.signal(DRAIN_SIGNAL, before)


def test_a_worker_drains_when_it_is_told_by_signal(handler_put_back: None) -> None:
    readiness = Readiness()
    readiness.warmed()
    readiness.drain_on_signal()
    os.kill(os.getpid(), DRAIN_SIGNAL)
    assert readiness.state is State.DRAINING


def test_the_numbers_are_there_for_a_scraper_on_this_machine(fresh: Callable[..., Running]) -> None:
    service = fresh()
    service.client.get("/cds-services")
    answer = service.client.get("/metrics")
    assert answer.status_code == 200
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    assert (
        'infliximab_cds_requests_total{endpoint="discovery.discovery",service="none",status="2xx"} 1.0'
        in answer.text
    )


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via", "Origin"])
def test_what_came_through_a_proxy_or_a_browser_is_not_taken_for_the_scraper(
    fresh: Callable[..., Running], header: str
) -> None:
    answer = fresh().client.get("/metrics", headers={header: "127.0.0.1"})
    assert answer.status_code == 404
    assert "infliximab_cds" not in answer.text


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("10.1.2.3", 200),
        ("::ffff:10.1.2.3", 200),
        ("fd00::7", 200),
        ("10.2.0.1", 404),
        ("127.0.0.1", 404),
        ("8.8.8.8", 404),
        ("::ffff:8.8.8.8", 404),
        ("", 404),
        ("unix:", 404),
    ],
)
def test_only_the_configured_networks_see_the_numbers(
    fresh: Callable[..., Running], address: str, status: int
) -> None:
    service = fresh(metrics_networks=("10.1.0.0/16", "fd00::/8"))
    answer = service.client.get("/metrics", environ_base={"REMOTE_ADDR": address})
    assert answer.status_code == status


def test_networks_are_read_strictly() -> None:
    assert len(parse_networks(("127.0.0.0/8", "::1/128"))) == 2
    for text in ("10.0.0.1/8", "0.0.0.0/0", "::/0", "x", "10.0.0.0/7", "fc00::/6"):
        with pytest.raises(ValueError, match=r".+"):
            parse_networks((text,))


def test_networks_that_are_everything_together_are_refused_too() -> None:
    assert len(parse_networks(("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"))) == 4
    quarters = ("0.0.0.0/2", "64.0.0.0/2", "128.0.0.0/2", "192.0.0.0/2")
    eighths = tuple(f"{first}.0.0.0/8" for first in range(256))
    for networks in (("0.0.0.0/1", "128.0.0.0/1"), quarters, eighths, ("::/1", "8000::/1")):
        with pytest.raises(ValueError, match=r".+"):
            parse_networks(networks)


def test_probes_need_neither_database_nor_fhir_server_nor_patient() -> None:
    services = replace(loaded(Settings()), readiness=Readiness())
    services.readiness.warmed()
    broken = replace(services, codes=None, zone=None)  # type: ignore[arg-type]
    client = create_app(services=broken).test_client()
    assert client.get("/livez").status_code == 200
    assert client.get("/readyz").status_code == 200
