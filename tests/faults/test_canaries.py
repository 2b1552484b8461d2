"""Nothing of a record gets out: canaries in every field, and a search wherever the service writes.

What is searched: the log, standard output and error, every record of Python's own logging, warnings, the
numbers at `/metrics`, answers that are errors (with their headers), and files in the temporary directory. A
card is not searched: it shows the clinician what was sent.
"""

import io
import json
import logging
import sys
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from socket import create_connection

import pytest

from benchmarks.serving import free_port, started
from cds_service.application import create_app
from cds_service.log import make_logger
from cds_service.metrics import counters_for
from tests.faults.canaries import ALL, DATES, FRACTIONS, HEADERS, WORDS, hits, whole_request
from tests.faults.serving import own_environment
from tests.support.service import services_at
from tests.support.story import all_stories, request_of

STORIES = all_stories()
LOSS = next(story for story in STORIES if story.slug == "adult-active-low-no-antibodies")
FIRST_ERROR = 400


@dataclass
class Sinks:
    """One service and everything that it writes to."""

    client: object
    services: object
    log: io.BytesIO
    logging: io.StringIO
    folder: Path
    capfd: pytest.CaptureFixture
    answers: list[str] = field(default_factory=list)

    def send(self, path, body=b"", *, method="POST", headers=HEADERS, **more):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        response = self.client.open(path, method=method, data=data, headers=headers, **more)
        if response.status_code >= FIRST_ERROR:
            self.answers.append(f"{response.status} {response.headers} {response.get_data(as_text=True)}")
        return response

    def texts(self):
        out, err = self.capfd.readouterr()
        return {
            "log": self.log.getvalue().decode(),
            "standard output": out,
            "standard error": err,
            "logging": self.logging.getvalue(),
            "metrics": self.services.counters.exposition().decode(),
            "answers": "\n".join(self.answers),
            "files": "\n".join(
                f"{path} {path.read_bytes()!r}" for path in self.folder.rglob("*") if path.is_file()
            ),
        }

    def found(self):
        return {name: hits(text) for name, text in self.texts().items() if hits(text)}


@pytest.fixture
def sinks(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    everything = io.StringIO()
    handler = logging.StreamHandler(everything)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    logging.captureWarnings(capture=True)

    def start(as_of):
        log = io.BytesIO()
        services = services_at(as_of)
        services = replace(services, logger=make_logger(log), counters=counters_for(services.knowledge))
        client = create_app(services=services).test_client()
        return Sinks(client, services, log, everything, tmp_path, capfd)

    yield start
    logging.captureWarnings(capture=False)
    root.setLevel(before)
    root.removeHandler(handler)


def test_there_are_sixty_canaries_and_they_differ():
    assert len(ALL) == len(set(ALL)) == 60


def test_every_canary_is_sent():
    sent = [json.dumps(whole_request(request_of(story), everything=True)) for story in STORIES]
    sent += [json.dumps(whole_request(request_of(LOSS), everything=False)), json.dumps(HEADERS)]
    assert set(hits("\n".join(sent))) == set(ALL)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.slug)
def test_no_story_leaves_a_trace_outside_its_card(story, sinks):
    service = sinks(story.as_of)
    path = f"/cds-services/infliximab-tdm-{story.hook}"
    request = request_of(story)
    decided = service.send(path, whole_request(request, everything=False))
    assert decided.status_code == 200
    assert service.send(path, whole_request(request, everything=True)).status_code < 500
    assert service.log.getvalue().count(b"\n") == 2
    assert service.found() == {}


def test_the_marked_stories_still_go_all_the_way(sinks):
    """Canaries that nothing reads would prove nothing: most stories keep their rule, and cards show marks."""
    kept, shown = 0, 0
    for story in STORIES:
        service = sinks(story.as_of)
        request = whole_request(request_of(story), everything=False)
        service.send(f"/cds-services/infliximab-tdm-{story.hook}", request)
        line = json.loads(service.log.getvalue().splitlines()[-1])
        kept += any(one.get("rule") == story.expect["rule"] for one in line["evaluated"])
        shown += bool(set(hits(json.dumps(request))) >= {WORDS[0], *WORDS[2:7]})
    assert kept > len(STORIES) // 2
    assert shown == len(STORIES)


def marked_body():
    return json.dumps(whole_request(request_of(LOSS), everything=True)).encode()


def with_name(name):
    return b'{"hook":"order-sign",' + json.dumps({name: 1}).encode()[1:]


