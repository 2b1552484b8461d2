"""The answer: one verdict with its rule, certainty, options and rationale.

`Situation` holds the dimensions of the decision table and nothing else, so that every combination can be
enumerated. `Assessment` is the situation plus what it was derived from.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from tdm.course_history import NOTHING_RECORDED, History
from tdm.facts import AtiReading, LevelReading, Moment, Route, WeightReading
from tdm.forecast.result import Forecast, TroughForecast
from tdm.issues import DataIssue
from tdm.source import Source

LABORATORY_UNSEEN = "laboratory-unseen"
"""The sentence that a missing level may only not have been sent: "none" and "not seen" are two answers."""


class Verdict(StrEnum):
    """The answers; exactly one for each evaluated order or chart."""

    INTENSIFY = "intensify"
    CONTINUE = "continue"
    SWITCH = "switch"
    ASSESS = "assess"
    HOLD = "hold"
    NOT_APPLICABLE = "not-applicable"
    NOT_COMPLETED = "not-completed"


class Certainty(StrEnum):
    """How sure the verdict is. `CONFLICTING` does not step down: it says that sources disagree."""

    STRONG = "strong"
    MODERATE = "moderate"
    WEAK = "weak"
    CONFLICTING = "conflicting"


class SwitchDirection(StrEnum):
    """Where a switch leads: immunogenic failure stays within the class, mechanistic failure leaves it."""

    WITHIN_CLASS = "within-class"
    OUT_OF_CLASS = "out-of-class"


class Indicator(StrEnum):
    """Urgency of the card."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class AgeGroup(StrEnum):
    """Under 18 at the decision date is a child."""

    CHILD = "child"
    ADULT = "adult"


class Phase(StrEnum):
    """Phase of the course at the sample's date. Induction has two sets of targets."""

    INDUCTION_WEEK_2 = "induction-week-2"
    INDUCTION_WEEK_6 = "induction-week-6"
    POST_INDUCTION = "post-induction"
    MAINTENANCE = "maintenance"


class LevelClass(StrEnum):
    """Where the level stands against its target row."""

    NONE = "none"
    UNDETECTABLE = "undetectable"
    LOW = "low"
    WINDOW = "window"
    GREY = "grey"
    HIGH = "high"


class AtiClass(StrEnum):
    """What is known of antibodies to infliximab."""

    NOT_MEASURED = "not-measured"
    NEGATIVE = "negative"
    POSITIVE_LOW = "positive-low"
    POSITIVE_HIGH = "positive-high"
    POSITIVE_UNQUANTIFIED = "positive-unquantified"
    INCONCLUSIVE = "inconclusive"


class Activity(StrEnum):
    """Activity of the disease."""

    ACTIVE_CONFIRMED = "active-confirmed"
    ACTIVE_UNCONFIRMED = "active-unconfirmed"
    REMISSION = "remission"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Target:
    """One row of the target table, in µg/mL. None: the row has no such bound.

    `policy` is True when a number of the row is a site default rather than a published cut-off;
    `local` when a site's overlay replaced a number. `evidence` are ids of evidence rows.
    """

    row: str
    act_below_ug_ml: float | None
    aim_ug_ml: float | None
    aim_upper_ug_ml: float | None
    ceiling_ug_ml: float | None
    grey_limit_ug_ml: float
    evidence: tuple[str, ...] = ()
    policy: bool = False
    local: bool = False


@dataclass(frozen=True, slots=True)
class Situation:
    """The dimensions of the decision table: rules see this and nothing else.

    `level_ug_ml` is the value that the level class was derived from (0.0 when not detected, None when
    there is no usable level). `starting`: no dose on record, no order older than 14 days, no level.
    `at_cap`: the regimen in force is the strongest allowed. `deep_remission`: remission shown by
    CRP and calprotectin, or by endoscopy. `timing_verified` is False when the timing of the trough is
    unverified or untimed. `phase_presumed`: the first infusion is unknown and maintenance was evaluated
    for want of anything better (`switch` becomes `assess`). `active_fistula`: a perianal fistula with an
    active clinical status, whichever target row was chosen (the subcutaneous rows have no perianal row).
    `ati_unread`: an antibody result is on record that could not be used and may be positive.
    `conditions_complete` is False where the problem list did not arrive whole: a fistula may be missing.
    """

    route: Route
    age_group: AgeGroup
    phase: Phase
    level: LevelClass
    level_ug_ml: float | None
    ati: AtiClass
    activity: Activity
    perianal_row: bool
    proactive: bool
    act_below_ug_ml: float | None
    aim_ug_ml: float | None
    ceiling_ug_ml: float | None
    starting: bool = False
    at_cap: bool = False
    fistula_history: bool = False
    deep_remission: bool = False
    timing_verified: bool = True
    phase_presumed: bool = False
    active_fistula: bool = False
    ati_unread: bool = False
    conditions_complete: bool = True


