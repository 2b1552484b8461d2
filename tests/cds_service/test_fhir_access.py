"""What a request says of its FHIR server is read tolerantly: odd values are passed over with a code."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds_service.errors import Fault, RequestRefusedError
from cds_service.fhir_access import FhirAccess
from cds_service.request import Hook, parse_request
from tests.cds_service.conftest import SIGN, example

SECRET = "canary-7c1e"  # noqa: S105 (what must not be seen)


def parsed(**members):
    envelope = {
        "hook": "order-sign",
        "hookInstance": "x",
        "context": {"patientId": "p1", "draftOrders": {}},
        **members,
    }
    return parse_request(json.dumps(envelope).encode(), Hook.ORDER_SIGN)


def test_server_and_token_are_read_and_neither_is_shown():
    request = parsed(
        fhirServer="https://ehr.example/fhir",
        fhirAuthorization={"access_token": SECRET, "token_type": "Bearer", "expires_in": 300, "scope": "x"},
    )
    assert request.fhir_server == "https://ehr.example/fhir"
    assert request.access_token.authorization() == f"Bearer {SECRET}"
    assert request.notes == ()
    assert SECRET not in repr(request)
    assert "ehr.example" not in repr(request)
    assert SECRET not in repr(FhirAccess("s", request.access_token))


@pytest.mark.parametrize("members", [{}, {"fhirServer": None, "fhirAuthorization": None}, {"fhirServer": ""}])
def test_a_request_without_them_is_as_good(members):
    request = parsed(**members)
    assert (request.fhir_server, request.access_token, request.notes) == ("", None, ())


@pytest.mark.parametrize(
    ("members", "note"),
    [
        ({"fhirServer": 7}, "fhir-server-not-text"),
        ({"fhirServer": ["https://ehr.example/fhir"]}, "fhir-server-not-text"),
        ({"fhirAuthorization": "Bearer x"}, "fhir-authorization-not-an-object"),
        ({"fhirAuthorization": [{"access_token": "x"}]}, "fhir-authorization-not-an-object"),
        ({"fhirAuthorization": {}}, "access-token-unusable"),
        ({"fhirAuthorization": {"access_token": 7}}, "access-token-unusable"),
        ({"fhirAuthorization": {"access_token": ""}}, "access-token-unusable"),
        ({"fhirAuthorization": {"access_token": "a\r\nX: b"}}, "access-token-unusable"),
        ({"fhirAuthorization": {"access_token": "x", "token_type": "mac"}}, "token-type-not-bearer"),
    ],
)
def test_values_of_the_wrong_kind_are_passed_over_with_a_code(service, members, note):
    request = parsed(**members)
    assert (request.notes, request.access_token) == ((note,), None)
    answer = service.client.post(SIGN, json={**example(), **members})
    assert answer.status_code == 200
    assert len(answer.get_json()["cards"]) == 1
    assert service.lines[-1]["notes"] == [note]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=20), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    server=JSON | st.sampled_from(["https://ehr.example/fhir", "https://", "http://[", "https://x:99999"]),
    authorization=JSON | st.fixed_dictionaries({"access_token": JSON}, optional={"token_type": JSON}),
)
def test_whatever_is_sent_in_their_place_the_order_gets_its_card(service, server, authorization):
    body = {**example(), "fhirServer": server, "fhirAuthorization": authorization, "prefetch": {}}
    answer = service.client.post(SIGN, json=body)
    nul = "\\u0000" in json.dumps([server, authorization])  # refused wherever it is read
    assert answer.status_code == 200 or (nul and answer.status_code == 400)
    assert nul or len(answer.get_json()["cards"]) == 1


@pytest.mark.parametrize("kind", ["Bearer", "bearer", " BEARER ", None, 7])
def test_a_token_of_the_usual_kind_or_of_none_is_taken(kind):
    assert parsed(fhirAuthorization={"access_token": "x", "token_type": kind}).access_token is not None


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('{"access_token":"a","access_token":"b"}', Fault.DUPLICATE_KEY),
        ('{"access_token":"a","expires_in":1e999}', Fault.NUMBER_NOT_FINITE),
    ],
)
def test_json_of_doubtful_meaning_is_refused_here_too(text, fault):
    body = (
        '{"hook":"order-sign","context":{"patientId":"p","draftOrders":{}},"fhirAuthorization":' + text + "}"
    )
    with pytest.raises(RequestRefusedError) as refused:
        parse_request(body.encode(), Hook.ORDER_SIGN)
    assert refused.value.fault is fault
