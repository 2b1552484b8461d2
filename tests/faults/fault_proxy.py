"""A FHIR server that misbehaves on purpose: answers of a record, and between them and the caller a fault.

It listens on loopback, in a thread of its own, and remembers what it was sent.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import struct
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from tests.support.fhir_record import FhirRecord, outcome

DRIP_SECONDS = 0.04
LATE_SECONDS = 3.0
FOREIGN = "http://127.0.0.2:9/fhir"
"""An origin that is not on any list; a connection to it would be one too many."""


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    target: str
    headers: dict[str, str]
    seen_before: int

    @property
    def authorization(self) -> str:
        """The token with its kind."""
        return self.headers.get("authorization", "")


@dataclass
class Exchange:
    """One request and the connection to answer it on."""

    asked: Asked
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    record: FhirRecord

    def answer(self) -> tuple[int, dict[str, Any]]:
        """What a well server would say."""
        return self.record.answer(self.asked.target)

    async def send(
        self, status: int, body: bytes, kind: str = "application/fhir+json", **headers: str
    ) -> None:
        """Answer properly."""
        self.writer.write(head(status, len(body), kind, **headers) + body)
        await self.writer.drain()

    async def send_json(self, status: int, value: Any, **headers: str) -> None:
        """Answer properly with JSON."""
        await self.send(status, json.dumps(value).encode(), **headers)

    async def drip(self, content: bytes) -> None:
        """Send byte by byte, each soon enough for a timeout that counts from the last one."""
        for byte in content:
            self.writer.write(bytes([byte]))
            await self.writer.drain()
            await asyncio.sleep(DRIP_SECONDS)

    def reset(self) -> None:
        """Cut the connection with a reset."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Fault = Callable[[Exchange], Awaitable[bool]]
"""Answers in its own way; returns whether the connection may go on."""


