"""What of a request is refused, what is tolerated, and by which code: the same for small and large bodies."""

import json
from typing import Any

import pytest

from cds_service import envelope
from cds_service.errors import Fault, RequestRefusedError
from cds_service.request import Hook, parse_request

ENVELOPE: dict[str, Any] = {
    "hook": "order-sign",
    "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
    "context": {
        "userId": "Practitioner/example",
        "patientId": "1288992",
        "draftOrders": {"resourceType": "Bundle", "entry": []},
    },
}


@pytest.fixture(autouse=True, params=["small", "large"])
def _of_any_size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read every body both as a small one is read and as a large one."""
    monkeypatch.setattr(envelope, "_SMALL", 10_000_000 if request.param == "small" else 0)


def parsed(changes: dict[str, Any] | None = None, hook: Hook = Hook.ORDER_SIGN, **context: Any) -> Any:
    envelope = {**ENVELOPE, **(changes or {})}
    if context:
        envelope["context"] = {**ENVELOPE["context"], **context}
    return parse_request(json.dumps(envelope).encode(), hook)


def fault_of(body: bytes, hook: Hook = Hook.ORDER_SIGN) -> Fault:
    with pytest.raises(RequestRefusedError) as refused:
        parse_request(body, hook)
    return refused.value.fault


def changed(**changes: Any) -> bytes:
    envelope = {**ENVELOPE, **changes}
    return json.dumps({key: value for key, value in envelope.items() if value is not ...}).encode()


def test_a_complete_request_is_read() -> None:
    request = parsed({"prefetch": {"patient": {"resourceType": "Patient"}, "allergies": None}})
    assert request.hook is Hook.ORDER_SIGN
    assert request.patient_id == "1288992"
    assert request.draft_orders == {"resourceType": "Bundle", "entry": []}
    patient = request.prefetch["patient"]
    assert (patient if isinstance(patient, dict) else json.loads(bytes(patient))) == {
        "resourceType": "Patient"
    }
    assert request.prefetch["allergies"] is None


@pytest.mark.parametrize("prefetch", [{}, {"prefetch": None}, {"prefetch": {}}])
def test_a_request_without_prefetch_is_tolerated(prefetch: dict[str, Any]) -> None:
    assert parsed(prefetch).prefetch == {}


@pytest.mark.parametrize("instance", ["a", "", 7, None, "x" * 400])
def test_any_hook_instance_is_tolerated(instance: Any) -> None:
    assert parsed({"hookInstance": instance}).patient_id == "1288992"


def test_a_missing_hook_instance_is_tolerated() -> None:
    assert parse_request(changed(hookInstance=...), Hook.ORDER_SIGN).patient_id == "1288992"


def test_unknown_fields_are_tolerated_everywhere() -> None:
    request = parsed({"extension": {"com.example": {"x": [1]}}, "user": "x"}, encounterStatus="open")
    assert request.patient_id == "1288992"


def test_an_id_of_any_length_and_a_reference_are_tolerated() -> None:
    assert parsed(patientId="e" * 190 + ".-_").patient_id == "e" * 190 + ".-_"
    assert parsed(patientId=" Patient/77 ").patient_id == "77"


@pytest.mark.parametrize(
    "orders", [{"resourceType": "MedicationRequest"}, {"entry": []}, [], "text", 0, False]
)
def test_draft_orders_in_any_container_are_passed_on(orders: Any) -> None:
    assert parsed(draftOrders=orders).draft_orders == orders


def test_selections_are_read_only_from_a_list() -> None:
    assert parsed({"hook": "order-select"}, Hook.ORDER_SELECT, selections=["a", 1, "b"]).selections == (
        "a",
        "b",
    )
    assert parsed({"hook": "order-select"}, Hook.ORDER_SELECT, selections="a").selections is None
    assert parsed({"hook": "order-select"}, Hook.ORDER_SELECT).selections is None


def test_an_order_hook_without_a_patient_goes_on_so_that_its_card_can_say_so() -> None:
    assert parsed(patientId=None).patient_id == ""
    assert parsed(patientId=12).patient_id == ""


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"", Fault.BODY_NOT_JSON),
        (b"{", Fault.BODY_NOT_JSON),
        (b"hook=order-sign", Fault.BODY_NOT_JSON),
        (b'{"hook":"order-sign"} x', Fault.BODY_NOT_JSON),
        ('{"hook":"order-sign"}'.encode("utf-16"), Fault.BODY_NOT_JSON),
        (b'{"hook":"order-sign","context":{"a":"\xff"}}', Fault.BODY_NOT_JSON),
        (b"[]", Fault.NOT_AN_OBJECT),
        (b"null", Fault.NOT_AN_OBJECT),
        (b'"text"', Fault.NOT_AN_OBJECT),
        (b'{"hook":"order-sign","hook":"order-sign"}', Fault.DUPLICATE_KEY),
        (b'{"hook" : "order-sign", "context":{"patientId":"a","patientId":"b"}}', Fault.DUPLICATE_KEY),
        (b'{"hook":"order-sign","context":{"x":NaN}}', Fault.NUMBER_NOT_FINITE),
        (b'{"hook":"order-sign","context":{"x":1e400}}', Fault.NUMBER_NOT_FINITE),
        (b'{"hook":"order-sign","context":' + b"[" * 400 + b"]" * 400 + b"}", Fault.BODY_TOO_DEEP),
        (b'{"hook":"order-sign","context":' + b"[" * 90000 + b"]" * 90000 + b"}", Fault.BODY_TOO_DEEP),
        (b"{}", Fault.HOOK_MISSING),
        (changed(hook=None), Fault.HOOK_MISSING),
        (changed(hook=""), Fault.HOOK_MISSING),
        (changed(hook=["order-sign"]), Fault.HOOK_MISSING),
        (changed(hook="patient-view"), Fault.HOOK_OF_ANOTHER_SERVICE),
        (changed(hook="medication-prescribe"), Fault.HOOK_OF_ANOTHER_SERVICE),
        (changed(context=...), Fault.CONTEXT_MISSING),
        (changed(context=None), Fault.CONTEXT_MISSING),
        (changed(context="1"), Fault.CONTEXT_MISSING),
        (changed(context={"patientId": "1"}), Fault.DRAFT_ORDERS_MISSING),
        (changed(context={"patientId": "1", "draftOrders": None}), Fault.DRAFT_ORDERS_MISSING),
        (changed(prefetch=[]), Fault.PREFETCH_NOT_AN_OBJECT),
        (changed(prefetch="x"), Fault.PREFETCH_NOT_AN_OBJECT),
        (b'{"hook":"order-sign","context":{"draftOrders":{}},"prefetch":{"a":1,"a":2}}', Fault.DUPLICATE_KEY),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_own_code(body: bytes, fault: Fault) -> None:
    assert fault_of(body) is fault


@pytest.mark.parametrize(
    "body",
    [
        changed(context=..., user="Practitioner/1", patient="77"),
        changed(context=..., user="Practitioner/1"),
        changed(context=[{"resourceType": "MedicationRequest"}]),
        changed(context={"draftOrders": {}}, patient="77"),
        changed(
            prefetch={"patient": {"response": {"status": "200 OK"}, "resource": {"resourceType": "Patient"}}}
        ),
    ],
)
def test_shapes_from_before_1_0_are_refused_as_such(body: bytes) -> None:
    assert fault_of(body) is Fault.OLDER_SHAPE


def test_a_resource_with_a_response_field_of_its_own_is_not_taken_for_an_older_shape() -> None:
    value = {"id": "x" * 80, "response": {"identifier": "1"}, "resourceType": "MessageHeader"}
    assert set(parsed({"prefetch": {"patient": value}}).prefetch) == {"patient"}


def test_opening_a_chart_needs_a_patient_but_no_orders() -> None:
    assert fault_of(changed(hook="patient-view", context={}), Hook.PATIENT_VIEW) is Fault.PATIENT_MISSING
    request = parse_request(changed(hook="patient-view", context={"patientId": "1"}), Hook.PATIENT_VIEW)
    assert request.draft_orders is None


def test_a_fault_carries_its_code_and_nothing_of_the_request() -> None:
    with pytest.raises(RequestRefusedError) as refused:
        parse_request(changed(hook="SECRET"), Hook.ORDER_SIGN)
    assert str(refused.value) == "hook-of-another-service"


def with_members(count: int, place: str) -> bytes:
    extra = {f"vendor-{number}": number for number in range(count)}
    return changed(**(extra if place == "request" else {"prefetch": extra}))


@pytest.mark.parametrize("place", ["request", "prefetch"])
def test_more_members_than_anybody_sends_are_refused(place: str) -> None:
    assert fault_of(with_members(1_001, place)) is Fault.TOO_MANY_MEMBERS
    assert fault_of(with_members(200_000, place)) is Fault.TOO_MANY_MEMBERS


@pytest.mark.parametrize("place", ["request", "prefetch"])
@pytest.mark.parametrize("count", [1, 48, 900])
def test_a_request_with_members_that_nobody_here_knows_is_read(place: str, count: int) -> None:
    read = parse_request(with_members(count, place), Hook.ORDER_SIGN)
    assert read.patient_id == "1288992"
    assert len(read.prefetch) == (count if place == "prefetch" else 0)


UNREAD = {
    "a member that nobody knows": '{{{known},"vendor":{value}}}',
    "a prefetch key that nobody knows": '{{{known},"prefetch":{{"vendor":{value}}}}}',
    "a resource that is passed over": (
        '{{{known},"prefetch":{{"laboratory":{{"resourceType":"Bundle","entry":'
        '[{{"resource":{{"resourceType":"Basic","x":{value}}}}}]}}}}}}'
    ),
}


def unread(place: str, value: str) -> str:
    known = json.dumps({key: ENVELOPE[key] for key in ("hook", "context")})[1:-1]
    return UNREAD[place].format(known=known, value=value)


@pytest.mark.parametrize("place", UNREAD)
def test_the_whole_body_is_utf_8_also_where_nothing_is_read(place: str) -> None:
    body = unread(place, '"é"')
    parse_request(body.encode(), Hook.ORDER_SIGN)
    assert fault_of(body.encode("latin-1")) is Fault.BODY_NOT_JSON


@pytest.mark.parametrize("place", UNREAD)
def test_the_depth_of_the_whole_body_is_bounded_also_where_nothing_is_read(place: str) -> None:
    parse_request(unread(place, "[" * 200 + "]" * 200).encode(), Hook.ORDER_SIGN)
    for depth in (1_100, 100_000):
        assert fault_of(unread(place, "[" * depth + "]" * depth).encode()) is Fault.BODY_TOO_DEEP
