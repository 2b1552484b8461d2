"""`python -m tests.faults.serve_here MODULE:NAME PORT WORKERS`: an application, served as `serve` does."""

import importlib
import sys

from cds_service.serving import ServeOptions, server

if __name__ == "__main__":
    target, port, workers = sys.argv[1:]
    importlib.import_module(target.partition(":")[0])  # as `serve` does: loaded before any worker is forked
    server(ServeOptions("127.0.0.1", int(port), workers=int(workers), stop_seconds=10), target).serve()
