"""The ladder of regimens: the rungs above and below the regimen in force."""

from __future__ import annotations

from typing import NamedTuple

from tdm.decision import Activity, AgeGroup, Option, OptionKind, Phase, Regimen, Situation
from tdm.facts import Route
from tdm.knowledge.model import Policy
from tdm.options_dose import (
    DoseChange,
    current_mg,
    current_mg_per_kg,
    lowered_dose,
    raised_dose,
    shortened_large,
    shortened_small,
)

LABELLED_INTERVAL_DAYS = 56


class _Rung(NamedTuple):
    kind: OptionKind
    dose_mg: float | None = None
    dose_mg_per_kg: float | None = None
    interval_days: float | None = None
    off_label: bool = True
    worked_out: bool = True  # False: a number that the rung needs is unknown


def escalation(
    situation: Situation,
    regimen: Regimen,
    policy: Policy,
    *,
    interval_only: bool = False,
    recommend: bool = False,
    provisional: bool = False,
) -> tuple[Option, ...]:
    """Return the rungs above the regimen in force; none at the cap.

    Recommended, if asked for, is the labelled rung where there is one (adults after loss of response:
    10 mg/kg at an unchanged interval of eight weeks), else the first of the ladder, the shorter interval. A
    rung whose numbers are unknown is not recommended, nor is any subcutaneous one: the specialist chooses.
    """
    if situation.at_cap:
        return ()
    if situation.route is Route.SUBCUTANEOUS:
        rungs = () if interval_only else _subcutaneous(regimen, policy)
        recommend = False
    elif situation.phase in (Phase.INDUCTION_WEEK_2, Phase.INDUCTION_WEEK_6):
        rungs = _induction(regimen, policy, interval_only=interval_only)
    else:
        rungs = _maintenance(situation, regimen, policy, interval_only=interval_only)
    chosen = _choose(rungs) if recommend else None
    return tuple(
        [
            Option(
                rung.kind,
                rung.dose_mg,
                rung.dose_mg_per_kg,
                rung.interval_days,
                recommended=rung is chosen,
                provisional=provisional,
                off_label=rung.off_label,
            )
            for rung in rungs
        ]
    )


def _choose(rungs: tuple[_Rung, ...]) -> _Rung | None:
    worked_out = [rung for rung in rungs if rung.worked_out]
    for rung in worked_out:
        if not rung.off_label:
            return rung
    return worked_out[0] if worked_out else None


def _maintenance(
    situation: Situation, regimen: Regimen, policy: Policy, *, interval_only: bool
) -> tuple[_Rung, ...]:
    interval, mg, per_kg = regimen.interval_days, current_mg(regimen), current_mg_per_kg(regimen)
    rungs = []
    small = None if interval is None else shortened_small(interval, policy)
    if interval is None:
        rungs.append(_Rung(OptionKind.SHORTEN_INTERVAL_2_WEEKS, worked_out=False))
    else:
        large = shortened_large(interval, policy)
        # In heart failure a shorter interval rests on a dose that is known to be within its limit.
        known = per_kg is not None or not interval_only
        if small is not None:
            rungs.append(_Rung(OptionKind.SHORTEN_INTERVAL_2_WEEKS, mg, per_kg, small, worked_out=known))
        if large is not None:
            rungs.append(_Rung(OptionKind.SHORTEN_INTERVAL_4_WEEKS, mg, per_kg, large, worked_out=known))
    if interval_only:
        return tuple(rungs)
    rungs += _stronger_doses(situation, regimen, policy, small)
    return tuple(rungs)


def _stronger_doses(
    situation: Situation, regimen: Regimen, policy: Policy, shorter_days: float | None
) -> list[_Rung]:
    interval = regimen.interval_days
    if current_mg_per_kg(regimen) is None:
        return [_Rung(OptionKind.RAISE_DOSE, worked_out=False)]
    raised = raised_dose(regimen, policy.maximum_dose_mg_per_kg, policy)
    if raised is None:
        return []
    rungs = [
        _Rung(
            OptionKind.RAISE_DOSE,
            raised.mg,
            raised.mg_per_kg,
            interval,
            off_label=not _is_labelled(situation, interval),
        )
    ]
    if shorter_days is not None:
        both = OptionKind.RAISE_DOSE_AND_SHORTEN_INTERVAL
        rungs.append(_Rung(both, raised.mg, raised.mg_per_kg, shorter_days))
    return rungs


def _is_labelled(situation: Situation, interval_days: float | None) -> bool:
    """Return whether 10 mg/kg is labelled: an adult who lost response, at eight weeks or more."""
    return (
        situation.age_group is AgeGroup.ADULT
        and situation.phase is Phase.MAINTENANCE
        and situation.activity in (Activity.ACTIVE_CONFIRMED, Activity.ACTIVE_UNCONFIRMED)
        and interval_days is not None
        and interval_days >= LABELLED_INTERVAL_DAYS
    )


def _induction(regimen: Regimen, policy: Policy, *, interval_only: bool) -> tuple[_Rung, ...]:
    """Return the rungs in induction. How much earlier the next dose comes is left to the clinician."""
    earlier = _Rung(OptionKind.BRING_NEXT_DOSE_FORWARD)
    if interval_only:
        return (earlier,)
    if current_mg_per_kg(regimen) is None:
        return (earlier, _Rung(OptionKind.RAISE_DOSE, worked_out=False))
    raised = raised_dose(regimen, policy.maximum_dose_mg_per_kg, policy)
    if raised is None:
        return (earlier,)
    return (earlier, _Rung(OptionKind.RAISE_DOSE, raised.mg, raised.mg_per_kg))


def _subcutaneous(regimen: Regimen, policy: Policy) -> tuple[_Rung, ...]:
    intravenous = _Rung(OptionKind.RETURN_TO_INTRAVENOUS, off_label=False)
    doubled = policy.subcutaneous_doubled_dose_mg
    if regimen.dose_mg is not None and regimen.dose_mg >= doubled:
        return (intravenous,)
    interval = regimen.interval_days or policy.subcutaneous_interval_days
    return (intravenous, _Rung(OptionKind.SUBCUTANEOUS_DOUBLE_DOSE, dose_mg=doubled, interval_days=interval))


def deescalation(situation: Situation, regimen: Regimen, policy: Policy) -> tuple[Option, ...]:
    """Return the rungs below the regimen in force; never recommended, only named."""
    interval = regimen.interval_days
    lowered = lowered_dose(regimen, policy)
    child = situation.age_group is AgeGroup.CHILD
    options = []
    if lowered is not None:
        options.append(_lower(lowered, interval))
    if interval is not None:
        longer = interval + policy.shorten_small_days
        if interval < LABELLED_INTERVAL_DAYS:
            longer = min(longer, LABELLED_INTERVAL_DAYS)
        options.append(
            Option(
                OptionKind.LENGTHEN_INTERVAL,
                dose_mg=current_mg(regimen),
                dose_mg_per_kg=current_mg_per_kg(regimen),
                interval_days=longer,
                off_label=longer != LABELLED_INTERVAL_DAYS or (child and lowered is not None),
            )
        )
    return tuple(options) or (Option(OptionKind.LENGTHEN_INTERVAL), Option(OptionKind.LOWER_DOSE))


def _lower(lowered: DoseChange, interval: float | None) -> Option:
    return Option(
        OptionKind.LOWER_DOSE,
        dose_mg=lowered.mg,
        dose_mg_per_kg=lowered.mg_per_kg,
        interval_days=interval,
        off_label=interval != LABELLED_INTERVAL_DAYS,
    )
