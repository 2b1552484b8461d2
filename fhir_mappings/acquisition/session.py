"""All questions of one request: whether its server may be asked, and asking it until the deadline."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ALL_COMPLETED, wait
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Final, Self

from fhir_mappings.acquisition.addresses import Address
from fhir_mappings.acquisition.breaker import Admission
from fhir_mappings.acquisition.outcomes import NO_ANSWER, FetchFault
from fhir_mappings.acquisition.questions import Asking, Question

_SHORTLY_SECONDS: Final = 0.1


class Access(StrEnum):
    """Whether the FHIR server of a request may be asked; the codes are logged."""

    ALLOWED = "allowed"
    NO_SERVER = "no-server"  # none was named
    NO_AUTHORIZATION = "no-authorization"  # named without a token, and not one that may be asked without
    NOT_ALLOWED = "not-allowed"  # not one of this client's, or no plain address


@dataclass(slots=True)
class FetchReport:
    """What is logged of fetching: codes and counts. `faults` is by prefetch key, None where all came."""

    access: Access
    faults: dict[str, FetchFault | None] = field(default_factory=dict)
    attempts: int = 0
    errors: list[Exception] = field(default_factory=list)


class FetchSession:
    """Fetching for one request; to be used in a `with` block, and by one thread.

    `asking` is None where nothing may be asked; `report.access` says why. `medications_read` are the
    addresses of single Medications that were asked for.
    """

    def __init__(self, access: Access, asking: Asking | None = None) -> None:
        self.report = FetchReport(access)
        self.asking = asking
        self.medications_read: set[Address] = set()
        self._holds_place = False
        self._turned_away = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._holds_place and self.asking is not None:
            self._holds_place = False
            self.asking.server.bulkhead.leave()

    def ask(self, questions: Sequence[Question]) -> None:
        """Ask all questions at once and return when all are answered, or at the deadline."""
        if self.asking is None or not questions:
            return
        if self.asking.deadline.passed:
            _refuse(questions, FetchFault.TIMEOUT)
            return
        admission = self.asking.server.breaker.admission()
        if admission is Admission.REFUSED:
            _refuse(questions, FetchFault.CIRCUIT_OPEN)
        elif not self._enter_server():
            _refuse(questions, FetchFault.BUSY)
        elif admission is Admission.ALLOWED or self._ask_now(questions[:1]):
            self._ask_now([question for question in questions if not question.attempts])
        else:
            _refuse(questions[1:], FetchFault.CIRCUIT_OPEN)
        self._note(questions)

    def _enter_server(self) -> bool:
        """Take one of the places of those who wait for this server; one may fall free in a moment."""
        if not self._holds_place and not self._turned_away:
            assert self.asking is not None  # noqa: S101 (said to the type checker: `ask` has looked)
            left = min(self.asking.deadline.remaining_seconds, _SHORTLY_SECONDS)
            self._holds_place = self.asking.server.bulkhead.enter(left)
            self._turned_away = not self._holds_place
        return self._holds_place

    def _ask_now(self, questions: Sequence[Question]) -> bool:
        """Ask in threads, wait until the deadline, tell the breaker; say whether the server answered."""
        asking = self.asking
        assert asking is not None  # noqa: S101 (as above)
        server = asking.server
        futures = [server.threads.submit(asking.ask, question) for question in questions]
        wait(futures, timeout=max(asking.deadline.remaining_seconds, 0), return_when=ALL_COMPLETED)
        for question, future in zip(questions, futures, strict=True):
            future.cancel()  # what has not begun
            question.abandon()
        asked = [question for question in questions if question.attempts]
        well = any(question.answered or question.fault not in NO_ANSWER for question in asked)
        if well:
            server.breaker.answered()
        elif asked:
            server.breaker.failed(len(asked))
        return well

    def _note(self, questions: Sequence[Question]) -> None:
        for question in questions:
            self.report.attempts += question.attempts
            if question.error is not None:
                self.report.errors.append(question.error)


def _refuse(questions: Sequence[Question], fault: FetchFault) -> None:
    for question in questions:
        question.fault = fault
