"""One request whose record lies on a FHIR server, and the service that answers it, in this process."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from flask import g

from cds_service.application import create_app
from cds_service.callers import Caller
from cds_service.log import make_logger
from cds_service.services import Services
from cds_service.settings import Settings
from cds_service.trust.authenticator import Unauthenticated
from fhir_mappings.acquisition.fetcher import Fetcher, FetchSettings
from fhir_mappings.acquisition.limits import FetchLimits
from tests.support.fhir_record import FhirRecord
from tests.support.service import services_at
from tests.support.story import VIGNETTES, load_story, request_of

STORY = "adult-active-low-no-antibodies"
TOKEN = "canary-token-5f1d0c77"  # noqa: S105 (what the canary looks for)
GROUPS = (
    "Patient details",
    "Laboratory results",
    "Weights",
    "Problem list",
    "Medication orders",
    "Infusions given",
    "Allergies",
)


@dataclass
class Answer:
    """What the service said, and what it logged."""

    status: int
    body: Any
    line: dict[str, Any]
    text: str

    @property
    def card(self) -> dict[str, Any]:
        """The one card."""
        (card,) = self.body["cards"]
        return card

    @property
    def shown(self) -> str:
        """Summary and detail of the card."""
        return f"{self.card['summary']}\n{self.card['detail']}"


def story_request(slug: str = STORY) -> tuple[dict[str, Any], datetime]:
    """A request with everything prefetched, and its hour."""
    story = load_story(VIGNETTES / slug)
    return request_of(story), story.as_of


def record_of(request: dict[str, Any], base: str = "") -> FhirRecord:
    """The record of a request, as a FHIR server has it."""
    return FhirRecord(base, json.loads(json.dumps(request["prefetch"])))


def without_prefetch(request: dict[str, Any], base: str, token: str | None = TOKEN) -> dict[str, Any]:
    """The same request with nothing sent along but the address of a server, and its token."""
    bare = {name: value for name, value in request.items() if name != "prefetch"}
    bare["fhirServer"] = base
    if token is not None:
        bare["fhirAuthorization"] = {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": 300,
            "scope": "patient/*.rs",
            "subject": "infliximab-cds",
        }
    return bare


def services_with(
    as_of: datetime,
    settings: FetchSettings | None = None,
    *,
    site_path: Path | None = None,
    **options: Any,
) -> Services:
    """Loaded services in sandbox mode with a fetcher of their own."""
    settings = settings or FetchSettings(open_loopback=True)
    return replace(services_at(as_of, site_path), fetcher=Fetcher(settings, **options))


def ask(services: Services, request: dict[str, Any], bases: Sequence[str], *, sandbox: bool = True) -> Answer:
    """Post one request as a client that may name these FHIR bases."""
    return asker(services, bases, sandbox=sandbox)(request)


def asker(
    services: Services, bases: Sequence[str], *, sandbox: bool = True
) -> Callable[[dict[str, Any]], Answer]:
    """Return what posts requests as a client that may name these FHIR bases: anywhere without a sandbox."""
    stream = io.BytesIO()
    settings = Settings(sandbox=sandbox, sandbox_fhir_bases=tuple(bases) if sandbox else ())
    trust = Unauthenticated(tuple(bases))
    services = replace(services, settings=settings, trust=trust, logger=make_logger(stream))
    app = create_app(services=services)
    if not sandbox:

        @app.before_request
        def come_from_elsewhere() -> None:
            # Trust would refuse to name another server; here it is the fetching that has to.
            g.caller = Caller("hospital", fhir_bases=tuple(bases), names_any=True)

    client = app.test_client()

    def post(request: dict[str, Any]) -> Answer:
        stream.seek(0)
        stream.truncate()
        response = client.post(
            f"/cds-services/infliximab-tdm-{request['hook']}",
            data=orjson.dumps(request),
            headers={"Content-Type": "application/json"},
        )
        text = stream.getvalue().decode()
        return Answer(response.status_code, response.get_json(), json.loads(text.splitlines()[-1]), text)

    return post


def patient_fetch_settings() -> FetchSettings:
    """Settings with time enough for a slow machine, otherwise as they come."""
    return FetchSettings(
        limits=FetchLimits(fetch_budget_ms=10_000, answer_budget_ms=12_000), open_loopback=True
    )
