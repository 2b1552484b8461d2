"""The forecast as frozen records: what each regimen is predicted to give, from what, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Remark(StrEnum):
    """What went into a forecast, was assumed for it, or left out; each with its words in the cards."""

    # -- inputs
    DOSES = "doses"
    LEVEL = "level"
    LEVELS = "levels"
    WEIGHT = "weight"
    ALBUMIN = "albumin"
    ATI_POSITIVE = "ati-positive"
    ATI_NEGATIVE = "ati-negative"
    IMMUNOMODULATOR = "immunomodulator"
    NO_IMMUNOMODULATOR = "no-immunomodulator"
    # -- assumptions
    INFUSION_TIME = "infusion-time"
    DOSES_BEFORE_RECORD = "doses-before-record"
    DOSE_AMOUNTS = "dose-amounts"
    DOSES_REPORTED = "doses-reported"
    GAP = "gap"
    INTERVAL_AS_ORDERED = "interval-as-ordered"
    SCHEDULE_PRESUMED = "schedule-presumed"
    INJECTIONS_AS_ORDERED = "injections-as-ordered"
    INJECTIONS_FROM = "injections-from"
    LEVEL_AS_TROUGH = "level-as-trough"
    ATI_UNKNOWN = "ati-unknown"
    IMMUNOMODULATOR_UNKNOWN = "immunomodulator-unknown"
    ALBUMIN_BELOW = "albumin-below"
    ALBUMIN_ABOVE = "albumin-above"
    ALBUMIN_UNKNOWN = "albumin-unknown"
    LEVEL_NOT_DETECTED = "level-not-detected"
    LEVELS_DOUBTFUL = "levels-doubtful"
    LEVEL_AFTER_INFUSION = "level-after-infusion"
    SEX_UNKNOWN = "sex-unknown"
    UNUSUAL_FOR_MODEL = "unusual-for-model"
    # -- which target the chances count, where it is not that of the level
    COUNTED_MAINTENANCE = "counted-maintenance"
    COUNTED_WEEK_14 = "counted-week-14"
    COUNTED_WEEK_6 = "counted-week-6"
    COUNTED_WEEK_2 = "counted-week-2"
    COUNTED_UPPER = "counted-upper"
    COUNTED_ABOVE = "counted-above"
    # -- left out
    LEVEL_AT_LEAST = "level-at-least"
    LEVEL_DURING_INFUSION = "level-during-infusion"
    IMMUNOMODULATOR_NOT_MODELLED = "immunomodulator-not-modelled"
    LEVEL_SAME_DAY = "level-same-day"
    LEVELS_CONTRADICT = "levels-contradict"
    LEVEL_FAR_OFF = "level-far-off"
    OLDER_LEVELS = "older-levels"
    CLEARANCE_CHANGED = "clearance-changed"
    MODEL_OUT_OF_RANGE = "model-out-of-range"
    MODEL_NOT_CONVERGED = "model-not-converged"
    MODEL_NOT_EXPLAINING = "model-not-explaining"


Note: TypeAlias = tuple[Remark, tuple[tuple[str, str], ...]]
"""A remark with the values that its words name: numbers, levels, days and names of models only."""


class Absence(StrEnum):
    """Why there is no forecast; a contract, each with its sentence in the wording of the cards."""

    OFF = "off"  # the site switched it off; a card then says nothing of it
    NO_WEIGHT = "no-weight"
    NO_DOSES = "no-doses"  # neither infusions nor an order tell what was given
    NO_REGIMEN = "no-regimen"  # dose or interval in force unknown
    DOSES_INCOMPLETE = "doses-incomplete"  # the infusions did not arrive in full
    DOSES_IMPLAUSIBLE = "doses-implausible"  # more of them than anyone is given
    DOSE_IN_DOUBT = "dose-in-doubt"  # order and weight do not fit together
    INTERVAL_IN_DOUBT = "interval-in-doubt"  # given more often than the order says
    AGE_UNKNOWN = "age-unknown"  # child or adult: other models
    PREGNANCY = "pregnancy"  # no model was made for it
    OUT_OF_RANGE = "out-of-range"  # outside what every model was built on
    LEVEL_AT_LEAST = "level-at-least"  # the newest level has no upper limit: no model here can use it
    MANY_ORDERS = "many-orders"  # the request holds more orders than are worth the work
    NOT_CONVERGED = "not-converged"
    LEVEL_UNEXPECTED = "level-unexpected"  # newest level and models disagree grossly
    LEVELS_UNEXPECTED = "levels-unexpected"  # several older levels and models do
    INTERNAL = "internal"


UNEXPECTED = frozenset({Absence.LEVEL_UNEXPECTED, Absence.LEVELS_UNEXPECTED})
"""No patient of this kind would have such levels on these doses: something on record is not as it seems."""


class NoChoice(StrEnum):
    """Why the forecast recommends none of the options that the rule offers."""

    NO_EVEN_CHANCE = (
        "no-even-chance"  # none reaches the aim with the chance asked for, an even one as shipped
    )
    ABOVE_CEILING = "above-ceiling"  # each is too likely to be more than is wanted
    MORE_DRUG = "more-drug"  # what would do without passing the ceiling takes more drug than what passes it
    GOAL = "goal"  # only the site's goal speaks for a step that would be refused without it
    NOT_FORECAST = "not-forecast"  # other orders of the request were forecast, this one was not
    BETWEEN = "between"  # each either falls short of the aim or is too likely to pass the ceiling


@dataclass(frozen=True, slots=True)
class ModelTrough:
    """What one model predicts, in µg/mL, with its 80 % interval. Chances are 0 to 1, None where not asked.

    `reaches` is the chance of at least the level asked for, `exceeds` that of more than the ceiling,
    `exceeds_usual` that of more than would be the limit without the site's goal.
    """

    model: str
    median_ug_ml: float
    lower_ug_ml: float
    upper_ug_ml: float
    reaches: float | None = None
    exceeds: float | None = None
    exceeds_usual: float | None = None


@dataclass(frozen=True, slots=True)
class TroughForecast:
    """The trough of one regimen by one or two models; never a point without its interval.

    `settled`: once the regimen has settled; else at the end of the interval after the next dose.
    `at_least_ug_ml` and `above_ug_ml` are the levels that the chances speak of, `usually_above_ug_ml` is the
    limit that the site's goal lifted, if it did.
    """

    by_model: tuple[ModelTrough, ...]
    at_least_ug_ml: float | None = None
    above_ug_ml: float | None = None
    usually_above_ug_ml: float | None = None
    settled: bool = True

    @property
    def medians_ug_ml(self) -> tuple[float, float]:
        """The bracket: the lowest and the highest median."""
        medians = [one.median_ug_ml for one in self.by_model]
        return min(medians), max(medians)

    @property
    def interval_ug_ml(self) -> tuple[float, float]:
        """The 80 % interval that holds those of all models."""
        return min(one.lower_ug_ml for one in self.by_model), max(one.upper_ug_ml for one in self.by_model)

    @property
    def reaches(self) -> float | None:
        """The chance of at least the level asked for, by the more cautious model: the lowest."""
        chances = [one.reaches for one in self.by_model if one.reaches is not None]
        return min(chances) if chances else None

    @property
    def exceeds(self) -> float | None:
        """The chance of more than the ceiling, by the more cautious model: the highest."""
        chances = [one.exceeds for one in self.by_model if one.exceeds is not None]
        return max(chances) if chances else None

    @property
    def exceeds_usual(self) -> float | None:
        """The chance of more than the limit that the site's goal lifted, by the more cautious model."""
        chances = [one.exceeds_usual for one in self.by_model if one.exceeds_usual is not None]
        return max(chances) if chances else None


