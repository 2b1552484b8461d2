"""What changes how fast infliximab is cleared: weight, albumin, antibodies and the like over time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite

from tdm.activity import marker_issue
from tdm.antibody_result import POSITIVE, DatedAti, assay_known, class_of
from tdm.decision import AtiClass
from tdm.facts import (
    Comparator,
    FactGroup,
    Marker,
    MarkerReading,
    MedicationConcept,
    Moment,
    ResultStatus,
    Sex,
    TreatmentCourse,
    WeightReading,
)
from tdm.forecast.result import Note, Remark
from tdm.forecast.samples import BELOW
from tdm.forecast.timeline import MOST_STEPS, Step, Timeline, Value
from tdm.immunogenicity import usable_results
from tdm.issues import DataIssue, IssueCode
from tdm.knowledge.model import Knowledge, Policy
from tdm.timing import in_future, instant, is_older
from tdm.weight import HEAVIEST_KG

IMMUNOMODULATORS = (MedicationConcept.THIOPURINE, MedicationConcept.METHOTREXATE)
# Outside of these an albumin is a slip of the unit: g/L for g/dL, or a urine result.
ALBUMIN_PLAUSIBLE_G_DL = (1.0, 6.5)
# Where a healthy albumin lies: one known only as below more than that, or above less, may be anything.
BELOW_SAYS_G_DL, ABOVE_SAYS_G_DL = 4.0, 3.5
# Readings this close are one: each further step of a covariate costs time and says nothing.
SAME_ALBUMIN_G_DL = 0.1
ONE_DRAW_DAYS = 1.0


@dataclass(frozen=True, slots=True)
class CovariateHistory:
    """Covariates as steps, oldest first. `albumin_g_dl` is empty where no recent value is on record.

    A value holds up to its own date, back to the reading before it: what is measured at the end of a dosing
    interval was true of it, and explains the level that was drawn with it. That is how the models' own data
    were read. `dosing_weight_kg` is the weight that was known at a time, by which doses were worked out.
    `male` is None where sex is not recorded. `inputs` and `assumptions` say what they rest on, `issues` which
    albumin is none that a person has.
    """

    weight_kg: tuple[Step[float], ...]
    dosing_weight_kg: tuple[Step[float], ...]
    albumin_g_dl: tuple[Step[float], ...]
    ati_positive: tuple[Step[bool], ...]
    immunomodulator: bool
    male: bool | None
    inputs: tuple[Note, ...] = ()
    assumptions: tuple[Note, ...] = ()
    issues: tuple[DataIssue, ...] = ()


def read_covariates(
    course: TreatmentCourse, weight: WeightReading, timeline: Timeline, knowledge: Knowledge
) -> CovariateHistory:
    """The covariates of a course with a usable weight."""
    policy = knowledge.policy
    weighed = weight_steps(course.weights, weight, timeline, policy)
    weights = distinct(held_back(weighed), policy.same_weight_fraction * weight.kilograms)
    albumins, used = albumin_steps(course.markers, timeline, policy)
    antibodies, measured = ati_steps(course, timeline, knowledge)
    immunomodulator = any(
        use.concept in IMMUNOMODULATORS and not use.draft and not use.completed for use in course.medications
    )
    inputs: list[Note] = [(Remark.WEIGHT, (("kg", f"{weight.kilograms:.4g}"),))]
    assumptions: list[Note] = []
    if used:
        day = ("day", used[-1].drawn.day.isoformat())
        inputs.append((Remark.ALBUMIN, (("value", f"{albumins[-1].value:.1f}"), day)))
    assumptions += at_their_limit(used)
    if measured is not None:
        day = ("day", measured.day.isoformat())
        inputs.append((Remark.ATI_POSITIVE if antibodies[-1].value else Remark.ATI_NEGATIVE, (day,)))
    else:
        assumptions.append((Remark.ATI_UNKNOWN, ()))
    inputs.append((Remark.IMMUNOMODULATOR if immunomodulator else Remark.NO_IMMUNOMODULATOR, ()))
    if not immunomodulator and FactGroup.ORDERS in [group for group, _ in course.shortfalls]:
        assumptions.append((Remark.IMMUNOMODULATOR_UNKNOWN, ()))
    return CovariateHistory(
        weights,
        weighed,
        albumins,
        antibodies or (Step(0.0, value=False),),
        immunomodulator,
        None if course.sex not in (Sex.MALE, Sex.FEMALE) else course.sex is Sex.MALE,
        tuple(inputs),
        tuple(assumptions),
        implausible_albumins(course.markers, timeline.now, policy),
    )


def implausible_albumins(
    readings: Iterable[MarkerReading], now: Moment, policy: Policy
) -> tuple[DataIssue, ...]:
    """An issue for each recent albumin that no person has: a slip of the unit, most likely."""
    lowest, highest = ALBUMIN_PLAUSIBLE_G_DL
    return tuple(
        [
            marker_issue(IssueCode.MARKER_IMPLAUSIBLE, one)
            for one in readings
            if one.marker is Marker.ALBUMIN
            and one.value is not None
            and not lowest <= one.value <= highest
            and not is_older(one.drawn, now, policy.forecast_albumin_valid_days)
        ]
    )


def weight_steps(
    readings: Iterable[WeightReading], accepted: WeightReading, timeline: Timeline, policy: Policy
) -> tuple[Step[float], ...]:
    """Weights as steps that end in the one that the dose per kilogram rests on.

    A reading far from that one may be in pounds and stays out, as do two of one day.
    """
    ratio = policy.plausible_weight_ratio
    by_day = {
        one.measured.day: one
        for one in sorted(readings, key=_heaviest_first)
        if isfinite(one.kilograms)
        and 0 < one.kilograms <= HEAVIEST_KG
        and 1 / ratio <= one.kilograms / accepted.kilograms <= ratio
        and one.measured.day < accepted.measured.day
    }
    steps = [Step(timeline.at(by_day[day].measured), by_day[day].kilograms) for day in sorted(by_day)]
    steps.append(Step(timeline.at(accepted.measured), accepted.kilograms))
    return tuple(steps[-MOST_STEPS:])


def _heaviest_first(reading: WeightReading) -> tuple[float, float]:
    # Of one day the lightest is kept, as for the dose per kilogram; of equal ones the first.
    return -reading.kilograms, -instant(reading.measured)


def albumin_steps(
    readings: Iterable[MarkerReading], timeline: Timeline, policy: Policy
) -> tuple[tuple[Step[float], ...], list[MarkerReading]]:
    """Albumin in g/dL as steps, and their readings; none where the newest is too old to speak of now.

    One known only as below or above a limit is taken at it. To count it as missing would give who has hardly
    any albumin that of the typical patient.
    """
    now = timeline.now
    lowest, highest = ALBUMIN_PLAUSIBLE_G_DL
    usable = [
        (one.drawn.day, one.status is not ResultStatus.FINAL, one.value, instant(one.drawn), one)
        for one in readings
        if one.marker is Marker.ALBUMIN
        and one.value is not None
        and lowest <= one.value <= highest
        and _says_something(one.value, one.comparator)
        and not in_future(one.drawn, now, policy.future_tolerance_minutes)
    ]
    if not usable:
        return (), []
    # Of one day a final result speaks, then the lowest: it clears the drug fastest. Of equal ones the first,
    # so that the order of the records decides nothing.
    by_day = {entry[0]: entry for entry in sorted(usable, key=lambda entry: entry[:4], reverse=True)}
    used = [by_day[day] for day in sorted(by_day)]
    readings_used = [one for *_, one in used]
    if is_older(readings_used[-1].drawn, now, policy.forecast_albumin_valid_days):
        return (), []
    steps = [Step(timeline.at(one.drawn), value) for _, _, value, _, one in used]
    return distinct(held_back(steps), SAME_ALBUMIN_G_DL), readings_used


def _says_something(value: float, comparator: Comparator) -> bool:
    if comparator in BELOW:
        return value <= BELOW_SAYS_G_DL
    return comparator is Comparator.EXACT or value >= ABOVE_SAYS_G_DL


def at_their_limit(albumins: Iterable[MarkerReading]) -> list[Note]:
    """A note on each albumin that was taken at the limit that it is known to be below or above."""
    return [
        (
            Remark.ALBUMIN_BELOW if one.comparator in BELOW else Remark.ALBUMIN_ABOVE,
            (("value", f"{one.value:.1f}"), ("day", one.drawn.day.isoformat())),
        )
        for one in albumins
        if one.comparator is not Comparator.EXACT
    ]


def ati_steps(
    course: TreatmentCourse, timeline: Timeline, knowledge: Knowledge
) -> tuple[tuple[Step[bool], ...], Moment | None]:
    """Whether antibodies were present, as steps, and when last measured; nothing where no result says so.

    A negative of an assay that drug disturbs says nothing here. Of one day a positive speaks.
    """
    found: dict[Moment, bool] = {}
    for result in reversed(usable_results(course.atis, timeline.now, knowledge, [])):
        positive = is_positive(result, knowledge)
        if positive is not None:
            found[result.drawn] = positive or found.get(result.drawn, False)
    steps: list[Step[bool]] = []
    for step in held_back([Step(timeline.at(drawn), positive) for drawn, positive in found.items()]):
        if not steps or steps[-1].value is not step.value:
            steps.append(step)
    return tuple(steps[-MOST_STEPS:]), next(reversed(found), None)


def is_positive(result: DatedAti, knowledge: Knowledge) -> bool | None:
    """Positive or negative as the models know it, None where the result decides neither."""
    assay = assay_known(result.reading, knowledge)
    ati = class_of(result.reading, assay)
    if ati in POSITIVE:
        return True
    if ati is AtiClass.NEGATIVE and (assay is None or not assay.drug_sensitive):
        return False
    return None


def held_back(readings: Sequence[Step[Value]]) -> list[Step[Value]]:
    """Readings as steps that begin where the reading before them ends: a day after it was taken.

    The day joins what is drawn together: a level of 8:00 belongs to the albumin of 7:55.
    """
    return [
        Step(one.from_days if before is None else before.from_days + ONE_DRAW_DAYS, one.value)
        for before, one in zip((None, *readings), readings, strict=False)
    ]


def distinct(steps: Sequence[Step[float]], same: float) -> tuple[Step[float], ...]:
    """The newest steps that differ from the one before by more than `same`; the last value is always kept."""
    kept: list[Step[float]] = []
    for step in steps:
        if not kept or abs(step.value - kept[-1].value) > same:
            kept.append(step)
    if kept[-1].value != steps[-1].value:
        kept[-1] = Step(kept[-1].from_days, steps[-1].value)
    return tuple(kept[-MOST_STEPS:])
