"""Whatever JSON or bytes a FHIR server sends with a good status, the order gets its card."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_mappings.acquisition.fetcher import FetchSettings
from fhir_mappings.acquisition.limits import FetchLimits
from fhir_mappings.acquisition.outcomes import Body
from tests.faults.scenario import asker, services_with, story_request, without_prefetch
from tests.support.fhir_record import resources_of

BASE = "https://ehr.example/fhir"
REQUEST, AS_OF = story_request()
BARE = without_prefetch(REQUEST, BASE)
RESOURCES = [one for value in REQUEST["prefetch"].values() for one in resources_of(value)]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


class Saying:
    """A client that gives the same bytes to everything."""

    content = b""

    def get(self, *_: object, **__: object) -> Body:
        return Body(self.content)

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture(scope="module")
def post():
    client = Saying()
    settings = FetchSettings(limits=FetchLimits(fetch_budget_ms=10_000, answer_budget_ms=12_000))
    send = asker(services_with(AS_OF, settings, connect=lambda *_, **__: client), (BASE,), sandbox=False)

    def answered(content: bytes) -> Any:
        client.content = content
        return send(BARE)

    return answered


def odd_resources() -> st.SearchStrategy[Any]:
    """Resources of the record with some members replaced by anything."""
    return st.builds(
        lambda resource, changes: {**resource, **dict(changes)},
        st.sampled_from(RESOURCES),
        st.lists(
            st.tuples(st.sampled_from(sorted({name for one in RESOURCES for name in one})), JSON), max_size=3
        ),
    )


def check(answer: Any) -> None:
    assert answer.status == 200
    assert len(answer.body["cards"]) == 1
    assert "failed_at" not in answer.line
    assert not any(one.get("reason") for one in answer.line["evaluated"]), answer.line["evaluated"]


@settings(max_examples=150)
@given(content=st.binary(max_size=60))
def test_any_bytes(post, content):
    check(post(content))


@settings(max_examples=150)
@given(value=JSON)
def test_any_json(post, value):
    check(post(json.dumps(value).encode()))


@settings(max_examples=300)
@given(
    entries=st.lists(
        st.builds(lambda resource, more: {"resource": resource, **more}, odd_resources() | JSON, st.just({}))
        | JSON,
        max_size=6,
    ),
    members=st.dictionaries(st.sampled_from(["link", "total", "type", "id", "meta", "implicitRules"]), JSON),
)
def test_any_bundle(post, entries, members):
    bundle = {"resourceType": "Bundle", **members, "entry": entries}
    check(post(json.dumps(bundle).encode("utf-8", "surrogatepass")))
