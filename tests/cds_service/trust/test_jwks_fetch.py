"""Key servers are asked over TLS and hung up on in time, whatever they do. Real sockets, on loopback."""

import gzip
import socket
import threading
import time
from contextlib import suppress

import pytest

from cds_service.trust import jwks_fetch
from cds_service.trust.jwks_fetch import LARGEST_BODY_BYTES, key_set_fetcher
from cds_service.trust.key_sets import KeySetError
from tests.support.tls import tls_server

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]

BODY = b'{"keys": []}'
DEADLINE = 0.5


def answer(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def test_a_key_set_is_fetched_with_nothing_of_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login user password HUSH\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with tls_server(tmp_path, lambda sock, _: sock.sendall(answer(BODY))) as (url, authority, heads):
        assert key_set_fetcher(url, ca_file=str(authority))() == BODY
    (head,) = heads
    lines = head.decode().lower().splitlines()
    assert lines[0] == "get /jwks.json http/1.1"
    assert "accept-encoding: identity" in lines
    assert not [line for line in lines if line.startswith(("authorization", "cookie", "proxy"))]


def test_a_body_in_chunks_is_taken_whole(tmp_path):
    chunks = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"key\r\n7\r\ns": []}\r\n0\r\n\r\n'
    with tls_server(tmp_path, lambda sock, _: sock.sendall(chunks)) as (url, authority, _heads):
        assert key_set_fetcher(url, ca_file=str(authority))() == BODY


def drip(sock, content: bytes, pause: float = 0.05) -> None:
    for byte in content:
        sock.sendall(bytes([byte]))
        time.sleep(pause)


def hang(sock) -> None:
    with suppress(OSError):
        sock.recv(1)  # until the other side hangs up


MISBEHAVIOUR = {
    "silence": lambda sock, _: hang(sock),
    "headers drip": lambda sock, _: drip(sock, answer(BODY, **{f"X{n}": "x" * 50 for n in range(50)})),
    "body drips": lambda sock, _: (sock.sendall(answer(BODY * 50)[:80]), drip(sock, b" " * 500)),
    "hang in the body": lambda sock, _: (sock.sendall(answer(BODY * 50)[:80]), hang(sock)),
    "closed at once": lambda sock, _: None,
    "closed in the body": lambda sock, _: sock.sendall(answer(BODY * 50)[:80]),
    "no HTTP": lambda sock, _: sock.sendall(b"SSH-2.0-OpenSSH\r\n\r\n"),
    "redirect": lambda sock, _: sock.sendall(answer(b"", "302 Found", Location="https://127.0.0.1:9/")),
    "redirect to itself": lambda sock, _: sock.sendall(answer(b"", "307 Again", Location="/jwks.json")),
    "not found": lambda sock, _: sock.sendall(answer(BODY, "404 Not Found")),
    "no content": lambda sock, _: sock.sendall(answer(b"", "204 No Content")),
    "failure": lambda sock, _: sock.sendall(answer(BODY, "503 Unavailable", Retry_After="1")),
    "too large": lambda sock, _: sock.sendall(answer(b" " * (LARGEST_BODY_BYTES + 1))),
    "compressed": lambda sock, _: sock.sendall(answer(gzip.compress(BODY), Content_Encoding="gzip")),
    "a hundred thousand headers": lambda sock, _: sock.sendall(
        answer(BODY, **{f"X{n}": "x" for n in range(100_000)})
    ),
}


@pytest.mark.parametrize("name", MISBEHAVIOUR)
def test_a_server_that_misbehaves_costs_no_more_than_the_deadline(tmp_path, name):
    with tls_server(tmp_path, MISBEHAVIOUR[name]) as (url, authority, heads):
        started = time.monotonic()
        with pytest.raises(KeySetError) as caught:
            key_set_fetcher(url, ca_file=str(authority), deadline_seconds=DEADLINE)()
        assert time.monotonic() - started < DEADLINE + 0.5
        assert str(caught.value) == ""
        assert len(heads) == 1  # asked once: no redirect was followed and nothing tried again


def test_a_name_service_that_hangs_costs_no_more_than_the_deadline(monkeypatch):
    release = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: release.wait(30) and [])
    started = time.monotonic()
    for _ in range(3):
        with pytest.raises(KeySetError):
            key_set_fetcher("https://keys.example/jwks.json", deadline_seconds=0.2)()
    assert time.monotonic() - started < 3
    assert sum(one.name == "name-lookup" for one in threading.enumerate()) == 1
    release.set()


def test_a_certificate_authority_that_is_gone_is_an_error_like_any_other():
    with pytest.raises(KeySetError):
        key_set_fetcher("https://keys.example/jwks.json", ca_file="/nowhere/ca.pem")()


@pytest.mark.parametrize("kind", ["text/plain", "application/jwk-set+json; charset=utf-8", "text/html"])
def test_a_key_set_is_taken_by_what_it_holds_and_not_by_its_content_type(tmp_path, kind):
    reply = answer(BODY, Content_Type=kind)
    with tls_server(tmp_path, lambda sock, _: sock.sendall(reply)) as (url, authority, _heads):
        assert key_set_fetcher(url, ca_file=str(authority))() == BODY


def test_a_body_of_the_largest_size_is_still_taken(tmp_path):
    body = b" " * LARGEST_BODY_BYTES
    with tls_server(tmp_path, lambda sock, _: sock.sendall(answer(body))) as (url, authority, _heads):
        assert key_set_fetcher(url, ca_file=str(authority))() == body


def test_a_server_of_an_unknown_authority_is_not_believed(tmp_path):
    with tls_server(tmp_path, lambda sock, _: sock.sendall(answer(BODY))) as (url, _authority, heads):
        with pytest.raises(KeySetError):
            key_set_fetcher(url)()
        assert heads == []


@pytest.mark.parametrize("scheme", ["http", "file", "ftp"])
def test_nothing_but_https_is_ever_asked(scheme):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(KeySetError):
            key_set_fetcher(f"{scheme}://127.0.0.1:{port}/jwks.json", deadline_seconds=DEADLINE)()
        listener.settimeout(0.2)
        with pytest.raises(TimeoutError):
            listener.accept()


def test_a_port_where_nobody_listens_is_an_error_like_any_other(tmp_path):
    with tls_server(tmp_path, lambda _sock, _head: None) as (url, authority, _heads):
        pass
    with pytest.raises(KeySetError):
        key_set_fetcher(url, ca_file=str(authority))()


def test_the_deadline_is_well_below_five_seconds():
    assert jwks_fetch.DEADLINE_SECONDS <= 5
