"""Who a request comes from."""

from cds_service.application import create_app
from cds_service.callers import SANDBOX_CALLER, current_caller
from cds_service.settings import Settings


def test_without_trust_every_request_comes_from_the_sandbox():
    app = create_app(Settings())
    with app.test_request_context("/cds-services"):
        app.preprocess_request()
        assert current_caller() is SANDBOX_CALLER
