"""What a decision asks of the forecast. It adds numbers, may move a recommendation, and can break nothing."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from tdm.decision import LESS_DRUG, MORE_DRUG, Assessment, AtiClass, Option, OptionKind, Verdict
from tdm.facts import Comparator, LevelReading, Moment, Route, TreatmentCourse
from tdm.forecast.at_cap import at_cap
from tdm.forecast.compose import Fit, NoFit, fit
from tdm.forecast.projecting import day_within_interval, level_within_interval, project
from tdm.forecast.ranking import SAME_DRUG, is_candidate, is_set_aside, rank, weekly_mg
from tdm.forecast.regimens import (
    Course,
    answers,
    course_of,
    falls_in,
    of_option,
    of_order,
    regimen_in_force,
    same_regimen,
)
from tdm.forecast.result import (
    UNEXPECTED,
    Absence,
    Forecast,
    NoChoice,
    Note,
    Projection,
    Remark,
    TroughForecast,
)
from tdm.forecast.targets import counted
from tdm.issues import DataIssue, IssueCode
from tdm.knowledge.model import Knowledge, Policy
from tdm.options_dose import current_mg
from tdm.phase import INDUCTION

APART = 1.2
"""A measured trough by this factor outside of what is expected calls for a word."""

# Kinds whose dose and interval make a regimen; the others name a way, and the clinician the numbers.
REGIMENS = LESS_DRUG | MORE_DRUG


@dataclass(frozen=True, slots=True)
class Doubts:
    """What speaks against a forecast, or against a recommendation made by it: the caller's and the gates'.

    `heart_failure`: the same dose at half the interval is the doubled dose, which heart failure forbids, in
    two visits. There the smallest step stays the recommended one, whatever its chance.
    """

    unwanted: Absence | None = None
    pregnant: bool = False
    dose_slip: bool = False
    heart_failure: bool = False


@dataclass(frozen=True, slots=True)
class Forecasted:
    """The options with their numbers and what stands beside them.

    `advised` are the options that an order in front of the clinician is compared with: where the forecast
    chose, those that are about as good as the chosen one. `forecast` is None where it has nothing to add.
    `local_policy`: it chose, or chose none, by a limit that the site replaced. `order_too_strong`: the order
    in front of the clinician is likely to be more than is wanted, where the recommended option is not.
    """

    options: tuple[Option, ...]
    advised: tuple[Option, ...]
    forecast: Forecast | None = None
    issues: tuple[DataIssue, ...] = ()
    local_policy: bool = False
    order_too_strong: bool = False

    @property
    def level_unexplained(self) -> bool:
        """Whether the level that led here is in doubt: it is to be looked into before anything is changed."""
        without = self.forecast is None or self.forecast.absent is Absence.LEVEL_UNEXPECTED
        return without and any(issue.code is IssueCode.LEVEL_UNEXPECTED for issue in self.issues)


LIMITS = frozenset(
    {
        "policy.forecast_within_points",
        "policy.forecast_ceiling_chance_limit",
        "policy.forecast_least_chance",
    }
)


def forecasted(
    course: TreatmentCourse,
    assessment: Assessment,
    options: tuple[Option, ...],
    verdict: Verdict,
    doubts: Doubts,
    *,
    now: Moment,
    knowledge: Knowledge,
) -> Forecasted:
    """The options of a decision with their forecast. Never throws: what fails is an absence with its code.

    Nothing is asked where no option names a regimen and no level waits to be projected; but who is to leave
    the drug because of a level is told where its doses do not explain it.
    """
    plain = Forecasted(options, options)
    if not knowledge.policy.forecast_enabled:
        return plain
    reading = level_within_interval(assessment, course) if verdict is Verdict.ASSESS else None
    asked = reading is not None or any(names_regimen(option) for option in options)
    if not asked and verdict is not Verdict.SWITCH:
        return plain
    against = reason_against(assessment, pregnant=doubts.pregnant, dose_slip=doubts.dose_slip)
    against = against or doubts.unwanted
    if against is Absence.MANY_ORDERS:
        return _beside_others(options, assessment, verdict, doubts)
    if against is not None:
        return replace(plain, forecast=Forecast(against)) if asked else plain
    try:
        found = fit(course, assessment, now, knowledge)
        if not asked:
            return replace(plain, issues=_unexplained(found, assessment))
        if isinstance(found, NoFit):
            return _without_fit(options, found)
        numbered = _with_numbers(found, course, assessment, options, reading, now, knowledge)
        if verdict is not Verdict.INTENSIFY or doubts.heart_failure:
            return numbered
        ranked = _ranked(numbered, assessment, knowledge)
        return _with_the_cap(ranked, found, assessment, now, knowledge)
    except Exception as error:  # noqa: BLE001 (the decision stands without its forecast, and says that it does)
        return replace(plain, forecast=Forecast(Absence.INTERNAL, failed_at=where(error)))


def _unexplained(found: Fit | NoFit, assessment: Assessment) -> tuple[DataIssue, ...]:
    """The issue of an unexpected level, where nobody asks for a forecast.

    A low level is explained by antibodies, even if they clear the drug faster than a model thinks.
    """
    level, target = assessment.level, assessment.target
    if isinstance(found, Fit) or level is None or level.value_ug_ml is None:
        return ()
    low = target is not None and level.value_ug_ml < (target.act_below_ug_ml or 0.0)
    positive = any(one.ati not in UNCLEARED for one in assessment.situations)
    return () if low and positive else issues_of(found)


# No antibodies that would explain a low level are known.
UNCLEARED = frozenset({AtiClass.NEGATIVE, AtiClass.NOT_MEASURED, AtiClass.INCONCLUSIVE})


def _beside_others(
    options: tuple[Option, ...], assessment: Assessment, verdict: Verdict, doubts: Doubts
) -> Forecasted:
    """The options of an order that is not forecast, though others of the same request are.

    The forecast of those may have recommended another step than the rule, or found the level unexpected: the
    card of this order contradicts neither. It recommends no step of the ladder and proposes no less drug.
    """
    kept = tuple([one for one in options if one.kind not in LESS_DRUG])
    forecast = Forecast(Absence.MANY_ORDERS, less_withheld=len(kept) < len(options))
    if verdict is not Verdict.INTENSIFY or doubts.heart_failure or not _of_the_ladder(kept, assessment):
        return Forecasted(kept, kept, forecast)
    unmarked = tuple([replace(one, recommended=False) for one in kept])
    return Forecasted(unmarked, (), replace(forecast, no_choice=NoChoice.NOT_FORECAST))


def _without_fit(options: tuple[Option, ...], found: NoFit) -> Forecasted:
    """The options where the models say nothing; on an unexpected level without those that lower exposure.

    Such a level may be a slip of the sampling or of the record. Who is given less on it may lose the drug,
    while waiting for another level costs nothing: the protocol calls less drug never urgent.
    """
    kept = options
    if found.absent in UNEXPECTED:
        kept = tuple([one for one in options if one.kind not in LESS_DRUG])
    forecast = replace(absent_for(found), less_withheld=len(kept) < len(options))
    return Forecasted(kept, kept, forecast, issues_of(found))


def reason_against(assessment: Assessment, *, pregnant: bool, dose_slip: bool) -> Absence | None:
    """Why no forecast may be made of a course, by what the gates and the regimen say."""
    if pregnant:
        return Absence.PREGNANCY
    if dose_slip:
        return Absence.DOSE_IN_DOUBT
    return Absence.INTERVAL_IN_DOUBT if assessment.regimen.interval_doubtful else None


def names_regimen(option: Option) -> bool:
    """Whether an option says what would be given, so that a trough can be predicted."""
    return option.kind in REGIMENS and (
        option.dose_mg is not None or option.dose_mg_per_kg is not None or option.interval_days is not None
    )


def _with_numbers(
    found: Fit,
    course: TreatmentCourse,
    assessment: Assessment,
    options: tuple[Option, ...],
    reading: LevelReading | None,
    now: Moment,
    knowledge: Knowledge,
) -> Forecasted:
    question = course_of(found, assessment, now, knowledge)
    keeping = any(option.kind in LESS_DRUG for option in options)
    projection = None
    if reading is not None:
        projection = project(found, reading, course, assessment, now, knowledge)
    asking = [option for option in options if names_regimen(option)]
    ordered = of_order(question, asking) if asking else None
    in_force, *predicted = answers(
        question,
        [
            regimen_in_force(question, keeping=keeping),
            *[of_option(question, option) for option in asking],
            *([] if ordered is None else [ordered._replace(keeping=keeping)]),
        ],
    )
    found_for = iter(predicted)
    numbered = tuple(
        [
            replace(option, predicted=next(found_for)) if names_regimen(option) else option
            for option in options
        ]
    )
    said = counted(falls_in(question), assessment, knowledge, keeping=keeping) if asking else ()
    forecast = forecast_of(question, in_force, projection, said, of_order=next(found_for, None))
    return Forecasted(numbered, numbered, forecast, issues=found.inputs.covariates.issues)


def apart(assessment: Assessment, in_force: TroughForecast | None) -> float | None:
    """The measured trough where it is well apart from what the models expect of the same regimen; else None.

    They take part of a single level for chance, which a reader has to be told.
    """
    level = assessment.level
    if in_force is None or not in_force.settled or level is None or level.comparator is not Comparator.EXACT:
        return None
    value = level.value_ug_ml
    if value is None:
        return None
    lowest, highest = in_force.medians_ug_ml
    return None if lowest / APART <= value <= highest * APART else value


def _ranked(numbered: Forecasted, assessment: Assessment, knowledge: Knowledge) -> Forecasted:
    """The options as the forecast ranks them, where it may."""
    forecast = numbered.forecast
    if forecast is None or not _may_rank(numbered.options, assessment, forecast):
        return numbered
    ranking = rank(numbered.options, knowledge.policy)
    foreseen = replace(forecast, ranked=ranking.no_choice is None, no_choice=ranking.no_choice)
    return Forecasted(
        ranking.options,
        ranking.about_as_good,
        foreseen,
        numbered.issues,
        local_policy=not LIMITS.isdisjoint(knowledge.local_keys),
        order_too_strong=too_strong(ranking.options, foreseen, assessment, knowledge.policy),
    )


def _with_the_cap(
    ranked: Forecasted, found: Fit, assessment: Assessment, now: Moment, knowledge: Knowledge
) -> Forecasted:
    """The same with what the most that is allowed would give, where the options fall short of the aim.

    Not where each is likely to be too much: more of it is no answer there, whatever the more cautious model
    says of the aim.
    """
    forecast = ranked.forecast
    if forecast is None or forecast.no_choice not in (NoChoice.NO_EVEN_CHANCE, NoChoice.BETWEEN):
        return ranked
    strongest = at_cap(course_of(found, assessment, now, knowledge), ranked.options)
    return replace(ranked, forecast=replace(forecast, at_cap=strongest))


def too_strong(options: Sequence[Option], forecast: Forecast, assessment: Assessment, policy: Policy) -> bool:
    """Whether the order has more drug than is recommended: beyond all options, or like one set aside."""
    asked = assessment.draft_regimen
    chosen = next((one for one in options if one.recommended), None)
    if asked is None or chosen is None:
        return False
    order = Option(OptionKind.RAISE_DOSE, current_mg(asked), None, asked.interval_days)
    weekly = weekly_mg(order)
    if weekly <= weekly_mg(chosen) * SAME_DRUG:
        return False
    rated = [one for one in options if is_candidate(one)]
    if weekly > max(weekly_mg(one) for one in rated) * SAME_DRUG:
        return True
    same = [one.predicted for one in rated if same_regimen(order, one)]
    return is_set_aside(replace(order, predicted=same[0] if same else forecast.of_order), policy)


def _of_the_ladder(options: Sequence[Option], assessment: Assessment) -> bool:
    """Whether the rule recommends a regimen of the ladder, of infusions in maintenance."""
    if assessment.regimen.route is not Route.INTRAVENOUS:
        return False
    if any(situation.phase in INDUCTION for situation in assessment.situations):
        return False
    return any(one.recommended and not one.provisional and names_regimen(one) for one in options)


def _may_rank(options: Sequence[Option], assessment: Assessment, forecast: Forecast) -> bool:
    """Whether the recommendation may move: only where the rule recommends a regimen of the ladder itself.

    Of injections and in induction the specialist chooses. The forecast never recommends where the rule
    does not.
    """
    if not _of_the_ladder(options, assessment):
        return False
    if any(remark is Remark.SCHEDULE_PRESUMED for remark, _ in forecast.assumptions):
        return False  # nothing is advised on doses that nobody recorded
    return any(option.recommended and is_candidate(option) for option in options)


def forecast_of(
    question: Course,
    in_force: TroughForecast | None,
    projection: Projection | None,
    counted: tuple[Note, ...] = (),
    of_order: TroughForecast | None = None,
) -> Forecast:
    """What is predicted of the regimen in force and of an order beside it, from what, with what assumed."""
    found = question.found
    opinion = None
    if found.opinion is not None:
        opinion = answers(question, [regimen_in_force(question)], (found.opinion,))[0]
    return Forecast(
        models=tuple([one.estimate.model.id for one in found.bracket]),
        individual=found.individual,
        in_force=in_force,
        measured_ug_ml=apart(question.assessment, in_force),
        measured_on_day=day_within_interval(found, question.assessment, question.knowledge.policy),
        projection=projection,
        opinion=opinion,
        of_order=of_order,
        inputs=found.inputs.inputs,
        assumptions=found.assumptions,
        left_out=found.left_out,
        counted=counted,
    )


def absent_for(found: NoFit) -> Forecast:
    """The absence with its reason."""
    return Forecast(found.absent, left_out=found.left_out)


def issues_of(found: NoFit) -> tuple[DataIssue, ...]:
    """An issue for each level that no model explains: somebody should check sample, doses and antibodies."""
    return tuple(
        [DataIssue(IssueCode.LEVEL_UNEXPECTED, "level", (("day", day),)) for day in found.level_days]
    )


def where(error: Exception) -> str:
    """The kind of an exception and the file and line that raised it: nothing of the patient."""
    places = [
        f"{PurePath(frame.filename).name}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    return f"{type(error).__name__} at {places[-1]}" if places else type(error).__name__
