"""Asks the models: one estimate each, then the trough of every regimen in question."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tdm.decision import Assessment
from tdm.facts import Moment, Route, TreatmentCourse
from tdm.forecast.choosing import Chosen, knows, may_speak, models_for, range_notes, short_name
from tdm.forecast.inputs import Inputs, read_inputs
from tdm.forecast.result import Absence, ModelTrough, Note, Remark, TroughForecast
from tdm.forecast.steadiness import contradicts
from tdm.knowledge.model import Knowledge
from tdm.pharmacokinetics.estimate import Estimate, estimate, estimates
from tdm.pharmacokinetics.history import History, Sample
from tdm.pharmacokinetics.model import Covariate, PkModel
from tdm.pharmacokinetics.predicted import Predicted
from tdm.pharmacokinetics.prediction import Plan, predict_at, predict_troughs


@dataclass(frozen=True, slots=True)
class Fitted:
    """One model after its estimate, with the history as it read it."""

    estimate: Estimate
    history: History


@dataclass(frozen=True, slots=True)
class Fit:
    """What the models make of one patient; asked for the trough of any regimen.

    `bracket` ranks; `opinion` is a further model where albumin is missing.
    """

    inputs: Inputs
    bracket: tuple[Fitted, ...]
    opinion: Fitted | None
    assumptions: tuple[Note, ...]
    left_out: tuple[Note, ...]

    @property
    def individual(self) -> bool:
        """Whether a level went in."""
        return bool(self.inputs.levels.samples)


@dataclass(frozen=True, slots=True)
class NoFit:
    """Why the models say nothing, with what was left out and, where they disagree, the days of the levels.

    `single` is the one level that stands in the way, where it is not the newest.
    """

    absent: Absence
    left_out: tuple[Note, ...] = ()
    level_days: tuple[str, ...] = ()
    single: Moment | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a trough: the chance of at least one level and of more than another.

    `usually_above_ug_ml` is what would be more than is wanted, had the site set no goal; None where the goal
    lifts nothing.
    """

    at_least_ug_ml: float | None
    above_ug_ml: float | None = None
    usually_above_ug_ml: float | None = None


def fit(
    course: TreatmentCourse,
    assessment: Assessment,
    now: Moment,
    knowledge: Knowledge,
    *,
    subcutaneous: bool = False,
) -> Fit | NoFit:
    """The models of this patient, fitted to the levels; or why there is nothing to say.

    `subcutaneous`: injections will be asked about, so that only a model that knows them will do. It does for
    a course of injections in any case, and where some were given before the infusions.
    """
    groups = {situation.age_group for situation in assessment.situations}
    if len(groups) > 1:
        return NoFit(Absence.AGE_UNKNOWN)
    inputs = read_inputs(course, assessment, now, knowledge)
    if isinstance(inputs, Absence):
        return NoFit(inputs)
    injected = subcutaneous or any(dose.subcutaneous for dose in inputs.doses)
    route = Route.SUBCUTANEOUS if injected else assessment.regimen.route
    known = bool(inputs.covariates.albumin_g_dl)
    chosen = models_for(knowledge.models.values(), route, groups.pop(), albumin_known=known)
    found = fit_models(chosen, inputs)
    if isinstance(found, NoFit) and found.single is not None:
        if assessment.level is not None and assessment.level.drawn == found.single:
            return replace(found, absent=Absence.LEVEL_UNEXPECTED)  # the decision rests on it
        inputs = inputs.without(found.single)
        found = fit_models(chosen, inputs)
    if isinstance(found, NoFit) or not found.individual:
        return found
    explaining = _explaining(found)
    if len(explaining) < len(found.bracket) and len(inputs.levels.samples) > 1:
        # One clearance does not explain all levels: the newest tells of now.
        found = fit_models(chosen, inputs.by_newest_level())
        if isinstance(found, NoFit):
            return found
        explaining = _explaining(found)
    return _believed(found, explaining)


