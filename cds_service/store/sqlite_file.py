"""The file of the embedded database: made for its owner only, and noticed when it is taken away."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final, TypeAlias

from cds_service.store.errors import StoreRefusedError

FileIdentity: TypeAlias = tuple[int, int]

_OWNER_ONLY: Final = 0o600
_NO_FOLDER: Final = "database_url names a file in a folder that does not exist or is closed to us"
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def prepare(path: Path) -> None:
    """Create the file for its owner only, or check that it is; raises StoreRefusedError.

    SQLite gives the files beside it (-wal, -shm) the permissions of this one.
    """
    _check_folder(path)
    try:
        _open(path, os.O_CREAT | os.O_RDWR)
    except FileNotFoundError:  # a link that leads nowhere
        raise StoreRefusedError(_NO_FOLDER) from None


def check(path: Path, *, may_be_absent: bool = False) -> None:
    """Do as `prepare` does, but make nothing: a file that is not there is refused, or nothing to check."""
    _check_folder(path)
    try:
        _open(path, os.O_RDWR)
    except FileNotFoundError:
        if not may_be_absent:
            raise StoreRefusedError(
                "database_url names a file that does not exist; the service makes it"
            ) from None


def _check_folder(path: Path) -> None:
    try:
        there = path.parent.is_dir()
    except OSError:  # one on the way may not be entered
        there = False
    if not there:
        raise StoreRefusedError(_NO_FOLDER)


def _open(path: Path, flags: int) -> None:
    try:
        os.close(os.open(path, flags, _OWNER_ONLY))
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StoreRefusedError(
            f"database_url names a file that cannot be written: {error.strerror}"
        ) from None
    if not stat.S_ISREG(mode):
        raise StoreRefusedError("database_url names something that is not a regular file")
    if mode & _OTHERS:
        raise StoreRefusedError(
            "database_url names a file that others can read or write; run: chmod 600 on it "
            "[database-world-readable]"
        )


def identity(path: Path) -> FileIdentity | None:
    """Return what tells this file from another of the same name, None where there is none.

    A file that was deleted can still be written to, and all of it is lost with the process.
    """
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
