"""Reads site.toml strictly: an unknown key is refused with its dotted name and the nearest known one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cds_service.checked_toml import check_tables, read_tables


class SiteError(ValueError):
    """A site overlay that cannot be used; the message names the dotted key and what would be accepted."""


def read_site_file(path: Path) -> dict[str, Any]:
    """Return the checked tables of a site overlay; raises SiteError."""
    return check_site(read_tables(path, SiteError))


def check_site(tables: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tables if they satisfy the schema, else raise SiteError."""
    return check_tables(tables, "site.json", SiteError)