def _explaining(found: Fit) -> list[Fitted]:
    return [one for one in found.bracket if not contradicts(one.estimate, one.history)]


def _believed(found: Fit, explaining: Sequence[Fitted]) -> Fit | NoFit:
    """The fit less the models that do not explain the newest level, by name; or none, where no model does.

    A level far below what the doses explain is either taken for chance, and the answer is then the opposite
    of what was measured; or it has two explanations, and the interval would know only one of them.
    """
    day = found.inputs.levels.drawn[0].day.isoformat()
    if not explaining:
        return NoFit(Absence.LEVEL_UNEXPECTED, found.left_out, (day,))
    if len(explaining) == len(found.bracket):
        return found
    left_out = [
        (Remark.MODEL_NOT_EXPLAINING, (("model", short_name(one.estimate.model)), ("day", day)))
        for one in found.bracket
        if one not in explaining
    ]
    return replace(found, bracket=tuple(explaining), left_out=(*found.left_out, *left_out))


def fit_models(chosen: Chosen, inputs: Inputs) -> Fit | NoFit:
    """The chosen models fitted to the levels of the inputs; or why there is nothing to say."""
    known = bool(inputs.covariates.albumin_g_dl)
    asked = [*chosen.bracket, *([] if chosen.opinion is None else [chosen.opinion])]
    histories = histories_for(asked, inputs, shared=known)
    present = {name: history.covariates[-1] for name, history in histories.items()}
    models, left_out, unusual = range_notes(chosen.bracket, present)
    left_out = [*inputs.levels.left_out, *left_out]
    if not models:
        return NoFit(Absence.OUT_OF_RANGE, tuple(left_out))
    fitted = [
        Fitted(found, histories[found.model.id])
        for found in (
            # One history for all where nothing was assumed for want of albumin: then they share the work.
            estimates(models, histories[models[0].id])
            if known
            else [estimate(model, histories[model.id]) for model in models]
        )
    ]
    unexpected = unexpected_samples(fitted)
    if unexpected:
        return _disagreement(unexpected, inputs, tuple(left_out))
    converged = tuple([one for one in fitted if one.estimate.converged])
    left_out += [
        (Remark.MODEL_NOT_CONVERGED, (("model", short_name(one.estimate.model)),))
        for one in fitted
        if not one.estimate.converged
    ]
    if not converged:
        return NoFit(Absence.NOT_CONVERGED, tuple(left_out))
    if inputs.covariates.immunomodulator and not known_to(converged, Covariate.IMMUNOMODULATOR):
        left_out.append((Remark.IMMUNOMODULATOR_NOT_MODELLED, ()))
    opinion = None
    if chosen.opinion is not None and may_speak(chosen.opinion, present[chosen.opinion.id]):
        history = histories[chosen.opinion.id]
        found = Fitted(estimate(chosen.opinion, history), history)
        opinion = found if found.estimate.converged else None
    assumptions = [*inputs.assumptions, *unusual]
    if not known:
        values = " and ".join(dict.fromkeys(_albumin(one.history) for one in converged))
        assumptions.append((Remark.ALBUMIN_UNKNOWN, (("value", values),)))
        if opinion is not None and inputs.covariates.male is None:
            assumptions.append((Remark.SEX_UNKNOWN, (("model", short_name(opinion.estimate.model)),)))
    told = replace(inputs, inputs=known_only(inputs.inputs, converged))
    return Fit(told, converged, opinion, known_only(assumptions, converged), tuple(left_out))


OF_COVARIATE = {
    Remark.IMMUNOMODULATOR: Covariate.IMMUNOMODULATOR,
    Remark.NO_IMMUNOMODULATOR: Covariate.IMMUNOMODULATOR,
    Remark.IMMUNOMODULATOR_UNKNOWN: Covariate.IMMUNOMODULATOR,
    Remark.ATI_POSITIVE: Covariate.ATI_POSITIVE,
    Remark.ATI_NEGATIVE: Covariate.ATI_POSITIVE,
    Remark.ATI_UNKNOWN: Covariate.ATI_POSITIVE,
}


