"""Real parts: a FHIR server and a CDS Client that we did not write, and our service behind real sockets."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

from cds_service.application import create_app
from tests.e2e import fhir_server as real
from tests.support.service import services_at

POLL_SECONDS = 0.01  # how soon a server notices that it should stop


class _Quiet(WSGIRequestHandler):
    def log(self, *_):
        pass


@pytest.fixture(scope="session")
def medplum() -> None:
    """The npm packages, installed where they were not yet."""
    real.install()


@pytest.fixture(scope="session")
def fhir_base(medplum: None) -> Iterator[str]:
    """An open FHIR server."""
    with real.fhir_server() as base:
        yield base


@pytest.fixture(scope="session")
def cds_client(medplum: None) -> Iterator[real.CdsClient]:
    """Medplum's client library."""
    with real.cds_client() as client:
        yield client


@pytest.fixture
def served_at() -> Iterator[Callable[[datetime], str]]:
    """Serve our service on loopback with a clock that stands still; return its base address."""
    with ExitStack() as stack:

        def serve(as_of: datetime) -> str:
            server = make_server(
                "127.0.0.1", 0, create_app(services=services_at(as_of)), threaded=True, request_handler=_Quiet
            )
            thread = threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,), daemon=True)
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.server_close)
            stack.callback(server.shutdown)
            return f"http://127.0.0.1:{server.port}"

        yield serve
