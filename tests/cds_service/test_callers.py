"""Who a request comes from, and what it may name."""

import pytest

from cds_service.application import create_app
from cds_service.callers import NOBODY, SANDBOX_CALLER, Caller, current_caller, may_name
from cds_service.services import load_services
from cds_service.settings import Settings
from cds_service.trust.reasons import TrustError


def test_in_the_sandbox_every_request_comes_from_the_sandbox():
    app = create_app(Settings(sandbox=True))
    with app.test_request_context("/cds-services", environ_base={"REMOTE_ADDR": "127.0.0.1"}):
        app.preprocess_request()
        assert current_caller() == SANDBOX_CALLER


def test_without_sandbox_and_trust_no_app_is_made():
    with pytest.raises(TrustError, match="INFLIXIMAB_CDS_TRUST"):
        create_app(Settings())
    with pytest.raises(TrustError, match="no-trust-file"):
        create_app(services=load_services(Settings()))


EHR = Caller("ehr", "t", ("https://ehr.example/fhir", "https://ehr.example/other/"))


@pytest.mark.parametrize(
    "url",
    ["https://ehr.example/fhir", "https://ehr.example/fhir/", "https://ehr.example/other"],
)
def test_a_caller_may_name_its_own_servers_with_or_without_a_last_slash(url):
    assert may_name(EHR, url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://ehr.example",
        "https://ehr.example/fhir//",
        "https://ehr.example/fhir/..",
        "https://EHR.example/fhir",
        "https://ehr.example:443/fhir",
        "https://ehr.example/fhir?x",
        "https://ehr.example/fhir.evil.example",
        "http://ehr.example/fhir",
        " https://ehr.example/fhir",
    ],
)
def test_a_caller_may_name_nothing_else(url):
    assert not may_name(EHR, url)
    assert not may_name(NOBODY, url)


def test_the_sandbox_may_name_any_server():
    assert may_name(SANDBOX_CALLER, "http://127.0.0.1:8103/fhir")
