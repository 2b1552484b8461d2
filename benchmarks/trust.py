"""What it costs to believe a caller, one token by algorithm: `python -m benchmarks.trust`."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from tests.support.trust import (
    BASE,
    EPIC,
    EPIC_SUBJECT,
    PATH,
    Signer,
    claims,
    epic_signer,
    plain_signer,
    trusting,
)

ROUNDS = 2000


def measure(name: str, signer: Signer, issuer: str, **changes: object) -> None:
    """Verify `ROUNDS` fresh tokens; print the median and the 99th percentile in microseconds."""
    with tempfile.TemporaryDirectory() as folder:
        trust = trusting(Path(folder)).trust
        headers = [f"Bearer {signer.sign(claims(issuer, **changes))}" for _ in range(ROUNDS)]
        times = []
        for header in headers:
            started = time.perf_counter_ns()
            trust.caller([header], PATH)
            times.append((time.perf_counter_ns() - started) / 1000)
    ranked = sorted(times)
    print(f"{name}: median {statistics.median(times):.0f} µs, p99 {ranked[int(ROUNDS * 0.99)]:.0f} µs")


if __name__ == "__main__":
    measure("ES384", plain_signer(), "https://ehr.clinic.example")
    measure("RS384", epic_signer(), EPIC, aud=BASE, sub=EPIC_SUBJECT)
