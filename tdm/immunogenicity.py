"""Which antibody results go with the level, and what is known of antibodies from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from tdm.antibody_result import (
    POSITIVE,
    DatedAti,
    assay_known,
    ati_issue,
    ati_text,
    class_of,
    contradicts_itself,
    number_of,
    reading_order,
    texts_fit,
)
from tdm.decision import AtiClass
from tdm.facts import AtiReading, LevelReading, Moment, ResultStatus
from tdm.issues import DataIssue, IssueCode
from tdm.knowledge.model import Knowledge
from tdm.plausibility import STATUS_RANK
from tdm.positive_elsewhere import name_positive, outweighs, series_of, standing_positive
from tdm.timing import days_between, in_future, instant, is_after, is_older, same_moment
from tdm.unread_antibodies import newest_unread

# Classes beside which a positive of another assay must not be passed over.
UNCONFIRMED = (AtiClass.NEGATIVE, AtiClass.INCONCLUSIVE)
NOT_FINAL = (ResultStatus.PRELIMINARY, ResultStatus.UNKNOWN)


@dataclass(frozen=True, slots=True)
class LevelSeen:
    """The level that antibodies are read beside. `undetectable` is False where drug is present."""

    reading: LevelReading
    drawn: Moment
    value_ug_ml: float
    undetectable: bool


@dataclass(frozen=True, slots=True)
class Antibodies:
    """The class with the reading it rests on. `steps_down`: doubts that lower certainty by one step each.

    `unread`: a result is on record that could not be used and may say otherwise.
    """

    ati: AtiClass
    reading: AtiReading | None = None
    issues: tuple[DataIssue, ...] = ()
    steps_down: int = 0
    unread: bool = False


def read_antibodies(
    readings: Iterable[AtiReading],
    level: LevelSeen | None,
    now: Moment,
    knowledge: Knowledge,
    *,
    pending: bool,
    unread: tuple[DataIssue, ...] = (),
) -> Antibodies:
    """The antibodies that go with the level, or the newest that still count where there is no pair.

    `pending`: a result is still awaited, so its absence is not explained by a laboratory's reflex limit.
    `unread` are the issues of results that could not be read, which explain it even less.
    """
    policy = knowledge.policy
    issues: list[DataIssue] = []
    usable = usable_results(readings, now, knowledge, issues)
    hidden: date | None = None
    if unread or issues:
        hidden = newest_unread((*unread, *issues), None if level is None else level.drawn, now, policy)
    if not usable:
        found = Antibodies(AtiClass.NOT_MEASURED, None, tuple(issues), unread=hidden is not None)
        return reflexed(found, level, knowledge, pending=pending)
    if len(usable) > 1 and differ_in_assay(usable):
        issues.append(ati_issue(IssueCode.ATI_NOT_COMPARABLE, usable[0].reading))
    group = paired(usable, level, policy.ati_pairing_days)
    is_pair = bool(group)
    if not is_pair:
        group = [result for result in usable if not is_after(usable[0].drawn, result.drawn)]
        if is_older(group[0].drawn, now, policy.ati_valid_days):
            issues.append(ati_issue(IssueCode.ATI_OUTDATED, group[0].reading))
            doubt = name_positive(standing_positive(usable, (), knowledge), issues)
            found = Antibodies(
                AtiClass.NOT_MEASURED, None, tuple(issues), steps_down=doubt, unread=hidden is not None
            )
            return reflexed(found, level, knowledge, pending=pending)
    ati = class_of_group(group, level, knowledge, issues)
    reading = min([result.reading for result in group], key=lambda one: preference(one, ati, knowledge))
    issues.extend(doubts(reading))
    doubt = 0
    newer = newer_positive(usable, group, ati, knowledge, issues)
    if newer is not None:
        return newer
    if len(usable) > len(group) and ati in UNCONFIRMED:
        positive = standing_positive(usable, group, knowledge)
        doubt = name_positive(positive, issues)
        if positive is not None and ati is AtiClass.NEGATIVE and outweighs(positive, reading, now, knowledge):
            return Antibodies(
                AtiClass.INCONCLUSIVE, reading, tuple(issues), steps_down=doubt, unread=hidden is not None
            )
    if is_pair:
        name_newer(usable, group, ati, knowledge, issues)
    elif level is not None and level.undetectable and ati is AtiClass.NEGATIVE:
        issues.append(ati_issue(IssueCode.ATI_NOT_PAIRED, reading))
        return Antibodies(
            AtiClass.NOT_MEASURED, reading, tuple(issues), steps_down=doubt, unread=hidden is not None
        )
    doubted = hidden is not None and (
        ati is AtiClass.INCONCLUSIVE
        or (ati is AtiClass.NEGATIVE and not is_pair and hidden > group[0].drawn.day)
    )
    return Antibodies(ati, reading, tuple(issues), steps_down=doubt, unread=doubted)


def usable_results(
    readings: Iterable[AtiReading], now: Moment, knowledge: Knowledge, issues: list[DataIssue]
) -> list[DatedAti]:
    """Results with a date and a meaning, newest first; states replaced by a correction are left out."""
    dated: list[DatedAti] = []
    for reading in readings:
        if reading.drawn is None:
            issues.append(ati_issue(IssueCode.ATI_UNDATED, reading))
        elif in_future(reading.drawn, now, knowledge.policy.future_tolerance_minutes):
            issues.append(ati_issue(IssueCode.ATI_IN_FUTURE, reading))
        elif reading.word is None and number_of(reading) is None:
            issues.append(ati_issue(IssueCode.ATI_UNREADABLE, reading))
        else:
            dated.append(DatedAti(reading, reading.drawn))
    if len(dated) > 1:
        dated.sort(key=newest_first)
        # Of each result its states of a higher status, so that not every result is compared with every other.
        states: dict[str, list[DatedAti]] = {}
        for one in dated:
            states.setdefault(one.reading.source.reference, []).append(one)
        lowest = {name: min([rank_of(one) for one in some]) for name, some in states.items()}
        later = {name: [one for one in some if rank_of(one) > lowest[name]] for name, some in states.items()}
        dated = [
            one
            for one in dated
            if not any(is_replaced(one, other) for other in later[one.reading.source.reference])
        ]
    return dated


def newest_first(result: DatedAti) -> tuple[object, ...]:
    """A total order of results, newest first."""
    return (-result.drawn.day.toordinal(), -instant(result.drawn), reading_order(result.reading))


def is_replaced(one: DatedAti, other: DatedAti) -> bool:
    """Whether `other` is a later state of the same result: same reference and moment, higher status."""
    return (
        one.reading.source.reference == other.reading.source.reference
        and rank_of(other) > rank_of(one)
        and same_moment(one.drawn, other.drawn)
    )


def rank_of(result: DatedAti) -> int:
    """The rank of a result's status: a higher one replaces a lower one."""
    return STATUS_RANK[result.reading.status]


