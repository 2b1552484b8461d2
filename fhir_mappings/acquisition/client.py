"""The one module that calls out over HTTP: a GET, its deadline, its size, and nothing that was not asked.

A timeout of `requests` bounds each single read, so a server that drips bytes can hold a caller for minutes.
Here every read on the socket gets what is left until the deadline of the whole call, headers and handshakes
included, and the caller closes the connection when that is not enough (`Call.abort`).

Of `requests` its pooled transport is used and not its Session, which would bring what must not happen here:
proxies and netrc from the environment, cookies of one user sent for another, the bodies of redirects read
without a bound. Redirects are not followed and compressed bodies not opened.
"""

from __future__ import annotations

import logging
import re
import socket
import ssl
import threading
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.util.ssl_ import create_urllib3_context

from fhir_mappings.acquisition.addresses import Address, FhirBase, covers, read_address
from fhir_mappings.acquisition.allowance import Allowance
from fhir_mappings.acquisition.deadline import Deadline
from fhir_mappings.acquisition.names import NAMES
from fhir_mappings.acquisition.outcomes import Body, FetchFault, Refusal
from fhir_mappings.acquisition.token import AccessToken

# Their lines hold whole addresses, which name patients, also at the level of warnings. A filter, because
# whoever sets logging up afterwards, as the production server does, switches a disabled logger on again.
for _name in ("urllib3.connectionpool", "urllib3.util.retry"):
    logging.getLogger(_name).addFilter(lambda _record: False)

_HEADERS: Final = {"Accept-Encoding": "identity", "User-Agent": "infliximab-cds"}
_CHUNK_BYTES: Final = 65_536
_SECONDS = re.compile(r"[0-9]{1,6}", re.ASCII)
_LENGTH = re.compile(r"[0-9]{1,12}", re.ASCII)
_FAULT_OF_STATUS: Final = {
    401: FetchFault.UNAUTHORIZED,
    403: FetchFault.FORBIDDEN,
    404: FetchFault.NOT_FOUND,
    410: FetchFault.NOT_FOUND,
    429: FetchFault.THROTTLED,
}
_WORTH_ANOTHER_TRY: Final = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Accepted:
    """What kind of answer is asked for, and the content types that are taken for it, none for any.

    An answer that names no type is always taken.
    """

    header: str
    types: frozenset[str] = frozenset()


FHIR_JSON: Final = Accepted(
    "application/fhir+json", frozenset({"application/fhir+json", "application/json", "application/json+fhir"})
)


class _TooLateError(TimeoutError):
    """The deadline of the whole call has passed."""


class Call:
    """One request on its way: deadline, `traceparent`, and the connection that can be closed from outside."""

    __slots__ = ("_aborted", "_sock", "deadline", "traceparent")

    def __init__(self, deadline: Deadline, traceparent: str = "") -> None:
        self.deadline = deadline
        self.traceparent = traceparent
        self._sock: socket.socket | None = None
        self._aborted = False

    def abort(self) -> None:
        """End the call at once, whichever thread waits in it."""
        self._aborted = True
        sock = self._sock
        if sock is not None:
            with suppress(OSError):  # it may be closed already
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def uses(self, sock: socket.socket) -> None:
        """Give the next step on a socket what is left until the deadline; raises TimeoutError."""
        self._sock = sock
        remaining = self.deadline.remaining_seconds
        if self._aborted or remaining <= 0:
            raise _TooLateError
        sock.settimeout(remaining)

    def ended(self) -> None:
        """Let go of the connection, which may serve others from now on."""
        self._sock = None


class _CurrentCall(threading.local):
    """The call that this thread is busy with; connections outlive calls, so they find it here."""

    call: Call | None = None


_current = _CurrentCall()


def _before_step(sock: socket.socket) -> None:
    if _current.call is None:
        raise _TooLateError  # nobody waits for this connection any more
    _current.call.uses(sock)


class _Socket(socket.socket):
    """A connection whose every step ends with the deadline of the call that uses it."""

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        _before_step(self)
        return super().recv_into(*args, **kwargs)

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        _before_step(self)
        super().sendall(*args, **kwargs)


class _TlsSocket(_Socket, ssl.SSLSocket):
    """The same over TLS."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 (the signature of the parent)
        _before_step(self)
        super().do_handshake(block)


class _Connection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _connected(self.host, self.port)


class _TlsConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _connected(self.host, self.port)


def _connected(host: str, port: int) -> socket.socket:
    """Connect to the first address of a host that answers, within the deadline."""
    fault: OSError | None = None
    left = 0.0 if _current.call is None else _current.call.deadline.remaining_seconds
    for family, kind, protocol, _, address in NAMES.addresses(host.strip("[]"), port, left):
        sock = _Socket(family, kind, protocol)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _before_step(sock)
            sock.connect(address)
            _before_step(sock)
        except OSError as error:
            sock.close()
            fault = error
        else:
            return sock
    raise fault or OSError("no address")


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


def check_ca_file(ca_file: str) -> None:
    """Raise ValueError, with a sentence for whoever configures, where a file holds no usable certificates."""
    try:
        _verifying(ca_file)
    except (OSError, ssl.SSLError):
        raise ValueError("not a readable file with certificates in PEM form") from None


def _verifying(ca_file: str) -> ssl.SSLContext:
    """Return a context that checks certificates, against the public authorities or a site's own."""
    context = create_urllib3_context()
    context.load_verify_locations(ca_file or DEFAULT_CA_BUNDLE_PATH)
    context.sslsocket_class = _TlsSocket
    return context


