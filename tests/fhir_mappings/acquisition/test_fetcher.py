"""The fetcher: who may be asked, with and without a token, and for how long."""

import pytest

from fhir_mappings.acquisition.addresses import read_base
from fhir_mappings.acquisition.dialects import dialect_named
from fhir_mappings.acquisition.fetcher import Fetcher, FetchSettings
from fhir_mappings.acquisition.limits import FetchLimits
from fhir_mappings.acquisition.server import ServerSettings
from fhir_mappings.acquisition.session import Access
from fhir_mappings.acquisition.token import AccessToken
from tests.fhir_mappings.acquisition.scripted import ScriptedClient, bundle
from tests.support.hostile_addresses import hostile_to

EHR = "https://ehr-a.example/fhir"
LOOPBACK = "http://127.0.0.1:8103/fhir"
TOKEN = AccessToken("t")


def session(server, token=TOKEN, bases=(EHR,), *, open_loopback=False):
    fetcher = Fetcher(
        FetchSettings(open_loopback=open_loopback),
        connect=lambda *_, **__: ScriptedClient(lambda _: bundle()),
    )
    return fetcher.session(server, token, allowed_bases=bases, answer_began=fetcher.now())


@pytest.mark.parametrize(
    ("server", "token", "bases", "access"),
    [
        (EHR, TOKEN, (EHR,), Access.ALLOWED),
        (EHR + "/", TOKEN, (EHR,), Access.ALLOWED),
        ("HTTPS://EHR-A.example:443/fhir", TOKEN, (EHR + "/",), Access.ALLOWED),
        (EHR, TOKEN, (), Access.NOT_ALLOWED),
        (EHR, TOKEN, ("not an address", "https://ehr-b.example/fhir"), Access.NOT_ALLOWED),
        ("https://ehr-a.example", TOKEN, (EHR,), Access.NOT_ALLOWED),
        (EHR + "/Patient", TOKEN, (EHR,), Access.NOT_ALLOWED),
        ("http://ehr-a.example/fhir", TOKEN, ("http://ehr-a.example/fhir",), Access.NOT_ALLOWED),
        ("", TOKEN, (EHR,), Access.NO_SERVER),
        (EHR, None, (EHR,), Access.NO_AUTHORIZATION),
        (EHR, None, (), Access.NO_AUTHORIZATION),
        (LOOPBACK, None, (LOOPBACK,), Access.NO_AUTHORIZATION),
        (LOOPBACK, TOKEN, (LOOPBACK,), Access.NOT_ALLOWED),
    ],
)
def test_only_a_named_and_allowed_server_is_asked_and_only_with_a_token(server, token, bases, access):
    found = session(server, token, bases)
    assert found.report.access is access
    assert (found.asking is not None) == (access is Access.ALLOWED)


@pytest.mark.parametrize(
    ("server", "token", "bases", "access"),
    [
        (LOOPBACK, None, (LOOPBACK,), Access.ALLOWED),
        (LOOPBACK, TOKEN, (LOOPBACK,), Access.ALLOWED),
        (LOOPBACK, None, (), Access.NO_AUTHORIZATION),
        (EHR, None, (EHR,), Access.NO_AUTHORIZATION),
    ],
)
def test_a_sandbox_may_ask_an_allowed_server_on_this_machine_without_a_token(server, token, bases, access):
    assert session(server, token, bases, open_loopback=True).report.access is access


@pytest.mark.parametrize("server", hostile_to("ehr-a.example"))
def test_no_hostile_address_is_an_allowed_server(server):
    assert session(server).report.access is Access.NOT_ALLOWED
    assert session(server, open_loopback=True).report.access is Access.NOT_ALLOWED


def test_each_server_is_opened_once_with_its_own_settings():
    made = []

    def connect(base, **options):
        made.append((str(base), options))
        return ScriptedClient(lambda _: bundle())

    oracle = ServerSettings(dialect_named("oracle"), "/etc/ca.pem")
    fetcher = Fetcher(FetchSettings(servers={read_base(EHR): oracle}), connect=connect)
    other = "https://ehr-b.example/fhir"
    sessions = [
        fetcher.session(server, TOKEN, allowed_bases=(EHR, other), answer_began=0.0)
        for server in (EHR, EHR, other)
    ]
    assert made == [
        (EHR, {"connections": 12, "ca_file": "/etc/ca.pem"}),
        (other, {"connections": 12, "ca_file": ""}),
    ]
    assert [one.asking.server.dialect.name for one in sessions] == ["oracle", "oracle", "generic"]
    assert sessions[0].asking.server is sessions[1].asking.server
    fetcher.close()
    with pytest.raises(RuntimeError):
        sessions[0].asking.server.threads.submit(print)


def test_fetching_ends_with_its_budget_and_early_enough_for_the_answer():
    fetcher = Fetcher(FetchSettings(), connect=lambda *_, **__: None, clock=lambda: 100.0)

    def left(began):
        found = fetcher.session(EHR, TOKEN, allowed_bases=(EHR,), answer_began=began)
        return round(found.asking.deadline.remaining_seconds, 6)

    assert left(100.0) == 0.35
    assert left(99.8) == 0.2  # much time went into reading: what is left of 500 ms less the reserve
    assert left(99.0) == -0.6


def test_budgets_are_a_sites_to_set():
    limits = FetchLimits(fetch_budget_ms=900, answer_budget_ms=1200)
    fetcher = Fetcher(FetchSettings(limits=limits), connect=lambda *_, **__: None, clock=lambda: 5.0)
    found = fetcher.session(EHR, TOKEN, allowed_bases=(EHR,), answer_began=5.0)
    assert round(found.asking.deadline.remaining_seconds, 6) == 0.9