class OptionKind(StrEnum):
    """What can be done. Each kind has its sentence in `knowledge/options.toml`."""

    SHORTEN_INTERVAL_2_WEEKS = "shorten-interval-2-weeks"
    SHORTEN_INTERVAL_4_WEEKS = "shorten-interval-4-weeks"
    RAISE_DOSE = "raise-dose"
    RAISE_DOSE_AND_SHORTEN_INTERVAL = "raise-dose-and-shorten-interval"
    BRING_NEXT_DOSE_FORWARD = "bring-next-dose-forward"
    REINDUCTION = "reinduction"
    SUBCUTANEOUS_DOUBLE_DOSE = "subcutaneous-double-dose"
    RETURN_TO_INTRAVENOUS = "return-to-intravenous"
    LENGTHEN_INTERVAL = "lengthen-interval"
    LOWER_DOSE = "lower-dose"
    SWITCH_WITHIN_CLASS = "switch-within-class"
    SWITCH_OUT_OF_CLASS = "switch-out-of-class"
    ADD_IMMUNOMODULATOR = "add-immunomodulator"
    MEASURE_LEVEL_AND_ATI = "measure-level-and-ati"
    MEASURE_LEVEL = "measure-level"
    MEASURE_ATI = "measure-ati"
    QUANTIFY_ATI = "quantify-ati"
    AWAIT_LEVEL_AND_ATI = "await-level-and-ati"
    AWAIT_LEVEL = "await-level"
    AWAIT_ATI = "await-ati"
    CONFIRM_INFLAMMATION = "confirm-inflammation"
    CHECK_ADHERENCE = "check-adherence"
    SPECIALIST_REVIEW = "specialist-review"
    FISTULA_WORKUP = "fistula-workup"
    ONE_OPTIMISATION = "one-optimisation"


LESS_DRUG = frozenset({OptionKind.LENGTHEN_INTERVAL, OptionKind.LOWER_DOSE})
"""The options that lower exposure."""
MORE_DRUG = frozenset(
    {
        OptionKind.SHORTEN_INTERVAL_2_WEEKS,
        OptionKind.SHORTEN_INTERVAL_4_WEEKS,
        OptionKind.RAISE_DOSE,
        OptionKind.RAISE_DOSE_AND_SHORTEN_INTERVAL,
        OptionKind.SUBCUTANEOUS_DOUBLE_DOSE,
    }
)
"""Options that name a regimen of more drug; the others name a way, and the clinician the numbers."""


@dataclass(frozen=True, slots=True)
class Option:
    """One thing that can be done; dose and interval are those of the changed regimen, where it changes.

    `recommended`: the one an `update` may carry; at most one per decision. `provisional`: offered, not
    advised, until the missing fact is there. `off_label` is shown to the clinician. `predicted` is the trough
    that the forecast expects of it, None where there is no forecast or no regimen to forecast.
    """

    kind: OptionKind
    dose_mg: float | None = None
    dose_mg_per_kg: float | None = None
    interval_days: float | None = None
    recommended: bool = False
    provisional: bool = False
    off_label: bool = False
    predicted: TroughForecast | None = None