def known_to(fitted: Sequence[Fitted], covariate: Covariate) -> bool:
    """Whether any of the models takes a covariate into account."""
    return any(knows(one.estimate.model, covariate) for one in fitted)


def known_only(notes: Iterable[Note], fitted: Sequence[Fitted]) -> tuple[Note, ...]:
    """The notes less those on a covariate that no model here takes into account."""
    kept = []
    for note in notes:
        covariate = OF_COVARIATE.get(note[0])
        if covariate is None or known_to(fitted, covariate):
            kept.append(note)
    return tuple(kept)


def histories_for(models: Sequence[PkModel], inputs: Inputs, *, shared: bool) -> dict[str, History]:
    """The history of each model by its id; one for all where no value is the model's own."""
    if shared and models:
        history = inputs.history_for(models[0])
        return {model.id: history for model in models}
    return {model.id: inputs.history_for(model) for model in models}


def _albumin(history: History) -> str:
    return f"{history.covariates[-1].albumin_g_dl:.1f}"


def unexpected_samples(fitted: Sequence[Fitted]) -> list[Sample]:
    """The levels that no model would have expected, newest first: outside each 99 % range before the fit.

    One model that expected it is enough: that is what two are asked for.
    """
    return [
        sample
        for place, sample in reversed([*enumerate(fitted[0].history.samples)])
        if all(one.estimate.a_priori[place].disagrees(sample) for one in fitted)
    ]


def _disagreement(unexpected: Sequence[Sample], inputs: Inputs, left_out: tuple[Note, ...]) -> NoFit:
    """One old level may be a slip of its sampling; if the newest or several are odd, the record may be."""
    at = [sample.at_days for sample in inputs.levels.samples]
    drawn = [inputs.levels.drawn[at.index(sample.at_days)] for sample in unexpected]
    newest = inputs.levels.drawn[0] in drawn
    return NoFit(
        Absence.LEVEL_UNEXPECTED if newest else Absence.LEVELS_UNEXPECTED,
        left_out,
        tuple([one.day.isoformat() for one in drawn]),
        drawn[0] if len(drawn) == 1 and not newest else None,
    )


def troughs_of(
    models: Sequence[Fitted], questions: Sequence[tuple[Plan, Asked]], *, settled: bool
) -> list[TroughForecast]:
    """The trough that each regimen leads to: settled, or at the end of the interval after its first dose.

    All regimens at once: those of one interval share most of the work.
    """
    plans = [plan for plan, _ in questions]
    by_model = [predict_troughs(one.estimate, one.history, plans, None if settled else 1) for one in models]
    return [
        TroughForecast(
            tuple([_asked(found[place], one, asked) for one, found in zip(models, by_model, strict=True)]),
            asked.at_least_ug_ml,
            asked.above_ug_ml,
            asked.usually_above_ug_ml,
            settled=settled,
        )
        for place, (_, asked) in enumerate(questions)
    ]


def trough_at(found: Fit, asked: Asked, at_days: float) -> TroughForecast:
    """The level at one time of the course as it was given."""
    return TroughForecast(
        tuple([_asked(predict_at(one.estimate, one.history, at_days), one, asked) for one in found.bracket]),
        asked.at_least_ug_ml,
        asked.above_ug_ml,
        settled=False,
    )


def _asked(predicted: Predicted, one: Fitted, asked: Asked) -> ModelTrough:
    at_least, above, usually = asked.at_least_ug_ml, asked.above_ug_ml, asked.usually_above_ug_ml
    return ModelTrough(
        one.estimate.model.id,
        predicted.median_ug_ml,
        predicted.lower_ug_ml,
        predicted.upper_ug_ml,
        None if at_least is None else predicted.probability_at_least(at_least),
        None if above is None else predicted.probability_above(above),
        None if usually is None else predicted.probability_above(usually),
    )
