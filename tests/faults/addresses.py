"""Every hostile address through every place where one can come in, against what the process really does.

`Watch` notes each name that is looked up and each connection that is made. Run as a program it does the same
in whatever network it is started in, and prints what it found as JSON.
"""

from __future__ import annotations

import copy
import fcntl
import json
import socket
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.faults.fault_proxy import Exchange, Fault, FaultProxy, _with_next, running
from tests.faults.scenario import (
    Answer,
    asker,
    patient_fetch_settings,
    record_of,
    services_with,
    story_request,
    without_prefetch,
)
from tests.support.hostile_addresses import hostile_to

Request = dict[str, Any]


@dataclass
class Watch:
    """The addresses that were connected to, and the names that were looked up."""

    connected: list[Any] = field(default_factory=list)
    looked_up: list[Any] = field(default_factory=list)


@contextmanager
def watching(own: tuple[str, int]) -> Iterator[Watch]:
    """Note all look-ups and connections while the block runs; only the own server is really reached."""
    watch = Watch()
    connect, connect_ex, look_up = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def refuse_others(address: Any) -> None:
        if address != own:
            raise OSError("outside the allow-list")

    def noting_connect(sock: socket.socket, address: Any) -> None:
        watch.connected.append(address)
        refuse_others(address)
        connect(sock, address)

    def noting_connect_ex(sock: socket.socket, address: Any) -> int:
        watch.connected.append(address)
        refuse_others(address)
        return connect_ex(sock, address)

    def noting_look_up(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        watch.looked_up.append((host, port))
        refuse_others((host, port))
        return look_up(host, port, *args, **options)

    socket.socket.connect = noting_connect  # type: ignore[method-assign]
    socket.socket.connect_ex = noting_connect_ex  # type: ignore[method-assign]
    socket.getaddrinfo = noting_look_up
    try:
        yield watch
    finally:
        socket.socket.connect = connect  # type: ignore[method-assign]
        socket.socket.connect_ex = connect_ex  # type: ignore[method-assign]
        socket.getaddrinfo = look_up


def as_fhir_server(hostile: str, request: Request, proxy: FaultProxy) -> Request:
    """The request names the address as its FHIR server."""
    return without_prefetch(request, hostile)


def as_next_of_the_prefetch(hostile: str, request: Request, proxy: FaultProxy) -> Request:
    """The prefetched page says that the rest is there."""
    asked = without_prefetch(request, proxy.base) | {"prefetch": copy.deepcopy(request["prefetch"])}
    asked["prefetch"]["laboratory"]["link"] = [{"relation": "next", "url": hostile}]
    return asked


def as_next_of_a_page(hostile: str, request: Request, proxy: FaultProxy) -> Request:
    """The page that the allowed server sends says that the rest is there."""

    async def fault(exchange: Exchange) -> bool:
        return await _with_next(exchange, hostile)

    proxy.fault = fault
    return _without_laboratory(request, proxy)


def as_location(hostile: str, request: Request, proxy: FaultProxy) -> Request:
    """The allowed server redirects there."""
    proxy.fault = _redirecting(hostile)
    return _without_laboratory(request, proxy)


def as_medication(hostile: str, request: Request, proxy: FaultProxy) -> Request:
    """A record refers to its medicine there."""
    asked = without_prefetch(request, proxy.base) | {"prefetch": copy.deepcopy(request["prefetch"])}
    for entry in asked["prefetch"]["medicationRequests"]["entry"]:
        entry["resource"].pop("medicationCodeableConcept", None)
        entry["resource"]["medicationReference"] = {"reference": hostile}
    return asked


def as_medication_of_the_draft(hostile: str, request: Request, proxy: FaultProxy) -> Request:
    """The order in front of the clinician refers to its medicine there."""
    asked = without_prefetch(copy.deepcopy(request), proxy.base)
    draft = asked["context"]["draftOrders"]["entry"][0]["resource"]
    draft.pop("medicationCodeableConcept", None)
    draft["medicationReference"] = {"reference": hostile, "display": "Infliximab"}
    return asked | {"prefetch": request["prefetch"]}


ENTRY_POINTS: dict[str, Callable[[str, Request, FaultProxy], Request]] = {
    "fhirServer": as_fhir_server,
    "next-of-the-prefetch": as_next_of_the_prefetch,
    "next-of-a-page": as_next_of_a_page,
    "location": as_location,
    "medication-reference": as_medication,
    "medication-of-the-draft": as_medication_of_the_draft,
}


@dataclass
class Found:
    """What came of all hostile addresses at one entry point."""

    addresses: int = 0
    escapes: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    asked: int = 0


def go_through(entry_point: str, most: int | None = None) -> Found:
    """Send every hostile address (or so many) in at one entry point."""
    found = Found()
    request, as_of = story_request()
    with running(FaultProxy(record_of(request))) as proxy:
        host = f"127.0.0.1:{proxy.port}"
        own = ("127.0.0.1", proxy.port)
        hostiles = hostile_to(host, scheme="http")[:most]
        services = services_with(as_of, patient_fetch_settings())
        post = asker(services, [proxy.base])
        for hostile in hostiles:
            asked = ENTRY_POINTS[entry_point](hostile, request, proxy)
            with watching(own) as watch:
                answer: Answer = post(asked)
            found.addresses += 1
            if {*watch.connected, *watch.looked_up} - {own}:
                found.escapes.append(hostile)
            # A NUL in a request is refused as a whole, before anything is asked.
            if not (answer.status == 200 and len(answer.body["cards"]) == 1) and not (
                answer.status == 400 and "\x00" in hostile
            ):
                found.unanswered.append(hostile)
            for server in services.fetcher._servers.values():
                server.client.close()  # a kept connection would hide that one was made
        found.asked = len(proxy.asked)
    return found


def _without_laboratory(request: Request, proxy: FaultProxy) -> Request:
    sent = {key: value for key, value in request["prefetch"].items() if key != "laboratory"}
    return without_prefetch(request, proxy.base) | {"prefetch": sent}


def _redirecting(hostile: str) -> Fault:
    async def fault(exchange: Exchange) -> bool:
        location = hostile.encode("utf-8", "replace").replace(b"\r", b"%0D").replace(b"\n", b"%0A")
        exchange.writer.write(
            b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + location.strip() + b"\r\n\r\n"
        )
        await exchange.writer.drain()
        return True

    return fault


def raise_loopback() -> None:
    """Switch the loopback of a fresh network namespace on, which has nothing else."""
    get_flags, set_flags, up = 0x8913, 0x8914, 0x1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        name = struct.pack("16sH14s", b"lo", 0, b"")
        (flags,) = struct.unpack_from("H", fcntl.ioctl(sock, get_flags, name), 16)
        fcntl.ioctl(sock, set_flags, struct.pack("16sH14s", b"lo", flags | up, b""))


def main() -> None:
    """Go through all entry points and print the counts."""
    if "--fresh-namespace" in sys.argv:
        raise_loopback()
    found = {name: go_through(name) for name in ENTRY_POINTS}
    print(json.dumps({name: vars(one) for name, one in found.items()}))  # noqa: T201 (a program's output)


if __name__ == "__main__":
    main()
