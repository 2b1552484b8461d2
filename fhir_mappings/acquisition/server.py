"""One FHIR server as it is asked: its connections, its threads, its bulkhead and its circuit breaker.

Each has its own, so a slow one can hold up only those who wait for it, and only so many of them. A server
here is a FHIR base: some vendors serve all their customers from one origin, and none must pay for another.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from time import monotonic
from typing import Protocol

from fhir_mappings.acquisition.addresses import Address, FhirBase
from fhir_mappings.acquisition.allowance import Allowance
from fhir_mappings.acquisition.breaker import CircuitBreaker
from fhir_mappings.acquisition.bulkhead import Bulkhead
from fhir_mappings.acquisition.client import Call, HttpClient
from fhir_mappings.acquisition.deadline import Seconds
from fhir_mappings.acquisition.dialects import Dialect
from fhir_mappings.acquisition.limits import FetchLimits
from fhir_mappings.acquisition.outcomes import Body, Refusal
from fhir_mappings.acquisition.token import AccessToken


class Client(Protocol):
    """What is asked: `HttpClient`, or another in its place in a test."""

    def get(
        self,
        address: Address,
        token: AccessToken | None,
        call: Call,
        *,
        most_bytes: int,
        allowance: Allowance,
    ) -> Body | Refusal:
        """Ask for one address; never raises."""

    def close(self) -> None:
        """Close the connections that are kept open."""


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """How a site has one server asked. `ca_file` names certificates to trust instead of the usual ones."""

    dialect: Dialect
    ca_file: str = ""


@dataclass(frozen=True, slots=True)
class FhirServer:
    """One server and everything that bounds how it is asked."""

    base: FhirBase
    dialect: Dialect
    client: Client
    breaker: CircuitBreaker
    bulkhead: Bulkhead
    threads: ThreadPoolExecutor = field(repr=False)

    def close(self) -> None:
        """Let go of connections and threads without waiting for either."""
        self.threads.shutdown(wait=False, cancel_futures=True)
        self.client.close()


def open_server(
    base: FhirBase,
    settings: ServerSettings,
    limits: FetchLimits,
    *,
    connect: Callable[..., Client] = HttpClient,
    clock: Seconds = monotonic,
) -> FhirServer:
    """Return a server that is ready to be asked; nothing is connected yet, and no thread runs."""
    return FhirServer(
        base=base,
        dialect=settings.dialect,
        client=connect(base, connections=limits.connections, ca_file=settings.ca_file),
        breaker=CircuitBreaker(failures=limits.failures, pause_seconds=limits.pause_seconds, clock=clock),
        bulkhead=Bulkhead(limits.waiting_requests, limits.queued_requests),
        threads=ThreadPoolExecutor(limits.connections, thread_name_prefix="fhir"),
    )
