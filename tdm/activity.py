"""How active the disease is, from objective markers, scores and findings that still count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from math import inf, isfinite, nextafter
from operator import attrgetter

from tdm.decision import Activity
from tdm.facts import Comparator, Finding, Marker, MarkerReading, Moment, ResultStatus
from tdm.issues import DataIssue, IssueCode
from tdm.knowledge.model import Policy
from tdm.timing import in_future, instant, is_after, is_older


class Sign(IntEnum):
    """What one marker says, in the order in which it rises with the value."""

    QUIET = 0
    BETWEEN = 1
    BORDERLINE = 2
    ACTIVE = 3


# The calendar day of a reading.
DAY = attrgetter("drawn.day")

# Tuples, for asking a short one is quicker than the hash of a member.
ENDOSCOPIC = (Marker.SES_CD, Marker.ENDOSCOPY)
# A luminal endoscopy says nothing of a fistula, so a quiet one does not override a draining fistula; and a
# closed fistula says nothing of the bowel, so it is no quiet objective marker.
OVERRIDDEN_BY_ENDOSCOPY = (Marker.CRP, Marker.CALPROTECTIN, Marker.IMAGING, *ENDOSCOPIC)
QUIET_OBJECTIVE = (Marker.CRP, Marker.CALPROTECTIN, Marker.IMAGING, *ENDOSCOPIC)
SCORES = (Marker.PCDAI, Marker.HBI, Marker.CDAI)
# Albumin and ESR are shown and never decide: the protocol names no cut-off for them.
SHOWN_ONLY = (Marker.ALBUMIN, Marker.ESR)
NOT_FINAL = (ResultStatus.PRELIMINARY, ResultStatus.UNKNOWN)


@dataclass(frozen=True, slots=True)
class ActivityReading:
    """The activity with the newest counting reading of each marker that it rests on.

    `deep_remission`: remission shown by CRP and calprotectin, or by endoscopy.
    """

    activity: Activity
    deep_remission: bool
    markers: tuple[MarkerReading, ...]
    issues: tuple[DataIssue, ...]


def read_activity(
    readings: Iterable[MarkerReading],
    now: Moment,
    policy: Policy,
    *,
    not_before: Moment | None,
    last_change: Moment | None,
) -> ActivityReading:
    """The activity at `now`.

    `not_before` is the first infusion while in induction: markers not surely drawn after it tell of the
    disease before treatment. `last_change` is the last change of regimen, which ends an endoscopy's say.
    """
    issues: list[DataIssue] = []
    newest: dict[Marker, list[MarkerReading]] = {}
    # By day, newest first: what is older than a counting reading of its marker need not be looked at.
    deciding = [reading for reading in readings if reading.marker not in SHOWN_ONLY]
    for reading in sorted(deciding, key=DAY, reverse=True):
        marker = reading.marker
        group = newest.get(marker)
        if group is not None and reading.drawn.day < group[0].drawn.day:
            continue
        if counts(reading, now, policy, not_before, last_change, issues):
            newest[marker] = [reading] if group is None else newest_of(group, reading)
    signs: dict[Marker, Sign] = {}
    shown: list[MarkerReading] = []
    for marker, group in sorted(newest.items()):
        signs[marker] = sign_of_moment(group, policy, issues)
        chosen = min(group, key=reading_order) if len(group) > 1 else group[0]
        shown.append(chosen)
        if chosen.status in NOT_FINAL:
            issues.append(marker_issue(IssueCode.MARKER_PRELIMINARY, chosen))
    standing = signs
    if len(shown) > 1:
        standing = without_overridden(signs, {reading.marker: reading.drawn for reading in shown})
    activity = classify(standing)
    return ActivityReading(
        activity,
        activity is Activity.REMISSION and is_deep(standing),
        tuple(shown),
        tuple(issues),
    )


def counts(
    reading: MarkerReading,
    now: Moment,
    policy: Policy,
    not_before: Moment | None,
    last_change: Moment | None,
    issues: list[DataIssue],
) -> bool:
    """Whether a reading is recent, of this regimen and usable; names why where that is not plain age."""
    if in_future(reading.drawn, now, policy.future_tolerance_minutes):
        issues.append(marker_issue(IssueCode.MARKER_IN_FUTURE, reading))
        return False
    endoscopic = reading.marker in ENDOSCOPIC
    valid_days = policy.endoscopy_valid_days if endoscopic else policy.marker_valid_days
    if is_older(reading.drawn, now, valid_days):
        return False
    if not_before is not None and not is_after(reading.drawn, not_before):
        return False
    if endoscopic and last_change is not None and not is_after(reading.drawn, last_change):
        issues.append(marker_issue(IssueCode.ENDOSCOPY_BEFORE_CHANGE, reading))
        return False
    value = number_of(reading)
    usable = reading.finding is not None if value is None else isfinite(value) and value >= 0
    if not usable:
        issues.append(marker_issue(IssueCode.MARKER_IMPLAUSIBLE, reading))
    return usable


def number_of(reading: MarkerReading) -> float | None:
    """The value of a marker that has cut-offs; others speak by their finding only."""
    return reading.value if reading.marker in NUMERIC else None


def newest_of(group: Sequence[MarkerReading], reading: MarkerReading) -> list[MarkerReading]:
    """The newest of one day's readings: several where nothing tells their moments apart.

    A reading without a time may stand beside two timed ones; only what is surely older leaves.
    """
    if any(is_after(other.drawn, reading.drawn) for other in group):
        return list(group)
    return [other for other in group if not is_after(reading.drawn, other.drawn)] + [reading]


def sign_of_moment(group: Sequence[MarkerReading], policy: Policy, issues: list[DataIssue]) -> Sign:
    """What the readings of one marker and moment say; different answers leave it between the cut-offs."""
    sign = sign_of(group[0], policy)
    if len(group) == 1 or all(sign_of(other, policy) is sign for other in group[1:]):
        return sign
    issues.append(marker_issue(IssueCode.MARKER_CONFLICT, min(group, key=reading_order)))
    return Sign.BETWEEN


def sign_of(reading: MarkerReading, policy: Policy) -> Sign:
    """What one usable reading says.

    A number known only as a limit speaks where all values it may stand for say the same; where they are
    borderline or active it counts as borderline ("CRP > 5").
    """
    value = number_of(reading)
    if value is None:
        return Sign.ACTIVE if reading.finding is Finding.ACTIVE else Sign.QUIET
    grade = NUMERIC[reading.marker]
    if reading.comparator is Comparator.EXACT:
        return grade(value, policy)
    least, most = possible_values(value, reading.comparator)
    lowest, highest = grade(least, policy), grade(most, policy)
    if lowest is highest:
        return lowest
    return Sign.BORDERLINE if lowest is Sign.BORDERLINE else Sign.BETWEEN


def possible_values(value: float, comparator: Comparator) -> tuple[float, float]:
    """The least and the greatest value that a number reported as a limit may stand for."""
    if comparator is Comparator.BELOW:
        return 0.0, max(nextafter(value, -inf), 0.0)
    if comparator is Comparator.AT_MOST:
        return 0.0, value
    if comparator is Comparator.ABOVE:
        return nextafter(value, inf), inf
    return value, inf


def grade_crp(value: float, policy: Policy) -> Sign:
    """CRP in mg/L."""
    if value > policy.crp_active_above_mg_l:
        return Sign.ACTIVE
    if value >= policy.crp_borderline_from_mg_l:
        return Sign.BORDERLINE
    return Sign.QUIET if value < policy.crp_quiet_below_mg_l else Sign.BETWEEN


def grade_calprotectin(value: float, policy: Policy) -> Sign:
    """Faecal calprotectin in µg/g."""
    if value > policy.calprotectin_active_above_ug_g:
        return Sign.ACTIVE
    return Sign.QUIET if value < policy.calprotectin_quiet_below_ug_g else Sign.BETWEEN


def grade_ses_cd(value: float, policy: Policy) -> Sign:
    """Simple endoscopic score in points."""
    if value >= policy.ses_cd_active_from:
        return Sign.ACTIVE
    return Sign.QUIET if value <= policy.ses_cd_quiet_at_most else Sign.BETWEEN


def grade_pcdai(value: float, policy: Policy) -> Sign:
    """Paediatric activity index in points."""
    return Sign.ACTIVE if value >= policy.pcdai_active_from else Sign.QUIET


def grade_hbi(value: float, policy: Policy) -> Sign:
    """Harvey-Bradshaw index in points."""
    return Sign.ACTIVE if value >= policy.hbi_active_from else Sign.QUIET


def grade_cdai(value: float, policy: Policy) -> Sign:
    """Crohn's disease activity index in points."""
    return Sign.ACTIVE if value >= policy.cdai_active_from else Sign.QUIET


