"""From a course and its assessment to what the models need: doses, levels and covariates on one axis."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from tdm.decision import Assessment
from tdm.facts import Moment, Route, TreatmentCourse
from tdm.forecast.choosing import typical_albumin_g_dl
from tdm.forecast.covariates import CovariateHistory, read_covariates
from tdm.forecast.doses import DoseReader, read_doses
from tdm.forecast.result import Absence, Note, Remark
from tdm.forecast.samples import UsedLevels, all_but, newest_only, read_samples
from tdm.forecast.timeline import Step, Timeline, value_at
from tdm.issues import IssueCode
from tdm.knowledge.model import Knowledge
from tdm.pharmacokinetics.history import Administration, Covariates, History, Sample, history_of
from tdm.pharmacokinetics.model import PkModel
from tdm.plausibility import amount_text
from tdm.source import Source


@dataclass(frozen=True, slots=True)
class Inputs:
    """What is known of one patient for a forecast, whichever model is asked.

    `inputs` and `assumptions` name what stands behind.
    `not_detected`: when the levels that came without a number were drawn.
    """

    timeline: Timeline
    doses: tuple[Administration, ...]
    levels: UsedLevels
    covariates: CovariateHistory
    inputs: tuple[Note, ...]
    assumptions: tuple[Note, ...]
    not_detected: frozenset[Moment]

    def by_newest_level(self) -> Inputs:
        """The same with the newest level alone: the older ones do not agree with it."""
        return self._with(newest_only(self.levels, Remark.CLEARANCE_CHANGED))

    def without(self, drawn: Moment) -> Inputs:
        """The same without one older level, which no model would have expected; it is left out by name."""
        return self._with(all_but(self.levels, drawn))

    def _with(self, levels: UsedLevels) -> Inputs:
        others = [note for note in self.inputs if note[0] not in (Remark.LEVEL, Remark.LEVELS)]
        of_levels = (Remark.LEVEL_NOT_DETECTED, Remark.LEVELS_DOUBTFUL, Remark.LEVEL_AFTER_INFUSION)
        assumed = [note for note in self.assumptions if note[0] not in of_levels]
        return replace(
            self,
            levels=levels,
            inputs=(*_levels_note(levels, self.not_detected), *others),
            assumptions=(*_limit_note(levels, self.not_detected), *_doubts_note(levels), *assumed),
        )

    def measured(self, drawn: Moment) -> str:
        """What went in of a level, with its unit; of one without a number, what it is taken for."""
        return _level_text(self.levels.samples[self.levels.drawn.index(drawn)], missing=False)

    def history_for(self, model: PkModel) -> History:
        """The history as one model reads it; a missing albumin is that model's typical one."""
        read = self.covariates
        albumin = read.albumin_g_dl or (Step(0.0, typical_albumin_g_dl(model)),)
        first = min(self.doses[0].at_days, *[sample.at_days for sample in self.levels.samples], 0.0)
        changes = {first}
        for steps in (read.weight_kg, albumin, read.ati_positive):
            # The first value holds from the beginning: what was before it is not known.
            changes.update([step.from_days for step in steps[1:] if step.from_days > first])
        return history_of(
            self.doses,
            [
                Covariates(
                    at,
                    value_at(read.weight_kg, at),
                    value_at(albumin, at),
                    ati_positive=value_at(read.ati_positive, at),
                    immunomodulator=read.immunomodulator,
                    male=read.male is not False,
                )
                for at in sorted(changes)
            ],
            self.levels.samples,
        )


def _contradicting(assessment: Assessment) -> list[Source | None]:
    """The records of levels that differ so much from one of less than a day later that neither decides."""
    if not assessment.level_conflict:
        return []
    return [issue.source for issue in assessment.issues if issue.code is IssueCode.LEVEL_DIFFERS_WITHIN_A_DAY]


