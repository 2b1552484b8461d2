"""The counters of one process, and their text for Prometheus. The list of them is in `metric_list.py`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector

from cds_service.log import RequestRecord
from cds_service.metric_list import (
    METRICS,
    NONE,
    OTHER,
    PREFIX,
    REFRESH_OUTCOMES,
    REPLAY_EVENTS,
    SECONDS,
    Metric,
    Name,
    closed_sets,
)
from tdm.knowledge.model import Knowledge

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


class Counters:
    """The counters of one process, in a registry of their own: two apps in one process do not mix.

    Where the environment names `PROMETHEUS_MULTIPROC_DIR` before Python starts, prometheus_client keeps the
    numbers in files of that directory, and any worker answers for all of them.
    """

    def __init__(self, rules: Iterable[str]) -> None:
        self._sets = closed_sets(rules)
        self._registry = CollectorRegistry()
        self._metrics = {metric.name: metric for metric in METRICS}
        self._families = {metric.name: self._family(metric) for metric in METRICS}
        self._series: dict[tuple[str, tuple[tuple[str, str], ...]], Any] = {}

    def _family(self, metric: Metric) -> Counter | Histogram:
        names = [name for name, _ in metric.labels]
        if metric.seconds:
            return Histogram(
                PREFIX + metric.name, metric.help, names, buckets=SECONDS, registry=self._registry
            )
        family = Counter(PREFIX + metric.name, metric.help, names, registry=self._registry)
        if len(names) == 1:  # an alarm on a rise needs the zero before it
            for value in sorted(self._sets[metric.labels[0][1]]):
                family.labels(value)
        return family

    def count(self, name: Name, amount: int = 1, **labels: str) -> None:
        """Add `amount` to a counter. Raises KeyError for a metric or label that is not in the list."""
        self._one(name, labels).inc(amount)

    def observe(self, name: Name, seconds: float, **labels: str) -> None:
        """Note a duration. Raises KeyError for a metric or label that is not in the list."""
        self._one(name, labels).observe(seconds)

    def _one(self, name: Name, labels: dict[str, str]) -> Any:
        key = (name, tuple(labels.items()))
        series = self._series.get(key)
        if series is None:
            given = dict(labels)
            closed = {label: self._closed(given.pop(label), of) for label, of in self._metrics[name].labels}
            if given:
                raise KeyError(*given)
            family = self._families[name]
            series = family.labels(**closed)
            if closed == labels:  # what stands for "other" is not kept: its text came from outside
                self._series[key] = series
        return series

    def _closed(self, value: str, of: str) -> str:
        return value if value in self._sets[of] else OTHER

    def count_request(self, record: RequestRecord, *, endpoint: str, status: int, now: float) -> None:
        """Count a finished request by what its log line says. `now` is on the clock of `record.started`."""
        service = record.service or NONE
        self.count(Name.REQUESTS, endpoint=endpoint, service=service, status=f"{status // 100}xx")
        self.observe(Name.REQUEST_SECONDS, now - record.started, endpoint=endpoint)
        if record.fault:
            self.count(Name.FAULTS, fault=record.fault)
        if record.failed_at:
            self.count(Name.FAILURES, cost="request")
        if record.cards:
            self.count(Name.CARDS, record.cards, service=service)
        for key, state in record.keys.items():
            self.count(Name.PREFETCH_KEYS, key=key, state=state)
        for outcome in record.fetch.get("keys", {}).values():
            self.count(Name.FETCHES, outcome=outcome)
        for one in record.evaluated:
            self.count(
                Name.EVALUATIONS,
                service=service,
                verdict=one.verdict or NONE,
                rule=one.rule or one.reason or NONE,
                certainty=one.certainty or NONE,
            )
            if one.reason:
                self.count(Name.NOT_COMPLETED, service=service, reason=one.reason)
            if one.failed_at:
                self.count(Name.FAILURES, cost="evaluation")
            for code in one.issues:
                self.count(Name.DATA_ISSUES, code=code)

    def count_trust(self, what: str) -> None:
        """Count a refused call by its reason, or what became of a key set or the memory of token ids."""
        if what in REFRESH_OUTCOMES:
            self.count(Name.JWKS_REFRESHES, outcome=what)
        elif what in REPLAY_EVENTS:
            self.count(Name.REPLAY_FALLBACKS, event=what)
        else:
            self.count(Name.AUTHENTICATION_FAILURES, reason=what)

    def count_store(self, outcome: str, number: int) -> None:
        """Count what the store kept or did not keep."""
        self.count(Name.STORE_RECORDS, number, outcome=outcome)

    def exposition(self) -> bytes:
        """Return all numbers in Prometheus' text format; of all workers, where they share a directory."""
        if values.ValueClass is values.MutexValue:
            return generate_latest(self._registry)
        shared = CollectorRegistry()
        MultiProcessCollector(shared)  # type: ignore[no-untyped-call]  # as the library leaves it
        return generate_latest(shared)


def counters_for(knowledge: Knowledge) -> Counters:
    """Return fresh counters that know the decision table's rows and gates."""
    return Counters((*knowledge.rules, *knowledge.gates))