@dataclass(frozen=True, slots=True)
class FiredGate:
    """A safety gate that fired. `evidence_source` is the record that made it fire, if one did."""

    gate: str
    critical: bool = False
    deciding: bool = False
    parameters: tuple[tuple[str, str], ...] = ()
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class FactUsed:
    """A fact as shown on the card: name, value with unit, date, source."""

    name: str
    value: str
    day: str
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Regimen:
    """The regimen in force. `weight_kg` is None when no weight is recent enough.

    `dose_doubtful`: the last dose alone differs from its order and from the dose before it as a slip or a
    stopped infusion does, or its records do not tell one amount and no order does; what is in force cannot be
    told. `interval_doubtful`: infusions come more often than the order says, and no newer order announces its
    interval: options for the order's interval may be less drug than is given. `ordered_mg` and
    `ordered_mg_per_kg` are what the order in force on record asks for, whatever was given.
    """

    route: Route
    dose_mg: float | None = None
    dose_mg_per_kg: float | None = None
    interval_days: float | None = None
    ordered_interval_days: float | None = None
    observed_interval_days: float | None = None
    weight_kg: float | None = None
    dose_doubtful: bool = False
    interval_doubtful: bool = False
    ordered_mg: float | None = None
    ordered_mg_per_kg: float | None = None


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the facts amount to on the decision date.

    `situations` holds one entry per reading that the data allow (two when the age group is unknown,
    several when a comparator leaves the class open); the decision is given only if all agree.
    `certainty_steps_down` counts the doubts that each lower certainty by one step.
    `trend` are older usable troughs, newest first. `ineligible` explains why an existing newer level was
    not used (the codes are among `issues`).

    `situation_targets` holds the target row of each situation, in the same order; `target` is the row they
    share, None where they differ. `level_conflict`: two different values stand at the newest instant that
    could have decided. `course_start` and `last_dose` are the first and last recorded dose of this course,
    `gap_days` the days from the last dose to now (any route), `last_change` the last change of regimen.
    `age_years` is None unless the birth date settles it; `age_years_youngest` is the lowest age possible.
    `draft_regimen` is what the order in front of the clinician asks for, with the same weight;
    `draft_changes_route` says that it asks for another route than the course has. `weight` is the weight
    that mg/kg rests on. `history` is the present course that it was read from; records that amount to the
    same may differ in it.
    """

    situations: tuple[Situation, ...]
    target: Target | None
    regimen: Regimen
    level: LevelReading | None
    ati: AtiReading | None
    trend: tuple[LevelReading, ...]
    facts: tuple[FactUsed, ...]
    issues: tuple[DataIssue, ...]
    certainty_steps_down: int = 0
    situation_targets: tuple[Target | None, ...] = ()
    level_conflict: bool = False
    course_start: Moment | None = None
    last_dose: Moment | None = None
    gap_days: float | None = None
    last_change: Moment | None = None
    age_years: int | None = None
    age_years_youngest: int | None = None
    weight: WeightReading | None = None
    draft_regimen: Regimen | None = None
    draft_changes_route: bool = False
    history: History = field(default=NOTHING_RECORDED, compare=False)


class Unread(StrEnum):
    """Why a safety gate was not evaluated, or not in full. Those of data have the values of `Shortfall`."""

    NO_CODE = "no-code"  # no configured code finds what the gate looks for
    NOT_PROVIDED = "not-provided"
    ERROR = "error"
    TRUNCATED = "truncated"
    TIMEOUT = "timeout"
    REFUSED = "refused"
    UNAUTHORIZED = "unauthorized"
    SERVER_UNAVAILABLE = "server-unavailable"
    UNCLEAR = "unclear"  # the only record is indeterminate, or of unreadable status
    PERSON_UNKNOWN = "person-unknown"  # sex or birth date is not known


@dataclass(frozen=True, slots=True)
class UnreadGate:
    """A safety gate that was not evaluated in full, with every reason, in the order of `Unread`."""

    gate: str
    reasons: tuple[Unread, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """The one answer, with all that a clinician needs to review it.

    `rule` is a contract id ("R-PK-1", "S-HSR", "R-NA-1" ...). `rationale` are (message id, parameters)
    pairs, resolved against `knowledge/rules.toml`. `not_evaluated` are gates that could not be read, and why.
    `local_policy` is True when a site override decided. `update_withheld`: no button may change the draft to
    the recommended option; an issue says why. `forecast` holds what was predicted or why nothing was; None
    where a forecast had nothing to add. It never changes verdict, rule, certainty or gates.
    """

    verdict: Verdict
    rule: str
    indicator: Indicator
    knowledge_version: str
    certainty: Certainty | None = None
    switch_direction: SwitchDirection | None = None
    switch_alternatives: tuple[SwitchDirection, ...] = ()
    rationale: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    gates: tuple[FiredGate, ...] = ()
    not_evaluated: tuple[UnreadGate, ...] = ()
    options: tuple[Option, ...] = ()
    draft_already_does_it: bool = False
    update_withheld: bool = False
    evidence: tuple[str, ...] = ()
    issues: tuple[DataIssue, ...] = ()
    local_policy: bool = False
    assessment: Assessment | None = None
    forecast: Forecast | None = None
