"""What a client finds at `/cds-services`."""

import pytest
from flask import Flask

HOOKS = {"patient-view", "order-select", "order-sign"}


@pytest.mark.requirement("cds-hooks_2.0@4", "cds-hooks_2.0@5", "cds-hooks_2.0@13", "cds-hooks_2.0@1")
def test_discovery_answers_get_with_200_and_json(client):
    response = client.get("/cds-services")
    assert response.status_code == 200
    assert response.mimetype == "application/json"


def test_a_trailing_slash_leads_to_the_same_document_without_a_redirect(client):
    assert client.get("/cds-services/").get_json() == client.get("/cds-services").get_json()


@pytest.mark.requirement("cds-hooks_2.0@6")
def test_discovery_is_an_object_with_a_list_of_services(discovery):
    assert list(discovery) == ["services"]
    assert [type(service) for service in discovery["services"]] == [dict] * len(HOOKS)


@pytest.mark.requirement("cds-hooks_2.0@7")
def test_each_of_the_three_hooks_has_one_service(discovery):
    assert sorted(service["hook"] for service in discovery["services"]) == sorted(HOOKS)


@pytest.mark.requirement("cds-hooks_2.0@8", "cds-hooks_2.0@9", "cds-hooks_2.0@12")
@pytest.mark.parametrize("field", ["title", "description", "usageRequirements"])
def test_each_service_says_in_words_what_it_is_and_what_it_needs(discovery, field):
    for service in discovery["services"]:
        assert isinstance(service[field], str)
        assert service[field].strip() == service[field] != ""


@pytest.mark.requirement("cds-hooks_2.0@10")
def test_ids_are_distinct_and_fit_into_an_address(discovery):
    ids = [service["id"] for service in discovery["services"]]
    assert len(set(ids)) == len(HOOKS)
    assert all(set(one) <= set("abcdefghijklmnopqrstuvwxyz-") for one in ids)


@pytest.mark.requirement("cds-hooks_2.0@16")
def test_each_announced_id_is_an_address_that_answers(client: Flask, discovery):
    for service in discovery["services"]:
        answer = client.post(f"/cds-services/{service['id']}", data=b"{}")
        assert answer.status_code == 400
        assert answer.get_json()["issue"][0]["diagnostics"] == "hook-missing"


@pytest.mark.requirement("cds-hooks_2.0@14")
def test_discovery_refuses_what_it_does_not_do_with_a_4xx(client):
    assert client.delete("/cds-services").status_code == 405


@pytest.mark.requirement("cds-hooks_2.0@208")
def test_a_browser_of_another_origin_may_ask_and_read_even_errors(client):
    origin = {"Origin": "https://ehr.example.org"}
    asked = client.options(
        "/cds-services/infliximab-tdm-order-sign",
        headers={
            **origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization, content-type",
        },
    )
    assert asked.status_code in {200, 204}
    assert asked.headers["Access-Control-Allow-Origin"] in {"*", origin["Origin"]}
    assert "POST" in asked.headers["Access-Control-Allow-Methods"]
    allowed = asked.headers["Access-Control-Allow-Headers"].lower()
    assert "content-type" in allowed
    assert "authorization" in allowed
    for path in ("/cds-services", "/cds-services/unknown", "/nowhere"):
        assert "Access-Control-Allow-Origin" in client.get(path, headers=origin).headers, path
