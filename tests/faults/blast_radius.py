"""`python -m tests.faults.blast_radius`: what half of the traffic to a hung FHIR server costs the other half.

Through the server of `serve`: two workers, eight threads each. Calls come at random moments at a fixed rate,
whether those before were answered or not, and a time counts from when its call was due. One and the same
server is well in one round and hangs in the next; in a third the same half needs no server at all, which is
the strictest thing to compare with. The moments of all three are the same. Rounds take turns, so that a noisy
machine disturbs all alike.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import random
import statistics
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import product
from multiprocessing import get_context
from multiprocessing.connection import Connection

import orjson

from benchmarks.served import percentile
from benchmarks.serving import HEADERS, SERVICE_PATH
from tests.faults.fault_proxy import Exchange, Fault, FaultProxy, hang, running, well
from tests.faults.scenario import GROUPS, record_of, story_request, without_prefetch
from tests.faults.serving import served

WORKERS = 2
CONNECTIONS = 24
MOST_TIMES = 1.25
HEALING_SECONDS = 30
SLOW_SECONDS = 0.3  # within the time for fetching: the circuit breaker has no reason to open
LACKING = tuple(f"{group}: ".encode() for group in GROUPS)
"""What stands on a card that lacks something."""


@dataclass
class Seen:
    """What one kind of call saw: milliseconds of each, and how many had no whole answer."""

    took: list[float] = field(default_factory=list)
    lacking: int = 0

    def row(self) -> str:
        return (
            f"{len(self.took)} calls, p50 {statistics.median(self.took):.1f}, "
            f"p99 {percentile(self.took, 0.99):.1f} ms, {self.lacking} without a whole answer"
        )


def is_whole(port: int, body: bytes, local: threading.local) -> bool:
    """Ask once over this thread's connection; say whether a card came, and nothing was missing on it."""
    connection = getattr(local, "connection", None)
    if connection is None:
        connection = local.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("POST", SERVICE_PATH, body=body, headers=HEADERS)
        response = connection.getresponse()
        answer = response.read()
    except (OSError, http.client.HTTPException):
        connection.close()
        return False
    carded = response.status == http.client.OK and b'"cards":[{' in answer
    return carded and not any(group in answer for group in LACKING)


def ask_at_rate(
    port: int, bodies: dict[str, bytes], rate: float, seconds: float, seed: str
) -> dict[str, Seen]:
    """Send these bodies in turn, on average `rate` a second; return what each kind saw."""
    local = threading.local()
    seen = {kind: Seen() for kind in bodies}
    chance = random.Random(seed)

    def one(kind: str, due: float) -> None:
        whole = is_whole(port, bodies[kind], local)
        seen[kind].took.append((time.perf_counter() - due) * 1000)
        seen[kind].lacking += not whole

    with ThreadPoolExecutor(CONNECTIONS) as threads:
        kinds = list(bodies)
        due = time.perf_counter()
        for number in range(int(rate * seconds)):
            due += chance.expovariate(rate)
            time.sleep(max(0.0, due - time.perf_counter()))
            threads.submit(one, kinds[number % len(kinds)], due)
    return seen


def _in_a_process(answer: Connection, *arguments: object) -> None:
    answer.send(ask_at_rate(*arguments))  # type: ignore[arg-type]  # as `together` gives them


def together(
    port: int, loads: list[dict[str, bytes]], rate: float, seconds: float, seed: str
) -> dict[str, Seen]:
    """Drive each load from a process of its own, at the same time; return what every kind saw."""
    apart = get_context("spawn")
    running_loads = []
    for number, load in enumerate(loads):
        here, there = apart.Pipe()
        arguments = (there, port, load, rate, seconds, f"{seed}/{number}")
        process = apart.Process(target=_in_a_process, args=arguments)
        process.start()
        running_loads.append((here, process))
    seen: dict[str, Seen] = {}
    for here, process in running_loads:
        seen |= here.recv()
        process.join()
    return seen


def wait_until_whole(port: int, body: bytes) -> None:
    """Wait until every worker has noticed that the server is well: twenty whole answers in a row."""
    deadline, in_a_row = time.monotonic() + HEALING_SECONDS, 0
    while in_a_row < 20:
        if time.monotonic() > deadline:
            message = "not whole again"
            raise RuntimeError(message)
        in_a_row = in_a_row + 1 if is_whole(port, body, threading.local()) else 0
        time.sleep(0.05)


async def slow(exchange: Exchange) -> bool:
    """Answer properly, but late."""
    await asyncio.sleep(SLOW_SECONDS)
    return await well(exchange)


FAULTS: dict[str, Fault] = {"hang": hang, "slow": slow}


def main() -> int:
    """Measure and print; 1 when others paid more than a quarter, or with an error."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--fault", choices=list(FAULTS), default="hang")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--rate", type=float, default=30, help="calls a second of each half")
    options = parser.parse_args()
    request, _ = story_request()
    with (
        running(FaultProxy(record_of(request), well)) as troubled,
        running(FaultProxy(record_of(request), well)) as fine,
        served(
            "tests.faults.fetching_app:app",
            workers=WORKERS,
            environment={"FHIR_BASES": f"{troubled.base} {fine.base}"},
        ) as (port, _),
    ):
        whole = {**without_prefetch(request, fine.base), "prefetch": request["prefetch"]}
        but_one = {key: value for key, value in request["prefetch"].items() if key != "weights"}
        others = {
            "prefetched": orjson.dumps(whole),
            "one key fetched": orjson.dumps(whole | {"prefetch": but_one}),
        }
        half = {"its own": orjson.dumps(without_prefetch(request, troubled.base))}
        together(port, [others, half], options.rate, 2, "warm")
        states: dict[str, tuple[Fault, dict[str, bytes]]] = {
            "asks nobody": (well, {"its own": others["prefetched"]}),
            "well": (well, half),
            "troubled": (FAULTS[options.fault], half),
        }
        rounds: dict[str, list[dict[str, Seen]]] = {name: [] for name in states}
        for number in range(options.rounds):
            for name, (fault, load) in list(states.items())[:: 1 if number % 2 else -1]:
                wait_until_whole(port, half["its own"])
                troubled.fault = fault
                seen = together(port, [others, load], options.rate, options.seconds, str(number))
                troubled.fault = well
                rounds[name].append(seen)
                for kind, one in seen.items():
                    sys.stdout.write(f"{name}, {kind}: {one.row()}\n")
                sys.stdout.flush()
    return 1 if _judged(rounds, list(others)) else 0


def _judged(rounds: dict[str, list[dict[str, Seen]]], kinds: list[str]) -> bool:
    """Print the ratios of p99 and the errors of the others; say whether any is too high."""
    failed = False
    for kind, name in product(kinds, ("well", "asks nobody")):
        before, beside = ([seen[kind] for seen in rounds[state]] for state in (name, "troubled"))
        ratios = [
            percentile(one.took, 0.99) / percentile(other.took, 0.99)
            for one, other in zip(beside, before, strict=True)
        ]
        pooled = [percentile([t for seen in some for t in seen.took], 0.99) for some in (before, beside)]
        errors = sum(seen.lacking for seen in beside)
        sys.stdout.write(
            f"{kind}, against {name!r}: {errors} errors; p99 {pooled[0]:.1f} to {pooled[1]:.1f} ms "
            f"over all rounds ({pooled[1] / pooled[0]:.2f} x); median of the ratios of {len(ratios)} pairs "
            f"of rounds {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})\n"
        )
        failed |= statistics.median(ratios) > MOST_TIMES or errors > 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
