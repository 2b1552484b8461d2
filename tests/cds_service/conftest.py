"""The service under test: real knowledge and codes, a clock that stands still, a log that can be read."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.application import create_app
from cds_service.log import make_logger
from cds_service.sandbox.patients import example_patients
from cds_service.services import Services, load_services
from cds_service.settings import Settings
from cds_service.trust.authenticator import UNAUTHENTICATED

NOW = datetime(2026, 3, 9, 14, 30, tzinfo=UTC)
SIGN = "/cds-services/infliximab-tdm-order-sign"
SELECT = "/cds-services/infliximab-tdm-order-select"
VIEW = "/cds-services/infliximab-tdm-patient-view"


@cache
def loaded(settings: Settings) -> Services:
    """Services of some settings that ask nobody who they are; loading is the slow part."""
    return load_services(settings, clock=lambda: NOW, trust=UNAUTHENTICATED)


@dataclass
class Running:
    """A client of the service and what it wrote to its log."""

    client: FlaskClient
    services: Services
    stream: io.BytesIO

    @property
    def text(self) -> str:
        return self.stream.getvalue().decode()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture
def run() -> Callable[..., Running]:
    """Start the service with some settings."""

    def start(**settings: Any) -> Running:
        stream = io.BytesIO()
        services = replace(loaded(Settings(**settings)), logger=make_logger(stream))
        return Running(create_app(services=services).test_client(), services, stream)

    return start


@pytest.fixture
def service(run: Callable[..., Running]) -> Running:
    """The service as it comes."""
    return run()


def example(slug: str = "adult-loss-of-response") -> dict[str, Any]:
    """A fresh request of an example patient, as of NOW in UTC."""
    (patient,) = [one for one in example_patients() if one.slug == slug]
    request = patient.request(today=NOW.date(), zone=loaded(Settings()).zone)
    return json.loads(json.dumps(request))


@pytest.fixture
def order() -> dict[str, Any]:
    """A complete order-sign request with one infliximab draft."""
    return example()
