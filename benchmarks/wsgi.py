"""The WSGI entry that the benchmark servers load: warm, and with the collector's start state frozen."""

from __future__ import annotations

from benchmarks.server import application

app = application()
