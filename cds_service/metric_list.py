"""What is counted: every metric, and the closed set of values of each label.

A label value that is not in its set is counted as "other": nothing that a client sends can become a label, so
the number of series is bounded and no identifier can leave by this way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cards.not_completed import NotCompletedReason
from cds_service.discovery import SERVICES
from cds_service.errors import Fault
from cds_service.trust.reasons import RefusalReason, TrustEvent
from fhir_mappings.acquired import KeyState
from fhir_mappings.acquisition.outcomes import FetchFault
from fhir_mappings.prefetch import templates
from tdm.decision import Certainty, Verdict
from tdm.facts import Shortfall
from tdm.issues import IssueCode

PREFIX: Final = "infliximab_cds_"
OTHER: Final = "other"
NONE: Final = "none"
FETCHED: Final = "fetched"


class Name(StrEnum):
    """The metrics. Names are a contract with dashboards and alarms; each gets `PREFIX` in front."""

    REQUESTS = "requests"
    REQUEST_SECONDS = "request_seconds"
    FAULTS = "faults"
    FAILURES = "failures"
    EVALUATIONS = "evaluations"
    CARDS = "cards"
    NOT_COMPLETED = "not_completed"
    DATA_ISSUES = "data_issues"
    PREFETCH_KEYS = "prefetch_keys"
    FETCHES = "fetches"
    AUTHENTICATION_FAILURES = "authentication_failures"
    JWKS_REFRESHES = "jwks_refreshes"
    REPLAY_FALLBACKS = "replay_fallbacks"
    STORE_RECORDS = "store_records"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. `labels` names its labels and, for each, the set in `closed_sets` that bounds its values.

    `seconds` makes it a histogram of durations; otherwise it counts.
    """

    name: Name
    help: str
    labels: tuple[tuple[str, str], ...] = ()
    seconds: bool = False


METRICS: Final = (
    Metric(
        Name.REQUESTS,
        "Requests answered, by route, service and class of status.",
        (("endpoint", "endpoint"), ("service", "service"), ("status", "status")),
    ),
    Metric(Name.REQUEST_SECONDS, "Seconds to answer a request.", (("endpoint", "endpoint"),), seconds=True),
    Metric(Name.FAULTS, "Requests refused or failed, by the code in the answer.", (("fault", "fault"),)),
    Metric(Name.FAILURES, "Unforeseen exceptions, by what they cost.", (("cost", "cost"),)),
    Metric(
        Name.EVALUATIONS,
        "Infliximab orders and charts evaluated, by verdict, row of the decision table and certainty.",
        (("service", "service"), ("verdict", "verdict"), ("rule", "rule"), ("certainty", "certainty")),
    ),
    Metric(Name.CARDS, "Cards returned.", (("service", "service"),)),
    Metric(
        Name.NOT_COMPLETED,
        "Cards that say the check was not completed, by reason.",
        (("service", "service"), ("reason", "reason")),
    ),
    Metric(Name.DATA_ISSUES, "Evaluations in which data could not be used, by code.", (("code", "issue"),)),
    Metric(
        Name.PREFETCH_KEYS, "Prefetch keys, by how they were answered.", (("key", "key"), ("state", "state"))
    ),
    Metric(Name.FETCHES, "Prefetch keys asked for at a FHIR server, by outcome.", (("outcome", "fetch"),)),
    Metric(
        Name.AUTHENTICATION_FAILURES, "Calls answered with 401, by reason.", (("reason", "authentication"),)
    ),
    Metric(Name.JWKS_REFRESHES, "Loads of an issuer's keys, by outcome.", (("outcome", "refresh"),)),
    Metric(
        Name.REPLAY_FALLBACKS, "Checks of a token's id that one process made alone.", (("event", "replay"),)
    ),
    Metric(Name.STORE_RECORDS, "Card records and calls of feedback, kept or not.", (("outcome", "store"),)),
)
"""The whole list: what is not here is not counted."""

SECONDS: Final = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.35, 0.5, 0.8, 1.5, 3.0, 10.0)
"""Upper bounds of the histograms: around the 500 ms that a client waits, and finer below."""


_ENDPOINTS: Final = (
    NONE, "discovery.discovery", "feedback.feedback", "health.livez", "health.metrics", "health.readyz",
    "hooks.service", "sandbox.example_request", "sandbox.listing", "transparency.transparency",
)  # fmt: skip
REFRESH_OUTCOMES: Final = frozenset({TrustEvent.KEYS_FETCHED, TrustEvent.KEYS_FETCH_FAILED})
REPLAY_EVENTS: Final = frozenset({TrustEvent.REPLAY_STORE_UNAVAILABLE, TrustEvent.REPLAY_MEMORY_FULL})


def closed_sets(rules: Iterable[str]) -> Mapping[str, frozenset[str]]:
    """Return, by name, every value that a label may have; "other" is always allowed."""
    return {
        "endpoint": frozenset(_ENDPOINTS),
        "service": frozenset({NONE, *(service.id for service in SERVICES)}),
        "status": frozenset({"2xx", "3xx", "4xx", "5xx"}),
        "fault": frozenset(Fault),
        "cost": frozenset({"request", "evaluation"}),
        "verdict": frozenset({NONE, *Verdict}),
        "rule": frozenset({NONE, *rules, *NotCompletedReason}),
        "certainty": frozenset({NONE, *Certainty}),
        "reason": frozenset(NotCompletedReason),
        "issue": frozenset(IssueCode),
        "key": frozenset(templates()),
        "state": frozenset({*KeyState, *Shortfall}),
        "fetch": frozenset({FETCHED, *FetchFault}),
        "authentication": frozenset(RefusalReason),
        "refresh": REFRESH_OUTCOMES,
        "replay": REPLAY_EVENTS,
        "store": frozenset({"cards_kept", "cards_dropped", "calls_kept", "calls_refused"}),
    }
