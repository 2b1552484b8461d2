"""Coded doubts about the data: what could not be used, was assumed, or weakens the answer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tdm.facts import Source


class IssueCode(StrEnum):
    """Every code has its sentence in `knowledge/issues.toml`; codes are a contract and never reused."""

    # -- a level that cannot be used
    LEVEL_UNIT_UNKNOWN = "level-unit-unknown"
    LEVEL_UNIT_MISSING = "level-unit-missing"
    LEVEL_VALUE_UNREADABLE = "level-value-unreadable"
    LEVEL_IMPLAUSIBLE = "level-implausible"
    LEVEL_IN_FUTURE = "level-in-future"
    LEVEL_UNDATED = "level-undated"
    LEVEL_STATUS_NOT_COUNTED = "level-status-not-counted"
    LEVEL_PENDING = "level-pending"
    LEVEL_CONFLICT = "level-conflict"
    LEVEL_OUTDATED = "level-outdated"
    LEVEL_SUPERSEDED = "level-superseded"
    LEVEL_NOT_A_TROUGH = "level-not-a-trough"
    LEVEL_COMPARATOR_UNDECIDED = "level-comparator-undecided"
    # -- a level that counts with a doubt
    LEVEL_PRELIMINARY = "level-preliminary"
    LEVEL_STATUS_UNKNOWN = "level-status-unknown"
    LEVEL_BY_TEXT = "level-recognised-by-text"
    LEVEL_UNTIMED = "level-untimed"
    LEVEL_TIMING_UNVERIFIED = "level-timing-unverified"
    # -- antibodies
    ATI_BY_TEXT = "ati-recognised-by-text"
    ATI_UNREADABLE = "ati-unreadable"
    ATI_STATUS_NOT_COUNTED = "ati-status-not-counted"
    ATI_PRELIMINARY = "ati-preliminary"
    ATI_ASSAY_UNKNOWN = "ati-assay-unknown"
    ATI_DRUG_SENSITIVE = "ati-drug-sensitive"
    ATI_NOT_COMPARABLE = "ati-not-comparable"
    ATI_OUTDATED = "ati-outdated"
    ATI_CONFLICT = "ati-conflict"
    ATI_REFLEX_LIMIT = "ati-reflex-limit"
    ATI_PENDING = "ati-pending"


@dataclass(frozen=True, slots=True)
class DataIssue:
    """One doubt, by code. `subject` names the fact ("level", "ati", "dose" ...), never a person.

    `parameters` fill the sentence of the code; they may hold record text, which the card escapes and a
    log line never shows.
    """

    code: IssueCode
    subject: str
    parameters: tuple[tuple[str, str], ...] = ()
    source: Source | None = None
