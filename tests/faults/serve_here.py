"""`python -m tests.faults.serve_here PORT`: the server of `infliximab-cds serve`, and nobody is asked."""

import importlib
import sys

from cds_service.serving import ServeOptions, server

TARGET = "tests.faults.served_app:app"

if __name__ == "__main__":
    importlib.import_module(TARGET.partition(":")[0])  # as `serve` does: loaded before any worker is forked
    server(ServeOptions("127.0.0.1", int(sys.argv[1]), workers=2, stop_seconds=10), TARGET).serve()
