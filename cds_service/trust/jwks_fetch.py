"""Fetches a key set over https: the one place in the service that asks a key server.

No redirects, no proxies or netrc of the environment, no compression, a cap on the size, and one deadline for
everything from connecting to the last byte: a server that drips its headers is hung up on like a silent one.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Final

import requests
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool

from cds_service.trust.key_sets import KeySetError

DEADLINE_SECONDS: Final = 2.0
LARGEST_BODY_BYTES: Final = 256 * 1024

_OK: Final = 200
_CHUNK_BYTES: Final = 16 * 1024
_HEADERS: Final = {
    "Accept": "application/jwk-set+json, application/json",
    "Accept-Encoding": "identity",
    "Connection": "close",
    "User-Agent": "infliximab-cds",
}


def key_set_fetcher(
    url: str, *, ca_file: str = "", deadline_seconds: float = DEADLINE_SECONDS
) -> Callable[[], bytes]:
    """Return what fetches the key set at `url`, an https address of the configuration.

    `ca_file` is the authority that signed the server's certificate, "" for the ones that are packaged. The
    returned call raises KeySetError for whatever goes wrong, at the latest after `deadline_seconds`.
    """

    def fetch() -> bytes:
        call = _Call(url, ca_file, deadline_seconds)
        threading.Thread(target=call.run, name="key-fetch", daemon=True).start()
        try:
            body = call.result.get(timeout=deadline_seconds)
        except Empty:
            call.hang_up()
            raise KeySetError from None
        if body is None:
            raise KeySetError
        return body

    return fetch


class _Call:
    """One fetch in a thread of its own, whose connection can be cut from outside."""

    def __init__(self, url: str, ca_file: str, timeout_seconds: float) -> None:
        self.result: SimpleQueue[bytes | None] = SimpleQueue()
        self._url = url
        self._verify: str | bool = ca_file or True
        self._timeout = timeout_seconds
        self._sockets: list[socket.socket] = []

    def run(self) -> None:
        try:
            self.result.put(self._body())
        except Exception:  # noqa: BLE001 (requests, urllib3, ssl and http.client each have their own errors)
            self.result.put(None)  # an error's text may hold an address: it goes no further

    def hang_up(self) -> None:
        """Cut the connection, so that a read which is fed byte by byte ends too."""
        for open_socket in self._sockets:
            with suppress(OSError):
                open_socket.shutdown(socket.SHUT_RDWR)

    def _body(self) -> bytes | None:
        with requests.Session() as session:
            session.trust_env = False  # no proxy, no netrc, no certificate bundle from the environment
            session.mount("https://", self._adapter())
            session.adapters.pop("http://", None)
            with session.get(
                self._url,
                headers=_HEADERS,
                timeout=self._timeout,
                verify=self._verify,
                allow_redirects=False,
                stream=True,
            ) as response:
                encoded = response.headers.get("Content-Encoding", "identity") != "identity"
                return None if encoded or response.status_code != _OK else _read(response)

    def _adapter(self) -> requests.adapters.HTTPAdapter:
        sockets = self._sockets

        class Connection(HTTPSConnection):
            """Notes its socket, for hanging up."""

            def connect(self) -> None:
                super().connect()
                if self.sock is not None:
                    sockets.append(self.sock)

        class Pool(HTTPSConnectionPool):
            """Makes such connections."""

            ConnectionCls = Connection

        adapter = requests.adapters.HTTPAdapter(max_retries=0)
        adapter.poolmanager.pool_classes_by_scheme = {"https": Pool}
        return adapter


def _read(response: requests.Response) -> bytes | None:
    """Return the body up to the cap, None beyond it. The bytes are taken as they come, never unpacked."""
    body = bytearray()
    while chunk := response.raw.read(_CHUNK_BYTES, decode_content=False):
        body += chunk
        if len(body) > LARGEST_BODY_BYTES:
            return None
    return bytes(body)
