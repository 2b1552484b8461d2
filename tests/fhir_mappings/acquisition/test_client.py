"""The client: what it sends, what it refuses to read, and that it ends with the deadline of the whole call.

It talks to small servers of this file on loopback, which do one thing each.
"""

from __future__ import annotations

import ipaddress
import logging
import logging.config
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fhir_mappings.acquisition.addresses import FhirBase, read_base, resolve
from fhir_mappings.acquisition.allowance import Allowance
from fhir_mappings.acquisition.client import Call, HttpClient
from fhir_mappings.acquisition.deadline import Deadline
from fhir_mappings.acquisition.outcomes import Body, FetchFault, Refusal
from fhir_mappings.acquisition.token import AccessToken

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json; charset=utf-8\r\nContent-Length: 2\r\n\r\n{}"
SOON = 0.3
LATE = 6.0


@contextmanager
def serving(
    answer: Callable[[socket.socket, bytes], None], context: ssl.SSLContext | None = None
) -> Iterator[tuple[FhirBase, list[bytes]]]:
    """A server on loopback that answers each request of each connection; yields its base and what it got."""
    listener = socket.create_server(("127.0.0.1", 0))
    received: list[bytes] = []

    def one(connection: socket.socket) -> None:
        with suppress(OSError):
            if context is not None:
                connection = context.wrap_socket(connection, server_side=True)
            with connection:
                while request := connection.recv(65536):
                    received.append(request)
                    answer(connection, request)

    def loop() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=one, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=loop, daemon=True).start()
    scheme = "http" if context is None else "https"
    try:
        yield read_base(f"{scheme}://127.0.0.1:{listener.getsockname()[1]}/fhir"), received
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)  # closing alone would let the thread accept one more
        listener.close()


def sends(content: bytes) -> Callable[[socket.socket, bytes], None]:
    return lambda connection, _: connection.sendall(content)


def get(
    base: FhirBase, *, client: HttpClient | None = None, seconds: float = 5.0, **options
) -> Body | Refusal:
    client = client or HttpClient(base, connections=2)
    return client.get(
        resolve(base, options.pop("path", "Observation?patient=p1")),
        options.pop("token", None),
        options.pop("call", None) or Call(Deadline.after(seconds)),
        most_bytes=options.pop("most_bytes", 1000),
        allowance=options.pop("allowance", None) or Allowance(10_000),
    )


