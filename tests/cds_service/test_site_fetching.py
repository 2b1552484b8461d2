"""The table [fhir] of a site: read strictly, in force where it should be, and shown by check-config."""

from pathlib import Path

import pytest
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from cds_service.effective_config import differences, effective_configuration
from cds_service.services import load_services
from cds_service.settings import Settings, SettingsError
from cds_service.site_file import SiteError
from cds_service.site_overlay import overlay_from
from fhir_mappings.acquisition.addresses import read_base

EHR = "https://ehr.example/fhir"


def fetching(**table):
    return overlay_from({"fhir": table}).fetching


def test_without_the_table_the_defaults_are_in_force():
    settings = overlay_from({}).fetching
    assert (settings.limits.fetch_budget_ms, settings.limits.answer_budget_ms) == (350, 500)
    assert (settings.default.dialect.name, settings.default.ca_file, settings.open_loopback) == (
        "generic",
        "",
        False,
    )


def test_limits_and_dialects_are_a_sites_to_set_for_all_and_for_one_server(tmp_path):
    authority = tmp_path / "ca.pem"
    authority.write_text(Path(DEFAULT_CA_BUNDLE_PATH).read_text())
    settings = fetching(
        fetch_budget_ms=800,
        answer_budget_ms=1000,
        dialect={"name": "epic"},
        server=[
            {"base": EHR, "dialect": {"name": "oracle", "page_size": 50}, "ca_file": str(authority)},
            {"base": "https://other.example"},
        ],
    )
    assert settings.limits.fetch_budget_ms == 800
    assert settings.default.dialect.name == "epic"
    one, other = settings.servers[read_base(EHR)], settings.servers[read_base("https://other.example")]
    assert (one.dialect.name, one.dialect.page_size, one.ca_file) == ("oracle", 50, str(authority))
    assert (other.dialect.name, other.ca_file) == ("epic", "")


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ({"fetch_budget": 350}, "unknown key fhir.fetch_budget; did you mean fetch_budget_ms?"),
        ({"fetch_budget_ms": 5}, "fhir.fetch_budget_ms must lie between 50 and 10000"),
        ({"fetch_budget_ms": 450}, "fhir.fetch_budget_ms must leave 100 ms of answer_budget_ms"),
        ({"pages": "many"}, "fhir.pages"),
        ({"dialect": {"name": "cerner"}}, "fhir.dialect: unknown dialect 'cerner'"),
        ({"dialect": {"page_size": 500}}, "fhir.dialect: generic.page_size"),
        ({"ca_file": "/nowhere/ca.pem"}, "fhir.ca_file: not a readable file with certificates"),
        ({"ca_file": __file__}, "fhir.ca_file: not a readable file with certificates"),
        ({"server": [{"base": "http://ehr.example/fhir"}]}, "fhir.server.0.base: not a plain https address"),
        ({"server": [{"base": EHR}, {"base": EHR + "/"}]}, "fhir.server.1.base: named twice"),
        ({"server": [{"dialect": {}}]}, "fhir.server.0: missing base"),
        ({"server": [{"base": EHR, "dialect": {"name": "x"}}]}, "fhir.server.0.dialect: unknown dialect"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_key(table, sentence):
    with pytest.raises(SiteError) as refused:
        overlay_from({"fhir": table})
    assert sentence in str(refused.value)


def test_check_config_shows_what_is_in_force_and_what_differs(repository):
    services = load_services(Settings(site_path=repository / "deploy" / "site.example.toml"))
    shown = effective_configuration(services)["fhir"]
    assert (shown["fetch_budget_ms"], shown["dialect"]["name"]) == (350, "epic")
    assert shown["server"][0]["dialect"]["extra"] == {"conditions": ("category=problem-list-item",)}
    lines = [line for line in differences(services) if line.startswith("fhir.")]
    assert lines == [
        "fhir.dialect.name: generic -> epic",
        "fhir.dialect.date_with_time: False -> True",
        "fhir.server: + https://fhir.oncology.example.org/r4 (dialect oracle)",
    ]


def test_only_a_sandbox_may_ask_without_token_or_over_http():
    assert load_services(Settings(sandbox=True)).fetcher.settings.open_loopback
    assert not load_services(Settings()).fetcher.settings.open_loopback


@pytest.mark.parametrize(
    "base", ["https://ehr.example/fhir", "http://127.0.0.1@evil.example/fhir", "127.0.0.1"]
)
def test_a_sandbox_names_no_server_but_those_on_this_machine(base):
    with pytest.raises(SettingsError, match="fhir-base"):
        Settings(sandbox=True, sandbox_fhir_bases=(base,))
    with pytest.raises(SettingsError, match="sandbox mode only"):
        Settings(sandbox_fhir_bases=("http://127.0.0.1:8103/fhir",))
