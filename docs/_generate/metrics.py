"""Makes `docs/metrics.md`: every metric with its labels, from the list that the service counts by."""

from cds_service.metric_list import METRICS, OTHER, PREFIX, closed_sets
from tdm.knowledge.loader import load_knowledge

HEAD = f"""---
audience: those who run servers
type: reference
---
<!-- made by `make docs` from cds_service/metric_list.py; do not edit -->

# Metrics

What `GET /metrics` gives, in Prometheus' text format. Every name begins with `{PREFIX}`; counters
end in `_total`. Every value of a label is from a written list, and anything else is counted as
`{OTHER}`: no text of a client becomes a label.

| Metric | What it counts | Labels |
|---|---|---|"""

_FEW = 24


def _values(values: frozenset[str]) -> str:
    shown = sorted(values)
    return ", ".join(f"`{value}`" for value in shown) if len(shown) <= _FEW else f"{len(shown)} values"


def generate() -> dict[str, str]:
    """Return the page, by its path."""
    knowledge = load_knowledge()
    sets = closed_sets((*knowledge.rules, *knowledge.gates))
    rows = []
    for metric in METRICS:
        labels = "; ".join(f"{name}: {_values(sets[of])}" for name, of in metric.labels) or "none"
        name = metric.name if metric.seconds else f"{metric.name}_total"
        kind = " (histogram)" if metric.seconds else ""
        rows.append(f"| `{name}` | {metric.help.rstrip('.')}{kind} | {labels} |")
    return {"docs/metrics.md": "\n".join([HEAD, *rows])}