NUMERIC = {
    Marker.CRP: grade_crp,
    Marker.CALPROTECTIN: grade_calprotectin,
    Marker.SES_CD: grade_ses_cd,
    Marker.PCDAI: grade_pcdai,
    Marker.HBI: grade_hbi,
    Marker.CDAI: grade_cdai,
}


def without_overridden(signs: Mapping[Marker, Sign], drawn: Mapping[Marker, Moment]) -> dict[Marker, Sign]:
    """The signs less those that a newer quiet endoscopy overrides. Scores are no markers and stay."""
    quiet = [drawn[marker] for marker in ENDOSCOPIC if signs.get(marker) is Sign.QUIET]
    if not quiet:
        return dict(signs)
    return {
        marker: sign
        for marker, sign in signs.items()
        if marker not in OVERRIDDEN_BY_ENDOSCOPY or not any(is_after(at, drawn[marker]) for at in quiet)
    }


def classify(signs: Mapping[Marker, Sign]) -> Activity:
    """The activity from the newest sign of each marker.

    A CRP of 5 to 10 beside quiet markers, without a score that is active, is unconfirmed rather than
    remission: something may be stirring, and the answer to that is to look.
    """
    active = [marker for marker, sign in signs.items() if sign is Sign.ACTIVE]
    if active and any(marker not in SCORES for marker in active):
        return Activity.ACTIVE_CONFIRMED
    borderline = signs.get(Marker.CRP) is Sign.BORDERLINE
    if active:  # a score alone
        return Activity.ACTIVE_CONFIRMED if borderline else Activity.ACTIVE_UNCONFIRMED
    if borderline:
        return Activity.ACTIVE_UNCONFIRMED
    if any(signs.get(marker) is Sign.QUIET for marker in QUIET_OBJECTIVE):
        return Activity.REMISSION
    return Activity.UNKNOWN


def is_deep(signs: Mapping[Marker, Sign]) -> bool:
    """Whether CRP and calprotectin are both quiet, or an endoscopy is."""
    if signs.get(Marker.CRP) is Sign.QUIET and signs.get(Marker.CALPROTECTIN) is Sign.QUIET:
        return True
    return any(signs.get(marker) is Sign.QUIET for marker in ENDOSCOPIC)


def reading_order(reading: MarkerReading) -> tuple[object, ...]:
    """A total order of readings of one marker and moment: final ones first."""
    return (
        reading.status in NOT_FINAL,
        not reading.drawn.timed,
        instant(reading.drawn),
        -1.0 if reading.value is None else reading.value,
        reading.comparator,
        reading.finding or "",
        reading.status,
        reading.source.resource_type,
        reading.source.reference,
    )


def marker_issue(code: IssueCode, reading: MarkerReading) -> DataIssue:
    """An issue of one marker, with its day."""
    parameters = (("marker", reading.marker.value), ("day", reading.drawn.day.isoformat()))
    return DataIssue(code, "activity", parameters, reading.source)