def differ_in_assay(results: Sequence[DatedAti]) -> bool:
    """Whether numbers of more than one assay or unit are on record."""
    assays = {
        (one.reading.laboratory, one.reading.method, one.reading.unit)
        for one in results
        if one.reading.value is not None
    }
    return len(assays) > 1


def paired(results: Sequence[DatedAti], level: LevelSeen | None, pairing_days: float) -> list[DatedAti]:
    """The results that belong to the level: the nearest within the pairing days, all of its moment.

    Results equally far on both sides belong together: nothing says which of them is the right one.
    """
    if level is None:
        return []
    if len(results) == 1:
        alone = results[0]
        return [alone] if abs(days_between(level.drawn, alone.drawn)) <= pairing_days else []
    near = [(abs(days_between(level.drawn, one.drawn)), one) for one in results]
    distance = min(days for days, _ in near)
    if distance > pairing_days:
        return []
    nearest = [one for days, one in near if days == distance]
    return [one for one in results if any(same_moment(one.drawn, other.drawn) for other in nearest)]


def class_of_group(
    group: Sequence[DatedAti], level: LevelSeen | None, knowledge: Knowledge, issues: list[DataIssue]
) -> AtiClass:
    """The class of results of one moment. A word and a number of one sample complete each other.

    Negative beside positive decides nothing. Low beside high is positive without a titre.
    """
    if len(group) == 1:
        return class_beside_level(group[0].reading, level, knowledge, issues)
    classes: set[AtiClass] = set()
    for result in group:
        classes.add(class_beside_level(result.reading, level, knowledge, issues))
    if len(classes) > 1:
        classes.discard(AtiClass.INCONCLUSIVE)
    if len(classes) > 1 and AtiClass.NEGATIVE not in classes:
        classes.discard(AtiClass.POSITIVE_UNQUANTIFIED)
    if len(classes) == 1:
        return classes.pop()
    issues.append(ati_issue(IssueCode.ATI_CONFLICT, group[0].reading))
    return AtiClass.INCONCLUSIVE if AtiClass.NEGATIVE in classes else AtiClass.POSITIVE_UNQUANTIFIED