def test_a_request_says_what_it_accepts_and_carries_the_token(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with serving(sends(OK)) as (base, received):
        assert get(base, token=AccessToken("secret")) == Body(b"{}")
    first, *lines = received[0].decode().strip().split("\r\n")
    assert first == "GET /fhir/Observation?patient=p1 HTTP/1.1"
    headers = dict(line.split(": ", 1) for line in lines)
    assert headers == {
        "Host": f"127.0.0.1:{base.origin.port}",
        "Accept": "application/fhir+json",
        "Accept-Encoding": "identity",
        "User-Agent": "infliximab-cds",
        "Authorization": "Bearer secret",
    }


def test_a_netrc_of_the_environment_is_not_read(monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login x password y\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with serving(sends(OK)) as (base, received):
        get(base)
        get(base, token=AccessToken("secret"))
    assert b"Authorization" not in received[0]
    assert b"Authorization: Bearer secret" in received[1]


def test_connections_are_kept_and_cookies_are_not():
    with serving(sends(OK.replace(b"\r\n\r\n", b"\r\nSet-Cookie: session=theirs\r\n\r\n"))) as (
        base,
        received,
    ):
        client = HttpClient(base, connections=2)
        threads_before = threading.active_count()
        for _ in range(3):
            assert get(base, client=client) == Body(b"{}")
        assert len(received) == 3
        assert threading.active_count() <= threads_before + 1  # one connection, one thread of the server
        client.close()
    assert b"Cookie" not in b"".join(received)


@pytest.mark.parametrize(
    ("status", "fault", "after", "again"),
    [
        (b"204 No Content", FetchFault.NOT_FHIR, None, False),
        (b"301 Moved\r\nLocation: http://127.0.0.2/fhir", FetchFault.REDIRECTED, None, False),
        (b"307 Moved\r\nLocation: /fhir/other", FetchFault.REDIRECTED, None, False),
        (b"400 Bad", FetchFault.REQUEST_REFUSED, None, False),
        (b"401 No", FetchFault.UNAUTHORIZED, None, False),
        (b"403 No", FetchFault.FORBIDDEN, None, False),
        (b"404 No", FetchFault.NOT_FOUND, None, False),
        (b"410 Gone", FetchFault.NOT_FOUND, None, False),
        (b"429 Slow\r\nRetry-After: 1", FetchFault.THROTTLED, 1.0, True),
        (b"429 Slow\r\nRetry-After: Wed, 21 Oct 2026 07:28:00 GMT", FetchFault.THROTTLED, None, True),
        (b"500 Oops", FetchFault.SERVER_ERROR, None, False),
        (b"503 Busy\r\nRetry-After: -1", FetchFault.SERVER_ERROR, None, True),
        (b"200 OK\r\nContent-Type: text/html", FetchFault.NOT_JSON, None, False),
        (b"200 OK\r\nContent-Type: text/plain", FetchFault.NOT_JSON, None, False),
        (b"200 OK\r\nContent-Encoding: gzip", FetchFault.ENCODED, None, False),
        (b"200 OK\r\nContent-Length: 1001", FetchFault.TOO_LARGE, None, False),
        (b"200 OK\r\nContent-Length: 99999999999999999999", FetchFault.TOO_LARGE, None, False),
    ],
)
def test_status_and_headers_are_judged_before_the_body(status, fault, after, again):
    with serving(sends(b"HTTP/1.1 " + status + b"\r\n\r\n")) as (base, _):
        assert get(base) == Refusal(fault, after, may_be_retried=again)


def test_a_body_without_content_type_is_read_and_one_without_length_to_its_end():
    def answer(connection, _):
        connection.sendall(b'HTTP/1.1 200 OK\r\n\r\n{"a":1}')
        connection.close()

    with serving(answer) as (base, _):
        assert get(base) == Body(b'{"a":1}')


@pytest.mark.parametrize("length", [1, 999_999, 1_000_000, 3_500_000])
def test_a_page_of_any_allowed_length_is_read(length):
    content = b"a" * length
    with serving(sends(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % length + content)) as (base, _):
        assert get(base, most_bytes=length, allowance=Allowance(length)) == Body(content)
        assert get(base, most_bytes=length - 1, allowance=Allowance(length)).fault is FetchFault.TOO_LARGE


@pytest.mark.parametrize("head", [b"", b"Transfer-Encoding: chunked\r\n"])
def test_no_more_is_read_than_allowed_where_no_length_is_said(head):
    def answer(connection, _):
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n")
        for _ in range(100):
            connection.sendall(b"3e8\r\n" + b" " * 1000 + b"\r\n" if head else b" " * 1000)
        connection.close()

    with serving(answer) as (base, _):
        assert get(base, most_bytes=5000) == Refusal(FetchFault.TOO_LARGE)
        assert get(base, most_bytes=10**6, allowance=Allowance(5000)) == Refusal(FetchFault.TOO_LARGE)


def dripping(content: bytes) -> Callable[[socket.socket, bytes], None]:
    def answer(connection: socket.socket, _: bytes) -> None:
        for byte in content:
            connection.sendall(bytes([byte]))
            time.sleep(0.05)

    return answer


def dripping_after(head: bytes, content: bytes) -> Callable[[socket.socket, bytes], None]:
    def answer(connection: socket.socket, request: bytes) -> None:
        connection.sendall(head)
        dripping(content)(connection, request)

    return answer


@pytest.mark.parametrize(
    "answer",
    [
        lambda *_: time.sleep(LATE),
        dripping(OK),
        dripping(b"HTTP/1.1 200 OK\r\n" + b"X-Filler: a\r\n" * 100 + b"\r\n"),
        dripping_after(OK[:-2].replace(b"Length: 2", b"Length: 200"), b" " * 200),
    ],
    ids=["hang", "drip", "drip-headers", "drip-body"],
)
def test_a_call_ends_with_its_deadline_however_often_something_arrives(answer):
    with serving(answer) as (base, _):
        began = time.monotonic()
        found = get(base, seconds=SOON)
        took = time.monotonic() - began
    assert found == Refusal(FetchFault.TIMEOUT)
    assert took < LATE / 2  # what would take six seconds and more without a total deadline


def test_a_call_that_is_too_late_is_not_made():
    with serving(sends(OK)) as (base, received):
        assert get(base, seconds=-1) == Refusal(FetchFault.TIMEOUT)
    assert received == []


def test_a_call_can_be_ended_from_outside():
    with serving(lambda *_: time.sleep(LATE)) as (base, received):
        call = Call(Deadline.after(60))
        found: list[Body | Refusal] = []
        thread = threading.Thread(target=lambda: found.append(get(base, call=call)))
        thread.start()
        while not received:
            time.sleep(0.01)
        call.abort()
        thread.join(LATE / 2)
        assert [one.fault for one in found] == [FetchFault.CONNECTION]
    with serving(sends(OK)) as (base, _):
        assert get(base, call=call) == Refusal(FetchFault.CONNECTION, may_be_retried=True)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"220 mail.example ESMTP ready\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\n" + b"X-Filler: a\r\n" * 1000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 999999999999999999999 \r\n\r\n",
    ],
)
def test_what_is_no_http_or_cut_off_is_a_failed_connection(content):
    def answer(connection, _):
        connection.sendall(content)
        connection.close()

    with serving(answer) as (base, _):
        assert get(base) == Refusal(FetchFault.CONNECTION, may_be_retried=True)


