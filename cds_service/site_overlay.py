"""A site's overlay as the parts of the service need it: codes, knowledge within bounds, orders, switches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from cds_service.request import Hook
from cds_service.site_fetching import fetch_settings
from cds_service.site_file import SiteError, check_site, read_site_file
from fhir_mappings.acquisition.fetcher import FetchSettings
from fhir_mappings.code_sets_file import SiteCode
from tdm.knowledge.overlay import TdmOverlay

DEFAULT_TIME_ZONE: Final = "UTC"

__all__ = ["SiteError", "SiteOverlay", "load_site", "no_overlay", "overlay_from"]


@dataclass(frozen=True, slots=True)
class SiteOverlay:
    """What one site sets differently. `laboratory_orders` has the keys "level", "ati", "level_and_ati"."""

    tdm: TdmOverlay
    site: str = ""
    time_zone: str = DEFAULT_TIME_ZONE
    hooks_off: frozenset[Hook] = frozenset()
    codes: tuple[SiteCode, ...] = ()
    laboratory_orders: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    fetching: FetchSettings = field(default_factory=FetchSettings)


def no_overlay() -> SiteOverlay:
    """Return the overlay of a site that sets nothing."""
    return overlay_from({})


def load_site(path: Path) -> SiteOverlay:
    """Return the overlay in a site.toml; raises SiteError naming the dotted key."""
    return overlay_from(read_site_file(path))


def overlay_from(tables: Mapping[str, Any]) -> SiteOverlay:
    """Return the overlay of parsed TOML tables; raises SiteError naming the dotted key."""
    checked = check_site(tables)
    return SiteOverlay(
        tdm=TdmOverlay(
            policy=checked.get("policy", {}),
            targets=checked.get("targets", {}),
            assays=checked.get("assays", {}),
        ),
        site=checked.get("site", ""),
        time_zone=checked.get("time_zone", DEFAULT_TIME_ZONE),
        hooks_off=frozenset(Hook(name) for name, on in checked.get("hooks", {}).items() if not on),
        codes=tuple(
            SiteCode(concept=concept, **code)
            for concept, codes in sorted(checked.get("codes", {}).items())
            for code in codes
        ),
        laboratory_orders=checked.get("laboratory_orders", {}),
        fetching=fetch_settings(checked.get("fhir", {})),
    )