def class_beside_level(
    reading: AtiReading, level: LevelSeen | None, knowledge: Knowledge, issues: list[DataIssue]
) -> AtiClass:
    """The class of one result, given whether drug was present: drug hides antibodies from some assays."""
    assay = assay_known(reading, knowledge)
    ati = class_of(reading, assay)
    if contradicts_itself(reading, assay):
        issues.append(ati_issue(IssueCode.ATI_CONTRADICTS_ITSELF, reading))
    elif ati is AtiClass.INCONCLUSIVE and assay is None and reading.word is None:
        issues.append(ati_issue(IssueCode.ATI_ASSAY_UNKNOWN, reading))
    if ati is AtiClass.NEGATIVE and level is not None and not level.undetectable:
        if assay is None:
            issues.append(ati_issue(IssueCode.ATI_ASSAY_UNKNOWN, reading))
        elif assay.drug_sensitive:
            issues.append(ati_issue(IssueCode.ATI_DRUG_SENSITIVE, reading))
            return AtiClass.INCONCLUSIVE
    return ati


def reflexed(
    found: Antibodies, level: LevelSeen | None, knowledge: Knowledge, *, pending: bool
) -> Antibodies:
    """Not measured, unless the laboratory measures antibodies only below a level that this one reaches."""
    if level is None or pending or found.unread:
        return found
    for assay in knowledge.assays:
        limit = assay.reflex_level_below_ug_ml
        if limit is None or level.value_ug_ml < limit:
            continue
        if texts_fit(assay, level.reading.laboratory, level.reading.method):
            issue = DataIssue(
                IssueCode.ATI_REFLEX_LIMIT, "ati", (("limit", f"{limit:g} µg/mL"),), level.reading.source
            )
            steps = found.steps_down + 1
            return Antibodies(AtiClass.NEGATIVE, None, (*found.issues, issue), steps_down=steps)
    return found


def name_newer(
    results: Sequence[DatedAti],
    group: Sequence[DatedAti],
    ati: AtiClass,
    knowledge: Knowledge,
    issues: list[DataIssue],
) -> None:
    """Name a newer result of another class than the pair's: the pair decides, but not in silence."""
    newest = results[0]
    if newest is group[0] or not all(is_after(newest.drawn, one.drawn) for one in group):
        return
    if class_of(newest.reading, assay_known(newest.reading, knowledge)) is not ati:
        issues.append(ati_issue(IssueCode.ATI_NEWER_DIFFERS, newest.reading))


def newer_positive(
    results: Sequence[DatedAti],
    group: Sequence[DatedAti],
    ati: AtiClass,
    knowledge: Knowledge,
    issues: list[DataIssue],
) -> Antibodies | None:
    """Return a positive of after the pair where the pair says less: antibodies come, and the pair is older.

    What counts is a positive beside a pair that is none, and a high one beside any other. A later negative of
    its own assay takes it back; one of the same moment leaves it open.
    """
    later = [result for result in results if all(is_after(result.drawn, one.drawn) for one in group)]
    for result in later:
        same_assay = [
            one
            for one in results
            if series_of(one.reading, knowledge) == series_of(result.reading, knowledge)
        ]
        if not says_more(class_of(result.reading, assay_known(result.reading, knowledge)), ati):
            continue
        if any(is_after(one.drawn, result.drawn) and is_negative(one, knowledge) for one in same_assay):
            continue
        issues.append(newer_positive_issue(result))
        issues.extend(doubts(result.reading))
        at_once = [one for one in same_assay if same_moment(one.drawn, result.drawn)]
        found = class_of_group(at_once, None, knowledge, issues)
        return Antibodies(found, result.reading, tuple(issues), steps_down=1)
    return None


def says_more(newer: AtiClass, ati: AtiClass) -> bool:
    """Whether a newer result is a positive where the pair is none, or high where the pair is not."""
    if newer not in POSITIVE:
        return False
    return ati not in POSITIVE or (newer is AtiClass.POSITIVE_HIGH and ati is not AtiClass.POSITIVE_HIGH)


def is_negative(result: DatedAti, knowledge: Knowledge) -> bool:
    """Whether a result says negative, no level considered."""
    return class_of(result.reading, assay_known(result.reading, knowledge)) is AtiClass.NEGATIVE


def newer_positive_issue(result: DatedAti) -> DataIssue:
    """Name the newer positive with day and value."""
    parameters = (("day", result.drawn.day.isoformat()), ("value", ati_text(result.reading)))
    return DataIssue(IssueCode.ATI_NEWER_POSITIVE, "ati", parameters, result.reading.source)


def doubts(reading: AtiReading) -> list[DataIssue]:
    """Issues of the result that decides."""
    issues = []
    if reading.status in NOT_FINAL:
        issues.append(ati_issue(IssueCode.ATI_PRELIMINARY, reading))
    if not reading.coded:
        issues.append(ati_issue(IssueCode.ATI_BY_TEXT, reading))
    return issues


def preference(reading: AtiReading, ati: AtiClass, knowledge: Knowledge) -> tuple[object, ...]:
    """Of the results of one moment, the one that says what was decided, then the best documented."""
    return (class_of(reading, assay_known(reading, knowledge)) is not ati, *reading_order(reading))