MALFORMED = {
    "cut": lambda body: body[: len(body) // 2],
    "cut-in-a-word": lambda body: body[: body.index(WORDS[4].encode("unicode_escape")[:8]) + 5],
    "no-json": lambda _: WORDS[25].encode(),
    "text-only": lambda _: json.dumps(WORDS[26]).encode(),
    "list": lambda _: json.dumps([WORDS[27]]).encode(),
    "empty": lambda _: b"",
    "not-utf-8": lambda body: body.replace(b"Canary", b"Canary\xff", 1),
    "utf-16": lambda body: body.decode().encode("utf-16"),
    "duplicate": lambda _: with_name(WORDS[28])[:-1] + b"," + json.dumps({WORDS[28]: 2}).encode()[1:],
    "duplicate-context": lambda body: body[:-1] + b',"context":{"patientId":"' + WORDS[29].encode() + b'"}}',
    "not-finite": lambda body: body.replace(b'"expires_in": 300', b'"expires_in": NaN'),
    "too-large-number": lambda body: body.replace(b'"expires_in": 300', b'"expires_in": 1e999'),
    "deep": lambda _: b'{"hook":"order-sign","context":' + b"[" * 5000 + WORDS[30].encode(),
    "hook-of-another": lambda body: body.replace(b'"order-sign"', b'"patient-view"'),
    "hook-unknown": lambda body: body.replace(b'"order-sign"', json.dumps(WORDS[31]).encode()),
    "no-hook": lambda body: body.replace(b'"hook":', b'"hooks":', 1),
    "context-text": lambda _: json.dumps({"hook": "order-sign", "context": WORDS[32]}).encode(),
    "context-list": lambda _: json.dumps({"hook": "order-sign", "context": [WORDS[32]]}).encode(),
    "no-drafts": lambda _: json.dumps({"hook": "order-sign", "context": {"patientId": WORDS[33]}}).encode(),
    "prefetch-text": lambda _: json.dumps(
        {"hook": "order-sign", "context": {"patientId": WORDS[33], "draftOrders": {}}, "prefetch": WORDS[34]}
    ).encode(),
    "older-shape": lambda _: json.dumps(
        {"hook": "order-sign", "user": WORDS[35], "patient": WORDS[36], "context": [{}]}
    ).encode(),
}  # fmt: skip


@pytest.mark.parametrize("kind", MALFORMED)
def test_a_malformed_request_is_answered_without_its_own_words(kind, sinks):
    service = sinks(LOSS.as_of)
    body = MALFORMED[kind](marked_body())
    for hook in ("order-sign", "order-select", "patient-view"):
        response = service.send(f"/cds-services/infliximab-tdm-{hook}", body)
        assert response.status_code < 500
    assert service.found() == {}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"/{WORDS[24]}"),
        ("GET", f"/cds-services?patient={WORDS[24]}"),
        ("POST", f"/cds-services/{WORDS[24]}"),
        ("GET", f"/cds-services/infliximab-tdm-order-sign?{WORDS[24]}"),
        ("POST", f"/metrics?{WORDS[24]}"),
        ("GET", f"/metrics?{WORDS[24]}"),
        ("GET", f"/readyz/{WORDS[24]}"),
        ("GET", f"//{WORDS[24]}"),
        ("GET", f"/sandbox/requests/{WORDS[24]}"),
        ("CANARY24", "/cds-services"),
        ("OPTIONS", f"/{WORDS[24]}"),
    ],
)
def test_addresses_methods_and_headers_are_not_repeated(method, path, sinks):
    service = sinks(LOSS.as_of)
    service.send(path, marked_body(), method=method)
    service.send(path, marked_body(), method=method, headers={**HEADERS, "Content-Encoding": WORDS[37]})
    service.send(path, marked_body(), method=method, headers={**HEADERS, "Content-Type": WORDS[38]})
    service.send(path, marked_body(), method=method, headers={**HEADERS, "Content-Length": "Canary39"})
    assert service.found() == {}


STAGES = {
    "reading the body": "cds_service.hooks.read_body",
    "reading the envelope": "cds_service.hooks.parse_request",
    "going through the prefetch": "cds_service.evaluate.acquire",
    "finding the orders": "cds_service.evaluate.find_drafts",
    "building the course": "cds_service.evaluate.build_course",
    "deciding": "cds_service.evaluate.decide",
    "writing the card": "cds_service.evaluate.build_card",
    "rendering": "cds_service.evaluate.render_json",
    "counting": "cds_service.hooks.Response",
}


