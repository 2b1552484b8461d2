"""Settings refuse what cannot be meant, and name it."""

from pathlib import Path

import pytest

from cds_service.settings import DEFAULT_BODY_LIMIT_BYTES, Settings, SettingsError, settings_from_environment
from cds_service.store.address import DEFAULT_DATABASE_URL


def test_an_empty_environment_gives_the_defaults() -> None:
    assert settings_from_environment({"PATH": "/bin"}) == Settings(
        cors_origins=(), database_url=DEFAULT_DATABASE_URL
    )
    assert settings_from_environment({"PATH": "/bin"}, sandbox=True) == Settings(
        sandbox=True, database_url=DEFAULT_DATABASE_URL
    )
    assert Settings().body_limit_bytes == DEFAULT_BODY_LIMIT_BYTES == 16 * 1024 * 1024


def test_every_variable_is_read() -> None:
    settings = settings_from_environment(
        {
            "INFLIXIMAB_CDS_PUBLIC_BASE_URL": "https://cds.example.org/tdm",
            "INFLIXIMAB_CDS_BODY_LIMIT_BYTES": "2048",
            "INFLIXIMAB_CDS_TIME_ZONE": "Europe/Vienna",
            "INFLIXIMAB_CDS_SITE": "/etc/site.toml",
            "INFLIXIMAB_CDS_TRUST": "/etc/trust.toml",
            "FLASK_DEBUG": "1",
            "INFLIXIMAB_CDS_CORS_ORIGINS": "https://a.example, https://b.example",
            "INFLIXIMAB_CDS_DATABASE_URL": "postgresql://cds@/cds",
            "INFLIXIMAB_CDS_REPLICAS": "3",
            "INFLIXIMAB_CDS_METRICS_NETWORKS": "10.1.0.0/16, fd00::/8",
        }
    )
    assert settings == Settings(
        public_base_url="https://cds.example.org/tdm",
        body_limit_bytes=2048,
        time_zone="Europe/Vienna",
        site_path=Path("/etc/site.toml"),
        trust_path=Path("/etc/trust.toml"),
        debug=True,
        cors_origins=("https://a.example", "https://b.example"),
        database_url="postgresql://cds@/cds",
        replicas=3,
        metrics_networks=("10.1.0.0/16", "fd00::/8"),
    )


@pytest.mark.parametrize("network", ["0.0.0.0/0", "::/0", "10.0.0.1/8", "everybody", ""])
def test_numbers_are_not_shown_to_everybody(network: str) -> None:
    with pytest.raises(SettingsError, match="metrics_networks"):
        Settings(metrics_networks=("127.0.0.0/8", network))


@pytest.mark.parametrize("value", ["", "0", "false", "No", " "])
def test_debugging_is_off_when_the_framework_would_say_so(value: str) -> None:
    assert settings_from_environment({"FLASK_DEBUG": value}).debug is False


def test_a_misspelt_variable_is_refused_with_a_suggestion() -> None:
    with pytest.raises(SettingsError, match="did you mean INFLIXIMAB_CDS_BODY_LIMIT_BYTES"):
        settings_from_environment({"INFLIXIMAB_CDS_BODY_LIMIT_BYTE": "1"})


def test_an_unknown_variable_lists_the_known_ones() -> None:
    with pytest.raises(SettingsError, match="INFLIXIMAB_CDS_PUBLIC_BASE_URL"):
        settings_from_environment({"INFLIXIMAB_CDS_ZZZZ": "1"})


@pytest.mark.parametrize("limit", ["16MB", "-1", "1_000_000", "1e6", "\uff15\uff10\uff10\uff10", "9" * 13])
def test_a_limit_that_is_no_plain_number_is_refused(limit: str) -> None:
    with pytest.raises(SettingsError, match="BODY_LIMIT_BYTES"):
        settings_from_environment({"INFLIXIMAB_CDS_BODY_LIMIT_BYTES": limit})


@pytest.mark.parametrize("limit", [1023, 256 * 1024 * 1024 + 1])
def test_a_limit_out_of_bounds_is_refused(limit: int) -> None:
    with pytest.raises(SettingsError, match="between"):
        Settings(body_limit_bytes=limit)


@pytest.mark.parametrize(
    "url",
    [
        "cds.example.org",
        "ftp://x.example",
        "https://",
        "https://x/",
        "https://x?a=1",
        "https://u@x",
        "http://[x",
        "http://x:99999",
    ],
)
def test_a_public_address_that_is_not_plain_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="public_base_url"):
        Settings(public_base_url=url)


def test_sandbox_mode_cannot_be_switched_on_by_a_variable() -> None:
    with pytest.raises(SettingsError, match="SANDBOX"):
        settings_from_environment({"INFLIXIMAB_CDS_SANDBOX": "1"})


@pytest.mark.parametrize("name", ["PGHOST", "PGHOSTADDR", "PGSERVICE"])
def test_no_other_variable_sends_the_database_s_client_elsewhere(name):
    environment = {"INFLIXIMAB_CDS_DATABASE_URL": "postgresql://cds@/cds", name: "192.0.2.7"}
    with pytest.raises(SettingsError, match=f"^{name} "):
        settings_from_environment(environment)
    settings_from_environment({name: "192.0.2.7"})  # without PostgreSQL it means nothing


def test_a_folder_for_shared_metrics_that_cannot_be_used_is_named_before_anything_fails(tmp_path):
    with pytest.raises(SettingsError, match="PROMETHEUS_MULTIPROC_DIR"):
        settings_from_environment({"PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "missing")})
    settings_from_environment({"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)})


def test_the_keys_of_connections_are_written_nowhere() -> None:
    with pytest.raises(SettingsError, match="SSLKEYLOGFILE"):
        settings_from_environment({"SSLKEYLOGFILE": "/tmp/keys"})  # noqa: S108 (nothing is written)
    settings_from_environment({"SSLKEYLOGFILE": ""})
