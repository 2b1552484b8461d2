"""Coded doubts about the data: what could not be used, was assumed, or weakens the answer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tdm.source import Source


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
    LEVEL_DIFFERS_WITHIN_A_DAY = "level-differs-within-a-day"
    LEVEL_OUTDATED = "level-outdated"
    LEVEL_SUPERSEDED = "level-superseded"
    LEVEL_NOT_A_TROUGH = "level-not-a-trough"
    LEVEL_NAMED_NOT_TROUGH = "level-named-not-trough"
    LEVEL_COMPARATOR_UNDECIDED = "level-comparator-undecided"
    # -- a level that counts with a doubt
    LEVEL_PRELIMINARY = "level-preliminary"
    LEVEL_STATUS_UNKNOWN = "level-status-unknown"
    LEVEL_BY_TEXT = "level-recognised-by-text"
    LEVEL_UNTIMED = "level-untimed"
    LEVEL_TIMING_UNVERIFIED = "level-timing-unverified"
    LEVEL_INFUSIONS_INCOMPLETE = "level-infusions-incomplete"
    LEVEL_UNEXPECTED = "level-unexpected"
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
    # -- the decision
    INDICATION_UNVERIFIED = "indication-unverified"
    DOSE_PER_KG_UNKNOWN = "dose-per-kg-unknown"
    REGIMEN_UNKNOWN = "regimen-unknown"
    DRAFT_ROUTE_DIFFERS = "draft-route-differs"
    ORDER_STRONGER = "order-stronger"
    ORDER_DOSE_IN_DOUBT = "order-dose-in-doubt"
    ORDER_IN_PREGNANCY = "order-in-pregnancy"
    ORDER_SAFETY_OPEN = "order-safety-open"
    DRAFT_DIFFERS_FROM_REGIMEN = "draft-differs-from-regimen"
    TUBERCULOSIS_SCREENING_ABSENT = "tuberculosis-screening-absent"
    HEPATITIS_B_SCREENING_ABSENT = "hepatitis-b-screening-absent"
    THIOPURINE_METABOLISM_UNKNOWN = "thiopurine-metabolism-unknown"
    # -- a course, its doses and its weight
    COURSE_RESTARTED = "course-restarted"
    MAINTENANCE_PRESUMED = "maintenance-presumed"
    FIRST_INFUSION_UNKNOWN = "first-infusion-unknown"
    DOSE_IN_FUTURE = "dose-in-future"
    DOSE_AMOUNTS_DIFFER = "dose-amounts-differ"
    DOSE_RECORDS_JOINED = "dose-records-joined"
    DOSE_DISAGREES = "dose-disagrees"
    DOSES_BESIDE_ORDER = "doses-beside-order"
    INTERVAL_DISAGREES = "interval-disagrees"
    INTERVAL_FROM_DRAFT = "interval-from-draft"
    INTERVAL_FROM_DISPENSE = "interval-from-dispense"
    DISPENSE_DISAGREES = "dispense-disagrees"
    ROUTE_PRESUMED = "route-presumed"
    WEIGHT_OUTDATED = "weight-outdated"
    WEIGHT_UNKNOWN = "weight-unknown"
    WEIGHT_CONFLICT = "weight-conflict"
    WEIGHT_CONTRADICTED = "weight-contradicted"
    BIRTH_DATE_UNKNOWN = "birth-date-unknown"
    # -- antibodies, by comparison with the level
    ATI_IN_FUTURE = "ati-in-future"
    ATI_UNDATED = "ati-undated"
    ATI_NOT_PAIRED = "ati-not-paired"
    ATI_CONTRADICTS_ITSELF = "ati-contradicts-itself"
    ATI_NEWER_DIFFERS = "ati-newer-differs"
    ATI_NEWER_POSITIVE = "ati-newer-positive"
    ATI_POSITIVE_ELSEWHERE = "ati-positive-elsewhere"
    # -- markers of activity
    MARKER_IN_FUTURE = "marker-in-future"
    MARKER_IMPLAUSIBLE = "marker-implausible"
    MARKER_PRELIMINARY = "marker-preliminary"
    MARKER_CONFLICT = "marker-conflict"
    ENDOSCOPY_BEFORE_CHANGE = "endoscopy-before-change"
    # -- orders, doses and medicines as recorded
    OTHER_PATIENT = "other-patient"
    FHIR_ADDRESS_REFUSED = "fhir-address-refused"
    MEDICINE_BY_NAME = "medicine-recognised-by-name"
    MEDICINE_UNRESOLVED = "medicine-unresolved"
    DOSE_UNREADABLE = "dose-unreadable"
    DOSE_TEXT_DIFFERS = "dose-text-differs"
    DOSE_UNDATED = "dose-undated"
    DOSE_STATUS_UNKNOWN = "dose-status-unknown"
    INTERVAL_UNREADABLE = "interval-unreadable"
    INTERVAL_TEXT_DIFFERS = "interval-text-differs"
    SEVERAL_DOSAGES = "several-dosages"
    ROUTE_CONFLICT = "route-conflict"
    ROUTE_FROM_DOSE = "route-from-dose"
    ORDER_STATUS_UNKNOWN = "order-status-unknown"
    DRAFT_STATUS = "draft-status"
    DRAFT_DO_NOT_PERFORM = "draft-do-not-perform"
    DRAFT_WITHDRAWN = "draft-withdrawn"
    DRAFT_IS_SERVICE_REQUEST = "draft-is-service-request"
    DRAFT_SUBJECT_DIFFERS = "draft-subject-differs"
    DRAFT_NAMES_OTHER_MEDICINE = "draft-names-other-medicine"
    # -- results and records as read
    PANEL_VALUE_NOT_USED = "panel-value-not-used"
    RESULT_IN_TEXT = "result-in-text"
    RESULT_UNREADABLE = "result-unreadable"
    RESULT_UNIT_UNKNOWN = "result-unit-unknown"
    RESULT_UNDATED = "result-undated"
    RESULT_STATUS_NOT_COUNTED = "result-status-not-counted"
    ALT_WITHOUT_LIMIT = "alt-without-limit"
    ALT_OUTDATED = "alt-outdated"
    WEIGHT_IMPLAUSIBLE = "weight-implausible"
    SUBJECT_MISSING = "subject-missing"
    ZONE_ASSUMED = "zone-assumed"


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
