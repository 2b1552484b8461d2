"""Five tenants by five: nobody reads, names or replays in another's place."""

import itertools

import pytest

from cds_service.store.store import Store
from tests.cds_service.conftest import example
from tests.support.trust import BASE, FEEDBACK, PATH, claims, es384, key_set, rs384, trusting

SHARED = "https://cds-hooks.shared.example"
SHARED_KEYS = "https://cds-hooks.shared.example/jwks.json"


def shared_signer():
    return es384("shared")


# Two tenants of one issuer in one client, one more client of that issuer, one told apart by subject only, and
# one with an issuer of its own: every way in which tenants can be near each other.
TENANTS = {
    "a": {"client": "group", "issuer": SHARED, "tenant": "t-a", "base": "https://fhir.shared.example/a"},
    "b": {"client": "group", "issuer": SHARED, "tenant": "t-b", "base": "https://fhir.shared.example/b"},
    "c": {"client": "third", "issuer": SHARED, "tenant": "t-c", "base": "https://fhir.shared.example/c"},
    "d": {"client": "fourth", "issuer": SHARED, "sub": "fourth", "base": "https://fhir.shared.example/d"},
    "e": {"client": "own", "issuer": "https://own.example", "base": "https://own.example/fhir"},
}
PAIRS = list(itertools.product(TENANTS, repeat=2))
ENDPOINTS = ["/cds-services", "/transparency", PATH, f"{PATH}/feedback"]


def table():
    shared = {"issuer": SHARED, "jwks_url": SHARED_KEYS}
    return {
        "client": [
            {
                "name": "group",
                **shared,
                "tenants": {TENANTS[one]["tenant"]: [TENANTS[one]["base"]] for one in "ab"},
            },
            {"name": "third", **shared, "tenants": {"t-c": [TENANTS["c"]["base"]]}},
            {"name": "fourth", **shared, "subjects": ["fourth"], "fhir_bases": [TENANTS["d"]["base"]]},
            {
                "name": "own",
                "issuer": "https://own.example",
                "jwks": [rs384("shared").jwk],
                "fhir_bases": [TENANTS["e"]["base"]],
            },
        ]
    }


def bearer(tenant, path, **changes):
    facts = TENANTS[tenant]
    signer = rs384("shared") if tenant == "e" else shared_signer()
    said = {name: facts[name] for name in ("tenant", "sub") if name in facts}
    made = claims(facts["issuer"], aud=BASE + path, **{**said, **changes})
    return "Bearer " + signer.sign(made)


@pytest.fixture
def kept(monkeypatch):
    """The calls of feedback that were kept, in a store that keeps everything."""
    calls = []
    monkeypatch.setattr(Store, "keep_feedback", lambda _self, call: not calls.append(call))
    return calls


@pytest.fixture
def service(tmp_path):
    return trusting(tmp_path, table(), key_sets={SHARED_KEYS: key_set([shared_signer])})


@pytest.mark.parametrize(("caller", "named"), PAIRS)
def test_a_tenant_may_name_its_own_fhir_server_and_no_other(service, caller, named):
    body = example() | {"fhirServer": TENANTS[named]["base"]}
    response = service.post(bearer(caller, PATH), body)
    assert response.status_code == (200 if caller == named else 401)
    assert service.counted["fhir-server-refused"] == (0 if caller == named else 1)


@pytest.mark.parametrize(("caller", "claimed"), [pair for pair in PAIRS if pair[0] != pair[1]])
@pytest.mark.parametrize("path", ENDPOINTS)
def test_a_token_of_one_tenant_never_speaks_for_another(service, kept, caller, claimed, path):
    """A token that says it is for another tenant is worth its own tenant only."""
    method = "POST" if path.startswith(PATH) else "GET"
    body = FEEDBACK if path.endswith("/feedback") else example()
    signer = rs384("shared") if caller == "e" else shared_signer()
    facts = TENANTS[claimed]
    if TENANTS[caller]["issuer"] == facts["issuer"]:
        # The issuer is the same: it may speak for all of its tenants, each by its own name.
        header = bearer(caller, path)
        response = service.client.open(
            path, method=method, json=body, environ_overrides={"HTTP_AUTHORIZATION": header}
        )
        assert response.status_code == 200
        if path.endswith("/feedback"):
            own = TENANTS[caller]
            assert [(call.client, call.tenant) for call in kept] == [(own["client"], own.get("tenant", ""))]
        return
    said = {name: facts[name] for name in ("tenant", "sub") if name in facts}
    header = "Bearer " + signer.sign(claims(facts["issuer"], aud=BASE + path, **said))
    response = service.client.open(
        path, method=method, json=body, environ_overrides={"HTTP_AUTHORIZATION": header}
    )
    assert (response.status_code, kept) == (401, [])


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_a_token_id_that_one_issuer_used_is_free_for_another(service, first, second):
    one = service.client.get(
        "/cds-services", headers={"Authorization": bearer(first, "/cds-services", jti="same")}
    )
    two = service.client.get(
        "/cds-services", headers={"Authorization": bearer(second, "/cds-services", jti="same")}
    )
    same_issuer = TENANTS[first]["issuer"] == TENANTS[second]["issuer"]
    assert (one.status_code, two.status_code) == (200, 401 if same_issuer else 200)