def test_a_server_that_does_not_listen_or_exist_is_a_failed_connection(monkeypatch):
    with serving(sends(OK)) as (base, _):
        pass
    assert get(base).fault is FetchFault.CONNECTION
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *_: (_ for _ in ()).throw(socket.gaierror("no such name"))
    )
    assert get(base).fault is FetchFault.CONNECTION
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: [])
    assert get(base).fault is FetchFault.CONNECTION


def test_an_address_of_another_server_is_not_asked_even_if_someone_hands_it_over():
    with serving(sends(OK)) as (base, received), serving(sends(OK)) as (other, never):
        client = HttpClient(base, connections=1)
        found = client.get(
            resolve(other, "Observation"),
            AccessToken("secret"),
            Call(Deadline.after(5)),
            most_bytes=100,
            allowance=Allowance(100),
        )
    assert found == Refusal(FetchFault.ADDRESS_REFUSED)
    assert received == never == []


def test_nothing_of_a_request_reaches_the_log_of_a_library(caplog):
    # As the production server does after this module was loaded: it would switch disabled loggers on again.
    logging.config.dictConfig({"version": 1, "disable_existing_loggers": False})
    caplog.set_level(logging.DEBUG)
    with serving(sends(OK)) as (base, _):
        get(base, path="Patient/canary-patient", token=AccessToken("canary-token"))
    assert "canary" not in caplog.text
    assert "canary" not in repr(HttpClient(base, connections=1))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate of its own for 127.0.0.1: its file, and a server's context with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    day = timedelta(days=1)
    now = datetime(2026, 3, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - 3000 * day)
        .not_valid_after(now + 30_000 * day)  # TLS reads the true clock, which no test can stop
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = made.public_bytes(serialization.Encoding.PEM)
    path.write_bytes(private + public)
    authority = path.with_name("ca.pem")
    authority.write_bytes(public)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return str(authority), context


def test_a_servers_certificate_is_checked_against_the_usual_or_the_sites_own(certificate):
    authority, context = certificate
    with serving(sends(OK), context) as (base, received):
        assert get(base, token=AccessToken("secret")).fault is FetchFault.CONNECTION
        assert received == []
        trusting = HttpClient(base, connections=2, ca_file=authority)
        assert get(base, client=trusting, token=AccessToken("secret")) == Body(b"{}")
        assert get(base, client=trusting) == Body(b"{}")
        assert len(received) == 2
        trusting.close()


def test_the_deadline_holds_inside_tls_and_its_handshake(certificate):
    authority, context = certificate
    with serving(dripping(OK), context) as (base, _):
        began = time.monotonic()
        found = get(base, client=HttpClient(base, connections=1, ca_file=authority), seconds=SOON)
        assert found == Refusal(FetchFault.TIMEOUT)
        assert time.monotonic() - began < LATE / 2
    with serving(lambda *_: time.sleep(LATE)) as (plain, _):
        secure = read_base(f"https://127.0.0.1:{plain.origin.port}/fhir")
        began = time.monotonic()
        assert get(secure, seconds=SOON) == Refusal(FetchFault.TIMEOUT)
        assert time.monotonic() - began < LATE / 2