def head(status: int, length: int | None, kind: str = "application/fhir+json", **headers: str) -> bytes:
    """Status line and headers; without a length where that is None."""
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Type: {kind}"]
    lines += [] if length is None else [f"Content-Length: {length}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def well(exchange: Exchange) -> bool:
    status, value = exchange.answer()
    await exchange.send_json(status, value)
    return True


async def hang(exchange: Exchange) -> bool:
    await asyncio.sleep(LATE_SECONDS)
    return False


async def hang_after_headers(exchange: Exchange) -> bool:
    exchange.writer.write(head(200, 1000))
    await exchange.writer.drain()
    return await hang(exchange)


async def drip_headers(exchange: Exchange) -> bool:
    await exchange.drip(head(200, 2) + b"{}")
    return False


async def drip_body(exchange: Exchange) -> bool:
    body = json.dumps(exchange.answer()[1]).encode()
    exchange.writer.write(head(200, len(body)))
    await exchange.drip(body)
    return False


async def reset(exchange: Exchange) -> bool:
    exchange.reset()
    return False


async def reset_in_body(exchange: Exchange) -> bool:
    exchange.writer.write(head(200, 5000) + b'{"resourceType":"Bundle"')
    await exchange.writer.drain()
    exchange.reset()
    return False


async def half_close(exchange: Exchange) -> bool:
    exchange.writer.write_eof()
    return await hang(exchange)


async def truncate(exchange: Exchange) -> bool:
    body = json.dumps(exchange.answer()[1]).encode()
    exchange.writer.write(head(200, len(body)) + body[: len(body) // 2])
    await exchange.writer.drain()
    return False


async def truncated_json(exchange: Exchange) -> bool:
    body = json.dumps(exchange.answer()[1]).encode()
    await exchange.send(200, body[: len(body) // 2])
    return True


async def delay(exchange: Exchange) -> bool:
    await asyncio.sleep(LATE_SECONDS / 2)
    return await well(exchange)


async def bomb(exchange: Exchange) -> bool:
    exchange.writer.write(head(200, 400_000_000))
    for _ in range(400):
        exchange.writer.write(b" " * 1_000_000)
        await exchange.writer.drain()
    return False


async def bomb_without_length(exchange: Exchange) -> bool:
    exchange.writer.write(head(200, None, Transfer_Encoding="chunked"))
    for _ in range(400):
        exchange.writer.write(b"f4240\r\n" + b" " * 1_000_000 + b"\r\n")
        await exchange.writer.drain()
    return False


_BOMB = gzip.compress(b" " * 50_000_000)


async def gzip_bomb(exchange: Exchange) -> bool:
    await exchange.send(200, _BOMB, Content_Encoding="gzip")
    return True


async def html(exchange: Exchange) -> bool:
    await exchange.send(200, b"<!doctype html><title>Maintenance</title>", kind="text/html")
    return True


async def html_as_json(exchange: Exchange) -> bool:
    await exchange.send(200, b"<!doctype html><title>Maintenance</title>")
    return True


async def wrong_content_type(exchange: Exchange) -> bool:
    await exchange.send(200, json.dumps(exchange.answer()[1]).encode(), kind="text/plain")
    return True


def status(code: int, **headers: str) -> Fault:
    async def fault(exchange: Exchange) -> bool:
        await exchange.send_json(code, outcome("security"), **headers)
        return True

    return fault


async def unauthorized_in_mid_page(exchange: Exchange) -> bool:
    if "offset=0" not in exchange.asked.target and "offset=" in exchange.asked.target:
        return await status(401)(exchange)
    return await _with_next(exchange, f"{exchange.record.base}/_page?key={_key(exchange)}&offset=1")


async def next_loop(exchange: Exchange) -> bool:
    return await _with_next(exchange, f"{exchange.record.base}/_page?key={_key(exchange)}&offset=0")


async def endless_pages(exchange: Exchange) -> bool:
    url = f"{exchange.record.base}/_page?key={_key(exchange)}&offset=0&n={exchange.asked.seen_before}"
    return await _with_next(exchange, url)


async def next_elsewhere(exchange: Exchange) -> bool:
    return await _with_next(exchange, f"{FOREIGN}/Observation?page=2")


async def redirect_elsewhere(exchange: Exchange) -> bool:
    await exchange.send(302, b"", Location=f"{FOREIGN}/Observation")
    return True


async def redirect_to_itself(exchange: Exchange) -> bool:
    await exchange.send(307, b"", Location=f"{exchange.record.base}/Patient/x")
    return True


async def other_patient(exchange: Exchange) -> bool:
    text = json.dumps(exchange.answer()[1])
    patient = exchange.record.prefetch["patient"]["id"]
    value = json.loads(text.replace(patient, "somebody-else"))
    if value["resourceType"] == "Bundle" and not value["entry"]:
        value["entry"] = [{"resource": _someone_elses(exchange)}]
    await exchange.send_json(200, value)
    return True


async def operation_outcome(exchange: Exchange) -> bool:
    await exchange.send_json(200, outcome("exception"))
    return True


async def outcome_in_bundle(exchange: Exchange) -> bool:
    bundle = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": outcome("exception")}]}
    await exchange.send_json(200, bundle)
    return True


async def invalid_json(exchange: Exchange) -> bool:
    await exchange.send(200, b'{"resourceType": "Bundle", "entry": [}')
    return True


async def doubled_names(exchange: Exchange) -> bool:
    await exchange.send(200, b'{"resourceType":"Bundle","entry":[],"entry":[{"resource":{}}]}')
    return True


async def not_utf8(exchange: Exchange) -> bool:
    await exchange.send(200, b'{"resourceType":"Bundle","id":"\xff\xfe"}')
    return True


async def too_deep(exchange: Exchange) -> bool:
    await exchange.send(200, b'{"resourceType":"Bundle","entry":' + b"[" * 100_000 + b"]" * 100_000 + b"}")
    return True


async def another_resource(exchange: Exchange) -> bool:
    await exchange.send_json(200, {"resourceType": "Organization", "id": "1"})
    return True


async def header_bomb(exchange: Exchange) -> bool:
    exchange.writer.write(b"HTTP/1.1 200 OK\r\n" + b"X-Filler: a\r\n" * 100_000 + b"\r\n{}")
    with suppress(ConnectionError):
        await exchange.writer.drain()
    return False


async def no_http(exchange: Exchange) -> bool:
    exchange.writer.write(b"220 mail.example ESMTP ready\r\n")
    await exchange.writer.drain()
    return False


def _key(exchange: Exchange) -> str:
    return exchange.record.key_of(exchange.asked.target)


def _someone_elses(exchange: Exchange) -> dict[str, Any]:
    kind = exchange.asked.target.rpartition("/")[2].partition("?")[0]
    return {"resourceType": kind, "id": "x", "subject": {"reference": "Patient/somebody-else"}}


async def _with_next(exchange: Exchange, url: str) -> bool:
    code, value = exchange.answer()
    if value["resourceType"] == "Bundle":
        value["link"] = [{"relation": "next", "url": url}]
        if not value["entry"]:
            patient = {"reference": f"Patient/{exchange.record.prefetch['patient']['id']}"}
            value["entry"] = [{"resource": {**_someone_elses(exchange), "subject": patient}}]
    await exchange.send_json(code, value)
    return True


FAULTS: dict[str, Fault] = {
    "hang": hang,
    "hang-after-headers": hang_after_headers,
    "drip-headers": drip_headers,
    "drip-body": drip_body,
    "reset": reset,
    "reset-in-body": reset_in_body,
    "half-close": half_close,
    "truncate": truncate,
    "truncated-json": truncated_json,
    "delay": delay,
    "bomb": bomb,
    "bomb-without-length": bomb_without_length,
    "gzip-bomb": gzip_bomb,
    "html": html,
    "html-as-json": html_as_json,
    "wrong-content-type": wrong_content_type,
    "400": status(400),
    "401": status(401),
    "401-in-mid-page": unauthorized_in_mid_page,
    "403": status(403),
    "404": status(404),
    "429": status(429, Retry_After="30"),
    "500": status(500),
    "503": status(503),
    "503-retry-at-once": status(503, Retry_After="0"),
    "next-loop": next_loop,
    "endless-pages": endless_pages,
    "next-elsewhere": next_elsewhere,
    "redirect-elsewhere": redirect_elsewhere,
    "redirect-to-itself": redirect_to_itself,
    "other-patient": other_patient,
    "operation-outcome": operation_outcome,
    "outcome-in-bundle": outcome_in_bundle,
    "invalid-json": invalid_json,
    "doubled-names": doubled_names,
    "not-utf8": not_utf8,
    "too-deep": too_deep,
    "another-resource": another_resource,
    "header-bomb": header_bomb,
    "no-http": no_http,
}


@dataclass
class FaultProxy:
    """A listening server. `fault` answers every request whose prefetch key is in `keys` (all where None)."""

    record: FhirRecord = field(default_factory=lambda: FhirRecord("", {}))
    fault: Fault = well
    keys: frozenset[str] | None = None
    asked: list[Asked] = field(default_factory=list)
    port: int = 0
    path: str = "/fhir"

    @property
    def base(self) -> str:
        """The base address to name as fhirServer."""
        return f"http://127.0.0.1:{self.port}{self.path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        # A cancelled connection ends quietly: the proxy is being stopped.
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            going_on = True
            while going_on:
                asked = await self._next(reader)
                self.asked.append(asked)
                exchange = Exchange(asked, reader, writer, self.record)
                faulty = self.keys is None or self.record.key_of(asked.target) in self.keys
                going_on = await (self.fault if faulty else well)(exchange)
        with suppress(OSError, RuntimeError):
            writer.close()

    async def _next(self, reader: asyncio.StreamReader) -> Asked:
        text = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = text.strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        return Asked(first.split(" ")[1], headers, len(self.asked))


@contextmanager
def running(proxy: FaultProxy) -> Iterator[FaultProxy]:
    """Run a proxy on a free port of loopback until the block ends."""
    loop = asyncio.new_event_loop()
    started = threading.Event()

    async def main() -> None:
        server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
        proxy.port = server.sockets[0].getsockname()[1]
        proxy.record.base = proxy.base
        started.set()
        async with server:
            await stop.wait()

    stop = asyncio.Event()

    async def end() -> None:
        """Leave nothing open, also of connections that came in just now."""
        for _ in range(3):
            for transport in list(loop._transports.values()):
                transport.abort()
            for task in asyncio.all_tasks(loop) - {asyncio.current_task()}:
                task.cancel()
            await asyncio.sleep(0.01)

    def run() -> None:
        asyncio.set_event_loop(loop)
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(main())
        loop.run_until_complete(end())
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert started.wait(5)
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(5)
