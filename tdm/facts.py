"""The facts a decision is made from: one patient's treatment course, already free of FHIR.

Every fact keeps where it came from. Nothing here judges: plausibility, classes and phases are computed
elsewhere in this package from these facts and "now".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from tdm.issues import DataIssue
from tdm.source import Source


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time, or a calendar day when no time of day is known.

    `at` is aware; without a time of day it is the start of `day` in the site's time zone.
    `day` is the calendar day in the site's time zone.
    """

    at: datetime
    day: date
    timed: bool = True


class Comparator(StrEnum):
    """How a reported number bounds the true one."""

    EXACT = "="
    BELOW = "<"
    AT_MOST = "<="
    AT_LEAST = ">="
    ABOVE = ">"


class ResultStatus(StrEnum):
    """Statuses that count; a result with any other status never becomes a fact, only an issue."""

    FINAL = "final"
    AMENDED = "amended"
    CORRECTED = "corrected"
    PRELIMINARY = "preliminary"
    UNKNOWN = "unknown"


class Route(StrEnum):
    """Route of infliximab."""

    INTRAVENOUS = "intravenous"
    SUBCUTANEOUS = "subcutaneous"


@dataclass(frozen=True, slots=True)
class LevelReading:
    """One reported infliximab level, already in µg/mL.

    `value_ug_ml` is None only when the laboratory reported "not detected" without a number; then
    `detected` is False. `original` is the result as reported ("4.2 mg/L"), for display.
    `coded` is False when the test was recognised by its name only.
    """

    value_ug_ml: float | None
    drawn: Moment | None
    source: Source
    comparator: Comparator = Comparator.EXACT
    detected: bool = True
    status: ResultStatus = ResultStatus.FINAL
    coded: bool = True
    laboratory: str = ""
    method: str = ""
    original: str = ""


class AtiWord(StrEnum):
    """What the laboratory itself says of antibodies, in words or by an interpretation flag."""

    NEGATIVE = "negative"
    POSITIVE = "positive"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class AtiReading:
    """One reported antibody-to-infliximab result. Units are kept apart: they are never converted.

    `unit` is a canonical id ("U/mL", "AU/mL", "ng/mL", "ng/mL-eq", "ug/mL-eq", "titer") or "" if absent
    or unknown. `reference_upper` is the laboratory's own upper limit of negative, in the same unit.
    `code` is "system|code" of the coding that matched, or "".
    """

    drawn: Moment | None
    source: Source
    word: AtiWord | None = None
    value: float | None = None
    comparator: Comparator = Comparator.EXACT
    unit: str = ""
    reference_upper: float | None = None
    status: ResultStatus = ResultStatus.FINAL
    coded: bool = True
    laboratory: str = ""
    method: str = ""
    code: str = ""
    original: str = ""


class Marker(StrEnum):
    """Markers of disease activity, each with its one canonical unit."""

    CRP = "crp"  # mg/L
    CALPROTECTIN = "calprotectin"  # µg/g
    SES_CD = "ses-cd"  # points
    ENDOSCOPY = "endoscopy"  # finding only
    IMAGING = "imaging"  # finding only
    FISTULA_EXAMINATION = "fistula-examination"  # finding only; on examination or imaging
    PCDAI = "pcdai"  # points
    HBI = "hbi"  # points
    CDAI = "cdai"  # points
    ALBUMIN = "albumin"  # g/dL; a covariate, never a sign of activity by itself
    ESR = "esr"  # mm/h; shown, never decisive (the protocol names no cut-off)


class Finding(StrEnum):
    """A result in words."""

    ACTIVE = "active"
    QUIET = "quiet"


@dataclass(frozen=True, slots=True)
class MarkerReading:
    """One marker of activity in its canonical unit, or as a finding in words."""

    marker: Marker
    drawn: Moment
    source: Source
    value: float | None = None
    comparator: Comparator = Comparator.EXACT
    finding: Finding | None = None
    status: ResultStatus = ResultStatus.FINAL


@dataclass(frozen=True, slots=True)
class WeightReading:
    """Body weight in kilograms."""

    kilograms: float
    measured: Moment
    source: Source


@dataclass(frozen=True, slots=True)
class Dose:
    """One dose of infliximab that was given (or, for statements and dispenses, reported).

    `amount_mg` or `amount_mg_per_kg` is None where the record does not say. `reported` is True when it
    stems from a statement or a dispense rather than an administration; `interval_days` is then the interval
    of a dispense's instruction or supply, if it gives one: pens are handed out for weeks at once.
    """

    given: Moment
    source: Source
    route: Route | None = None
    amount_mg: float | None = None
    amount_mg_per_kg: float | None = None
    reported: bool = False
    interval_days: float | None = None


class OrderState(StrEnum):
    """What an order's status means for the course."""

    DRAFT = "draft"
    ACTIVE = "active"
    STOPPED = "stopped"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Order:
    """One infliximab order. `interval_days` is None where no schedule could be read.

    `ended` is when a stopped order ended, if the record says. `label` names the order to a human
    ("infliximab-dyyb 100 MG Injection"). `loading_schedule` is True when the order spells out induction
    (weeks 0, 2, 6) rather than one interval.
    """

    state: OrderState
    source: Source
    authored: Moment | None = None
    route: Route | None = None
    amount_mg: float | None = None
    amount_mg_per_kg: float | None = None
    interval_days: float | None = None
    loading_schedule: bool = False
    ended: Moment | None = None
    label: str = ""


class Indication(StrEnum):
    """What infliximab is given for."""

    CROHNS_DISEASE = "crohns-disease"
    OTHER_DISEASE = "other-disease"