def _levels_note(levels: UsedLevels, not_detected: Collection[Moment]) -> tuple[Note, ...]:
    if not levels.drawn:
        return ()
    told = [
        f"{drawn.day.isoformat()} ({_level_text(sample, missing=drawn in not_detected)})"
        for sample, drawn in zip(levels.samples, levels.drawn, strict=True)
    ]
    return ((Remark.LEVELS if len(told) > 1 else Remark.LEVEL, (("levels", ", ".join(told)),)),)


def _level_text(sample: Sample, *, missing: bool) -> str:
    if missing:
        return "not detected"
    return f"{'below ' if sample.below else ''}{amount_text(sample.value_ug_ml)} µg/mL"


def _limit_note(levels: UsedLevels, not_detected: Collection[Moment]) -> tuple[Note, ...]:
    """What a level without a number is taken for: the laboratory's own limit is not known."""
    found = [place for place, drawn in enumerate(levels.drawn) if drawn in not_detected]
    if not found:
        return ()
    days = ", ".join(levels.drawn[place].day.isoformat() for place in found)
    limit = amount_text(levels.samples[found[0]].value_ug_ml)
    return ((Remark.LEVEL_NOT_DETECTED, (("days", days), ("limit", limit))),)


def _doubts_note(levels: UsedLevels) -> tuple[Note, ...]:
    doubts = (
        (Remark.LEVELS_DOUBTFUL, levels.doubtful),
        (Remark.LEVEL_AFTER_INFUSION, levels.after_infusion),
    )
    return tuple(
        [
            (remark, (("days", ", ".join(one.day.isoformat() for one in drawn)),))
            for remark, drawn in doubts
            if drawn
        ]
    )


def read_inputs(
    course: TreatmentCourse, assessment: Assessment, now: Moment, knowledge: Knowledge
) -> Inputs | Absence:
    """The inputs of a forecast, or the reason why there is none."""
    regimen, weight, history = assessment.regimen, assessment.weight, assessment.history
    if weight is None:
        return Absence.NO_WEIGHT
    timeline = Timeline(now)
    covariates = read_covariates(course, weight, timeline, knowledge)
    levels = read_samples(course.levels, history, timeline, knowledge.policy, _contradicting(assessment))
    if levels.newest_unbounded:
        return Absence.LEVEL_AT_LEAST
    if regimen.route is Route.INTRAVENOUS and not history.infusions:
        levels = newest_only(levels)  # the schedule is laid by it; where older ones lie in it nobody knows
    reader = DoseReader(course, history, regimen, covariates.dosing_weight_kg, timeline, knowledge.policy)
    samples_days = [sample.at_days for sample in levels.samples]
    doses = read_doses(reader, samples_days, levels.drawn[0] if levels.drawn else None)
    if isinstance(doses, Absence):
        return doses
    if reader.laid_by_level:
        levels = newest_only(levels)
        reader.notes.append((Remark.LEVEL_AS_TROUGH, (("day", levels.drawn[0].day.isoformat()),)))
    # A corrected result may have a number where the one that it replaces had none.
    without_number = {one.drawn for one in course.levels if not one.detected}
    drawn_below = [drawn for one, drawn in zip(levels.samples, levels.drawn, strict=True) if one.below]
    not_detected = frozenset([drawn for drawn in drawn_below if drawn in without_number])
    inputs: list[Note] = []
    inputs += _levels_note(levels, not_detected)
    recorded = len(history.infusions)
    if recorded:
        first = history.infusions[0].given.day.isoformat()
        inputs.append((Remark.DOSES, (("count", str(recorded)), ("day", first))))
    duration: tuple[Note, ...] = ()
    if regimen.route is Route.INTRAVENOUS:
        duration = ((Remark.INFUSION_TIME, ()),)
    return Inputs(
        timeline,
        doses,
        levels,
        covariates,
        (*inputs, *covariates.inputs),
        (
            *_limit_note(levels, not_detected),
            *_doubts_note(levels),
            *duration,
            *reader.notes,
            *covariates.assumptions,
        ),
        not_detected,
    )
