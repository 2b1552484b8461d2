"""The written schema of a request and the hand-written check agree on every request."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from cds_service.errors import FAULTS, RequestRefusedError
from cds_service.request import Hook, parse_request

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "cds_service" / "schema" / "request.json").read_text(encoding="utf-8")
)
VALIDATOR = Draft202012Validator(SCHEMA)

odd = st.sampled_from([None, True, 0, 1.5, "", "x", [], [1], {}, {"a": None}])
resource = st.sampled_from(
    [
        {"resourceType": "Patient", "id": "1"},
        {"response": {"status": "200"}, "resource": {"resourceType": "Patient"}},
        {"response": {}, "resourceType": "Bundle"},
        {"id": "x" * 70, "resourceType": "Patient"},
    ]
)


def members(**strategies: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=strategies)


contexts = members(
    userId=odd,
    patientId=st.one_of(st.sampled_from(["1", "Patient/1", " 1 ", "Patient/", " ", "/"]), odd),
    draftOrders=st.one_of(st.just({"resourceType": "Bundle"}), odd),
    selections=odd,
    other=odd,
)
requests = members(
    hook=st.one_of(st.sampled_from(list(Hook)), odd),
    hookInstance=odd,
    context=st.one_of(contexts, odd),
    prefetch=st.one_of(members(patient=st.one_of(resource, odd), x=st.one_of(resource, odd)), odd),
    user=odd,
    patient=odd,
    extension=odd,
)


def is_accepted(request: Any) -> bool:
    named = request.get("hook")
    hook = Hook(named) if isinstance(named, str) and named in set(Hook) else Hook.ORDER_SIGN
    try:
        parse_request(json.dumps(request).encode(), hook)
    except RequestRefusedError as refused:
        return FAULTS[refused.fault].status != 400
    return True


@given(requests)
def test_the_schema_and_the_check_agree(request: dict[str, Any]) -> None:
    assert VALIDATOR.is_valid(request) is is_accepted(request)


def test_the_schema_itself_is_sound() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("hook", list(Hook))
def test_a_plain_request_of_each_hook_is_accepted_by_both(hook: Hook) -> None:
    request = {"hook": hook.value, "context": {"patientId": "1", "draftOrders": {"resourceType": "Bundle"}}}
    assert VALIDATOR.is_valid(request)
    assert is_accepted(request)
