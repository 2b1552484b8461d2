"""The token corpus against the whole service: the hostile get one and the same 401, the legal their cards."""

import io
import json

import jwt
import pytest

from cds_service.errors import Fault, operation_outcome
from cds_service.trust.reasons import TokenRefusedError
from cds_service.trust.tokens import read_token
from tests.cds_service.conftest import example
from tests.cds_service.trust.jwt_corpus import HOSTILE, LEGAL, Case
from tests.support.trust import PATH, trusting

REFUSAL = operation_outcome(Fault.NOT_AUTHENTICATED)


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    return trusting(tmp_path_factory.mktemp("corpus"))


def call(service, case: Case):
    body = example()
    body.pop("fhirServer", None)
    if case.fhir_server is not None:
        body["fhirServer"] = case.fhir_server
    return service.post(case.make(), body)


def test_the_corpus_is_as_large_as_it_says():
    assert len(HOSTILE) >= 70
    assert len(LEGAL) >= 12
    assert len({case.name for case in [*HOSTILE, *LEGAL]}) == len(HOSTILE) + len(LEGAL)


@pytest.mark.requirement("cds-hooks_2.0@176", "cds-hooks_2.0@201", "cds-hooks_2.0@203")
@pytest.mark.parametrize("case", HOSTILE, ids=lambda case: case.name)
def test_a_hostile_token_gets_the_one_refusal_and_is_counted_by_its_reason(service, case):
    before = service.counted.copy()
    service.stream.seek(0)
    service.stream.truncate()
    response = call(service, case)
    assert (response.status_code, response.get_data()) == (401, REFUSAL)
    assert response.headers["WWW-Authenticate"] == "Bearer"
    refused = {name: n - before[name] for name, n in service.counted.items() if n != before[name]}
    refused.pop("keys-fetched", None)
    assert refused == {case.reason.value: 1}
    (line,) = [json.loads(text) for text in service.stream.getvalue().splitlines()]
    assert (line["status"], line["fault"], line["refused"]) == (401, "not-authenticated", case.reason.value)


def test_all_refusals_are_alike_to_the_last_header(service):
    answers = {
        (response.status, tuple(sorted(response.headers)), response.get_data())
        for response in (call(service, case) for case in HOSTILE)
    }
    assert len(answers) == 1


@pytest.mark.requirement("cds-hooks_2.0@205")
@pytest.mark.parametrize("case", LEGAL, ids=lambda case: case.name)
def test_a_legal_token_is_believed(service, case):
    response = call(service, case)
    assert response.status_code == 200
    assert len(response.get_json()["cards"]) == 1


@pytest.mark.parametrize("case", LEGAL, ids=lambda case: case.name)
def test_a_legal_token_is_believed_once(tmp_path, case):
    service = trusting(tmp_path)
    header = case.make()
    body = example() | {"fhirServer": case.fhir_server}
    assert service.post(header, body).status_code == 200
    again = service.post(header, body)
    assert (again.status_code, again.get_data()) == (401, REFUSAL)
    assert service.counted["replayed"] == 1


def test_nothing_of_a_token_reaches_the_log_or_an_answer(tmp_path):
    service = trusting(tmp_path)
    said = b""
    for case in [*HOSTILE, *LEGAL]:
        header = case.make()
        body = example() | {"fhirServer": case.fhir_server}
        response = service.post(header, body)
        written = service.stream.getvalue() + (response.get_data() if response.status_code != 200 else b"")
        for part in (header or "").removeprefix("Bearer ").split("."):
            if len(part) > 20:
                assert part.encode() not in written
        said += written
        service.stream = io.BytesIO()
    assert b"eyJ" not in said
    assert b"https://" not in said


@pytest.mark.parametrize("error", [OverflowError, TypeError, RecursionError, MemoryError, KeyError])
def test_whatever_the_library_raises_is_the_one_refusal(service, monkeypatch, error):
    def decode(*_args, **_kwargs):
        raise error("SECRET")

    monkeypatch.setattr("cds_service.trust.verify.jwt.decode", decode)
    before = service.counted["claim-malformed"]
    response = service.post(LEGAL[0].make(), example())
    assert (response.status_code, response.get_data()) == (401, REFUSAL)
    assert service.counted["claim-malformed"] == before + 1
    assert b"SECRET" not in service.stream.getvalue()


def test_the_library_is_told_every_one_of_its_defaults(service, monkeypatch):
    told = {}
    real = jwt.decode

    def decode(*args, **kwargs):
        told.update(kwargs)
        return real(*args, **kwargs)

    monkeypatch.setattr("cds_service.trust.verify.jwt.decode", decode)
    assert service.post(LEGAL[0].make(), example()).status_code == 200
    assert set(told["options"]) == set(jwt.PyJWT._get_default_options())
    assert told["options"]["verify_signature"] is True
    assert told["algorithms"] == ["ES384"]
    assert {"audience", "issuer", "subject", "leeway", "key"} <= set(told)


def test_two_authorization_headers_are_one_too_many():
    with pytest.raises(TokenRefusedError, match="authorization-malformed"):
        read_token([LEGAL[0].make(), LEGAL[0].make()])


def test_a_refused_token_is_not_used_up(tmp_path):
    service = trusting(tmp_path)
    (case,) = [one for one in LEGAL if one.name == "no fhirServer"]
    header = case.make()
    other = "/cds-services/infliximab-tdm-order-select"
    assert service.post(header, example(), other).status_code == 401
    assert service.post(header, example(), PATH).status_code == 200
