"""A client that answers from a script, and the pieces around it, without a network."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from fhir_mappings.acquisition.addresses import Address, read_base, resolve
from fhir_mappings.acquisition.allowance import Allowance
from fhir_mappings.acquisition.client import Call
from fhir_mappings.acquisition.deadline import Deadline
from fhir_mappings.acquisition.dialects import dialect_named
from fhir_mappings.acquisition.limits import FetchLimits
from fhir_mappings.acquisition.outcomes import Body, FetchFault, Refusal
from fhir_mappings.acquisition.questions import Asking, Question
from fhir_mappings.acquisition.server import FhirServer, ServerSettings, open_server
from fhir_mappings.acquisition.session import Access, FetchSession
from fhir_mappings.codes import load_code_sets
from fhir_mappings.context import ReadingContext
from tdm.facts import Moment

BASE = read_base("https://ehr.example/fhir")
NOW = Moment(at=datetime(2026, 3, 9, 14, 30, tzinfo=UTC), day=date(2026, 3, 9), timed=True)
CONTEXT = ReadingContext(patient_id="p1", zone=ZoneInfo("UTC"), now=NOW, codes=load_code_sets())

Answer = Body | Refusal | dict
Script = Callable[[str], Answer]


def bundle(*resources, next_link=None, **more):
    """A searchset; `next_link` as a server writes it."""
    links = [] if next_link is None else [{"relation": "next", "url": next_link}]
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "link": links,
        "entry": [{"resource": resource} for resource in resources],
        **more,
    }


def observation(identifier="o1", patient="p1", text="Infliximab trough level"):
    """A result that matters."""
    return {
        "resourceType": "Observation",
        "id": identifier,
        "status": "final",
        "code": {"text": text},
        "subject": {"reference": f"Patient/{patient}"},
    }


@dataclass
class ScriptedClient:
    """Asks a function what to answer; notes every address below the base, and the token it came with."""

    script: Script
    asked: list[str] = field(default_factory=list)
    tokens: list[object] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    most: list[int] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def get(
        self, address: Address, token: object, call: Call, *, most_bytes: int, allowance: Allowance
    ) -> Body | Refusal:
        with self.lock:
            self.asked.append(address.text.removeprefix(str(BASE)).lstrip("/"))
            self.tokens.append(token)
            self.calls.append(call)
            self.most.append(most_bytes)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            answer = self.script(self.asked[-1])
        finally:
            with self.lock:
                self.at_once -= 1
        if isinstance(answer, dict):
            answer = Body(json.dumps(answer).encode())
        if isinstance(answer, Body) and not allowance.take(len(answer.content)):
            return Refusal(FetchFault.TOO_LARGE)
        return answer

    def close(self) -> None:
        """Nothing is open."""


def server_of(client: ScriptedClient, limits: FetchLimits | None = None, **options) -> FhirServer:
    """A server that is asked by this client."""
    settings = ServerSettings(dialect_named("generic"))
    return open_server(BASE, settings, limits or FetchLimits(), connect=lambda *_, **__: client, **options)


def asking_of(
    client: ScriptedClient, limits: FetchLimits | None = None, *, seconds: float = 5.0, **options
) -> Asking:
    """All that asking needs, with a generous deadline."""
    limits = limits or FetchLimits()
    pauses: list[float] = options.pop("pauses", [])
    return Asking(
        options.pop("server", None) or server_of(client, limits),
        None,
        limits,
        Deadline.after(seconds),
        Allowance(limits.total_bytes),
        pauses.append,
    )


def session_of(client: ScriptedClient, limits: FetchLimits | None = None, **options) -> FetchSession:
    """A session that may ask."""
    return FetchSession(Access.ALLOWED, asking_of(client, limits, **options))


def search(path: str = "Observation?patient=p1", name: str = "laboratory") -> Question:
    """A question with all its pages."""
    return Question(name, "Observation", resolve(BASE, path), is_search=True)
