"""No address in a request or a token leads this service anywhere: not a socket, not a look-up."""

import re
import socket
from collections import Counter

import pytest

from cds_service.application import create_app
from cds_service.log import make_logger
from cds_service.services import load_services
from cds_service.trust.load import load_trust, read_trust
from cds_service.trust.reasons import TrustError
from tests.cds_service.conftest import example
from tests.support.hostile_addresses import not_exactly
from tests.support.trust import (
    BASE,
    EPIC,
    EPIC_KEYS,
    EPIC_SUBJECT,
    NOW,
    PATH,
    PLAIN_BASE,
    claims,
    epic_signer,
    es384,
    plain_signer,
    settings_for,
    write_trust,
)

KEY_ADDRESSES = not_exactly(EPIC_KEYS)
BASE_ADDRESSES = not_exactly(PLAIN_BASE)
ON_THE_RIGHT_HOST = re.compile(r"https://(?i:epic\.hospital\.example)(?::443)?(?:/[A-Za-z0-9][\w@.-]*)*/?")


@pytest.fixture
def outside(monkeypatch):
    """Every look-up and every connection that is attempted; none succeeds."""
    seen = []

    def look_up(host, *_args, **_kwargs):
        seen.append(host)
        raise socket.gaierror(8, "no look-ups in this test")

    def connect(_self, address):
        seen.append(address)
        raise OSError("no connections in this test")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket.socket, "connect", connect)
    return seen


@pytest.fixture
def service(tmp_path):
    """The service with its real way of fetching keys."""
    settings = settings_for(write_trust(tmp_path))
    counted = Counter()
    trust = load_trust(settings, lambda: NOW, lambda what: counted.update([what.value]))
    with (tmp_path / "log").open("wb") as stream:
        services = load_services(settings, clock=lambda: NOW, trust=trust, logger=make_logger(stream))
        yield create_app(services=services).test_client(), counted


def test_there_are_enough_addresses_and_none_is_the_known_one():
    for known, addresses in ((EPIC_KEYS, KEY_ADDRESSES), (PLAIN_BASE, BASE_ADDRESSES)):
        assert len(set(addresses)) == len(addresses) >= 55
        assert known not in addresses


@pytest.mark.requirement("cds-hooks_2.0@195")
@pytest.mark.parametrize("stranger", [False, True], ids=["the client's own key", "a stranger's key"])
def test_no_jku_but_the_configured_one_is_even_looked_up(service, outside, stranger):
    client, counted = service
    signer = es384("k+Id/a==") if stranger else epic_signer()
    for address in KEY_ADDRESSES:
        token = signer.sign(claims(EPIC, aud=BASE, sub=EPIC_SUBJECT), jku=address)
        response = client.post(PATH, json=example(), headers={"Authorization": f"Bearer {token}"})
        assert response.status_code == 401, address
    assert outside == []
    nul = sum("\0" in address for address in KEY_ADDRESSES)
    assert counted == {"jku-refused": len(KEY_ADDRESSES) - nul, "token-malformed": nul}


@pytest.mark.parametrize("name", ["iss", "aud", "sub", "tenant", "jti"])
def test_no_claim_is_ever_looked_up(service, outside, name):
    client, _ = service
    for address in KEY_ADDRESSES:
        token = plain_signer().sign(claims(**{name: address}))
        client.post(PATH, json=example(), headers={"Authorization": f"Bearer {token}"})
    assert outside == []


@pytest.mark.parametrize("name", ["x5u", "jwk", "x5c"])
def test_no_other_member_of_the_header_is_ever_looked_up(service, outside, name):
    client, _ = service
    for address in KEY_ADDRESSES:
        token = plain_signer().sign(claims(), **{name: address})
        client.post(PATH, json=example(), headers={"Authorization": f"Bearer {token}"})
    assert outside == []


def test_no_fhir_server_but_the_client_s_own_passes(service, outside):
    client, counted = service
    for address in BASE_ADDRESSES:
        token = plain_signer().sign(claims())
        body = example() | {"fhirServer": address}
        response = client.post(PATH, json=body, headers={"Authorization": f"Bearer {token}"})
        # A NUL makes the whole body unreadable, which is told to a caller that is known by then.
        assert response.status_code == (400 if "\0" in address else 401), address
    assert outside == []
    assert counted == {"fhir-server-refused": sum("\0" not in address for address in BASE_ADDRESSES)}


def test_the_configured_key_server_alone_is_looked_up(service, outside):
    client, counted = service
    token = epic_signer().sign(claims(EPIC, aud=BASE, sub=EPIC_SUBJECT), jku=EPIC_KEYS)
    response = client.post(PATH, json=example(), headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 401
    assert set(outside) == {"epic.hospital.example"}
    assert counted == {"keys-fetch-failed": 1, "keys-unavailable": 1}


@pytest.mark.parametrize("address", KEY_ADDRESSES)
def test_such_an_address_cannot_be_configured_for_keys_either(tmp_path, address):
    client = {"name": "ehr", "issuer": EPIC, "jwks_url": address, "fhir_bases": [EPIC]}
    path = write_trust(tmp_path, {"client": [client]})
    if ON_THE_RIGHT_HOST.fullmatch(address):  # perhaps at another path: odd, but it leads nowhere else
        assert read_trust(settings_for(path), path).clients[0].jwks_url == address
        return
    with pytest.raises(TrustError, match="jwks_url"):
        read_trust(settings_for(path), path)
