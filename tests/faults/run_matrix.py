"""The figures of fetching: answers beside each fault, memory beside bombs, and recovery.

    python -m tests.faults.run_matrix [--repeat N]

Every answer comes from the whole service in this process, the faulty server runs in a thread beside it. Each
fault meets a fetcher that knows nothing of the server yet, which is the slowest case.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
import tracemalloc
from collections.abc import Sequence

from tests.faults.fault_proxy import FAULTS, FaultProxy, hang, running, well
from tests.faults.scenario import (
    GROUPS,
    asker,
    record_of,
    services_with,
    story_request,
    without_prefetch,
)

BUDGET_MS = 500
_WARM_UP = 3


def _say(line: str) -> None:
    """Print one line of figures at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of the values lies."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def matrix(repeat: int) -> None:
    """One line per fault: median and slowest answer, and whether each named everything that was missing."""
    request, as_of = story_request()
    every: list[float] = []
    unnamed = 0
    _say(f"{'fault':22} {'p50 ms':>7} {'max ms':>7}  status 200 and named")
    for name, fault in {"(well)": well, **FAULTS}.items():
        took = []
        named = 0
        with running(FaultProxy(record_of(request), fault)) as proxy:
            asked = without_prefetch(request, proxy.base)
            for turn in range(repeat + _WARM_UP):
                services = services_with(as_of)
                post = asker(services, [proxy.base])
                began = time.perf_counter()
                answer = post(asked)
                ended = time.perf_counter()
                services.fetcher.close()
                if turn < _WARM_UP:
                    continue
                took.append((ended - began) * 1000)
                missing = [group for group in GROUPS if f"{group}: " in answer.shown]
                complete = len(missing) >= len(GROUPS) - 1 if fault is not well else not missing
                named += answer.status == 200 and complete
        unnamed += repeat - named
        if fault is not well:
            every += took
        _say(f"{name:22} {statistics.median(took):7.0f} {max(took):7.0f}  {named}/{repeat}")
    _say(
        f"all faults: {len(FAULTS)}; answers {len(every)}; p50 {statistics.median(every):.0f} ms, "
        f"p99 {percentile(every, 0.99):.0f} ms, slowest {max(every):.0f} ms (budget {BUDGET_MS} ms); "
        f"not named {unnamed}"
    )


def bombs() -> None:
    """What Python holds at most while a bomb is read."""
    request, as_of = story_request()
    for name in ("(well)", "bomb", "bomb-without-length", "gzip-bomb", "header-bomb", "endless-pages"):
        with running(FaultProxy(record_of(request), {**FAULTS, "(well)": well}[name])) as proxy:
            asked = without_prefetch(request, proxy.base)
            asker(services_with(as_of), [proxy.base])(asked)
            post = asker(services_with(as_of), [proxy.base])
            tracemalloc.start()
            post(asked)
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
        _say(f"{name:22} peak of memory held, the bomb's own server included: {peak / 1e6:.1f} MB")


def recovery() -> None:
    """How often a hung server is asked, and how soon after its healing an answer is whole again."""
    request, as_of = story_request()
    with running(FaultProxy(record_of(request), hang)) as proxy:
        post = asker(services_with(as_of), [proxy.base])
        asked = without_prefetch(request, proxy.base)
        began = time.monotonic()
        answers = 0
        while time.monotonic() - began < 60:
            post(asked)
            answers += 1
            time.sleep(0.1)
        _say(f"hung for 60 s: {answers} answers, {len(proxy.asked)} questions to the server")
        proxy.fault = well
        healed = time.monotonic()
        while any(f"{group}: " in post(asked).shown for group in GROUPS):
            time.sleep(0.05)
        _say(f"whole again {time.monotonic() - healed:.1f} s after it healed")


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--repeat", type=int, default=20)
    options.add_argument("--only", choices=("matrix", "bombs", "recovery"), action="append")
    chosen = options.parse_args()
    parts = chosen.only or ["matrix", "bombs", "recovery"]
    if "matrix" in parts:
        matrix(chosen.repeat)
    if "bombs" in parts:
        bombs()
    if "recovery" in parts:
        recovery()


if __name__ == "__main__":
    main()
