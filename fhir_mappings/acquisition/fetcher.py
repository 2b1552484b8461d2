"""Opens the fetching of each request: which servers may be asked, and one object for each that was."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic, sleep

from fhir_mappings.acquisition.addresses import AddressRefusedError, FhirBase, read_base
from fhir_mappings.acquisition.allowance import Allowance
from fhir_mappings.acquisition.client import HttpClient
from fhir_mappings.acquisition.deadline import Deadline, Seconds
from fhir_mappings.acquisition.dialects import DEFAULT_DIALECT, dialect_named
from fhir_mappings.acquisition.limits import RESERVE_MS, FetchLimits
from fhir_mappings.acquisition.questions import Asking
from fhir_mappings.acquisition.server import Client, FhirServer, ServerSettings, open_server
from fhir_mappings.acquisition.session import Access, FetchSession
from fhir_mappings.acquisition.token import AccessToken


def _default_settings() -> ServerSettings:
    return ServerSettings(dialect_named(DEFAULT_DIALECT))


@dataclass(frozen=True, slots=True)
class FetchSettings:
    """What a site sets about fetching. `servers` has the settings of those that differ from `default`.

    `open_loopback` allows what only a sandbox may do: asking a server on this machine over http, and without
    a token. Such a server still has to be one of the caller's.
    """

    limits: FetchLimits = field(default_factory=FetchLimits)
    default: ServerSettings = field(default_factory=_default_settings)
    servers: Mapping[FhirBase, ServerSettings] = field(default_factory=dict)
    open_loopback: bool = False


class Fetcher:
    """Fetching in one process; safe for several threads.

    Servers are opened when first asked, and there are no others than the configuration of the clients names.
    """

    def __init__(
        self,
        settings: FetchSettings,
        *,
        connect: Callable[..., Client] = HttpClient,
        clock: Seconds = monotonic,
        pause: Callable[[float], None] = sleep,
    ) -> None:
        self.settings = settings
        self._connect = connect
        self._clock = clock
        self._pause = pause
        self._servers: dict[FhirBase, FhirServer] = {}
        self._lock = Lock()

    def now(self) -> float:
        """Return the reading of the clock by which budgets are measured, in seconds."""
        return self._clock()

    def session(
        self,
        fhir_server: str,
        token: AccessToken | None,
        *,
        allowed_bases: Sequence[str],
        answer_began: float,
        new_span: Callable[[], str] = str,
    ) -> FetchSession:
        """Return the fetching of one request, which asks only the named server, and only if it may.

        `answer_began` is when the answer began, by `now()`: fetching ends early enough for what follows.
        `new_span` gives the `traceparent` of each request that is sent, "" for none.
        """
        base, access = self._access(fhir_server, token, allowed_bases)
        if base is None:
            return FetchSession(access)
        limits = self.settings.limits
        latest = answer_began + (limits.answer_budget_ms - RESERVE_MS) / 1000
        deadline = Deadline(min(self._clock() + limits.fetch_budget_ms / 1000, latest), self._clock)
        asking = Asking(
            self._server(base),
            token,
            limits,
            deadline,
            Allowance(limits.total_bytes),
            self._pause,
            new_span,
        )
        return FetchSession(access, asking)

    def close(self) -> None:
        """Let go of all servers."""
        with self._lock:
            for server in self._servers.values():
                server.close()
            self._servers.clear()

    def _access(
        self, fhir_server: str, token: AccessToken | None, allowed_bases: Sequence[str]
    ) -> tuple[FhirBase | None, Access]:
        if not fhir_server:
            return None, Access.NO_SERVER
        allowed = {base for base in map(_base, allowed_bases) if base is not None}
        base = _base(fhir_server)
        if base is None or base not in allowed or (base.origin.scheme != "https" and not self._is_open(base)):
            return None, Access.NOT_ALLOWED if token is not None else Access.NO_AUTHORIZATION
        if token is None and not self._is_open(base):
            return None, Access.NO_AUTHORIZATION
        return base, Access.ALLOWED

    def _is_open(self, base: FhirBase) -> bool:
        return self.settings.open_loopback and base.is_loopback

    def _server(self, base: FhirBase) -> FhirServer:
        server = self._servers.get(base)
        if server is None:
            with self._lock:
                server = self._servers.get(base)
                if server is None:
                    settings = self.settings.servers.get(base, self.settings.default)
                    server = open_server(
                        base, settings, self.settings.limits, connect=self._connect, clock=self._clock
                    )
                    self._servers[base] = server
        return server


def _base(text: str) -> FhirBase | None:
    try:
        return read_base(text)
    except AddressRefusedError:
        return None