class MedicationConcept(StrEnum):
    """Other medicines that change the answer."""

    THIOPURINE = "thiopurine"
    METHOTREXATE = "methotrexate"
    STEROID = "steroid"
    TUBERCULOSIS_TREATMENT = "tuberculosis-treatment"
    HEPATITIS_B_ANTIVIRAL = "hepatitis-b-antiviral"


@dataclass(frozen=True, slots=True)
class MedicationUse:
    """Another medicine in use (active order), about to be (`draft`), or taken to its end (`completed`)."""

    concept: MedicationConcept
    source: Source
    draft: bool = False
    completed: bool = False


class SafetyConcept(StrEnum):
    """What the safety gates look for. A concept that no configured code can find is 'not evaluated'."""

    INFLIXIMAB_REACTION = "infliximab-reaction"
    SERIOUS_INFECTION = "serious-infection"
    TUBERCULOSIS_ACTIVE = "tuberculosis-active"
    TUBERCULOSIS_LATENT = "tuberculosis-latent"
    TUBERCULOSIS_TEST = "tuberculosis-test"
    HEPATITIS_B_SURFACE_ANTIGEN = "hepatitis-b-surface-antigen"
    HEPATITIS_B = "hepatitis-b"
    HEART_FAILURE = "heart-failure"
    ALT = "alt"
    JAUNDICE = "jaundice"
    DEMYELINATING_DISEASE = "demyelinating-disease"
    LYMPHOMA = "lymphoma"
    PREGNANCY = "pregnancy"
    TPMT_NUDT15 = "tpmt-nudt15"


class SafetyState(StrEnum):
    """What a record says of a safety concept."""

    PRESENT = "present"  # condition active, test positive, metaboliser deficient
    ABSENT = "absent"  # test negative, metaboliser normal, refuted
    UNCLEAR = "unclear"  # indeterminate result, unreadable status


class HeartFailureSeverity(StrEnum):
    """Severity of heart failure as recorded."""

    MILD = "mild"
    MODERATE_OR_SEVERE = "moderate-or-severe"


@dataclass(frozen=True, slots=True)
class SafetyFact:
    """One record that bears on a safety gate.

    `multiple_of_upper_limit` is set for ALT where value and limit were readable. `name` is what the record
    itself calls the disease, substance or reason, "" for a result.
    """

    concept: SafetyConcept
    state: SafetyState
    source: Source
    recorded: Moment | None = None
    severity: HeartFailureSeverity | None = None
    multiple_of_upper_limit: float | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class PerianalFistula:
    """A perianal fistula on the problem list. `active`: clinical status active, recurrence or relapse."""

    active: bool
    source: Source


class Sex(StrEnum):
    """Administrative sex as recorded; used by S-HSTCL and by one model of the forecast."""

    MALE = "male"
    FEMALE = "female"
    OTHER = "other"


class FactGroup(StrEnum):
    """Groups of facts that arrive, or fail to arrive, together."""

    PATIENT = "patient"
    LABORATORY = "laboratory"
    WEIGHT = "weight"
    CONDITIONS = "conditions"
    ORDERS = "orders"
    ADMINISTRATIONS = "administrations"
    ALLERGIES = "allergies"


class Shortfall(StrEnum):
    """Why a group of facts is not complete."""

    NOT_PROVIDED = "not-provided"  # key absent, or null where the client may not have asked
    ERROR = "error"  # an OperationOutcome, or not readable as FHIR at all
    TRUNCATED = "truncated"  # a page with a next link: there is more
    TIMEOUT = "timeout"  # asked for, but not answered within the time of a card
    REFUSED = "refused"  # not asked for, because the address is not an allowed one
    UNAUTHORIZED = "unauthorized"  # asked for, and access was not granted
    SERVER_UNAVAILABLE = "server-unavailable"  # the server failed, or is left alone since it failed


@dataclass(frozen=True, slots=True)
class TreatmentCourse:
    """All that is known of one patient's infliximab, as read; the input of the decision.

    `draft` is the order in front of the clinician (None when a chart is opened). `birth_earliest` and
    `birth_latest` bound the birth date (equal when it is known to the day, both None when unknown).
    `order_indication` is the reason given on the draft; `recorded_indications` come from the problem
    list. `inflammatory_bowel_disease_recorded` is True when any record names Crohn's disease or inflammatory
    bowel disease, whatever its status. `evaluable` names the safety concepts for which codes are
    configured. `shortfalls` names the fact groups that are missing or incomplete, and why. All tuples are
    in a canonical order that does not depend on the order of the resources. `dispensed` are the dispenses
    that tell an interval, also those left out of `doses` for an administration of about that day.
    """

    draft: Order | None = None
    levels: tuple[LevelReading, ...] = ()
    atis: tuple[AtiReading, ...] = ()
    markers: tuple[MarkerReading, ...] = ()
    weights: tuple[WeightReading, ...] = ()
    doses: tuple[Dose, ...] = ()
    dispensed: tuple[Dose, ...] = ()
    orders: tuple[Order, ...] = ()
    medications: tuple[MedicationUse, ...] = ()
    safety: tuple[SafetyFact, ...] = ()
    fistulas: tuple[PerianalFistula, ...] = ()
    birth_earliest: date | None = None
    birth_latest: date | None = None
    sex: Sex | None = None
    order_indication: Indication | None = None
    recorded_indications: frozenset[Indication] = frozenset()
    inflammatory_bowel_disease_recorded: bool = False
    evaluable: frozenset[SafetyConcept] = frozenset()
    shortfalls: tuple[tuple[FactGroup, Shortfall], ...] = ()
    issues: tuple[DataIssue, ...] = ()