@pytest.mark.parametrize("stage", STAGES)
def test_an_exception_that_quotes_the_record_is_not_passed_on(stage, sinks, monkeypatch):
    service = sinks(LOSS.as_of)
    body = marked_body()

    def fail(*arguments, **named):
        quoted = f"cannot read {WORDS[4]} of {WORDS[0]}: {body.decode()}"
        raise ValueError(quoted) from KeyError(WORDS[40 - 1])

    monkeypatch.setattr(STAGES[stage], fail)
    service.send("/cds-services/infliximab-tdm-order-sign", whole_request(request_of(LOSS), everything=False))
    assert b"failed_at" in service.log.getvalue()
    assert service.found() == {}


def test_the_search_finds_what_it_looks_for_in_every_place(sinks):
    """The control: a canary in each place is found there, or the silence above would mean nothing."""
    service = sinks(LOSS.as_of)
    service.log.write(WORDS[0].encode())
    sys.stdout.write(WORDS[1].upper())
    sys.stderr.write(FRACTIONS[0])
    logging.getLogger("somebody").debug("about %s", DATES[0])
    logging.getLogger("py.warnings").warning(json.dumps(WORDS[2]))
    service.answers.append(HEADERS["Authorization"])
    (service.folder / "spooled").write_text(f"value 1.8{FRACTIONS[1]}", encoding="utf-8")
    found = service.found()
    assert found["log"] == [WORDS[0]]
    assert found["standard output"] == [WORDS[1]]
    assert found["standard error"] == [FRACTIONS[0]]
    assert found["logging"] == [WORDS[2], DATES[0]]
    assert found["answers"] == list(WORDS[13:16])
    assert found["files"] == [FRACTIONS[1]]


# -- through a production server, whose own words are not ours -------------------------------------------


def raw(port, data):
    """Send bytes as they are; return whatever comes back within a second."""
    with create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.settimeout(1)
        connection.sendall(data)
        answer = b""
        try:
            while piece := connection.recv(65536):
                answer += piece
        except OSError:
            pass
        return answer.decode("latin-1")


@pytest.mark.enable_socket
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_production_server_adds_no_words_of_its_own(tmp_path):
    port = free_port()
    log = tmp_path / "log.txt"
    spool = tmp_path / "spool"
    spool.mkdir()
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1",
        "--port", str(port), "--blocking-threads", "1", "--no-ws", "--log-level", "debug",
        "tests.faults.served_app:app",
    ]  # fmt: skip
    environment = own_environment(
        {"TMPDIR": str(spool), "INFLIXIMAB_CDS_DATABASE_URL": f"sqlite:///{tmp_path}/store.sqlite3"}
    )
    with started(command, port, environment=environment, log=log):
        body = marked_body()
        path = b"/cds-services/infliximab-tdm-order-sign"
        sent = b"".join(f"{name}: {value}\r\n".encode() for name, value in HEADERS.items())
        length = f"Content-Length: {len(body)}\r\n".encode()
        ugly = WORDS[24].encode()
        answers = [
            raw(
                port,
                b"POST " + path + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + sent + rest,
            )
            for rest in (
                length + b"\r\n" + body[:-20] + b"x" * 20,
                length + b"\r\n" + body[:100],
                b"Transfer-Encoding: chunked\r\n\r\nzz" + ugly + b"\r\n",
                b"Transfer-Encoding: chunked\r\n\r\n5\r\n" + ugly,
                b"Transfer-Encoding: " + ugly + b"\r\n\r\n",
                b"Content-Length: " + ugly + b"\r\n\r\n",
                b"Bad Header " + ugly + b"\r\n\r\n",
                b"X: \x00" + ugly + b"\r\n\r\n",
            )
        ]
        answers += [
            raw(port, ugly + b" / HTTP/1.1\r\n\r\n"),
            raw(port, b"GET /" + ugly + b" HTTP/1.1\r\nHost: " + ugly + b"\r\nConnection: close\r\n\r\n"),
            raw(port, b"GET / HTTP/" + ugly + b"\r\n\r\n"),
            raw(port, b"\x16\x03\x01" + ugly * 10),
        ]
    assert sum("HTTP/1.1 4" in answer for answer in answers) >= 5
    assert hits("\n".join(answers)) == []
    written = log.read_text(encoding="utf-8")
    assert '"event":"request"' in written
    assert hits(written) == []
    assert list(spool.rglob("*")) == []
