"""Every configuration that must not serve refuses to start and names the key."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from cds_service.services import load_services
from cds_service.settings import Settings, SettingsError
from cds_service.store.errors import StoreRefusedError
from cds_service.trust.load import load_trust, read_trust
from cds_service.trust.reasons import TrustError, count_nothing
from cds_service.trust.unsafe import UNSAFE, Unsafe
from cds_service.trust.unsafe_service import check_sandbox
from tests.cds_service.trust.test_keys import SANDBOX_KEY
from tests.support.trust import es256, es384, rs384, settings_for, write_trust

PUBLIC = "INFLIXIMAB_CDS_PUBLIC_BASE_URL"
ORIGINS = "INFLIXIMAB_CDS_CORS_ORIGINS"
TRUST = "INFLIXIMAB_CDS_TRUST"


def client(**changes: Any) -> dict[str, Any]:
    """A safe client with changes; what is None is left out."""
    safe = {
        "name": "ehr",
        "issuer": "https://ehr.example",
        "jwks_url": "https://ehr.example/jwks.json",
        "fhir_bases": ["https://ehr.example/fhir"],
    }
    return {name: value for name, value in {**safe, **changes}.items() if value is not None}


def given(*jwks: Any, **changes: Any) -> dict[str, Any]:
    """A client whose keys are given."""
    return client(jwks_url=None, jwks=list(jwks), **changes)


@dataclass
class Unsound:
    """What is configured, and the finding that must be named with its key."""

    unsafe: Unsafe
    key: str
    clients: list[dict[str, Any]] = field(default_factory=lambda: [client()])
    service: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    mode: int = 0o600


def of_client(unsafe: Unsafe, key: str, *clients: dict[str, Any]) -> Unsound:
    return Unsound(unsafe, f"client.{key}", clients=list(clients))


U = Unsafe
CASES = [
    Unsound(U.NO_CLIENT, "client", clients=[]),
    Unsound(U.PUBLIC_URL_MISSING, PUBLIC, settings={"public_base_url": ""}),
    Unsound(U.PUBLIC_URL_HTTP, PUBLIC, settings={"public_base_url": "http://cds.example.org"}),
    Unsound(U.PUBLIC_URL_LOCAL, PUBLIC, settings={"public_base_url": "https://localhost:8000"}),
    Unsound(U.PUBLIC_URL_LOCAL, PUBLIC, settings={"public_base_url": "https://127.0.0.1"}),
    Unsound(U.PUBLIC_URL_LOCAL, PUBLIC, settings={"public_base_url": "https://0.0.0.0:8000"}),
    Unsound(U.PUBLIC_URL_LOCAL, PUBLIC, settings={"public_base_url": "https://[::1]/cds"}),
    Unsound(U.PUBLIC_URL_LOCAL, PUBLIC, settings={"public_base_url": "https://cds.localhost"}),
    Unsound(U.PUBLIC_URL_LOCAL, PUBLIC, settings={"public_base_url": "https://CDS.LocalHost:8443/x"}),
    Unsound(U.PUBLIC_URL_LOCAL, PUBLIC, settings={"public_base_url": "https://127.0.0.2"}),
    Unsound(U.PUBLIC_URL_LOCAL, PUBLIC, settings={"public_base_url": "https://2130706433"}),
    Unsound(U.PUBLIC_URL_LOCAL, PUBLIC, settings={"public_base_url": "https://[::ffff:7f00:1]"}),
    Unsound(U.PUBLIC_URL_LOCAL, PUBLIC, settings={"public_base_url": "https://cds.example.org/a/../b"}),
    Unsound(U.ORIGIN_WILDCARD, ORIGINS, settings={"cors_origins": ("*",)}),
    Unsound(U.ORIGIN_WILDCARD, ORIGINS, settings={"cors_origins": ("https://*.example.org",)}),
    Unsound(U.ORIGIN_NOT_HTTPS, ORIGINS, settings={"cors_origins": ("http://ehr.example",)}),
    Unsound(U.ORIGIN_NOT_HTTPS, ORIGINS, settings={"cors_origins": ("https://ehr.example/",)}),
    Unsound(U.ORIGIN_NOT_HTTPS, ORIGINS, settings={"cors_origins": ("https://ehr.example", "null")}),
    Unsound(U.DEBUG, "FLASK_DEBUG", settings={"debug": True}),
    Unsound(U.TRUST_FILE_WRITABLE, TRUST, mode=0o662),
    Unsound(U.TRUST_FILE_WRITABLE, TRUST, mode=0o660),
    Unsound(U.TRUST_FILE_READABLE, TRUST, clients=[given(es384("k").jwk)], mode=0o644),
    Unsound(U.CA_FILE_MISSING, "service.ca_file", service={"ca_file": "/nowhere/ca.pem"}),
    of_client(
        U.NAME_TWICE,
        "ehr and client.EHR",
        client(),
        client(name="EHR", issuer="https://b.example", jwks_url="https://b.example/k"),
    ),
    of_client(U.ISSUER_HTTP, "ehr.issuer", client(issuer="http://ehr.example")),
    of_client(U.ISSUER_NOT_PLAIN, "ehr.issuer", client(issuer="ehr.example")),
    of_client(U.ISSUER_NOT_PLAIN, "ehr.issuer", client(issuer="https://*.ehr.example")),
    of_client(U.ISSUER_NOT_PLAIN, "ehr.issuer", client(issuer="https://user@ehr.example")),
    of_client(U.ISSUER_NOT_PLAIN, "ehr.issuer", client(issuer="*")),
    of_client(U.ISSUER_SANDBOX, "ehr.issuer", client(issuer="https://sandbox.cds-hooks.org")),
    of_client(U.ISSUER_SANDBOX, "ehr.issuer", client(issuer="https://SANDBOX.cds-hooks.org/x")),
    of_client(U.JWKS_URL_HTTP, "ehr.jwks_url", client(jwks_url="http://ehr.example/jwks.json")),
    of_client(U.JWKS_URL_NOT_PLAIN, "ehr.jwks_url", client(jwks_url="https://ehr.example@evil.example/k")),
    of_client(U.JWKS_URL_NOT_PLAIN, "ehr.jwks_url", client(jwks_url="https://evil.example\\@ehr.example/k")),
    of_client(U.JWKS_URL_NOT_PLAIN, "ehr.jwks_url", client(jwks_url="https://ehr.example/k?x=1")),
    of_client(U.JWKS_URL_NOT_PLAIN, "ehr.jwks_url", client(jwks_url="file:///etc/passwd")),
    of_client(U.JWKS_URL_OTHER_HOST, "ehr.jwks_url", client(jwks_url="https://evil.example/jwks.json")),
    of_client(U.JWKS_URL_OTHER_HOST, "ehr.jwks_url", client(jwks_url="https://ehr.example.evil.example/k")),
    of_client(U.JWKS_URL_OTHER_HOST, "ehr.jwks_url", client(jwks_url="https://ehr.example:8443/jwks.json")),
    of_client(U.JWKS_URL_OTHER_HOST, "ehr.jwks_url", client(jwks_host="keys.example")),
    of_client(U.NO_KEYS, "ehr.jwks", client(jwks_url=None)),
    of_client(U.NO_KEYS, "ehr.jwks", given()),
    of_client(U.ALGORITHM_NONE, "ehr.algorithms", client(algorithms=["ES384", "None"])),
    of_client(U.ALGORITHM_SYMMETRIC, "ehr.algorithms", client(algorithms=["HS256"])),
    of_client(U.ALGORITHM_SYMMETRIC, "ehr.algorithms", client(algorithms=["RS384", "hs384"])),
    of_client(U.ALGORITHM_UNKNOWN, "ehr.algorithms", client(algorithms=["RS348"])),
    of_client(U.NO_ALGORITHM, "ehr.algorithms", client(algorithms=[])),
    of_client(U.KEY_PRIVATE, "ehr.jwks.0", given(es384("k").jwk | {"d": "AQAB"})),
    of_client(
        U.KEY_SYMMETRIC, "ehr.jwks.1", given(es384("k").jwk, {"kty": "oct", "kid": "s", "k": "c2VjcmV0"})
    ),
    of_client(U.KEY_WEAK, "ehr.jwks.0", given(rs384("weak", 1024).jwk)),
    of_client(U.KEY_ALGORITHM_MISMATCH, "ehr.jwks.0", given(es256("k").jwk)),
    of_client(U.KEY_ALGORITHM_MISMATCH, "ehr.jwks.0", given(es256("k").jwk | {"alg": "ES384"})),
    of_client(U.KEY_ALGORITHM_MISMATCH, "ehr.jwks.0", given(es384("k").jwk, algorithms=["RS384"])),
    of_client(U.KEY_PUBLISHED, "ehr.jwks.0", given(SANDBOX_KEY)),
    of_client(U.KEY_PUBLISHED, "ehr.jwks.0", given(SANDBOX_KEY | {"kid": "renamed"})),
    of_client(U.KEY_UNUSABLE, "ehr.jwks.0", given({})),
    of_client(U.KEY_UNUSABLE, "ehr.jwks.0", given(es384("k").jwk | {"use": "enc"})),
    of_client(U.KEY_TWICE, "ehr.jwks.1", given(es384("k").jwk, es384("other").jwk | {"kid": "k"})),
    of_client(U.FHIR_BASES_EMPTY, "ehr.fhir_bases", client(fhir_bases=None)),
    of_client(U.FHIR_BASES_EMPTY, "ehr.fhir_bases", client(fhir_bases=[])),
    of_client(U.FHIR_BASES_EMPTY, "ehr.tenants.a", client(fhir_bases=None, tenants={"a": []})),
    of_client(U.FHIR_BASE_HTTP, "ehr.fhir_bases", client(fhir_bases=["http://ehr.example/fhir"])),
    of_client(U.FHIR_BASE_HTTP, "ehr.tenants.a", client(tenants={"a": ["http://ehr.example/a"]})),
    *(
        of_client(U.FHIR_BASE_NOT_PLAIN, "ehr.fhir_bases", client(fhir_bases=[url]))
        for url in (
            "https://user:secret@ehr.example/fhir",
            "https://ehr.example/fhir?x=1",
            "https://ehr.example/fhir#x",
            "https://ehr.example/fhir/../other",
            "https://ehr.example/%2e%2e/other",
            "https://ehr.example//fhir",
            "https://*.ehr.example/fhir",
            "https://ehr.example\\@evil.example/fhir",
            "https://ehr.example:99999/fhir",
            "https://ehr.example /fhir",
            "https://ehr\u3002example/fhir",
            "ftp://ehr.example/fhir",
            "*",
        )
    ),
    of_client(U.TENANT_WILDCARD, "ehr.tenants", client(tenants={"*": ["https://ehr.example/fhir"]})),
    of_client(U.TENANT_WILDCARD, "ehr.tenants", client(tenants={"": ["https://ehr.example/fhir"]})),
    of_client(U.TENANT_WILDCARD, "ehr.tenants", client(tenants={})),
    of_client(U.AUDIENCE_WILDCARD, "ehr.audience", client(audience=["*"])),
    of_client(U.AUDIENCE_WILDCARD, "ehr.audience", client(audience=[])),
    of_client(U.SUBJECT_WILDCARD, "ehr.subjects", client(subjects=["svc-*"])),
    of_client(U.SUBJECT_WILDCARD, "ehr.subjects", client(subjects=[" svc"])),
    of_client(U.CLIENTS_OVERLAP, "ehr and client.b", client(), client(name="b")),
    of_client(
        U.CLIENTS_OVERLAP,
        "ehr and client.b",
        client(),
        client(name="b", fhir_bases=["https://ehr.example/b"]),
    ),
    of_client(
        U.CLIENTS_OVERLAP,
        "ehr and client.b",
        client(subjects=["x", "y"]),
        client(name="b", subjects=["y", "z"]),
    ),
    of_client(
        U.CLIENTS_OVERLAP,
        "ehr and client.b",
        client(tenants={"t": ["https://a.example"]}, fhir_bases=None),
        client(name="b", tenants={"t": ["https://b.example"]}),
    ),
    of_client(
        U.ISSUER_TWO_KEY_SETS,
        "ehr and client.b",
        client(),
        client(name="b", jwks_url="https://ehr.example/other", subjects=["b"]),
    ),
    of_client(
        U.ISSUER_TWO_KEY_SETS,
        "ehr and client.b",
        client(subjects=["a"]),
        client(name="b", algorithms=["RS384"], subjects=["b"]),
    ),
    of_client(U.LIFETIME_ABOVE_BOUND, "ehr.lifetime_cap_seconds", client(lifetime_cap_seconds=3601)),
    of_client(U.SKEW_ABOVE_BOUND, "ehr.skew_seconds", client(skew_seconds=301)),
]
ELSEWHERE = {
    U.NO_TRUST_FILE,  # tests/cds_service/test_callers.py
    U.SANDBOX_WITH_TRUST,
    U.SANDBOX_IN_PUBLIC,
    U.SQLITE_WITH_REPLICAS,
    U.DATABASE_WORLD_READABLE,
    U.DATABASE_SECRET,
    U.TRUST_FILE_OWNER,
    U.CA_FILE_WRITABLE,
    U.SITE_FILE_WRITABLE,
}


def refusal(tmp_path, tables, mode=0o600, **settings):
    path = write_trust(tmp_path, tables, mode)
    with pytest.raises(TrustError) as caught:
        read_trust(settings_for(path, **settings), path)
    return str(caught.value)


def test_every_kind_of_unsafe_configuration_is_tried():
    assert {case.unsafe for case in CASES} | ELSEWHERE == set(Unsafe) == set(UNSAFE)
    assert len(Unsafe) >= 25


@pytest.mark.requirement("cds-hooks_2.0@2", "cds-hooks_2.0@168")
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.unsafe}-{case.key}")
def test_an_unsafe_configuration_refuses_to_start_and_names_the_key(tmp_path, case):
    tables = {"service": case.service, "client": case.clients}
    message = refusal(tmp_path, tables, case.mode, **case.settings)
    assert f"{case.key}: " in message or f"{case.key}:" in message
    assert f"[{case.unsafe.value}]" in message


def test_the_safe_client_of_these_cases_is_safe(tmp_path):
    path = write_trust(tmp_path, {"client": [client()]}, 0o644)
    assert read_trust(settings_for(path), path).clients[0].name == "ehr"
    path = write_trust(tmp_path, {"client": [given(es384("k").jwk, rs384("r").jwk)]}, 0o440)
    assert len(read_trust(settings_for(path), path).clients[0].keys) == 2


def test_clients_of_one_issuer_are_safe_when_something_in_their_tokens_tells_them_apart(tmp_path):
    apart = [
        client(subjects=["a"]),
        client(name="b", subjects=["b"]),
        client(name="c", fhir_bases=None, tenants={"c": ["https://ehr.example/c"]}),
    ]
    path = write_trust(tmp_path, {"client": apart})
    assert [one.name for one in read_trust(settings_for(path), path).clients] == ["ehr", "b", "c"]


def test_all_findings_are_named_at_once(tmp_path):
    message = refusal(tmp_path, {"client": [client(issuer="http://x.example", skew_seconds=999)]}, debug=True)
    for code in ("debug", "issuer-http", "skew-above-bound", "jwks-url-other-host"):
        assert f"[{code}]" in message


@pytest.mark.parametrize("written", ['"VERYSECRET"', '["VERYSECRET"]', '[{kty = "oct"}, "VERYSECRET"]'])
def test_a_key_in_the_wrong_place_is_not_printed(tmp_path, written):
    path = tmp_path / "trust.toml"
    path.write_text(f'[[client]]\nname = "a"\nissuer = "https://a.example"\njwks = {written}\n')
    with pytest.raises(TrustError, match=r"client\.0\.jwks") as caught:
        read_trust(settings_for(path), path)
    assert "VERYSECRET" not in str(caught.value)


def test_a_message_holds_no_value_of_the_configuration(tmp_path):
    secret = es384("k").jwk | {"d": "VERYSECRETVALUE"}
    message = refusal(tmp_path, {"client": [given(secret, fhir_bases=["https://user:HUSH@ehr.example"])]})
    assert "VERYSECRETVALUE" not in message
    assert "HUSH" not in message


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (
            '[[client]]\nname = "a"\nissuer = "https://a"\njwk_url = "x"\n',
            "unknown key client.0.jwk_url; did you mean jwks_url?",
        ),
        ("[services]\n", "unknown key services; did you mean service?"),
        (
            "[service]\nopen_discovry = true\n",
            "unknown key service.open_discovry; did you mean open_discovery?",
        ),
        ('[[client]]\nname = "a"\n', "client.0: missing issuer"),
        ('[[client]]\nname = "a b"\nissuer = "https://a"\n', "client.0.name"),
        ("[service]\nopen_discovery = 1\n", "service.open_discovery: 1 is not of type"),
        ("client = 7\n", "client: 7 is not of type"),
        ("[[client]\n", "trust.toml: "),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(tmp_path, written, said):
    path = tmp_path / "trust.toml"
    path.write_text(written)
    with pytest.raises(TrustError) as caught:
        read_trust(settings_for(path), path)
    assert said in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    path = tmp_path / "nowhere.toml"
    with pytest.raises(TrustError, match="cannot be read"):
        read_trust(settings_for(path), path)
    with pytest.raises(TrustError, match=TRUST):
        load_trust(Settings(), lambda: None, count_nothing)


def test_what_is_unsafe_about_a_database_is_refused_by_its_code_before_anything_is_opened(tmp_path):
    file = tmp_path / "store.sqlite3"
    file.touch(mode=0o644)
    with pytest.raises(SettingsError, match=f"replicas .*{U.SQLITE_WITH_REPLICAS}"):
        Settings(database_url=f"sqlite:///{file}", replicas=2)
    for url in ("postgresql://cds:changeme@db.example/cds", "postgresql:///cds?password=x"):
        with pytest.raises(SettingsError, match=f"database_url .*{U.DATABASE_SECRET}"):
            Settings(database_url=url)
    with pytest.raises(StoreRefusedError, match=f"database_url .*{U.DATABASE_WORLD_READABLE}"):
        load_services(Settings(database_url=f"sqlite:///{file}"))


@pytest.mark.parametrize("whose", ["file", "folder"])
def test_a_trust_file_belongs_to_root_or_to_the_user_that_the_service_runs_as(tmp_path, monkeypatch, whose):
    path = write_trust(tmp_path, {"client": [client()]})
    read_trust(settings_for(path), path)
    owners = {path: 0, tmp_path: 0} | {path if whose == "file" else tmp_path: 4711}
    real = Path.stat

    def stat(self, **options):
        found = real(self, **options)
        owner = owners.get(self, found.st_uid)
        return os.stat_result((*found[:4], owner, *found[5:10]))

    monkeypatch.setattr(Path, "stat", stat)
    with pytest.raises(TrustError, match=r"INFLIXIMAB_CDS_TRUST: .*root.* \[trust-file-owner\]"):
        read_trust(settings_for(path), path)
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    read_trust(settings_for(path), path)


@pytest.mark.parametrize(("mode", "safe"), [(0o755, True), (0o775, False), (0o757, False), (0o1777, True)])
def test_a_trust_file_is_not_where_others_may_put_another_in_its_place(tmp_path, mode, safe):
    folder = tmp_path / "etc"
    folder.mkdir()
    path = write_trust(folder, {"client": [client()]})
    folder.chmod(mode)
    if safe:
        read_trust(settings_for(path), path)
        return
    with pytest.raises(TrustError, match=r"\[trust-file-writable\]"):
        read_trust(settings_for(path), path)


def test_a_link_is_as_safe_as_where_it_leads(tmp_path):
    folder, elsewhere = tmp_path / "etc", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    link = folder / "link.toml"
    link.symlink_to(write_trust(elsewhere, {"client": [client()]}))
    read_trust(settings_for(link), link)
    elsewhere.chmod(0o777)
    with pytest.raises(TrustError, match=r"\[trust-file-writable\]"):
        read_trust(settings_for(link), link)


@pytest.mark.parametrize("which", ["ca-file-writable", "site-file-writable"])
def test_what_decides_whom_to_ask_and_what_to_advise_is_written_by_its_owner_only(tmp_path, which):
    authority, site = tmp_path / "ca.pem", tmp_path / "site.toml"
    authority.touch(mode=0o644)
    site.touch(mode=0o644)
    path = write_trust(tmp_path, {"service": {"ca_file": str(authority)}, "client": [client()]})
    settings = settings_for(path, site_path=site)
    read_trust(settings, path)
    (authority if which.startswith("ca") else site).chmod(0o664)
    with pytest.raises(TrustError, match=rf"\[{which}\]") as refused:
        read_trust(settings, path)
    assert str(refused.value).count("[") == 1


def test_a_folder_in_which_nobody_can_write_is_safe_whatever_its_mode_says(tmp_path, monkeypatch):
    path = write_trust(tmp_path, {"client": [client()]})
    tmp_path.chmod(0o777)
    kept = os.statvfs(tmp_path)
    read_only = os.statvfs_result((*kept[:8], kept.f_flag | os.ST_RDONLY, *kept[9:10]))
    monkeypatch.setattr(os, "statvfs", lambda _path: read_only)
    read_trust(settings_for(path), path)


def test_the_sandbox_stands_beside_no_client_and_has_no_public_address(tmp_path):
    check_sandbox(Settings(sandbox=True))
    check_sandbox(Settings(sandbox=True, public_base_url="http://127.0.0.1:8000"))
    check_sandbox(Settings(sandbox=True, public_base_url="http://localhost:8000"))
    with pytest.raises(TrustError, match="sandbox-with-trust"):
        check_sandbox(Settings(sandbox=True, trust_path=tmp_path / "trust.toml"))
    for url in ("https://cds.example.org", "http://localhost.example.org", "http://127.0.0.1.example.org"):
        with pytest.raises(TrustError, match="sandbox-in-public"):
            check_sandbox(Settings(sandbox=True, public_base_url=url))


def test_what_is_configured_is_what_is_in_force(tmp_path):
    authority = tmp_path / "ca.pem"
    authority.write_text("x")
    tables = {
        "service": {"open_discovery": True, "ca_file": str(authority)},
        "client": [
            client(
                audience=["sand_man"],
                subjects=["s"],
                tenants={"t.1": ["https://ehr.example/t1"]},
                lifetime_cap_seconds=1800,
                skew_seconds=0,
                algorithms=["RS256"],
            )
        ],
    }
    path = write_trust(tmp_path, tables)
    read = read_trust(settings_for(path), path)
    assert (read.open_discovery, read.open_transparency, read.ca_file) == (True, False, str(authority))
    (one,) = read.clients
    assert one.audiences == {"sand_man"}
    assert one.subjects == {"s"}
    assert one.bases_of("t.1") == ("https://ehr.example/t1",)
    assert one.bases_of("") == ("https://ehr.example/fhir",)
    assert one.bases_of("t.2") == ()
    assert (one.lifetime_cap_seconds, one.skew_seconds, one.algorithms) == (1800, 0, {"RS256"})
