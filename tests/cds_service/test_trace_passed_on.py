"""The caller's trace goes on to its FHIR server: each request there is a span of its own."""

import io
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cds_service.application import create_app
from cds_service.log import make_logger
from cds_service.services import load_services
from cds_service.settings import Settings
from cds_service.trace_context import parse
from tests.cds_service.conftest import NOW, SIGN, example

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"


@pytest.fixture
def fhir_server():
    """A server that finds nothing, and the headers that it was asked with."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(dict(self.headers))
            body = b'{"resourceType":"Bundle","type":"searchset","total":0}'
            self.send_response(200)
            self.send_header("Content-Type", "application/fhir+json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/fhir", seen
        server.shutdown()
        thread.join()


@pytest.mark.enable_socket
@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.parametrize("sent", [f"00-{TRACE}-{SPAN}-01", "not a trace"])
def test_every_question_to_the_fhir_server_is_a_span_of_the_callers_trace(fhir_server, sent):
    base, seen = fhir_server
    log = io.BytesIO()
    settings = Settings(sandbox=True, sandbox_fhir_bases=(base,))
    services = load_services(settings, clock=lambda: NOW, logger=make_logger(log))
    request = example() | {"fhirServer": base}
    del request["prefetch"]
    headers = {"traceparent": sent, "tracestate": "vendor=CANARY"}
    with create_app(services=services).test_client() as client:
        assert client.post(SIGN, json=request, headers=headers).status_code == 200
    services.fetcher.close()
    line = json.loads(log.getvalue())
    spans = [parse(one["traceparent"]) for one in seen]
    assert len(spans) >= 5
    assert {span.trace_id for span in spans} == {line["trace"]}
    assert (line["trace"] == TRACE) == sent.startswith("00-")
    assert len({SPAN, line["span"], *(span.span_id for span in spans)}) == len(spans) + 2
    assert "CANARY" not in str(seen)
