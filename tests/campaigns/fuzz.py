"""`python -m tests.campaigns.fuzz`: mutated requests in process; counts what must never happen.

Never: a 5xx, a traceback, an internal-failure card, an answer that breaks its schema, or a 200 without a card
where the draft is still recognisable. The oracle for "recognisable" is written here, apart from the service.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.campaigns.mutators import mutant
from tests.support import ehr
from tests.support.service import LOG, response_is_valid, wsgi_app_at
from tests.support.story import Story, all_stories, request_of

ALLOWED = frozenset({200, 400, 412, 413})
# The log line of an answer names the place where something failed that should not have.
INTERNAL = b'"failed_at":"'
SERVICE = {
    "patient-view": "/cds-services/infliximab-tdm-patient-view",
    "order-select": "/cds-services/infliximab-tdm-order-select",
    "order-sign": "/cds-services/infliximab-tdm-order-sign",
}


@dataclass
class Tally:
    """What was seen; `failures` holds (kind, seed number) of everything that must never happen."""

    statuses: Counter[int] = field(default_factory=Counter)
    failures: list[tuple[str, int]] = field(default_factory=list)
    recognisable: int = 0


def _is_infliximab(draft: Any) -> bool:
    """Say whether a draft names infliximab beyond doubt: an untouched coding in its usual place."""
    if not isinstance(draft, dict) or draft.get("resourceType") != "MedicationRequest":
        return False
    concept = draft.get("medicationCodeableConcept")
    codings = concept.get("coding") if isinstance(concept, dict) else None
    return isinstance(codings, list) and ehr.INFLIXIMAB in codings


def _for_crohns(draft: dict[str, Any]) -> bool:
    """Say whether the order's own reason is, untouched, Crohn's disease."""
    reasons = draft.get("reasonCode")
    return isinstance(reasons, list) and any(
        isinstance(reason, dict) and reason.get("coding") == ehr.CONDITIONS["crohns"] for reason in reasons
    )


def recognisable(value: Any) -> bool:
    """Say whether the request still holds an infliximab draft for Crohn's disease that must get a card."""
    if not isinstance(value, dict) or value.get("hook") != "order-sign":
        return False
    context = value.get("context")
    drafts = context.get("draftOrders") if isinstance(context, dict) else None
    entries = (
        drafts.get("entry") if isinstance(drafts, dict) and drafts.get("resourceType") == "Bundle" else None
    )
    if not isinstance(entries, list):
        return False
    found = [entry["resource"] for entry in entries if isinstance(entry, dict) and "resource" in entry]
    return any(_is_infliximab(draft) and _for_crohns(draft) for draft in found)


def call(app: Callable[..., Any], path: str, body: bytes) -> tuple[int, bytes]:
    """POST to a WSGI application without a network."""
    status: list[str] = []
    environ = {
        "REQUEST_METHOD": "POST", "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": "",
        "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(body)), "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.version": (1, 0), "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body), "wsgi.errors": io.StringIO(), "wsgi.multithread": False,
        "wsgi.multiprocess": False, "wsgi.run_once": False,
    }  # fmt: skip
    answer = b"".join(app(environ, lambda line, _headers, _info=None: status.append(line)))
    return int(status[0].split()[0]), answer


def _refuse(name: str) -> float:
    message = f"{name} in an answer"
    raise ValueError(message)


def judge(
    number: int, status: int, answer: bytes, value: Any, tally: Tally, valid: Callable[[Any], bool]
) -> None:
    """Judge one answer."""
    tally.statuses[status] += 1
    if status not in ALLOWED:
        tally.failures.append((f"status {status}", number))
        return
    try:
        body = json.loads(answer, parse_constant=_refuse)
    except ValueError:
        tally.failures.append(("answer is not JSON", number))
        return
    if status != 200:
        if body.get("resourceType") != "OperationOutcome":
            tally.failures.append(("error without OperationOutcome", number))
        return
    if not valid(body):
        tally.failures.append(("answer breaks its schema", number))
    if recognisable(value):
        tally.recognisable += 1
        if not body["cards"]:
            tally.failures.append(("recognisable draft without a card", number))


def bases() -> list[tuple[Story, dict[str, Any]]]:
    """Return the stories with Crohn's disease named on each draft, so that the oracle can see it."""
    chosen = []
    for story in all_stories():
        if story.expect["verdict"] == "not-applicable" or story.site_path is not None:
            continue
        request = request_of(story)
        for entry in request["context"].get("draftOrders", {}).get("entry", []):
            entry["resource"].setdefault("reasonCode", [{"coding": ehr.CONDITIONS["crohns"]}])
        chosen.append((story, request))
    return chosen


def run(
    count: int, seed: int, app_at: Callable[[datetime], Callable[..., Any]], valid: Callable[[Any], bool]
) -> Tally:
    """Send `count` mutants; the mutant of number i depends on seed and i alone."""
    tally = Tally()
    stories = bases()
    for number in range(count):
        chance = random.Random(f"{seed}/{number}")
        story, request = stories[number % len(stories)]
        body, value = mutant(chance, request)
        LOG.seek(0)
        LOG.truncate()
        status, answer = call(app_at(story.as_of), SERVICE[story.hook], body)
        judge(number, status, answer, value, tally, valid)
        if INTERNAL in LOG.getvalue():
            tally.failures.append(("internal failure", number))
    return tally


def report(headline: str, tally: Tally) -> int:
    """Print what was seen; return 1 on any failure."""
    print(  # noqa: T201 - the figures of a campaign
        f"{headline}: statuses {dict(sorted(tally.statuses.items()))}, "
        f"{tally.recognisable} answered 200 with a recognisable draft, {len(tally.failures)} failures"
    )
    for kind, number in tally.failures[:20]:
        print(f"  {kind}: mutant {number}")  # noqa: T201 - as above
    return 1 if tally.failures else 0


def main() -> None:
    """Run a campaign and print the tally; exit 1 on any failure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=20261122)
    arguments = parser.parse_args()
    tally = run(arguments.count, arguments.seed, wsgi_app_at, response_is_valid)
    sys.exit(report(f"{arguments.count} mutants, seed {arguments.seed}", tally))


if __name__ == "__main__":
    main()
