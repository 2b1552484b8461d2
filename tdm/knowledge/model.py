"""Typed shape of the knowledge files: what a loaded `Knowledge` holds. Loading and checking is elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tdm.decision import Target
from tdm.pharmacokinetics.model import PkModel


class Verification(StrEnum):
    """How far a number can be trusted to be what a publication says."""

    VERIFIED = "verified"  # read in the named source
    SECONDARY = "secondary"  # read in a review or digest that quotes the source
    UNVERIFIED = "unverified"  # remembered or not found; never cited as published fact
    POLICY = "policy"  # a default that a site owns; never cited as published fact


class TreatmentGoal(StrEnum):
    """Outcome that a site may aim for; raises the aim of the target row, capped at its ceiling."""

    CLINICAL = "clinical"
    BIOCHEMICAL = "biochemical"
    ENDOSCOPIC = "endoscopic"
    RADIOLOGIC = "radiologic"
    HISTOLOGIC = "histologic"
    TRANSMURAL = "transmural"
    FISTULA = "fistula"


@dataclass(frozen=True, slots=True)
class Citation:
    """One publication, as shown on a card: "Kang/Choi 2019"."""

    id: str
    short: str
    reference: str
    year: int
    url: str = ""


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One cut-off, rate or effect size of one study. Percentages are 0-100. None: not reported.

    `measure` says what `value` is ("cut-off", "median", "rate", "odds-ratio" ...). `lower` and `upper` are
    its `interval` ("IQR", "95% CI", "SD": value minus and plus one). `versus` is the same measure in
    `versus_group`. `count` is the numerator of a rate over `n`. `document` is the founding document it was
    read in ("S0" to "S4"; "": another source), `quoted_in` the publication that quotes it. `printed` is what
    the source prints where that is wrong or contradicts itself; `note` then says what is right and why.
    `disputed` names numbers of the row that the source's own counts contradict: never shown on a card.
    """

    id: str
    citation: str
    population: str
    age_group: str
    route: str
    phase: str
    outcome: str
    statement: str
    verification: Verification
    certainty: str
    value: float | None = None
    value_upper: float | None = None
    unit: str = ""
    comparator: str = ""
    sensitivity: float | None = None
    specificity: float | None = None
    ppv: float | None = None
    npv: float | None = None
    auc: float | None = None
    n: int | None = None
    measure: str = ""
    count: int | None = None
    lower: float | None = None
    upper: float | None = None
    interval: str = ""
    versus: float | None = None
    versus_lower: float | None = None
    versus_upper: float | None = None
    versus_group: str = ""
    versus_n: int | None = None
    p_value: float | None = None
    p_comparator: str = ""
    document: str = ""
    quoted_in: str = ""
    printed: str = ""
    note: str = ""
    disputed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One thing that a founding document says and the knowledge leaves out or corrects, with the reason."""

    id: str
    document: str
    item: str
    reason: str
    kind: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bound:
    """How far a site may move a value: from `minimum` to `maximum`, or one of `choices`."""

    why: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str | bool, ...] = ()


@dataclass(frozen=True, slots=True)
class Bounds:
    """Every bound of a site's overlay, by what it bounds.

    `rows` are tighter bounds of single target rows. `fixed` are policy values that no site may change, with
    the reason. `never_off` are rule ids, or beginnings of rule ids ending in "-", that stay on.
    """

    policy: Mapping[str, Bound]
    targets: Mapping[str, Bound]
    rows: Mapping[str, Mapping[str, Bound]]
    assays: Mapping[str, Bound]
    fixed: Mapping[str, str]
    never_off: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AppliedOverride:
    """One value that a site changed: dotted key, what stood there, what stands there, who, when and why."""

    key: str
    before: str
    after: str
    reason: str
    approver: str
    day: str


NO_BOUNDS = Bounds(policy={}, targets={}, rows={}, assays={}, fixed={}, never_off=())


@dataclass(frozen=True, slots=True)
class Assay:
    """How one antibody assay is to be read. None: no such limit is known for it.

    Matching is by laboratory and method text and by unit; `unit` is always required to agree.
    `positive_from` and `high_above` bound positivity and high titre in `unit`; an assay with
    `drug_sensitive` cannot find antibodies while drug is present; `reflex_level_below_ug_ml`: the
    laboratory measures antibodies only when the level is below this.
    """

    id: str
    name: str
    unit: str
    laboratory_pattern: str = ""
    method_pattern: str = ""
    codes: tuple[str, ...] = ()
    positive_from: float | None = None
    high_above: float | None = None
    drug_sensitive: bool = False
    drug_tolerant: bool = False
    reflex_level_below_ug_ml: float | None = None
    verification: Verification = Verification.UNVERIFIED
    low_verification: Verification = Verification.UNVERIFIED
    evidence: tuple[str, ...] = ()
    local: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """Every scalar the protocol uses, from `knowledge/policy.toml`; names carry their unit."""

    future_tolerance_minutes: float
    level_implausible_above_ug_ml: float
    undetectable_below_ug_ml: float
    undetectable_limit_at_most_ug_ml: float
    trough_earliest_fraction: float
    trough_latest_fraction: float
    induction_intervals_days: tuple[float, ...]
    level_valid_days_active: float
    level_valid_days_otherwise: float
    ati_pairing_days: float
    ati_valid_days: float
    marker_valid_days: float
    endoscopy_valid_days: float
    crp_active_above_mg_l: float
    crp_borderline_from_mg_l: float
    crp_quiet_below_mg_l: float
    calprotectin_active_above_ug_g: float
    calprotectin_quiet_below_ug_g: float
    ses_cd_active_from: float
    ses_cd_quiet_at_most: float
    pcdai_active_from: float
    hbi_active_from: float
    cdai_active_from: float
    weight_valid_days_child: float
    weight_valid_days_adult: float
    adult_from_years: int
    week_2_from_day: float
    week_6_from_day: float
    post_induction_from_day: float
    maintenance_from_day: float
    maintenance_presumed_infusions: int
    maintenance_presumed_order_days: float
    starting_order_days: float
    new_course_gap_days: float
    immunogenic_low_below_ug_ml: float
    maximum_dose_mg_per_kg: float
    heart_failure_maximum_dose_mg_per_kg: float
    standard_dose_mg_per_kg: float
    minimum_interval_days: float
    shorten_small_days: float
    shorten_large_days: float
    subcutaneous_standard_dose_mg: float
    subcutaneous_interval_days: float
    subcutaneous_doubled_dose_mg: float
    vial_mg: float
    round_to_vials: bool
    plausible_weight_ratio: float
    hstcl_male_at_most_years: int
    alt_hold_multiple: float
    alt_valid_days: float
    deescalation_fistula_history_above_ug_ml: float
    proactive_child: bool
    proactive_adult: bool
    child_reactive_act_below_ug_ml: float
    treatment_goal: TreatmentGoal | None
    patient_view_new_result_days: float
    patient_view_overdue_fraction: float
    rules_off: frozenset[str] = frozenset()
    dose_change_fraction: float = 0.15
    interval_change_fraction: float = 0.10
    same_weight_fraction: float = 0.02
    forecast_enabled: bool = True
    forecast_within_points: float = 10
    forecast_ceiling_chance_limit: float = 0.7
    forecast_least_chance: float = 0.5
    forecast_level_valid_days: float = 365
    forecast_albumin_valid_days: float = 182


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence with named `{placeholders}`; `short` is the form for a card's summary."""

    text: str
    short: str = ""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Everything the decision rests on, of one version.

    `version` is a date ("2026.11.22"), `content_hash` the SHA-256 of all knowledge files and overrides.
    `targets` maps a row id to its numbers; `goal_values` maps (goal, "adult"|"child") to an aim.
    `local_keys` are the dotted names of values that a site's overlay replaced ("policy.alt_hold_multiple").
    `policy_evidence` names the evidence rows behind each published policy value; a name that is missing is a
    convention. `goal_evidence` does the same for treatment goals, `target_policy` names the numbers of a
    target row that are site defaults. `overrides` records who changed what. `models` are the population
    models of pharmacokinetics by id, in the order of the file.
    """

    version: str
    content_hash: str
    targets: Mapping[str, Target]
    goal_values: Mapping[tuple[TreatmentGoal, str], float]
    assays: tuple[Assay, ...]
    evidence: Mapping[str, EvidenceRow]
    citations: Mapping[str, Citation]
    policy: Policy
    rules: Mapping[str, Message]
    gates: Mapping[str, Message]
    options: Mapping[str, Message]
    issues: Mapping[str, Message]
    rule_evidence: Mapping[str, tuple[str, ...]]
    local_keys: frozenset[str] = frozenset()
    ledger: tuple[LedgerEntry, ...] = ()
    bounds: Bounds = NO_BOUNDS
    policy_evidence: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    goal_evidence: Mapping[TreatmentGoal, tuple[str, ...]] = field(default_factory=dict)
    target_policy: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    overrides: tuple[AppliedOverride, ...] = ()
    models: Mapping[str, PkModel] = field(default_factory=dict)

    def __hash__(self) -> int:
        """Hash by content, so that what is worked out from the knowledge alone can be kept beside it."""
        return hash(self.content_hash)
