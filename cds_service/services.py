"""What a request is answered with: loaded once, frozen, handed to every view."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cds_service.log import make_logger
from cds_service.metrics import Counters, counters_for
from cds_service.readiness import Readiness
from cds_service.request import Hook
from cds_service.settings import Settings, SettingsError
from cds_service.site_overlay import SiteError, SiteOverlay, load_site, no_overlay
from cds_service.store.opening import check_store, open_store, shared_replay
from cds_service.store.store import Store
from cds_service.trust.authenticator import Authenticator, Unauthenticated
from cds_service.trust.reasons import Count
from cds_service.trust.replay import ReplayStore
from cds_service.trust.unsafe_service import check_sandbox
from fhir_mappings.acquisition.fetcher import Fetcher
from fhir_mappings.codes import CodeSetError, CodeSets, load_code_sets
from tdm.facts import Moment
from tdm.knowledge.loader import load_knowledge
from tdm.knowledge.model import Knowledge
from tdm.knowledge.overlay import apply_overlay


def system_clock() -> datetime:
    """Return the current instant, aware."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Services:
    """Knowledge and codes after the site's overlay, the clock, the zone and the logger of one process.

    `laboratory_orders` maps "level", "ati" and "level_and_ati" to the site's order codes, where it has any.
    `trust` says who calls. It is None where nobody was configured: commands work then, but no app is made.
    `fetcher` asks the FHIR servers of clients; None asks nobody. `store` keeps cards and feedback.
    """

    settings: Settings
    site: SiteOverlay
    knowledge: Knowledge
    codes: CodeSets
    zone: ZoneInfo
    clock: Callable[[], datetime] = system_clock
    logger: Any = field(default_factory=make_logger)
    trust: Authenticator | None = None
    fetcher: Fetcher | None = None
    store: Store = field(default_factory=lambda: Store(None))
    counters: Counters = field(kw_only=True)
    readiness: Readiness = field(default_factory=Readiness)

    def now(self) -> Moment:
        """Return this moment, with the calendar day of the site's zone."""
        return moment_at(self.clock(), self.zone)

    @property
    def hooks(self) -> tuple[Hook, ...]:
        """Return the hooks that this site has switched on."""
        return tuple(hook for hook in Hook if hook not in self.site.hooks_off)

    @property
    def source_url(self) -> str:
        """Return where a card's reader finds what the service rests on, "" without a public address."""
        base = self.settings.public_base_url
        return f"{base}/transparency" if base else ""

    @property
    def laboratory_orders(self) -> Mapping[str, Mapping[str, str]]:
        """Return the codes by which the site's laboratory tests are ordered."""
        return self.site.laboratory_orders


def moment_at(at: datetime, zone: ZoneInfo) -> Moment:
    """Return an aware instant as a Moment of the site's zone."""
    return Moment(at=at, day=at.astimezone(zone).date(), timed=True)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise SettingsError(f"unknown time zone {name!r}; give an IANA name such as Europe/Vienna") from None


def _codes(site: SiteOverlay) -> CodeSets:
    try:
        return load_code_sets().with_site(site.codes)
    except CodeSetError as error:
        raise SiteError(f"codes: {error}") from error


def _trust(
    settings: Settings, clock: Callable[[], datetime], count: Count, used_tokens: ReplayStore | None
) -> Authenticator | None:
    if settings.sandbox:
        check_sandbox(settings)
        return Unauthenticated(settings.sandbox_fhir_bases)
    if settings.trust_path is None:
        return None
    from cds_service.trust.load import load_trust  # noqa: PLC0415 (a tenth of a second that other commands spare)

    return load_trust(settings, clock, count, used_tokens)


def load_services(
    settings: Settings,
    *,
    clock: Callable[[], datetime] = system_clock,
    logger: Any = None,
    trust: Authenticator | None = None,
    count: Count | None = None,
    keeping: bool = True,
) -> Services:
    """Load everything once; raises SettingsError, SiteError, KnowledgeError or TrustError, each with its key.

    `trust` replaces what the settings say about who is believed. `count` hears of refusals, by default the
    counters of these services. Used tokens are remembered in the store for all replicas; without a database
    each process remembers its own. Raises StoreRefusedError too, when the store that the settings name is not
    safe to use. Without `keeping` the store is checked alike, but neither made nor opened.
    """
    logger = logger if logger is not None else make_logger()
    site = load_site(settings.site_path) if settings.site_path is not None else no_overlay()
    knowledge = apply_overlay(load_knowledge(), site.tdm)
    fetching = replace(site.fetching, open_loopback=settings.sandbox)
    counters = counters_for(knowledge)
    if not keeping:
        check_store(settings.database_url)
    store = open_store(
        settings.database_url if keeping else "",
        sandbox=settings.sandbox,
        logger=logger,
        count=counters.count_store,
    )
    return Services(
        settings=settings,
        site=site,
        knowledge=knowledge,
        codes=_codes(site),
        zone=_zone(settings.time_zone or site.time_zone),
        clock=clock,
        logger=logger,
        trust=trust
        if trust is not None
        else _trust(settings, clock, count or counters.count_trust, shared_replay(store)),
        store=store,
        fetcher=Fetcher(fetching),
        counters=counters,
    )
