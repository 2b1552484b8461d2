"""Brings the tables up to date, whoever else tries the same at the same moment."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text
from sqlalchemy.engine import Connection

_LOCK: Final = 0x1F11_1A8B  # any number, as long as only this project's migrations take it
_STEPS: Final = Path(__file__).resolve().parent / "migrations"


def _configuration() -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(_STEPS).replace("%", "%%"))
    return configuration


def newest_revision() -> str:
    """Return the revision that this release knows as the newest."""
    return ScriptDirectory.from_config(_configuration()).get_current_head() or ""


def revision_of(connection: Connection) -> str:
    """Return the revision of the tables, "" where there are none yet."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def migrate(engine: Engine) -> tuple[str, str]:
    """Run the steps that are missing, all or none; returns the revision before and after.

    Tables of a later release are left alone: every step only adds, so this release works on them too. One
    process migrates at a time: by an advisory lock on PostgreSQL, on SQLite as its only writer.
    """
    configuration = _configuration()
    known = {step.revision for step in ScriptDirectory.from_config(configuration).walk_revisions()}
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
        before = revision_of(connection)
        if before and before not in known:
            return before, before
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, "head")
        return before, revision_of(connection)