class _Adapter(HTTPAdapter):
    """Connections of our kind, certificates always checked, and loaded once rather than per connection."""

    def __init__(self, connections: int, context: ssl.SSLContext | None) -> None:
        self._secure = None if context is None else {"cert_reqs": "CERT_REQUIRED", "ssl_context": context}
        super().__init__(pool_connections=1, pool_maxsize=connections, max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **_: Any) -> None:  # noqa: FBT001, FBT002 (the signature of the parent)
        self.poolmanager = PoolManager(num_pools=connections, maxsize=maxsize, block=block)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def get_connection_with_tls_context(
        self,
        request: requests.PreparedRequest,
        verify: Any,  # noqa: ARG002 (certificates are always verified, whatever a caller says)
        proxies: Any = None,  # noqa: ARG002 (no proxy is ever used)
        cert: Any = None,  # noqa: ARG002 (there are no client certificates)
    ) -> HTTPConnectionPool:
        """Return the connections to exactly the origin that was compared."""
        origin = read_address(request.url).origin
        pool: HTTPConnectionPool = self.poolmanager.connection_from_host(
            origin.host, origin.port, origin.scheme, self._secure
        )
        return pool

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Leave the check to the context, which holds the certificates already."""


class HttpClient:
    """Asks one server, below one base. Safe for several threads; connections are kept open and shared."""

    def __init__(
        self, base: FhirBase, *, connections: int, ca_file: str = "", accepted: Accepted = FHIR_JSON
    ) -> None:
        self.base = base
        self._accepted = accepted
        context = _verifying(ca_file) if base.origin.scheme == "https" else None
        self._adapter = _Adapter(connections, context)

    def __repr__(self) -> str:
        return f"HttpClient({self.base.origin})"

    def get(
        self,
        address: Address,
        token: AccessToken | None,
        call: Call,
        *,
        most_bytes: int,
        allowance: Allowance,
    ) -> Body | Refusal:
        """Ask for one address below the base; the token goes nowhere else. Never raises.

        Of the body no more is read than `most_bytes` and what the allowance still has. Errors of the
        libraries quote addresses and headers, so none leaves this method.
        """
        prepared = self._prepared(address, token, call.traceparent)
        if prepared is None:
            return Refusal(FetchFault.ADDRESS_REFUSED)
        _current.call = call
        try:
            remaining = call.deadline.remaining_seconds
            if remaining <= 0:
                return Refusal(FetchFault.TIMEOUT)
            with closing(
                self._adapter.send(prepared, stream=True, timeout=remaining, verify=True, proxies={})
            ) as response:
                return _read(response, self._accepted, most_bytes, allowance)
        except (requests.RequestException, HTTPError, OSError, ValueError):  # ValueError: unreadable headers
            late = call.deadline.passed
            return Refusal(FetchFault.TIMEOUT if late else FetchFault.CONNECTION, may_be_retried=not late)
        finally:
            call.ended()
            _current.call = None

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._adapter.close()

    def _prepared(
        self, address: Address, token: AccessToken | None, traceparent: str
    ) -> requests.PreparedRequest | None:
        """Return the request as it will be sent, if its address still is below the base in that form."""
        headers = {**_HEADERS, "Accept": self._accepted.header}
        if token is not None:
            headers["Authorization"] = token.authorization()
        if traceparent:
            headers["traceparent"] = traceparent
        prepared = requests.PreparedRequest()
        try:
            prepared.prepare(method="GET", url=address.text, headers=headers)
            sent = read_address(prepared.url)
        except ValueError:
            return None
        return prepared if covers(self.base, sent) and covers(self.base, address) else None


def _read(
    response: requests.Response, accepted: Accepted, most_bytes: int, allowance: Allowance
) -> Body | Refusal:
    """Judge an answer by its status and headers before its body is read."""
    status = response.status_code
    if status != requests.codes.ok:
        return _refusal_of(status, response.headers.get("Retry-After", ""))
    if response.headers.get("Content-Encoding", "").strip().lower() not in {"", "identity"}:
        return Refusal(FetchFault.ENCODED)
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if accepted.types and kind and kind not in accepted.types:
        return Refusal(FetchFault.NOT_JSON)
    length = response.headers.get("Content-Length", "")
    if length and (_LENGTH.fullmatch(length) is None or int(length) > most_bytes):
        return Refusal(FetchFault.TOO_LARGE)
    content = bytearray()
    while chunk := response.raw.read(_CHUNK_BYTES, decode_content=False):
        if len(content) + len(chunk) > most_bytes or not allowance.take(len(chunk)):
            return Refusal(FetchFault.TOO_LARGE)
        content += chunk
    return Body(bytes(content))


def _refusal_of(status: int, retry_after: str) -> Refusal:
    if status in _FAULT_OF_STATUS:
        fault = _FAULT_OF_STATUS[status]
    elif status >= 500:  # noqa: PLR2004 (server errors)
        fault = FetchFault.SERVER_ERROR
    elif status >= 400:  # noqa: PLR2004 (what the client asked wrongly)
        fault = FetchFault.REQUEST_REFUSED
    elif status >= 300:  # noqa: PLR2004 (redirections)
        fault = FetchFault.REDIRECTED
    else:
        fault = FetchFault.NOT_FHIR  # 1xx and other kinds of success have no answer to this question
    after = float(retry_after) if _SECONDS.fullmatch(retry_after.strip()) else None
    return Refusal(fault, after, may_be_retried=status in _WORTH_ANOTHER_TRY)
