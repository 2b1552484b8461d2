"""The folder in which the workers of one server share their numbers, so that any of them answers for all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from prometheus_client import values

from cds_service.settings import METRICS_FOLDER_VARIABLE


@contextmanager
def shared_numbers() -> Iterator[None]:
    """Have counters that are made in this block, and in processes forked in it, shared by all of them.

    Where `PROMETHEUS_MULTIPROC_DIR` names no folder, a private one is made and removed at the end: without
    any, each scrape would show the numbers of whichever worker answered. Raises OSError where none can be.
    """
    if os.environ.get(METRICS_FOLDER_VARIABLE):
        yield
        return
    with TemporaryDirectory(prefix="infliximab-cds-metrics-") as folder:
        os.environ[METRICS_FOLDER_VARIABLE] = folder
        _look_again()
        try:
            yield
        finally:
            del os.environ[METRICS_FOLDER_VARIABLE]
            _look_again()


def _look_again() -> None:
    """Have the library keep numbers as the environment says now; it has looked when it was loaded."""
    values.ValueClass = values.get_value_class()  # type: ignore[no-untyped-call]  # as the library leaves it