@dataclass(frozen=True, slots=True)
class Projection:
    """The trough that a level drawn within the interval leads to; it never decides.

    `drawn` is the day of the level, `due` the day of the trough, both ISO dates; `past`: that day is over.
    `level` is what was measured, with its unit; of one without a number, what it was taken for.
    """

    drawn: str
    level: str
    due: str
    trough: TroughForecast
    past: bool = False


@dataclass(frozen=True, slots=True)
class AtCap:
    """The most that the limits allow, in mg, mg/kg and days, and the trough that it is predicted to give.

    `listed`: it is one of the options, and stands there with its numbers. `enough`: it has the chance of the
    aim that the site asks of a recommended option.
    """

    dose_mg: float
    dose_mg_per_kg: float
    interval_days: float
    trough: TroughForecast
    enough: bool
    listed: bool = False


@dataclass(frozen=True, slots=True)
class Forecast:
    """A forecast, or why there is none (`absent`). An absent forecast is no absent decision.

    `measured_ug_ml` is the level that was measured, where it is apart from the trough that the models expect;
    `measured_on_day` how many days after a dose it was drawn, where that was within the interval.
    `individual` is False where no level could be used: then it is what the average patient of this kind
    reaches. `models` are ids of `knowledge.models`, in the order of their predictions. `opinion` is what a
    further model expects of the regimen in force; it never ranks. `of_order` is what the order in front of
    the clinician leads to, where that is neither in force nor an option. `inputs` says what went in,
    `assumptions` what was taken for granted, `left_out` which model or level was not used and why, `counted`
    which target the chances speak of, where a reader would expect another. `at_cap` is what the most that is
    allowed would give, asked where no option is likely enough to reach the aim.
    `ranked`: the recommended option was chosen by it; `no_choice` says why it recommends none.
    `less_withheld`: options with less drug were taken off, for they rested on a level that nothing explains.
    `failed_at` is the place of an internal failure, for the log; it holds nothing of a patient.
    """

    absent: Absence | None = None
    models: tuple[str, ...] = ()
    individual: bool = False
    in_force: TroughForecast | None = None
    projection: Projection | None = None
    measured_ug_ml: float | None = None
    measured_on_day: int | None = None
    opinion: TroughForecast | None = None
    of_order: TroughForecast | None = None
    inputs: tuple[Note, ...] = ()
    assumptions: tuple[Note, ...] = ()
    left_out: tuple[Note, ...] = ()
    counted: tuple[Note, ...] = ()
    ranked: bool = False
    no_choice: NoChoice | None = None
    at_cap: AtCap | None = None
    less_withheld: bool = False
    failed_at: str = ""
