"""One question to a FHIR server: a search with all its pages, or the read of one resource.

A question is asked in a thread while the request waits for it. What it has learnt so far can be read at any
time, so that pages which arrived are used even when the rest did not come in time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import sleep
from typing import Final

from fhir_mappings.acquired import Resource
from fhir_mappings.acquisition.addresses import Address, AddressRefusedError, resolve
from fhir_mappings.acquisition.allowance import Allowance
from fhir_mappings.acquisition.client import Call
from fhir_mappings.acquisition.deadline import Deadline
from fhir_mappings.acquisition.limits import FetchLimits
from fhir_mappings.acquisition.outcomes import Body, FetchFault, Refusal
from fhir_mappings.acquisition.pages import Page, read_page, read_single
from fhir_mappings.acquisition.server import FhirServer
from fhir_mappings.acquisition.token import AccessToken

_BREATH_SECONDS: Final = 0.02  # before the second attempt, where the server names no time
_WORTH_SECONDS: Final = 0.03  # less than this is not worth a second attempt


@dataclass(slots=True)
class Question:
    """What is asked, and what came of it so far.

    `name` is the prefetch key, or the reference of a Medication. `pages` (of a search) or `content` (of a
    read) hold what arrived; `fault` says why it is not all, None while it is under way or when it is.
    """

    name: str
    resource_type: str
    address: Address
    is_search: bool
    pages: list[Page] = field(default_factory=list)
    content: bytes = b""
    resource: Resource | None = None
    fault: FetchFault | None = None
    complete: bool = False
    attempts: int = 0
    error: Exception | None = None
    call: Call | None = None

    @property
    def answered(self) -> bool:
        """Say whether anything arrived."""
        return bool(self.pages or self.content)

    def abandon(self) -> None:
        """Stop waiting: end the call under way, and keep what arrived."""
        if not self.complete and self.fault is None:
            self.fault = FetchFault.TIMEOUT
        if self.call is not None:
            self.call.abort()


@dataclass(frozen=True, slots=True)
class Asking:
    """With what the questions of one request are asked.

    `new_span` gives the `traceparent` of each request that is sent, "" for none.
    """

    server: FhirServer
    token: AccessToken | None
    limits: FetchLimits
    deadline: Deadline
    allowance: Allowance
    pause: Callable[[float], None] = sleep
    new_span: Callable[[], str] = str

    def ask(self, question: Question) -> None:
        """Ask until the answer is complete or something prevents it; never raises."""
        try:
            if question.is_search:
                self._search(question)
            else:
                self._read(question)
        except Exception as error:  # noqa: BLE001 (one odd answer must not cost the others)
            question.error, question.fault = error, FetchFault.INTERNAL

    def _read(self, question: Question) -> None:
        answer = self._get(question.address, question)
        if isinstance(answer, Refusal):
            question.fault = answer.fault
            return
        found = read_single(answer.content, question.resource_type)
        if isinstance(found, FetchFault):
            question.fault = found
            return
        question.content, question.resource, question.complete = answer.content, found, True

    def _search(self, question: Question) -> None:
        address = question.address
        followed = {address}
        entries = 0
        while True:
            answer = self._get(address, question)
            page = answer.fault if isinstance(answer, Refusal) else read_page(answer.content)
            if isinstance(page, FetchFault):
                question.fault = page
                return
            entries += page.entries
            if entries > self.limits.entries:
                question.fault = FetchFault.TOO_MANY_PAGES
                return
            question.pages.append(page)
            if page.next_link is None:
                question.complete = True
                return
            try:
                address = resolve(self.server.base, page.next_link)
            except AddressRefusedError:
                question.fault = FetchFault.ADDRESS_REFUSED
                return
            if address in followed or len(question.pages) >= self.limits.pages:
                question.fault = FetchFault.PAGE_LOOP if address in followed else FetchFault.TOO_MANY_PAGES
                return
            followed.add(address)

    def _get(self, address: Address, question: Question) -> Body | Refusal:
        """Ask once, and once more where that may help and there is time for it."""
        answer = self._get_once(address, question)
        if isinstance(answer, Body) or not answer.may_be_retried:
            return answer
        pause = _BREATH_SECONDS if answer.retry_after_seconds is None else answer.retry_after_seconds
        if self.deadline.remaining_seconds < pause + _WORTH_SECONDS:
            return answer
        self.pause(pause)
        return self._get_once(address, question)

    def _get_once(self, address: Address, question: Question) -> Body | Refusal:
        if question.fault is not None or self.deadline.passed:
            return Refusal(FetchFault.TIMEOUT)
        question.call = Call(self.deadline, self.new_span())
        question.attempts += 1
        answer = self.server.client.get(
            address,
            self.token,
            question.call,
            most_bytes=self.limits.response_bytes,
            allowance=self.allowance,
        )
        # Nobody waits for an answer that came too late, so it is not worth reading.
        return answer if question.fault is None else Refusal(FetchFault.TIMEOUT)
